#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The first steps of attacks (attack.c) inside real containers: every one of them
# fails under "hardened", whoever tries and whatever else filters; and a table of
# those that the engines' own defaults let through to the kernel.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

if [ "$sanitizer" != no ]; then
	ok "the profiles are the same in every build: left to the one without sanitizers"
	done_testing
fi
need runc crun jq
attack=$build/tests/attacks/attack
[ -x "$attack" ] || bail "$attack is not built"
setup_work
make_rootfs
cp "$attack" "$work/rootfs/bin/attack"
"$cofferdam" seccomp show --format bpf hardened >"$work/rootfs/hardened.bpf" ||
	bail "no filter"
mkdir "$work/profiles"
mapfile -t names < <("$attack" --list)

# The capabilities that this host has to give, of those that attacks want
wanted=(2:DAC_READ_SEARCH 12:NET_ADMIN 13:NET_RAW 16:SYS_MODULE 17:SYS_RAWIO 18:SYS_CHROOT
	19:SYS_PTRACE 20:SYS_PACCT 21:SYS_ADMIN 22:SYS_BOOT 23:SYS_NICE 25:SYS_TIME
	26:SYS_TTY_CONFIG 27:MKNOD 34:SYSLOG)
bounding=$((16#$(sed -n 's/^CapBnd:\t//p' /proc/self/status)))
caps=()
for cap in "${wanted[@]}"; do
	((bounding >> ${cap%:*} & 1)) && caps+=("CAP_${cap#*:}")
done
privileged='.process.user = {uid: 0, gid: 0} | .process.capabilities |= (
	.bounding = '$(jq -nc '$ARGS.positional' --args "${caps[@]}")'
	| .permitted = .bounding | .effective = .bounding | .inheritable = [])'

# attack RUNTIME PROFILE FILTER... - all attacks under a profile (a file, or none);
# their results in $output
attack() {
	local runtime=$1 profile=$2 dir

	shift 2
	if [ "$profile" = none ]; then
		set -- 'del(.linux.seccomp)' "$@"
	else
		set -- '.linux.seccomp = '"$(cat "$profile")" "$@"
	fi
	dir=$(bundle attack '.process.args = ["/bin/attack"] | .process.env += ["HOME=/"]' "$@")
	run "$runtime" "$dir"
}

# passed - the attacks of $output that were not refused
passed() {
	awk '$2 !~ /^(EPERM|ENOSYS|EAFNOSUPPORT|EPROTONOSUPPORT|SIGSYS)$/' <<<"$output"
}

# all_fail DESCRIPTION - those of $names
all_fail() {
	local got through

	got=$(cut -d ' ' -f 1 <<<"$output")
	through=$(passed)
	if [ "$got" != "$(printf '%s\n' "${names[@]}")" ]; then
		not_ok "$1" "not every attack was tried" "$output"
	elif [ -n "$through" ]; then
		not_ok "$1" "$through"
	else
		ok "$1: ${#names[@]} attacks fail"
	fi
}

hardened=$src/policy/seccomp/hardened.json
common=$work/profiles/common.json
for profile in hardened compat32 build; do
	"$cofferdam" seccomp show --format json $profile >"$work/profiles/$profile.json"
done

# --- the engines' defaults ---

engines=${COFFERDAM_TEST_ENGINES:-$work/engines}
if [ ! -d "$engines" ]; then
	"$src/tests/workloads/rootfs.sh" "$engines" containerd docker.io \
		golang-github-containers-common >"$work/engines.log" 2>&1 ||
		note "no engines: $(tail -n 1 "$work/engines.log")"
fi
theirs=()
file=/usr/share/containers/seccomp.json
[ -e $file ] || file=$engines$file
if "$cofferdam" seccomp show --format json "$file" >"$common" 2>/dev/null; then
	theirs+=(common)
else
	skip "containers/common's default" "its file is not here"
fi
for engine in docker containerd; do
	if [ -x "$engines/usr/bin/containerd" ] &&
		"$src/tests/attacks/default.sh" $engine "$engines" \
			>"$work/profiles/$engine.json" 2>"$work/$engine.log"; then
		theirs+=("$engine")
	else
		skip "$engine's default" "the engine does not run here: $(tail -n 1 "$work/$engine.log" 2>/dev/null)"
	fi
done

# --- hardened ---

for runtime in runc crun; do
	attack $runtime none "$privileged"
	if [ "$(passed | wc -l)" -gt $((${#names[@]} * 2 / 3)) ]; then
		ok "$runtime: without a filter $(passed | wc -l) of ${#names[@]} attacks get somewhere"
	else
		not_ok "$runtime: without a filter most attacks get somewhere" "$output"
	fi
	attack $runtime none
	holds "$runtime: without a filter, as an ordinary user, a user namespace can be made" \
		grep -qx 'unshare-user ok' <<<"$output"

	attack $runtime "$hardened"
	all_fail "$runtime: hardened"
	attack $runtime "$hardened" "$privileged"
	all_fail "$runtime: hardened, as root with capabilities"
	attack $runtime "$hardened" "$privileged" '.process.noNewPrivileges = false'
	all_fail "$runtime: hardened, as root with capabilities, loaded early"
	for profile in "${theirs[@]}"; do
		attack $runtime "$work/profiles/$profile.json" "$privileged" \
			'.process.args = ["/bin/attack", "--filter", "/hardened.bpf"]'
		all_fail "$runtime: hardened stacked over the default of $profile"
	done
	attack $runtime none "$privileged" \
		'.process.args = ["/bin/attack", "--filter", "/hardened.bpf"]'
	all_fail "$runtime: hardened alone, as the compiled filter"
done

# --- 32-bit programs ---

# The same attacks by the 32-bit door, from a program of its own: compat32 lets the program
# in, the others do not let it begin.
thirty_two() {
	local runtime profile names

	# shellcheck disable=SC2034 # all_fail's
	mapfile -t names < <("$work/rootfs/bin/attack32" --list)
	for runtime in runc crun; do
		attack $runtime "$work/profiles/compat32.json" '.process.args = ["/bin/attack32"]'
		all_fail "$runtime: compat32, from a 32-bit program"
		attack $runtime "$work/profiles/compat32.json" "$privileged" \
			'.process.args = ["/bin/attack32"]'
		all_fail "$runtime: compat32, from a 32-bit program, as root with capabilities"
		for profile in hardened build; do
			attack $runtime "$work/profiles/$profile.json" '.process.args = ["/bin/attack32"]'
			is "$runtime: $profile: a 32-bit program is killed before it does anything" \
				"$status:$output" 159:
		done
		attack $runtime none '.process.args = ["/bin/attack32"]'
		like "$runtime: without a filter it would have run" "$output" 'unshare-user ok'
	done
}

if [ "$(uname -m)" != x86_64 ]; then
	note "no 32-bit programs: this processor is no x86-64"
elif cc32 -o "$work/rootfs/bin/attack32" "$src/tests/attacks/attack.c" 2>"$work/cc32.log"; then
	thirty_two
else
	skip "32-bit programs" "cannot be built here: $(tail -n 1 "$work/cc32.log")"
fi

# --- the rule about profiles that a container brings ---

# weak POLICY PROFILE - what seccomp-weak finds in it
weak() {
	local dir

	dir=$(bundle weak '.linux.seccomp = '"$(cat "$2")" '.mounts |= map(select(.type != "bind"))')
	"$cofferdam" check --policy "$1" --format json "$dir" |
		jq -r '.findings[] | select(.rule == "seccomp-weak") | .value'
}

for profile in hardened compat32 build; do
	is "restricted finds nothing in $profile" "$(weak restricted "$work/profiles/$profile.json")" ""
done
for profile in "${theirs[@]}"; do
	is "baseline finds nothing in the default of $profile" \
		"$(weak baseline "$work/profiles/$profile.json")" ""
	found=$(weak restricted "$work/profiles/$profile.json")
	like "restricted finds in it: $found" "$found" 'io_uring_setup|mount'
done

# --- allowing one call for one workload, as docs/seccomp.md says ---

jq '.syscalls |= (map(.names -= ["mbind"])
	| map(select(.names != [])) + [{names: ["mbind"], action: "SCMP_ACT_ALLOW"}])' \
	"$work/profiles/hardened.json" >"$work/profiles/numa.json"
is "one call more: lint finds nothing" "$("$cofferdam" seccomp lint "$work/profiles/numa.json")" \
	"$work/profiles/numa.json: ok"
# shellcheck disable=SC2016 # jq's
is "one call more, and nothing else" "$("$cofferdam" seccomp compare --format json \
	"$work/profiles/numa.json" hardened | jq -r '[.more[].call, (.less | length)] | join(" ")')" "mbind 0"
is "one call more: restricted finds nothing in it" "$(weak restricted "$work/profiles/numa.json")" ""
for runtime in runc crun; do
	attack $runtime "$work/profiles/numa.json" '.process.args += ["mbind", "move-pages", "ptrace"]'
	is "$runtime: one call more, and no other" "$output" $'mbind EINVAL\nmove-pages EPERM\nptrace EPERM'
done

# Where to look for what a program misses: it runs, and the kernel is told to log.
jq '.defaultAction = "SCMP_ACT_LOG" | del(.defaultErrnoRet)
	| .syscalls |= map(select(.action == "SCMP_ACT_ALLOW"))' \
	"$work/profiles/hardened.json" >"$work/profiles/learn.json"
for runtime in runc crun; do
	attack $runtime "$work/profiles/learn.json" '.process.args += ["mbind", "io-uring-setup"]'
	is "$runtime: logged instead of refused" "$output" $'io-uring-setup EFAULT\nmbind EINVAL'
done

# --- the table ---

# With an errno that nothing else uses for every refusal, whether a call reached the
# kernel is plain, whatever the kernel then says to it.
marker=ENOMEDIUM
mark() {
	jq -c '.defaultErrnoRet = 123
		| .syscalls |= map(if .action == "SCMP_ACT_ERRNO" then .errnoRet = 123 else . end)' \
		"$work/profiles/$1.json" >"$work/profiles/$1-marked.json"
}

declare -A reached
columns=(hardened compat32 build "${theirs[@]}")
for profile in "${columns[@]}"; do
	mark "$profile"
	attack runc "$work/profiles/$profile-marked.json" "$privileged"
	reached[$profile]=$(awk -v m=$marker '$2 != m && $2 != "SIGSYS" { print $1 }' <<<"$output")
	seen=$output
	attack crun "$work/profiles/$profile-marked.json" "$privileged"
	# runc answers ENOSYS by itself to numbers that no profile can know
	is "$profile: the same under runc and crun" "$(grep -v '^unknown ' <<<"$seen")" \
		"$(grep -v '^unknown ' <<<"$output")"
done
is "hardened lets none of them through to the kernel" "$(grep -vx unknown <<<"${reached[hardened]}")" ""
for profile in "${theirs[@]}"; do
	n=$(grep -cvx unknown <<<"${reached[$profile]}")
	if [ "$n" -gt 0 ]; then
		ok "$profile: its default lets $n of them through to the kernel"
	else
		not_ok "$profile: its default lets some of them through to the kernel"
	fi
	# The count is of system calls of this processor, conditions included.
	# shellcheck disable=SC2016 # jq's
	counts=$("$cofferdam" seccomp compare --format json hardened "$work/profiles/$profile.json" |
		jq -r '.allowed | "\(.[0]) \(.[1])"')
	if [ "${counts% *}" -lt "${counts#* }" ]; then
		ok "hardened allows ${counts% *} system calls, $profile ${counts#* }"
	else
		not_ok "hardened allows fewer system calls than $profile" "$counts"
	fi
done

note "Which reach the kernel (yes), by profile; the same under runc and crun:"
note "| attack | ${columns[*]// / | } |" | sed 's/\([a-z0-9]\) \([a-z]\)/\1 | \2/g'
note "| --- |$(printf ' --- |%.0s' "${columns[@]}")"
for name in "${names[@]}"; do
	[ "$name" != unknown ] || continue
	row="| $name |"
	for profile in "${columns[@]}"; do
		if grep -qx -- "$name" <<<"${reached[$profile]}"; then
			row+=" yes |"
		else
			row+=" - |"
		fi
	done
	note "$row"
done
done_testing
