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

# --- a client of the CRI: gRPC is HTTP/2 with a length before each message ---

protos=$src/tests/integration

# cri METHOD REQUEST RESPONSE - a call; the request in protobuf's text form on standard
# input, the response in the same, or the error's text and exit status 1
cri() {
	local size

	protoc -I "$protos" --encode="runtime.v1.$2" cri.proto >"$work/message" || return 2
	size=$(stat -c %s "$work/message")
	{
		printf '\0'
		# shellcheck disable=SC2059 # the bytes of the length
		printf "$(printf '\\x%02x' $((size >> 24)) $((size >> 16 & 255)) $((size >> 8 & 255)) \
			$((size & 255)))"
		cat "$work/message"
	} >"$work/frame"
	curl --silent --show-error --max-time 30 --http2-prior-knowledge \
		--unix-socket /run/containerd/containerd.sock \
		--header 'content-type: application/grpc' --header 'te: trailers' \
		--data-binary "@$work/frame" --dump-header "$work/headers" --output "$work/answer" \
		"http://localhost/runtime.v1.RuntimeService/$1" || return 2
	if grep -qi '^grpc-status: 0' "$work/headers"; then
		tail -c +6 "$work/answer" | protoc -I "$protos" --decode="runtime.v1.$3" cri.proto
	else
		# percent-encoded
		printf '%b\n' "$(sed -n 's/^grpc-message: //Ip' "$work/headers" | tr -d '\r' |
			sed 's/%/\\x/g')"
		return 1
	fi
}

# pod NAME - its configuration
pod_config() {
	cat <<-END
		metadata { name: "$1" uid: "5f1fbd0a-8b52-4f0a-9b73-0dd2c4f1b7$(printf '%02d' "$pods")" namespace: "default" }
		hostname: "$1" log_directory: "$work/logs/$1"
		linux { cgroup_parent: "/kubepods/pod$1"
			security_context { namespace_options { network: POD pid: CONTAINER ipc: POD } } }
	END
}

# pod NAME [HANDLER] - run a sandbox; sets $sandbox, $output and $status
pods=0
pod() {
	pods=$((pods + 1))
	mkdir -p "$work/logs/$1"
	pod_config "$1" >"$work/pod"
	# a kubelet with podPidsLimit makes the pod's cgroup, with the limit
	pod_cgroup=/sys/fs/cgroup/pids/kubepods/pod$1
	mkdir -p "$pod_cgroup" && echo 256 >"$pod_cgroup/pids.max"
	output=$(printf 'config { %s } runtime_handler: "%s"' "$(cat "$work/pod")" "${2-}" |
		cri RunPodSandbox RunPodSandboxRequest RunPodSandboxResponse)
	status=$?
	sandbox=$(sed -n 's/^pod_sandbox_id: "\(.*\)"/\1/p' <<<"$output")
}

pod_away() {
	printf 'pod_sandbox_id: "%s"' "$sandbox" | cri StopPodSandbox PodId Empty
	printf 'pod_sandbox_id: "%s"' "$sandbox" | cri RemovePodSandbox PodId Empty
	# what is left of it in every hierarchy
	rmdir /sys/fs/cgroup/*/kubepods/"${pod_cgroup##*/}" /sys/fs/cgroup/*/kubepods
} >/dev/null 2>&1

# container NAME SECURITY [RESOURCES [MORE]] - create and start it in $sandbox; sets
# $container, $output and $status
container() {
	output=$(cri CreateContainer CreateContainerRequest ContainerId <<-END
		pod_sandbox_id: "$sandbox" sandbox_config { $(cat "$work/pod") }
		config { metadata { name: "$1" } image { image: "localhost/bb:latest" }
			command: "sleep" command: "600" log_path: "$1.log" ${4-}
			linux { resources { ${3-} } security_context {
				namespace_options { network: POD pid: CONTAINER ipc: POD }
				masked_paths: "/proc/kcore" readonly_paths: "/proc/sys" $2 } } }
	END
	)
	status=$?
	container=$(sed -n 's/^container_id: "\(.*\)"/\1/p' <<<"$output")
	[ $status = 0 ] || return
	output=$(printf 'container_id: "%s"' "$container" | cri StartContainer ContainerId Empty)
	status=$?
}

# seen COMMAND... - what it prints in $container
seen() {
	{
		printf 'container_id: "%s" timeout: 10 ' "$container"
		printf 'cmd: "%s" ' "$@"
	} | cri ExecSync ExecSyncRequest ExecSyncResponse
}

# cri_refused DESCRIPTION RULE - what the client was told
cri_refused() {
	like "$1: the client sees policy, rule, and what to do" "$status $output" \
		"^1 .*denied by policy [a-z]+: .*$2: [^(]+\([^)]+"
}

# --- the engine ---

mkdir -p "$work/logs" /etc/cni/net.d /usr/lib/cni
echo '{ "cniVersion": "0.4.0", "name": "test", "plugins": [ { "type": "nothing" } ] }' \
	>/etc/cni/net.d/10-test.conflist
# An address that nobody uses, in a namespace that has no interface.
cat >/usr/lib/cni/nothing <<'END'
#!/bin/sh
case $CNI_COMMAND in
ADD) echo '{ "cniVersion": "0.4.0", "interfaces": [ { "name": "eth0", "sandbox": "'"$CNI_NETNS"'" } ],
	"ips": [ { "version": "4", "address": "192.0.2.2/24", "interface": 0 } ] }' ;;
VERSION) echo '{ "cniVersion": "0.4.0", "supportedVersions": [ "0.4.0" ] }' ;;
esac
END
chmod 755 /usr/lib/cni/nothing
cp /usr/lib/cni/nothing /usr/lib/cni/loopback
cat >/etc/containerd/config.toml <<-END
	version = 2
	# what this host lacks: CAP_SYS_RESOURCE
	[plugins."io.containerd.grpc.v1.cri"]
	  restrict_oom_score_adj = true
	  sandbox_image = "localhost/bb:latest"
	  [plugins."io.containerd.grpc.v1.cri".cni]
	    bin_dir = "/usr/lib/cni"
	    conf_dir = "/etc/cni/net.d"
	  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
	    runtime_type = "io.containerd.runc.v2"
	    # anything that a pod's author writes reaches config.json
	    pod_annotations = ["*"]
	    container_annotations = ["*"]
END
mkdir -p /etc/cofferdam/bundles/pause
cat >/etc/cofferdam/bundles/pause/policy.json <<-END
	{ "format": 1, "name": "pause", "extends": "restricted",
	  "description": "what holds a pod's namespaces, and does nothing else",
	  "rules": { "root-user": { "action": "warn" }, "memory-limit": { "action": "off" },
	             "cpu-limit": { "action": "off" }, "pids-limit": { "action": "off" } } }
END
cat >/etc/cofferdam/host.json <<-END
	{ "format": 1, "mode": "enforce",
	  "policies": [ { "when": { "engine": "containerd", "kind": "sandbox" }, "use": "pause" },
	                { "use": "restricted" } ],
	  "log": { "file": "/var/log/cofferdam.jsonl" } }
END

# start - containerd, again if it runs
containerd_pid=
start() {
	if [ -n "$containerd_pid" ]; then
		kill "$containerd_pid"
		wait "$containerd_pid" 2>/dev/null
	fi
	containerd >"$work/containerd.log" 2>&1 &
	containerd_pid=$!
	started+=($!)
	wait_for ctr version || bail "containerd does not start: $(tail -n 3 "$work/containerd.log")"
}

start
rootfs_sum=$(tar -C "$work/rootfs" -c . | tee "$work/layer.tar" | sha256sum | cut -d ' ' -f 1)
# an image as docker save writes it: one layer, and a program that stays
mkdir "$work/image"
mv "$work/layer.tar" "$work/image/layer.tar"
jq -n --arg sum "sha256:$rootfs_sum" '{ architecture: "amd64", os: "linux",
	config: { Cmd: ["/bin/sleep", "3600"], Env: ["PATH=/bin"] },
	rootfs: { type: "layers", diff_ids: [$sum] } }' >"$work/image/config.json"
echo '[ { "Config": "config.json", "RepoTags": ["localhost/bb:latest"], "Layers": ["layer.tar"] } ]' \
	>"$work/image/manifest.json"
tar -C "$work/image" -c . >"$work/bb.tar"
for namespace in default k8s.io; do
	ctr -n $namespace image import "$work/bb.tar" >/dev/null 2>&1 || bail "ctr image import failed"
done
before=$(tree)
modest='run_as_user { value: 1000 } run_as_group { value: 1000 }'
limits='memory_limit_in_bytes: 67108864 cpu_quota: 50000 cpu_period: 100000'

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

# NRI came with containerd 1.7: where it is there, this has to be tried.
if containerd config default | grep -q 'io.containerd.nri.v1.nri'; then
	not_ok "NRI: this containerd has it, and the test does not know it"
else
	ok "NRI: this containerd has none ($(containerd --version | awk '{ print $3 }'))"
fi

# --- the door ---

sleep 2	# times of processes and of files are compared in seconds
runs "install" "restart containerd" "$cofferdam" install --engine containerd
like "doctor: it still runs with what it read before" "$(remarks restart containerd)" \
	"^fault: containerd .*runs since before"
start
is "doctor: no more" "$(remarks restart containerd)" ""
like "doctor: the door is in place" "$(remarks registration containerd)" "^good: the door runtime"

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

done_testing
