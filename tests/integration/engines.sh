# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# What the tests of whole engines share beside tests/integration/lib.sh: a host of the
# test's own, on which Cofferdam is installed as an administrator would do it. /etc, /usr
# and the like are this machine's, with what is written kept in memory; it all ends
# with the test. Sourced by engine-NAME.sh.

# In a process namespace of its own no daemon, shim or monitor outlives it.
if [ -z "${engines_inside-}" ]; then
	trap - EXIT
	engines_inside=1 exec unshare --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

# Debian's own programs are the ones that are tried.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
setup_work
make_rootfs
mkdir -p "$work"/{lib,top}
mount -t tmpfs -o mode=755 tmpfs "$work/top"
for each in usr etc; do
	mkdir "$work/top/$each" "$work/top/$each.work"
	mount -t overlay overlay \
		-o "lowerdir=/$each,upperdir=$work/top/$each,workdir=$work/top/$each.work" "/$each" ||
		bail "no overlay on /$each"
done
mount --bind "$work/lib" /var/lib
for each in /run /opt /var/log; do
	mount -t tmpfs -o mode=755 tmpfs "$each"
done
rm -rf /etc/cofferdam /etc/crio

hook_path=$(jq -r .hook.path "$build/hook/registration/podman.json")
libexec=${hook_path%/*}
host_json=$("$cofferdam" check --help | sed -n 's/.*instead of \(.*host\.json\)$/\1/p')
[ "$host_json" = /etc/cofferdam/host.json ] || bail "configure it without --sysconfdir"
mkdir -p "$libexec"
cp "$build/cofferdam-hook" "$build/cofferdam-runtime" "$libexec/"

# build_policy ENGINE BUNDLES [POLICY] - for a while, image builds have a policy of their own,
# known by where their bundles lie; build_policy_off ends it
build_policy() {
	mkdir -p /etc/cofferdam/bundles/build
	cp -p /etc/cofferdam/host.json "$work/host.json"
	jq -n --arg engine "$1" --arg bundles "$2" --arg use "${3-build}" '{ format: 1, mode: "enforce",
		policies: [ { when: { engine: $engine, bundle: $bundles }, use: $use },
			{ use: "restricted" } ],
		log: { file: "/var/log/cofferdam.jsonl" } }' >/etc/cofferdam/host.json
	guide_policy build >/etc/cofferdam/bundles/build/policy.json
}

build_policy_off() {
	cp -p "$work/host.json" /etc/cofferdam/host.json
	rm -r /etc/cofferdam/bundles
}

# use_policy NAME - for a while, for everything; build_policy_off ends it
use_policy() {
	mkdir -p /etc/cofferdam/bundles
	cp -p /etc/cofferdam/host.json "$work/host.json"
	jq -n --arg use "$1" '{ format: 1, mode: "enforce", policies: [ { use: $use } ],
		log: { file: "/var/log/cofferdam.jsonl" } }' >/etc/cofferdam/host.json
}

# attempt COMMAND... - sets $output (both streams) and $status
attempt() {
	output=$(timeout 60 "$@" </dev/null 2>&1)
	status=$?
}

# refused DESCRIPTION RULE COMMAND... - by us, with rule, value and remedy
refused() {
	local what=$1 rule=$2

	shift 2
	attempt "$@"
	like "$what: refused" "$status" '^[1-9]'
	like "$what: the user sees policy, rule, and what to do" "$output" \
		"denied by policy [a-z]+: .*$rule: [^(]+\([^)]+"
}

# runs DESCRIPTION REGEX COMMAND...
runs() {
	local what=$1 regex=$2

	shift 2
	attempt "$@"
	like "$what" "$status $output" "^0 .*$regex"
}

# remarks TOPIC ENGINE - levels and texts of what doctor has to say
remarks() {
	"$cofferdam" doctor --format json | jq -r --arg topic "$1" --arg engine "$2" '.remarks[]
		| select(.topic == $topic and (.engine // "host") == $engine) | "\(.level): \(.what)"'
}

# settle - times of processes and of files are compared in seconds
settle() {
	sleep 2.1
}

# canary ENGINE - what doctor says of its canary, at once
canary() {
	"$cofferdam" doctor --canary --format json | jq -r --arg engine "$1" '.remarks[]
		| select(.topic == "canary" and .engine == $engine) | "\(.level): \(.what)"'
}

# tree - what of this host could be changed by an installation
tree() {
	local where=(/etc "${libexec%/*}" /usr/share/containers /usr/bin/?run* /usr/sbin/?run*)

	find "${where[@]}" -printf '%y %m %p %l\n' 2>/dev/null | sort
	find "${where[@]}" -type f -print0 2>/dev/null | sort -z | xargs -0 md5sum
}

# What the program of a container hardened by "restricted" sees.
hardened='CapBnd:.0000000000000400.*NoNewPrivs:.1.*Seccomp:.2'
