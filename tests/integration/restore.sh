#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Checkpoints that CRIU really makes, and what runc and the runtime door do with them. CRIU
# is not in Debian 12, so this runs on request alone, with a program of yours, or one from
# another release's tree, as ./test.sh --runtimes does:
#
#	COFFERDAM_TEST_CRIU=/path/to/criu bash tests/integration/restore.sh
#	COFFERDAM_TREE=/path/to/tree bash tests/integration/restore.sh
# Not for tests/integration/lib.sh, which starts this again: runc is this host's.
export criu_tree=${criu_tree-${COFFERDAM_TREE-}}
unset COFFERDAM_TREE
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# shellcheck disable=SC2154

need runc jq
make_rootfs
mkdir "$work/programs"
if [ -n "${COFFERDAM_TEST_CRIU-}" ]; then
	ln -s "$COFFERDAM_TEST_CRIU" "$work/programs/criu"
else
	[ -x "$criu_tree/usr/sbin/criu" ] || bail "neither COFFERDAM_TEST_CRIU nor a tree with criu"
	printf '#!/bin/sh\nexec %q --library-path %q %q "$@"\n' "$criu_tree"/lib64/ld-linux-*.so.* \
		"$criu_tree/usr/lib/$(uname -m)-linux-gnu" "$criu_tree/usr/sbin/criu" >"$work/programs/criu"
	chmod 755 "$work/programs/criu"
fi
PATH=$work/programs:$PATH
note "$(criu --version | head -n 1), kernel $(uname -r): $(criu check 2>&1 | tail -n 1)"

runtime=runc
# shellcheck disable=SC2016 # expanded in the container
# Without CAP_SYS_RESOURCE CRIU reads nobody's limits but root's.
counts='.process.user = { uid: 0, gid: 0 }
	| .process.args = ["/bin/sh", "-c", "while sleep 0.05; do i=$((i+1)); echo $i >/tmp/count; done"]'
for name in off enforce audit; do
	mkdir -p "$work/hosts/$name/bundles"
	host_config $name '.policies = [{use: "restores"}] | .gate = "enforce" | .unadmitted = "deny"' >/dev/null
	jq '.name = "restores" | .rules["restore-denied"] = {action: "warn"}
		| .rules["root-user"] = {action: "warn"}' "$work/hosts/$name/bundles/test/policy.json" |
		own_policy $name restores
done
set_host() {
	jq "$2" "$work/hosts/$1/host.json" >"$work/edited" && mv "$work/edited" "$work/hosts/$1/host.json"
}
set_host off '.gate = "off"'
set_host audit '.mode = "audit"'
host_config shipped '.policies = [{use: "restricted"}]' >/dev/null
jq '.name = "rooted" | .rules["root-user"] = {action: "warn"}' "$work/hosts/shipped/bundles/test/policy.json" |
	own_policy shipped rooted
set_host shipped '.policies = [{use: "rooted"}]'

# Not from or to a file of the host's: CRIU would have to find it in the container.
quietly() {
	"$@" </dev/null >/dev/null 2>"$work/said"
	status=$?
	output=$(cat "$work/said")
}

# begin NAME - a container that counts, by $command
begin() {
	"${command[@]}" run --detach --bundle "$dir" "$1" </dev/null >/dev/null 2>&1 ||
		bail "no container"
	wait_count "$1" 30 || bail "it does not count"
}

count_of() {
	runc --root "$work/runc" exec "$1" cat /tmp/count 2>/dev/null || echo 0
}

# wait_count NAME NUMBER - wait until it has counted so far
wait_count() {
	for _ in $(seq 100); do
		[ "$(count_of "$1")" -lt "$2" ] || return 0
		sleep 0.1
	done
	return 1
}

# checkpoint NAME, restore NAME - from or into the folder of images, by $command
checkpoint() {
	rm -rf "$work/image"
	quietly "${command[@]}" checkpoint --image-path "$work/image" --work-path "$work/image.work" "$1"
}

restore() {
	quietly "${command[@]}" restore --detach --image-path "$work/image" \
		--work-path "$work/image.work" --bundle "$dir" "$1"
}

# goes_on DESCRIPTION NAME - it counts from where it was
goes_on() {
	local now

	is "$1" "$status" 0
	[ $status = 0 ] || note "$output" "$(grep Error "$work/image.work"/*.log)"
	now=$(count_of "$2")
	is "$1: it is where it was" "$((now >= 30)) ($now)" "1 ($now)"
	is "$1: and counts on" "$(wait_count "$2" $((now + 1)) && echo yes)" yes
}

gone() {
	runc --root "$work/runc" delete --force "$1" 2>/dev/null
}

# --- without the door ---

dir=$(bundle counts "$counts")
real runc
begin first
checkpoint first
[ $status = 0 ] || bail "CRIU makes no checkpoint here: $output $(grep Error "$work/image.work/dump.log")"
ok "control: runc checkpoint"
restore second
goes_on "control: runc restore" second
gone second

# --- every shipped policy denies both ---

begin third
checkpoint third
cp -a "$work/image" "$work/image.kept"
through runc shipped
begin fourth
checkpoint fourth
like "a checkpoint is refused" "$status $output" '^1 .*denied by policy rooted: restore-denied: a checkpoint'
is "and the container runs on" "$(runc --root "$work/runc" state fourth | jq -r .status)" running
gone fourth
cp -a "$work/image.kept" "$work/image"
restore fifth
like "a restore is refused" "$status $output" '^1 .*denied by policy rooted: restore-denied: what runs'
is "and nothing runs" "$(runc --root "$work/runc" list -q | grep -c fifth)" 0

# --- a policy that lets them, without the gate ---

through runc off
restore sixth
goes_on "a restore that is let" sixth
is "its record is bound to it" "$(basename "$(grep -l '"id":"sixth"' $records/*)" | cut -d . -f 2)" \
	"$(runc --root "$work/runc" state sixth | jq .pid)"
seen=$("${command[@]}" exec --cap CAP_SYS_ADMIN sixth grep Cap /proc/self/status)
like "an exec has no more than was admitted" "$seen" 'CapEff:.0000000000000(000|400)'
gone sixth
# why it is denied
dir=$(bundle fewer "$counts" '.process.capabilities = {}')
restore seventh
is "what it can do is the checkpoint's, not the configuration's" \
	"$status $(jq -c .process.capabilities "$dir/config.json") $(runc --root "$work/runc" exec seventh \
		sed -n 's/^CapEff:.//p' /proc/1/status)" "0 {} 0000000000000400"
gone seventh

# --- the gate has no exec to hold it at ---

dir=$(bundle counts "$counts")
through runc enforce
restore eighth
like "with the gate a restore is refused" "$status $output" '^1 .*refused, .*never reaches an exec'
is "with the gate nothing runs" "$(runc --root "$work/runc" list -q | grep -c eighth)" 0
add_hook "$dir" createRuntime "$work/hosts/enforce/host.json"
set_host enforce 'del(.unadmitted)'
real runc
restore ninth
like "at the hook alone, with the gate, too" "$status $output" '.*refused, .*the gate: '
is "at the hook alone nothing runs" "$(runc --root "$work/runc" list -q | grep -c ninth)" 0

# --- audit mode is in nobody's way ---

dir=$(bundle counts "$counts")
through runc audit
restore tenth
goes_on "audit: the door" tenth
gone tenth
add_hook "$dir" createRuntime "$work/hosts/audit/host.json"
real runc
restore eleventh
goes_on "audit: the hook" eleventh
is "audit: nothing holds it" "$(runc --root "$work/runc" exec eleventh sed -n 's/^TracerPid:.//p' /proc/1/status)" 0
gone eleventh

done_testing
