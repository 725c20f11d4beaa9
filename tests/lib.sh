# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source this
#
# What the shell tests share: TAP, a throw-away folder, bundles. Sourced; run by
# make check, or by hand from the build root:
#
#	bash tests/cli.sh

set -u -o pipefail
export LC_ALL=C
umask 022

src=$(cd "${top_srcdir:-$(dirname "${BASH_SOURCE[0]}")/..}" && pwd)
build=$(cd "${top_builddir:-.}" && pwd)
cofferdam=$build/cofferdam
hook=$build/cofferdam-hook
sanitizer=${COFFERDAM_SANITIZER:-no}

# --- TAP, with a plan that counts what was run ---

tests_run=0
tests_failed=0

ok() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1"
}

# not_ok DESCRIPTION [DETAIL]...
not_ok() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $1"
	shift
	for detail; do
		printf '%s\n' "$detail" | head -n 40 | cut -c 1-2000 | sed 's/^/#   /'
	done
}

skip() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

note() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

# Also from a command substitution, whose exit the test would not see.
bail() {
	echo "Bail out! $*" >&2
	[ "$BASHPID" = $$ ] || kill -TERM $$
	exit 99
}

# is DESCRIPTION GOT WANTED
is() {
	if [ "$2" = "$3" ]; then
		ok "$1"
	else
		not_ok "$1" "got:    $2" "wanted: $3"
	fi
}

# like DESCRIPTION TEXT REGEX (extended, over the whole text)
like() {
	if [[ $2 =~ $3 ]]; then
		ok "$1"
	else
		not_ok "$1" "got: $2" "wanted a match of: $3"
	fi
}

# unlike DESCRIPTION TEXT REGEX
unlike() {
	if [[ $2 =~ $3 ]]; then
		not_ok "$1" "got: $2" "wanted no match of: $3"
	else
		ok "$1"
	fi
}

# holds DESCRIPTION COMMAND...
holds() {
	local what=$1 said

	shift
	if said=$("$@" 2>&1); then
		ok "$what"
	else
		not_ok "$what" "failed: $*" "$said"
	fi
}

done_testing() {
	local reports

	if [ "$sanitizer" != no ]; then
		reports=$(cat "$work"/sanitizer.* 2>/dev/null)
		is "no sanitizer reported anything" "$reports" ""
	fi
	echo "1..$tests_run"
	exit $((tests_failed > 0))
}

# cc32 ARGUMENT... - build a static 32-bit program. The headers' folder is named because only
# gcc-multilib, which goes with no cross compiler, has a link to it.
cc32() {
	gcc -m32 -static -O1 -std=gnu11 -D_GNU_SOURCE -isystem /usr/include/x86_64-linux-gnu "$@"
}

# --- a throw-away folder ---

# The tests of tests/integration come with one.
work=${COFFERDAM_TEST_WORK-}

cleanup() {
	if [ -z "${COFFERDAM_TEST_WORK-}" ] && [ -n "$work" ]; then
		rm -rf "$work"
	fi
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

need() {
	local tool

	for tool; do
		command -v "$tool" >/dev/null || bail "$tool is missing: see scripts/setup.sh"
	done
}

setup_work() {
	[ -n "$work" ] || work=$(mktemp -d /tmp/cofferdam-test.XXXXXX) || bail "no folder in /tmp"
	# Open to the user that a container's root is mapped to.
	chmod 755 "$work"
	mkdir "$work/bundles" "$work/hosts" "$work/rootfs"
	# For a container's standard streams, in place of /dev/null, which is the
	# host's: crun gives what it finds there to the container's user.
	: >"$work/nothing"
	# What a hook reports must not get lost with its standard error.
	export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$work/sanitizer"
	export UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}log_path=$work/sanitizer"
	[ -x "$cofferdam" ] || bail "$cofferdam is not built"
	[ -x "$hook" ] || bail "$hook is not built"
}

# --- what this host has ---

cgroup_v2=false
[ ! -e /sys/fs/cgroup/cgroup.controllers ] || cgroup_v2=true
selinux=false
[ ! -e /sys/fs/selinux/enforce ] || selinux=true
label_process=system_u:system_r:container_t:s0:c1,c2
label_file=system_u:object_r:container_file_t:s0:c1,c2

# --- the command line ---

out=
err=
status=0

# try ARGUMENT... - run the command line; sets $out, $err, $status
try() {
	"$cofferdam" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	out=$(cat "$work/out")
	err=$(cat "$work/err")
}

# exits CODE ARGUMENT... - and nothing is said on the wrong stream
exits() {
	local code=$1

	shift
	try "$@"
	is "exit $code: cofferdam ${*//$work\//}" "$status" "$code"
	[ "$status" = "$code" ] || note "$out" "$err"
}

# synced COMMAND... - what it syncs and renames, in that order, a line each: paths below $work,
# and fresh names without their random part
synced() {
	local fresh='s#(\.cofferdam|\.link|\.new)\.[0-9a-f]{16}#\1#g'

	# LeakSanitizer does not work below strace
	ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 strace -y -o "$work/trace" \
		-e trace=fsync,fdatasync,rename,renameat,renameat2 "$@" <"$work/nothing" >"$work/said" 2>&1 ||
		cat "$work/said"
	sed -n -E "s#$work/##g; $fresh"'
		s#^f(data)?sync\([0-9]+<(.*)>\) += 0$#sync \2#p
		s#^renameat2?\([0-9]+<(.*)>, "(.*)", [0-9]+<(.*)>, "(.*)".* = 0$#rename \1/\2 \3/\4#p' \
		"$work/trace"
}

# --- bundles ---

# What every bundle starts from: a configuration that "restricted" allows as it
# is. Its program leaves a marker on a bind mount. Where the host has cgroup v2
# and SELinux, it has what engines add there.
base_config() {
	jq -n --arg root "$work/rootfs" --arg out "$1" \
		--argjson cgroup "$cgroup_v2" --argjson selinux "$selinux" \
		--arg process "$label_process" --arg file "$label_file" \
		--slurpfile seccomp "$src/policy/seccomp/hardened.json" '
	{
		ociVersion: "1.0.2",
		process: {
			user: { uid: 1000, gid: 1000 },
			args: ["/bin/sh", "-c", "echo ran >/out/marker; echo hello from inside"],
			env: ["PATH=/bin", "TERM=xterm"],
			cwd: "/",
			capabilities: ({} | .bounding = ["CAP_NET_BIND_SERVICE"]
				| .permitted = .bounding | .effective = .bounding),
			noNewPrivileges: true,
			rlimits: [ { type: "RLIMIT_NOFILE", hard: 1024, soft: 1024 },
				   { type: "RLIMIT_NPROC", hard: 1024, soft: 1024 } ]
		},
		root: { path: $root, readonly: true },
		hostname: "test",
		mounts: [
			{ destination: "/proc", type: "proc", source: "proc",
			  options: ["nosuid", "noexec", "nodev"] },
			{ destination: "/dev", type: "tmpfs", source: "tmpfs",
			  options: ["nosuid", "strictatime", "mode=755", "size=65536k"] },
			{ destination: "/dev/pts", type: "devpts", source: "devpts",
			  options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"] },
			{ destination: "/dev/shm", type: "tmpfs", source: "shm",
			  options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
			{ destination: "/tmp", type: "tmpfs", source: "tmpfs",
			  options: ["nosuid", "nodev", "mode=1777", "size=16m"] },
			{ destination: "/out", type: "bind", source: $out,
			  options: ["rbind", "rw", "nosuid", "nodev"] }
		],
		linux: {
			namespaces: [ { type: "pid" }, { type: "network" }, { type: "ipc" },
				      { type: "uts" }, { type: "mount" } ],
			resources: {
				devices: [ { allow: false, access: "rwm" } ],
				memory: { limit: 134217728 },
				pids: { limit: 64 },
				cpu: { quota: 50000, period: 100000 }
			},
			seccomp: $seccomp[0],
			maskedPaths: ["/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys",
				      "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
				      "/proc/sched_debug", "/proc/scsi", "/sys/firmware"],
			readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
					"/proc/sysrq-trigger"]
		}
	}
	| if $cgroup then .linux.namespaces += [ { type: "cgroup" } ] else . end
	| if $selinux then
		.process.selinuxLabel = $process | .linux.mountLabel = $file
	  else . end'
}

# bundle NAME [FILTER]... - make a bundle; each jq filter edits config.json.
# Prints its path.
bundle() {
	local dir=$work/bundles/$1 filter all=.

	shift
	rm -rf "$dir"
	mkdir -p "$dir/out"
	chmod 1777 "$dir/out"
	for filter; do
		all="$all | ($filter)"
	done
	base_config "$dir/out" | jq --arg bundle "$dir" "$all" >"$dir/config.json" ||
		bail "bad filter: $all"
	echo "$dir"
}

# --- host.json ---

# own_policy NAME BUNDLE - standard input as the policy bundle BUNDLE beside the
# host.json that host_config NAME made
own_policy() {
	mkdir -p "$work/hosts/$1/bundles/$2"
	cat >"$work/hosts/$1/bundles/$2/policy.json"
}

# host_config NAME [FILTER] - a host.json that enforces "test", which is
# "restricted" but that it only warns of what every bind of a test's is, and logs
# to a file; the jq filter edits it. Prints its path; the log is NAME.log.
host_config() {
	local dir=$work/hosts/$1

	mkdir -p "$dir"
	own_policy "$1" test <<-END
		{ "format": 1, "name": "test", "extends": "restricted",
		  "rules": { "host-path": { "action": "warn" }, "mount-flags": { "action": "warn" },
		             "host-socket": { "action": "warn" },
		             "foreign-hooks": { "allow": ["$hook", "$(realpath /bin/sh)"] } } }
	END
	jq -n --arg log "$work/hosts/$1.log" '
		{ format: 1, mode: "enforce", gate: "off",
		  policies: [ { use: "test" } ],
		  log: { file: $log, journald: false, syslog: false, on_failure: "deny" } }
		| '"${2:-.}" >"$dir/host.json" || bail "bad filter: $2"
	echo "$dir/host.json"
}

# policy_host NAME [FILTER] - the same, where the policy in force is not "test" but standard
# input, of the name NAME
policy_host() {
	own_policy "$1" "$1"
	host_config "$1" ".policies = [{use: \"$1\"}] | ${2:-.}"
}
