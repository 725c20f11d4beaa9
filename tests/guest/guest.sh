#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The exec gate where most hosts are: SELinux enforcing, cgroup v2 and nothing
# else; and a little of it with AppArmor. Debian's kernel in virtual machines
# (qemu, by software alone), Debian's policy and its runc and crun, and this
# build's programs. docs/gate.md says which tests are run there.
#
# COFFERDAM_GUEST_ACCEL="-accel kvm" uses the processor's help, where it is
# to be relied on; COFFERDAM_GUEST_SUITES names the tests to run.
set -u -o pipefail
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/integration/programs.sh
. "$src/tests/integration/programs.sh"
here=$src/tests/guest
accel=${COFFERDAM_GUEST_ACCEL:--accel tcg,thread=multi}
# A machine each, all at once: one processor is busy with one of them.
machines=("${COFFERDAM_GUEST_SUITES:-gate}")
if [ -z "${COFFERDAM_GUEST_SUITES-}" ]; then
	machines+=("guest attacks hook" apparmor)
fi
limit=${COFFERDAM_GUEST_LIMIT:-900}	# seconds; three or four minutes are enough where nothing else runs

need qemu-system-x86_64 gcc
[ "$(id -u)" = 0 ] || bail "this needs root, to make the guest's files"
probe=$build/tests/integration/probe
attack=$build/tests/attacks/attack
for program in "$probe" "$attack"; do
	[ -x "$program" ] || bail "$program is not built"
done
setup_work

[ "$(uname -m)" = x86_64 ] || {
	echo "1..0 # SKIP the guest is an x86-64 one"
	exit 0
}

start=$SECONDS
cache=${COFFERDAM_TEST_CACHE:-/var/tmp/cofferdam-test-cache}/guest
mkdir -p "$cache"
(
	flock 9
	bash "$here/image.sh" "$cache" >"$work/image.log" 2>&1
) 9>"$cache.lock" || bail "the guest's files cannot be made: $(tail -n 5 "$work/image.log")"
note "the guest's files: $((SECONDS - start)) s"

# What the tests need of the tree, and of this build
disk=$work/disk
mkdir -p "$disk"/{build,policy/seccomp,tests/integration,tests/guest}
cp "$cofferdam" "$hook" "$probe" "$attack" "$disk/build/"
cp "$src"/policy/seccomp/*.json "$disk/policy/seccomp/"
cp "$src/tests/lib.sh" "$disk/tests/"
cp "$src"/tests/integration/*.sh "$disk/tests/integration/"
cp "$here"/*-tests.sh "$disk/tests/guest/"
# shellcheck disable=SC2046 # words
gcc -O1 -static -o "$disk/context" "$here/context.c" $(pkg-config --static --libs libselinux) \
	2>"$work/gcc.log" || bail "tests/guest/context.c: $(cat "$work/gcc.log")"
cp "$here/inside.sh" "$disk/"
make_programs "$disk/programs"

# machine NUMBER SUITE... - boot one for these tests
machine() {
	local dir=$work/machine-$1 lsm=selinux

	shift
	mkdir "$dir"
	[ "$*" != apparmor ] || lsm=apparmor
	cp -a "$disk" "$dir/disk"
	echo "$*" >"$dir/disk/suites"
	tar -cf "$dir/disk.tar" -C "$dir/disk" .
	# shellcheck disable=SC2086 # several words
	timeout --kill-after=5 "$limit" qemu-system-x86_64 -M q35 $accel -cpu max -smp 2 -m 1024 \
		-nodefaults -no-user-config -nographic -no-reboot \
		-serial "file:$dir/console" -serial "file:$dir/tap" \
		-kernel "$cache/vmlinuz" -initrd "$cache/initrd.gz" \
		-drive "file=$cache/root.img,format=raw,if=virtio,snapshot=on" \
		-drive "file=$dir/disk.tar,format=raw,if=virtio,readonly=on" \
		-append "console=ttyS0 quiet panic=-1 security=$lsm enforcing=1" \
		</dev/null >"$dir/qemu.log" 2>&1
	echo "$?" >"$dir/code"
	note "$*: $((SECONDS - start)) s"
}

start=$SECONDS
for i in "${!machines[@]}"; do
	# shellcheck disable=SC2086 # several suites
	machine "$i" ${machines[i]} &
done
wait

# relay - a machine's tests as ours, under the name of their suite
relay() {
	local line suite=none plan=-1 count=0

	while IFS= read -r line; do
		line=${line%$'\r'}
		case $line in
		"@@BEGIN "*)
			suite=${line#* } plan=-1 count=0
			;;
		"@@CODE "*)
			is "$suite: as many tests as planned, and a good end" "$count ${line#* }" "$plan 0"
			;;
		"ok "*" # SKIP "*)
			count=$((count + 1))
			line=${line#* - }
			skip "$suite: ${line%% # SKIP *}" "${line#* # SKIP }"
			;;
		"ok "*)
			count=$((count + 1))
			ok "$suite: ${line#* - }"
			;;
		"not ok "*)
			count=$((count + 1))
			not_ok "$suite: ${line#* - }"
			;;
		"1.."*) plan=${line#1..} ;;
		"#"*) echo "$line" ;;
		*) [ -z "$line" ] || note "$line" ;;
		esac
	done
}

for i in "${!machines[@]}"; do
	dir=$work/machine-$i
	relay < <(tr -d '\000' <"$dir/tap")
	# One that died, or did not get to a test, has not passed it.
	end="$(cat "$dir/code"):$(tr -d '\r\000' <"$dir/tap" | tail -n 1)"
	is "${machines[i]}: the machine came to its end" "$end" "0:@@END 0"
	[ "$end" = "0:@@END 0" ] || note "$(tail -n 20 "$dir/qemu.log")" "$(tr -d '\r\000' <"$dir/console" | tail -n 20)"
	for suite in ${machines[i]}; do
		# shellcheck disable=SC2016 # awk's own
		holds "$suite: it was run to its end" awk -v s="@@BEGIN $suite" '
			{ sub(/\r$/, "") } $0 == s { begun = 1 } begun && /^@@CODE/ { ended = 1 }
			END { exit !ended }' "$dir/tap"
	done
done

done_testing
