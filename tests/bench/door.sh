#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the runtime door adds to a whole "runc run" and "crun run", measured in
# turn: the runtime by itself, with the hook that a host without the door has, and
# through the door, which puts that hook there. Then the door alone, in front of an
# empty program instead of the runtime, and what it passes: small programs among
# themselves, as behind a runtime they would find the caches cold, and more by chance.
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

# slim HOST_CONFIG - a config.json without white space, as engines write it, one with the
# hook, and one with the seccomp profile that podman gives every container
slim() {
	local dir

	dir=$(bundle bench '.process.args = ["/bin/true"]')
	jq -c . "$dir/config.json" >"$work/slim.json"
	jq -c --slurpfile podman "$src/policy/bases/podman-default.json" \
		'.linux.seccomp = $podman[0].linux.seccomp' "$dir/config.json" >"$work/filtered.json"
	add_hook "$dir" createRuntime "$1"
	jq -c . "$dir/config.json" >"$work/hooked.json"
}

host_config alone ".engines.podman.runtime = \"$empty\"" >/dev/null

# median NAME - of the row of that name in the tables
median() {
	awk -F'|' -v name="$1" '{ row = $2; gsub(/^ +| +$/, "", row) } row == name { print $5 + 0 }' "$work/table"
}

# through_door HOST_CONFIG - in the array $command
through_door() {
	real "$runtime"
	command[0]="$door --engine podman --host-config $1"
}

# whole - containers from their start to their end
whole() {
	local host

	host=$(host "$runtime" enforce)
	slim "$host"
	real "$runtime"
	variant plain "$work/slim.json" "${command[@]}" run
	variant hook "$work/hooked.json" "${command[@]}" run
	variant filtered "$work/filtered.json" "${command[@]}" run
	through_door "$host"
	variant door "$work/slim.json" "${command[@]}" run
	variant filtered-door "$work/filtered.json" "${command[@]}" run
	through_door "$(host "$runtime" open)"
	variant filtered-open "$work/filtered.json" "${command[@]}" run
	sync
	"$build/tests/bench/interleave" "$rounds" /dev/null "$runtime run" "$work/plain.sh" -- \
		"the same, hook" "$work/hook.sh" -- "the same, door and hook" "$work/door.sh"
	echo
	echo "With the seccomp profile that podman gives every container:"
	echo
	"$build/tests/bench/interleave" "$rounds" /dev/null "$runtime run, filtered" "$work/filtered.sh" -- \
		"the same, door and hook, all allowed" "$work/filtered-open.sh" -- \
		"the same, door and hook, restricted" "$work/filtered-door.sh"
}

# alone - the door in front of an empty program
alone() {
	local config=$work/hosts/alone/host.json

	command=("$door" --engine podman --host-config "$config" --root "$work/$runtime")
	variant empty "$work/slim.json" "$empty"
	# as $runtime: its own name would say so
	variant judges "$work/slim.json" "${command[@]}" run
	variant judges-filtered "$work/filtered.json" "${command[@]}" run
	variant passes "$work/slim.json" "${command[@]}" state
	sync
	"$build/tests/bench/interleave" "$rounds" /dev/null "empty program" "$work/empty.sh" -- \
		"door, judging, empty program" "$work/judges.sh" -- \
		"the same, filtered" "$work/judges-filtered.sh" -- \
		"door, passing, empty program" "$work/passes.sh"
}

# compare WHERE - with $runtime; WHERE is what to say of the bundles
compare() {
	echo
	echo "## The runtime door: $runtime run, bundles $1"
	echo
	whole | tee "$work/table"
	echo
	echo "In front of a program that does nothing:"
	echo
	alone | tee -a "$work/table"
	echo
	awk -v run="$(median "$runtime run")" -v hook="$(median "the same, hook")" \
		-v both="$(median "the same, door and hook")" -v empty="$(median "empty program")" \
		-v door="$(median "door, judging, empty program")" -v name="$runtime run" \
		-v more="$(median "the same, filtered")" \
		-v filtered="$(median "$runtime run, filtered")" 'BEGIN {
			printf "The door adds %.1f %% of \"%s\" to it with the hook; ", 100 * (both - hook) / run, name
			printf "alone it takes %.1f %%, ", 100 * (door - empty) / run
			printf "and %.1f %% of one with the profile.\n", 100 * (more - empty) / filtered }'
	rm -rf "$work/bundles"/*/[0-9]*
}

for runtime in ${RUNTIMES:-runc crun}; do
	compare "on a disk"
done
mount -t tmpfs -o mode=755 tmpfs "$work/bundles"
for runtime in ${RUNTIMES:-runc crun}; do
	compare "in a tmpfs"
done
