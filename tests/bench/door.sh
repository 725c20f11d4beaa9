#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the runtime door adds to a whole "runc run" and "crun run", measured in
# turn: the door alone (in front of an empty program instead of the runtime), what
# it passes, and the whole, with the hook that verifies what was admitted. Bundles
# on a disk, as podman's are, and in a tmpfs, as those of containerd, Docker and
# CRI-O. Each run has a bundle of its own, as engines make one for each container,
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
rounds=${ROUNDS:-60}
empty=$build/tests/bench/empty

# variant NAME COMMAND... - a script that runs it under an id of its own, which is the
# last argument, behind the next of the bundles made for it
variant() {
	local name=$1 n

	shift
	mkdir -p "$work/bundles/$name"
	for ((n = 0; n <= rounds; n++)); do
		mkdir "$work/bundles/$name/$n" && cp "$work/slim.json" "$work/bundles/$name/$n/config.json"
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

# slim - a config.json without white space, as engines write it
slim() {
	local dir

	dir=$(bundle bench '.process.args = ["/bin/true"]')
	jq -c . "$dir/config.json" >"$work/slim.json"
}

host_config alone ".engines.podman.runtime = \"$empty\"" >/dev/null

# compare RUNTIME WHERE - WHERE is what to say of it
compare() {
	local runtime=$1

	slim
	real "$runtime"
	variant plain "${command[@]}" run
	command[0]="$door --engine podman --host-config $(host "$runtime" enforce)"
	variant door "${command[@]}" run
	variant empty "$empty"
	# as $runtime: its own name would say so
	variant judges "$door" --engine podman --host-config "$work/hosts/alone/host.json" \
		--root "$work/$runtime" run
	variant passes "$door" --engine podman --host-config "$work/hosts/alone/host.json" state
	sync
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
	rm -rf "$work/bundles"/*/[0-9]*
}

for runtime in ${RUNTIMES:-runc crun}; do
	compare "$runtime" "on a disk"
done
mount -t tmpfs -o mode=755 tmpfs "$work/bundles"
for runtime in ${RUNTIMES:-runc crun}; do
	compare "$runtime" "in a tmpfs"
done
