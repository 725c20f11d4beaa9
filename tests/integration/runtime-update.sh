#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# update, checkpoint and restore at the runtime door: limits stay, and nothing runs
# that no start was judged for.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need runc crun jq
make_rootfs

policy_host cpus >/dev/null <<-END
	{ "format": 1, "name": "cpus", "extends": "test",
	  "rules": { "cpu-limit": { "action": "deny", "max": "1" } } }
END

# change DESCRIPTION WANTED ARGUMENT... - "update ARGUMENT... c" is refused, or not
change() {
	local what=$1 wanted=$2

	shift 2
	through "$runtime" enforce
	output=$("${command[@]}" update "$@" c 2>&1 <"$work/stdin")
	status=$?
	like "$runtime: $what" "$status $output" "$wanted"
}

updates() {
	local refused='^1 cofferdam: denied .*update-weakens: what the policy wants of a start'

	: >"$work/stdin"
	change "update to a lower limit" '^0 ' --pids-limit 32
	change "to none of processes" "$refused.*pids-limit" --pids-limit -1
	change "to none of memory" "$refused.*memory-limit" --memory -1
	[ "$runtime" = crun ] ||
		change "to another in units" '^0 ' --memory 100m --memory-swap 100m
	change "to a number that is none" '^1 ' --memory lots
	# runc takes the last, and crun the first
	if [ "$runtime" = runc ]; then
		change "to a limit, and none before" '^0 ' --pids-limit -1 --pids-limit 32
		change "to none, and a limit before" "$refused.*pids-limit" --pids-limit 32 --pids-limit -1
	else
		change "to one thing twice" '^1 cofferdam: .*--pids-limit is there twice' \
			--pids-limit -1 --pids-limit 32
	fi
	rm -f "$work/resources.json"
	echo '{"pids":{"limit":-1}}' >"$work/resources.json"
	change "by a file" "$refused.*pids-limit" --resources "$work/resources.json"
	change "by one behind an option" "$refused.*pids-limit" --pids-limit 32 -r "$work/resources.json"
	echo '{"pids":{"limit":48}}' >"$work/resources.json"
	change "by a file that stays within" '^0 ' --resources="$work/resources.json"
	chmod 666 "$work/resources.json"
	change "by a file that others can change" '^1 cofferdam: .*writ' -r "$work/resources.json"
	if [ "$runtime" = runc ]; then
		echo '{"pids":{"limit":-1}}' >"$work/stdin"
		change "on standard input" "$refused.*pids-limit" --resources -
		echo '{"pids":{"limit":40}}' >"$work/stdin"
		change "on standard input, within" '^0 ' -r -
		is "runc: and it is read" \
			"$(runc --root "$work/runc" events --stats c | jq -r .data.pids.limit)" 40
		output=$(echo '{"pids":{"limit":41}}' | "${command[@]}" update -r - c 2>&1)
		is "runc: from a pipe" "$? $(runc --root "$work/runc" events --stats c | jq -r .data.pids.limit)" "0 41"
	fi
	# quota and period are a limit together: each alone stands beside what the cgroup has
	through "$runtime" cpus
	cpus() {
		output=$("${command[@]}" update "${@:3}" c 2>&1 <"$work/nothing")
		like "$runtime: $1" "$? $output" "$2"
	}
	cpus "one CPU" '^0 ' --cpu-quota 100000 --cpu-period 100000
	cpus "a lower one" '^0 ' --cpu-quota 50000
	cpus "more than the policy lets" "$refused.*CPU limit" --cpu-quota 150000
	cpus "ten, by a shorter period" "$refused.*CPU limit" --cpu-period 1000
	# one that is within, but could be left with the other's half, by two at once or one that fails
	cpus "another period" "$refused.*another period" --cpu-period 200000
	cpus "another period, and a quota that the kernel takes not" "$refused.*another period" \
		--cpu-quota 500 --cpu-period 1000
	echo '{"cpu":{"quota":5000,"period":10000}}' >"$work/resources.json"
	chmod 600 "$work/resources.json"
	cpus "another period by a file" "$refused.*another period" -r "$work/resources.json"
	cpus "the one that it has" '^0 ' --cpu-quota 100000 --cpu-period 100000
	through "$runtime" enforce
	cpus "another period, where the policy has no maximum" '^0 ' --cpu-quota 50000 --cpu-period 50000
	cpus "and back" '^0 ' --cpu-quota 50000 --cpu-period 100000
	[ "$runtime" = crun ] || {	# crun 1.8 writes -1 into pids.max, which takes none
		through runc open
		output=$("${command[@]}" update --pids-limit -1 c 2>&1)
		is "runc: a policy that lets it" "$? $output" "0 "
	}
}

checkpoints() {
	local restored

	through "$runtime" enforce
	output=$("${command[@]}" checkpoint --image-path "$work/image" c 2>&1)
	like "$runtime: checkpoint" "$? $output" '^1 cofferdam: denied .*restore-denied: a checkpoint'
	output=$("${command[@]}" restore --image-path "$work/image" --bundle "$dir" restored 2>&1)
	like "$runtime: restore" "$? $output" '^1 cofferdam: denied .*restore-denied: what runs'
	for gate in enforce verify off; do
		host_config "restores-$gate" ".policies = [{use: \"restores\"}] | .gate = \"$gate\"" >/dev/null
		jq '.name = "restores" | .rules["restore-denied"] = {action: "off"}' \
			"$work/hosts/enforce/bundles/test/policy.json" | own_policy "restores-$gate" restores
		through "$runtime" "restores-$gate"
		# without the hook that reads another host.json
		restored=$(bundle restored)
		output=$("${command[@]}" restore --image-path "$work/image" --bundle "$restored" restored 2>&1)
		status=$?
		if [ $gate = off ]; then
			unlike "$runtime: restore, where it is wanted, is the runtime's to do" "$status $output" '^0|cofferdam'
		else
			like "$runtime: restore, which the gate ($gate) cannot hold" "$status $output" \
				'^1 cofferdam: refused, .*never reaches an exec'
		fi
	done
	if [ "$runtime" = crun ]; then
		through "$runtime" enforce
		output=$("${command[@]}" mounts add c "$work/nothing" 2>&1)
		like "crun: mounts add" "$? $output" '^1 cofferdam: denied .*update-weakens: mounts'
	fi
}

for runtime in runc crun; do
	door_start enforce c
	updates
	checkpoints
done

done_testing
