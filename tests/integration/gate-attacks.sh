#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# Attacks on the exec gate, each by somebody who would get past a simple one, and
# none of which may leave an unhardened container running. Those on the gate's own
# programs: gate-break.sh.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/gate-lib.sh
. "$(dirname "$0")/gate-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need strace
gated

# (crun fails by itself when a hook ends before it has read its input.)
# A hook of the image that leaves a process behind, which would undo the rest
daemon() {
	hooked daemon '.hooks.startContainer = [{path: "/bin/sh", args: ["sh", "-c",
		"cat >/dev/null; (setsid sh -c \"sleep 1; touch /out/daemon-lived; sleep 300\" </dev/null >/dev/null 2>&1 &)"]}]'
	run "$runtime" "$dir"
	never_ran "a startContainer hook that leaves a daemon" "not alone"
	sleep 1.5
	holds "$runtime: the daemon died too" test ! -e "$dir/out/daemon-lived"
}

# What exec starts in a created container is there before the gate.
exec_before() {
	local id=exec-$$

	hooked exec "$(shell "echo ran >/out/marker")"
	in_runtime "$runtime" create --bundle "$dir" "$id" <"$work/nothing" >"$work/exec.out" 2>&1
	in_runtime "$runtime" exec "$id" /bin/sh -c ": >/out/there; exec sleep 300" \
		<"$work/nothing" >"$work/said" 2>&1 &
	wait_for test -e "$dir/out/there"
	in_runtime "$runtime" start "$id" >/dev/null 2>&1
	wait_for grep -q . "$work/exec.out"
	sleep 0.5
	holds "$runtime: exec before start: the program never ran" test ! -e "$dir/out/marker"
	like "$runtime: exec before start: its log says why" "$(cat "$work/exec.out")" "not alone"
	in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
}

# A source that is exchanged for a symbolic link after it was judged. prestart
# hooks run before anything is mounted by crun, and after that by runc, so the
# exchange is made where each leaves room.
# swap AS COMMAND - what COMMAND leaves there is what is judged
swap() {
	local wrapper=$work/swap as=$1 leave=$2

	mkdir -p "$work/victim"
	echo "this is the host's" >"$work/victim/secret"
	rm -rf "$work/source" && mkdir "$work/source"
	hooked swap '.mounts += [{destination: "/data", type: "bind", source: "'"$work/source"'",
		options: ["rbind", "ro", "nosuid", "nodev"]}]' "$(shell "cat /data/* >/out/read; echo ran >/out/marker")"
	# the runtime's own view: a hook that judges the folder first, then sees the link
	cat >"$wrapper" <<-END
	#!/bin/sh
	rm -rf "$work/source"; $leave
	"$hook" createRuntime --host-config "$enforce" || exit 1
	END
	hook_instead "$wrapper"
	# mounted while it is a link, judged while it is something else
	rm -rf "$work/source" && ln -s "$work/victim" "$work/source"
	run "$runtime" "$dir"
	never_ran "a source that was a symbolic link when it was mounted, then $as" "at /data is .*victim"
	holds "$runtime: nothing was read" test ! -e "$dir/out/read"
}

# The place of the new tmpfs is the image's to choose: it stays in the image.
links() {
	local target

	for target in /etc ../../../../../../etc /proc/1/root/etc /proc/self/root/etc; do
		rm -rf "$work/rootfs/var/tmp"
		ln -s "$target" "$work/rootfs/var/tmp"
		hooked link "$(shell "echo x >/etc/by-container; echo ran >/out/marker")"
		run "$runtime" "$dir"
		# into the kernel's file systems the hook lets no link lead
		if { ran "$dir" || [[ $output == *"refused at the gate"* ||
			$output == *"rootfs-writable: "*"a link leads a place for a tmpfs"* ]]; } &&
			[ ! -e /etc/by-container ] && ! grep -q " /etc tmpfs" /proc/self/mounts; then
			ok "$runtime: /var/tmp -> $target does not reach the host"
		else
			not_ok "$runtime: /var/tmp -> $target" "$output"
		fi
	done
	rm -f "$work/rootfs/var/tmp"
	mkdir -p "$work/rootfs/var/tmp"
	chmod 1777 "$work/rootfs/var/tmp"
	if [ -e /etc/by-container ]; then rm -f /etc/by-container; fi
}

# A sibling in a shared pid namespace that writes to the gate's memory
race() {
	local id=pod-$$ pid i bad=0 caught=0 early=0 late=0 hits said=

	cat >"$work/racer.c" <<-'END'
	#define _GNU_SOURCE
	#include <dirent.h>
	#include <fcntl.h>
	#include <linux/filter.h>
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#include <sys/uio.h>
	#include <unistd.h>
	/* What libseccomp's filters begin with: the architecture is loaded */
	static const struct sock_filter first = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 4);
	static const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, 0x7fff0000);
	static char area[64 << 10];

	/* On the stack or in a mapping, a filter in the making becomes one that allows all. */
	static void attack(int pid, unsigned long at, unsigned long n)
	{
		struct iovec l = { area, n }, r = { (void *)at, n };
		if (process_vm_readv(pid, &l, 1, &r, 1, 0) != (ssize_t)n)
			return;
		for (unsigned i = 0; i + 2 * sizeof(first) <= n; i += sizeof(first)) {
			if (memcmp(area + i, &first, sizeof(first)) ||
			    area[i + sizeof(first)] != (BPF_JMP | BPF_JEQ | BPF_K))
				continue;
			l = (struct iovec){ (void *)&allow, sizeof(allow) };
			r = (struct iovec){ (void *)(at + i), sizeof(allow) };
			if (process_vm_writev(pid, &l, 1, &r, 1, 0) > 0)
				(void)!write(1, "hit\n", 4);
			return;
		}
	}

	/* For ever, every other process */
	int main(void)
	{
		for (;;) {
			DIR *d = opendir("/proc");
			for (struct dirent *e; d && (e = readdir(d));) {
				int pid = atoi(e->d_name);
				char path[64], line[256];
				unsigned long a, b;
				FILE *f;
				if (pid < 2 || pid == getpid())
					continue;
				snprintf(path, sizeof(path), "/proc/%d/maps", pid);
				f = fopen(path, "r");
				while (f && fgets(line, sizeof(line), f)) {
					if (sscanf(line, "%lx-%lx rw-p 00000000 00:00 0 ", &a, &b) != 2 ||
					    b - a >= (1 << 20))
						continue;
					if (strstr(line, "[stack]"))
						attack(pid, b - sizeof(area) > a ? b - sizeof(area) : a,
						       b - a < sizeof(area) ? b - a : sizeof(area));
					else if (!strchr(line, '['))
						attack(pid, a, 4096);
				}
				if (f)
					fclose(f);
			}
			if (d)
				closedir(d);
		}
	}
	END
	gcc -O1 -static -o "$work/rootfs/bin/racer" "$work/racer.c" || bail "no compiler"
	dir=$(bundle pod '.process.args = ["/bin/racer"]' 'del(.linux.seccomp)' \
		'.linux.resources.cpu.quota = 100000' '.process.capabilities |= map_values(["CAP_SYS_PTRACE"])' \
		'.process.user = {uid: 0, gid: 0}')
	in_runtime "$runtime" run --detach --bundle "$dir" "$id" <"$work/nothing" >"$work/hits" 2>&1
	pid=$(in_runtime "$runtime" state "$id" | jq -r .pid)
	policy_host pod '.gate = "enforce"' >/dev/null <<-'END'
	{ "format": 1, "name": "pod", "extends": "restricted",
	  "rules": { "foreign-namespace": { "action": "warn" }, "host-path": { "action": "warn" },
	             "root-user": { "action": "warn" } } }
	END
	# Eight runs, and more for as long as the attack has never come in time
	for ((i = 0; i < 8 || (i < 48 && caught == 0); i++)); do
		dir=$(bundle sibling "${ordinary[@]}" '.process.user = {uid: 0, gid: 0}' \
			'(.linux.namespaces[] | select(.type == "pid")).path = "/proc/'"$pid"'/ns/pid"' \
			"$(shell "probe ptrace; echo ran >/out/marker")")
		add_hook "$dir" createRuntime "$work/hosts/pod/host.json"
		run "$runtime" "$dir"
		said="$said$status $output"$'\n'
		if [[ $output == *"ptrace ok"* ]]; then
			bad=$((bad + 1))
		elif [[ $output == *"not the one that the gate loaded"* ]]; then
			caught=$((caught + 1))
		elif [[ $output == *"denied by policy"* ]]; then
			early=$((early + 1))
		elif [[ $output == *"ptrace EPERM"* ]]; then
			late=$((late + 1))
		fi
	done
	in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
	hits=$(grep -c hit "$work/hits")
	note "$runtime: filter exchanged $hits times, caught $caught times in $i runs"
	is "$runtime: a sibling that exchanges the filter never gets through" "$bad" 0
	is "$runtime: and none was refused before the gate" "$early" 0
	is "$runtime: it was caught, or came too late" $((caught + late)) "$i"
	[ $((caught + late)) = "$i" ] || note "$said"
	holds "$runtime: it did exchange filters" test "$hits" -gt 0
}

# Somebody else's cgroup gets neither this container nor its limits, be he in it or below.
# victim_in BELOW
victim_in() {
	local victim=/sys/fs/cgroup/pids/cofferdam-victim-$$ pid

	[ "$cgroup_v2" = false ] || victim=/sys/fs/cgroup/cofferdam-victim-$$
	mkdir -p "$victim$1" || { skip "$runtime: a victim's cgroup" "no cgroup can be made"; return; }
	sleep 300 &
	pid=$!
	started+=("$pid")
	echo "$pid" >"$victim$1/cgroup.procs"
	hooked victim '.linux.cgroupsPath = "/cofferdam-victim-'$$'"'
	run "$runtime" "$dir"
	if ran "$dir" || [ "$status" = 0 ]; then
		not_ok "$runtime: a victim's cgroup$1: it ran" "$status" "$output"
	else
		like "$runtime: a victim's cgroup$1" "$output" "somebody else's"
	fi
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	(cd "$victim" && rmdir -p ".$1") 2>/dev/null; rmdir "$victim" 2>/dev/null
}

victim_cgroup() {
	victim_in ""
	victim_in /below/it
}

# Descriptors of the host that a caller hands in
descriptors() {
	hooked fds '.process.args = ["/bin/sh", "-c", "ls /proc/self/fd/3/..; echo ran >/out/marker"]'
	exec 3</etc
	containers=$((containers + 1))
	output=$(in_runtime "$runtime" run --preserve-fds 1 --bundle "$dir" "fds-$$" <"$work/nothing" 2>&1)
	status=$?
	exec 3<&-
	never_ran "a folder's descriptor handed in" "descriptor 3 is a folder of the host"
	# between itself and the container runc puts a pipe
	[ "$runtime" = crun ] || return 0
	rm -f "$dir"/out/*
	# one of its own: crun makes it belong to the container's user
	mkdir -p "$work/handed"
	output=$(in_runtime "$runtime" run --bundle "$dir" "fds-$$-0" <"$work/handed" 2>&1)
	status=$?
	never_ran "a folder as its standard input" "descriptor 0 is a folder of the host"
	mknod "$work/kmsg" c 1 11
	output=$(in_runtime "$runtime" run --bundle "$dir" "fds-$$-1" <"$work/kmsg" 2>&1)
	status=$?
	never_ran "a device as its standard input" "descriptor 0 is a file of the host"
	mknod "$work/zeros" c 1 5
	output=$(in_runtime "$runtime" run --bundle "$dir" "fds-$$-2" <"$work/zeros" 2>&1)
	status=$?
	holds "but a harmless one may be" ran "$dir"
	rm -f "$dir"/out/*
}

# A tracer that is not ours
foreign_tracer() {
	local wrapper=$work/tracer

	hooked traced
	cat >"$wrapper" <<-END
	#!/bin/sh
	read -r state
	pid=\$(echo "\$state" | jq .pid)
	strace -f -o /dev/null -p "\$pid" </dev/null >/dev/null 2>&1 &
	for i in \$(seq 200); do grep -q '^TracerPid:.[1-9]' /proc/\$pid/status && break; sleep 0.05; done
	echo "\$state" | "$hook" createRuntime --host-config "$enforce"
	r=\$?
	kill %1
	exit \$r
	END
	hook_instead "$wrapper" "PATH=$PATH"
	run "$runtime" "$dir"
	never_ran "another tracer" "traces the container's already"
}

swaps() {
	swap "a folder" "mkdir $work/source"
	swap "nothing at all" ":"
}

for runtime in runc crun; do
	parts daemon exec_before links victim_cgroup descriptors foreign_tracer race
done
for runtime in runc crun; do
	parts swaps
done

done_testing
