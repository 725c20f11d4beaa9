#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Exemptions and audit in real runtimes, with the exec gate: what is exempt or only
# audited starts and is neither hardened nor killed, and the record says what would
# have been; whoever is not meant is refused; a host's bundle is named.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq
setup_work
make_rootfs

# host NAME MEMBERS [FILTER] - a host with the gate, whose policy has those members
host() {
	local policy=$work/hosts/$1/bundles/test/policy.json

	host_config "$1" '.gate = "enforce" | '"${3:-.}" >/dev/null
	jq --argjson members "$2" '.rules["host-network"].action = "deny"
		| .rules["no-new-privileges"].action = "harden" | . * $members' "$policy" >"$work/policy" ||
		bail "$1: bad members"
	cp "$work/policy" "$policy"
	"$cofferdam" policy lint --host-config "$work/hosts/$1/host.json" >/dev/null ||
		bail "$1: a bad policy"
}

exemption='{ "when": { "engine": "podman", "id": "cofferdam-*" },
	"rules": ["host-network", "no-new-privileges"], "reason": "OPS-1" }'
host exempt "{ \"exemptions\": [ $exemption ] }"
host expired "{ \"exemptions\": [ ${exemption%\}}, \"expires\": \"2020-01-31\" } ] }"
host other "{ \"exemptions\": [ ${exemption/cofferdam-\*/somebody} ] }"
host rule '{ "rules": { "host-network": { "action": "deny", "audit": true },
	"no-new-privileges": { "action": "harden", "audit": true } } }'
host policy '{ "audit": true }'
host choice '{}' '.policies = [ { when: { engine: "podman" }, use: "test", audit: true }, { use: "test" } ]'

# what HOST - of the last record: mode, refused, and of the two rules what was and would be decided
what() {
	jq -r '[.mode, .refused, (.findings[] | select(.rule == "host-network" or .rule == "no-new-privileges")
		| .rule, .decides, .would, .exempt, .expired, .audit)] | map(tostring) | join(" ")' \
		< <(grep '"program":"cofferdam-hook' "$work/hosts/$1.log" | tail -n 1)
}

# The host's network, which is refused, and no_new_privs off, which is hardened.
# shellcheck disable=SC2016 # the container's own
shell='.linux.namespaces |= map(select(.type != "network")) | del(.process.noNewPrivileges)
	| .process.args = ["/bin/sh", "-c", "grep NoNewPrivs /proc/self/status; touch /out/marker"]'

# with HOST ENGINE - run it
with() {
	dir=$(bundle "$1-$2-$runtime" "$shell")
	add_hook "$dir" createRuntime "$work/hosts/$1/host.json" -- --engine "$2"
	run "$runtime" "$dir"
}

# starts HOST ENGINE RECORD - the program runs, without no_new_privs
starts() {
	with "$1" "$2"
	is "$runtime, $1, $2: starts" "$status" 0
	[ "$status" = 0 ] || note "$output" "$(tail -n 2 "$work/hosts/$1.log")"
	like "$runtime, $1, $2: and is not hardened" "$output" $'NoNewPrivs:\t0'
	is "$runtime, $1, $2: the record" "$(what "$1")" "$3"
	is "$runtime, $1, $2: the gate killed nothing" \
		"$(jq -r 'select(.program == "cofferdam-gate") | .refused' "$work/hosts/$1.log" | sort -u)" false
}

refused() {
	with "$1" "$2"
	unlike "$runtime, $1, $2: is refused" "$status" '^0$'
	is "$runtime, $1, $2: and did not run" "$(ran "$dir" && echo ran)" ""
	is "$runtime, $1, $2: the record" "$(what "$1")" "$3"
}

spared="host-network allow deny OPS-1 null null no-new-privileges allow harden OPS-1 null null"
judged="host-network deny null null null null no-new-privileges harden null null null null"
for runtime in runc crun; do
	starts exempt podman "enforce false $spared"
	refused exempt docker "enforce true $judged"
	refused other podman "enforce true $judged"
	refused expired podman "enforce true host-network deny null null OPS-1 null no-new-privileges harden null null OPS-1 null"
	starts rule podman "enforce false host-network allow deny null null true no-new-privileges allow harden null null true"
	starts policy podman "audit false $judged"
	starts choice podman "audit false $judged"
	refused choice docker "enforce true $judged"
done

# --- a bundle with a manifest: named in the record of the hook and of the gate ---

runtime=runc
host sealed "{ \"exemptions\": [ $exemption ] }"
mv "$work/hosts/sealed/bundles/test" "$work/test"
"$cofferdam" bundle seal "$work/test" 1.0 >/dev/null
"$cofferdam" bundle install --host-config "$work/hosts/sealed/host.json" "$work/test" >/dev/null
"$cofferdam" bundle activate --host-config "$work/hosts/sealed/host.json" test >/dev/null
digest=sha256:$(sha256sum <"$work/test/manifest.json" | cut -d' ' -f1)
starts sealed podman "enforce false $spared"
is "both records name the bundle" \
	"$(jq -r '[.program, .bundles[0].name, .bundles[0].version, .bundles[0].digest] | join(" ")' "$work/hosts/sealed.log" | sort)" \
	"cofferdam-gate test 1.0 $digest
cofferdam-hook createRuntime test 1.0 $digest"
echo >>"$work/hosts/sealed/bundles/test/policy.json"
with sealed podman
unlike "a bundle that was changed by hand: refused" "$status" '^0$'
like "and its user is told" "$output" 'not as the manifest of test 1.0 says'

done_testing
