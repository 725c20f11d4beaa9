# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# What the tests of the runtime door share beside tests/integration/lib.sh.

setup_work
# The records of what was admitted: this mount namespace ends with the test.
mount -t tmpfs -o mode=755 tmpfs /run
records=/run/cofferdam/admitted
door=$build/cofferdam-runtime
[ -x "$door" ] || bail "$door is not built"

# host RUNTIME NAME - the host.json NAME of this test, whose engine has that runtime
host() {
	local to=$work/hosts/$2.$1

	if [ ! -e "$to" ]; then
		mkdir -p "$to"
		[ ! -e "$work/hosts/$2/bundles" ] || cp -r "$work/hosts/$2/bundles" "$to/"
		jq --arg real "$(command -v "$1")" '.engines.podman.runtime = $real' \
			"$work/hosts/$2/host.json" >"$to/host.json" || bail "no host.json $2"
	fi
	echo "$to/host.json"
}

# door_for HOST_CONFIG - what an engine would execute: two lines, as no link says who calls
door_for() {
	local wrapper

	wrapper=$(dirname "$1")/door
	if [ ! -e "$wrapper" ]; then
		printf '#!/bin/sh\nexec %q --engine podman --host-config %q "$@"\n' "$door" "$1" \
			>"$wrapper"
		chmod 755 "$wrapper"
	fi
	echo "$wrapper"
}

# real RUNTIME - a command line of it, in the array $command
real() {
	command=("$(command -v "$1")")
	[ "$1" = runc ] || command+=(--cgroup-manager=cgroupfs)
	command+=(--root "$work/$1")
}

# through RUNTIME NAME - the same through the door, with host.json NAME
through() {
	real "$1"
	command[0]=$(door_for "$(host "$1" "$2")")
}

# door_run BUNDLE [ID] - run it with $command; sets $output, $status and $id
door_run() {
	containers=$((containers + 1))
	id=${2:-cofferdam-$$-$containers}
	rm -f "$1"/out/*
	output=$("${command[@]}" run --bundle "$1" "$id" <"$work/nothing" 2>&1)
	status=$?
}

# door_start NAME ID [FILTER]... - a container of $runtime that runs, through the door; its bundle
# is $dir
door_start() {
	local name=$1 id=$2

	shift 2
	dir=$(bundle "$id" '.process.args = ["/bin/sleep", "1000"] |
		.process.capabilities.effective = [] | .process.capabilities.permitted = []' "$@")
	through "$runtime" "$name"
	"${command[@]}" run -d --bundle "$dir" "$id" <"$work/nothing" >"$work/start.out" 2>&1 ||
		bail "$runtime: $id does not start: $(cat "$work/start.out")"
}

: >"$work/nothing"

# rules_off HOST [FILTER] - the policy "open" for host.json HOST: everything is off, but for
# what FILTER, of its rules, says; what is left is what no policy can switch off
rules_off() {
	"$cofferdam" rules --format json | jq '{format: 1, name: "open", extends: "baseline",
		rules: (map({key: .id, value: {action: "off"}}) | from_entries | '"${2:-.}"')}' |
		own_policy "$1" open
}

host_config open '.policies = [{use: "open"}] | .gate = "off"' >/dev/null
rules_off open
host_config warns '.policies = [{use: "open"}] | .gate = "off"' >/dev/null
rules_off warns '.["memory-limit"].action = "warn"'
host_config enforce >/dev/null
host_config audit '.mode = "audit"' >/dev/null
host_config gated '.gate = "enforce" | .unadmitted = "deny"' >/dev/null
