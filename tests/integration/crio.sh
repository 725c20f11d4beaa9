#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# CRI-O, with Cofferdam installed as an administrator does it: pods through its CRI
# service, as a kubelet makes them, at its hook and at its runtime door. CRI-O is not in
# Debian, so this runs on request alone, with programs of yours, from the build root:
#
#	COFFERDAM_TEST_CRIO=/path/to/crio bash tests/integration/crio.sh
#
# Beside crio lie pinns, which it needs, and crictl, for doctor --canary; and crun, where
# the distribution's is too old for it.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/engines.sh
. "$(dirname "$0")/engines.sh"
# shellcheck source=tests/integration/cri.sh
. "$(dirname "$0")/cri.sh"
# shellcheck disable=SC2154

need runc crun conmon podman jq curl protoc
[ -x "${COFFERDAM_TEST_CRIO-}" ] || bail "COFFERDAM_TEST_CRIO names no program: see docs/engines/crio.md"
programs=$(dirname "$COFFERDAM_TEST_CRIO")
shopt -s extglob
cri_socket=/run/crio/crio.sock

# --- the engine ---

cp "$COFFERDAM_TEST_CRIO" /usr/bin/crio
cp "$programs/pinns" /usr/bin/pinns || bail "no pinns beside crio"
cp "$programs/crictl" /usr/bin/crictl || bail "no crictl beside crio"
[ ! -x "$programs/crun" ] || cp "$programs/crun" /usr/bin/crun
make_network
make_image
mkdir -p /etc/crio /etc/containers
echo '{ "default": [ { "type": "insecureAcceptAnything" } ] }' >/etc/containers/policy.json
echo 'unqualified-search-registries = []' >/etc/containers/registries.conf
# what this machine may lack: systemd
cat >/etc/crio/crio.conf <<-END
	# of ours
	[crio.runtime]
	cgroup_manager = "cgroupfs"
	conmon_cgroup = "pod"
	default_runtime = "runc"
	[crio.runtime.runtimes.runc]
	runtime_path = "/usr/sbin/runc"
	monitor_path = "/usr/bin/conmon"
	monitor_cgroup = "pod"
	[crio.runtime.runtimes.crun]
	runtime_path = "/usr/bin/crun"
	monitor_path = "/usr/bin/conmon"
	monitor_cgroup = "pod"
	[crio.runtime.runtimes.same]
	inherit_default_runtime = true
	[crio.image]
	pause_image = "localhost/bb:latest"
	pause_command = ""
	[crio.network]
	plugin_dirs = ["/usr/lib/cni"]
END
podman --storage-driver overlay load -q -i "$work/bb.tar" >"$work/load" 2>&1 ||
	bail "podman load: $(cat "$work/load")"

# start [OPTION]... - CRI-O, again if it runs
crio_pid=
start() {
	if [ -n "$crio_pid" ]; then
		kill "$crio_pid"
		wait "$crio_pid" 2>/dev/null
	fi
	crio "$@" >>"$work/crio.log" 2>&1 &
	crio_pid=$!
	started+=($!)
	wait_for answers || bail "CRI-O does not start: $(tail -n 3 "$work/crio.log")"
}

answers() {
	cri Version VersionRequest VersionResponse </dev/null
}


restart() {
	settle
	start
}

# --- what is tried at each door, with each policy; $door and $policy name them ---

# bad DESCRIPTION RULE SECURITY [MORE] - a container that is refused
bad() {
	pod bad
	is "$door, $policy, $1: its pod" "$status $output" "0 pod_sandbox_id: \"$sandbox\""
	container bad "$3" "$limits" "${4-}"
	cri_refused "$door, $policy, $1" "$2"
	pod_away
}

all_bad() {
	local ordinary=$pod_namespaces

	for each in network pid ipc; do
		pod_namespaces=${ordinary/$each: +([A-Z])/$each: NODE}
		bad "the host's $each" host-$each "$modest"
	done
	pod_namespaces=$ordinary
	pod_security='privileged: true'
	bad "privileged" privileged 'privileged: true'
	pod_security=
	bad "hostPath /etc" "(host-path|sensitive-mount)" "$modest" \
		'mounts { container_path: "/host" host_path: "/etc" }'
	if [ "$policy" = restricted ]; then
		bad "root" root-user ""
	else
		bad "CAP_SYS_ADMIN" capabilities 'capabilities { add_capabilities: "SYS_ADMIN" }'
	fi
}

status_of=(grep -E '^(CapBnd|CapEff|NoNewPrivs|Seccomp)' "/proc/1/status")

# good HANDLER - a container that runs, hardened
good() {
	local what="$door, $policy${1:+, $1}: what is allowed" user=$modest

	[ "$policy" = restricted ] || user=
	pod good "$1"
	container good "$user" "$limits"
	is "$what runs" "$status $output" "0 "
	output=$(seen "${status_of[@]}")
	like "$what has one filter" "$output" 'Seccomp:.t2.nSeccomp_filters:.t1.n'
	if [ "$policy" = restricted ]; then
		like "$what has no_new_privs" "$output" 'NoNewPrivs:.t1'
		like "$what has no capability in effect" "$output" 'CapEff:.t0000000000000000'
		like "$what has a root that is read-only" "$(seen touch /x)" "Read-only file system"
	else
		like "$what has what the policy lets it" "$output" 'CapEff:.t00000000000005fb'
	fi
}

# refuses_root DESCRIPTION, starts_root DESCRIPTION - whether the door is there
refuses_root() {
	pod again
	container again ""
	cri_refused "$1" root-user
	pod_away
}

starts_root() {
	pod again
	container again ""
	is "$1" "$status $output" "0 "
	pod_away
}

start
note "$(answers | tr '\n' ' ')"
host_for crio restricted
before=$(tree)
starts_root "control: without Cofferdam a container as root starts"

# --- the hook ---

door=hook
policy=restricted
settle
runs "hook: install" "restart CRI-O" "$cofferdam" install --engine crio --door hook
like "hook: doctor: it still runs with what it read before" "$(remarks restart crio)" \
	"fault: crio .*runs since before"
restart
is "hook: doctor: no more" "$(remarks restart crio)" ""
like "hook: doctor" "$(remarks registration crio) $(remarks hooks crio)" \
	"^good: the door hook is in place good: 1 of the hooks"
all_bad
good ""
output=$(seen grep -E '^(NoNewPrivs|Seccomp)' /proc/self/status)
like "hook: what is executed in it is not judged, as is written" "$output" 'NoNewPrivs:.t0.nSeccomp:.t0'
pod_away
good crun
pod_away
like "hook: doctor --canary" "$(canary crio)" "^good: crictl create, privileged: it was refused"
is "hook: and nothing is left of it" "$(crictl --runtime-endpoint unix://$cri_socket pods -q 2>/dev/null)" ""

# --- where CRI-O fails open ---

folder=/etc/cofferdam/hooks.d/crio
mv "$libexec/cofferdam-hook" "$work/hook"
touch $folder/00-cofferdam.json
starts_root "open: a hook whose program is missing when its file is read"
like "open: doctor says so" "$(remarks hooks crio)" "^fault: .*which is missing"
like "open: so does its canary" "$(canary crio)" "^fault: crictl create, privileged: it was NOT refused"
mv "$work/hook" "$libexec/cofferdam-hook"
touch $folder/00-cofferdam.json
refuses_root "the program is back, and the file was touched"
mv "$libexec/cofferdam-hook" "$work/hook"
pod again
container again ""
like "closed: a program that goes later" "$status $output" "^1 .*no such file"
pod_away
mv "$work/hook" "$libexec/cofferdam-hook"

settle
mv $folder $folder.old
sleep 1	# CRI-O reads what is there then, and watches no more
cp -a $folder.old $folder
rm -r $folder.old
starts_root "open: a folder that was made anew"
is "open: its file is as it was" "$(remarks registration crio)" "good: the door hook is in place"
like "open: doctor says so" "$(remarks restart crio)" "fault: $folder was made since CRI-O started"
like "open: so does its canary" "$(canary crio)" "^fault: .*NOT refused"
restart
refuses_root "restarted, it is back"
is "doctor has no more to say" "$(remarks restart crio)" ""
settle
mv $folder $folder.old
sleep 1
mv $folder.old $folder
starts_root "open: a folder that was moved and moved back"
like "open: doctor says so" "$(remarks restart crio)" "^fault: $folder was moved or changed since CRI-O started"
like "open: so does its canary" "$(canary crio)" "^fault: .*NOT refused"
settle
mv "$libexec/cofferdam-hook" "$work/hook"
start
mv "$work/hook" "$libexec/cofferdam-hook"
starts_root "open: a hook whose program was missing when CRI-O started"
like "open: its canary says so" "$(canary crio)" "^fault: .*NOT refused"
settle
mkdir "$work/hooks"
start --hooks-dir "$work/hooks"
starts_root "open: other folders on the command line"
like "open: doctor says so" "$(remarks bypass crio)" "^fault: CRI-O \(pid [0-9]+\) was started with hooks-dir $work/hooks"
like "open: so does its canary" "$(canary crio)" "^fault: .*NOT refused"
restart
refuses_root "restarted, it is back again"

cp -p $folder/00-cofferdam.json "$work/good.json"
settle
echo '{ "version": ' >$folder/00-cofferdam.json
starts_root "open: a file that was broken"
like "open: doctor says so" "$(remarks registration crio)" "^fault: .*00-cofferdam.json"
like "open: so does its canary" "$(canary crio)" "^fault: .*NOT refused"
mv $folder/00-cofferdam.json "$work/broken.json"
runs "installed again" "" "$cofferdam" install --engine crio --door hook
refuses_root "it is back, without a restart"
cp "$work/broken.json" $folder/05-other.json
refuses_root "closed: a broken file beside"
like "doctor names it" "$(remarks hooks crio)" "^fault: the engine drops this file, or does not start .*05-other"
rm $folder/05-other.json

policy=baseline
host_for crio baseline
all_bad
good ""
pod_away
host_for crio restricted
runs "hook: uninstall" "" "$cofferdam" uninstall --engine crio
is "hook: uninstall: everything is as it was" "$(tree)" "$before"

# --- the runtime door ---

door=runtime
policy=restricted
settle
runs "runtime: install" "restart CRI-O" "$cofferdam" install --engine crio --door runtime
like "runtime: doctor: it still runs with what it read before" "$(remarks restart crio)" \
	"fault: crio .*runs since before"
restart
is "runtime: doctor: no more" "$(remarks restart crio)" ""
all_bad
for handler in "" crun same; do
	good "$handler"
	output=$(seen grep -E '^(CapBnd|NoNewPrivs|Seccomp)' /proc/self/status)
	like "runtime, $handler: what is executed in it has no more than it" "$output" \
		'CapBnd:.t0000000000000400.nNoNewPrivs:.t1.nSeccomp:.t2'
	# what kubectl exec -it does
	attempt script -qec "crictl --runtime-endpoint unix://$cri_socket exec -it $container cat /proc/self/status" \
		/dev/null
	like "runtime, $handler: nor has what is executed in it with a terminal" "$output" \
		'CapBnd:.0000000000000400.*NoNewPrivs:.1.*Seccomp:.2'
	runs "runtime, $handler: an update within the policy" "" \
		crictl --runtime-endpoint "unix://$cri_socket" update --cpu-quota 20000 "$container"
	attempt crictl --runtime-endpoint "unix://$cri_socket" update --cpu-quota -1 "$container"
	like "runtime, $handler: one that takes the limit away" "$status $output" \
		"^1 .*update-weakens: .*cpu-limit: .*\(set resources.limits"
	pod_away
done
like "runtime: doctor --canary" "$(canary crio)" "^good: crictl create, privileged: it was refused"

pod forged
container forged "" "" 'annotations { key: "io.kubernetes.cri-o.ContainerType" value: "sandbox" }
	labels { key: "io.kubernetes.container.name" value: "POD" }'
cri_refused "runtime: one that says it is a sandbox" root-user
pod_away
pod_more='annotations { key: "io.kubernetes.cri-o.ContainerType" value: "sandbox" }'
pod forged
container forged ""
cri_refused "runtime: one whose pod says so" root-user
pod_away
pod_more=

# --- a pod that has a container of its own: its containers share one pid namespace ---

# Without CAP_SYS_RESOURCE nobody lowers his OOM score, and CRI-O asks for -998: a runc that
# writes it to /dev/null instead; the gate would tell the difference.
if ! (($(sed -n 's/^CapEff:\t/0x/p' /proc/self/status) >> 24 & 1)); then
	mkdir /opt/forgiving
	sed 's|/proc/self/oom_score_adj|//./././././././dev/null|' /usr/sbin/runc >/opt/forgiving/runc
	chmod 755 /opt/forgiving/runc
	jq '.gate = "off" | .engines.crio.runtime.runc = "/opt/forgiving/runc"' \
		/etc/cofferdam/host.json >"$work/host.json"
	cp "$work/host.json" /etc/cofferdam/host.json
fi
pod_namespaces='network: POD pid: POD ipc: POD'
pod shared
is "runtime: a pod's own container" "$status $output" "0 pod_sandbox_id: \"$sandbox\""
is "runtime: which has a policy of its own" "$(tail -n 1 /var/log/cofferdam.jsonl | jq -r .policy)" pause
container modest "$modest" "$limits"
is "runtime: what is allowed runs in its pid namespace" "$status $output" "0 "
like "runtime: where both are" "$(seen ps)" 'PID.* 1 .*sleep 600'
container root "" "$limits"
cri_refused "runtime: as root in its pid namespace" root-user
pod_away
pod_namespaces='network: NODE pid: POD ipc: POD'
pod shared
cri_refused "runtime: a pod's own container in the host's network" host-network
pod_namespaces='network: POD pid: CONTAINER ipc: POD'

policy=baseline
host_for crio baseline
all_bad
good ""
pod_away

# --- everything as it was ---

host_for crio restricted
runs "runtime: uninstall" "" "$cofferdam" uninstall --engine crio
restart
is "runtime: uninstall: everything is as it was" "$(tree)" "$before"
starts_root "runtime: uninstall: nothing is refused"

done_testing
