#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The shipped filters against the system call numbers in the kernel's own headers,
# of every architecture that a filter is shipped for. Prints TAP.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

setup_work
cpp=${CPP:-gcc -E}

# numbers FOLDER MACRO... - "NAME NUMBER" of every system call in asm/unistd.h, which
# needs no compiler for that architecture, but the macros that one would define
numbers() {
	local folder=$1 name value defines=(-undef)

	shift
	defines+=("${@/#/-D}")
	echo '#include <asm/unistd.h>' >"$work/unistd.c"
	defines+=(-nostdinc -isystem "$folder" -isystem /usr/include)
	{
		cat "$work/unistd.c"
		$cpp -dM "${defines[@]}" "$work/unistd.c" |
			sed -nE 's/^#define __NR_([a-z_][a-z0-9_]*) .*/number \1 __NR_\1/p'
	} >"$work/names.c"
	$cpp -P "${defines[@]}" "$work/names.c" |
		sed -nE 's/^number ([a-z0-9_]+) ([-+()x0-9a-f ]+)$/\1 \2/p' |
		while read -r name value; do
			echo "$name $((value))"
		done
}

# door ARCH DOOR PACKAGE FOLDER... -- MACRO... - judge it by the first folder that is there
door() {
	local arch=$1 door=$2 package=$3 folder=

	shift 3
	while [ "$1" != -- ]; do
		[ -n "$folder" ] || [ ! -e "$1/asm/unistd.h" ] || folder=$1
		shift
	done
	shift
	if [ -z "$folder" ]; then
		skip "$arch: numbers of $door" "the kernel's headers are not here: $package"
		return
	fi
	numbers "$folder" "$@" >"$work/numbers"
	said=$("$build/tests/numbers" "$arch" "$door" <"$work/numbers" 2>&1)
	status=$?
	while read -r line; do
		case $line in
		"ok "*) ok "$arch: ${line#ok * - }" ;;
		"not ok "*) not_ok "$arch: ${line#not ok * - }" ;;
		"#"*) echo "$line" ;;
		*) not_ok "$arch: numbers of $door" "$line" ;;
		esac
	done <<<"$said"
	is "$arch: numbers of $door" "$status" 0
	judged="$arch $door"
}

multiarch=/usr/include/$(uname -m)-linux-gnu
x86=()
[ "$(uname -m)" != x86_64 ] || x86=("$multiarch")
arm=()
[ "$(uname -m)" != aarch64 ] || arm=("$multiarch")
judged=
door x86_64 x86_64 linux-libc-dev-amd64-cross "${x86[@]}" /usr/x86_64-linux-gnu/include -- \
	__x86_64__ __LP64__
door x86_64 x86 linux-libc-dev-amd64-cross "${x86[@]}" /usr/x86_64-linux-gnu/include -- __i386__
door aarch64 arm linux-libc-dev-armhf-cross /usr/arm-linux-gnueabihf/include -- __arm__ __ARM_EABI__
door aarch64 aarch64 linux-libc-dev-arm64-cross "${arm[@]}" /usr/aarch64-linux-gnu/include -- \
	__aarch64__ __LP64__

# A number that is another call's is noticed.
if [ -n "$judged" ]; then
	sed -i -E 's/^(mount|setns) /swapped_\1 /' "$work/numbers"
	# shellcheck disable=SC2086 # two words
	"$build/tests/numbers" $judged <"$work/numbers" >"$work/out" 2>&1
	is "a wrong number is noticed" $? 1
	like "and named" "$(cat "$work/out")" "swapped_mount, number [0-9]+: 0x50001, not 0x50026"
fi
done_testing
