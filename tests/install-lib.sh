# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# Throw-away hosts for the tests of install, uninstall and doctor, and what is asked of them.
# Sourced after tests/lib.sh.

need jq
setup_work
cd "$work" || exit 99

# Where this build looks, below a root.
hook_path=$(jq -r .hook.path "$build/hook/registration/podman.json") || bail "no registration built"
libexec=${hook_path%/*}
host_json=$("$cofferdam" check --help | sed -n 's/.*instead of \(.*host\.json\)$/\1/p')
[ -n "$host_json" ] || bail "the help does not name host.json"
kept=/var/lib/cofferdam
[ ! -e "$build/Makefile" ] || kept=$(sed -n 's/^localstatedir = //p' "$build/Makefile" |
	sed "s|\${prefix}|$(sed -n 's/^prefix = //p' "$build/Makefile")|")/lib/cofferdam

out=
status=0
root=

# try ARGUMENT... - the command line; sets $out (both streams) and $status
try() {
	out=$("$cofferdam" "$@" 2>&1 </dev/null)
	status=$?
}

# host [COMMAND]... - a throw-away root $root with every engine's program in it
host() {
	local program

	root=$work/root
	rm -rf "$root"
	mkdir -p "$root"/{usr/bin,usr/sbin,etc/{containerd,docker,crio,containers},var/{lib,log}} \
		"$root$libexec" "$root${kept%/*}"
	for program in podman crio containerd dockerd runc crun; do
		printf '#!/bin/sh\n# %s\n' "$program" >"$root/usr/bin/$program"
	done
	cp "$hook" "$root$libexec/cofferdam-hook"
	echo '#!/bin/sh' >"$root$libexec/cofferdam-runtime"
	chmod 755 "$root"/usr/bin/* "$root$libexec"/*
	ln -s ../bin/runc "$root/usr/sbin/runc"
	printf 'version = 2\n# of ours\n[plugins]\n  [plugins."io.containerd.grpc.v1.cri"]\n    %s\n' \
		'sandbox_image = "pause"' >"$root/etc/containerd/config.toml"
	printf '{\n  "log-driver": "journald",\n  "bridge": "none"\n}\n' >"$root/etc/docker/daemon.json"
	chmod 640 "$root/etc/docker/daemon.json"
}

# tree - everything below $root that can be seen: kind, mode, link, content
tree() {
	(cd "$root" && find . -printf '%y %m %p %l\n' | sort &&
		find . -type f -print0 | sort -z | xargs -0 md5sum)
}

# installs DESCRIPTION ARGUMENT... - it works, again does nothing, and is undone exactly
installs() {
	local what=$1 before after

	shift
	before=$(tree)
	try install --root "$root" --plan "$@"
	is "$what: planned" "$status" 0
	[ "$status" = 0 ] || note "$out"
	is "$what: a plan changes nothing" "$(tree)" "$before"
	try install --root "$root" "$@"
	is "$what: installed" "$status" 0
	after=$(tree)
	unlike "$what: something was done" "$after" "^$before\$"
	try install --root "$root" "$@"
	like "$what: a second time there is nothing to do" "$status $out" "^0 nothing to do"
	is "$what: and nothing is done" "$(tree)" "$after"
	try status --root "$root"
	is "$what: status" "$status" 0
	try uninstall --root "$root" --plan
	is "$what: a plan to uninstall changes nothing" "$status $(tree)" "0 $after"
}

undone() {
	try uninstall --root "$root"
	is "$1: uninstall" "$status" 0
	is "$1: everything is as it was, byte for byte" "$(tree)" "$2"
}

# refuses DESCRIPTION REGEX ARGUMENT... - exit 3, and nothing was changed
refuses() {
	local what=$1 regex=$2 before

	shift 2
	before=$(tree)
	try install --root "$root" "$@"
	like "$what: refused" "$status $out" "^3 .*$regex"
	is "$what: nothing was changed" "$(tree)" "$before"
}

# doctor REGEX DESCRIPTION - it finds a fault that looks so, says what to do, and exits with 1
doctor() {
	try doctor --root "$root" --format json
	like "doctor: $2" "$status $(jq -r '.remarks[] | select(.level == "fault")
		| "\(.topic) \(.engine // "host"): \(.what) (\(.mend))"' <<<"$out")" "^1 .*$1"
}

# healthy - a host where everything is registered and nothing is wrong
healthy() {
	host
	try install --root "$root" --engine all --enforce
	[ "$status" = 0 ] || bail "$out"
}

# has LEVEL REGEX DESCRIPTION - one of the remarks is so
has() {
	try doctor --root "$root" --format json
	like "doctor: $3" "$(jq -r --arg level "$1" '.remarks[] | select(.level == $level)
		| "\(.topic) \(.engine // "host"): \(.what)"' <<<"$out")" "$2"
}
