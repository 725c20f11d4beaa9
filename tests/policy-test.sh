#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam policy test: what a case may say, when it holds, and which settings of a
# policy the cases exercise. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/policy-lib.sh
. "$(dirname "$0")/policy-lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

# --- cases that hold, and what they exercise ---

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

# A version that is installed, active or not; what it extends is the host's, not what is beside it.
mkdir made made/next
cp -r bundles/corp made/
sed 's/"name": "web"/"name": "next"/' bundles/web/policy.json >made/next/policy.json
cp -r bundles/web/tests made/next/
for version in 1 2; do
	exits 0 bundle seal made/next $version
	exits 0 bundle install "${with[@]}" made/next
	sed -i 's/"expect": "harden"/"expect": "deny"/' made/next/tests/one.cases.json
done
try policy test "${with[@]}" next@1
is "a version that is installed" "$status $out" \
	"0 not exercised  bundles/.store/next/versions/1/policy.json:4: parameter host-path allow
not exercised  bundles/.store/next/versions/1/policy.json:8: exemption OPS-2
next: 3 of 3 cases pass; 3 of 5 own settings exercised"
try policy test "${with[@]}" next@2
like "has the tests of that version" "$status $out" '^1 FAIL  bundles/.store/next/versions/2/tests/one.cases.json:3: '
try policy test "${with[@]}" --format json next@1
is "and is named so" "$status $(jq -r 'select(.coverage).coverage' <<<"$out")" "0 next@1"
exits 3 policy test "${with[@]}" next@3
like "one that is not installed" "$err" 'version 3 of next is not installed: cofferdam bundle list shows'
exits 3 policy test ./next@1

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
