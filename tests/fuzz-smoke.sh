#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Every fuzz target, for a few seconds, on the same inputs every time; long
# searches are for make fuzz. Needs clang with libFuzzer.
set -u -o pipefail
export LC_ALL=C

src=$(cd "${top_srcdir:-$(dirname "$0")/..}" && pwd)
build=$(cd "${top_builddir:-.}" && pwd)
run=$src/tests/fuzz/run.sh
clang=${FUZZ_CC:-clang}
log=$build/fuzz-build.log

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

[ ! -f "$src/config.status" ] ||
	skip_all "it makes a build of its own: configure outside the source folder for it"
echo 'int LLVMFuzzerTestOneInput(const char *d, unsigned long n);
int LLVMFuzzerTestOneInput(const char *d, unsigned long n) { return !d && n; }' |
	"$clang" -fsanitize=fuzzer,address,undefined -x c -o "$build/fuzz-trial" - 2>/dev/null ||
	skip_all "$clang with libFuzzer is missing (Debian: clang, libclang-rt-dev)"
rm -f "$build/fuzz-trial"

targets=(command:20000 json:20000 state:20000 entry:20000 host:20000 facts:6000 policy:6000 process:2000 spec:2000)
echo "1..$((${#targets[@]} + 1))"
failed=0

# result NUMBER DESCRIPTION LOG STATUS
result() {
	if [ "$4" = 0 ]; then
		echo "ok $1 - $2"
		return
	fi
	failed=1
	echo "not ok $1 - $2"
	tail -n 40 "$3" | cut -c 1-1000 | sed 's/^/#   /'
}

"$run" build >"$log" 2>&1
result 1 "the targets are built" "$log" $?
[ $failed = 0 ] || exit 1
number=1
for entry in "${targets[@]}"; do
	number=$((number + 1))
	"$run" try "${entry%:*}" "${entry#*:}" >"$log" 2>&1
	result $number "${entry%:*}: ${entry#*:} inputs" "$log" $?
done
exit $failed
