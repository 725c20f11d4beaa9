#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam policy show, lint and diff: what is in force and where it was written, what
# differs, and which container an exemption is for. Needs no root. Tests of policies:
# policy-test.sh.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/policy-lib.sh
. "$(dirname "$0")/policy-lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

pod=(--engine containerd --facts "$corpus.facts.json" "$corpus.json")

# --- what is in force, and from where ---

try policy show --effective "${with[@]}" --engine containerd --for "$corpus.json"
is "show --effective --for" "$status" 0
like "who chose the policy" "$out" $'^policy: web +host.json:3\n'
like "a shipped action" "$out" $'\nhost-pid: deny +shipped with baseline\n'
like "an action two levels up" "$out" $'\nhost-path: deny +bundles/corp/policy.json:3\n'
like "a list that was changed" "$out" $'\n    allow: \\["/srv"\\] +bundles/web/policy.json:4\n'
like "audit" "$out" $'\nhost-uts: deny +bundles/web/policy.json:3\n    audit: true +bundles/web/policy.json:3\n'
like "the host's overlay" "$out" $'\n    max: "2Gi" +host.json:7\n'
like "an exemption that applies" "$out" $'\nhost-network: deny +[^\n]*\n    exempt: OPS-1 +bundles/web/policy.json:6\n'
like "it, by itself" "$out" $'\nexemption: applies: OPS-1 '
like "one that has expired" "$out" $'\nexemption: expired: OPS-2 '
like "an inherited one, for others" "$out" $'\nexemption: not for it: of the corp +bundles/corp/policy.json:6\n'
try policy show --effective "${with[@]}" web
is "show --effective of a policy" "$status" 0
unlike "alone, without the overlay" "$out" 'host.json'
try policy show --effective "${with[@]}" --engine crio --for "$src/tests/corpus/cri-o/plain.container.json"
like "chosen by a label, and only audited" "$out" $'^policy: baseline, only audited +host.json:4\n'
exits 2 policy show --effective
exits 2 policy show --for x web
exits 3 policy show --effective --for "$work/none.json"

# --- what is judged by it ---

try check "${with[@]}" "${pod[@]}"
is "an exempt finding lets through" "$status" 0
like "it is told" "$out" $'exempt: host-network.*Exempt: OPS-1, until 2999-01-31'
like "audit of a rule is told" "$out" 'would be denied: host-uts'
try check "${with[@]}" --format json "${pod[@]}"
is "as JSON" "$(jq -r '.findings[] | select(.would) | [.rule, .decides, .would, .exempt, .audit] | map(tostring) | join(" ")' <<<"$out" | sort)" \
	"host-network allow deny OPS-1 null
host-uts allow deny null true"
try check "${with[@]}" --bundle /run/containerd/io.containerd.runtime.v2.task/k8s.io/a "${pod[@]}"
is "at the CRI's place" "$status" 0
try check "${with[@]}" --bundle /run/containerd/io.containerd.runtime.v2.task/default/a "${pod[@]}"
is "what ctr starts with forged annotations is no pod's, and falls to another policy" "$status" 1
like "by its name" "$out" 'denied by policy restricted'

# --- lint ---

try policy lint "${with[@]}"
is "lint of the host" "$status" 0
like "a warning of what has expired" "$out" 'bundles/web/policy.json:8: warning: this exemption held until 2020-01-31'
unlike "and none of the others" "$out" ':6: warning'
like "counts" "$out" 'web: ok: .*; 3 exemptions; 1 only audited'
printf '{"format": 1, "name": "all", "exemptions": [{"rules": ["host-pid", "image"], "reason": "r"}]}' >all.json
try policy lint ./all.json
is "an exemption for everybody is no error" "$status" 0
like "but a warning" "$out" 'all.json:1: warning: this exemption is for every container'
like "as one from a rule that is off" "$out" 'all.json:1: warning: this exemption is from image, which is off here'
printf '{"format": 1, "name": "all", "extends": "baseline", "exemptions": [{"when": { "engine": ["docker", "podman"] },
	"rules": ["host-pid", "root-user"], "reason": "r"}]}' >all.json
try policy lint ./all.json
is "or that only warns, and for whom it is" "$status $(grep warning <<<"$out")" \
	'0 ./all.json:1: warning: this exemption is for every container of podman, docker
./all.json:1: warning: this exemption is from root-user, which only warns here'
printf '{"format": 1, "name": "all", "rules": { "host-path": { "allow": ["/srv", "/opt/*"] } } }' >all.json
try policy lint ./all.json
is "a path that somebody took for a pattern" "$status $(grep warning <<<"$out")" \
	'0 ./all.json:1: warning: "/opt/*" is a path and no pattern: it stands for what is called so, and what is below'
for kind in '"container"' '["container", "sandbox"]' '"sandbox"'; do
	printf '{"format": 1, "name": "all", "exemptions": [{"when": { "engine": "crio", "kind": %s},
		"rules": ["host-pid"], "reason": "r"}]}' "$kind" >all.json
	try policy lint ./all.json
	is "to be $kind tells containers apart" \
		"$status $(grep -c 'is for every container of crio$' <<<"$out")" "0 $([ "$kind" = '"sandbox"' ]; echo $?)"
done

# An action that decides nothing, because the extended policy only audits.
mkdir bundles/{careful,brave}
printf '{ "format": 1, "name": "careful", "extends": "baseline", "audit": true,\n"rules": {
	"host-uts": { "action": "deny", "audit": true }, "host-ipc": { "action": "deny", "audit": true } } }' \
	>bundles/careful/policy.json
printf '{ "format": 1, "name": "brave", "extends": "careful", "rules": {\n"host-uts": { "action": "deny" },
	"host-ipc": { "action": "deny", "audit": false } } }' >bundles/brave/policy.json
try policy lint "${with[@]}" brave
# shellcheck disable=SC2001 # a line at a time
is "an inherited audit is told where a file sets the action alone" "$status $(sed 's/ok: .* off;/ok:/' <<<"$out")" \
	"0 bundles/brave/policy.json:2: warning: host-uts is only audited, by bundles/careful/policy.json:3, whatever its action; \"audit\": false ends that
brave: ok: only audited (bundles/careful/policy.json:1)"
try policy lint "${with[@]}" careful
unlike "and not in the file that says both" "$out" warning
try policy show --effective "${with[@]}" brave
like "show: where the audit of the policy is written" "$out" $'^policy: brave, only audited\n    audit: true +bundles/careful/policy.json:1\n'
sed -i 's/"baseline", "audit": true/"baseline"/' bundles/careful/policy.json
sed 's/"mode"[^,]*,//; s/"format": 1,/"format": 1, "mode": "audit",/' host.json >audit.json
try policy show --effective --host-config audit.json --engine crio --for "$src/tests/corpus/cri-o/plain.container.json"
like "show: the mode of the host, and an entry's audit" "$out" \
	$'^mode: audit: this host refuses nothing\npolicy: baseline, only audited +audit.json:4\n    audit: true +audit.json:4\n'

# What an option has no say in does not take it as if it had.
for arguments in "lint --format json baseline" "lint --effective baseline" "show --format json baseline" \
	"show --engine crio baseline" "diff --effective baseline baseline" "test --effective web" "bases -v"; do
	# shellcheck disable=SC2086 # several words
	exits 2 policy $arguments
done

# A limit that is to be set, and is not said.
hardens() {
	printf '{ "format": 1, "name": "all", "extends": "baseline",\n"rules": {
		"memory-limit": { "action": "harden"%s } } }' "$1" >all.json
	"$cofferdam" policy lint ./all.json | grep warning
}
is "lint: harden without a default" "$(hardens '')" \
	'./all.json:3: warning: memory-limit has no "default" to set, so "harden" denies'
is "lint: harden with a default" "$(hardens ', "default": "512Mi"')" ""

printf '{ "format": 1, "name": "all", "extends": "baseline", "rules": {
	"image": { "names": ["a/*"] },\n"placement": { "action": "off", "tiers": ["a"] },
	"oom-score": { "min": 0 } } }' >all.json
try policy lint ./all.json
is "lint: a parameter of a rule that is off, and not by this file" "$status $(grep warning <<<"$out")" \
	"0 ./all.json:2: warning: names of image decides nothing, as the rule is off here"

# A name by which nothing can be chosen, or something else is.
mkdir taken
for name in restricted 'a@b' web-2; do
	printf '{ "format": 1, "name": "%s" }' "$name" >taken/policy.json
	"$cofferdam" policy lint ./taken | grep warning
done >said
is "lint: a name that means something else, and one that is none" "$(cat said)" \
	"./taken/policy.json: warning: its name is \"restricted\", which means the shipped policy wherever it is chosen
./taken/policy.json: warning: its name is \"a@b\", by which it cannot be chosen: letters, digits, '.', '_' and '-' can be"
mkdir -p shadow/bundles/{baseline,web}
printf '{ "format": 1, "name": "baseline" }' >shadow/bundles/baseline/policy.json
printf '{ "format": 1, "name": "web" }' >shadow/bundles/web/policy.json
echo '{ "format": 1, "policies": [ { "when": { "engine": "crio" }, "use": "baseline" },
	{ "when": { "engine": "podman" }, "use": "web", "audit": true }, { "when": { "engine": "docker" }, "use": "baseline" },
	{ "use": "web" } ] }' >shadow/host.json
try policy lint --host-config shadow/host.json
is "lint of the host: a folder that is never read; and each policy once, but where it is only audited" \
	"$status $(sed 's/ok: [0-9].* off/ok/' "$work/out")" "0 shadow/host.json: ok: mode enforce
shadow/bundles/baseline: warning: never read: baseline is the shipped policy; give it another name
baseline: ok
web: ok; only audited (shadow/host.json:2)
web: ok"
try bundle list --host-config shadow/host.json
is "nor is it listed as active" "$(sed 's/  */ /g' "$work/out")" "NAME VERSION STATE DIGEST DESCRIPTION
baseline (a folder) - never read: its name is a shipped policy's
web (a folder) active no manifest"

# Entries that nothing falls to.
cat >never.json <<'END'
{ "format": 1, "labels": { "tier": "public" }, "policies": [
  { "when": { "labels": { "teir": "public" } }, "use": "web" },
  { "when": { "labels": { "tier": "private" } }, "use": "web" },
  { "when": { "labels": { "tier": "p*" } }, "use": "baseline" },
  { "use": "baseline" },
  { "when": { "engine": "crio" }, "use": "web" },
  { "use": "restricted" } ] }
END
try policy lint --host-config never.json
is "lint of the host: entries that nothing falls to" "$status $(grep -E 'never.json:[0-9]' <<<"$out")" \
	"0 never.json:2: warning: never chosen: the \"labels\" of this host are others
never.json:3: warning: never chosen: the \"labels\" of this host are others
never.json:6: warning: never reached: the entry in line 5 is for every container
never.json:7: warning: never reached: the entry in line 5 is for every container"
sed 's/"default", "image"/"*", "image"/' bundles/web/policy.json >bundles/web/forged.json
try policy lint bundles/web/forged.json
is "an image's name alone is an error" "$status" 3
like "at its place" "$err" 'forged.json:6:[0-9]+: an image.s name alone'
printf '{ "format": 1, "policies": [{ "use": "gone" }] }' >gone.json
exits 3 policy lint --host-config gone.json

mkdir local && echo '{ "format": 1, "name": "local" }' >local/policy.json
try policy lint "${with[@]}" local
is "a folder that is named without a slash" "$status $err" "3 cofferdam: no policy \"local\": bundles/local/policy.json does not exist, and the shipped ones are baseline, restricted and cis-docker; for the one in this folder write \"./local\""

# --- what differs ---

try policy diff "${with[@]}" corp web
is "diff: laxer in something" "$status" 1
is "line by line" "$out" 'laxer     host-uts: "deny" -> "deny", audit
stricter  host-path allow: no longer "/opt/data"
laxer     exemption: new { "when": { "engine": ["containerd"], "image": ["localhost/local/*"], "namespace": ["default"] }, "rules": ["host-network"], "reason": "OPS-1", "expires": "2999-01-31" }
laxer     exemption: new { "when": { "engine": ["containerd"], "namespace": ["default"] }, "rules": ["host-ipc"], "reason": "OPS-2", "expires": "2020-01-31" }
corp to web: 1 stricter, 3 laxer, 0 that cannot be told'
try policy diff baseline ./bundles/web/../corp/policy.json
is "an exemption is laxer" "$status" 1
try policy diff web web "${with[@]}"
is "nothing" "$status" 0
is "and says so" "$out" "web to web: 0 stricter, 0 laxer, 0 that cannot be told"
try policy diff --format json baseline restricted
is "as JSON, one object a line" "$(jq -r 'select(.what == "root-user") | [.differs, .a, .b] | join(" ")' <<<"$out")" \
	'stricter "warn" "deny"'
exits 2 policy diff web
exits 3 policy diff web gone "${with[@]}"

# --- what host.json says by itself ---

echo '{ "format": 1, "overlay": { "rules": { "host-pidd": { "action": "deny" } } } }' >alone.json
try policy lint --host-config alone.json
is "lint: an overlay where host.json chooses no policy" "$status $out" "3 alone.json: mode enforce"
like "lint: and why" "$err" 'alone.json:1:[0-9]+: no rule "host-pidd"; did you mean "host-pid"'
echo '{ "format": 1, "policies": [
	{ "use": "none" } ] }' >none.json
try policy lint --host-config none.json
like "lint: a policy that is not there, and who chooses it" "$status $err" \
	'^3 cofferdam: none.json:2: no policy "none": bundles/none/policy.json does not exist'
sed -i s/pidd/pid/ alone.json
try policy lint --host-config alone.json
like "lint: and what there is then" "$status $out" $'^0 alone.json: ok: mode enforce\nrestricted: ok: '

# --- an exec is the container's, whatever its caller calls it ---

mkdir bundles/agent
crio=$src/tests/corpus/cri-o
agent() {
	jq -n --arg id "$(jq -r '.annotations."io.kubernetes.cri-o.ImageRef"' "$crio/plain.container.json")" \
		--argjson args "$1" '{ format: 1, name: "agent", extends: "restricted", exemptions: [ {
			when: { engine: "crio", image_id: $id, args: $args },
			rules: ["exec-exceeds"], reason: "of the agent" } ] }' >bundles/agent/policy.json
	echo '{ "format": 1, "policies": [ { "use": "agent" } ] }' >agent.json
	jq '.args = ["/opt/agent"]' "$crio/privileged.exec-process.json" >exec.json
	try check --host-config agent.json --engine crio --facts "$crio/plain.container.facts.json" \
		--exec exec.json --format json "$crio/plain.container.json"
	jq -r '[.findings[] | select(.rule == "exec-exceeds")] | length > 0 and all(.exempt != null)' <<<"$out"
}
is "an exec is not exempt by the arguments that it brings" "$(agent '["/opt/agent"]')" false
is "but by those of its container" "$(agent '["sh", "-c", "*"]')" true

# --- what stands in a policy of somebody else's is shown, not sent ---

mkdir odd
printf '{ "format": 1, "name": "x\\u001b[31m", "extends": "baseline" }' >odd/policy.json
try policy show --effective ./odd
like "show --effective: a name is escaped" "$out" '^policy: x\\x1b\[31m'
try policy lint ./odd
like "lint: a name is escaped" "$out" 'its name is "x\\x1b\[31m".*x\\x1b\[31m: ok'
cp -r odd $'odd\e[31m'
try policy diff baseline $'./odd\e[31m'
like "diff: a name is escaped" "$out" 'baseline to \./odd\\x1b\[31m: 0 stricter'
printf '{ "format": 1, "name": "odd", "extends": "baseline", "exemptions": [ { "when": { "engine": "containerd",
	"namespace": "a\\u009b2J" }, "rules": ["host-pid"], "reason": "b\\u009b2J" } ] }' >odd/policy.json
try policy show --effective ./odd
is "show --effective: no control character" "$status $(grep -c $'\xc2\x9b' <<<"$out")" "0 0"
like "show --effective: but what it was" "$out" 'a\\u\{009b\}2J'
is "explain: no control character" \
	"$("$cofferdam" explain --policy ./odd host-pid | grep -c $'\xc2\x9b')" 0

# --- "@" is no part of a name ---

mkdir tags digests
names() {
	echo "{ \"format\": 1, \"name\": \"$1\", \"extends\": \"baseline\", \"rules\": { \"image\": {
		\"action\": \"deny\", \"names\": [ $2 ] } } }" >"$1/policy.json"
}
names tags '"docker.io/library/*"'
names digests '"docker.io/library/*", "docker.io/library/nginx@sha256:aaa"'
try policy diff ./tags ./digests
like "a digest that no pattern covered is laxer" "$status $out" "^1 .*laxer"

done_testing
