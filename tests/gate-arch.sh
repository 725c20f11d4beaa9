#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The architectures of the gate: its sources compile for each without a warning,
# and what can be run without holding a process is run, for another architecture
# by qemu's user mode. (That has no ptrace(2): the gate itself is not run there.)
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# $work comes from there.
# shellcheck disable=SC2154

setup_work
read -ra cc <<<"${CC:-cc}"

# The warnings that a change must not have (configure.ac, --enable-werror)
flags=(-std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow
	-Wmissing-prototypes -Wstrict-prototypes -Wpointer-arith -Wcast-qual -Wwrite-strings
	-Wvla -Wformat=2 -Wundef -Werror -I"$src/include")

# A header that is the same on all of them, and not the rest of the host's
mkdir -p "$work/include"
header=$("${cc[@]}" -E -x c - <<<'#include <cap-ng.h>' 2>/dev/null |
	sed -n 's/^# 1 "\(.*cap-ng\.h\)".*/\1/p' | head -n 1)
[ -z "$header" ] || cp "$header" "$work/include/"

# compiles WHAT COMPILER...
compiles() {
	local what=$1 file said=

	shift
	for file in "$src"/src/gate/*.c; do
		said=$said$("$@" "${flags[@]}" -I"$work/include" -c -o "$work/object.o" "$file" 2>&1)
	done
	is "$what: the gate compiles without a warning" "$said" ""
}

# runs WHAT EMULATOR COMPILER... - its tests, each of which is one here
runs() {
	local what=$1 emulator=$2 line code

	shift 2
	rm -f "$work/arch"
	"$@" "${flags[@]}" -static -o "$work/arch" "$src/tests/gate-arch.c" "$src"/src/gate/arch-*.c || {
		not_ok "$what: its tests do not compile"
		return
	}
	$emulator "$work/arch" >"$work/said"
	code=$?
	is "$what: its tests end, and are as many as planned" \
		"$code 1..$(grep -cE '^(not )?ok ' "$work/said")" "0 $(grep '^1\.\.' "$work/said")"
	while read -r line; do
		case $line in
		"ok "*) ok "$what: ${line#* - }" ;;
		"not ok "*) not_ok "$what: ${line#* - }" ;;
		esac
	done <"$work/said"
}

machine=$(uname -m)
case $machine in
x86_64 | aarch64) runs "$machine" "" "${cc[@]}" ;;
*) skip "$machine" "there is no gate on this architecture" ;;
esac
if [ "$machine" = x86_64 ]; then
	cross=$(compgen -c | grep -E '^aarch64-linux-gnu-gcc(-[0-9]+)?$' | sort | head -n 1)
	if [ -z "$cross" ] || ! command -v qemu-aarch64-static >/dev/null; then
		skip "aarch64" "a cross compiler or qemu-aarch64-static is missing: see scripts/setup.sh"
	else
		compiles aarch64 "$cross"
		runs aarch64 qemu-aarch64-static "$cross"
	fi
fi
done_testing
