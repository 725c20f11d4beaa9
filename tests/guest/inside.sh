#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What init runs in the guest: the tests, each between two marks that guest.sh
# looks for. /tests holds what is needed of the tree, and the programs.
cd /tests || exit 1

# As installed: the label decides what the engine's domain may do with it.
install -D -t /usr/libexec/cofferdam build/cofferdam build/cofferdam-hook
install -D -t /usr/libexec/cofferdam/tests/integration build/probe
install -D -t /usr/libexec/cofferdam/tests/attacks build/attack
mount -t tmpfs -o mode=1777 tmpfs /tmp
if [ -e /sys/fs/selinux/enforce ]; then
	chcon -R system_u:object_r:bin_t:s0 /usr/libexec/cofferdam
	chcon system_u:object_r:tmp_t:s0 /tmp
fi

export top_srcdir=/tests top_builddir=/usr/libexec/cofferdam
export COFFERDAM_TEST_PROGRAMS=/tests/programs

# suite NAME SCRIPT PART...
suite() {
	local name=$1 script=$2 code part

	shift 2
	echo "@@BEGIN $name"
	COFFERDAM_TEST_PARTS="$*" bash "$script" | tee /tmp/said
	code=${PIPESTATUS[0]}
	# A part that was renamed would be gone without a word.
	for part; do
		grep -q "^# ${part%:*}[,:]" /tmp/said || {
			echo "# no part of $script is called $part"
			code=99
		}
	done
	echo "@@CODE $code"
}

# Where a part is run with one runtime alone, it was slow or says as much of the other.
for suite in $(<suites); do
	case $suite in
	guest) suite guest tests/guest/guest-tests.sh ;;
	apparmor) suite apparmor tests/guest/apparmor-tests.sh ;;
	gate)
		suite gate tests/integration/gate.sh hardens as_root uses:runc programs:runc late:runc \
			hostile_profiles:crun weak_profile:crun io:crun
		suite gate-life tests/integration/gate-life.sh lifecycle twice some_runs
		;;
	attacks) suite attacks tests/integration/gate-attacks.sh daemon exec_before links:crun \
		victim_cgroup descriptors:runc foreign_tracer:crun swaps:runc ;;
	hook) suite hook tests/integration/hook.sh honest near_misses:crun twice:runc early hardened:runc ;;
	*) echo "@@BEGIN unknown suite $suite" ;;
	esac
done
# What was denied besides, for who looks for a reason
dmesg | grep 'avc:  denied' | sed -n 's/.*avc:  denied/# avc: denied/p' | sort | uniq -c | sort -rn | head -n 40
