#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# exec at the runtime door: it has no more than the container it goes into, which is
# the one that the runtime finds; probes keep working.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need runc crun jq python3 script
make_rootfs

policy_host denied >/dev/null <<-END
	{ "format": 1, "name": "denied", "extends": "test",
	  "rules": { "exec-denied": { "action": "deny", "except": ["/bin/true"] } } }
END
policy_host terminal >/dev/null <<-END
	{ "format": 1, "name": "terminal", "extends": "test",
	  "rules": { "exec-terminal": { "action": "deny" } } }
END
policy_host user >/dev/null <<-END
	{ "format": 1, "name": "user", "extends": "test",
	  "rules": { "exec-user": { "action": "deny", "allow": ["1001"] } } }
END

# What an exec sees of itself, on one line.
# shellcheck disable=SC2016 # expanded inside
seen='id -u; grep -E "^(CapBnd|CapEff|NoNewPrivs|Seccomp):" /proc/self/status'
see=(/bin/sh -c "$seen")
own="1000 CapEff: 0000000000000000 CapBnd: 0000000000000400 NoNewPrivs: 1 Seccomp: 2"

# execute NAME ARGUMENT... - through the door; sets $output and $status
execute() {
	through "$runtime" "$1"
	shift
	output=$("${command[@]}" exec "$@" <"$work/nothing" 2>&1)
	status=$?
	output=$(tr -s '\n\t ' ' ' <<<"$output" | sed 's/ $//')
}

# process FILTER - a process file like docker's, edited
process() {
	jq -n --arg seen "$seen" '{ user: { uid: 1000, gid: 1000 }, cwd: "/",
		args: ["/bin/sh", "-c", $seen], env: ["PATH=/bin"],
		capabilities: { bounding: ["CAP_CHOWN", "CAP_NET_BIND_SERVICE", "CAP_SYS_ADMIN"],
			effective: [], permitted: [] }, "x.unknown": [1.5] } | '"$1" \
		>"$work/process.json"
	chmod 600 "$work/process.json"
}

files() {
	local before

	process .
	execute enforce --process "$work/process.json" c
	is "$runtime: docker exec's capabilities are dropped, and it works" "$status $output" "0 $own"
	is "$runtime: in the file, whose unknown members are kept" \
		"$(jq -c '[.capabilities.bounding, .noNewPrivileges, .["x.unknown"]]' "$work/process.json")" \
		'[["CAP_NET_BIND_SERVICE"],true,[1.5]]'
	is "$runtime: mode and owner are kept" "$(stat -c '%a %u' "$work/process.json")" "600 0"
	before=$(stat -c '%i %z' "$work/process.json")
	execute enforce -p "$work/process.json" c
	is "$runtime: what needs no change is not touched" \
		"$status $(stat -c '%i %z' "$work/process.json")" "0 $before"
	process '.capabilities |= (.effective = .bounding | .permitted = .bounding | .ambient = .bounding
		| .inheritable = .bounding)'
	execute enforce --process="$work/process.json" c
	is "$runtime: docker exec --privileged gets what the container has" "$status $output" "0 $own"
	process '.user = {uid: 0, gid: 0}'
	execute enforce --process "$work/process.json" c
	like "$runtime: docker exec --user root is refused" "$status $output" \
		'^1 cofferdam: denied by policy test: exec-exceeds: root, which .*--user'
	process '.args[2] = "ulimit -Hn; ulimit -Sn" |
		.rlimits = [{type: "RLIMIT_NOFILE", hard: 4000, soft: 700}]'
	execute enforce --process "$work/process.json" c
	is "$runtime: a resource limit above the container's is lowered" "$status $output" "0 1024 700"
	process '.args[2] = "ulimit -Hn; ulimit -Sn"'
	execute enforce --process "$work/process.json" c
	is "$runtime: and the container's holds where none is named" "$status $output" "0 1024 1024"
	process '.cwd = "/proc/self/fd/7"'
	execute enforce --process "$work/process.json" c
	like "$runtime: a working directory that leads out" "$status $output" '^1 cofferdam: .*cwd-unsafe'
	process '.capabilities.Bounding = ["CAP_SYS_ADMIN"]'
	execute enforce --process "$work/process.json" c
	like "$runtime: a name that one runtime reads and the other does not" "$status $output" \
		'^1 cofferdam: .*ambiguous-config'
	process .
	chmod 666 "$work/process.json"
	execute enforce --process "$work/process.json" c
	like "$runtime: a file that others can change" "$status $output" '^1 cofferdam: refused, could not judge: .*writ'
	rm "$work/process.json"
	mkfifo "$work/process.json"
	execute enforce --process "$work/process.json" c
	like "$runtime: a FIFO" "$status $output" '^1 cofferdam: refused, could not judge: .*regular'
	rm "$work/process.json"
	execute enforce --process "$work/process.json" c
	like "$runtime: no such file" "$status $output" '^1 cofferdam: .*does not exist'
	process '.user = {uid: 0, gid: 0}'
	execute audit --process "$work/process.json" c
	like "$runtime: audit refuses nothing" "$status $output" '^0 0 .*Seccomp: 2$'
	is "$runtime: but says what it would have done" \
		"$(tail -n 1 "$work/hosts/audit.log" | jq -r '[.program, .verdict, .refused, .id] | join(" ")')" \
		"cofferdam-runtime exec deny false c"
}

options() {
	execute enforce c "${see[@]}"
	is "$runtime: a probe, by the options alone" "$status $output" "0 $own"
	execute enforce --cap CAP_SYS_ADMIN c "${see[@]}"
	# crun's sets are then those capabilities alone
	[ "$runtime" = runc ] && wanted=$own || wanted=${own/0400/0000}
	is "$runtime: --cap is dropped" "$status $output" "0 $wanted"
	execute enforce --user 0 c "${see[@]}"
	like "$runtime: --user 0" "$status $output" '^1 cofferdam: denied .*exec-exceeds: root'
	execute enforce -u 4294967296 c "${see[@]}"
	unlike "$runtime: --user that is cut to 0" "$status $output" '^0 '
	execute enforce -u 1001:1001 c "${see[@]}"
	is "$runtime: another user" "$status $output" "0 1001 ${own#1000 }"
	execute enforce --cwd /proc/self/fd/7 c true
	like "$runtime: --cwd that leads out" "$status $output" '^1 cofferdam: .*cwd-unsafe'
	# shellcheck disable=SC2016 # expanded inside
	execute enforce -e A=b -e C=d c /bin/sh -c 'echo $A $C'
	is "$runtime: --env" "$status $output" "0 b d"
	# shellcheck disable=SC2016 # expanded inside
	execute enforce --cap CAP_SYS_ADMIN --env A=b --cwd /bin c /bin/sh -c 'echo $A; pwd'
	is "$runtime: options that stay where others are dropped" "$status $output" "0 b /bin"
	"${command[@]}" exec --cap CAP_SYS_ADMIN -d --pid-file "$work/exec.pid" c sleep 30 \
		<"$work/nothing" >"$work/out" 2>&1
	is "$runtime: detached, with a pid file" "$? $(grep -c Name "/proc/$(cat "$work/exec.pid")/status")" "0 1"
	execute enforce --cap CAP_SYS_ADMIN c /bin/sh -c 'exit 9'
	is "$runtime: its exit code" "$status" 9
	output=$(echo typed | "${command[@]}" exec --cap CAP_SYS_ADMIN c cat 2>&1)
	is "$runtime: its standard input" "$output" typed
	output=$(script -qec "$(printf '%q ' "${command[@]}") exec -t --cap CAP_SYS_ADMIN c tty" /dev/null \
		<"$work/nothing" 2>&1 | grep -o '/dev/pts/[0-9]*')
	is "$runtime: a terminal" "$output" /dev/pts/0
	[ "$runtime" = crun ] || {
		execute enforce --no-new-privs=false c "${see[@]}"
		is "runc: --no-new-privs=false" "$status $output" "0 $own"
		execute enforce -g 0 c true
		like "runc: --additional-gids 0" "$status $output" '^1 cofferdam: .*group 0'
		# runc reads the bundle's file again: what stands there now is judged
		jq '.process.capabilities.bounding += ["CAP_SYS_ADMIN"] | .process.noNewPrivileges = false' \
			"$dir/config.json" >"$work/edited"
		cp "$dir/config.json" "$work/kept"
		cat "$work/edited" >"$dir/config.json"
		execute enforce c "${see[@]}"
		is "runc: a bundle that was changed meanwhile gives no more" "$status $output" "0 $own"
		cat "$work/kept" >"$dir/config.json"
	}
	execute enforce -u 4294967295:4294967295 c "${see[@]}"
	like "$runtime: (uid_t)-1 leaves crun root" "$status $output" '^1 cofferdam: denied .*exec-exceeds: root'
	execute enforce -u 1000:4294967295 c "${see[@]}"
	like "$runtime: (gid_t)-1" "$status $output" '^1 cofferdam: denied .*exec-exceeds: in group 0'
	if [ "$runtime" = crun ]; then	# it runs such a process in its caller's cgroup
		execute enforce --cgroup ../.. c cat /proc/self/cgroup
		like "crun: --cgroup" "$status $output" '^1 cofferdam: .*--cgroup ../..: crun does not keep'
		return
	fi
	# it takes what begins with the name of the container's own for what lies below
	execute enforce --cgroup ../cc c cat /proc/self/cgroup
	like "runc: --cgroup that leads up" "$status $output" '^1 cofferdam: .*--cgroup ../cc: runc does not keep'
	execute enforce --cgroup pids:../cc --cgroup memory:below c cat /proc/self/cgroup
	like "runc: of one hierarchy" "$status $output" '^1 cofferdam: .*--cgroup pids:../cc: runc'
	execute enforce --cgroup / c cat /proc/self/cgroup
	like "runc: --cgroup, its own" "$status $output" '^0 .*:pids:/c |^0 0::/c$'
}

# for_runc_alone NAME - runc finds the container by that --root, and the exec is judged; crun finds none
for_runc_alone() {
	if [ "$runtime" = runc ]; then
		like "runc: $1" "$status $output" '^1 cofferdam: denied .*exec-exceeds: root'
	else
		like "crun: $1" "$status $output" '^1 cofferdam: .*container c does not exist'
	fi
}

# What the door does not find the runtime must not find either.
absent() {
	local more=()

	execute enforce no-such true
	like "$runtime: no such container" "$status $output" \
		'^1 cofferdam: refused.*container no-such does not exist'
	execute audit no-such true
	like "$runtime: in audit mode the runtime says so" "$status $output" '^[^0].*(does not exist|No such)'
	unlike "$runtime: not Cofferdam" "$output" 'cofferdam: '
	execute enforce c/../c true
	like "$runtime: an id that is a path" "$status $output" '^1 cofferdam: .*is no container id'
	# to runc "link/.." is nothing, to the kernel and crun it is the folder that the link leads into
	mkdir -p "$work/elsewhere/folder"
	ln -sfn elsewhere/folder "$work/link"
	through "$runtime" enforce
	[ "$runtime" = runc ] || more=(--cgroup-manager=cgroupfs)
	output=$("${command[0]}" "${more[@]}" --root "$work/link/../$runtime" exec -u 0 c true \
		<"$work/nothing" 2>&1)
	status=$?
	for_runc_alone "--root through a link"
	# an empty --root is the working directory to runc, and an error to crun
	output=$(cd "$work/$runtime" && "${command[0]}" "${more[@]}" --root "" exec -u 0 c true \
		<"$work/nothing" 2>&1)
	status=$?
	for_runc_alone "an empty --root"
	if [ "$runtime" = runc ]; then
		# root in a user namespace, unless he is called so, has them where users have
		output=$(env -u USER XDG_RUNTIME_DIR="$work/users" unshare -Ur "${command[0]}" \
			exec no-such true 2>&1)
		like "runc: \$XDG_RUNTIME_DIR" "$output" 'does not exist: [^ ]*/users: '
		output=$(USER=root XDG_RUNTIME_DIR="$work/users" unshare -Ur "${command[0]}" \
			exec no-such true 2>&1)
		like "runc: and not for root" "$output" 'does not exist: /run/runc: '
	else
		# where crun up to 1.21 looks, is not where the others do
		output=$("${command[0]}" "${more[@]}" --root "$work/elsewhere" --rootless "$work/crun" \
			exec -u 0 c true <"$work/nothing" 2>&1)
		like "crun: --rootless" "$? $output" '^1 cofferdam: .*--rootless: releases of crun differ'
	fi
	# where it is not, there is nothing of it to delete, its record neither
	"${command[0]}" "${more[@]}" --root "$work/nowhere" delete --force c >"$work/said" 2>&1
	holds "$runtime: delete --force by another --root leaves the record" \
		test "$(find /run/cofferdam/admitted -name "$(printf c | sha256sum | cut -c1-32).*" | wc -l)" -gt 0
	output=$(cd "$work/elsewhere" && "${command[0]}" "${more[@]}" --root "../$runtime" exec -u 0 c true \
		<"$work/nothing" 2>&1)
	like "$runtime: a relative --root" "$? $output" '^1 cofferdam: denied .*exec-exceeds: root'
	# $PWD is what runc puts it behind, and a shell would set it right
	output=$(cd "$work/elsewhere/folder" && env PWD="$work/link" "$door" --engine podman --host-config \
		"$(host "$runtime" enforce)" "${more[@]}" --root "../$runtime" exec -u 0 c true \
		<"$work/nothing" 2>&1)
	status=$?
	for_runc_alone "one behind \$PWD"
	# a place where others can write
	chmod 777 "$work/$runtime/c"
	execute enforce c true
	like "$runtime: a state that others can change" "$status $output" '^1 cofferdam: refused.*writ'
	chmod 700 "$work/$runtime/c"
}

# What the container made since it started counts, and not the image alone.
cwd() {
	execute enforce c /bin/sh -c 'ln -s /proc/self/fd/9 /tmp/fd; ln -s /tmp /tmp/plain'
	is "$runtime: links are made on a tmpfs" "$status $output" "0 "
	mkdir -p "$work/host"
	: >"$work/host/of-the-host"
	inherit() {
		execute enforce "$@" 9<"$work/host"
	}
	inherit --cwd /proc/self/fd/9 c ls
	like "$runtime: a working folder below /proc" "$status $output" '^1 cofferdam: denied .*cwd-unsafe'
	inherit --cwd /tmp/fd c ls
	like "$runtime: through a link on the container's tmpfs" "$status $output" \
		'^1 cofferdam: denied .*cwd-unsafe: leads under /proc through'
	inherit --cwd /tmp/plain/../tmp/plain c pwd -P
	is "$runtime: another link is none" "$status $output" "0 /tmp"
	inherit --cwd /tmp/none/../fd c ls
	like "$runtime: through what is missing" "$status $output" '^1 cofferdam: denied .*cwd-unsafe'
}

# What a caller hands in
descriptors() {
	mkdir -p "$work/host"
	execute enforce --preserve-fds 1 c ls /proc/self/fd/3/.. 3<"$work/host"
	like "$runtime: a folder's descriptor" "$status $output" '^1 cofferdam: .*descriptor 3, .*is a folder of the host'
	execute enforce --preserve-fds 2 c true 3</dev/null 4<"$work/host"
	like "$runtime: the second one" "$status $output" '^1 cofferdam: .*descriptor 4, .*is a folder of the host'
	through "$runtime" enforce
	output=$(LISTEN_FDS=1 "${command[@]}" exec c true <"$work/nothing" 2>&1 3<"$work/host")
	like "$runtime: one by LISTEN_FDS" "$? $output" '^1 cofferdam: .*descriptor 3, .*is a folder of the host'
	# an environment may have one name many times over, which no shell keeps
	output=$(python3 - "$door" --engine podman --host-config "$(host "$runtime" enforce)" \
		"${command[@]:1}" exec c true 3<"$work/host" 2>&1 <<-'END'
		import ctypes, os, sys
		def strings(v):
		    return (ctypes.c_char_p * (len(v) + 1))(*v, None)
		args = [os.fsencode(a) for a in sys.argv[1:]]
		env = [b"PATH=/usr/sbin:/usr/bin:/sbin:/bin"] + 5 * [b"LISTEN_FDS=x"]
		os.set_inheritable(3, True)
		ctypes.CDLL(None).execve(args[0], strings(args), strings(env))
		END
	)
	like "$runtime: LISTEN_FDS many times over" "$? $output" '^1 cofferdam: .*descriptor 3, .*is a folder of the host'
	output=$("${command[@]}" exec c true <"$work/host" 2>&1)
	like "$runtime: standard input" "$? $output" '^1 cofferdam: .*descriptor 0, .*is a folder of the host'
	# shellcheck disable=SC2016 # expanded inside
	execute enforce --preserve-fds 1 c /bin/sh -c 'read -r l <&3; echo "$l"' 3< <(echo handed)
	is "$runtime: a pipe is handed in" "$status $output" "0 handed"
	execute enforce c true 3<"$work/host"
	is "$runtime: what is not handed in is the runtime's to close" "$status $output" "0 "
}

# What the options cannot say is as the container has it.
limits() {
	execute enforce c /bin/sh -c 'ulimit -Hn; ulimit -Sn'
	is "$runtime: resource limits of an exec by options" "$status $output" "0 1024 1024"
}

policies() {
	execute denied c true
	like "$runtime: a policy that forbids exec" "$status $output" '^1 cofferdam: denied .*exec-denied'
	execute denied c /bin/true
	is "$runtime: but for one program" "$status $output" "0 "
	execute terminal c true
	is "$runtime: a policy that forbids terminals" "$status $output" "0 "
	execute terminal -t c true
	like "$runtime: with one" "$status $output" '^1 cofferdam: denied .*exec-terminal'
	execute user -u 1001:1001 c true
	is "$runtime: a policy of users: one on its list" "$status $output" "0 "
	execute user -u 1002:1002 c true
	like "$runtime: and another" "$status $output" '^1 cofferdam: denied .*exec-user'
}

created() {
	dir=$(bundle created '.process.args = ["/bin/sleep", "1000"]')
	through "$runtime" enforce
	"${command[@]}" create --bundle "$dir" created <"$work/nothing" >/dev/null 2>&1
	execute enforce created true
	like "$runtime: a container that has not started" "$status $output" \
		'^1 cofferdam: denied .*exec-exceeds: the container has not started'
	"${command[@]}" start created
	execute enforce created true
	is "$runtime: and once it has" "$status $output" "0 "
}

# One that comes while the gate holds the program: a hook of Kubernetes' postStart does.
held() {
	local gate

	dir=$(bundle held '.process.args = ["/bin/sleep", "1000"]')
	through "$runtime" gated
	for id in held-{1..9}-$$; do
		"${command[@]}" create --bundle "$dir" "$id" <"$work/nothing" >"$work/held.out" 2>&1
		gate=$(pgrep -f "^cofferdam-gate: waiting for exec of $id$")
		kill -STOP "$gate" || bail "$runtime: no supervisor: $(cat "$work/held.out")"
		# runc waits for the supervisor, too, where its init makes another thread
		timeout 3 "${command[@]}" start "$id" && break
		kill -KILL "$gate"
	done
	"${command[@]}" exec "$id" /bin/sh -c "$seen; sleep 0.5" <"$work/nothing" >"$work/held.exec" 2>&1 &
	sleep 0.3
	is "$runtime: an exec while the gate holds the program waits" "$(cat "$work/held.exec")" ""
	kill -CONT "$gate"
	wait $!
	like "$runtime: and works then" "$? $(cat "$work/held.exec")" '^0 1000'
	is "$runtime: as the program does" "$(cat "$work/held.out")" ""
	holds "$runtime: which runs" "${command[@]}" kill "$id" KILL
}

# A container that came past the door: the runtime's own copy is what it has.
unrecorded() {
	dir=$(bundle bare '.process.args = ["/bin/sleep", "1000"] |
		.process.capabilities.effective = [] | .process.capabilities.permitted = []')
	real "$runtime"
	"${command[@]}" run -d --bundle "$dir" bare <"$work/nothing" >/dev/null 2>&1
	execute enforce bare "${see[@]}"
	is "$runtime: a container without a record" "$status $output" "0 $own"
	execute enforce -u 0 bare true
	like "$runtime: and root in it" "$status $output" '^1 cofferdam: denied .*exec-exceeds: root'
}

for runtime in runc crun; do
	door_start enforce c
	files
	options
	absent
	cwd
	descriptors
	limits
	policies
	created
	held
	unrecorded
done

done_testing
