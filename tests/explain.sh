#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam explain: a rule with what this host's policies make of it, and records
# of the log, also those that nobody of ours wrote. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99

# --- every rule ---

bad=
for rule in $("$cofferdam" rules --format json | jq -r '.[].id'); do
	said=$("$cofferdam" explain --policy cis-docker "$rule" 2>&1) || bad+=" $rule"
	for part in "Why" "docker, podman:" "Kubernetes:" "With the action harden" "In the policy" \
		"action = " "In the shipped policies"; do
		[[ $said == *"$part"* ]] || bad+=" $rule:$part"
	done
done
is "each rule is explained in full" "$bad" ""

# --- what is in force, and where it is written ---

host=$(host_config host '.policies = [{ when: { engine: "crio" }, use: "own" }, { use: "baseline" }]')
own_policy host own <<-'END'
	{ "format": 1, "name": "own", "extends": "restricted",
	  "rules": {
	    "memory-limit": { "action": "harden",
	                      "default": "256Mi" },
	    "pids-limit": { "action": "deny", "audit": true }, "host-pid": { "audit": true } },
	  "exemptions": [
	    { "when": { "engine": "crio", "namespace": "batch" },
	      "rules": ["memory-limit"], "reason": "OPS-7", "expires": "2030-01-31" } ] }
END
file=$work/hosts/host/bundles/own/policy.json
said=$("$cofferdam" explain --host-config "$host" memory-limit)
like "the action, and its line" "$said" "On this host.*own
    action = harden   \($file:3\)"
like "a parameter, and its line" "$said" "default = \"256Mi\"   \($file:4\)"
like "a parameter that is the shipped policy's" "$said" "parent_counts = true   \(shipped with restricted\)"
like "an exemption" "$said" "exempt: OPS-7, until 2030-01-31, when .*batch.*$file:7"
like "the other policy of the host" "$said" "baseline
    action = warn   \(shipped with baseline\)"
like "audit, and its line" "$("$cofferdam" explain --host-config "$host" pids-limit)" \
	"action = deny, only audited   \($file:5\)
    audit = true   \($file:5\)"
like "an action whose audit alone is set has its own place" \
	"$("$cofferdam" explain --host-config "$host" host-pid)" \
	"own
    action = deny, only audited   \(shipped with restricted\)
    audit = true   \($file:5\)"
unlike "and of no audit nothing is said" "$("$cofferdam" explain --policy restricted host-pid)" 'audit'
like "a policy that is named" "$("$cofferdam" explain --host-config "$host" --policy own memory-limit)" \
	"In the policy.*action = harden"
echo '{' >"$work/hosts/broken.json"
said=$("$cofferdam" explain --host-config "$work/hosts/broken.json" memory-limit)
is "a host.json that cannot be read does not hinder" $? 0
like "and is told" "$said" "On this host.*broken.json:"
"$cofferdam" explain --host-config "$host" --policy none memory-limit >out 2>err
is "a policy that is not there does" $? 3

# --- records that the hook wrote ---

dir=$(bundle sick '.process.user.uid = 0 | .linux.resources = {} | .mounts |= map(select(.type != "bind"))')
jq -nc --arg bundle "$dir" --argjson pid $$ \
	'{ ociVersion: "1.0.2", id: "c1", status: "creating", pid: $pid, bundle: $bundle }' >state
hostjson=$(host_config plain '.policies = [{ use: "own" }]')
mkdir -p "$work/hosts/plain/bundles"
cp -r "$work/hosts/host/bundles/own" "$work/hosts/plain/bundles/"
(cd "$dir" && "$hook" createRuntime --host-config "$hostjson" <"$work/state") >said 2>&1
is "the hook refuses" $? 1
said=$("$cofferdam" explain --host-config "$hostjson" "$work/hosts/plain.log")
is "its record is explained" $? 0
like "what came of it" "$said" "Z: refused by policy own, mode enforce.*container  c1.*bundle     $dir"
like "each finding, and what to do about it" "$said" "root-user: The program does not run as the host's root
  refused: .*
    at     /process/user/uid
    found  0
  Why: .*
  See: PSS restricted; CIS 4.1; CVE-2019-5736
  config.json:    .*
  docker, podman: .*--user 1000:1000.*
  Kubernetes:     .*runAsNonRoot"
like "what the policy sets, and where" "$said" \
	"memory-limit: .*The policy, as it is on this host now:
    action = harden   \($work/hosts/plain/bundles/own/policy.json:3\)"
like "what is only audited" "$said" "pids-limit: .*
  would be refused: "
like "from standard input" "$(tail -n 1 "$work/hosts/plain.log" | "$cofferdam" explain --host-config "$hostjson" -)" \
	"root-user: "
cat "$work/hosts/plain.log" "$work/hosts/plain.log" >twice
is "each record of a file" "$("$cofferdam" explain --host-config "$hostjson" twice | grep -c '^  container  c1$')" 2
"$cofferdam" explain --policy none ./twice >out 2>err
is "records, whatever the policy" $? 0
(cd "$dir" && echo '{' >config.json && "$hook" createRuntime --host-config "$hostjson" <"$work/state") >out 2>&1
like "what could not be judged at all" \
	"$(tail -n 1 "$work/hosts/plain.log" | "$cofferdam" explain --host-config "$hostjson" -)" \
	"refused, mode enforce.*failed     .*config.json:2:1"
like "what the gate killed it for" "$(echo '{"format":1,"program":"cofferdam-gate","verdict":"deny","refused":true,
	"failure":"at /data is /etc of the host"}' | tr -d '\n' | "$cofferdam" explain --host-config "$hostjson" -)" \
	"killed for at /data"

# As the host uses the policy: with its overlay
jq -n '{ format: 1, policies: [ { use: "restricted" } ],
	overlay: { rules: { "host-pid": { action: "warn" } } } }' >"$work/over.json"
like "a record's policy has the host's overlay" "$(echo '{"format":1,"verdict":"deny","refused":true,
	"policy":"restricted","findings":[{"rule":"host-pid","decides":"deny","message":"m"}]}' | tr -d '\n' |
	"$cofferdam" explain --host-config "$work/over.json" -)" 'action = warn.*over.json:'

# Of two entries with one policy the one that its container falls to
jq -n '{ format: 1, policies: [ { when: { engine: "crio", namespace: "staging" }, use: "restricted", audit: true },
	{ use: "restricted" } ] }' >"$work/two.json"
for namespace in staging shop; do
	echo '{"format":1,"verdict":"deny","refused":true,"policy":"restricted","engine":"crio",
		"namespace":"'$namespace'","findings":[{"rule":"host-pid","decides":"deny","message":"m"}]}' | tr -d '\n'
	echo
done | "$cofferdam" explain --host-config "$work/two.json" - >out
is "a record's policy is only audited where that of its container is" \
	"$(grep -o 'action = deny[^ ]* \?[a-z]* \?[a-z]*' out | sed 's/ *$//')" "action = deny, only audited
action = deny"

# --- lines that nobody of ours wrote ---

mkdir -p "$work/evil"
cat >"$work/evil/policy.json" <<-'END'
	{ "format": 1, "name": "evil", "extends": "baseline", "rules": { "host-pid": { "action": "off" } } }
END
{
	echo 'no record'
	printf '%s\n' '{"format":1,"verdict":"deny","refused":true,"policy":"'"$work"'/evil","id":"\u001b[2Jx",
		"time":"\u001b]0;title\u0007","engine":7,"findings":[
		{"rule":"host-pid","decides":"deny","message":"\u202egnp","pointer":"/\u001b[31m","value":["x"]},
		{"rule":"no-such-rule","decides":"deny","message":"\u001bc"},{"rule":7},{},null,7]}' | tr -d '\n'
	echo
	head -c 1500000 /dev/zero | tr '\0' x
	echo
	awk 'BEGIN { printf "{\"format\":1,\"verdict\":\"deny\",\"refused\":true,\"findings\":["
		for (i = 0; i < 20000; i++)
			printf "%s{\"rule\":\"host-pid\",\"decides\":\"deny\"}", i ? "," : ""
		print "]}" }'
} >hostile
timeout 20 "$cofferdam" explain hostile >said 2>err
is "hostile lines are no hindrance" $? 0
is "nothing that a terminal obeys is printed" "$(grep -c '[^ -~]' said)" 0
like "the others are explained" "$(cat said)" 'no-such-rule: no rule of this version.*and 19995 more like it'
like "what are no records is told" "$(cat err)" "2 lines are no records"
unlike "a policy is never looked up by a path that a record names" "$(cat said)" "action = off"
like "but told to be none" "$(cat said)" "The policy is not on this host"
for file in /dev/null "$work/none"; do
	"$cofferdam" explain "$file" >out 2>err
	is "exit 3: no record in ${file##*/}" $? 3
done
"$cofferdam" explain host-pidd >out 2>err
is "exit 2: neither a rule nor a file" "$? $(grep -c 'did you mean "host-pid"' err)" "2 1"
done_testing
