#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# Every way to break the gate itself, none of which may leave an unhardened container
# running: its programs are killed, its system calls fail, what it writes to is full
# or gone, and what it has to look at is without end.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/gate-lib.sh
. "$(dirname "$0")/gate-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need strace
gated

# The line to the user must not be waited for: the reader of it is the attacker.
full_pipe() {
	local start fd

	hooked full '.process.args = ["/bin/sh", "-c", "echo ran >/out/marker"]' \
		'.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c",
		"cat >/dev/null; (sleep 300 </dev/null >/dev/null 2>&1 &)"]}]'
	mkfifo "$work/full" 2>/dev/null
	exec {fd}<>"$work/full"
	dd if=/dev/zero of="$work/full" oflag=nonblock bs=4096 count=64 2>/dev/null
	rm -f "$work/hosts/enforce.log"
	# runc itself waits for its own standard error; that is not what is looked at
	"${isolated[@]}" env "$runtime" "${options[@]}" \
		--root "$work/$runtime" run --bundle "$dir" "full-$$" <"$work/nothing" >"$work/said" 2>"$work/full" &
	start=$!
	if wait_for grep '"program":"cofferdam-gate".*"refused":true' "$work/hosts/enforce.log" &&
		! ran "$dir"; then
		ok "$runtime: a full pipe for standard error does not delay the kill"
	else
		not_ok "$runtime: a full pipe for standard error" "$(cat "$work/hosts/enforce.log")"
	fi
	dd if="$work/full" of=/dev/null iflag=nonblock bs=4096 count=64 2>/dev/null
	kill -KILL "$start" 2>/dev/null
	wait "$start" 2>/dev/null
	exec {fd}>&-
	in_runtime "$runtime" delete --force "full-$$" >/dev/null 2>&1
}

# A log that can be written when the hook judges, and no more when the program is to run
lost_log() {
	local log=$work/hosts/enforce.log

	hooked lost-log '.process.args = ["/bin/sh", "-c", "echo ran >/out/marker"]'
	jq --arg log "$log" '.hooks.createRuntime += [{path: "/bin/sh", args: ["sh", "-c",
		"cat >/dev/null; rm \($log) && mkdir \($log)"], env: ["PATH=/usr/bin:/bin"]}]' \
		"$dir/config.json" >"$dir/edited" && mv "$dir/edited" "$dir/config.json"
	run "$runtime" "$dir"
	never_ran "the log is lost before the program runs" "the record cannot be written"
	rmdir "$log" && : >"$log"
}

# Mounts without end: each is looked at once, and not beside each other
many_mounts() {
	local most=2000

	[ "$sanitizer" = no ] || most=8000
	hooked mounts '.process.args = ["/bin/sh", "-c", "echo ran >/out/marker"]' \
		'.mounts += [("/tmp", "/tmp/m\(range(8000))") | {destination: ., type: "tmpfs", source: "tmpfs",
			options: ["nosuid", "nodev", "size=4m"]}]'
	: >"$work/hosts/enforce.log"
	run "$runtime" "$dir"
	is "$runtime: 8000 mounts" "$status$(cat "$dir/out/marker")" "0ran"
	like "$runtime: and the gate has not held it for $most ms" \
		"$(grep cofferdam-gate "$work/hosts/enforce.log" | jq ".gate.held_us < ${most}000")" '^true$'
}

# Kill every process of Cofferdam's at random moments: hook or supervisor. They are known by
# their program: a copy of this test's own, so that nobody else's are hit.
random_kills() {
	local i n=$1 ran_unhardened=0 ended=0 whole=0 kills=0 span=15000 newest copy=$work/killed-hook

	[ "$sanitizer" = no ] || span=32000
	# LeakSanitizer complains when what it looks at is killed
	local ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0

	cat >"$work/killer.c" <<-'END'
	#define _GNU_SOURCE
	#include <dirent.h>
	#include <limits.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <time.h>
	#include <unistd.h>
	/* Signals every process of PROGRAM's, or the newest, and tells how many there were. */
	static int all(const char *program, int signal, int newest)
	{
		DIR *d = opendir("/proc");
		int n = 0, last = 0;

		for (struct dirent *e; d && (e = readdir(d));) {
			char path[64], exe[PATH_MAX];
			int pid = atoi(e->d_name);
			ssize_t len;

			snprintf(path, sizeof(path), "/proc/%d/exe", pid);
			len = pid > 1 ? readlink(path, exe, sizeof(exe) - 1) : -1;
			if (len < 0 || (exe[len] = '\0', strcmp(exe, program) != 0))
				continue;
			if (newest)
				last = pid > last ? pid : last;
			else
				n += kill(pid, signal) == 0;
		}
		if (last)
			n = kill(last, signal) == 0;
		if (d)
			closedir(d);
		return n;
	}
	/* PROGRAM MICROSECONDS [newest]: that long after it was seen first */
	int main(int argc, char **argv)
	{
		const time_t end = time(NULL) + 3;

		while (argc >= 3 && all(argv[1], 0, 0) == 0 && time(NULL) < end)
			;
		usleep((useconds_t)atoi(argv[2]));
		printf("%d\n", all(argv[1], SIGKILL, argc > 3));
		return 0;
	}
	END
	gcc -O1 -o "$work/killer" "$work/killer.c" || bail "no compiler"
	cp "$hook" "$copy"
	hook=$copy hooked killed "$(shell "grep -q 'NoNewPrivs:.1' /proc/self/status && grep -q ' / [^ ]* ro,' /proc/self/mounts && echo hardened >/out/marker || echo unhardened >/out/marker")"
	# crun misses the end of a hook whose supervisor ends in the same moment, and waits for this
	jq '.hooks.createRuntime[].timeout = 5' "$dir/config.json" >"$dir/edited"
	mv "$dir/edited" "$dir/config.json"
	for ((i = 0; i < n; i++)); do
		rm -f "$dir/out/marker"
		# all of them, or the one that was started last: as a rule that for the mounts
		newest=()
		[ $((i % 2)) = 0 ] || newest=(newest)
		"$work/killer" "$copy" $((RANDOM % span)) "${newest[@]}" >"$work/killed" &
		in_runtime "$runtime" run --bundle "$dir" "rk-$$-$i" <"$work/nothing" >"$work/said" 2>&1
		wait $!
		kills=$((kills + $(<"$work/killed")))
		case $(cat "$dir/out/marker" 2>/dev/null) in
		unhardened) ran_unhardened=$((ran_unhardened + 1)) ;;
		hardened) whole=$((whole + 1)) ;;
		*) ended=$((ended + 1)) ;;
		esac
		in_runtime "$runtime" delete --force "rk-$$-$i" >/dev/null 2>&1
	done
	note "$runtime: of $n, $whole ran hardened, $ended did not run; $kills processes were killed"
	holds "$runtime: processes were killed at random moments" test "$kills" -gt 0
	is "$runtime: killed at $n random moments, none ran unhardened" "$ran_unhardened" 0
}

# injections CALL - what happens at it, in strace's words: memory may run out
# anywhere, and the hook or its supervisor may be killed; the last comes to none,
# and shows that otherwise the container runs
injections() {
	local when

	case $1 in
	mmap | brk)
		for when in 1 2 3 4 5 6 8 10 13 2+ 4+ 7+; do
			echo "error=ENOMEM:when=$when"
		done
		;;
	*)
		printf 'error=EPERM:when=%s\n' 1 2 4+
		printf 'signal=KILL:when=%s\n' 1 3
		;;
	esac
	echo error=EPERM:when=65535
}

# Each system call of the hook and its supervisor fails in turn, or is its last.
# (LeakSanitizer does not work below strace.)
failing_calls() {
	local call injection came bad=0 tried=0 hardened=0 wrapper=$work/inject said=

	hooked failing "$(shell "grep -q 'NoNewPrivs:.1' /proc/self/status && grep -q 'Seccomp_filters:.1' /proc/self/status && grep -q ' / [^ ]* ro,' /proc/self/mounts && echo hardened >/out/marker || echo unhardened >/out/marker")"
	cat >"$wrapper" <<-END
	#!/bin/sh
	exec strace -D -f -qq -o /dev/null -e trace=\$CALL -e inject=\$CALL:\$INJECTION \
		"$hook" createRuntime --host-config "$enforce" >/dev/null 2>&1
	END
	for call in openat openat2 read mmap brk fork clone pipe2 setsid chdir dup2 dup3 memfd_create \
		fcntl ptrace wait4 process_vm_readv process_vm_writev setns fchdir chroot fsopen fsconfig \
		fsmount move_mount mount_setattr open_tree statx newfstatat fstat getdents64 write \
		pidfd_open capset prctl close_range futex madvise; do
		for injection in $(injections "$call"); do
			hook_instead "$wrapper" "CALL=$call" "INJECTION=$injection" "PATH=$PATH" \
				"ASAN_OPTIONS=detect_leaks=0"
			rm -f "$dir/out/marker"
			timeout -k 1 10 "${isolated[@]}" env "$runtime" \
				"${options[@]}" --root "$work/$runtime" run --bundle "$dir" "fc-$$" <"$work/nothing" >"$work/said" 2>&1
			tried=$((tried + 1))
			came=$(cat "$dir/out/marker" 2>/dev/null)
			[ "$came" != hardened ] || hardened=$((hardened + 1))
			if [ "$came" = unhardened ] ||
				{ [[ $injection == *65535 ]] && [ "$came" != hardened ]; }; then
				bad=$((bad + 1))
				said="$said $call:$injection:$came"
			fi
			in_runtime "$runtime" delete --force "fc-$$" >/dev/null 2>&1
		done
	done
	note "$runtime: $hardened of $tried ran hardened, as the call was not made, or not needed"
	is "$runtime: $tried runs with failing system calls and kills, none ran unhardened" "$bad$said" 0
}

random_kills_30() {
	random_kills 30
}

for runtime in runc crun; do
	options=()
	[ "$runtime" = runc ] || options=(--cgroup-manager=cgroupfs)
	parts full_pipe lost_log random_kills_30
done
runtime=runc options=()
parts failing_calls many_mounts

done_testing
