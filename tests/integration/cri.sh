# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# What the tests of engines that Kubernetes drives share: a client of the CRI, as a
# kubelet would call it. gRPC is HTTP/2 with a length before each message. The test sets
# $cri_socket, and before a pod, where it wants other ones than usual:

pod_namespaces='network: POD pid: CONTAINER ipc: POD'
pod_security=	# more of its security context
pod_more=	# more of its configuration

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
		--unix-socket "$cri_socket" \
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
	local hostname=$1

	# a host-network pod has the host's
	[[ $pod_namespaces != *network:\ NODE* ]] || hostname=
	cat <<-END
		metadata { name: "$1" uid: "5f1fbd0a-8b52-4f0a-9b73-0dd2c4f1b7$(printf '%02d' "$pods")" namespace: "default" }
		hostname: "$hostname" log_directory: "$work/logs/$1" $pod_more
		linux { cgroup_parent: "/kubepods/pod$1"
			security_context { namespace_options { $pod_namespaces } $pod_security } }
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
		config { metadata { name: "$1" } image { image: "localhost/bb:latest"
				user_specified_image: "localhost/bb:latest" }
			command: "sleep" command: "600" log_path: "$1.log" ${4-}
			linux { resources { ${3-} } security_context {
				namespace_options { $pod_namespaces }
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

# --- what a pod needs ---

# make_network - an address that nobody uses, in a namespace that has no interface
make_network() {
	mkdir -p "$work/logs" /etc/cni/net.d /usr/lib/cni
	echo '{ "cniVersion": "0.4.0", "name": "test", "plugins": [ { "type": "nothing" } ] }' \
		>/etc/cni/net.d/10-test.conflist
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
}

# make_image - $work/bb.tar: as docker save writes it, one layer, and a program that stays
make_image() {
	local sum

	sum=$(tar -C "$work/rootfs" -c . | tee "$work/layer.tar" | sha256sum | cut -d ' ' -f 1)
	mkdir "$work/image"
	mv "$work/layer.tar" "$work/image/layer.tar"
	jq -n --arg sum "sha256:$sum" '{ architecture: "amd64", os: "linux",
		config: { Cmd: ["/bin/sleep", "3600"], Env: ["PATH=/bin"] },
		rootfs: { type: "layers", diff_ids: [$sum] } }' >"$work/image/config.json"
	echo '[ { "Config": "config.json", "RepoTags": ["localhost/bb:latest"], "Layers": ["layer.tar"] } ]' \
		>"$work/image/manifest.json"
	tar -C "$work/image" -c . >"$work/bb.tar"
}

# host_for ENGINE POLICY - a host.json with that policy, and one of its own for sandboxes
host_for() {
	mkdir -p /etc/cofferdam/bundles/pause
	cat >/etc/cofferdam/bundles/pause/policy.json <<-END
		{ "format": 1, "name": "pause", "extends": "restricted",
		  "description": "what holds a pod's namespaces, and does nothing else",
		  "rules": { "root-user": { "action": "warn" }, "memory-limit": { "action": "off" },
		             "cpu-limit": { "action": "off" }, "pids-limit": { "action": "off" } } }
	END
	cat >/etc/cofferdam/host.json <<-END
		{ "format": 1, "mode": "enforce",
		  "policies": [ { "when": { "engine": "$1", "kind": "sandbox" }, "use": "pause" },
		                { "use": "$2" } ],
		  "log": { "file": "/var/log/cofferdam.jsonl" } }
	END
}

# Of a container: what "restricted" allows.
modest='run_as_user { value: 1000 } run_as_group { value: 1000 }'
limits='memory_limit_in_bytes: 67108864 cpu_quota: 50000 cpu_period: 100000'
