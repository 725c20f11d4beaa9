#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What the gate reads from the kernel: a runtime that was given another
# configuration than the one that was judged. A hook of the test's exchanges
# config.json between the two, for one member at a time, so that nothing but
# the kernel tells the difference. Then what surrounds the gate: pods, engines
# under a filter or without a capability, floods of signals.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq gcc setpriv
[ -x "$probe" ] || bail "$probe is not built"
setup_work
make_rootfs
echo secret >"$work/rootfs/etc/hidden"

host_config verify '.gate = "verify" | .policies = [{use: "lenient"}]' >/dev/null
host_config enforce '.gate = "enforce" | .policies = [{use: "lenient"}]' >/dev/null
for name in verify enforce; do
	own_policy $name lenient <<-'END'
	{ "format": 1, "name": "lenient", "extends": "restricted",
	  "rules": { "host-path": { "action": "warn" }, "mount-flags": { "action": "off" },
	             "foreign-namespace": { "action": "warn" }, "cgroup-path": { "action": "warn" },
	             "root-user": { "action": "warn" }, "foreign-hooks": { "action": "off" },
	             "mount-over-system": { "action": "off" },
	             "devices": { "action": "warn" } } }
	END
done

host_config unseeing '.gate = "enforce" | .policies = [{use: "unseeing"}]' >/dev/null
own_policy unseeing unseeing <<END
{ "format": 1, "name": "unseeing", "extends": "restricted", "rules": {
$("$cofferdam" rules --format json | jq -r '.[].id' | grep -E '^(host|foreign|protected|root-|cgroup|rootfs-[hs]|sensitive|engine|mount-o|cwd)' |
	sed 's/.*/	"&": { "action": "off" }/' | paste -sd,) } }
END

wrapper=$work/exchange
cat >"$wrapper" <<END
#!/bin/sh
cp judged.json config.json && exec "$hook" createRuntime --host-config "$work/hosts/verify/host.json"
END
chmod +x "$wrapper"

# exchanged GIVEN JUDGED [FILTER]... - run a bundle of which the runtime is given
# what the first filter makes of it, and the hook judges what the second does
exchanged() {
	local given=$1 judged=$2

	shift 2
	dir=$(bundle exchange "$@")
	jq "$judged" "$dir/config.json" >"$dir/judged.json" || bail "bad filter: $judged"
	jq --arg w "$wrapper" --arg asan "$ASAN_OPTIONS" --arg ubsan "$UBSAN_OPTIONS" \
		"$given"' | .hooks.createRuntime = [{path: $w, args: ["exchange"], env: ["PATH=/bin:/usr/bin",
			"ASAN_OPTIONS=" + $asan, "UBSAN_OPTIONS=" + $ubsan]}]' \
		"$dir/config.json" >"$dir/edited" || bail "bad filter: $given"
	mv "$dir/edited" "$dir/config.json"
	rm -f "$work/hosts/verify.log"
	run "$runtime" "$dir"
}

verified() {
	grep '"program":"cofferdam-gate"' "$work/hosts/verify.log" 2>/dev/null | tail -n 1 |
		jq -c .gate.verified
}

# caught WHAT REGEX - it was killed at the gate, for that reason, and never ran
caught() {
	if ran "$dir" || [ "$status" = 0 ]; then
		not_ok "$runtime: $1: it ran" "$status" "$output" "$(verified)"
	else
		like "$runtime: $1" "$output" "refused at the gate: .*$2"
	fi
}

# runs WHAT - it came to its end
runs() {
	if ran "$dir"; then
		ok "$runtime: $1"
	else
		not_ok "$runtime: $1" "$status" "$output"
	fi
}

# differs WHAT GIVEN JUDGED REGEX [FILTER]... - a difference that must be seen, and
# the same container without one, which must run
differs() {
	local what=$1 given=$2 judged=$3 regex=$4

	shift 4
	exchanged "$given" "$judged" "$@"
	caught "$what" "$regex"
	exchanged "$judged" "$judged" "$@"
	runs "$what, as judged: it runs"
}

members() {
	differs "a filter that allows more" \
		'.linux.seccomp.syscalls += [{names: ["uname"], action: "SCMP_ACT_ALLOW"}]' . \
		"the runtime's filter allows uname" \
		'del(.linux.seccomp.syscalls[].names[] | select(. == "uname"))'
	like "$runtime: the filter was compared" "$(verified)" "runtime's filter against linux.seccomp"
	differs "a condition that is missing" \
		'.linux.seccomp.syscalls += [{names: ["uname"], action: "SCMP_ACT_ALLOW"}]' \
		'.linux.seccomp.syscalls += [{names: ["uname"], action: "SCMP_ACT_ALLOW",
			args: [{index: 0, value: 0, op: "SCMP_CMP_EQ"}]}]' \
		"the runtime's filter allows uname" \
		'del(.linux.seccomp.syscalls[].names[] | select(. == "uname"))'
	differs "no filter" 'del(.linux.seccomp)' . "no seccomp filter is in force"
	differs "a higher limit" '.process.rlimits[0].hard = 1000' '.process.rlimits[0].hard = 900' \
		"RLIMIT_NOFILE is [0-9]+ of at most 1000, where [0-9]+ of 900" \
		'.process.rlimits[0] = {type: "RLIMIT_NOFILE", soft: 512, hard: 900}'
	differs "another oom_score_adj" '.process.oomScoreAdj = 100' '.process.oomScoreAdj = 500' \
		"its oom_score_adj is 100, where 500"
	like "$runtime: both are in the record" "$(verified)" "oom_score_adj.*resource limits"
	cp -a "$work/rootfs" "$work/other" 2>/dev/null
	differs "another root" '.root.path = "'"$work/other"'"' . "its root is"
	rm -rf "$work/other"
	differs "another device" '.linux.resources.devices += [{allow: true, type: "c", major: 10,
		minor: 229, access: "rw"}]' . 'devices cgroup allows "c 10:229 rw'
	differs "every device" '.linux.resources.devices = [{allow: true, access: "rwm"}]' . \
		'devices cgroup allows "a \*:\* rwm'
	like "$runtime: the devices cgroup was read" "$(verified)" '"devices"'
	differs "more capabilities" '.process.capabilities |= map_values(. + ["CAP_SYS_ADMIN"])' . \
		"capabilities 0x200000 in the permitted set" '.process.user = {uid: 0, gid: 0}'
	differs "another user" '.process.user.uid = 0' . "runs as uid 0"
	differs "another group" '.process.user.additionalGids = [4]' . "in group 4"
	differs "no_new_privs not set" '.process.noNewPrivileges = false' . "no_new_privs is not set"
	differs "a writable root" '.root.readonly = false' . "its root is writable"
	# runc 1.1 opens the image's /dev/null for the program, wherever that leads
	if [ "$runtime" = runc ]; then
		ln -s /proc/self/comm "$work/rootfs/dev/null"
		exchanged 'del(.mounts[] | select(.destination | startswith("/dev")))' .
		rm -r "$work/rootfs/dev"
		mkdir "$work/rootfs/dev"
		if ran "$dir"; then
			not_ok "$runtime: standard output into /proc: it ran" "$status" "$output"
		else
			like "$runtime: standard output into /proc" \
				"$(tail -n 1 "$work/hosts/verify.log" 2>&1 | jq -r .failure) $output" \
				"its descriptor 0 is a file of /proc|/dev/null"
		fi
	fi
	differs "a mount of the host" '.mounts += [{destination: "/mnt", type: "bind", source: "/usr",
		options: ["rbind", "ro", "nosuid", "nodev"]}]' . "at /mnt is .* which was not admitted"
	exchanged . . '.mounts += [
		{destination: "/out/../var/tmp/a/b", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]},
		{destination: "/var/tmp/a", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]},
		{destination: "/var/tmp/a", type: "tmpfs", source: "tmpfs", options: ["ro", "nosuid", "nodev"]}]' \
		'.mounts |= [.[0:-3][], {destination: "/var/tmp", type: "tmpfs", source: "tmpfs",
			options: ["nosuid", "nodev"]}, .[-3:][]]'
	runs "mounts that lie over others"
	differs "the last one on a place" '.mounts[-1].options -= ["ro"]' . "the mount at /var/tmp/a is not ro" \
		'.mounts += [{destination: "/var/tmp", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]},
			{destination: "/var/tmp/a", type: "tmpfs", source: "tmpfs", options: ["ro", "nosuid", "nodev"]}]'
	differs "a mount that is missing" 'del(.mounts[] | select(.destination == "/tmp"))' . \
		"nothing is mounted at /tmp"
	differs "a writable mount" 'del(.mounts[] | select(.destination == "/tmp").options[])' . \
		"the mount at /tmp is not (nosuid|nodev)"
	differs "more memory" '.linux.resources.memory.limit = 268435456' . "memory limit is 268435456"
	differs "more processes" '.linux.resources.pids.limit = 100' . "process limit is 100"
	differs "more processor" '.linux.resources.cpu.quota = 90000' . "CPU limit is 900"
}

# crun makes no cgroup if it is told so, and then no limit is in force.
no_cgroup() {
	mkdir -p "$work/without"
	# shellcheck disable=SC2016 # for the program
	printf '#!/bin/sh\nPATH=${PATH#*:}\nfirst=$1\nshift\nexec crun "$first" %s "$@"\n' \
		--cgroup-manager=disabled >"$work/without/crun"
	chmod 755 "$work/without/crun"
	PATH=$work/without:$PATH exchanged . .
	caught "limits, and no cgroup" "limits that were admitted are not in force"
	exchanged . .
	runs "the same with one: it runs"
}

# What a mask or a node is, not what is said of it.
masks() {
	local hide='.linux.maskedPaths += ["/etc/hidden", "/var"]'

	differs "a mask that is missing" 'del(.linux.maskedPaths)' . "/proc/[a-z_]+ is not hidden"
	differs "a read-only path that is not" 'del(.linux.readonlyPaths)' . "/proc/[a-z-]+ is not read-only"
	if ! mknod -m 666 "$work/zero" c 1 5 || ! mknod -m 666 "$work/null" c 1 3; then
		bail "no device nodes can be made here"
	fi
	differs "a mask of another device" \
		'(.mounts[] | select(.destination == "/etc/hidden")).source |= sub("null"; "zero")' . \
		"/etc/hidden is not hidden|at /etc/hidden is" \
		'.mounts += [{destination: "/etc/hidden", type: "bind", source: "'"$work/null"'",
			options: ["bind", "ro", "nosuid"]}]'
	# the node is as judged; that it hides anything is not so
	exchanged . "$hide" '.mounts += [{destination: "/etc/hidden", type: "bind",
		source: "'"$work/zero"'", options: ["bind", "ro", "nosuid"]}]'
	caught "a look-alike of a mask" "/etc/hidden is not hidden"
	exchanged . "$hide" '.mounts += [{destination: "/etc/hidden", type: "bind",
		source: "'"$work/null"'", options: ["bind", "ro", "nosuid"]},
		{destination: "/var", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev"]}]'
	caught "a mask that can be written to" "/var is not hidden"
	exchanged . "$hide" '.mounts += [{destination: "/etc/hidden", type: "bind",
		source: "'"$work/null"'", options: ["bind", "ro", "nosuid"]},
		{destination: "/var", type: "tmpfs", source: "tmpfs", options: ["nosuid", "nodev", "ro"]}]'
	runs "whoever mounted them, masks that are some are good"
	# a node of a usual name that is another device
	exchanged . . '.mounts += [{destination: "/dev/full", type: "bind", source: "'"$work/zero"'",
		options: ["bind", "nosuid"]}]'
	caught "another device behind a usual name" "/dev/full is device 1:5"
	# and one that nobody has, the memory of the host
	mknod "$work/mem" c 1 1
	exchanged '.mounts += [{destination: "/dev/mem", type: "bind", source: "'"$work/mem"'",
		options: ["bind", "nosuid"]}]' .
	caught "a device that was not admitted" "at /dev/mem is [^ ]*/mem of the host"
	rm -f "$work/zero" "$work/null" "$work/mem"
}

# A source whose ids are mapped, which config.json says nothing of
idmapped() {
	local given=$work/ids/source

	cat >"$work/idmap.c" <<-'END'
	#define _GNU_SOURCE
	#include <fcntl.h>
	#include <linux/mount.h>
	#include <sched.h>
	#include <signal.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/syscall.h>
	#include <sys/wait.h>
	#include <unistd.h>
	static void put(int pid, const char *name)
	{
		static const char map[] = "0 1000 1\n1000 0 1\n";
		char path[64];
		int fd;
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
		fd = open(path, O_WRONLY);
		if (fd < 0 || write(fd, map, strlen(map)) < 0)
			perror(path), exit(1);
		close(fd);
	}
	/* idmap FOLDER - mount it onto itself, with the ids 0 and 1000 exchanged */
	int main(int argc, char **argv)
	{
		struct mount_attr attr = { .attr_set = 0x00100000 };
		char path[64], c;
		int go[2], pid, fd;
		if (argc != 2 || pipe(go) < 0)
			return 1;
		pid = fork();
		if (pid == 0) {
			if (unshare(CLONE_NEWUSER) < 0)
				_exit(1);
			(void)!write(go[1], "", 1);
			for (;;)
				pause();
		}
		if (read(go[0], &c, 1) != 1)
			return 1;
		put(pid, "uid_map");
		put(pid, "gid_map");
		snprintf(path, sizeof(path), "/proc/%d/ns/user", pid);
		attr.userns_fd = (unsigned)open(path, O_RDONLY);
		fd = (int)syscall(SYS_open_tree, AT_FDCWD, argv[1], OPEN_TREE_CLONE);
		if (fd < 0 || syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ||
		    syscall(SYS_move_mount, fd, "", AT_FDCWD, argv[1], MOVE_MOUNT_F_EMPTY_PATH) < 0)
			perror("mount"), c = 1;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return c;
	}
	END
	gcc -O1 -o "$work/idmap" "$work/idmap.c" || bail "no compiler"
	mkdir -p "$given"
	echo root >"$given/file" && chmod 600 "$given/file"
	local bind='.mounts += [{destination: "/mnt", type: "bind", source: "'"$given"'",
		options: ["rbind", "ro", "nosuid", "nodev"]}]
		| .process.args = ["/bin/sh", "-c", "cat /mnt/file; echo ran >/out/marker"]'
	exchanged . . "$bind"
	runs "a mount of root's: it runs"
	unlike "$runtime: and reads nothing" "$output" "root"
	# (a mount made now does not show in another release's tree)
	if [ ${#in_tree[@]} = 0 ]; then
		"$work/idmap" "$given" || bail "no id-mapped mount can be made here"
		exchanged . . "$bind"
		caught "a mount on which root's files are the container's" "the mount at /mnt is id-mapped"
		umount "$given"
	fi
	# wanted, and not there: the runtime knows nothing of it, or left it out
	exchanged . '.mounts[-1].uidMappings = [{containerID: 1000, hostID: 100000, size: 1}]
		| .mounts[-1].gidMappings = .mounts[-1].uidMappings' "$bind"
	caught "a mount that should have been id-mapped" "the mount at /mnt is not id-mapped"
}

# hooked NAME HOST FILTER... - an ordinary bundle with the hook itself
hooked() {
	local name=$1 host=$2

	shift 2
	dir=$(bundle "$name" "$@")
	add_hook "$dir" createRuntime "$work/hosts/$host/host.json"
}

bare=('.root.readonly = false | del(.process.noNewPrivileges) | del(.linux.seccomp)'
	'.process.capabilities |= map_values(["CAP_CHOWN", "CAP_SETPCAP"])')
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
		[ $type != network ] || own=net
		join="$join | (.linux.namespaces[] | select(.type == \"$type\")).path = \"/proc/$pid/ns/$own\""
	done
	hooked second enforce "${bare[@]}" ".linux.cgroupsPath = \"/cofferdam-pod-$$/b\" $join" "$say"
	run "$runtime" "$dir"
	hardened "a second container of a pod is hardened in the namespaces of the first"
	hooked intruder enforce "${bare[@]}" ".linux.cgroupsPath = \"/cofferdam-pod-$$/a\" $join" "$say"
	run "$runtime" "$dir"
	unlike "$runtime: in the cgroup of the first it does not run" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and why" "$output$(tail -n 1 "$work/hosts/enforce.log")" "somebody else's|not empty|exist"
	in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
	find /sys/fs/cgroup -depth -type d -path "*/cofferdam-pod-$$*" -exec rmdir {} + 2>/dev/null
}

# An engine that may not trace
without_ptrace() {
	local -a isolated=(setpriv "--bounding-set=-sys_ptrace" "--inh-caps=-sys_ptrace")
	# LeakSanitizer traces, too
	local ASAN_OPTIONS=${ASAN_OPTIONS-}:detect_leaks=0

	hooked noptrace enforce "${bare[@]}" "$say"
	run "$runtime" "$dir"
	unlike "$runtime: without CAP_SYS_PTRACE it does not run" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and what the rules cannot look at is told" \
		"$output$(tail -n 1 "$work/hosts/enforce.log")" "cannot be compared: Permission denied"
	# with none of those rules it is the gate that says so
	hooked noptrace unseeing "${bare[@]}" "$say"
	run "$runtime" "$dir"
	unlike "$runtime: nor with rules that look at nothing" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and the gate tells why" "$output$(tail -n 1 "$work/hosts/unseeing.log")" \
		"the hook was started without CAP_SYS_PTRACE"
	[ -e /proc/sys/kernel/yama/ptrace_scope ] || note "this kernel has no Yama: ptrace_scope 3 was not tried"
}

# without NUMBER CALL REASON - under a filter that refuses the call nothing runs, for its reason
without() {
	isolated=("$work/under" "$1")
	hooked filtered enforce "${bare[@]}" "$say"
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
	hooked filtered enforce "${bare[@]}" "$say"
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
		hooked flood enforce "${bare[@]}" '.process.args = ["/bin/sh", "-c",
			"grep -q NoNewPrivs:.1 /proc/self/status && echo hardened >/out/marker || echo bare >/out/marker"]'
		in_runtime "$runtime" create --bundle "$dir" "$id" <"$work/nothing" >"$work/flood.out" 2>&1
		pid=$(in_runtime "$runtime" state "$id" | jq -r .pid)
		"$work/flood" "$pid" $signal &
		flooder=$!
		started+=("$flooder")
		in_runtime "$runtime" start "$id" >/dev/null 2>&1
		for ((i = 0; i < 100; i++)); do
			[ -e "$dir/out/marker" ] || ! grep -qs "^State:.[^Z]" "/proc/$pid/status" && break
			sleep 0.05
		done
		said=$(cat "$dir/out/marker" 2>/dev/null)
		kill -KILL $flooder 2>/dev/null
		wait $flooder 2>/dev/null
		if [ $signal = 0 ]; then
			is "$runtime: without signals it is hardened" "$said" hardened
		elif [ "$said" = hardened ] || { [ -z "$said" ] && [ $i -lt 100 ]; }; then
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

	hooked between enforce "${bare[@]}" "$say"
	in_runtime "$runtime" create --bundle "$dir" "$id" <"$work/nothing" >"$work/between.out" 2>&1
	in_runtime "$runtime" pause "$id" >/dev/null 2>&1
	# (crun pauses running ones only)
	like "$runtime: paused before its start" "$(in_runtime "$runtime" state "$id" | jq -r .status)" \
		"$([ "$runtime" = runc ] && echo paused || echo created)"
	in_runtime "$runtime" resume "$id" >/dev/null 2>&1
	in_runtime "$runtime" start "$id"
	for ((i = 0; i < 100; i++)); do
		ran "$dir" && break
		sleep 0.02
	done
	output=$(cat "$work/between.out")
	hardened "resumed and started it is hardened"
	in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
}

for runtime in runc crun; do
	members
	[ "$runtime" = runc ] || no_cgroup
	masks
	idmapped
	pod
	without_ptrace
	under_filter
	floods
	between
done

done_testing
