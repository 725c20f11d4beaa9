#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the exec gate adds to a whole "runc run", measured in turn so that no
# order favours anyone: without a hook, with a hook that only judges, with one
# that verifies, and with one that hardens all it can.
#
#	make bench-gate [ROUNDS=100]
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc jq
setup_work
make_rootfs
runtime=${RUNTIME:-runc}
rounds=${ROUNDS:-100}
state=$work/state
: >"$state"

ordinary=(
	'.root.readonly = false | del(.process.noNewPrivileges) | del(.linux.seccomp)'
	'.mounts |= map(select(.destination != "/tmp"))'
	'.process.capabilities |= map_values(["CAP_CHOWN", "CAP_SETPCAP"])')
quiet='.process.args = ["/bin/true"]'

# variant NAME BUNDLE - a script that runs it under an id of its own
variant() {
	cat >"$work/$1.sh" <<-END
	#!/bin/sh
	exec $(command -v "$runtime") $([ "$runtime" = runc ] || echo --cgroup-manager=cgroupfs) --root $work/$runtime run --bundle $2 bench-$1-\$\$
	END
	chmod +x "$work/$1.sh"
}

variant none "$(bundle none "$quiet")"
variant plain "$(bundle plain "${ordinary[@]}" "$quiet")"
# The same container, judged but neither refused nor hardened
dir=$(bundle judge "${ordinary[@]}" "$quiet")
add_hook "$dir" createRuntime "$(host_config off '.gate = "off" | .mode = "audit"')"
variant judge "$dir"
dir=$(bundle verify "$quiet")
add_hook "$dir" createRuntime "$(host_config verify '.gate = "verify"')"
variant verify "$dir"
dir=$(bundle enforce "${ordinary[@]}" "$quiet")
add_hook "$dir" createRuntime "$(host_config enforce '.gate = "enforce"')"
variant enforce "$dir"

"$build/tests/bench/interleave" "$rounds" "$state" \
	"no hook" "$work/plain.sh" -- "no hook, hardened by hand" "$work/none.sh" -- \
	"hook without a gate" "$work/judge.sh" -- \
	"gate, hardening all it can" "$work/enforce.sh" -- \
	"gate, verifying the latter" "$work/verify.sh"
grep -h '"program":"cofferdam-gate"' "$work/hosts/enforce.log" | jq .gate.held_us | sort -n |
	awk '{ v[NR] = $1 } END { print "held at the exec: median " v[int((NR + 1) / 2)] " us, 90 % below " v[int(NR * 0.9)] " us" }'
grep -h '"program":"cofferdam-hook' "$work/hosts/enforce.log" | jq .took_us | sort -n |
	awk '{ v[NR] = $1 } END { print "hook: median " v[int((NR + 1) / 2)] " us" }'
