#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The command line: what each command prints, where, and its exit code. Needs
# no root and starts no container.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99

# No bind mounts: whether their sources can be compared with an engine's socket
# depends on what this user may see of this host.
alone='.mounts |= map(select(.type != "bind"))'
good=$(bundle good "$alone")
ordinary=$(bundle ordinary "$alone" 'del(.linux.seccomp, .process.noNewPrivileges) | .root.readonly = false')
bad=$(bundle bad "$alone" '.linux.namespaces |= map(select(.type != "pid")) | .process.user.uid = 0')
broken=$(bundle broken "$alone")
echo '{ "root": ' >"$broken/config.json"
host=$(host_config host)
policy=(--host-config "$host")

# --- usage: exit 2, and a hint on standard error ---

for arguments in "" "chek" "--chek" "check" "check --polcy x ." "check --format xml ." \
	"check --door window ." "check --engine lxc ." "check --policy" "harden" "harden a b" "harden --diff --in-place ." \
	"harden --in-place -" "facts" "explain" "explain a b" "rules --format yaml" "rules extra" "controls extra" "controls --format yaml" \
	"policy" "policy polish restricted" "seccomp" "seccomp show" "seccomp compare hardened" \
	"seccomp look hardened" "seccomp show --format yaml hardened" "seccomp show --arch z80 hardened" \
	"seccomp show --caps chown hardened" "seccomp lint --format bpf hardened"; do
	# shellcheck disable=SC2086 # several words
	exits 2 $arguments
	unlike "a hint: cofferdam $arguments" "$err" '^$'
	is "and nothing else: cofferdam $arguments" "$out" ""
done
try explain host-pidd
is "explain: an unknown rule" "$status" 2
like "explain: with the nearest name" "$err" "host-pid"

# Every command that the overview names, so that none is forgotten.
commands=$("$cofferdam" --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
is "the overview names the commands" "$(grep -cE '^(check|harden|controls|explain|policy)$' <<<"$commands")" 5
for command in "" $commands; do
	# shellcheck disable=SC2086 # none or one word
	exits 0 $command --help
	like "help: cofferdam $command" "$out" "Usage: cofferdam"
	is "help is no error: cofferdam $command" "$err" ""
done
exits 2 chekc
like "an unknown command: the nearest one" "$err" 'no command "chekc"; did you mean "check"?'
exits 2 --nonsense
like "an unknown command: or the overview" "$err" "see cofferdam --help"
exits 0 --version
like "version" "$out" "^cofferdam [0-9]+\.[0-9]+"

exits 0 rules
is "rules: every action stands below its policy" \
	"$(awk '/^RULE/ { at = index($0, "baseline") }
		/^  / { print length($1) + 2 < at && substr($0, at) ~ /^[a-z]/ }' <<<"$out" | sort -u)" 1

# --- check ---

exits 0 check "${policy[@]}" "$good"
like "check names the verdict and the policy" "$out" "allowed by policy test"
exits 0 check "${policy[@]}" "$good/config.json"
jq '.process | .noNewPrivileges = false' "$good/config.json" >process.json
exits 0 check "${policy[@]}" --exec process.json "$good"
like "check --exec: where, but in no line of a file that is not the process's" "$out" \
	'config.json /process/noNewPrivileges'
like "check --exec: and nothing to do that cannot be done" "$out" "Next: cofferdam explain exec-exceeds"
exits 0 check "${policy[@]}" --policy baseline "$good"
exits 0 check "${policy[@]}" "$ordinary"
like "check: hardening is announced" "$out" "harden"
exits 1 check "${policy[@]}" --door hook "$ordinary"
exits 1 check "${policy[@]}" "$bad"
like "check: every reason" "$out" "host-pid.*root-user"
like "check: a place" "$out" "config.json:[0-9]+:[0-9]+"
exits 0 check "${policy[@]}" --policy baseline "$ordinary"
exits 3 check "${policy[@]}" "$broken"
like "check: what is broken, and where" "$err" "broken/config.json:[0-9]+:[0-9]+"
exits 3 check "${policy[@]}" "$work/none"
exits 3 check "${policy[@]}" --policy none "$good"
exits 3 check "${policy[@]}" --policy restrictd "$good"
like "check: the nearest policy" "$err" "restricted"
exits 3 check --host-config "$work/none.json" "$good"
exits 1 check "${policy[@]}" "$good" "$bad"
exits 3 check "${policy[@]}" "$good" "$broken" "$bad"
is "check: the others are judged all the same" \
	"$(grep -cE 'allowed by|denied by' <<<"$out")" 2
exits 3 check "${policy[@]}" "$work/bundles"
is "check: a folder is every bundle below it" \
	"$(grep -cE '(allowed|denied|hardened) by|harden.* by' <<<"$out")" 3
mkdir "$work/empty"
exits 3 check "${policy[@]}" "$work/empty"
mkdir -p nest/bundle/rootfs/app nest/config.json/below
cp "$good/config.json" nest/bundle
cp "$good/config.json" nest/config.json/below
cp "$broken/config.json" nest/bundle/rootfs/app
exits 0 check "${policy[@]}" --policy baseline nest
is "check: but what a bundle holds is its container's" \
	"$(grep -oE '^nest.* allowed by' <<<"$out" | paste -sd' ')" \
	"nest/bundle/config.json: allowed by nest/config.json/below/config.json: allowed by"
chmod 0444 nest/bundle
bare=()
[ "$(id -u)" != 0 ] || bare=(setpriv --bounding-set=-all --inh-caps=-all)
"${bare[@]}" "$cofferdam" check "${policy[@]}" --policy baseline nest >out 2>err
like "check: a folder in which nothing can be looked for is not passed by" "$? $(cat err)" \
	'^3 .*nest/bundle/config.json: Permission denied'
"${bare[@]}" "$cofferdam" check "${policy[@]}" --policy baseline nest/bundle >out 2>err
is "check: that is all that is said of it" "$? $(cat err)" \
	"3 cofferdam: nest/bundle/config.json: Permission denied"
chmod 0755 nest/bundle

try check "${policy[@]}" --format json "$good" "$ordinary" "$bad" "$broken"
is "check --format json: one object a line, and the worst exit code" \
	"$status $(jq -r .verdict <<<"$out" | tr '\n' ' ')" "3 allow harden deny unjudged "
is "check --format json: nothing beside it" "$err" ""
is "check --format json: rules" "$(jq -r 'select(.verdict == "deny") | [.findings[]
	| select(.decides == "deny").rule] | join(" ")' <<<"$out")" "host-pid root-user"
is "check --format json: every finding points into the configuration and advises" \
	"$(jq -s '[.[].findings[] | select((.pointer | startswith("/") | not)
		or (.advice | length) < 10 or (.message | length) < 10)] | length' <<<"$out")" 0

"$cofferdam" check "${policy[@]}" - <"$bad/config.json" >"$work/out" 2>&1
is "check -: standard input" $? 1
"$cofferdam" check "${policy[@]}" - </dev/null >"$work/out" 2>&1
is "check -: nothing there" $? 3
(cd "$bad" && "$cofferdam" check "${policy[@]}" . >"$work/out" 2>&1)
is "check .: the working directory" $? 1
if [ -w /dev/full ]; then
	"$cofferdam" check "${policy[@]}" "$good" >/dev/full 2>"$work/err"
	is "check: a full standard output is no success" $? 3
	"$cofferdam" --version >/dev/full
	is "--version: nor there" $? 3
fi
"$cofferdam" check "${policy[@]}" "$good" 2>/dev/null >&-
is "check: nor is a closed one" $? 3
# What is opened does not take the place of a closed one: nothing is told into a file.
mkdir "$work/told" "$work/told/bundle"
echo '{ "format": 1, "name": "told" }' >"$work/told/bundle/policy.json"
"$cofferdam" bundle seal "$work/told/bundle" 1 >/dev/null
echo '{ "format": 1 }' >"$work/told/host.json"
for command in install activate; do
	[ $command = install ] && what=$work/told/bundle || what=told
	"$cofferdam" bundle $command --host-config "$work/told/host.json" "$what" <&- >&- 2>&-
	is "bundle $command: all three closed" "$? $(cat "$work/told/bundles/.store/lock")" "3 "
done
is "and it was done all the same" "$(readlink "$work/told/bundles/told")" .store/told/gen/1

# A name is shown in JSON, too, as one that no terminal obeys.
odd=$work/odd$'\xc2\x9b'2J
mkdir "$odd"
echo '{' >"$odd/config.json"
"$cofferdam" check "${policy[@]}" --format json "$odd" >"$work/out"
is "a name of what could not be judged is escaped" \
	"$(grep -c $'\xc2\x9b' "$work/out") $(jq -r .name "$work/out")" "0 $odd/config.json"

jq '.mounts += [{ destination: "/x", type: "bind", source: "/none\u009b2J\u202e", options: ["rbind"] }]' \
	"$good/config.json" >"$odd/config.json"
"$cofferdam" facts --policy restricted "$odd" >"$work/out"
is "facts: so is a path, which is the same when it is read" \
	"$(grep -c $'\xc2\x9b' "$work/out") $(jq -r '.mounts[].path | select(startswith("/none"))' "$work/out")" \
	$'0 /none\xc2\x9b2J\xe2\x80\xae'

# --- harden ---

before=$(cat "$ordinary/config.json")
exits 0 harden "${policy[@]}" "$ordinary"
is "harden prints a config.json that needs nothing more" \
	"$(jq -c '[.root.readonly, .process.noNewPrivileges, .linux.seccomp.defaultAction]' <<<"$out")" \
	'[true,true,"SCMP_ACT_ERRNO"]'
is "harden leaves the file alone" "$(cat "$ordinary/config.json")" "$before"
printf '%s\n' "$out" >"$work/hardened.json"
try check "${policy[@]}" --format json "$work/hardened.json"
is "check: what it printed is allowed as it is" "$(jq -r .verdict <<<"$out")" allow
is "harden: the rest is kept" \
	"$(jq -S 'del(.linux.seccomp, .root, .process.noNewPrivileges, .mounts)' "$work/hardened.json")" \
	"$(jq -S 'del(.root, .mounts)' "$ordinary/config.json")"
exits 0 harden "${policy[@]}" --diff "$ordinary"
like "harden --diff: before and after" "$out" $'- /root/readonly: false\n\\+ /root/readonly: true'
exits 0 harden "${policy[@]}" --diff --format json "$ordinary"
is "harden --diff --format json: a JSON Patch" \
	"$(jq -c '[.[] | select(.path == "/root/readonly").value]' <<<"$out")" '[true]'
exits 0 harden "${policy[@]}" --diff "$good"
is "harden --diff: nothing to do" "$out" ""
jq '.annotations["org.criu.x\u001b[31m\n+ /fake"] = "1"' "$(find "$ordinary" -name config.json)" >"$work/named.json"
exits 0 harden "${policy[@]}" --diff "$work/named.json"
like "harden --diff: a name from the file is escaped" "$out" '- /annotations/org\.criu\.x\\x1b\[31m\\x0a\+'
exits 0 harden "${policy[@]}" "$good"
"$cofferdam" harden "${policy[@]}" "$good" 2>&1 | cmp -s - "$good/config.json"
is "harden: nothing to do, byte for byte" $? 0
exits 1 harden "${policy[@]}" "$bad"
is "harden: a denied one is not printed" "$out" ""
like "harden: but explained" "$err" "host-pid"
exits 3 harden "${policy[@]}" "$broken"
is "harden: nor is a broken one" "$out" ""
"$cofferdam" harden "${policy[@]}" - <"$ordinary/config.json" 2>&1 | jq -e .root.readonly >/dev/null
is "harden -: standard input" $? 0

chmod 640 "$ordinary/config.json"
ls "$ordinary" >"$work/before"
exits 0 harden "${policy[@]}" --in-place "$ordinary"
is "harden --in-place: says nothing" "$out$err" ""
is "harden --in-place: is what was printed" "$(cat "$ordinary/config.json")" \
	"$(cat "$work/hardened.json")"
is "harden --in-place: the mode is kept" "$(stat -c %a "$ordinary/config.json")" 640
is "harden --in-place: nothing beside it" "$(ls "$ordinary")" "$(cat "$work/before")"
inode=$(stat -c %i "$ordinary/config.json")
exits 0 harden "${policy[@]}" --in-place "$ordinary"
is "harden --in-place: again changes nothing" "$(stat -c %i "$ordinary/config.json")" "$inode"
before=$(cat "$bad/config.json")
exits 1 harden "${policy[@]}" --in-place "$bad"
is "harden --in-place: a denied one is not touched" "$(cat "$bad/config.json")" "$before"

# Disk full, as seen by a program whose files may not grow.
half=$(bundle half "$alone" '.root.readonly = false')
before=$(cat "$half/config.json")
ls "$half" >"$work/before"
(ulimit -f 1 && "$cofferdam" harden "${policy[@]}" --in-place "$half") >/dev/null 2>"$work/err"
is "harden --in-place: no room" $? 3
is "harden --in-place: the old file is whole" "$(cat "$half/config.json")" "$before"
is "harden --in-place: half a file is not left" "$(ls "$half")" "$(cat "$work/before")"

# --- facts ---

exits 0 facts "${policy[@]}" "$bad"
printf '%s\n' "$out" >"$work/facts.json"
is "facts: JSON" "$(jq -r .format "$work/facts.json")" 1
exits 1 check "${policy[@]}" --facts "$work/facts.json" "$bad"
exits 3 facts "${policy[@]}" "$broken"
exits 3 check "${policy[@]}" --facts "$work/none.json" "$bad"
exits 3 check "${policy[@]}" --facts "$broken/config.json" "$bad"
echo '{ "format": 1 }' >"$work/facts.json"
exits 3 check "${policy[@]}" --facts "$work/facts.json" "$good"
like "check --facts: what was not recorded is not judged" "$out" "could not|not judged|unjudged"

# --- rules, explain ---

exits 0 rules
exits 0 rules --format json
rules=$(jq -r '.. | .id? // empty' <<<"$out" 2>/dev/null | sort)
is "rules --format json: every row of the registry" "$rules" \
	"$(sed -n 's/^RULE([A-Z_]*, "\([a-z-]*\)".*/\1/p' "$src"/include/cofferdam/rules/*.def | sort)"
exits 0 rules --format md
for rule in $rules; do
	like "rules --format md: $rule" "$out" "$rule"
done
for rule in $rules; do
	exits 0 explain "$rule"
	unlike "explain $rule: something" "$out" '^.{0,200}$'
done

# --- policy ---

for name in baseline restricted cis-docker; do
	exits 0 policy lint "$name"
	exits 0 policy show "$name"
	mkdir -p "$work/shown/$name"
	printf '%s\n' "$out" >"$work/shown/$name/policy.json"
	exits 0 policy lint "$work/shown/$name"
	exits 0 policy show "$work/shown/$name"
	is "policy show: $name comes back the same" "$out" "$(cat "$work/shown/$name/policy.json")"
done
own_policy host own <<-END
	{
	  "format": 1,
	  "name": "own",
	  "extends": "restricted",
	  "rules": {
	    "root-user": { "action": "wran" }
	  }
	}
END
exits 3 policy lint "${policy[@]}" own
like "policy lint: line, column and the nearest name" "$err$out" 'policy.json:6:[0-9]+.*warn'
exits 3 policy lint "$work/hosts/host/bundles/own"
sed -i 's/wran/warn/' "$work/hosts/host/bundles/own/policy.json"
exits 0 policy lint "${policy[@]}" own
exits 0 policy show "${policy[@]}" own
is "policy show: what is inherited is shown" \
	"$(jq -r '.rules["root-user"].action, .rules["host-pid"].action' <<<"$out" | tr '\n' ' ')" \
	"warn deny "
exits 3 policy lint none
exits 3 policy show none

# --- seccomp ---

for name in hardened compat32 build; do
	exits 0 seccomp show "$name"
	like "seccomp show: $name" "$out" "$name: allows [0-9]+ system calls"
	exits 0 seccomp show --format json "$name"
	is "seccomp show: $name as JSON is what is shipped" "$(jq -S . <<<"$out")" \
		"$(jq -S . "$src/policy/seccomp/$name.json")"
	exits 0 seccomp show --arch aarch64 "$name"
	exits 0 seccomp lint "$name"
	is "seccomp lint: $name" "$out" "$name: ok"
	exits 0 seccomp compare hardened "$name"
done
exits 1 seccomp compare build hardened
like "seccomp compare: says what" "$out" "ptrace  \(hardened: EPERM\)"
like "seccomp compare: and under which arguments" "$out" "personality, for example \(0x40000\)"
exits 1 seccomp compare compat32 hardened
like "seccomp compare: other doors in one line" "$out" "calls through the (x86|arm) door"
"$cofferdam" seccomp show --format bpf hardened >"$work/filter"
exits 0 seccomp compare "$work/filter" hardened
exits 0 seccomp compare hardened "$work/filter"
exits 3 seccomp lint "$work/filter"
jq '.syscalls += [{names: ["bpf"], action: "SCMP_ACT_NOTIFY"}]
	| (.syscalls[] | select(.names[0] == "_sysctl" or .names[0] == "bpf" and .action == "SCMP_ACT_ERRNO")).names -= ["bpf"]' \
	"$src/policy/seccomp/hardened.json" >"$work/notify.json"
exits 1 seccomp compare "$work/notify.json" hardened
like "seccomp compare: a listener's call is a pass" "$out" "bpf"
exits 1 seccomp lint "$work/notify.json"
like "seccomp lint: names the trap and its place" "$out" "delegates: /syscalls/[0-9]+/action"
jq --slurpfile seccomp "$work/notify.json" '.linux.seccomp = $seccomp[0]' "$good/config.json" \
	>"$work/config.json"
exits 1 seccomp lint "$work/config.json" hardened
exits 1 seccomp compare --format json "$work/config.json" hardened
is "seccomp compare: as JSON" "$(jq -r '.more[0].call + " " + .more[0].other' <<<"$out")" "bpf EPERM"
jq -n '{defaultAction: "SCMP_ACT_ERRNO", archMap: [], syscalls: [
	{names: ["bpf"], action: "SCMP_ACT_ALLOW", includes: {caps: ["CAP_SYS_ADMIN"]}}]}' >"$work/engine.json"
exits 0 seccomp compare "$work/engine.json" hardened
exits 1 seccomp compare --caps CAP_CHOWN,CAP_SYS_ADMIN "$work/engine.json" hardened
exits 3 seccomp show "$work/none"
exits 3 seccomp show "$broken/config.json"
exits 3 seccomp show docker
like "seccomp: what to do about a default that is compiled in" "$err" "config.json"

# --- names of files and policies do not act on the terminal ---

odd=$work/$'od\e[31md\nname.json'
shown='od\\x1b\[31md\\x0aname\.json'

# shows DESCRIPTION REGEX ARGUMENT... - escaped in what it prints, and nothing raw
shows() {
	local what=$1 regex=$2

	shift 2
	try "$@"
	like "$what" "$out" "$regex"
	unlike "$what, and nowhere raw" "$out$err" $'\e'
}

cp "$work/notify.json" "$odd"
shows "seccomp lint: the file's name is escaped" "$shown: opens: delegates" seccomp lint "$odd"
shows "seccomp show: the file's name is escaped" "$shown: allows" seccomp show "$odd"
shows "seccomp compare: the first name is escaped" \
	"$shown allows [0-9]+ system calls.*$shown allows, and hardened" seccomp compare "$odd" hardened
shows "seccomp compare: the second name is escaped" "\\(/.*$shown: EPERM\\)" \
	seccomp compare build "$odd"
shows "seccomp compare: a name beside another door is escaped" "door  \\(/.*$shown: kill\\)" \
	seccomp compare compat32 "$odd"
cp "$src/policy/seccomp/hardened.json" "$odd"
shows "seccomp lint: the name of a file that is fine is escaped" "$shown: ok" seccomp lint "$odd"
host_config odd >/dev/null
mv "$work/hosts/odd/host.json" "$work/hosts/odd/"$'h\e[31m.json'
shows "policy lint: host.json's name is escaped" 'h\\x1b\[31m\.json: ok: mode enforce' \
	policy lint --host-config "$work/hosts/odd/"$'h\e[31m.json'
own_policy odd $'p\e[31m' <<-END
	{ "format": 1, "name": "p\u001b[31m", "extends": "restricted" }
END
shows "policy lint: a policy's name is escaped" 'p\\x1b\[31m: ok: ' \
	policy lint "$work/hosts/odd/bundles/"$'p\e[31m'

done_testing
