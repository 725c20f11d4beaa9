# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by, and come from, those who source this
#
# What the tests of containerd share beside tests/integration/cri.sh.

cri_socket=/run/containerd/containerd.sock
make_network

# containerd_config - the configuration without Cofferdam
containerd_config() {
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
}

# start - containerd with $containerd_options, again if it runs
containerd_pid=
containerd_options=()
start() {
	if [ -n "$containerd_pid" ]; then
		kill "$containerd_pid"
		wait "$containerd_pid" 2>/dev/null
	fi
	containerd "${containerd_options[@]}" >"$work/containerd.log" 2>&1 &
	containerd_pid=$!
	started+=($!)
	wait_for ctr version || bail "containerd does not start: $(tail -n 3 "$work/containerd.log")"
}

# start_with_image - and the image of the tests in it, for ctr and for pods
start_with_image() {
	local namespace

	start
	make_image
	for namespace in default k8s.io; do
		ctr -n $namespace image import "$work/bb.tar" >/dev/null 2>&1 ||
			bail "ctr image import failed"
	done
}
