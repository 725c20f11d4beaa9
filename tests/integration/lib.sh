# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source this
#
# What the integration tests share beside tests/lib.sh: a root filesystem, the
# two runtimes, the hook by itself. Sourced; run by make check-root, or by hand
# as root from the build root:
#
#	bash tests/integration/hook.sh

# Bind mounts that a test makes must never be reached by the "rm" that cleans
# up. So the test runs in a mount namespace of its own, which ends with it, and
# the folder is removed from outside, where none of those mounts exists.
if [ -z "${COFFERDAM_TEST_WORK-}" ]; then
	[ "$(id -u)" = 0 ] || {
		echo "Bail out! this needs root"
		exit 99
	}
	work=$(mktemp -d /tmp/cofferdam-test.XXXXXX) || exit 99
	trap : INT TERM
	COFFERDAM_TEST_WORK=$work unshare --mount --propagation private bash "${self:-$0}" "$@"
	code=$?
	rm -rf --one-file-system "$work"
	exit $code
fi

# shellcheck source=tests/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
probe=$build/tests/integration/probe

# parts FUNCTION... - call them; with COFFERDAM_TEST_PARTS those alone that it
# names, as NAME or NAME:RUNTIME. One behind a "-" is called only by its name.
parts() {
	local part start

	for part; do
		start=$SECONDS
		case " ${COFFERDAM_TEST_PARTS-} " in
		*" ${part#-} "* | *" ${part#-}:${runtime-} "*) "${part#-}" ;;
		"  ") [ "${part#-}" != "$part" ] || "$part" ;;
		*) continue ;;
		esac
		[ -z "${COFFERDAM_TEST_PARTS-}" ] || note "${part#-}${runtime:+, $runtime}: $((SECONDS - start)) s"
	done
}

started=()	# processes to end

end_all() {
	local runtime dir pid

	for pid in "${started[@]}"; do
		kill -KILL "$pid" 2>/dev/null
	done
	for runtime in runc crun; do
		for dir in "$work/$runtime"/*/; do
			[ -d "$dir" ] && in_runtime "$runtime" delete --force "$(basename "$dir")"
		done
	done >/dev/null 2>&1
	end_cgroups "cofferdam-$$-*"
}
trap end_all EXIT

# end_cgroups PATTERN - remove those in which nothing is: a runtime that dies of a limit leaves some
end_cgroups() {
	find /sys/fs/cgroup -depth -type d -path "*/$1" -exec rmdir {} + 2>/dev/null
}

# wait_for COMMAND... - up to ten seconds, until it succeeds
# shellcheck disable=SC2317 # by holds
wait_for() {
	for _ in $(seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

# --- a root filesystem ---

make_rootfs() {
	local root=$work/rootfs busybox

	busybox=$(command -v busybox) || bail "busybox is missing: see scripts/setup.sh"
	# Everything in it is a container's to use
	! $selinux || chcon -R system_u:object_r:container_file_t:s0 "$work"
	mkdir -p "$work"/{runc,crun} "$root"/{bin,dev,etc,out,proc,run,sys,tmp,var/tmp}
	chmod 1777 "$root"/{run,tmp,var/tmp}
	cp "$busybox" "$root/bin/busybox"
	chroot "$root" /bin/busybox --install -s /bin || bail "busybox is not a static program"
	[ ! -x "$probe" ] || cp "$probe" "$root/bin/probe"
	echo 'root:x:0:0:root:/:/bin/sh
user:x:1000:1000:user:/:/bin/sh' >"$root/etc/passwd"
}

# --- bundles ---

# add_hook BUNDLE STAGE HOST_CONFIG [ARGUMENT]...
add_hook() {
	local dir=$1 stage=$2 host=$3

	shift 3
	jq --arg path "$hook" --arg stage "$stage" --arg host "$host" \
		--arg asan "$ASAN_OPTIONS" --arg ubsan "$UBSAN_OPTIONS" '
		.hooks[$stage] += [{ path: $path,
			args: (["cofferdam-hook", $stage, "--host-config", $host]
			       + $ARGS.positional),
			env: ["ASAN_OPTIONS=" + $asan, "UBSAN_OPTIONS=" + $ubsan],
			timeout: 30 }]' \
		"$dir/config.json" --args "$@" >"$dir/edited" || bail "cannot add the hook"
	mv "$dir/edited" "$dir/config.json"
}

# hook_instead PROGRAM [ENVIRONMENT]... - the bundle $dir has it as its one hook at createRuntime
hook_instead() {
	local program=$1

	shift
	chmod +x "$program"
	jq --arg path "$program" '.hooks.createRuntime =
		[{ path: $path, args: [$path], env: $ARGS.positional }]' \
		"$dir/config.json" --args "$@" >"$dir/edited" || bail "cannot put the hook there"
	mv "$dir/edited" "$dir/config.json"
}

# shell COMMANDS - a filter that makes them the program
shell() {
	jq -nr --arg c "$1" '".process.args = " + (["/bin/sh", "-c", $c] | tojson)'
}

# guide_policy NAME - that policy, as the policy guide has it
guide_policy() {
	sed -n "\\#^<!-- file etc/bundles/$1/policy.json -->#,/^\`\`\`\$/{/^[{} ]/p;}" \
		"$src/docs/policy-guide.md"
}

# --- podman ---

# containers_conf RUNTIME - its settings for a test, on standard output; [engine] is the last
containers_conf() {
	cat <<-END
		[containers]
		# Raising hard limits takes CAP_SYS_RESOURCE, which a test host may lack.
		default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
		netns = "none"
		[engine]
		cgroup_manager = "cgroupfs"
		events_logger = "file"
		runtime = "$1"
	END
}

# --- the runtimes ---

# crun 1.8 refuses a host that has both cgroup versions; this mount namespace
# is the test's own, so the second one can be taken out of sight.
if mountpoint -q /sys/fs/cgroup/unified; then
	umount /sys/fs/cgroup/unified
fi

# The runtimes of another release: a tree made by debootstrap, entered by chroot,
# with this host's folders in it.
in_tree=()
if [ -n "${COFFERDAM_TREE-}" ]; then
	mount --bind "$COFFERDAM_TREE" "$COFFERDAM_TREE"
	for dir in /proc /sys /dev "$work" "$build"; do
		mkdir -p "$COFFERDAM_TREE$dir"
		mount --rbind "$dir" "$COFFERDAM_TREE$dir"
	done
	in_tree=(chroot "$COFFERDAM_TREE")
fi

isolated=()	# a command to run the runtime with
in_runtime() {
	local runtime=$1 options=()

	shift
	[ "$runtime" = runc ] || options=(--cgroup-manager=cgroupfs)
	"${isolated[@]}" "${in_tree[@]}" env "$runtime" "${options[@]}" --root "$work/$runtime" "$@"
}

containers=0
output=
status=0

# run RUNTIME BUNDLE - run the container; $output is all that its user sees,
# $status the exit code.
run() {
	containers=$((containers + 1))
	rm -f "$2"/out/*
	output=$(in_runtime "$1" run --bundle "$2" "cofferdam-$$-$containers" \
		<"$work/nothing" 2>&1)
	status=$?
}

# ran BUNDLE - whether its program left its marker
ran() {
	[ -e "$1/out/marker" ]
}

# never_ran WHAT REGEX - the container that $runtime just ran, of the bundle $dir, never ran its
# program, and its user was told
never_ran() {
	if ran "$dir" || [ "$status" = 0 ]; then
		not_ok "$runtime: $1: it ran" "$status" "$output"
	else
		like "$runtime: $1" "$output" "$2"
	fi
}

# hook_run HOST_CONFIG BUNDLE [ARGUMENT]... - the hook by itself, called as a
# runtime would, with what the command $feed prints as its standard input, and
# under the limits that the shell command $limits sets. Sets $output, $status
# and $took (milliseconds).
took=0
feed=
limits=
hook_run() {
	local host=$1 dir=$2 start

	shift 2
	stand_in
	start=$(date +%s%N)
	# shellcheck disable=SC2016 # expanded by the inner shell
	output=$(cd "$dir" && timeout --kill-after=1 20 \
		bash -c 'eval "$1"; shift; exec "$@"' bash "${limits:-:}" \
		"$hook" createRuntime --host-config "$host" "$@" \
		2>&1 < <(exec 2>/dev/null && eval "${feed:-state \"$dir\"}"))
	status=$?
	took=$((($(date +%s%N) - start) / 1000000))
}

# stand_in - a process in namespaces of its own, as a runtime's init is when it
# calls the hooks: sets $init_pid
init_pid=
stand_in() {
	[ -n "$init_pid" ] && return
	mkfifo "$work/init-pid"
	# This /proc is the outer one, so it gives the outer pid.
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --uts --ipc --net --pid --fork --kill-child \
		sh -c 'read -r pid _ </proc/self/stat; echo "$pid"; exec sleep 3600' \
		</dev/null >"$work/init-pid" 2>&1 &
	started+=($!)
	read -r init_pid <"$work/init-pid"
}

# state BUNDLE [PID] - what a runtime writes to its hooks
state() {
	jq -nc --arg bundle "$1" --argjson pid "${2:-$init_pid}" \
		'{ ociVersion: "1.0.2", id: "test", status: "creating", pid: $pid, bundle: $bundle }'
}
