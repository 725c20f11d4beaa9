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
	find . -maxdepth 1 \( -name '*.sh' -o -name '*.a[cm]' -o -name '*.md' \) ! -name '*.tmp.*')

if have shellcheck; then
	run shellcheck shellcheck --external-sources --severity=style "${sh_files[@]}"
fi
if have codespell; then
	# Misspelt on purpose, to see whether it is noticed, or no words
	run codespell codespell \
		--ignore-words-list=ba,chek,chekc,filles,flagg,fo,inh,larg,nam,nd,nin,ro,stopp,sumary,tipe,ue "${text_files[@]}"
fi
cd "$here" || exit 1

# As make gives it to a shell, with its quotes
flags=()
eval "flags=($CPPFLAGS)"
paths=()
for file in "${c_files[@]}"; do
	paths+=("$srcdir/$file")
done
if have cppcheck; then
	# It knows neither __attribute__((cleanup)) nor what .incbin defines, compound literals
	# least of all, nor that a fuzz target's property() does not come back.
	run cppcheck cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr \
		--enable=warning,performance,portability --suppress=missingIncludeSystem \
		--suppress=memleak --suppress=resourceLeak --suppress=comparePointers \
		--suppress=autoVariables --suppress=varFuncNullUB \
		--suppress=preprocessorErrorDirective --suppress='*:*/tests/fuzz/*' -j "$(nproc)" \
		"${flags[@]}" "${paths[@]}"
fi
if have clang-tidy; then
	# The programs alone. Left out: what an analyser of one file at a time gets
	# wrong where memory is owned by scope and 0 from another file promises a
	# result; and matters of taste. One process a file: clang 14 confuses va_list
	# otherwise.
	checks='-*,bugprone-*,clang-analyzer-*'
	checks+=,-clang-analyzer-unix.Malloc,-clang-analyzer-deadcode.DeadStores
	checks+=,-clang-analyzer-core.NullDereference,-clang-analyzer-core.NonNullParamChecker
	checks+=,-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.uninitialized.Assign
	checks+=,-clang-analyzer-core.UndefinedBinaryOperatorResult
	checks+=,-clang-analyzer-optin.performance.Padding
	checks+=,-clang-analyzer-optin.portability.UnixAPI,-bugprone-not-null-terminated-result
	checks+=,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling
	checks+=,-bugprone-easily-swappable-parameters,-bugprone-macro-parentheses
	checks+=,-bugprone-reserved-identifier,-bugprone-narrowing-conversions
	checks+=,-bugprone-sizeof-expression,-bugprone-branch-clone
	checks+=,-bugprone-assignment-in-if-condition
	# shellcheck disable=SC2016 # expanded by the inner shell
	run clang-tidy xargs -a <(printf '%s\n' "${paths[@]}" | grep -v /tests/) -n 1 -P "$(nproc)" \
		bash -c 'clang-tidy --quiet --warnings-as-errors="*" --checks="$1" \
			"${@: -1}" -- "${@:2:$#-2}" 2>/dev/null' tidy "$checks" -std=gnu11 "${flags[@]}"
fi
exit $failed
