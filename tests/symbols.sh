#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# One name, one function: in an archive the linker takes the first of two that
# fits, and says nothing. And what the hook must not carry. Prints TAP.
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
# libselinux looks for its file system whenever a program starts, and a hook starts often.
carried=$(nm "$build/cofferdam-hook" 2>/dev/null | awk '$3 ~ /^(is_selinux_enabled|selinux_mnt|file_replace)/ { print $3 }')
if [ -z "$carried" ] && nm "$build/cofferdam-hook" | grep -q ' main$'; then
	echo "ok 3 - the hook carries nothing of libselinux"
else
	echo "not ok 3 - the hook carries nothing of libselinux"
	printf '%s\n' "$carried" | sed 's/^/#   /'
fi
