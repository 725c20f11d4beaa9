#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# cofferdam bundle: what is no bundle, what is installed and in force, and what of a
# store is not its own. Needs no root. When it is killed: bundle-whole.sh.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/bundle-lib.sh
. "$(dirname "$0")/bundle-lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

# --- a bundle's way ---

web 1.0 101
one=$(digest src/web)
try bundle verify src/web
is "verify" "$status $out" "0 web 1.0: ok ($one)"
is "the manifest has the digest of every file" \
	"$(jq -r '.files | to_entries[] | "\(.value | ltrimstr("sha256:"))  \(.key)"' src/web/manifest.json)" \
	"$(cd src/web && sha256sum policy.json profiles/own.json)"
exits 0 bundle list "${on[@]}"
exits 3 bundle activate "${on[@]}" web
like "nothing is installed" "$err" 'no bundle is installed|no bundle "web"'
try bundle install "${on[@]}" src/web
is "install" "$status $out" "0 web 1.0: installed ($one)"
exits 3 policy lint "${on[@]}"
try bundle install "${on[@]}" src/web
is "again: it is there" "$status $out" "0 web 1.0: is installed already ($one)"
try bundle activate "${on[@]}" web
is "activate" "$status $out" "0 web 1.0: active ($one)"
exits 0 policy lint "${on[@]}"
exits 3 bundle rollback "${on[@]}" web
like "nothing to go back to" "$err" 'nothing was active before; cofferdam bundle activate'
exits 3 bundle rollback "${on[@]}" wev
like "not to be rolled back: what is not active" "$err" 'wev: is not active; cofferdam bundle list'
web 1.0 102
exits 3 bundle install "${on[@]}" src/web
like "another content needs another version" "$err" 'installed with another content'
web 1.1 102
two=$(digest src/web)
exits 0 bundle install "${on[@]}" src/web
exits 3 bundle activate "${on[@]}" web
like "which?" "$err" 'which version\? web@1'
try bundle activate "${on[@]}" web@1.1
is "activate a version" "$status $out" "0 web 1.1: active ($two)"
like "it is in force" "$("$cofferdam" policy show "${on[@]}" web)" '"max": 102'
try policy diff "${on[@]}" web@1.0 web@1.1
is "policy diff of two that are installed" "$status $out" '1 differs   seccomp-missing profile: "profiles/own.json" -> "profiles/own.json"
laxer     pids-limit max: 101 -> 102
web@1.0 to web@1.1: 0 stricter, 1 laxer, 1 that cannot be told'
try policy diff "${on[@]}" web ./src/web
is "and of the active one and a folder" "$status $out" "0 web to ./src/web: 0 stricter, 0 laxer, 0 that cannot be told"
like "policy show of one that is not active" "$("$cofferdam" policy show "${on[@]}" web@1.0)" '"max": 101'
like "with the place of each value" "$("$cofferdam" policy show --effective "${on[@]}" web@1.0)" \
	$'\n    max: 101 +etc/bundles/.store/web/versions/1.0/policy.json:[0-9]+\n'
exits 0 policy lint "${on[@]}" web@1.0 web@1.1
exits 3 policy lint "${on[@]}" web@1.2
like "a version that is not installed" "$err" 'version 1.2 of web is not installed: cofferdam bundle list shows'
exits 3 policy lint "${on[@]}" web@
like "an empty one" "$err" '"" is no version: one has 1 to 64 letters'
exits 3 policy lint "${on[@]}" ../web@1.1
exits 3 policy lint "${on[@]}" wev@1.1
cp -r etc/bundles/.store/web/versions/1.0 whole
echo >>etc/bundles/.store/web/versions/1.0/policy.json
exits 3 policy show "${on[@]}" web@1.0
like "nor one that was changed by hand" "$err" 'policy.json: not as the manifest of web 1.0 says'
rm -rf etc/bundles/.store/web/versions/1.0
mv whole etc/bundles/.store/web/versions/1.0
exits 3 bundle seal src/web 1/2
like "seal: what is no version" "$err" '"1/2" is no version: one has'
exits 3 bundle activate "${on[@]}" ./src/web
like "activate: a path" "$err" 'no bundle.s name; cofferdam bundle list'
try bundle list "${on[@]}" --format json
is "list" "$(jq -r '[.name, .version, .active, .previous, .digest, .description] |
	map(tostring) | join(" ")' <<<"$out")" \
	"web 1.0 false true $one number 101
web 1.1 true false $two number 102"
like "and for people" "$("$cofferdam" bundle list "${on[@]}")" \
	"web +1.0 +previous +$one  number 101"$'\n'"web +1.1 +active +$two  number 102"
try bundle rollback "${on[@]}" web
is "rollback" "$status $out" "0 web 1.0: active again ($one)"
like "and that is in force" "$("$cofferdam" policy show "${on[@]}" web)" '"max": 101'
exits 0 bundle activate "${on[@]}" web@1.1
exits 0 bundle activate "${on[@]}" web@1.1
try bundle rollback "${on[@]}" web
is "activating what is active changes no history" "$status $out" "0 web 1.0: active again ($one)"
for arguments in "" "verify" "seal src/web" "install" "list x" "activate" "rollback" "remove web" \
	"list --format yaml"; do
	# shellcheck disable=SC2086 # several words
	exits 2 bundle $arguments
done
# Whoever names a digest is told where nobody looks at it.
for command in "verify --digest $one src/web" "activate --digest $one web@1.1" "list --digest $one" \
	"rollback --digest $one web" "seal --digest $one src/web 1" "install --format json src/web"; do
	# shellcheck disable=SC2086 # several words
	exits 2 bundle ${command%% *} "${on[@]}" ${command#* }
	like "and which" "$err" 'takes no --(digest|format)'
done
exits 3 bundle activate "${on[@]}" ../web
exits 3 bundle activate "${on[@]}" web@../1.0
exits 3 bundle activate "${on[@]}" web@9
exits 3 bundle rollback "${on[@]}" web@1.0
exits 3 bundle seal src/web ../1

# --- what the hook reads, and says that it read ---

plain=$(bundle plain)
jq '.log = { file: $log }' --arg log "$work/log.jsonl" etc/host.json >etc/logging.json
(cd "$plain" && "$hook" precreate --host-config "$work/etc/logging.json" <config.json >/dev/null 2>&1)
is "the record names the bundle by its digest" \
	"$(jq -c '.bundles' log.jsonl)" '[{"name":"web","version":"1.0","digest":"'"$one"'"}]'
cp -r etc/bundles/.store/web/versions/1.0 whole
echo >>etc/bundles/web/profiles/own.json
try policy lint "${on[@]}"
is "a file that was changed in place is not read" "$status" 3
like "and named" "$err" 'profiles/own.json: not as the manifest of web 1.0 says'
exits 0 bundle activate "${on[@]}" web@1.1
exits 3 bundle rollback "${on[@]}" web
like "nor rolled back to" "$err" 'not activated'
exits 0 policy lint "${on[@]}"
rm -rf etc/bundles/.store/web/versions/1.0
mv whole etc/bundles/.store/web/versions/1.0
exits 0 bundle rollback "${on[@]}" web

# --- what is no bundle ---

# refused DESCRIPTION COMMAND MESSAGE - of src/bad, made anew and spoilt by the command
refused() {
	rm -rf src/bad
	cp -r src/web src/bad
	(cd src/bad && eval "$2") || bail "$1: $2"
	try bundle verify src/bad
	is "$1: not verified" "$status" 3
	like "$1: why" "$err" "$3"
	try bundle install "${on[@]}" src/bad
	is "$1: not installed" "$status" 3
}

# manifest FILTER - edit it, from within refused
# shellcheck disable=SC2317
manifest() {
	jq "$1" manifest.json >.m && mv .m manifest.json
}

refused "no manifest" 'rm manifest.json' 'manifest.json is missing'
refused "a name that leads out" "manifest '.files[\"../x\"] = .files[\"policy.json\"]'" 'a file.s path is relative'
refused "one on the way" "manifest '.files[\"profiles/../policy.json\"] = .files[\"policy.json\"]'" 'a file.s path is relative'
refused "an absolute name" "manifest '.files[\"/etc/passwd\"] = .files[\"policy.json\"]'" 'a file.s path is relative'
refused "a name with a doubled slash" "manifest '.files[\"profiles//own.json\"] = .files[\"policy.json\"]'" 'a file.s path is relative'
refused "a name twice" "sed -i 's/\"files\": {/&\"policy.json\": \"sha256:'$(printf '%064d' 0)'\",/' manifest.json" 'a second time'
refused "a file that is missing" 'rm profiles/own.json' 'names profiles/own.json, which is missing'
refused "a file that nobody names" 'echo >more.json' 'more.json: the manifest of web 1.1 does not name it'
refused "a file of another content" 'echo >>policy.json' 'policy.json: not as the manifest'
refused "a digest that is none" "manifest '.files[\"policy.json\"] = \"md5:0\"'" 'a digest is'
refused "no policy" "manifest 'del(.files[\"policy.json\"])'" 'names no policy.json'
refused "no version" "manifest 'del(.version)'" '"version" is missing'
refused "a version that leads out" "manifest '.version = \"../1\"'" 'is no version'
refused "a name of nothing" "manifest '.name = \"a/b\"'" 'no bundle.s name'
refused "a member that is unknown" "manifest '.filles = {}'" 'did you mean "files"'
refused "a symbolic link" 'mv policy.json p && ln -s p policy.json' 'is a symbolic link'
refused "a link as manifest" 'mv manifest.json ../m && ln -s ../m manifest.json' 'symbolic link'
refused "a folder that is a link" 'mv profiles ../p.d && ln -s ../p.d profiles' 'profiles: is a symbolic link'
rm -rf src/p.d src/m
refused "a FIFO" 'mkfifo pipe' 'pipe: is a device, FIFO or socket'
refused "a sparse monster" 'truncate -s 64G profiles/own.json' 'larger than the limit'
# shellcheck disable=SC2016 # expanded there
refused "too many files" 'for i in $(seq 300); do echo >f$i; done' 'more than 256 files|does not name it'
refused "folders without end" 'mkdir -p a/b/c/d/e/f/g/h/i/j' 'more than 8 folders deep'
refused "a file that others may write" 'chmod 666 policy.json' 'writable by group or others'
if [ "$(id -u)" = 0 ]; then
	refused "a device" 'mknod zero c 1 5 2>/dev/null || mkfifo zero' 'zero: is a device'
	refused "a file of somebody else's" 'chown 12345 profiles/own.json' 'belongs to user 12345'
	exits 0 bundle install "${on[@]}" --digest "$two" src/web
	chown -R 12345 src/web
	exits 3 bundle install "${on[@]}" src/web
	exits 0 bundle install "${on[@]}" --digest "$two" src/web
	chown -R 0 src/web
else
	skip "a device" "needs root"
	skip "a file of somebody else's" "needs root"
fi
exits 3 bundle install "${on[@]}" --digest "$one" src/web
like "another digest than wanted" "$err" "its digest is $two, not $one"
exits 3 bundle install "${on[@]}" --digest 1234 src/web
rm -rf src/bad
cp -r src/web src/bad
jq '.rules["pids-limit"].acton = "deny"' src/web/policy.json >src/bad/policy.json
"$cofferdam" bundle seal src/bad 1.2 >/dev/null 2>&1
is "seal reads the policy first" "$(jq -r .version src/bad/manifest.json)" 1.1
is "nothing of all that is left in the store" \
	"$(cd etc/bundles/.store && find . -name '.*' ! -name . | sort; ls web/versions)" "1.0
1.1"

# --- what is somebody else's, and what others rest on ---

mkdir etc/bundles/hand
echo '{ "format": 1, "name": "hand" }' >etc/bundles/hand/policy.json
cp -r etc/bundles/hand src/hand
"$cofferdam" bundle seal src/hand 1 >/dev/null
exits 0 bundle install "${on[@]}" src/hand
exits 3 bundle activate "${on[@]}" hand
like "a folder that configuration management put there stays" "$err" 'was not put there by cofferdam bundle'
is "as it was" "$(ls etc/bundles/hand)" policy.json
like "and is listed" "$("$cofferdam" bundle list "${on[@]}")" $'\nhand +\\(a folder\\) +active +no manifest'
mkdir src/shipped
echo '{ "format": 1, "name": "restricted" }' >src/shipped/policy.json
"$cofferdam" bundle seal src/shipped 1 >/dev/null
exits 3 bundle install "${on[@]}" src/shipped
like "a shipped name" "$err" 'the name of a shipped policy'

# base VERSION LIST - a bundle that child extends
base() {
	rm -rf src/base
	mkdir -p src/base
	echo '{ "format": 1, "name": "base", "rules": { "host-path": { "allow": '"$2"' } } }' >src/base/policy.json
	"$cofferdam" bundle seal src/base "$1" >/dev/null
	"$cofferdam" bundle install "${on[@]}" src/base >/dev/null
}
base 1 '["/srv"]'
base 2 '["/opt"]'
exits 0 bundle activate "${on[@]}" base@1
mkdir etc/bundles/child
echo '{ "format": 1, "name": "child", "extends": "base", "rules": { "host-path": { "allow": { "remove": ["/srv"] } } } }' \
	>etc/bundles/child/policy.json
exits 0 policy lint "${on[@]}" child
exits 3 bundle activate "${on[@]}" base@2
like "what would break another bundle is not activated" "$err" 'with it, child could no longer be used'
exits 0 policy lint "${on[@]}" child
rm -r etc/bundles/child
like "a bundle that host.json chooses for nobody is told" \
	"$("$cofferdam" bundle activate "${on[@]}" base@1 2>&1)" 'no container falls to base yet: name it in the "policies".*extends it'
unlike "one that it chooses is not" "$("$cofferdam" bundle activate "${on[@]}" web@1.1 2>&1)" 'falls to'
jq '.extends = "base" | .name = "above"' src/web/policy.json >above.json
mkdir -p etc/bundles/above/profiles
cp above.json etc/bundles/above/policy.json
cp src/web/profiles/own.json etc/bundles/above/profiles
jq '.policies = [ { use: "above" } ]' etc/host.json >etc/above.json
unlike "nor is one that the chosen one extends" \
	"$("$cofferdam" bundle activate --host-config etc/above.json base@1 2>&1)" 'falls to'
rm -r etc/bundles/above etc/above.json

# What the host itself says on top is read with it, too.
cp etc/host.json plain.json
jq '.overlay = { rules: { "pids-limit": { default: 102 } } }' plain.json >etc/host.json
exits 0 bundle activate "${on[@]}" web@1.1
exits 0 policy lint "${on[@]}"
exits 3 bundle activate "${on[@]}" web@1.0
like "what the host's overlay does not go with is not activated" "$err" \
	'web 1.0 is not activated: with it, this host could not use web: .*host.json:[0-9]+:[0-9]+: the default of pids-limit is above its max: 102, 101'
exits 3 bundle rollback "${on[@]}" web
exits 0 policy lint "${on[@]}"
jq '.overlay.rules = { "pids-limitt": {} }' plain.json >etc/host.json
exits 3 bundle activate "${on[@]}" web@1.0
jq '.policies = [ { use: "none" } ]' plain.json >etc/host.json
exits 0 bundle activate "${on[@]}" web@1.0
cp plain.json etc/host.json
exits 0 bundle activate "${on[@]}" web@1.1

# --- what is not a file of the manifest's is not taken ---

rm -rf src/more
cp -r src/web src/more
jq '.version = "1.1.1"' src/web/manifest.json >src/more/manifest.json
mkdir -p src/more/.git $'src/more/\e[31m/x'
exits 0 bundle install "${on[@]}" --digest "$(digest src/more)" src/more
is "folders that hold nothing of it" "$(cd etc/bundles/.store/web/versions/1.1.1 && find . | sort | tr '\n' ' ')" \
	". ./manifest.json ./policy.json ./profiles ./profiles/own.json "
rm -r etc/bundles/.store/web/versions/1.1.1
(cd src/more && seq 1025 | xargs mkdir)
exits 3 bundle install "${on[@]}" --digest "$(digest src/more)" src/more
like "nor are folders looked into without end" "$err" 'more than 1024 folders'
rm -r src/more
mkdir src/lock
echo '{ "format": 1, "name": "lock" }' >src/lock/policy.json
exits 0 bundle seal src/lock 1
exits 3 bundle install "${on[@]}" src/lock
like "a name that the store needs" "$err" 'of the name "lock" cannot be kept in the store'
rm -r etc/bundles/base etc/bundles/.store/base/gen
umask 077
exits 0 bundle activate "${on[@]}" base@1
exits 0 bundle activate "${on[@]}" base@2
umask 022
is "whatever the umask, the hook of a rootless engine can read it" \
	"$(find etc/bundles/.store -type d ! -perm 0755)" ""

# --- what somebody has removed by hand ---

mkdir -p etc/bundles/.store/begun
exits 0 bundle list "${on[@]}"
rmdir etc/bundles/.store/begun
mv etc/bundles/.store/base aside
try bundle list "${on[@]}" --format json
is "all of it" "$(jq -c 'select(.name == "base") | [.version, .active, .removed]' <<<"$out")" '[null,true,true]'
mv aside etc/bundles/.store/base
mv etc/bundles/.store/base/versions/1 etc/bundles/.store/base/versions/2 .
try bundle list "${on[@]}" --format json
is "the versions in force and before" "$(jq -c 'select(.name == "base") | [.version, .active, .previous, .removed]' <<<"$out")" \
	'["1",false,true,true]
["2",true,false,true]'
like "with what to do" "$("$cofferdam" bundle list "${on[@]}")" \
	$'\nbase +2 +active +removed: install it again, or activate another\n'
exits 3 bundle rollback "${on[@]}" base
like "nor can it be rolled back to" "$err" 'version 1 of base is not installed: cofferdam bundle list shows what is'
mv 1 2 etc/bundles/.store/base/versions
echo >>etc/bundles/.store/base/versions/1/policy.json
base 1 '["/srv"]'
exits 3 bundle install "${on[@]}" src/base
like "one that is not as it was is not installed over" "$err" \
	'base 1 is installed, but not as it was: remove that folder, and install it again: .*/versions/1: policy.json'

# --- what is not the store's is neither followed nor taken for nothing ---

is "nobody else can hold its lock" "$(stat -c %a etc/bundles/.store/lock)" 600
mv etc/bundles/.store/lock aside
ln -s ../../../made etc/bundles/.store/lock
exits 3 bundle activate "${on[@]}" web@1.0
holds "a lock that is a link is not followed" test ! -e made
rm etc/bundles/.store/lock
mv aside etc/bundles/.store/lock
mv etc/bundles/.store moved
ln -s ../../moved etc/bundles/.store
exits 3 bundle list "${on[@]}"
like "nor is a store that is one" "$err" 'etc/bundles/.store: '
rm etc/bundles/.store
mv moved etc/bundles/.store
chmod 0777 etc/bundles
exits 3 bundle list "${on[@]}"
like "a folder that anybody can change is not one without bundles" "$err" 'writable by group or others'
chmod 0755 etc/bundles

# A link that somebody else made, whatever it looks like, is not the store's.
mkdir src/linked
echo '{ "format": 1, "name": "linked" }' >src/linked/policy.json
"$cofferdam" bundle seal src/linked 1 >/dev/null
exits 0 bundle install "${on[@]}" src/linked
for target in ../../src/linked .store/web/gen/1 .store/linked/gen/0 "$work/.store/linked/gen/1"; do
	ln -sfn "$target" etc/bundles/linked
	exits 3 bundle activate "${on[@]}" linked
	like "a link to ${target#"$work"}" "$err" 'linked was not put there by cofferdam bundle'
	is "it is as it was" "$(readlink etc/bundles/linked)" "$target"
done
rm etc/bundles/linked
exits 0 bundle activate "${on[@]}" linked
echo >>src/linked/policy.json
for version in 9 10; do
	"$cofferdam" bundle seal src/linked $version >/dev/null
	"$cofferdam" bundle install "${on[@]}" src/linked >/dev/null
done
exits 0 bundle activate "${on[@]}" linked@10
for target in xx/versions/9 ../versions/../9; do
	ln -sfn $target etc/bundles/.store/linked/gen/1
	exits 3 bundle rollback "${on[@]}" linked
	like "a generation that leads to $target" "$err" 'generation 1 of linked is no version of it'
done
ln -sfn ../versions/1 etc/bundles/.store/linked/gen/1
mkdir etc/bundles/.store/linked/versions/.new.0
is "versions are listed by their number, and what is none is not" \
	"$("$cofferdam" bundle list "${on[@]}" --format json | jq -r 'select(.name == "linked").version' | xargs)" "1 9 10"
exits 0 bundle rollback "${on[@]}" linked

web 7.0 107
jq '.description = "\u001b[2J\nweb 8.0"' src/web/policy.json >edited && mv edited src/web/policy.json
exits 0 bundle seal src/web 7.0
exits 0 bundle install "${on[@]}" src/web
like "a description is escaped in the listing" "$("$cofferdam" bundle list "${on[@]}")" \
	'web +7\.0 .*  \\x1b\[2J\\x0aweb 8\.0'
done_testing
