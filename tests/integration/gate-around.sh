#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# What surrounds the gate: pods, engines under a filter or without a capability, floods
# of signals, and what is done to a container before its start.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/gate-lib.sh
. "$(dirname "$0")/gate-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need gcc setpriv
lenient

unseeing=$(policy_host unseeing '.gate = "enforce"' <<END
{ "format": 1, "name": "unseeing", "extends": "restricted", "rules": {
$("$cofferdam" rules --format json | jq -r '.[].id' | grep -E '^(host|foreign|protected|root-|cgroup|rootfs-[hs]|sensitive|engine|mount-o|cwd)' |
	sed 's/.*/	"&": { "action": "off" }/' | paste -sd,) } }
END
)

# shellcheck disable=SC2016 # expanded inside
say='.process.args = ["/bin/sh", "-c", "grep -E \"^(NoNewPrivs|Seccomp_filters|CapEff)\" /proc/self/status;
	grep -q \" / [^ ]* ro,\" /proc/self/mounts && echo root-ro; echo ran >/out/marker"]'

hardened() {
	local wanted=$'CapEff:\t0{16}.*NoNewPrivs:\t1.*Seccomp_filters:\t[12].*root-ro'

	if ran "$dir" && [[ $output =~ $wanted ]]; then
		ok "$runtime: $1"
	else
		not_ok "$runtime: $1" "$status" "$output"
	fi
}

# The second container of a pod: namespaces of the first, a cgroup beside it
pod() {
	local id=pod-$$ pid join='' type own

	dir=$(bundle first '.process.args = ["/bin/sleep", "300"]' '.linux.cgroupsPath = "/cofferdam-pod-'$$'/a"')
	in_runtime "$runtime" run --detach --bundle "$dir" "$id" <"$work/nothing" >"$work/said" 2>&1
	pid=$(in_runtime "$runtime" state "$id" | jq -r .pid)
	for type in pid network ipc uts; do
		own=$type
		[ "$type" != network ] || own=net
		join="$join | (.linux.namespaces[] | select(.type == \"$type\")).path = \"/proc/$pid/ns/$own\""
	done
	hooked second ".linux.cgroupsPath = \"/cofferdam-pod-$$/b\" $join" "$say"
	run "$runtime" "$dir"
	hardened "a second container of a pod is hardened in the namespaces of the first"
	hooked intruder ".linux.cgroupsPath = \"/cofferdam-pod-$$/a\" $join" "$say"
	run "$runtime" "$dir"
	unlike "$runtime: in the cgroup of the first it does not run" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and why" "$output$(tail -n 1 "$work/hosts/enforce.log")" "somebody else's|not empty|exist"
	in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
	end_cgroups "cofferdam-pod-$$*"
}

# An engine that may not trace
without_ptrace() {
	local -a isolated=(setpriv "--bounding-set=-sys_ptrace" "--inh-caps=-sys_ptrace")
	# LeakSanitizer traces, too
	local ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0

	hooked noptrace "$say"
	run "$runtime" "$dir"
	unlike "$runtime: without CAP_SYS_PTRACE it does not run" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and what the rules cannot look at is told" \
		"$output$(tail -n 1 "$work/hosts/enforce.log")" "cannot be compared: Permission denied"
	# with none of those rules it is the gate that says so
	enforce=$unseeing hooked noptrace "$say"
	run "$runtime" "$dir"
	unlike "$runtime: nor with rules that look at nothing" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and the gate tells why" "$output$(tail -n 1 "$work/hosts/unseeing.log")" \
		"the hook was started without CAP_SYS_PTRACE"
	[ -e /proc/sys/kernel/yama/ptrace_scope ] || note "this kernel has no Yama: ptrace_scope 3 was not tried"
}

# without NUMBER CALL REASON - under a filter that refuses the call nothing runs, for its reason
without() {
	isolated=("$work/under" "$1")
	hooked filtered "$say"
	run "$runtime" "$dir"
	is "$runtime: under a filter without $2: it does not run" "$(ran "$dir" || echo not)" not
	like "$runtime: under a filter without $2: and why" "$output" "$3"
}

# An engine whose service has a filter, which the supervisor inherits
under_filter() {
	local -a isolated
	local ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0

	cat >"$work/under.c" <<-'END'
	#define _GNU_SOURCE
	#include <errno.h>
	#include <linux/filter.h>
	#include <linux/seccomp.h>
	#include <stddef.h>
	#include <stdlib.h>
	#include <sys/prctl.h>
	#include <sys/syscall.h>
	#include <unistd.h>
	/* under NUMBER COMMAND... - with a filter that refuses this system call */
	int main(int argc, char **argv)
	{
		struct sock_filter f[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)atoi(argv[1]), 0, 1),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog p = { sizeof(f) / sizeof(f[0]), f };
		if (argc < 3 || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &p) < 0)
			return 125;
		execvp(argv[2], argv + 2);
		return 126;
	}
	END
	gcc -O1 -o "$work/under" "$work/under.c" || bail "no compiler"
	isolated=("$work/under" 9999)
	hooked filtered "$say"
	run "$runtime" "$dir"
	hardened "under a filter that lets the gate work it works"
	like "$runtime: under a filter: with the engine's there are two" "$output" $'Seccomp_filters:\t2'
	like "$runtime: under a filter: the record says what it cannot read" \
		"$(tail -n 1 "$work/hosts/enforce.log" | jq -c .gate.unverified)" "content of the filter"
	# the engine's filter is no substitute for the one that the runtime was to load
	exchanged 'del(.linux.seccomp)' .
	caught "under a filter: the runtime's is missing" "1 filters are in force where 2 were wanted"
	without 101 ptrace 'ptrace\(2\) cannot hold the container.s process'
	without 317 seccomp 'cofferdam: refused at the gate: seccomp\(2\)'
	without 442 mount_setattr 'cofferdam: refused at the gate: the root cannot become read-only'
	# no runtime comes as far as the gate
	without 157 prctl 'pdeath signal|set child subreaper'
}

# Signals faster than steps: before the exec they hold it up for as long as they come,
# and at the exec it is the gate's end or the container's. Nothing runs unhardened.
floods() {
	local id signal pid flooder said

	cat >"$work/flood.c" <<-'END'
	#include <signal.h>
	#include <stdlib.h>
	#include <time.h>
	int main(int argc, char **argv)
	{
		const time_t end = time(NULL) + 2;
		const int signal = argc > 2 ? atoi(argv[2]) : 0;
		while (time(NULL) < end && kill(atoi(argv[1]), signal) == 0)
			;
		return 0;
	}
	END
	gcc -O2 -o "$work/flood" "$work/flood.c" || bail "no compiler"
	for signal in 0 28 64; do
		id=flood-$signal-$$
		hooked flood '.process.args = ["/bin/sh", "-c",
			"grep -q NoNewPrivs:.1 /proc/self/status && echo hardened >/out/marker || echo bare >/out/marker"]'
		in_runtime "$runtime" create --bundle "$dir" "$id" <"$work/nothing" >"$work/flood.out" 2>&1
		pid=$(in_runtime "$runtime" state "$id" | jq -r .pid)
		"$work/flood" "$pid" "$signal" &
		flooder=$!
		started+=("$flooder")
		in_runtime "$runtime" start "$id" >/dev/null 2>&1
		# thousands of the last one are queued, each of which is a stop, when the flood is over
		for ((i = 0; i < 600; i++)); do
			[ -e "$dir/out/marker" ] || ! grep -qs "^State:.[^Z]" "/proc/$pid/status" && break
			sleep 0.05
		done
		said=$(cat "$dir/out/marker" 2>/dev/null)
		kill -KILL "$flooder" 2>/dev/null
		wait "$flooder" 2>/dev/null
		if [ "$signal" = 0 ]; then
			is "$runtime: without signals it is hardened" "$said" hardened
		elif [ "$said" = hardened ] || { [ -z "$said" ] && [ "$i" -lt 600 ]; }; then
			ok "$runtime: a flood of signal $signal: ${said:-it ended}"
		else
			not_ok "$runtime: a flood of signal $signal: ${said:-still held}" "$(cat "$work/flood.out")"
		fi
		in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
	done
}

# What is done to a container between create and start
between() {
	local id=between-$$

	hooked between "$say"
	in_runtime "$runtime" create --bundle "$dir" "$id" <"$work/nothing" >"$work/between.out" 2>&1
	in_runtime "$runtime" pause "$id" >/dev/null 2>&1
	# (crun pauses running ones only)
	like "$runtime: paused before its start" "$(in_runtime "$runtime" state "$id" | jq -r .status)" \
		"$([ "$runtime" = runc ] && echo paused || echo created)"
	in_runtime "$runtime" resume "$id" >/dev/null 2>&1
	in_runtime "$runtime" start "$id"
	wait_for ran "$dir"
	output=$(cat "$work/between.out")
	hardened "resumed and started it is hardened"
	in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
}

for runtime in runc crun; do
	parts pod without_ptrace under_filter floods between
done

done_testing
