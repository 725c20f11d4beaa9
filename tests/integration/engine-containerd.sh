#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# containerd, with Cofferdam installed as an administrator does it: pods through its CRI
# service, as a kubelet makes them, by each way that it can be told, and ctr.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/engines.sh
. "$(dirname "$0")/engines.sh"
# shellcheck disable=SC2154

need containerd ctr runc jq curl protoc

# shellcheck source=tests/integration/cri.sh
. "$(dirname "$0")/cri.sh"
# shellcheck source=tests/integration/containerd.sh
. "$(dirname "$0")/containerd.sh"

# --- the engine ---

containerd_config
host_for containerd restricted

start_with_image
before=$(tree)
pod control
is "control: a pod" "$status" 0
[ "$status" = 0 ] || note "$output"
container plain ""
is "control: a container" "$status $output" "0 "
pod_away

# --- hooks, by base_runtime_spec: containers alone, and no sandbox ---

ctr oci spec | jq --arg hook "$libexec/cofferdam-hook" '.hooks.createRuntime = [ { path: $hook,
	args: ["cofferdam-hook", "createRuntime", "--engine", "containerd"], env: ["PATH=/usr/bin:/bin"],
	timeout: 10 } ]' >/etc/cofferdam/containerd-spec.json
cp /etc/containerd/config.toml "$work/config.toml"
cat >>/etc/containerd/config.toml <<-END
	[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.hooked]
	  runtime_type = "io.containerd.runc.v2"
	  base_runtime_spec = "/etc/cofferdam/containerd-spec.json"
END
start
pod hooked hooked
is "base_runtime_spec: the sandbox has no hooks" "$status" 0
container plain ""
cri_refused "base_runtime_spec: a container as root" root-user
container modest "$modest" "$limits"
is "base_runtime_spec: what is allowed runs" "$status $output" "0 "
like "base_runtime_spec: and is hardened" "$(seen grep -E '^(NoNewPrivs|Seccomp):' /proc/1/status)" \
	'NoNewPrivs:.t1.*Seccomp:.t2'
pod_away
cat "$work/config.toml" >/etc/containerd/config.toml

# --- the door ---

settle
runs "install" "restart containerd" "$cofferdam" install --engine containerd
like "doctor: it still runs with what it read before" "$(remarks restart containerd)" \
	"^fault: containerd .*runs since before"
start
is "doctor: no more" "$(remarks restart containerd)" ""
like "doctor: the door is in place" "$(remarks registration containerd)" "^good: the door runtime"

cp /etc/containerd/config.toml "$work/other.toml"
containerd_options=(--config "$work/other.toml")
start
containerd_options=()
like "doctor: one that was started with another file" "$(remarks bypass containerd)" \
	"fault: containerd .pid $containerd_pid. was started with config $work/other.toml"
start
unlike "doctor: and with its own" "$(remarks bypass containerd)" "fault"

pod door
is "the door: a sandbox has a policy of its own" "$status" 0
[ "$status" = 0 ] || note "$output"
is "the door: which is on record" "$(tail -n 1 /var/log/cofferdam.jsonl | jq -r .policy)" pause
container plain ""
cri_refused "the door: a container as root" root-user
like "the door: a kubelet reports it" "$(printf 'container_id: "%s"' "$container" |
	cri ContainerStatus ContainerId ContainerStatusResponse)" \
	'CONTAINER_EXITED|EXITED.*StartError.*denied by policy restricted'
container privileged "privileged: true $modest" "$limits"
like "the door: a privileged one in a pod that is none" "$status" '^1'
container forged "" "" 'annotations { key: "io.kubernetes.cri.container-type" value: "sandbox" }
	annotations { key: "io.kubernetes.cri-o.ContainerType" value: "sandbox" }'
cri_refused "the door: one that says it is a sandbox" root-user
container modest "$modest" "$limits"
is "the door: what is allowed runs, in the namespaces of its sandbox" "$status $output" "0 "
like "the door: and is hardened" "$(seen grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/1/status)" \
	'CapBnd:.t0000000000000400.*NoNewPrivs:.t1.*Seccomp:.t2'
like "the door: the root filesystem is read-only" "$(seen touch /x)" "Read-only file system"
pods_own=$pod_namespaces
pod_namespaces="network: POD pid: TARGET ipc: POD target_id: \"$container\""	# kubectl debug --target
container debugger "$modest" "$limits"
is "the door: one that joins the processes of another of its pod" "$status $output" "0 "
like "the door: and sees them" "$(seen pidof sleep)" "stdout: .*1 *.n"
pod_namespaces=$pods_own
pod_away

# --- ctr has nothing to do with the CRI service ---

ctr_run=(ctr run --rm)
runs "ctr goes past it" "in" "${ctr_run[@]}" localhost/bb:latest one echo in
like "doctor names that" "$(remarks bypass containerd)" "ctr, nerdctl"
refused "ctr --runc-binary, the door" root-user "${ctr_run[@]}" \
	--runc-binary "$libexec/containerd/runc" localhost/bb:latest two true
like "doctor --canary: the door refuses" "$(canary containerd)" "^good: .*it was refused"
runs "install --door divert" "keep /usr/" "$cofferdam" install --engine containerd --door divert
refused "divert: ctr" root-user "${ctr_run[@]}" localhost/bb:latest three true
refused "divert: a sandbox that is none of the CRI service's" root-user "${ctr_run[@]}" \
	--annotation io.kubernetes.cri.container-type=sandbox localhost/bb:latest four true
unshare --net sleep 60 &
started+=($!)
wait_for test "$(readlink /proc/self/ns/net)" != "$(readlink /proc/$!/ns/net)"
refused "divert: into the network of a process, in no pod" foreign-namespace "${ctr_run[@]}" \
	--with-ns "network:/proc/$!/ns/net" localhost/bb:latest joins true
like "doctor --canary: ctr is refused" "$(canary containerd)" "^good: ctr run --privileged: "
# Who can speak to containerd chooses the program that root runs.
cp /usr/sbin/runc.cofferdam "$work/elsewhere"
runs "ctr --runc-binary is root's, and no boundary" "in" "${ctr_run[@]}" \
	--runc-binary "$work/elsewhere" localhost/bb:latest five echo in
like "doctor says who that is" "$(remarks socket containerd)" "can choose a runtime"

# --- everything as it was ---

runs "uninstall" "" "$cofferdam" uninstall --engine containerd
start
rm /etc/cofferdam/containerd-spec.json
is "uninstall: everything is as it was" "$(tree)" "$before"
pod after
container plain ""
is "uninstall: nothing is refused" "$status $output" "0 "
pod_away

# --- the configuration in the newest form that this version knows ---

version=$(containerd config default | sed -n 's/^version = //p')
if [ "${version:-1}" -gt 2 ]; then
	containerd config default | sed "s/restrict_oom_score_adj = .*/restrict_oom_score_adj = true/
		s|^ *sandbox = .*|sandbox = 'localhost/bb:latest'|
		s|bin_dirs = .*|bin_dirs = ['/usr/lib/cni']|" >/etc/containerd/config.toml
	cp /etc/containerd/config.toml "$work/config.toml"
	runs "version $version: install" "restart containerd" "$cofferdam" install --engine containerd
	start
	pod newest
	is "version $version: a sandbox" "$status" 0
	[ "$status" = 0 ] || note "$output"
	container plain ""
	cri_refused "version $version: a container as root" root-user
	container modest "$modest" "$limits"
	is "version $version: what is allowed runs" "$status $output" "0 "
	like "version $version: and is hardened" "$(seen grep -E '^(NoNewPrivs|Seccomp):' /proc/1/status)" \
		'NoNewPrivs:.t1.*Seccomp:.t2'
	pod_away
	runs "version $version: uninstall" "" "$cofferdam" uninstall --engine containerd
	is "version $version: the file is as it was" "$(cat /etc/containerd/config.toml)" \
		"$(cat "$work/config.toml")"
fi

done_testing
