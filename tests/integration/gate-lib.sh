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

# hooked NAME FILTER... - the same, with its path as $dir
hooked() {
	dir=$(ordinarily "$@")
}

# --- policies for what the shipped rules would refuse before the gate sees it ---

# with_policy NAME - $enforce and $verify have it, which is standard input, and not "test"
with_policy() {
	local policy host

	policy=$(cat)
	for host in enforce verify; do
		host_config $host '.gate = "'$host'" | .policies = [{use: "'"$1"'"}]' >/dev/null
		own_policy $host "$1" <<<"$policy"
	done
}

# The rules that see an attack coming only warn, so that it is the gate that is attacked.
gated() {
	with_policy gated <<-END
	{ "format": 1, "name": "gated", "extends": "test",
	  "rules": { "foreign-hooks": { "action": "warn" }, "cgroup-path": { "action": "warn" },
	             "foreign-namespace": { "action": "warn" } } }
	END
}

lenient() {
	with_policy lenient <<-END
	{ "format": 1, "name": "lenient", "extends": "restricted",
	  "rules": { "host-path": { "action": "warn" }, "mount-flags": { "action": "off" },
	             "foreign-namespace": { "action": "warn" }, "cgroup-path": { "action": "warn" },
	             "root-user": { "action": "warn" }, "foreign-hooks": { "action": "off" },
	             "mount-over-system": { "action": "off" },
	             "devices": { "action": "warn" } } }
	END
}

# --- a configuration that is exchanged once it was judged ---

# exchanged GIVEN JUDGED [FILTER]... - run a bundle of which the runtime is given
# what the first filter makes of it, and the hook judges what the second does
exchanged() {
	local given=$1 judged=$2 wrapper=$work/exchange

	shift 2
	cat >"$wrapper" <<-END
	#!/bin/sh
	cp judged.json config.json && exec "$hook" createRuntime --host-config "$verify"
	END
	dir=$(bundle exchange "$@")
	jq "$judged" "$dir/config.json" >"$dir/judged.json" || bail "bad filter: $judged"
	jq "$given" "$dir/config.json" >"$dir/edited" || bail "bad filter: $given"
	mv "$dir/edited" "$dir/config.json"
	hook_instead "$wrapper" PATH=/bin:/usr/bin "ASAN_OPTIONS=$ASAN_OPTIONS" "UBSAN_OPTIONS=$UBSAN_OPTIONS"
	fresh
	run "$runtime" "$dir"
}

verified() {
	gate_record verify | jq -c .gate.verified
}

# caught WHAT REGEX - it was killed at the gate, for that reason, and never ran
caught() {
	if ran "$dir" || [ "$status" = 0 ]; then
		not_ok "$runtime: $1: it ran" "$status" "$output" "$(verified)"
	else
		like "$runtime: $1" "$output" "refused at the gate: .*$2"
	fi
}

# runs WHAT - it came to its end
runs() {
	if ran "$dir"; then
		ok "$runtime: $1"
	else
		not_ok "$runtime: $1" "$status" "$output"
	fi
}
