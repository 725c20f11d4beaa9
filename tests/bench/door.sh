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
#	ROUNDS		of each; hundredths of a run need a thousand	[60]
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

# slim - a config.json without white space, as engines write it, one with the
# seccomp profile that podman gives every container, and what "runc spec" writes, without any
slim() {
	local dir

	dir=$(bundle bench '.process.args = ["/bin/true"]')
	jq -c . "$dir/config.json" >"$work/slim.json"
	(cd "$work" && rm -f config.json && runc spec)
	jq -c --arg rootfs "$work/rootfs" '.root.path = $rootfs | .process.args = ["/bin/true"] |
		.process.terminal = false' "$work/config.json" >"$work/bare.json"
	jq -c --slurpfile podman "$src/policy/bases/podman-default.json" \
		'.linux.seccomp = $podman[0].linux.seccomp' "$dir/config.json" >"$work/filtered.json"
}

for policy in open enforce; do
	to=$(host runc $policy)
	jq --arg empty "$empty" '.engines.podman.runtime = $empty' "$to" >"${to%/*}/alone.json"
done

# column N TABLE NAME - of the row of that name
column() {
	awk -F'|' -v n="$1" -v name="$3" '{ row = $2; gsub(/^ +| +$/, "", row) }
		row == name { print $n + 0 }' "$work/$2"
}

median() {
	column 5 "$@"
}

# adds TABLE - in hundredths of the run without the door: by the clock, and of processor time
adds() {
	local n without

	for n in 5 8; do
		without=$(column $n "$1" "$runtime run")
		awk -v without="$without" -v with="$(column $n "$1" "door, open")" \
			'BEGIN { printf "%.1f\n", 100 * (with - without) / without }'
	done | paste -sd' '
}

# through_door HOST_CONFIG - in the array $command
through_door() {
	real "$runtime"
	command[0]="$door --engine podman --host-config $1"
}

# ways CONFIG NAME [POLICY] - the runtime by itself, behind another program, and through the door
# by a policy that allows everything; with the hook and through the door by POLICY, if any
ways() {
	local config=$1 name=$2 policy=${3:-} host rows=()

	real "$runtime"
	variant "$name" "$config" "${command[@]}" run
	variant "$name-behind" "$config" "$build/tests/bench/behind" "${command[@]}" run
	host=$(host "$runtime" open)
	through_door "$host"
	variant "$name-open" "$config" "${command[@]}" run
	rows=("$runtime run" "$work/$name.sh" -- "behind another program" "$work/$name-behind.sh"
		-- "door, open" "$work/$name-open.sh")
	if [ -n "$policy" ]; then
		host=$(host "$runtime" "$policy")
		through_door "$host"
		variant "$name-both" "$config" "${command[@]}" run
		rows+=(-- "door and hook, $policy" "$work/$name-both.sh")
	fi
	# by itself the hook refuses what it would have to harden
	if [ "$name" = plain ]; then
		with_hook "$host" "$config" >"$work/$name-hook.json"
		real "$runtime"
		variant "$name-hook" "$work/$name-hook.json" "${command[@]}" run
		rows+=(-- "hook, $policy" "$work/$name-hook.sh")
	fi
	sync
	"$build/tests/bench/interleave" -p 20000 "$rounds" /dev/null "${rows[@]}"
}

# whole - containers from their start to their end
whole() {
	slim
	echo "Of a container that has what the policy \"enforce\" wants (\"open\" allows everything):"
	echo
	ways "$work/slim.json" plain enforce | tee "$work/table"
	echo
	echo "With the seccomp profile that podman gives every container:"
	echo
	ways "$work/filtered.json" filtered enforce | tee "$work/filtered-table"
	echo
	echo "Of what \"runc spec\" writes, without a profile:"
	echo
	ways "$work/bare.json" bare | tee "$work/bare-table"
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
	echo "The door adds, in hundredths of the run without it, by the clock and of processor time,"
	echo "allowing everything: $(adds table); with the profile $(adds filtered-table); without any $(adds bare-table)."
	awk -v run="$(median table "$runtime run")" -v more="$(median filtered-table "$runtime run")" \
		-v hook="$(median table "hook, enforce")" -v both="$(median table "door and hook, enforce")" \
		-v empty="$(median alone-table "empty program")" \
		-v open="$(median alone-table "door, open")" \
		-v open2="$(median alone-table "door, open, with the profile")" \
		-v door="$(median alone-table "door, enforce")" \
		-v filtered="$(median alone-table "door, enforce, with the profile")" 'BEGIN {
			printf "Enforcing, to the run with the hook, %.1f. ", 100 * (both - hook) / run
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
