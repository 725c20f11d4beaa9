#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# linux.cgroupsPath that would put a container where the limits are not that it is judged
# by, or into somebody else's cgroup.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# shellcheck disable=SC2154

need runc crun jq
make_rootfs

# Limits of the cgroup above are enough, as they are for a kubelet's pods.
host_config judged '.policies = [{use: "above"}] | .gate = "off"' >/dev/null
jq '.name = "above" | .rules["memory-limit", "pids-limit", "cpu-limit"] = {action: "deny", parent_counts: true}' \
	"$work/hosts/judged/bundles/test/policy.json" | own_policy judged above
above=kubepods-cofferdam$$.slice

# hierarchies - one folder for each that limits
hierarchies() {
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		echo /sys/fs/cgroup
	else
		echo /sys/fs/cgroup/{memory,pids,cpu}
	fi
}

# limit FILE VALUE - where that file is
limit() {
	local each

	for each in $(hierarchies); do
		[ ! -e "$each/kubepods.slice/$above/$1" ] || echo "$2" >"$each/kubepods.slice/$above/$1"
	done
}

# shellcheck disable=SC2317 # by the trap
cgroups_away() {
	local each

	end_all
	# what is left in every hierarchy; what somebody else uses stays
	for each in kubepods.slice/"$above" kubepods.slice docker/cofferdam$$ docker/beside$$ docker; do
		rmdir /sys/fs/cgroup/"$each" /sys/fs/cgroup/*/"$each" 2>/dev/null
	done
}
trap cgroups_away EXIT

for each in $(hierarchies); do
	for dir in kubepods.slice kubepods.slice/"$above"; do
		mkdir -p "$each/$dir"
		[ ! -e "$each/cgroup.controllers" ] ||
			echo "+memory +pids +cpu" >"$each/${dir%/*}/cgroup.subtree_control"
	done
done
limit memory.max 67108864
limit memory.limit_in_bytes 67108864
limit pids.max 100
limit cpu.max "50000 100000"
limit cpu.cfs_quota_us 50000

# place PATH - a bundle without limits of its own, to be put there
place() {
	bundle "place$((containers += 1))" 'del(.linux.resources.memory, .linux.resources.cpu,
		.linux.resources.pids) | .linux.cgroupsPath = "'"$1"'"'
}

for runtime in runc crun; do
	through $runtime judged
	door_run "$(place "/kubepods.slice/$above/one")"
	is "$runtime: below a cgroup that has limits" "$status $output" "0 hello from inside"
	door_run "$(place "$above:cri-containerd:two")"
	like "$runtime: systemd's form, and no word of systemd to the runtime" "$status $output" \
		'^1 .*refused.*written for systemd, which the runtime is not told to use'
	dir=$(place "$above:cri-containerd:three")
	add_hook "$dir" createRuntime "$(host $runtime judged)"
	run $runtime "$dir"
	like "$runtime: at the hook, which sees where the container is" "$((status != 0)) $output" '^1'
	is "$runtime: nothing was run" "$(ran "$dir" && echo ran)" ""
	dir=$(place "/kubepods.slice/$above/four")
	add_hook "$dir" createRuntime "$(host $runtime judged)"
	run $runtime "$dir"
	is "$runtime: at the hook, below a cgroup that has limits" "$status $output" "0 hello from inside"
done
# crun keeps what a hook says to itself
dir=$(place "$above:cri-containerd:five")
add_hook "$dir" createRuntime "$(host runc judged)"
run runc "$dir"
like "the hook says why" "$output" 'is not in the cgroup that linux.cgroupsPath names to systemd'

# --- crun is told to make none, so that no limit is in force ---

host_config hardens '.policies = [{use: "hardens"}] | .gate = "off"' >/dev/null
host_config gated-open '.policies = [{use: "open"}] | .gate = "enforce" | .unadmitted = "deny"' >/dev/null
cp "$work/hosts/open/bundles/open" "$work/hosts/gated-open/bundles/" -r
jq '.rules["memory-limit"] = {action: "harden", default: "64Mi"} | .name = "hardens" |
	.rules["pids-limit"].action = "off" | .rules["cpu-limit"].action = "off" |
	.rules["device-cgroup"].action = "off"' \
	"$work/hosts/judged/bundles/test/policy.json" | own_policy hardens hardens
# without MORE... - run it by crun, told so by these
without() {
	dir=$(bundle "without$((containers += 1))" '.process.args = ["/bin/cat", "/proc/self/cgroup"]')
	through crun "$1"
	shift
	command+=("$@")
	door_run "$dir"
}
without judged --cgroup-manager=disabled
like "crun without a cgroup" "$status $output" '^1 .*denied .*memory-limit: no memory limit'
without hardens --cgroup-manager=disabled
like "crun: that a limit would be set does not help" "$status $output" \
	'^1 .*cgroup-manager=disabled: without a cgroup of its own'
without judged --cgroup-manager=disabled --cgroup-manager=cgroupfs
like "crun: the last word counts" "$status $output" '^0 .*:pids:/|^0 0::/'
without open --cgroup-manager=disabled
is "crun: a policy that wants no limits" "$status $(cmp /proc/self/cgroup - <<<"$output")" "0 "
without gated-open --cgroup-manager=disabled
is "crun: and the hook finds what was admitted" "$status $(cmp /proc/self/cgroup - <<<"$output")" "0 "
without audit --cgroup-manager=disabled
is "crun: audit refuses nothing" "$status $(cmp /proc/self/cgroup - <<<"$output")" "0 "
like "crun: and tells of it" "$(jq -r 'select(.program == "cofferdam-runtime run") | .verdict' \
	"$work/hosts/audit.log" | tail -n 1)" '^deny$'
place_by_systemd=$(place "$above:cri-containerd:six")
through crun judged
command+=(--systemd-cgroup)
door_run "$place_by_systemd"
unlike "crun: --systemd-cgroup behind another manager" "$output" 'not told to use'

# --- inside of another container's ---

for runtime in runc crun; do
	through $runtime judged
	sleep 60 &
	started+=($!)
	for each in $(hierarchies); do
		mkdir -p "$each/docker/cofferdam$$"
		echo $! >"$each/docker/cofferdam$$/cgroup.procs"
	done
	door_run "$(bundle "inside$runtime" ".linux.cgroupsPath = \"/docker/cofferdam$$/inside\"")"
	like "$runtime: inside of somebody else's cgroup" "$status $output" \
		'^1 .*cgroup-path: is the cgroup of other processes, or lies in it'
	door_run "$(bundle "beside$runtime" ".linux.cgroupsPath = \"/docker/beside$$\"")"
	is "$runtime: beside it" "$status $output" "0 hello from inside"
	door_run "$(bundle "scope$runtime" '.linux.cgroupsPath = "/machine.slice/libpod-0123.scope/inside"')"
	like "$runtime: in the scope of a container that may be empty just now" "$status $output" \
		"^1 .*cgroup-path: lies in another container's"
	kill $!
	wait $! 2>/dev/null
done

done_testing
