#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds the fuzz targets with clang, in the folder fuzz-build of the build, and
# runs them.
#
#	tests/fuzz/run.sh build			build them and make the first inputs
#	tests/fuzz/run.sh try TARGET RUNS	what was once found, then RUNS inputs that are
#						the same every time
#	tests/fuzz/run.sh search SECONDS [TARGET]...
#						search each for so long, one after the
#						other, and keep what it learns in
#						fuzz-build/corpus/TARGET
#
# What a target stops at is left in fuzz-build/found. To see it again:
#
#	fuzz-build/tests/fuzz/fuzz_TARGET FILE
#
# When it is mended, the file goes to tests/fuzz/regressions/TARGET, under a name
# that says what it was.
set -u -o pipefail
export LC_ALL=C
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}quarantine_size_mb=16"

src=$(cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/../..}" && pwd) || exit 2
build=$(cd "${top_builddir:-.}" && pwd)/fuzz-build
clang=${FUZZ_CC:-clang}
all="command entry facts host json policy process spec state"

complain() {
	echo "fuzz: $*" >&2
	exit 1
}

build_targets() {
	local targets=() number=0 line runtime

	mkdir -p "$build" && cd "$build" || exit 1
	if [ ! -f Makefile ]; then
		CC=$clang "$src/configure" --with-fuzzing --with-sanitizer=address,undefined \
			--enable-static=no --enable-silent-rules CFLAGS='-O1 -g' || exit 1
	fi
	for target in $all; do
		targets+=("tests/fuzz/fuzz_$target")
	done
	make -j"$(nproc)" "${targets[@]}" tests/fuzz/seeds || exit 1
	rm -rf first && tests/fuzz/seeds first || exit 1
	# Configurations that tests elsewhere start from.
	find "$src/tests/corpus" "$src/tests/rules" -name '*.json' -size -16k 2>/dev/null |
		while read -r file; do
			name=$(tr / - <<<"${file#"$src/tests/"}")
			case $name in
			*facts*) cp "$file" "first/facts/$name" ;;
			*cases.json) ;;
			*) cp "$file" "first/spec/$name" ;;
			esac
		done
	# Command lines of the unit test, an argument a line; "_" is an empty one, and
	# what C escapes is escaped.
	mkdir -p first/command
	sed -n 's/^\t\t{ \(RUNTIME_[A-Z]*, \)\{0,1\}"\([^"]*\)",.*/\2/p' \
		"$src/tests/unit/test_command.c" |
		while read -r line; do
			number=$((number + 1))
			for runtime in runc crun; do
				printf '%b\n' "$runtime $line" | tr ' ' '\n' | sed 's/^_$//' \
					>"first/command/$runtime-$number"
			done
		done
}

# run TARGET OPTION... - with what all runs share
run() {
	local target=$1

	shift
	mkdir -p "$build/found" "$build/corpus/$target"
	"$build/tests/fuzz/fuzz_$target" -artifact_prefix="$build/found/$target-" \
		-dict="$build/first/dictionary" -timeout=20 -rss_limit_mb=2048 -max_len=8192 "$@"
}

try() {
	local target=$1 runs=$2 empty known=("$src/tests/fuzz/regressions/$1"/*)

	if [ -e "${known[0]}" ]; then
		run "$target" "${known[@]}" || exit 1
	fi
	empty=$(mktemp -d "$build/try.XXXXXX") || exit 1
	run "$target" -seed=1 -runs="$runs" "$empty" "$build/first/$target"
	set -- $?
	rm -rf "$empty"
	exit "$1"
}

search() {
	local seconds=$1 failed=0 known

	shift
	# shellcheck disable=SC2086 # words
	[ $# -gt 0 ] || set -- $all
	for target; do
		echo "== $target, $seconds s"
		known=$src/tests/fuzz/regressions/$target
		[ -d "$known" ] || known=$build/first/$target
		run "$target" -max_total_time="$seconds" -print_final_stats=1 \
			"$build/corpus/$target" "$build/first/$target" \
			"$known" >"$build/$target.log" 2>&1 ||
			failed=1
		grep -E 'does not hold|ERROR:|SUMMARY|runtime error|stat::number_of_exec|^#.*DONE' \
			"$build/$target.log"
	done
	[ "$failed" = 0 ] || complain "something was found: see $build/found"
}

case ${1-} in
build) build_targets ;;
try) try "$2" "$3" ;;
search)
	(build_targets) >"$build.log" 2>&1 || complain "cannot be built: see $build.log"
	shift
	search "$@"
	;;
*)
	sed -n '4,/^set /{s/^# \{0,1\}//p;}' "$0"
	exit 2
	;;
esac
