#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the exec gate adds to a whole "runc run" and "crun run", measured in turn
# so that no order favours anyone. Two containers, as each has to be compared with
# itself: an ordinary one, which the gate hardens, and the same hardened by hand
# (its runtime compiles a profile, too), which the gate only has to verify.
#
#	ROUNDS		of each			[60]
#	RUNTIMES	in turn			[runc crun]
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc jq
setup_work
make_rootfs
rounds=${ROUNDS:-60}

ordinary=(
	'.root.readonly = false | del(.process.noNewPrivileges) | del(.linux.seccomp)'
	'.mounts |= map(select(.destination != "/tmp"))'
	'.process.capabilities |= map_values(["CAP_CHOWN", "CAP_SETPCAP"])')
quiet='.process.args = ["/bin/true"]'

# variant NAME BUNDLE [HOST] - a script that runs it under an id of its own
variant() {
	local manager=''

	[ -z "${3-}" ] || add_hook "$2" createRuntime "$work/hosts/$3/host.json"
	[ "$runtime" = runc ] || manager=--cgroup-manager=cgroupfs
	cat >"$work/$1.sh" <<-END
	#!/bin/sh
	exec $(command -v "$runtime") $manager --root $work/$runtime run --bundle $2 bench-$1-\$\$
	END
	chmod +x "$work/$1.sh"
}

host_config off '.gate = "off"' >/dev/null
# the ordinary container without a gate: judged, and neither refused nor hardened
host_config judge '.gate = "off" | .mode = "audit"' >/dev/null
host_config verify '.gate = "verify"' >/dev/null
host_config enforce '.gate = "enforce"' >/dev/null
for runtime in ${RUNTIMES:-runc crun}; do
	rm -f "$work"/hosts/*.log
	variant plain "$(bundle plain "${ordinary[@]}" "$quiet")"
	variant judge "$(bundle judge "${ordinary[@]}" "$quiet")" judge
	variant enforce "$(bundle enforce "${ordinary[@]}" "$quiet")" enforce
	variant none "$(bundle none "$quiet")"
	variant off "$(bundle off "$quiet")" off
	variant verify "$(bundle verify "$quiet")" verify
	variant both "$(bundle both "$quiet")" enforce
	echo
	echo "## The gate: $runtime run"
	echo
	"$build/tests/bench/interleave" "$rounds" /dev/null \
		"ordinary: no hook" "$work/plain.sh" -- "ordinary: hook, gate off" "$work/judge.sh" -- \
		"ordinary: gate enforces" "$work/enforce.sh" -- \
		"hardened: no hook" "$work/none.sh" -- "hardened: hook, gate off" "$work/off.sh" -- \
		"hardened: gate verifies" "$work/verify.sh" -- \
		"hardened: gate enforces" "$work/both.sh" | tee "$work/table"
	echo
	# the medians, each against those of the same container
	awk -F'|' '/(ordinary|hardened):/ {
			name = $2
			gsub(/^ +| +$/, "", name)
			median = $5 + 0
			if (name ~ /no hook/)
				none = median
			else if (name ~ /gate off/)
				off = median
			else
				printf "%s: %.2f of no hook, %.2f of the hook with the gate off\n", name,
					median / none, median / off
		}' "$work/table"
	for host in enforce verify; do
		jq -s -r --arg host "$host" 'map(select(.program == "cofferdam-gate").gate.held_us) | sort
			| "held at the exec (\($host)): median \(.[length / 2 | floor]) us, 90 % below \(.[length * 0.9 | floor]) us"' \
			"$work/hosts/$host.log"
	done
	jq -s -r 'map(select(.program != "cofferdam-gate").took_us) | sort
		| "hook: median \(.[length / 2 | floor]) us"' "$work/hosts/enforce.log"
done
