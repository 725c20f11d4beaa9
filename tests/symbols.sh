#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One name, one function: in an archive the linker takes the first of two that
# fits, and says nothing. And what the programs must not carry. Prints TAP.
set -u
build=${top_builddir:-.}

twice=$(nm --defined-only "$build/libcofferdam.a" 2>/dev/null |
	awk '$2 ~ /^[TDRBC]$/ { print $3 }' | sort | uniq -d)
names=$(nm --defined-only "$build/libcofferdam.a" 2>/dev/null | awk '$2 == "T"' | wc -l)
echo "1..3"
if [ -z "$twice" ]; then
	echo "ok 1 - no function is defined twice"
else
	echo "not ok 1 - no function is defined twice"
	printf '%s\n' "$twice" | sed 's/^/#   /'
fi
if [ "$names" -gt 100 ]; then
	echo "ok 2 - $names functions were looked at"
else
	echo "not ok 2 - only $names functions were looked at"
fi
# libselinux looks for its file system whenever a program starts, and these start often.
carried=
for program in hook runtime; do
	nm "$build/cofferdam-$program" | grep -q ' main$' || carried+="cofferdam-$program: no program "
	carried+=$(nm "$build/cofferdam-$program" | grep -E '(is_selinux_enabled|selinux_mnt)')
done
if [ -z "$carried" ]; then
	echo "ok 3 - hook and door carry nothing of libselinux"
else
	echo "not ok 3 - hook and door carry nothing of libselinux"
	printf '%s\n' "$carried" | sed 's/^/#   /'
fi
