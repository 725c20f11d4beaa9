#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam policy: what is in force and where it was written, what differs, and
# which container an exemption is for. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99
mkdir -p bundles/web bundles/corp
corpus=$src/tests/corpus/containerd-cri/hostnetwork.container
pod=(--engine containerd --facts "$corpus.facts.json" "$corpus.json")

cat >host.json <<'END'
{ "format": 1, "labels": { "tier": "public" },
  "policies": [
    { "when": { "engine": "containerd", "namespace": "default" }, "use": "web" },
    { "when": { "labels": { "tier": "pub*" }, "engine": "crio" }, "use": "baseline", "audit": true },
    { "use": "restricted" } ],
  "overlay": { "rules": {
    "memory-limit": { "max": "2Gi" } } } }
END
cat >bundles/corp/policy.json <<'END'
{ "format": 1, "name": "corp", "extends": "baseline",
  "rules": {
    "host-path": { "action": "deny",
      "allow": ["/srv", "/opt/data"] } },
  "exemptions": [
    { "when": { "engine": "containerd", "namespace": "kube-system" },
      "rules": ["host-pid"], "reason": "of the corp" } ] }
END
cat >bundles/web/policy.json <<'END'
{ "format": 1, "name": "web", "extends": "corp",
  "rules": {
    "host-uts": { "action": "deny", "audit": true },
    "host-path": { "allow": { "remove": ["/opt/data"] } } },
  "exemptions": [
    { "when": { "engine": "containerd", "namespace": "default", "image": "localhost/local/*" },
      "rules": ["host-network"], "reason": "OPS-1", "expires": "2999-01-31" },
    { "when": { "engine": "containerd", "namespace": "default" },
      "rules": ["host-ipc"], "reason": "OPS-2", "expires": "2020-01-31" } ] }
END
with=(--host-config host.json)

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

# --- tests of policies ---

mkdir bundles/web/tests
cat >bundles/web/tests/one.cases.json <<'END'
// what the walk through the guide does not show
{ "format": 1, "cases": [
  { "name": "a config of one's own", "config": "own.json", "facts": "own.facts.json",
    "engine": "containerd", "expect": "allow", "findings": ["exempt host-network", "audit host-uts", "harden seccomp-missing"] },
  { "name": "at another place the engine's words are not believed", "base": "containerd-cri host-network",
    "bundle": "/run/containerd/io.containerd.runtime.v2.task/default/a", "expect": "deny",
    "findings": ["deny host-network", "deny host-path", "deny sensitive-mount", "audit host-uts", "harden seccomp-missing", "warn root-user"] },
  { "name": "nor at the hook", "base": "containerd-cri host-network", "door": "hook", "expect": "deny" }
] }
END
cp "$corpus.json" bundles/web/tests/own.json
cp "$corpus.facts.json" bundles/web/tests/own.facts.json
try policy test bundles/web
is "a case that fails" "$status" 1
is "what it was to be, and what it is" "$out" "FAIL  bundles/web/tests/one.cases.json:3: a config of one's own
  expected allow, got harden
    audit host-uts
    exempt host-network
    harden seccomp-missing
not exercised  bundles/web/policy.json:4: parameter host-path allow
not exercised  bundles/web/policy.json:8: exemption OPS-2
web: 2 of 3 cases pass; 3 of 5 own settings exercised"
try policy test --format json bundles/web
is "as JSON" "$(jq -r 'select(.name) | [.ok, .line, .expected, .got] | map(tostring) | join(" ")' <<<"$out")" \
	"false 3 allow harden
true 5 deny deny
true 8 deny deny"
is "with the coverage" "$(jq -r 'select(.coverage) | .settings, (.not_exercised[] | "\(.what) \(.name) \(.line)")' <<<"$out")" \
	"5
parameter host-path allow 4
exemption OPS-2 8"
sed -i 's/"expect": "allow"/"expect": "harden"/' bundles/web/tests/one.cases.json
try policy test -v bundles/web/
is "all pass" "$status" 0
like "and are named" "$out" $'^ok    bundles/web/tests/one.cases.json:3: a config of one.s own\n'
like "and the rules without a finding" "$out" $'\nno finding     host-pid\n'

# An exemption is exercised where it exempts, and from each of its rules.
mkdir -p spared/tests
cat >spared/policy.json <<'END'
{ "format": 1, "name": "spared", "extends": "baseline", "exemptions": [
  { "rules": ["host-network", "host-uts", "host-pid"], "reason": "A", "expires": "2020-01-31" },
  { "rules": ["host-ipc"], "reason": "B", "expires": "1969-12-31" } ] }
END
spared() {
	echo '{ "format": 1, "cases": [ { "name": "n", "base": "containerd-cri host-network",
		"date": "'"$1"'", "expect": "'"$2"'" } ] }' >spared/tests/a.cases.json
	try policy test spared
}
spared 2020-01-31 harden
is "a year before clocks began is no date" "$status $err" \
	'3 cofferdam: ./spared/policy.json:3:43: expires must be a date, the last day on which it holds (UTC), such as "2027-01-31"'
sed -i s/1969-12-31/1970-01-01/ spared/policy.json
spared 2020-01-31 harden
is "a rule of an exemption that no case needs" "$status $out" "0 not exercised  ./spared/policy.json:2: exemption A (host-pid)
not exercised  ./spared/policy.json:3: exemption B
spared: 1 of 1 cases pass; 0 of 2 own settings exercised"
spared 2020-02-01 deny
is "after its last day it exempts nobody" "$status $out" "0 not exercised  ./spared/policy.json:2: exemption A
not exercised  ./spared/policy.json:3: exemption B
spared: 1 of 1 cases pass; 0 of 2 own settings exercised"
spared 1970-01-01 harden
is "the first day of all is a day, too, and not today" "$status" 0

# A path of the policy's own is a folder of a base's host, too.
mkdir -p own/tests
echo '{ "format": 1, "name": "own", "extends": "baseline", "rules": { "host-path": { "action": "deny", "allow": ["/srv/data", "/run/x"] } } }' >own/policy.json
for path in /srv/data /run/x /srv/other; do
	jq -n --arg path "$path" '{ name: "below \($path)", base: "podman default",
		expect: (if $path == "/srv/other" then "deny" else "allow" end), patch: [ { op: "add", path: "/mounts/-", value: {
		destination: "/data", type: "bind", source: "\($path)/a", options: ["rbind", "rprivate", "nosuid", "nodev"] } } ],
		facts_patch: [ { op: "add", path: "/mounts/-", value: { path: "\($path)/a", is: "known", real: "\($path)/a", mode: 16877,
		spot: (if $path == "/run/x" then { device: "0:23", within: "/x/a", fstype: "tmpfs" }
			else { device: "8:1", within: "\($path)/a", fstype: "ext4" } end) } } ] }'
done | jq -s '{ format: 1, cases: . }' >own/tests/paths.cases.json
try policy test own
is "a folder that the policy allows" "$status $out" "0 own: 3 of 3 cases pass; 2 of 2 own settings exercised"

# What a file says although it is inherited is exercised where a case minds the opposite; and
# what belongs to a rule that the file has off is nothing that a case could mind.
mkdir -p again/tests
echo '{ "format": 1, "name": "again", "extends": "baseline", "rules": {
	"host-pid": { "action": "deny", "audit": false }, "host-ipc": { "action": "deny" },
	"devices": { "allow": [] }, "foreign-hooks": { "allow": [] }, "oom-score": { "min": -998 },
	"proc-unmasked": { "user_namespace_suffices": true }, "secret-env": { "action": "off", "names": [] } } }' >again/policy.json
echo '{ "format": 1, "cases": [ { "name": "n", "base": "containerd-cri host-pid", "expect": "deny", "patch": [
	{ "op": "add", "path": "/linux/devices", "value": [ { "path": "/dev/fuse", "type": "c", "major": 10, "minor": 229 } ] },
	{ "op": "add", "path": "/process/oomScoreAdj", "value": -500 } ] } ] }' >again/tests/a.cases.json
try policy test again
is "what a file says although it is inherited" "$status $out" \
	"0 not exercised  ./again/policy.json:2: rule host-ipc (it says what is inherited)
not exercised  ./again/policy.json:4: parameter proc-unmasked user_namespace_suffices (it says what is inherited)
not exercised  ./again/policy.json:4: rule secret-env (it says what is inherited)
again: 1 of 1 cases pass; 4 of 7 own settings exercised"

# An exec and an update of a container that runs, and what becomes of checkpoints.
mkdir -p later/tests
echo '{ "format": 1, "name": "later", "extends": "baseline", "rules": {
	"exec-user": { "action": "deny", "allow": ["1000"] }, "restore-denied": { "checkpoints": false },
	"update-weakens": { "action": "deny", "keeps": ["pids-limit"] } } }' >later/policy.json
exec_of() {
	echo "{ \"name\": \"exec $1\", \"base\": \"podman default\", \"on\": \"exec\",
		\"asks\": [ { \"op\": \"replace\", \"path\": \"/process/user/uid\", \"value\": $1 } ], $2 },"
}
update_of() {
	echo "{ \"name\": \"update $1\", \"base\": \"podman restricted\", \"on\": \"update\",
		\"asks\": [ { \"op\": \"replace\", \"path\": \"/linux/resources/$1/limit\", \"value\": -1 } ], $2 },"
}
{
	echo '{ "format": 1, "cases": ['
	exec_of 0 '"expect": "allow"'
	exec_of 1000 '"expect": "allow"'
	exec_of 1001 '"expect": "deny", "findings": ["deny exec-user"]'
	update_of memory '"expect": "allow"'
	update_of pids '"expect": "deny", "findings": ["deny update-weakens"]'
	echo '{ "name": "r", "base": "podman default", "on": "restore", "expect": "deny" },
		{ "name": "c", "base": "podman default", "on": "checkpoint", "expect": "allow" } ] }'
} >later/tests/a.cases.json
try policy test later
is "an exec, an update, a restore and a checkpoint" "$status $out" \
	"0 later: 7 of 7 cases pass; 5 of 5 own settings exercised"

# Two levels may have a file of one name: what is inherited stays what it was.
mkdir -p two/{lower,upper}/tests
cp "$src/policy/seccomp/hardened.json" two/lower/own.json
jq '.syscalls[0].names += ["mount"]' two/lower/own.json >two/upper/own.json
echo '{ "format": 1, "name": "lower", "extends": "baseline", "rules": {
	"seccomp-missing": { "action": "harden", "profile": "own.json" } } }' >two/lower/policy.json
echo '{ "format": 1, "name": "upper", "extends": "lower", "rules": {
	"seccomp-weak": { "profile": "own.json" } } }' >two/upper/policy.json
jq '.linux.seccomp = null' "$src/policy/bases/podman-default.json" >none.json
try harden --policy ./two/upper --facts "$src/policy/bases/podman-default.facts.json" none.json
is "a profile of the extended bundle is not this one's of the same name" \
	"$status $(jq -c '.linux.seccomp.syscalls[0].names | index("mount")' <<<"$out")" "0 null"
try policy diff ./two/lower ./two/upper
like "and only what differs differs" "$out" '^differs   seccomp-weak profile: "hardened" -> "own.json"
./two/lower to ./two/upper: 0 stricter, 0 laxer, 1 that cannot be told$'
sed -i 's/"seccomp-weak": { /"seccomp-missing": { /' two/upper/policy.json
echo '{ "format": 1, "cases": [ { "name": "none", "base": "podman default", "expect": "harden",
	"patch": [ { "op": "remove", "path": "/linux/seccomp" } ] } ] }' >two/upper/tests/a.cases.json
try policy test two/upper
is "and a case depends on it" "$status $out" "0 upper: 1 of 1 cases pass; 1 of 1 own settings exercised"
try policy show two/upper
is "nor is a description inherited" "$(jq -r .description <<<"$out")" ""

# bad_case TEXT MESSAGE - a case that cannot be read or judged
bad_case() {
	mkdir -p bad/tests
	cp bundles/corp/policy.json bad/policy.json
	printf '{ "format": 1, "cases": [\n%s ] }' "$1" >bad/tests/a.cases.json
	try policy test bad
	is "exit 3: $2" "$status" 3
	like "a bad case: $2" "$err" "$2"
}
case='"name": "n", "base": "podman default", "expect": "allow"'
bad_case "5" 'a.cases.json:2:1: each case must be an object'
bad_case '{ "base": "podman default", "expect": "allow" }' '2:1: "name" is missing'
bad_case '{ "name": "n", "base": "podman default" }' '2:1: "expect" is missing'
bad_case "{ ${case/default/defaults} }" 'no base "podman defaults"; there are podman default, '
bad_case "{ ${case/allow/allowed} }" '"allowed" is none of'
bad_case "{ $case, \"finding\": [] }" 'did you mean "findings"'
bad_case "{ $case, \"findings\": [\"deny host-pidd\"] }" 'did you mean "host-pid"'
bad_case "{ $case, \"findings\": [\"refuse host-pid\"] }" 'a finding is'
bad_case "{ $case, \"date\": \"tomorrow\" }" 'date must be a day'
bad_case "{ $case, \"engine\": \"lxc\" }" '"lxc" is none of'
bad_case "{ $case, \"config\": {} }" 'a "base" or a "config"'
bad_case '{ "name": "n", "config": {}, "expect": "allow" }' '"facts" is missing'
bad_case '{ "name": "n", "config": "../a", "facts": {}, "expect": "allow" }' 'a file beside this one'
bad_case '{ "name": "n", "config": "none.json", "facts": {}, "expect": "allow" }' 'none.json'
bad_case "{ $case, \"patch\": [ { \"op\": \"remove\", \"path\": \"/none\" } ] }" '2:[0-9]+: '
bad_case "{ $case, \"patch\": {} }" 'a patch is a list'
bad_case "{ $case, \"facts\": 5 }" 'the name of a file, or an object'
bad_case "{ $case, \"facts\": {} }" 'facts'
bad_case "{ $case, \"on\": \"pause\" }" '"pause" is none of "start", "exec", "update"'
bad_case "{ $case, \"on\": \"exec\" }" '2:1: "asks" is missing'
bad_case "{ $case, \"asks\": [] }" 'asks goes with "on"'
bad_case "{ $case, \"on\": \"restore\", \"asks\": [] }" 'asks goes with "on"'
bad_case "{ $case, \"on\": \"update\", \"asks\": [ { \"op\": \"remove\", \"path\": \"/none\" } ] }" '2:[0-9]+: '
bad_case "" 'no case in'
rm -r bad/tests
exits 3 policy test bad
like "policy test: without tests it says where they belong" "$err" 'bad/tests: .*NAME.cases.json'
exits 3 policy test none
exits 2 policy test
exits 2 policy bases x
try policy bases
like "bases" "$out" $'podman default\n'
while read -r base; do
	echo "{ \"name\": \"$base\", \"base\": \"$base\", \"expect\": \"unjudged\" },"
done <<<"$out" >cases
mkdir bad/tests
echo "{ \"format\": 1, \"cases\": [ $(sed '$ s/,$//' cases) ] }" >bad/tests/a.cases.json
try policy test --format json bad
is "every base has its facts: none is left unjudged" "$(jq -r 'select(.got == "unjudged").name' <<<"$out")" ""
is "and all were tried" "$(jq -r 'select(.name).name' <<<"$out" | sort)" "$("$cofferdam" policy bases | sort)"

mkdir local && echo '{ "format": 1, "name": "local" }' >local/policy.json
try policy lint "${with[@]}" local
is "a folder that is named without a slash" "$status $err" "3 cofferdam: no policy \"local\": bundles/local/policy.json does not exist, and the shipped ones are baseline, restricted and cis-docker; for the one in this folder write \"./local\""

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

# --- the shipped policies' own ---

# In a copy that nobody else may write, whatever the umask of the source tree was.
cp -r "$src/policy/bundles" shipped && chmod -R u+w,go-w shipped
for name in baseline restricted cis-docker; do
	try policy test "shipped/$name"
	is "$name: its cases pass" "$status" 0
	like "$name: and depend on each of its settings" "$out" \
		"^$name: ([0-9]+) of \\1 cases pass; (1[0-9][0-9]) of \\2 own settings exercised\$"
	[ "$status" = 0 ] || note "$(grep -v '^not exercised' <<<"$out")" "$err"
done

done_testing
