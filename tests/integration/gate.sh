#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# The exec gate on real runtimes: nothing but the hook is registered, and an
# ordinary container comes out hardened, whatever program it starts with and
# however it is started. What becomes of it until it is deleted: gate-life.sh.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/programs.sh
. "$src/tests/integration/programs.sh"
# shellcheck source=tests/integration/gate-lib.sh
. "$(dirname "$0")/gate-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

hardens() {
	local dir record what=$runtime name

	dir=$(ordinarily hardens "$(shell "$look")")
	fresh
	run "$runtime" "$dir"
	is "$what: an ordinary container runs" "$status" 0
	holds "$what: to its end" ran "$dir"
	like "$what: nobody traces it" "$output" $'TracerPid:\t0'
	for name in Inh Prm Eff Amb; do
		like "$what: Cap$name is empty" "$output" "Cap$name:"$'\t0000000000000000'
	done
	like "$what: no_new_privs" "$output" $'NoNewPrivs:\t1'
	like "$what: one filter more than the runtime's none" "$output" $'Seccomp_filters:\t1'
	like "$what: / is read-only" "$output" "write / no"
	for name in /run /tmp /var/tmp; do
		like "$what: $name is writable" "$output" "write $name ok"
		like "$what: and a tmpfs of its own" "$output" \
			"tmpfs $name tmpfs rw,(context=\"$label_file\",)?nosuid,nodev[^ ]*size=65536k"
		is "$what: which is mounted once" "$(grep -c "^tmpfs $name " <<<"$output")" 1
	done
	record=$(gate_record enforce)
	is "$what: the gate's record" "$(jq -r '"\(.verdict) \(.refused) \(.gate.use)"' <<<"$record")" \
		"harden false enforce"
	like "$what: says what was tightened" "$(jq -c .gate.tightened <<<"$record")" \
		"read-only root.*tmpfs on /tmp.*capabilities.*no_new_privs.*seccomp filter"
	like "$what: and verified" "$(jq -c .gate.verified <<<"$record")" \
		"memory limit.*mounts.*namespaces.*descriptors.*ids.*groups.*seccomp.*alone"
	gone "$what"
}

# As root inside a user namespace the bounding set can be lowered as well.
as_root() {
	local dir said

	# The kernel allows no user namespace to who is in a chroot
	[ ${#in_tree[@]} = 0 ] || return
	dir=$(ordinarily as-root "$(shell "$look; busybox true && grep ^Cap /proc/self/status | sed 's/^/again /'")" \
		'.process.user = {uid: 0, gid: 0}' '.linux.namespaces += [{type: "user"}]' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 2000}]' \
		'.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 2000}]')
	chmod 777 "$dir/out"
	run "$runtime" "$dir"
	said=$output
	holds "$runtime, user namespace: it runs" ran "$dir"
	# a policy such as refpolicy's allows a container no CAP_SETPCAP, whatever it holds
	$selinux || like "$runtime, user namespace: bounding set" "$said" $'CapBnd:\t0000000000000400'
	like "$runtime, user namespace: and a later exec gains nothing" "$said" \
		$'again CapEff:\t0000000000000400'
	like "$runtime, user namespace: / is read-only" "$said" "write / no"
	like "$runtime, user namespace: /tmp is writable" "$said" "write /tmp ok"
	gone "$runtime, user namespace"
}

# The same bundle with other uses of the gate.
uses() {
	local dir

	dir=$(bundle unhardened "${ordinary[@]}")
	add_hook "$dir" createRuntime "$verify"
	run "$runtime" "$dir"
	unlike "$runtime: \"verify\" hardens nothing, so it refuses" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: by the rules' names" "$output" "rootfs-writable"
	dir=$(bundle verified "$(shell "grep Seccomp_filters /proc/self/status; echo ran >/out/marker")")
	add_hook "$dir" createRuntime "$verify"
	fresh
	run "$runtime" "$dir"
	holds "$runtime: \"verify\" lets go what is as admitted" ran "$dir"
	like "$runtime: as the runtime made it" "$output" $'Seccomp_filters:\t1'
	is "$runtime: and says so" "$(gate_record verify | jq -r '"\(.verdict) \(.refused)"')" "allow false"
	dir=$(bundle audited "${ordinary[@]}" "$(shell "$look")")
	add_hook "$dir" createRuntime "$audit"
	fresh
	run "$runtime" "$dir"
	holds "$runtime: audit mode lets it run" ran "$dir"
	like "$runtime: unchanged" "$output" $'NoNewPrivs:\t0.* / [^ ]+ rw,'
	is "$runtime: and tightens nothing" "$(gate_record audit | jq -c .gate.tightened)" "[]"
	is "$runtime: and says that it would have hardened, not refused" \
		"$(gate_record audit | jq -r '"\(.verdict) \(.refused)"')" "harden false"
	# what the gate would add is no reason to refuse: runc mounts hierarchies of cgroup v1 writable
	for host in audit enforce; do
		dir=$(bundle "flags-$host" '.mounts += [{ destination: "/sys", type: "sysfs", source: "sysfs",
			options: ["ro", "nosuid", "noexec", "nodev"] }, { destination: "/sys/fs/cgroup", type: "cgroup",
			source: "cgroup", options: ["ro", "nosuid", "noexec", "nodev"] }]')
		add_hook "$dir" createRuntime "${!host}"
		fresh
		run "$runtime" "$dir"
		holds "$runtime: flags that a runtime leaves out: it runs in mode $host" ran "$dir"
		[ "$host" = enforce ] || added=$(gate_record audit | jq -c '[.gate.unverified[] | select(contains("cgroup"))]')
		is "$runtime: and the record of mode $host says allow" \
			"$(gate_record "$host" | jq -r '"\(.verdict) \(.refused) \(.failure)"')" "allow false null"
	done
	[ "$runtime" = crun ] || $cgroup_v2 || is "$runtime: audit mode says what would be added" \
		"$added $(gate_record enforce | jq -c '[.gate.tightened[] | select(contains("cgroup"))]')" \
		'["the mount at /sys/fs/cgroup is not ro, which the gate would add"] ["mount flags at /sys/fs/cgroup"]'
	rm -f "$work/rootfs/file"
}

# Programs of every kind: what the gate stops is their very first instruction.
build_programs() {
	local p=$work/rootfs/prog

	# COFFERDAM_TEST_PROGRAMS: where they were made already, for want of a compiler here
	if [ -n "${COFFERDAM_TEST_PROGRAMS-}" ]; then
		cp -R --preserve=mode "$COFFERDAM_TEST_PROGRAMS" "$p"
	else
		make_programs "$p"
	fi
	cp -R "$p/libraries/." "$work/rootfs/"
}

programs() {
	local name dir profile='.' wanted=$'TracerPid:\t0.*NoNewPrivs:\t1.*Seccomp_filters:\t1'

	for name in dynamic static static-pie script script-of-script execute-only static-32 dynamic-32; do
		# 32-bit programs are for where the kernel has them and the gate holds them
		[ -e "$work/rootfs/prog/$name" ] || [ "$(uname -m)" = x86_64 ] || continue
		# A 32-bit program needs a profile that lets it in: one that the runtime loads.
		[ "${name%-32}" = "$name" ] ||
			profile=".linux.seccomp = $(cat "$src/policy/seccomp/compat32.json")"
		dir=$(ordinarily "$name" '.process.args = ["/prog/'"$name"'"]' "$profile")
		run "$runtime" "$dir"
		if ran "$dir" && [[ $output =~ $wanted ]]; then
			ok "$runtime: first program $name"
		else
			not_ok "$runtime: first program $name" "$status" "$output" "$(gate_record enforce)"
		fi
		profile='.'
	done
	dir=$(ordinarily setuid '.process.args = ["/prog/setuid"]')
	run "$runtime" "$dir"
	unlike "$runtime: a set-user-ID program that took root is killed" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and its user told" "$output" "set-user-ID"
	dir=$(ordinarily small-stack '.process.args = ["/prog/static"]' \
		'.process.rlimits = [{type: "RLIMIT_STACK", soft: 65536, hard: 65536}]')
	run "$runtime" "$dir"
	holds "$runtime: a small stack limit" ran "$dir"
	dir=$(ordinarily tiny-stack '.process.args = ["/prog/static"]' \
		'.process.rlimits = [{type: "RLIMIT_STACK", soft: 16384, hard: 16384}]')
	run "$runtime" "$dir"
	# crun gives the container's limits to its hooks, which may find no room in it
	if ran "$dir" || { [ "$runtime" = crun ] && [[ $output == *"error executing hook"* ]]; }; then
		ok "$runtime: a tiny one"
	else
		not_ok "$runtime: a tiny one" "$status" "$output"
	fi
	# Newer runtimes need more than ten files themselves
	[ ${#in_tree[@]} != 0 ] || few_files
	little_memory
	gone "$runtime: programs"
}

few_files() {
	dir=$(ordinarily few-files '.process.rlimits = [{type: "RLIMIT_NOFILE", soft: 10, hard: 10}]')
	run "$runtime" "$dir"
	if [ "$runtime" = runc ]; then
		holds "$runtime: a limit of ten files" ran "$dir"
	else
		# crun may have too few left itself, for the cgroup or with SELinux.
		like "$runtime: a limit of ten files is refused by its name" "$output" \
			"RLIMIT_NOFILE 10|cgroup\.procs|Too many open files"
	fi
}

# Address space that the hook gets of crun, but not of runc
little_memory() {
	local megabytes

	# AddressSanitizer needs terabytes of it
	[ "$sanitizer" = no ] || [ "$runtime" = runc ] || return
	for megabytes in 24 48 96; do
		dir=$(ordinarily memory '.process.args = ["/prog/static"]' '.process.rlimits = [{type: "RLIMIT_AS",
			soft: ('"$megabytes"' * 1048576), hard: ('"$megabytes"' * 1048576)}]')
		fresh
		run "$runtime" "$dir"
		if ran "$dir"; then
			like "$runtime: $megabytes MiB of address space: hardened" "$output" \
				$'NoNewPrivs:\t1.*Seccomp_filters:\t1'
		else
			like "$runtime: $megabytes MiB of address space: refused by its name" \
				"$runtime$(tail -n 1 "$work/hosts/enforce.log")" "^crun.*(RLIMIT_AS|RLIMIT_DATA) "
		fi
	done
}

# A runtime's profile that forbids what the gate needs
hostile_profiles() {
	local action dir

	for action in SCMP_ACT_ERRNO SCMP_ACT_KILL_PROCESS SCMP_ACT_TRAP; do
		# no allow list, so the policy's is loaded on top
		dir=$(ordinarily profile '.linux.seccomp = {defaultAction: "SCMP_ACT_ALLOW", syscalls:
			[{names: ["seccomp", "capset"], action: "'"$action"'"}]}' \
			'.process.noNewPrivileges = true' '.process.args = ["/bin/probe", "fork", "ptrace"]')
		run "$runtime" "$dir"
		like "$runtime: a profile with $action for the gate's calls" "$output" $'fork ok\nptrace EPERM'
	done
}

# A profile that lets through what the policy does not want: the policy's is loaded over
# it, and what either refuses is refused.
weak_profile() {
	local dir record hardened

	hardened=".linux.seccomp = $(cat "$src/policy/seccomp/hardened.json")"
	cp "$build/tests/attacks/attack" "$work/rootfs/bin/"
	dir=$(ordinarily weak "$hardened" '.linux.seccomp.syscalls |= (map(.names -= ["io_uring_setup", "chmod", "fchmodat"])
			| map(select(.names != [])) + [{names: ["io_uring_setup"], action: "SCMP_ACT_ALLOW"},
				{names: ["chmod", "fchmodat"], action: "SCMP_ACT_ERRNO", errnoRet: 95}])' \
		"$(shell "grep Seccomp_filters /proc/self/status; attack io-uring-setup unshare-user; chmod 600 /tmp 2>&1")")
	fresh
	run "$runtime" "$dir"
	like "$runtime: a weak profile gets the policy's over it" "$output" $'Seccomp_filters:\t2'
	like "$runtime: what only the policy's refuses is refused" "$output" "io-uring-setup EPERM"
	like "$runtime: what both refuse, too" "$output" "unshare-user EPERM"
	like "$runtime: and so is what only the container's refuses" "$output" "Not supported|not supported"
	record=$(gate_record enforce)
	like "$runtime: a weak profile, in the record" "$(jq -c .gate.tightened <<<"$record")" "seccomp filter"
	dir=$(ordinarily narrow "$hardened" '.linux.seccomp.syscalls |= map(.names -= ["chmod", "fchmodat"])' \
		"$(shell "grep Seccomp_filters /proc/self/status; chmod 600 /tmp 2>&1")")
	run "$runtime" "$dir"
	like "$runtime: one that is only narrow is left alone" "$status $output" $'Seccomp_filters:\t1'
}

# What cannot be hardened is refused by the hook, though the supervisor arms meanwhile.
impossible() {
	local dir host=$work/hosts/impossible

	policy_host impossible '.gate = "enforce"' >/dev/null <<-END
		{ "format": 1, "name": "impossible", "extends": "test",
		  "rules": { "seccomp-missing": { "profile": "seccomp/own.json" },
		             "seccomp-weak": { "profile": "seccomp/own.json" } } }
	END
	mkdir -p "$host/bundles/impossible/seccomp"
	jq '.syscalls += [{names: ["mount"], action: "SCMP_ACT_ALLOW"}]' \
		"$src/policy/seccomp/hardened.json" >"$host/bundles/impossible/seccomp/own.json"
	dir=$(bundle impossible "${ordinary[@]}" "$(shell "echo ran >/out/marker")")
	add_hook "$dir" createRuntime "$host/host.json"
	run "$runtime" "$dir"
	like "$runtime: what hardening does not cure is refused by the hook" "$output" \
		"refused.* still not within the policy after hardening: seccomp-weak"
	holds "$runtime: and does not run" test ! -e "$dir/out/marker"
	is "$runtime: with one record, the hook's" \
		"$(tail -n 1 "$work/hosts/impossible.log" | jq -r '"\(.program) \(.refused)"')" \
		"cofferdam-hook createRuntime true"
	gone "$runtime: what cannot be hardened"
}

# Other projects' hooks write to the root, working folders are made by the
# runtime, and images lack /tmp: all of that is over when the gate acts.
late() {
	local dir shell_path

	shell_path=$(realpath /bin/sh)

	rm -rf "$work/rootfs/new" "$work/rootfs/by-hook"
	dir=$(ordinarily workdir '.process.cwd = "/new/folder"' \
		"$(shell "pwd; echo ran >/out/marker")")
	run "$runtime" "$dir"
	is "$runtime: a working folder that the runtime has to make" "$status:$output" "0:/new/folder"
	dir=$(ordinarily hooks "$(shell "cat /by-hook; echo ran >/out/marker")" \
		'.hooks.createContainer = [{path: "'"$shell_path"'", env: ["PATH=/bin"], args: ["sh", "-c",
			"echo by hook >'"$work"'/rootfs/by-hook"]}]')
	run "$runtime" "$dir"
	is "$runtime: another project's hook that writes to the root" "$status:$output" "0:by hook"
	rm -rf "$work/rootfs/var"
	dir=$(ordinarily bare "$(shell "echo x >/var/tmp/file && echo ran >/out/marker")")
	run "$runtime" "$dir"
	holds "$runtime: an image without /var/tmp" ran "$dir"
	mkdir -p "$work/rootfs/var/tmp"
	chmod 1777 "$work/rootfs/var/tmp"
	# what is mounted below a new tmpfs stays
	mkdir -p "$work/below/sub" && echo kept >"$work/below/file"
	dir=$(ordinarily below "$(shell "cat /run/a/b/file /run/single; echo x >/run/new; echo ran >/out/marker")" \
		'.mounts += [{destination: "/run/a/b", type: "bind", source: "'"$work/below"'",
			options: ["rbind", "ro", "nosuid", "nodev"]},
			{destination: "/run/single", type: "bind", source: "'"$work/below/file"'",
			options: ["bind", "ro", "nosuid", "nodev"]}]')
	run "$runtime" "$dir"
	is "$runtime: what is mounted below /run is kept" "$status:$output" $'0:kept\nkept'
	holds "$runtime: beside what is written there" ran "$dir"
}

io() {
	local dir

	# shellcheck disable=SC2016 # expanded inside
	dir=$(ordinarily io "$(shell 'read x; echo "got $x"; exit 5')")
	output=$(echo hello | in_runtime "$runtime" run --bundle "$dir" "io-$$" 2>&1)
	is "$runtime run: stdin, stdout, exit code" "$?:$output" "5:got hello"
	dir=$(ordinarily tty "$(shell 'tty; stty size >/dev/null; exit 6')" '.process.terminal = true')
	output=$(in_runtime "$runtime" --version >/dev/null; script -qec "${in_tree[*]} env $runtime $([ "$runtime" = runc ] || echo --cgroup-manager=cgroupfs) --root $work/$runtime run --bundle $dir tty-$$" /dev/null <"$work/nothing" 2>&1)
	like "$runtime run with a terminal" "$?:$output" "^6:.*/dev/pts/0"
	dir=$(ordinarily detached "$(shell 'echo ran >/out/marker')")
	in_runtime "$runtime" run --detach --bundle "$dir" "det-$$" <"$work/nothing" >"$work/said" 2>&1
	holds "$runtime run --detach" wait_for test -e "$dir/out/marker"
	in_runtime "$runtime" delete --force "det-$$"
}

build_programs
for runtime in runc crun; do
	parts hardens as_root uses programs hostile_profiles weak_profile impossible late io
done
done_testing
