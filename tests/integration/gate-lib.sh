# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# What the tests of the gate by itself share beside tests/integration/lib.sh.

need runc crun jq
[ -x "$probe" ] || bail "$probe is not built"
setup_work
make_rootfs

enforce=$(host_config enforce '.gate = "enforce"')
verify=$(host_config verify '.gate = "verify"')
audit=$(host_config audit '.gate = "enforce" | .mode = "audit"')

# What a container is that nobody hardened: uid 1000 and limits, but a writable
# root, capabilities, no profile and no no_new_privs.
# shellcheck disable=SC2016 # expanded inside
ordinary=(
	'.root.readonly = false | del(.process.noNewPrivileges) | del(.linux.seccomp)'
	'.mounts |= map(select(.destination != "/tmp"))'
	'.process.capabilities |= map_values(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_RAW",
		"CAP_NET_BIND_SERVICE", "CAP_SETPCAP"])')

# shellcheck disable=SC2016 # expanded inside
look='grep -E "^(TracerPid|Cap|NoNewPrivs|Seccomp)" /proc/self/status
for d in / /run /tmp /var/tmp; do
	(echo x >$d/file) 2>/dev/null && echo "write $d ok" || echo "write $d no"
done
grep -E " (/|/tmp|/run|/var/tmp) " /proc/self/mounts
echo ran >/out/marker'

gate_record() {
	grep '"program":"cofferdam-gate"' "$work/hosts/$1.log" 2>/dev/null | tail -n 1
}

fresh() {
	rm -f "$work"/hosts/*.log
}

# gone WHAT - no supervisor of this test's is left
gone() {
	local i left

	for ((i = 0; i < 100; i++)); do
		left=$(pgrep -af "^cofferdam-gate: .*-$$")
		[ -z "$left" ] && break
		sleep 0.05
	done
	is "$1: no supervisor is left" "$left" ""
}

# ordinarily NAME FILTER... - an ordinary bundle with the enforcing hook; its path
ordinarily() {
	local name=$1 dir

	shift
	dir=$(bundle "$name" "${ordinary[@]}" "$@")
	add_hook "$dir" createRuntime "$enforce"
	echo "$dir"
}
