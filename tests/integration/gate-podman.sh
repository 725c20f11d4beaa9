#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The exec gate under podman: registered by a hooks folder, with throw-away
# storage and configuration. Skipped where podman or buildah are missing.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq
setup_work
make_rootfs
if ! command -v podman >/dev/null || ! command -v conmon >/dev/null; then
	skip "podman" "it is not installed"
	done_testing
fi
policy_host pod '.gate = "enforce"' >/dev/null <<-'END'
{ "format": 1, "name": "pod", "extends": "restricted",
  "rules": { "root-user": { "action": "warn" }, "memory-limit": { "action": "harden", "default": "256Mi" },
             "pids-limit": { "action": "harden", "default": 64 },
             "cpu-limit": { "action": "harden", "default": "1" },
             "host-path": { "action": "warn" } } }
END

mkdir -p "$work/hooks.d" "$work/podman"/{root,run,tmp}
jq -n --arg path "$hook" --arg host "$work/hosts/pod/host.json" '{ version: "1.0.0",
	hook: { path: $path, args: ["cofferdam-hook", "createRuntime", "--engine", "podman",
		"--host-config", $host] },
	when: { always: true }, stages: ["createRuntime"] }' >"$work/hooks.d/cofferdam.json"
cat >"$work/containers.conf" <<-END
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
hooks_dir = ["$work/hooks.d"]
tmp_dir = "$work/podman/tmp"
END
cat >"$work/storage.conf" <<-END
[storage]
driver = "vfs"
graphroot = "$work/podman/root"
runroot = "$work/podman/run"
END
export CONTAINERS_CONF=$work/containers.conf CONTAINERS_STORAGE_CONF=$work/storage.conf

p() {
	podman --runtime "$(command -v "$runtime")" "$@"
}

tar -C "$work/rootfs" -c . | podman import --quiet - cofferdam-test >/dev/null 2>"$work/import.err" || {
	skip "podman" "cannot make an image here: $(tail -n 1 "$work/import.err")"
	done_testing
}

# shellcheck disable=SC2016 # expanded inside
look='grep -E "^(TracerPid|CapEff|NoNewPrivs|Seccomp_filters)" /proc/self/status
grep -q " / [^ ]* ro," /proc/self/mounts && echo root-ro
grep -c " /run tmpfs" /proc/self/mounts; test -e /run/.containerenv && echo env-kept'

podman_run() {
	output=$(p run --rm --network none "$@" </dev/null 2>&1)
	status=$?
}

# logged CONTAINER WORD TIMES - whether it has said so, from all its starts
# shellcheck disable=SC2317 # by wait_for
logged() {
	[ "$(p logs "$1" | grep -c "$2")" -ge "$3" ]
}

# was_ready TIMES - wait until the container "stop" has said so
was_ready() {
	wait_for logged stop ready "$1" ||
		note "podman, $runtime: not ready $1 times: $(p logs stop 2>&1)"
}

# none_left - no supervisor of this mount namespace is; those that are, are in $left
# shellcheck disable=SC2317 # by wait_for
none_left() {
	local pid

	left=
	for pid in $(pgrep -x cofferdam-gate); do
		[ "$(readlink "/proc/$pid/ns/mnt")" != "$(readlink /proc/self/ns/mnt)" ] || left="$left $pid"
	done
	[ -z "$left" ]
}

for runtime in runc crun; do
	podman_run --cap-add sys_admin --security-opt seccomp=unconfined cofferdam-test /bin/sh -c "$look"
	is "podman, $runtime: it runs" "$status" 0
	like "podman, $runtime: hardened" "$output" \
		$'CapEff:\t0000000000000400.*NoNewPrivs:\t1.*Seccomp_filters:\t1.*root-ro.*env-kept'
	podman_run cofferdam-test /bin/sh -c "$look"
	like "podman, $runtime: its own profile gets the policy's over it" "$output" \
		$'Seccomp_filters:\t2.*root-ro'
	podman_run --security-opt "seccomp=$src/policy/seccomp/hardened.json" cofferdam-test /bin/sh -c "$look"
	like "podman, $runtime: a hardened one is enough" "$output" $'Seccomp_filters:\t1.*root-ro'
	podman_run cofferdam-test /bin/sh -c 'exit 7'
	is "podman, $runtime: exit code" "$status" 7
	# shellcheck disable=SC2016 # expanded inside
	output=$(echo word | p run --rm -i --network none cofferdam-test /bin/sh -c 'read x; echo "got $x"' 2>&1)
	is "podman, $runtime: -i" "$output" "got word"
	output=$(script -qec "podman --runtime $(command -v "$runtime") run --rm -t --network none cofferdam-test /bin/tty" /dev/null </dev/null 2>&1)
	like "podman, $runtime: -t" "$output" "/dev/pts/0"
	p run -d --name stop --network none cofferdam-test /bin/sh -c \
		'trap "exit 7" TERM; echo ready; while :; do sleep 0.1; done' >/dev/null 2>&1
	was_ready 1
	is "podman, $runtime: -d, logs" "$(p logs stop 2>&1)" ready
	p stop -t 5 stop >/dev/null 2>&1
	is "podman, $runtime: stop" "$(p inspect --format '{{.State.ExitCode}}' stop 2>&1)" 7
	p start stop >/dev/null 2>&1
	# Before its program runs it may still be held, and not be hardened yet.
	was_ready 2
	pid=$(p inspect --format '{{.State.Pid}}' stop 2>&1)
	like "podman, $runtime: started again, gated again" \
		"$(grep NoNewPrivs "/proc/$pid/status" 2>&1)" $'NoNewPrivs:\t1'
	p rm -f -t 0 stop >/dev/null 2>&1
	p create --name created --network none cofferdam-test /bin/sh -c "$look" >/dev/null 2>&1
	output=$(p start -a created 2>&1)
	like "podman, $runtime: create, start" "$output" $'NoNewPrivs:\t1'
	p rm -f created >/dev/null 2>&1
	p run -d --restart on-failure:2 --name again --network none cofferdam-test \
		/bin/sh -c 'grep NoNewPrivs /proc/self/status; exit 1' >/dev/null 2>&1
	wait_for logged again NoNewPrivs 3
	is "podman, $runtime: restarted by its policy, gated each time" \
		"$(p logs again 2>&1 | sort | uniq -c | tr -s ' \t' ' ')" " 3 NoNewPrivs: 1"
	p rm -f again >/dev/null 2>&1
	# killed at the gate: the log says why
	rm -f "$work/hosts/pod.log"
	p run --name refused --network none -v "$work/hosts:/hosts" --security-opt no-new-privileges \
		--preserve-fds 1 cofferdam-test /bin/sh -c 'echo ran' 3</etc >"$work/refused" 2>&1
	unlike "podman, $runtime: refused at the gate" "$(cat "$work/refused")" "ran"
	like "podman, $runtime: and podman logs says why" "$(p logs refused 2>&1)$(cat "$work/refused")" \
		"refused at the gate: its descriptor 3"
	p rm -f refused >/dev/null 2>&1
	wait_for none_left
	is "podman, $runtime: no supervisor is left" "$left" ""
done
podman rmi -f cofferdam-test >/dev/null 2>&1
done_testing
