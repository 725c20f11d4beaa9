#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# What the gate reads from the kernel: a runtime that was given another
# configuration than the one that was judged. A hook of the test's exchanges
# config.json between the two, for one member at a time, so that nothing but
# the kernel tells the difference.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/gate-lib.sh
. "$(dirname "$0")/gate-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need gcc
lenient
echo secret >"$work/rootfs/etc/hidden"

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

for runtime in runc crun; do
	parts members
	[ "$runtime" = runc ] || parts no_cgroup
	parts masks idmapped
done

done_testing
