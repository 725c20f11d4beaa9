#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the runtime door adds to a whole "runc run" and "crun run", measured in
# turn: the runtime by itself, behind a program that only executes it, and through the
# door by a policy that allows everything; with the hook that a host without the door
# has, and through the door, which puts that hook there, by one that enforces. Then the
# door alone, in front of an empty program instead of the runtime, and what it passes:
# small programs among themselves, as behind a runtime they would find the caches cold,
# and more by chance.
# Bundles on a disk, as podman's are, and in a tmpfs, as those of containerd, Docker
# and CRI-O. Each run has a bundle of its own, as engines make one for each container,
# with a config.json that has to be rewritten; a disk is waited for.
#
#	ROUNDS		of each			[60]
#	RUNTIMES	in turn			[runc crun]
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/../integration/runtime-lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

need runc jq
make_rootfs
# Copies, as what is installed is one: what the linker wrote lies in the page cache
# in small pieces, and starts some hundredths slower.
mkdir "$work/libexec"
install "$door" "$hook" "$work/libexec/"
door=$work/libexec/cofferdam-runtime
hook=$work/libexec/cofferdam-hook
rounds=${ROUNDS:-60}
empty=$build/tests/bench/empty

# variant NAME CONFIG COMMAND... - a script that runs it under an id of its own, which is
# the last argument, behind the next of the bundles made for it, each with that CONFIG
variant() {
	local name=$1 config=$2 n

	shift 2
	mkdir -p "$work/bundles/$name"
	for ((n = 0; n <= rounds; n++)); do
		mkdir "$work/bundles/$name/$n" && cp "$config" "$work/bundles/$name/$n/config.json"
	done
	echo 0 >"$work/$name.next"
	cat >"$work/$name.sh" <<-END
	#!/bin/sh
	read -r n <$work/$name.next
	echo \$((n + 1)) >$work/$name.next
	exec $* --bundle $work/bundles/$name/\$n bench-$name-\$\$
	END
	chmod +x "$work/$name.sh"
}

# with_hook HOST_CONFIG CONFIG - the same, to standard output
with_hook() {
	local dir

	dir=$(bundle hooked) && cp "$2" "$dir/config.json" && add_hook "$dir" createRuntime "$1"
	jq -c . "$dir/config.json"
}

# slim - a config.json without white space, as engines write it, and one with the
# seccomp profile that podman gives every container
slim() {
	local dir

	dir=$(bundle bench '.process.args = ["/bin/true"]')
	jq -c . "$dir/config.json" >"$work/slim.json"
	jq -c --slurpfile podman "$src/policy/bases/podman-default.json" \
		'.linux.seccomp = $podman[0].linux.seccomp' "$dir/config.json" >"$work/filtered.json"
}

for policy in open enforce; do
	to=$(host runc $policy)
	jq --arg empty "$empty" '.engines.podman.runtime = $empty' "$to" >"${to%/*}/alone.json"
done

# median TABLE NAME - of the row of that name
median() {
	awk -F'|' -v name="$2" '{ row = $2; gsub(/^ +| +$/, "", row) } row == name { print $5 + 0 }' "$work/$1"
}

# through_door HOST_CONFIG - in the array $command
through_door() {
	real "$runtime"
	command[0]="$door --engine podman --host-config $1"
}

# ways CONFIG NAME - the runtime by itself, and with the hook and through the door by two policies
ways() {
	local config=$1 name=$2 host rows=()

	real "$runtime"
	variant "$name" "$config" "${command[@]}" run
	variant "$name-behind" "$config" "$build/tests/bench/behind" "${command[@]}" run
	host=$(host "$runtime" open)
	through_door "$host"
	variant "$name-open" "$config" "${command[@]}" run
	host=$(host "$runtime" enforce)
	through_door "$host"
	variant "$name-enforce" "$config" "${command[@]}" run
	rows=("$runtime run" "$work/$name.sh" -- "behind another program" "$work/$name-behind.sh"
		-- "door, open" "$work/$name-open.sh")
	# by itself the hook refuses what it would have to harden
	if [ "$name" != filtered ]; then
		with_hook "$host" "$config" >"$work/$name-hook.json"
		real "$runtime"
		variant "$name-hook" "$work/$name-hook.json" "${command[@]}" run
		rows+=(-- "hook, enforce" "$work/$name-hook.sh")
	fi
	sync
	"$build/tests/bench/interleave" "$rounds" /dev/null "${rows[@]}" \
		-- "door and hook, enforce" "$work/$name-enforce.sh"
}

# whole - containers from their start to their end
whole() {
	slim
	echo "Of a container that has what the policy \"enforce\" wants (\"open\" allows everything):"
	echo
	ways "$work/slim.json" plain | tee "$work/table"
	echo
	echo "With the seccomp profile that podman gives every container:"
	echo
	ways "$work/filtered.json" filtered | tee "$work/filtered-table"
}

# alone - the door in front of an empty program
alone() {
	local policy rows=()

	variant empty "$work/slim.json" "$empty"
	rows=("empty program" "$work/empty.sh")
	for policy in open enforce; do
		command=("$door" --engine podman
			 --host-config "$(dirname "$(host runc $policy)")/alone.json" --root "$work/$runtime")
		variant "judges-$policy" "$work/slim.json" "${command[@]}" run
		variant "judges-filtered-$policy" "$work/filtered.json" "${command[@]}" run
		rows+=(-- "door, $policy" "$work/judges-$policy.sh"
		       -- "door, $policy, with the profile" "$work/judges-filtered-$policy.sh")
	done
	variant passes "$work/slim.json" "${command[@]}" state
	sync
	"$build/tests/bench/interleave" "$rounds" /dev/null "${rows[@]}" -- \
		"door, passing" "$work/passes.sh"
}

# compare WHERE - with $runtime; WHERE is what to say of the bundles
compare() {
	echo
	echo "## The runtime door: $runtime run, bundles $1"
	echo
	whole
	echo
	echo "In front of a program that does nothing:"
	echo
	alone | tee "$work/alone-table"
	echo
	awk -v run="$(median table "$runtime run")" -v more="$(median filtered-table "$runtime run")" \
		-v through="$(median table "door, open")" -v through2="$(median filtered-table "door, open")" \
		-v hook="$(median table "hook, enforce")" -v both="$(median table "door and hook, enforce")" \
		-v empty="$(median alone-table "empty program")" \
		-v open="$(median alone-table "door, open")" \
		-v open2="$(median alone-table "door, open, with the profile")" \
		-v door="$(median alone-table "door, enforce")" \
		-v filtered="$(median alone-table "door, enforce, with the profile")" 'BEGIN {
			printf "The door adds, in hundredths of the run without: allowing everything %.1f, ", 100 * (through - run) / run
			printf "with the profile %.1f; enforcing, to the run with the hook, %.1f.\n", 100 * (through2 - more) / more, 100 * (both - hook) / run
			printf "Alone, allowing everything, %.1f and %.1f; ", 100 * (open - empty) / run, 100 * (open2 - empty) / more
			printf "enforcing, %.1f and %.1f.\n", 100 * (door - empty) / run, 100 * (filtered - empty) / more }'
	rm -rf "$work/bundles"/*/[0-9]*
}

for runtime in ${RUNTIMES:-runc crun}; do
	compare "on a disk"
done
mount -t tmpfs -o mode=755 tmpfs "$work/bundles"
for runtime in ${RUNTIMES:-runc crun}; do
	compare "in a tmpfs"
done
