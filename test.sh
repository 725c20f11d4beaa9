#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Builds Cofferdam in every way that is shipped or tested, and runs every test.
# As root, on Debian 12; installs what is missing. Builds are left in build/,
# so that a second run is faster; what every step said is in build/logs/.
#
#	./test.sh		everything that a change has to pass
#	./test.sh --quick	the sanitizer build and its unit tests alone
#	./test.sh --runtimes [trixie,sid]
#				the gate with other Debian releases' runtimes, and
#				runc's checkpoints with their CRIU
#	./test.sh --engines [trixie,sid]
#				other Debian releases' podman, containerd and Docker,
#				and containerd's NRI
#	./test.sh --full	also a release archive, clang, static analysis, and more
#				load on more profiles
#
# With CI=true in the environment a test that was skipped counts as failed.
set -uo pipefail
cd "$(dirname "$0")" || exit 1
export LC_ALL=C

what=default
case ${1-} in
'') ;;
--quick) what=quick ;;
--full) what=full ;;
--runtimes)
	what=runtimes
	releases=${2-trixie,sid}
	;;
--engines)
	what=engines
	releases=${2-trixie,sid}
	;;
--help | -h)
	sed -n '4,/^set /{s/^# \{0,1\}//p;}' "$0"
	exit 0
	;;
*)
	echo "test.sh: unknown option $1; see --help" >&2
	exit 2
	;;
esac
if [ "$(id -u)" != 0 ]; then
	echo "test.sh: this needs root: it starts containers. Without root: ./configure && make check" >&2
	exit 1
fi

passed=0
failed=0
skipped=0
logs=build/logs
jobs=$(nproc)

# count LOG - add up the summaries that automake's test driver printed into it;
# false if there is none. The last counts: failures are printed with one of their own.
count() {
	local counts

	counts=$(awk '
		/^# TOTAL:/ { pass = fail = skip = 0 }
		/^# PASS:/ { pass += $3; found = 1 }
		/^# (FAIL|XPASS|ERROR):/ { fail += $3 }
		/^# (SKIP|XFAIL):/ { skip += $3 }
		END { if (found) print pass + 0, fail + 0, skip + 0 }' "$1")
	[ -n "$counts" ] || return 1
	read -r log_passed log_failed log_skipped <<<"$counts"
	passed=$((passed + log_passed))
	failed=$((failed + log_failed))
	$unprivileged || skipped=$((skipped + log_skipped))
}

# With it, skipped tests are not counted: other steps run them, as root.
unprivileged=false

# step NAME COMMAND... - run it, say how it went, count it. A command that runs
# no test suite counts as one test. False if anything failed.
step() {
	local name=$1 log=$logs/$1.log start=$SECONDS good=true said

	shift
	printf '%-28s' "$name"
	"$@" >"$log" 2>&1 </dev/null || good=false
	if count "$log"; then
		said="$log_passed passed, $log_failed failed, $log_skipped skipped"
		if ! $good && [ "$log_failed" = 0 ]; then
			failed=$((failed + 1))
		fi
		[ "$log_failed" = 0 ] || good=false
	elif $good; then
		passed=$((passed + 1))
		said=good
	else
		failed=$((failed + 1))
		said=
	fi
	if $good; then
		echo "$said ($((SECONDS - start)) s)"
		return 0
	fi
	echo "FAILED${said:+: $said} ($((SECONDS - start)) s), see $log"
	# What failed and why, then how it ended
	awk '/^not ok/ && !/# (SKIP|TODO)/ { print; why = 1; next }
		why && /^#/ { print; next }
		{ why = 0 }
		/^(ERROR|XPASS): |(error|Error [0-9]+|warning):|Bail out!/ && !/^PASS/' "$log" |
		head -n 60 | cut -c 1-300 | sed 's/^/    /'
	tail -n 12 "$log" | sed 's/^/    | /'
	return 1
}

finish() {
	trap - EXIT
	if [ "${CI-}" = true ] && [ $skipped -gt 0 ]; then
		echo "CI=true: a skipped test is a failed one"
		failed=$((failed + skipped))
		skipped=0
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	# Said outright: exit alone would end with the status that led here
	[ $failed = 0 ] && [ $passed -gt 0 ] && exit 0
	exit 1
}
trap finish EXIT
trap 'failed=$((failed + 1)); exit' INT TERM

configure_make() {
	local dir=$1

	shift
	(cd "$dir" && ../../configure "$@") && make -C "$dir" -j"$jobs"
}

# build NAME CONFIGURE-OPTION...
build() {
	local name=$1 dir=build/$1

	shift
	mkdir -p "$dir"
	step "build-$name" configure_make "$dir" "$@"
}

# in_build NAME TARGET... - logs of failed tests are part of what is shown
in_build() {
	local dir=build/$1

	shift
	make -C "$dir" AM_COLOR_TESTS=no VERBOSE=yes "$@"
}

# make check has to work without root: give the build to somebody else.
check_unprivileged() {
	local dir=build/$1 user=65534

	if ! setpriv --reuid $user --regid $user --clear-groups test -r configure; then
		echo "this folder is closed to uid $user: checking as root"
		in_build "$1" -j"$jobs" check
		return
	fi
	chown -R $user:$user "$dir"
	setpriv --reuid $user --regid $user --clear-groups \
		make -C "$dir" AM_COLOR_TESTS=no VERBOSE=yes -j"$jobs" check
	set -- $?
	chown -R 0:0 "$dir"
	return "$1"
}

mkdir -p $logs
needs="test"
[ $what != runtimes ] && [ $what != engines ] || needs="runtimes"
step setup scripts/setup.sh $needs || exit
step autogen ./autogen.sh || exit

# The gate with the runtimes of other Debian releases, in trees that are kept
# outside of this one.
trees=${COFFERDAM_TREES:-/var/tmp/cofferdam-trees}
make_tree() {
	[ -x "$trees/$1/usr/sbin/criu" ] && return
	mkdir -p "$trees"
	# one that was begun, or made when less was wanted
	[ ! -e "$trees/$1" ] || rm -rf --one-file-system "${trees:?}/$1"
	debootstrap --variant=minbase --include=runc,crun,criu "$1" "$trees/$1"
}

if [ $what = runtimes ]; then
	build release --enable-werror --enable-static=yes || exit
	step build-probe in_build release tests/integration/probe tests/attacks/attack
	for release in ${releases//,/ }; do
		step "tree-$release" make_tree "$release" &&
			step "gate-$release" env COFFERDAM_TREE="$trees/$release" \
				make -C build/release check-TESTS AM_COLOR_TESTS=no VERBOSE=yes \
				TESTS="tests/integration/gate.sh tests/integration/gate-around.sh tests/integration/gate-life.sh
					tests/integration/gate-truth.sh tests/integration/restore.sh" \
				TEST_SUITE_LOG="gate-$release.log"
	done
	exit
fi

if [ $what = engines ]; then
	build release --enable-werror --enable-static=yes || exit
	for release in ${releases//,/ }; do
		tree=$trees/engines-$release
		step "tree-$release" bash tests/integration/make-tree.sh "$release" "$tree" &&
			step "engines-$release" in_build release check-TESTS \
				TESTS="tests/integration/engine-containerd.sh tests/integration/engine-docker.sh
					tests/integration/engine-nri.sh tests/integration/engine-podman.sh" \
				SH_LOG_COMPILER="bash ../../tests/integration/in-tree.sh $tree bash" \
				TEST_SUITE_LOG="engines-$release.log"
	done
	exit
fi

build asan --enable-werror --with-sanitizer=address,undefined &&
	step check-asan in_build asan -j"$jobs" check
[ $what != quick ] || exit

build release --enable-werror --enable-static=yes &&
	step check-release in_build release -j"$jobs" check
unprivileged=true
build noselinux --enable-werror --without-selinux &&
	step check-noselinux check_unprivileged noselinux
unprivileged=false
build plain --enable-static=no --disable-hardening &&
	step check-valgrind in_build plain -j"$jobs" check-valgrind
step check-root-release in_build release check-root
step check-root-asan in_build asan check-root
[ $what = full ] || exit

build clang --enable-werror CC=clang &&
	step check-clang in_build clang -j"$jobs" check
step lint in_build plain lint
COFFERDAM_TEST_FULL=1 step workloads-full in_build release check-TESTS \
	TESTS=tests/workloads/workloads.sh TEST_SUITE_LOG=workloads-full.log
COFFERDAM_KILLS=1000 step bundle-kills in_build release check-TESTS \
	TESTS=tests/bundle-whole.sh TEST_SUITE_LOG=bundle-kills.log
step distcheck in_build release -j"$jobs" distcheck
