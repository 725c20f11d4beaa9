#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Real programs from Debian's packages, each under its own load, in containers with
# a read-only root, no capabilities and an ordinary user: what comes out under
# "hardened", with runc and crun, is what comes out without any filter. With
# COFFERDAM_TEST_FULL=1: more load, and the other profiles too.
#
#	[V=1] tests/workloads/workloads.sh [NAME]...	V=1: show what came out
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

if [ "$sanitizer" != no ]; then
	ok "the profiles are the same in every build: left to the one without sanitizers"
	done_testing
fi
need runc crun jq
setup_work

packages=(base-files bash busybox coreutils curl dash findutils git golang-go grep libc-bin
	nginx-light nodejs openjdk-17-jre-headless postgresql-15 python3 redis-server redis-tools
	sed sqlite3)
all=(nginx postgres redis python node java go zoo git curl sqlite i386)
[ $# = 0 ] || all=("$@")
scale=1
full=${COFFERDAM_TEST_FULL-}
[ -z "$full" ] || scale=3

root=${COFFERDAM_TEST_ROOTFS:-$work/rootfs}
if [ ! -x "$root/usr/sbin/nginx" ]; then
	"$src/tests/workloads/rootfs.sh" "$root" "${packages[@]}" >"$work/rootfs.log" 2>&1 ||
		bail "no root filesystem: $(tail -n 3 "$work/rootfs.log")"
fi
mkdir -p "$root"/{load,out,dev,proc,tmp}
ldconfig -r "$root" 2>/dev/null
[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
echo 'root:x:0:0:root:/:/bin/sh
user:x:1000:1000:user:/tmp:/bin/sh' >"$root/etc/passwd"
echo '127.0.0.1 localhost test' >"$root/etc/hosts"
cp "$src"/tests/workloads/{load,load.py,load.js,load.go,Load.java} "$root/load/"
# A 32-bit program, by the calls that 32-bit processors have
cannot=
if [ "$(uname -m)" != x86_64 ]; then
	cannot="no 32-bit programs on this processor"
elif ! cc32 -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -pthread -o "$root/load/load32" \
	"$src/tests/workloads/load32.c" 2>"$work/cc32.log"; then
	cannot="cannot be built here: $(tail -n 1 "$work/cc32.log")"
fi

# one NAME RUNTIME PROFILE - $output, and in $took the milliseconds
one() {
	local dir start filter='.linux.seccomp = '

	if [ "$3" = none ]; then
		filter='del(.linux.seccomp)'
	else
		filter+=$(cat "$src/policy/seccomp/$3.json")
	fi
	dir=$(bundle load '.root.path = "'"$root"'"' "$filter" \
		'.process.args = ["/load/load", "'"$1"'", "'"$scale"'"]' \
		'.process.capabilities |= map_values([])' \
		'.process.env = ["PATH=/usr/bin:/bin", "TERM=xterm"]' \
		'.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 1024, hard: 1024}]' \
		'(.mounts[] | select(.destination == "/tmp")).options |= map(
			if startswith("size=") then "size=1500m" else . end)' \
		'.linux.resources = {memory: {limit: 2147483648}, pids: {limit: 400}}')
	start=$(date +%s%N)
	run "$2" "$dir"
	took=$((($(date +%s%N) - start) / 1000000))
}

profiles=(hardened)
[ -z "$full" ] || profiles=(hardened compat32 build)
for name in "${all[@]}"; do
	if [ "$name" = i386 ] && [ -n "$cannot" ]; then
		skip "i386" "$cannot"
		continue
	fi
	which=("${profiles[@]}")
	[ "$name" != i386 ] || which=(compat32)
	one "$name" runc none
	plain=$output
	plain_took=$took
	[ -z "${V-}" ] || note "$plain"
	if [ $status != 0 ] || [ -z "$plain" ]; then
		not_ok "$name: runs without a filter" "exit code $status" "$plain"
		continue
	fi
	for runtime in runc crun; do
		if [ -n "$full" ] && [ $runtime = crun ]; then
			one "$name" crun none
			is "$name: crun: the same without a filter" "$output" "$plain"
		fi
		for profile in "${which[@]}"; do
			one "$name" "$runtime" "$profile"
			# A filter is there every time; a busy machine disturbs a load once,
			# with a filter or without.
			if [ $status != 0 ] || [ "$output" != "$plain" ]; then
				note "$name: $runtime, $profile: once more, after exit code $status" \
					"$(diff <(echo "$plain") <(echo "$output"))"
				one "$name" runc none
				[ $status != 0 ] || plain=$output
				one "$name" "$runtime" "$profile"
			fi
			if [ $status != 0 ]; then
				not_ok "$name: $runtime, $profile" "exit code $status" "$output"
			elif [ "$output" != "$plain" ]; then
				not_ok "$name: $runtime, $profile: the same as without a filter" \
					"$(diff <(echo "$plain") <(echo "$output"))"
			else
				ok "$name: $runtime, $profile: the same as without a filter ($took ms, $plain_took ms without)"
			fi
		done
		[ "$name" = i386 ] || continue
		for profile in hardened build; do
			one "$name" "$runtime" $profile
			if [ $status != 0 ] && [ "${output#*32-bit}" = "$output" ]; then
				ok "$name: $runtime, $profile: does not begin"
			else
				not_ok "$name: $runtime, $profile: does not begin" "exit code $status" "$output"
			fi
		done
	done
done
done_testing
