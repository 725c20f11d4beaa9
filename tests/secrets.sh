#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What process.env holds is told nowhere: no report, record, recording of facts,
# difference or message of an error has it. Only a configuration that is itself
# the output (harden, the precreate stage) does. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99

# What no output may hold; each is a secret by another sign.
marker=Hunter2Marker
token=ghp_0123456789abcdefghij0123456789ABCDEF
secrets="POSTGRES_PASSWORD=$marker A=$token URL=postgres://u:$marker@h/d LD_PRELOAD=/$marker.so
	LD_AUDIT=$token GCONV_PATH=$marker HARMLESS=$marker $token=$marker ${token}_TOKEN=1 $token"
alone='.mounts |= map(select(.type != "bind"))'
# A wrong type, a repeated name, a namespace missing: what else is told stands beside.
sick=$(bundle sick "$alone" '.process.user.uid = 0 | .process.noNewPrivileges = false
	| .linux.namespaces |= map(select(.type != "pid"))')
jq --arg env "$secrets" '.process.env = ($env | [splits("\\s+")])' "$sick/config.json" \
	>"$work/edited" && mv "$work/edited" "$sick/config.json"
soft=$(bundle soft "$alone" 'del(.process.noNewPrivileges) | .root.readonly = false')
jq --slurpfile sick "$sick/config.json" '.process.env = $sick[0].process.env' "$soft/config.json" \
	>"$work/edited" && mv "$work/edited" "$soft/config.json"
bundle string "$alone" ".process.env = \"PASSWORD=$marker\"" >/dev/null
bundle nested "$alone" ".process.env = [{ \"PASSWORD\": \"$marker\" }, [\"$token\"], 7]" >/dev/null
twice=$(bundle twice "$alone")
more="\"X=$marker\"], \"ENV\": [\"Y=$marker\"], \"env\": [\"TOKEN=$token\""
sed -i "s/\"env\": \[/&$more, /" "$twice/config.json"
grep -q "\"env\": \[\"TOKEN=$token\"" "$twice/config.json" || bail "the name is not repeated"
torn=$(bundle torn "$alone")
sed -i "s/\"env\": \[/\"env\": [\"TOKEN=$token\" \"PASSWORD=$marker, /" "$torn/config.json"
control=$(bundle control "$alone")
sed -i "s/\"env\": \[/\"env\": [\"PASSWORD=$marker"$'\x01'"\", /" "$control/config.json"

told=0

# untold DESCRIPTION FILE... - none of the secrets is in them
untold() {
	local what=$1 found

	shift
	found=$(grep -n -i -e "$marker" -e "$token" -- "$@" | head -n 3)
	is "untold: $what" "$found" ""
	told=$((told + $(cat -- "$@" | wc -c)))
}

for policy in baseline restricted cis-docker; do
	for name in sick soft string nested twice torn control; do
		for options in "" -v "--format json" "--door hook"; do
			# shellcheck disable=SC2086 # none, or several words
			"$cofferdam" check --policy $policy $options "$work/bundles/$name" \
				>>"$work/out" 2>&1
		done
		for options in --diff "--diff --format json"; do
			# shellcheck disable=SC2086
			"$cofferdam" harden --policy $policy $options "$work/bundles/$name" \
				>>"$work/out" 2>&1
		done
		"$cofferdam" facts --policy $policy "$work/bundles/$name" >>"$work/out" 2>&1
		"$cofferdam" harden --policy $policy "$work/bundles/$name" 2>>"$work/out" \
			>"$work/hardened"
	done
	untold "check, harden --diff and facts, policy $policy" "$work/out"
	mv "$work/out" "$work/out.$policy"
done
like "the rules did see them" "$(cat "$work/out.restricted")" \
	'secret-env.*looks like a GitHub token|looks like a GitHub token.*secret-env'
is "and what is the output itself has them" \
	"$("$cofferdam" harden --policy restricted "$soft" 2>/dev/null | grep -c "$marker")" 6

# The hook: its message and its record. That the process is this one's and not in
# namespaces of its own is one more reason to refuse.
host=$(host_config hook '.policies = [{ use: "own" }]')
own_policy hook own <<-'END'
	{ "format": 1, "name": "own", "extends": "restricted",
	  "rules": { "secret-env": { "action": "deny" }, "preload-env": { "action": "deny" } } }
END
for name in sick soft string nested twice torn control; do
	jq -nc --arg bundle "$work/bundles/$name" --argjson pid $$ '{ ociVersion: "1.0.2",
		id: "test", status: "creating", pid: $pid, bundle: $bundle }' >"$work/state"
	(cd "$work/bundles/$name" && "$hook" createRuntime --host-config "$host" <"$work/state") \
		>>"$work/said" 2>&1
	(cd "$work/bundles/$name" && "$hook" precreate --host-config "$host" <config.json) \
		>/dev/null 2>>"$work/said"
done
untold "the hook's message" "$work/said"
untold "the hook's record" "$work/hosts/hook.log"
like "the hook refused them for it" "$(cat "$work/hosts/hook.log")" \
	'"rule":"secret-env","decides":"deny"'

# A secret by its name alone, and no other sign: the name is told, so that it can be found.
"$cofferdam" check --policy restricted "$sick" >"$work/out" 2>&1
like "the variable's name is told" "$(cat "$work/out")" "Found: POSTGRES_PASSWORD"
is "more than 20000 bytes were looked at" $((told > 20000)) 1
done_testing
