#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every source file and every test is in Makefile.am: what is not listed is
# neither built nor run nor part of a release.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

cd "$src" || exit 99
count=0
for file in include/cofferdam/*.{h,def} src/*/*.[ch] hook/*.[ch] tests/*.h tests/unit/*.[ch] \
	tests/rules/*.[ch] tests/*.sh tests/integration/*.sh policy/seccomp/*.json scripts/*.sh; do
	name=$file
	case $file in
	tests/unit/test_*.c) name=${file%.c} ;;
	esac
	if ! grep -qE "(^|[[:space:]])$name([[:space:]]|\$)" Makefile.am; then
		not_ok "$file is not in Makefile.am"
	fi
	count=$((count + 1))
done
is "more than 60 files were looked for" $((count > 60)) 1
for script in *.sh .ci/run scripts/*.sh; do
	[ ! -e "$script" ] || holds "$script can be executed" test -x "$script"
done
done_testing
