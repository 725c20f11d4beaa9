#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Static analysis, called by "make lint" from the build root with srcdir and
# CPPFLAGS set. Runs every tool that is installed and names those that are not.
set -uo pipefail

srcdir=${srcdir:-.}
failed=0
here=$(pwd)

have() {
	command -v "$1" >/dev/null && return
	echo "lint: $1 is not installed, left out"
	return 1
}

run() {
	echo "lint: $1"
	shift
	"$@" || failed=1
}

cd "$srcdir" || exit 1
mapfile -t c_files < <(find hook src tests -name '*.c' | sort)
mapfile -t sh_files < <(find . -name build -prune -o -name build-aux -prune -o \
	-name '*.sh' -print -o -path ./.ci/run -print | sort)
mapfile -t text_files < <(find hook include src policy tests scripts docs .ci -type f 2>/dev/null
	ls ./*.md ./*.sh ./*.ac ./*.am)

if have shellcheck; then
	run shellcheck shellcheck --external-sources --severity=style "${sh_files[@]}"
fi
if have codespell; then
	run codespell codespell --ignore-words-list=ro,ba "${text_files[@]}"
fi
cd "$here" || exit 1

read -ra flags <<<"$CPPFLAGS"
paths=()
for file in "${c_files[@]}"; do
	paths+=("$srcdir/$file")
done
if have cppcheck; then
	run cppcheck cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=preprocessorErrorDirective -j 2 \
		-I "$srcdir/include" -I . -D_GNU_SOURCE '-DSYSCONFDIR="/etc"' \
		'-DLOCALSTATEDIR="/var"' '-DDATADIR="/usr/share/cofferdam"' \
		'-DLIBEXECDIR="/usr/libexec/cofferdam"' '-DPOLICYDIR="policy"' "${paths[@]}"
fi
if have clang-tidy; then
	run clang-tidy clang-tidy --quiet --warnings-as-errors='*' \
		--checks='-*,clang-analyzer-*,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-macro-parentheses' \
		"${paths[@]}" -- -std=gnu11 "${flags[@]}"
fi
exit $failed
