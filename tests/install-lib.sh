# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# Throw-away hosts for the tests of install and uninstall. Sourced after tests/lib.sh.

need jq
setup_work
cd "$work" || exit 99

# Where this build looks, below a root.
hook_path=$(jq -r .hook.path "$build/hook/registration/podman.json") || bail "no registration built"
libexec=${hook_path%/*}
host_json=$("$cofferdam" check --help | sed -n 's/.*instead of \(.*host\.json\)$/\1/p')
[ -n "$host_json" ] || bail "the help does not name host.json"

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
		"$root$libexec"
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
