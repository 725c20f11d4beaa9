#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the runtime door adds to a whole "runc run" and "crun run", measured in
# turn so that no order favours anyone: the door alone (in front of an empty
# program instead of the runtime), what it passes, and the whole, with the hook
# that verifies what was admitted. Bundles on a disk, as podman's are, and in a
# tmpfs, as those of containerd, Docker and CRI-O: config.json is rewritten each
# time (two host.json take turns, which its hooks name), and a disk is waited for.
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
rounds=${ROUNDS:-60}
empty=$build/tests/bench/empty

# variant NAME COMMAND... - a script that runs it under an id of its own
variant() {
	local name=$1

	shift
	# shellcheck disable=SC2016 # expanded by the script
	printf '#!/bin/sh\nexec %s bench-%s-$$\n' "$*" "$name" >"$work/$name.sh"
	chmod +x "$work/$name.sh"
}

# slim NAME - a bundle whose config.json is without white space, as engines write it
slim() {
	local dir

	dir=$(bundle "$1" '.process.args = ["/bin/true"]')
	jq -c . "$dir/config.json" >"$work/slim.json" && cp "$work/slim.json" "$dir/config.json"
	echo "$dir"
}

host_config alone ".engines.podman.runtime = \"$empty\"" >/dev/null

# compare RUNTIME WHERE - WHERE is what to say of it
compare() {
	local runtime=$1 dir

	dir=$(slim bench)
	real "$runtime"
	variant plain "${command[@]}" run --bundle "$(slim plain)"
	command[0]="$door --engine podman --host-config $(host "$runtime" enforce)"
	variant door "${command[@]}" run --bundle "$dir"
	variant empty "$empty"
	# as $runtime: its own name would say so
	variant judges "$door" --engine podman --host-config "$work/hosts/alone/host.json" \
		--root "$work/$runtime" run --bundle "$dir"
	variant passes "$door" --engine podman --host-config "$work/hosts/alone/host.json" state
	echo
	echo "## The runtime door: $runtime run, bundles $2"
	echo
	"$build/tests/bench/interleave" "$rounds" /dev/null \
		"$runtime run" "$work/plain.sh" -- "$runtime run, door and hook" "$work/door.sh" -- \
		"empty program" "$work/empty.sh" -- "door, judging, empty program" "$work/judges.sh" -- \
		"door, passing, empty program" "$work/passes.sh" | tee "$work/table"
	echo
	awk -F'|' '/ run  / { run = $5 + 0 }
		/\| empty program/ { empty = $5 + 0 }
		/judging/ { door = $5 + 0 }
		END { printf "The door alone adds %.1f %%.\n", 100 * (door - empty) / run }' "$work/table"
}

for runtime in ${RUNTIMES:-runc crun}; do
	compare "$runtime" "on a disk"
done
mount -t tmpfs -o mode=755 tmpfs "$work/bundles"
for runtime in ${RUNTIMES:-runc crun}; do
	compare "$runtime" "in a tmpfs"
done
