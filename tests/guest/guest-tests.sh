#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# What can be seen only on a host with SELinux enforcing and cgroup v2. Run in
# the guest, see guest.sh.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq perl
setup_work
make_rootfs
enforce=$(host_config enforce '.gate = "enforce"')
limiting=$(host_config limiting '.gate = "enforce" | .policies = [{use: "limiting"}]')
own_policy limiting limiting <<-'END'
	{ "format": 1, "name": "limiting", "extends": "test",
	  "rules": { "memory-limit": { "action": "harden", "default": "32Mi" },
	             "pids-limit": { "action": "harden", "default": 20 },
	             "cpu-limit": { "action": "harden", "default": "500m" } } }
END
swapping=$(host_config swapping '.gate = "enforce" | .policies = [{use: "swapping"}]')
own_policy swapping swapping <<-'END'
	{ "format": 1, "name": "swapping", "extends": "test",
	  "rules": { "foreign-hooks": { "action": "warn" }, "cgroup-path": { "action": "warn" } } }
END
lenient=$(host_config lenient '.gate = "enforce" | .policies = [{use: "lenient"}]')
own_policy lenient lenient <<-'END'
	{ "format": 1, "name": "lenient", "extends": "test",
	  "rules": { "selinux": { "action": "warn" } } }
END

# Without these everything below would pass emptily.
is "SELinux is enforcing" "$(getenforce)" Enforcing
is "this test runs as an administrator" "$(tr -d '\0' </proc/self/attr/current)" \
	"unconfined_u:unconfined_r:unconfined_t:s0"
is "the hook is labelled as installed" "$(stat -c %C "$hook")" "system_u:object_r:bin_t:s0"
is "/sys/fs/cgroup is cgroup2" "$(stat -f -c %T /sys/fs/cgroup)" cgroup2fs
is "no version 1 is mounted" "$(grep -c ' - cgroup ' /proc/self/mountinfo)" 0

gate_record() {
	grep '"program":"cofferdam-gate"' "$work/hosts/$1.log" 2>/dev/null | tail -n 1
}

# hooked HOST_CONFIG NAME FILTER... - a bundle with the hook; its path is $dir
hooked() {
	local host=$1

	shift
	dir=$(bundle "$@")
	add_hook "$dir" createRuntime "$host"
	rm -f "$work"/hosts/*.log
}

confined() {
	hooked "$enforce" confined "$(shell "read -r label </proc/self/attr/current; echo \$label
		cat /etc/passwd >/dev/null && echo read own; cat /etc/other 2>&1
		echo x >/out/written && echo wrote; echo x >/tmp/file && echo tmp; echo ran >/out/marker")"
	run "$runtime" "$dir"
	holds "$runtime: a labelled container runs" ran "$dir"
	like "$runtime: under its label" "$output" "$label_process"
	like "$runtime: it reads what is its own" "$output" "read own"
	like "$runtime: and not another container's, which SELinux denies" "$output" \
		"/etc/other'?: Permission denied"
	like "$runtime: it writes to its volume and its tmpfs" "$output" $'wrote\ntmp'
	like "$runtime: the gate verified the label" "$(gate_record enforce | jq -c .gate.verified)" \
		'"SELinux label"'
	# the kernel sorts the categories
	hooked "$enforce" sorted '.process.selinuxLabel |= sub("c1,c2"; "c2,c1")'
	run "$runtime" "$dir"
	holds "$runtime: categories in another order are the same" ran "$dir"
}

# swapped FILTER - before the gate is armed, a hook edits the config.json that the runtime
# has read already: what was admitted is one thing, what the runtime made another.
swapped() {
	local wrapper=$work/swap

	cat >"$wrapper" <<-END
	#!/bin/sh
	jq '$1' "$dir/config.json" >"$dir/edited"
	mv "$dir/edited" "$dir/config.json"
	exec "$hook" createRuntime --host-config "$swapping"
	END
	hook_instead "$wrapper" "PATH=$PATH"
}

wrong_label() {
	hooked "$enforce" wrong
	swapped '.process.selinuxLabel |= sub("c1,c2"; "c3,c4")'
	run "$runtime" "$dir"
	never_ran "another label than the one admitted" "SELinux label is .*c1,c2, where .*c3,c4 was admitted"
}

labels() {
	hooked "$enforce" spc '.process.selinuxLabel |= sub("container_t"; "spc_t")'
	run "$runtime" "$dir"
	never_ran "spc_t" "selinux"
	hooked "$enforce" unconfined '.process.selinuxLabel = "unconfined_u:unconfined_r:unconfined_t:s0"'
	run "$runtime" "$dir"
	never_ran "unconfined_t" "selinux"
	hooked "$enforce" wide '.process.selinuxLabel |= sub("c1,c2"; "c0.c1023")'
	run "$runtime" "$dir"
	never_ran "every category" "selinux"
	hooked "$enforce" none 'del(.process.selinuxLabel, .linux.mountLabel)'
	run "$runtime" "$dir"
	never_ran "no label" "selinux"
	hooked "$enforce" disabled 'del(.process.selinuxLabel)'
	run "$runtime" "$dir"
	never_ran "label=disable" "selinux"
	# The control: it is the rule that refused
	hooked "$lenient" lenient '.process.selinuxLabel |= sub("container_t"; "spc_t")' \
		"$(shell "read -r label </proc/self/attr/current; echo \$label >/out/marker")"
	run "$runtime" "$dir"
	like "$runtime: where the policy only warns, spc_t runs" "$(cat "$dir/out/marker" 2>&1)" spc_t
	like "$runtime: verified" "$(gate_record lenient | jq -c .gate.verified)" '"SELinux label"'
}

limits() {
	hooked "$limiting" limits 'del(.linux.resources.memory, .linux.resources.pids, .linux.resources.cpu)' \
		'.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
			options: ["nosuid", "noexec", "nodev", "ro"]}]' \
		"$(shell "cd /sys/fs/cgroup; cat memory.max pids.max cpu.max
			dd if=/dev/zero of=/dev/shm/big bs=1M count=60 2>/dev/null; echo dd \$?; rm /dev/shm/big
			for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21; do sleep 60 & done
			echo ran >/out/marker")"
	run "$runtime" "$dir"
	like "$runtime: the gate sets memory.max, pids.max and cpu.max" "$output" \
		$'33554432\n20\n50000 100000'
	like "$runtime: the kernel holds the memory to it" "$output" "dd 137"
	like "$runtime: and the processes" "$output" "can't fork"
	like "$runtime: recorded as set" "$(gate_record limiting | jq -c .gate.tightened)" \
		"memory limit.*process limit.*CPU limit"
	like "$runtime: and as read back" "$(gate_record limiting | jq -c .gate.verified)" \
		"memory limit.*process limit.*CPU limit"
}

# Files of cgroup v2 by their names are written last, above what memory and pids say.
unified() {
	local filter='.linux.resources.memory = {limit: 16777216} | .linux.resources.pids = {limit: 10}
		| .linux.resources.unified = {"memory.max": "33554432", "memory.high": "31457280",
			"pids.max": "20", "cgroup.max.depth": "1"}'
	local mounted='.mounts += [{destination: "/sys/fs/cgroup", type: "cgroup", source: "cgroup",
		options: ["nosuid", "noexec", "nodev", "ro"]}]'

	# a file that is no limit, too, of which the policy only warns
	hooked "$swapping" unified "$filter" "$mounted" "$(shell "cd /sys/fs/cgroup
		cat memory.max memory.high pids.max cgroup.max.depth; echo ran >/out/marker")"
	run "$runtime" "$dir"
	like "$runtime: linux.resources.unified is what the kernel holds" "$output" \
		$'33554432\n31457280\n20\n1'
	is "$runtime: each of its files is verified, and not what they override" \
		"$(gate_record swapping | jq -c '.gate.verified | map(select(test("[.]max|[.]high| limit$")))')" \
		'["memory.max","memory.high","pids.max","cgroup.max.depth","CPU limit"]'
	hooked "$enforce" unified "$filter"
	swapped '.linux.resources.unified["memory.max"] = "20971520"'
	run "$runtime" "$dir"
	never_ran "a lower limit was admitted" "memory.max of its cgroup is 33554432, where 20971520 was admitted"
	hooked "$enforce" unified "$filter"
	swapped '.linux.resources.unified["memory.max"] = "67108864"'
	run "$runtime" "$dir"
	holds "$runtime: a higher one was: what the kernel holds is within it" ran "$dir"
	hooked "$enforce" unified "$filter"
	swapped 'del(.linux.resources.unified["memory.max"])'
	run "$runtime" "$dir"
	never_ran "none was, so that memory's own counts" "memory.*33554432.*16777216"
}

# device_programs CGROUP - how many BPF programs decide on its devices (bpf(2), BPF_PROG_QUERY)
device_programs() {
	perl -MFcntl -e '
		sysopen(my $dir, $ARGV[0], O_RDONLY | O_DIRECTORY) or die "$ARGV[0]: $!\n";
		my $attr = pack("L4QL3", fileno($dir), 6, 0, 0, 0, 0, 0, 0);
		syscall(321, 16, $attr, length($attr)) == 0 or die "bpf: $!\n";
		print((unpack("L4QL3", $attr))[5], "\n");' "$1" 2>&1
}

# The host's disk as a node on a volume. SELinux would say "Permission denied".
devices() {
	local id=devices-$$

	hooked "$enforce" devices \
		'(.mounts[] | select(.destination == "/out")).options = ["rbind", "rw", "nosuid"]' \
		"$(shell "dd if=/out/disk of=/dev/null count=1; dd if=/dev/zero of=/dev/null count=1 2>/dev/null && echo zero
			echo ran >/out/marker")"
	# shellcheck disable=SC2046 # two numbers
	mknod -m 666 "$dir/out/disk" b $(stat -c '%Hr %Lr' /dev/vda)
	in_runtime "$runtime" create --bundle "$dir" "$id" </dev/null >"$work/devices.out" 2>&1
	holds "$runtime: a program decides on devices" \
		test "$(device_programs "/sys/fs/cgroup/$id")" -gt 0
	in_runtime "$runtime" start "$id"
	wait_for ran "$dir"
	output=$(cat "$work/devices.out")
	in_runtime "$runtime" delete --force "$id"
	like "$runtime: the host's disk cannot be opened" "$output" "/out/disk'?: Operation not permitted"
	like "$runtime: /dev/zero can" "$output" "zero"
	like "$runtime: the gate has asked for that program" "$(gate_record enforce | jq -c .gate.unverified)" \
		"a program is attached to its cgroup"
}

# What the facts say is what libselinux says.
like_libselinux() {
	local label theirs ours contexts

	# shellcheck disable=SC2054 # commas are theirs
	contexts=(
		"$label_process" "$label_file" system_u:system_r:container_t:s0:c2,c1
		system_u:system_r:container_t:s0:c1.c3,c2 system_u:system_r:nosuch_t:s0
		nosuch_u:system_r:container_t:s0 system_u:system_r:container_t
		system_u:object_r:container_file_t:s0-s0:c0.c1023 system_u:system_r:container_t:s0:c1024
		system_u:system_r:container_file_t:s0 nonsense a:b:c:d:e:f:g "system_u:system_r:container_t:s0 "
		unconfined_u:unconfined_r:unconfined_t:s0)

	dir=$(bundle facts)
	for label in "${contexts[@]}"; do
		jq --arg l "$label" '.process.selinuxLabel = $l' "$dir/config.json" >"$dir/label.json"
		ours=$("$cofferdam" facts "$dir/label.json" |
			jq -r --arg l "$label" '.selinux.labels[] | select(.label == $l) | .says // "-"')
		theirs=$(/tests/context "$label")
		is "as libselinux says: $label" "$ours" "$theirs"
	done
	jq '.process.selinuxLabel |= sub("container_t"; "nosuch_t")' "$dir/config.json" >"$dir/label.json"
	like "cofferdam check: no such type" \
		"$("$cofferdam" check --host-config "$enforce" "$dir/label.json" 2>&1)" "no such context"
}

echo secret >"$work/rootfs/etc/other"
chmod 644 "$work/rootfs/etc/other"
chcon system_u:object_r:container_file_t:s0:c7,c8 "$work/rootfs/etc/other"
runtime=
parts like_libselinux
for runtime in runc crun; do
	parts confined wrong_label labels limits unified devices
done

done_testing
