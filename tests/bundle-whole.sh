#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whoever reads the host's policies meets the old bundle or the new one, whole: what
# cofferdam bundle syncs before it has its name, whenever it is killed, and many at
# once. Needs no root. The rest of it: bundle-store.sh.
#
#	COFFERDAM_KILLS		how many random moments it is killed at	[100; 25 with sanitizers]
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/bundle-lib.sh
. "$(dirname "$0")/bundle-lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

need strace timeout
kills=100
[ "$sanitizer" = no ] || kills=25
kills=${COFFERDAM_KILLS:-$kills}

# 1.0 and then 1.1 are in force
for i in 0 1; do
	web 1.$i $((101 + i))
	"$cofferdam" bundle install "${on[@]}" src/web >/dev/null || bail "web 1.$i is not installed"
	"$cofferdam" bundle activate "${on[@]}" web@1.$i >/dev/null || bail "web 1.$i is not active"
done
one=$(digest etc/bundles/.store/web/versions/1.0)
two=$(digest etc/bundles/.store/web/versions/1.1)

# --- on the disk, before it has its name ---

store=etc/bundles/.store
web 1.2 103
# in which order files are found is the folder's affair
is "install: all of it is synced, renamed, and its place synced" \
	"$(synced "$cofferdam" bundle install "${on[@]}" src/web | grep /versions |
		tee order | sed '/^rename/,$d' | sort; sed -n '/^rename/,$p' order)" \
	"sync $store/web/versions/.new
sync $store/web/versions/.new/manifest.json
sync $store/web/versions/.new/policy.json
sync $store/web/versions/.new/profiles
sync $store/web/versions/.new/profiles/own.json
rename $store/web/versions/.new $store/web/versions/1.2
sync $store/web/versions"
mkdir src/fresh
echo '{ "format": 1, "name": "fresh" }' >src/fresh/policy.json
"$cofferdam" bundle seal src/fresh 1 >/dev/null
is "and so are the folders that it makes for a name" \
	"$(synced "$cofferdam" bundle install "${on[@]}" src/fresh | grep -x "sync $store\(/fresh\)\?" | sort -u)" \
	"sync $store
sync $store/fresh"
is "activate: the generation is synced, the link renamed, and its place synced" \
	"$(synced "$cofferdam" bundle activate "${on[@]}" web@1.2 | tail -n 3)" \
	"sync $store/web/gen
rename $store/.link etc/bundles/web
sync etc/bundles"
is "rollback: the link is renamed, and its place synced" \
	"$(synced "$cofferdam" bundle rollback "${on[@]}" web)" \
	"rename $store/.link etc/bundles/web
sync etc/bundles"
is "seal: the manifest is synced, renamed, and its place synced" \
	"$(synced "$cofferdam" bundle seal src/web 1.2)" \
	"sync src/web/.cofferdam
rename src/web/.cofferdam src/web/manifest.json
sync src/web"
rm -r $store/web/versions/1.2

# --- killed ---

# whole DESCRIPTION - the host has one of the two bundles, byte for byte
whole() {
	local now

	if "$cofferdam" policy lint "${on[@]}" >said 2>&1 &&
		"$cofferdam" bundle verify etc/bundles/web >>said 2>&1; then
		now=$(digest etc/bundles/web)
		[ "$now" = "$one" ] || [ "$now" = "$two" ]
		return
	fi
	return 1
}

# At any moment of the time that one takes here, in tenths of a millisecond
reach=0
for version in 1.0 1.1 1.0 1.1; do
	start=$(date +%s%N)
	timeout 10 "$cofferdam" bundle activate "${on[@]}" web@$version >/dev/null
	took=$((($(date +%s%N) - start) / 100000))
	[ $reach -gt 0 ] && [ $took -gt $reach ] || reach=$took
done
torn=0
killed=0
for ((i = 0; i < kills; i++)); do
	version=1.$((i % 2))
	timeout -s KILL "$(printf '0.%04d' $((RANDOM % reach + 1)))" \
		"$cofferdam" bundle activate "${on[@]}" web@$version >/dev/null 2>&1 ||
		killed=$((killed + 1))
	whole || {
		torn=$((torn + 1))
		note "$(cat said)"
	}
done 2>/dev/null
note "killed $killed of $kills times before the end"
is "killed at $kills random moments: the host has a whole bundle" "$torn" 0
is "and some were killed before the end" "$((killed > kills / 10))" 1

# Every system call, one after the other, as long as there is one to be killed at.
if [ "$sanitizer" = no ]; then
	torn=0
	moments=0
	for ((i = 1; i < 600; i++)); do
		"$cofferdam" bundle activate "${on[@]}" web@1.0 >/dev/null || torn=$((torn + 1))
		strace -o /dev/null -e "inject=all:signal=KILL:when=$i" \
			"$cofferdam" bundle activate "${on[@]}" web@1.1 >/dev/null 2>&1 && break
		moments=$((moments + 1))
		whole || torn=$((torn + 1))
	done 2>/dev/null
	note "$moments system calls"
	is "killed at every system call: the host has a whole bundle" "$torn" 0
	touch etc/bundles/.store/.link.killed
	exits 0 bundle activate "${on[@]}" web@1.0
	is "and none of its links is left" "$(find etc/bundles/.store -maxdepth 1 -name '*.link*')" ""
	is "there were some" "$((moments > 50 && moments < 599))" 1
fi	# sanitizers make thousands of calls
exits 0 bundle activate "${on[@]}" web@1.0
exits 0 bundle activate "${on[@]}" web@1.1
is "and the next one still works" "$(digest etc/bundles/web)" "$two"

# An install that is killed leaves nothing that has a version's name, and the next one sweeps.
web 1.2 103
torn=0
killed=0
start=$(date +%s%N)
timeout 10 "$cofferdam" bundle install "${on[@]}" src/web >/dev/null
reach=$((($(date +%s%N) - start) / 100000))
for ((i = 1; i < 40; i++)); do
	rm -rf etc/bundles/.store/web/versions/1.2
	timeout -s KILL "$(printf '0.%04d' $((RANDOM % (reach + reach / 2) + 1)))" \
		"$cofferdam" bundle install "${on[@]}" src/web >/dev/null 2>&1 || killed=$((killed + 1))
	[ ! -e etc/bundles/.store/web/versions/1.2 ] ||
		"$cofferdam" bundle verify etc/bundles/.store/web/versions/1.2 >/dev/null || torn=$((torn + 1))
done 2>/dev/null
is "install killed: a version is whole or not there" "$torn" 0
note "killed $killed of 39 times"
is "some were killed, and some were not" "$((killed > 0 && killed < 39))" 1
rm -rf etc/bundles/.store/web/versions/1.2
exits 0 bundle install "${on[@]}" src/web
is "what was left is swept" "$(cd etc/bundles/.store/web/versions && ls -A)" "1.0
1.1
1.2"

# --- at once ---

pids=()
for i in 1 2 3 4 5 6; do
	"$cofferdam" bundle activate "${on[@]}" web@1.$((i % 2)) >>at-once 2>&1 &
	pids+=($!)
done
failed=0
for pid in "${pids[@]}"; do
	wait "$pid" || failed=$((failed + 1))
done
is "six at once: each waits its turn" "$failed" 0
holds "and one of them is in force" whole
exec 9>>etc/bundles/.store/lock
flock 9
start=$SECONDS
exits 3 bundle activate "${on[@]}" web@1.0
like "a lock that is held is not waited for without end" "$err" 'another cofferdam bundle is changing it'
is "but for five seconds" "$((SECONDS - start >= 4 && SECONDS - start < 30))" 1
exec 9>&-

# Whoever reads meanwhile has one of them: its policy with its profile.
for n in 101 102; do
	"$cofferdam" bundle activate "${on[@]}" web@1.$((n - 101)) >/dev/null
	"$cofferdam" policy show "${on[@]}" web >"shown.$n"
done
while [ ! -e enough ]; do
	"$cofferdam" bundle activate "${on[@]}" web@1.0
	"$cofferdam" bundle activate "${on[@]}" web@1.1
done >/dev/null 2>&1 &
other=$!
mixed=0
seen=
for ((i = 0; i < 60; i++)); do
	"$cofferdam" policy show "${on[@]}" web >shown 2>&1 || mixed=$((mixed + 1))
	if cmp -s shown shown.101; then
		seen=${seen}a
	elif cmp -s shown shown.102; then
		seen=${seen}b
	else
		mixed=$((mixed + 1))
	fi
done
touch enough
wait $other
is "read while it is exchanged: one of them, whole" "$mixed" 0
like "both were met" "$seen" 'a.*b|b.*a'
done_testing
