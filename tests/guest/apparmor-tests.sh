#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What can be seen only on a host with AppArmor enabled. Run in the guest, see
# guest.sh.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq apparmor_parser
setup_work
make_rootfs
enforce=$(host_config enforce '.gate = "enforce" | .policies = [{use: "relaxed"}]')
# One wrapper takes the hook's place below.
own_policy enforce relaxed <<-'END'
	{ "format": 1, "name": "relaxed", "extends": "test",
	  "rules": { "foreign-hooks": { "action": "warn" } } }
END
optional=$(host_config optional '.gate = "enforce" | .policies = [{use: "optional"}]')
own_policy optional optional <<-'END'
	{ "format": 1, "name": "optional", "extends": "test",
	  "rules": { "apparmor": { "required": false } } }
END

is "AppArmor is enabled" "$(cat /sys/module/apparmor/parameters/enabled)" Y
is "and this test is unconfined" "$(cat /proc/self/attr/apparmor/current)" unconfined

# profile NAME FLAGS - what a container needs, less a file
profile() {
	echo "profile $1 flags=(attach_disconnected,mediate_deleted$2) {
		network, capability, file, umount, signal, ptrace, deny /etc/passwd r,
	}"
}
{
	profile confining ""
	profile another ""
	profile lax ",complain"
} >"$work/profiles"
holds "three profiles are loaded" apparmor_parser --skip-cache --replace "$work/profiles"

# with PROFILE HOST_CONFIG - run a container under it; $dir is its bundle
with() {
	dir=$(bundle profile "if \"$1\" == \"\" then . else .process.apparmorProfile = \"$1\" end" \
		"$(shell "cat /proc/self/attr/current; cat /etc/passwd 2>&1; echo ran >/out/marker")")
	add_hook "$dir" createRuntime "$2"
	rm -f "$work"/hosts/*.log
	run "$runtime" "$dir"
}

for runtime in runc crun; do
	with confining "$enforce"
	holds "$runtime: a confined container runs" ran "$dir"
	like "$runtime: under its profile" "$output" "confining \\(enforce\\)"
	like "$runtime: which denies what it denies" "$output" "/etc/passwd'?: Permission denied"
	like "$runtime: the gate verified it" \
		"$(grep cofferdam-gate "$work/hosts/enforce.log" | jq -c .gate.verified)" '"AppArmor profile"'
	with unconfined "$enforce"
	never_ran unconfined apparmor
	with "" "$enforce"
	never_ran "no profile" apparmor
	with "" "$optional"
	holds "$runtime: no profile, where none is required" ran "$dir"
	with unconfined "$optional"
	never_ran "unconfined, where none is required" apparmor
	with lax "$enforce"
	never_ran "a profile that only complains" apparmor
	with absent "$enforce"
	never_ran "a profile that is not loaded" apparmor

	# admitted is one profile, the runtime read another
	with confining "$enforce"
	cat >"$work/swap" <<-END
	#!/bin/sh
	sed -i 's/"apparmorProfile": "confining"/"apparmorProfile": "another"/' "$dir/config.json"
	exec "$hook" createRuntime --host-config "$enforce"
	END
	hook_instead "$work/swap" "PATH=$PATH"
	run "$runtime" "$dir"
	never_ran "another profile than the one admitted" "AppArmor profile is confining.*another was admitted"
done

done_testing
