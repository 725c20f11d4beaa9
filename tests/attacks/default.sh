#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints the linux.seccomp that an engine gives a container by default, as the
# engine itself writes it: dockerd and containerd have theirs compiled in.
# The engine runs from FOLDER, a tree of its packages (tests/workloads/rootfs.sh),
# with all its state in a throw-away folder; the container is never started.
#
#	tests/attacks/default.sh docker|containerd FOLDER
set -u -o pipefail
export LC_ALL=C

if [ $# != 2 ]; then
	sed -n 's/^#	/usage: /p' "$0" >&2
	exit 2
fi
engine=$1
tree=$(cd "$2" && pwd) || exit 1
PATH=$tree/usr/sbin:$tree/usr/bin:$PATH
work=$(mktemp -d /tmp/cofferdam-engine.XXXXXX) || exit 1
daemons=()

finish() {
	local pid

	for pid in "${daemons[@]}"; do
		kill "$pid" 2>/dev/null && wait "$pid"
	done
	grep -F " $work/" /proc/self/mounts | cut -d ' ' -f 2 | sort -r |
		xargs -r umount 2>/dev/null
	rm -rf --one-file-system "$work"
}
trap finish EXIT

# A runtime that keeps config.json and starts nothing
cat >"$work/runtime" <<-END
	#!/bin/sh
	while [ \$# -gt 0 ]; do
		case \$1 in
		--bundle) cp "\$2/config.json" "$work/config.json" ;;
		--log) log=\$2 ;;
		esac
		shift
	done
	echo '{"level":"error","msg":"kept","time":"2000-01-01T00:00:00Z"}' >>"\${log:-/dev/null}"
	exit 1
END
chmod +x "$work/runtime"
mkdir -p "$work/root/bin" "$work/state"

# wait_for COMMAND... - until it succeeds
wait_for() {
	local i

	for ((i = 0; i < 100; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.1
	done
	tail -n 5 "$work"/*.log >&2
	return 1
}

start_containerd() {
	cat >"$work/containerd.toml" <<-END
		version = 2
		root = "$work/c/root"
		state = "$work/state/c"
		disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
		[grpc]
		  address = "$work/c.sock"
	END
	containerd --config "$work/containerd.toml" >"$work/containerd.log" 2>&1 &
	daemons=($! "${daemons[@]}")
	wait_for ctr --address "$work/c.sock" version
}

case $engine in
containerd)
	start_containerd || exit 1
	timeout 30 ctr --address "$work/c.sock" run --rm --seccomp --runc-binary "$work/runtime" \
		--rootfs "$work/root" seccomp true >"$work/ctr.log" 2>&1
	;;
docker)
	start_containerd || exit 1
	jq -n --arg runtime "$work/runtime" '{ bridge: "none", iptables: false,
		"default-ulimits": { nofile: { Name: "nofile", Hard: 1024, Soft: 1024 } },
		runtimes: { keep: { path: $runtime } }, "default-runtime": "keep" }' \
		>"$work/daemon.json"
	dockerd --config-file "$work/daemon.json" --containerd "$work/c.sock" \
		--data-root "$work/d" --exec-root "$work/state/d" --pidfile "$work/d.pid" \
		--host "unix://$work/d.sock" --storage-driver vfs >"$work/dockerd.log" 2>&1 &
	daemons=($! "${daemons[@]}")
	docker=(docker --host "unix://$work/d.sock")
	export HOME=$work
	wait_for "${docker[@]}" version || exit 1
	tar -c -C "$work/root" . | "${docker[@]}" import - empty >/dev/null || exit 1
	timeout 60 "${docker[@]}" run --rm --network none empty true >"$work/run.log" 2>&1
	;;
*)
	echo "default.sh: docker or containerd" >&2
	exit 2
	;;
esac
if ! jq -e .linux.seccomp "$work/config.json" 2>/dev/null; then
	tail -n 5 "$work"/*.log >&2
	exit 1
fi
