#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Shows Cofferdam at work with real runc and real crun: a container that is
# refused, one that is allowed, one that is hardened as it starts, one whose
# config.json is hardened beforehand, and a dry run. As root, on Debian 12;
# installs what is missing, builds in build/release and leaves nothing else
# behind.
set -u
cd "$(dirname "$0")" || exit 1

case ${1-} in
'') ;;
*)
	sed -n '4,/^set /{s/^# \{0,1\}//p;}' "$0"
	[ "$1" = --help ] || [ "$1" = -h ]
	exit
	;;
esac
if [ "$(id -u)" != 0 ]; then
	echo "demo.sh: this needs root: it starts containers" >&2
	exit 1
fi

bold='' plain='' dim=''
if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

# quietly DESCRIPTION COMMAND... - the output only if it fails
quietly() {
	local log said=$1

	shift
	log=$(mktemp)
	echo "$dim$said ...$plain"
	if ! "$@" >"$log" 2>&1 </dev/null; then
		cat "$log"
		rm -f "$log"
		echo "demo.sh: that failed" >&2
		exit 1
	fi
	rm -f "$log"
}

build_release() {
	./autogen.sh && mkdir -p build/release &&
		(cd build/release && ../../configure) && make -C build/release -j"$(nproc)"
}

# lib.sh starts this script again, in a mount namespace of its own.
# shellcheck disable=SC2034 # used there
self=$PWD/demo.sh
if [ -z "${COFFERDAM_TEST_WORK-}" ]; then
	quietly "installing what is missing" scripts/setup.sh run
	quietly "building" build_release
fi

export top_srcdir=$PWD top_builddir=$PWD/build/release
# shellcheck source=tests/integration/lib.sh
. tests/integration/lib.sh
setup_work
make_rootfs
cd "$work/bundles" || exit 1
PATH=$build:$PATH

title() {
	echo
	echo "$bold=== $* ===$plain"
}

say() {
	echo "$*" | fold -s -w 100
}

# show COMMAND... - print it, then what it says, indented
show() {
	local said code

	echo "$bold\$ $*$plain"
	said=$("$@" </dev/null 2>&1)
	code=$?
	[ -z "$said" ] || printf '%s\n' "$said" | fold -s -w 110 | sed 's/^/    /'
	[ $code = 0 ] || echo "    ${dim}exit code $code$plain"
}

# The programs as a user calls them: the runtimes with what else they need here,
# and the command line with the host.json that the hook reads.
cofferdam() {
	command cofferdam "$1" --host-config "$enforce" "${@:2}"
}
runc() {
	in_runtime runc "$@"
}
crun() {
	in_runtime crun "$@"
}

started() {
	if ran "$work/bundles/$1"; then
		echo "    its program ran"
	else
		echo "    its program never ran"
	fi
	rm -f "$work/bundles/$1"/out/*
}

# reason LOG - what the last audit record says, for people
reason() {
	tail -n 1 "$1" | jq -r '
		"mode \(.mode), policy \(.policy), verdict \(.verdict), refused \(.refused)",
		(.findings[]? | "  \(.rule): \(.message)"),
		(.failure // empty)'
}

enforce=$(host_config enforce '.gate = "enforce"')
audit=$(host_config audit '.gate = "enforce" | .mode = "audit"')

# Somebody wants to look around on the host: no pid namespace, the host's / as
# a mount, root, and no limits.
bundle refused \
	'.linux.namespaces |= map(select(.type != "pid"))' \
	'.process.user = {uid: 0, gid: 0} | .linux.resources = {cpu: {shares: 256}}' \
	'.mounts += [{destination: "/host", type: "bind", source: "/", options: ["rbind"]}]' \
	>/dev/null
bundle allowed >/dev/null
# What an engine makes by default: writable, unfiltered, a dozen capabilities.
bundle ordinary \
	'.root.readonly = false | .process.noNewPrivileges = false | del(.linux.seccomp)' \
	'.process.capabilities |= map_values(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER",
		"CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETGID",
		"CAP_SETUID", "CAP_SYS_CHROOT"])' \
	'.process.args = ["/bin/sh", "-c", "exec 2>&1
echo \"# touch /new-file\"; touch /new-file
echo \"# unshare --user true\"; unshare --user true
echo \"# grep Cap, NoNewPrivs, Seccomp /proc/self/status\"
grep -E \"^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):\" /proc/self/status
echo \"# touch /tmp/scratch && echo still writable\"; touch /tmp/scratch && echo still writable
echo ran >/out/marker"]' >/dev/null

title "What would happen? No container is started for this"
say "The bundle \"refused\" has no pid namespace, mounts the host's /, runs as root, has no limits." \
	"The policy \"test\" is \"restricted\", but only warns of the folder that each bundle shares" \
	"with the host."
show cofferdam check refused
show cofferdam check allowed

for bundle in refused allowed ordinary; do
	add_hook "$bundle" createRuntime "$enforce"
done

for runtime in runc crun; do
	title "$runtime, with Cofferdam as its createRuntime hook"
	[ "$runtime" = crun ] || say "(The warnings are runc's own, about a container that shares the host's" \
		"processes.)"
	show "$runtime" run --bundle refused demo
	started refused
	if [ "$runtime" = crun ]; then
		say "crun throws away what a hook says, so Cofferdam tells it through the container's" \
			"own standard error. The audit log has it as well:"
		echo "$bold\$ tail -n 1 $(basename "$work")/hosts/enforce.log | jq ...$plain"
		reason "$work/hosts/enforce.log" | fold -s -w 110 | sed 's/^/    /'
	fi
	show "$runtime" run --bundle allowed demo
	started allowed
done

title "Hardening, by the hook: config.json stays as it is, and the kernel enforces more than it says"
say "\"ordinary\" is what engines make: writable, unfiltered, a dozen capabilities. The hook holds it at" \
	"its program's first instruction, tightens what the policy wants hardened, and looks whether" \
	"the kernel enforces it (docs/gate.md):"
for runtime in runc crun; do
	show "$runtime" run --bundle ordinary demo
	started ordinary
done
title "Hardening, beforehand: the same as edits of config.json, for whoever makes it"
say "That can do what is too late for the hook: the bounding set (CapBnd) is cut, too."
show cofferdam harden --diff ordinary
rm -rf hardened
cp -a ordinary hardened
sed -i "s|$work/bundles/ordinary|$work/bundles/hardened|g" hardened/config.json
show cofferdam harden --in-place hardened
for runtime in runc crun; do
	title "$runtime, the hardened container"
	show "$runtime" run --bundle hardened demo
	started hardened
done

title "Dry run: mode \"audit\" in host.json refuses nothing and logs what it would have refused"
sed -i "s|$enforce|$audit|" refused/config.json
for runtime in runc crun; do
	rm -f "$work/hosts/audit.log"
	show "$runtime" run --bundle refused demo
	started refused
	say "Logged:"
	reason "$work/hosts/audit.log" | fold -s -w 110 | sed 's/^/    /'
done
echo
