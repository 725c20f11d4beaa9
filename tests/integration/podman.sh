#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# podman for real, over runc and over crun: the hook in a hooks directory, the
# precreate stage in one of its own. What podman's user sees, and what runs.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

need podman buildah runc crun jq catatonit
setup_work
make_rootfs

# podman's default folders, which the rules know, on this test's own ones: this
# mount namespace ends with the test.
mkdir -p "$work"/podman/{lib,run,hooks,precreate} /var/lib/containers /run/containers
mount --bind "$work/podman/lib" /var/lib/containers
mount --bind "$work/podman/run" /run/containers

restricted=$(host_config restricted '.policies = [{use: "restricted"}]')
baseline=$(host_config baseline '.policies = [{use: "baseline"}]')
userns=$(policy_host userns <<-END
	{ "format": 1, "name": "userns", "extends": "restricted",
	  "rules": { "device-cgroup": { "action": "warn" } } }
END
)
build=$(guide_policy build | policy_host build)
data=$(guide_policy data | policy_host data)
mount -t tmpfs tmpfs /srv
mkdir /srv/data

# registration STAGE HOST_CONFIG - a hooks.d file
registration() {
	jq -n --arg hook "$hook" --arg stage "$1" --arg host "$2" '{
		version: "1.0.0",
		hook: { path: $hook, timeout: 30,
			args: ["cofferdam-hook", $stage, "--engine", "podman", "--host-config", $host] },
		when: { always: true },
		stages: [$stage] }'
}

# engine RUNTIME HOOKS_DIR - the settings podman runs with from here on
engine() {
	runtime=$1
	{
		containers_conf "$runtime"
		printf 'hooks_dir = ["%s"]\n' "$2"
	} >"$work/podman/containers.conf"
	export CONTAINERS_CONF=$work/podman/containers.conf
}

# gate HOST_CONFIG - the policy that createRuntime enforces from here on
gate() {
	registration createRuntime "$1" >"$work/podman/hooks/50-cofferdam.json"
}

# shellcheck disable=SC2317 # by the trap
end_podman() {
	podman pod rm --all --force
	podman rm --all --force --time 0
} >/dev/null 2>&1
trap 'end_podman; end_all' EXIT

# pod_run ARGUMENT... - podman run; sets $output and $status
pod_run() {
	output=$(timeout 60 podman run --rm "$@" </dev/null 2>&1)
	status=$?
}

# What "restricted" wants of a container that it leaves as it is.
modest=(--user 1000:1000 --cap-drop all --security-opt no-new-privileges --read-only
	--read-only-tmpfs=false --memory 64m --pids-limit 64 --cpus 0.5
	--security-opt "seccomp=$src/policy/seccomp/hardened.json")

# allowed DESCRIPTION ARGUMENT... - it runs and says so
allowed() {
	local what="$runtime: $1"

	shift
	pod_run "$@" bb sh -c 'echo it runs'
	like "$what" "$status $output" '^0 .*it runs'
}

# told DESCRIPTION PATTERN ARGUMENT... - refused, and podman's user is told why
told() {
	local what="$runtime: $1" pattern=$2

	shift 2
	pod_run "$@" bb sh -c 'echo it runs'
	if [ $status = 0 ] || [[ $output =~ "it runs" ]]; then
		not_ok "$what" "it ran: $status" "$output"
	else
		like "$what" "$output" "$pattern"
	fi
}

# refused_for DESCRIPTION HOST RULE - the last record, where podman's own words
# do not carry the reason
refused_for() {
	like "$runtime: $1" "$(tail -n 1 "$work/hosts/$2.log" |
		jq -r '"\(.refused) \([.findings[].rule] | join(" "))"')" "^true .*$3"
}

hooks_dir() {
	gate "$baseline"
	allowed "baseline lets a container with limits run" --memory 64m --pids-limit 64 --cpus 0.5 \
		--security-opt no-new-privileges
	allowed "baseline lets podman's default container run"
	gate "$restricted"
	allowed "restricted lets a modest container run" "${modest[@]}"
	allowed "restricted lets --tmpfs pass" "${modest[@]}" --tmpfs /tmp
	told "root is refused" 'root-user: .*uid 0.*--user' "${modest[@]}" --user 0
	told "several reasons at once" 'root-user.*memory-limit' --cap-drop all \
		--security-opt no-new-privileges --read-only --read-only-tmpfs=false
	told "--privileged is one finding" 'denied by policy restricted: .*privileged' \
		"${modest[@]}" --privileged
	told "-v /etc" 'sensitive-mount: mounts /etc' "${modest[@]}" -v /etc:/host:ro
	told "-v of a symbolic link" 'sensitive-mount' "${modest[@]}" -v "$work/link:/host"
	told "--pid host" 'host-pid' "${modest[@]}" --pid host
	told "--network host" 'host-network.*--network host' "${modest[@]}" --network host
	told "--ipc host" 'host-ipc' "${modest[@]}" --ipc host
	told "--uts host" 'host-uts' "${modest[@]}" --uts host
	told "--device" 'devices: ' "${modest[@]}" --device /dev/fuse
	told "--annotation run.oci" 'runtime-annotations' "${modest[@]}" \
		--annotation run.oci.seccomp_bpf_data=AAAA
	told "podman's own seccomp profile, where nothing can be laid over it" \
		'seccomp-weak: .*--security-opt seccomp=' "${modest[@]}" \
		--security-opt seccomp=/usr/share/containers/seccomp.json
	told "a writable root" 'rootfs-writable' "${modest[@]}" --read-only=false
	# podman gives a container in a user namespace no device rules at all. With
	# -i its standard input is a pipe: crun gives it to the container's root,
	# and it would be the host's /dev/null.
	told "a user namespace without device rules" 'device-cgroup' "${modest[@]}" -i --user 0 \
		--uidmap 0:100000:5000 --gidmap 0:100000:5000
	gate "$userns"
	allowed "a user namespace: root inside is not root outside" "${modest[@]}" -i --user 0 \
		--uidmap 0:100000:5000 --gidmap 0:100000:5000
	told "a map that reaches the host's root" 'root-user|protected-ids' "${modest[@]}" -i --user 0 \
		--uidmap 0:0:5000 --gidmap 0:0:5000
}

# A container in the background: the caller is told, nothing is left running.
detached() {
	gate "$restricted"
	output=$(podman run --name bg -d "${modest[@]}" --user 0 bb sleep 60 2>&1)
	status=$?
	is "$runtime: run -d of a refused container fails" "$((status != 0))" 1
	[ "$runtime" = crun ] || like "$runtime: and says why" "$output" 'root-user'
	refused_for "and the record says why" restricted root-user
	unlike "$runtime: nothing of it runs" "$(podman ps -q --no-trunc --filter name=bg)" '.'
	podman rm -f -t 0 bg >/dev/null 2>&1
	output=$(podman run --name bg -d "${modest[@]}" bb sleep 60 2>&1)
	is "$runtime: run -d of a modest one runs" \
		"$(podman inspect -f '{{.State.Running}}' bg 2>/dev/null)" true
	podman rm -f -t 0 bg >/dev/null 2>&1
}

pods() {
	gate "$baseline"
	podman pod create --name pod --network none >/dev/null 2>&1
	allowed "baseline lets a pod's member run" --pod pod --memory 64m
	podman pod rm -f pod >/dev/null 2>&1
	cat >"$work/pod.yaml" <<-END
		apiVersion: v1
		kind: Pod
		metadata: { name: kube }
		spec:
		  restartPolicy: Never
		  containers:
		  - name: main
		    image: localhost/bb:latest
		    imagePullPolicy: Never
		    command: ["/bin/sh", "-c", "echo it runs; sleep 30"]
		    securityContext: { privileged: PRIVILEGED }
		    resources: { limits: { memory: 64Mi } }
	END
	sed 's/PRIVILEGED/false/' "$work/pod.yaml" >"$work/plain.yaml"
	sed 's/PRIVILEGED/true/' "$work/pod.yaml" >"$work/privileged.yaml"
	output=$(podman kube play --network none "$work/plain.yaml" 2>&1)
	like "$runtime: kube play of a plain pod" "$? $output" '^0 '
	is "$runtime: and it runs" "$(podman inspect -f '{{.State.Running}}' kube-main 2>&1)" true
	podman kube down "$work/plain.yaml" >/dev/null 2>&1
	output=$(podman kube play --network none "$work/privileged.yaml" 2>&1)
	unlike "$runtime: kube play of a privileged pod runs nothing" \
		"$(podman inspect -f '{{.State.Running}}' kube-main 2>/dev/null)" true
	refused_for "for what it is" baseline privileged
	podman kube down "$work/privileged.yaml" >/dev/null 2>&1
}

# docs/policy-guide.md, "Allowing what a workload needs"
workload() {
	gate "$data"
	allowed "the guide's policy lets its folder pass" "${modest[@]}" -v /srv/data:/data:nosuid,nodev
	told "and no folder above" 'host-path: ' "${modest[@]}" -v /srv:/data:nosuid,nodev
	allowed "and its sysctl, beside podman's own" "${modest[@]}" --sysctl net.core.somaxconn=1024
	gate "$restricted"
	told "which restricted does not" 'sysctl: ' "${modest[@]}" --sysctl net.core.somaxconn=1024
}

# conmon's clean-up starts it anew, with no one at hand to pass --hooks-dir.
restarts() {
	gate "$restricted"
	podman run --name again -d --restart=on-failure:2 "${modest[@]}" bb sh -c 'exit 3' \
		>/dev/null 2>&1
	for _ in $(seq 50); do
		[ "$(podman inspect -f '{{.RestartCount}}' again 2>/dev/null)" = 2 ] && break
		sleep 0.1
	done
	is "$runtime: every restart passes the hook" \
		"$(jq -r --arg id "$(podman inspect -f '{{.Id}}' again)" 'select(.id == $id) | .verdict' \
			"$work/hosts/restricted.log" | sort | uniq -c | xargs)" "3 allow"
	podman rm -f -t 0 again >/dev/null 2>&1
}

builds() {
	printf 'FROM localhost/bb\nRUN echo built >/made\n' >"$work/Containerfile"
	gate "$build"
	output=$(podman build --network none --hooks-dir "$work/podman/hooks" -t built \
		-f "$work/Containerfile" "$work/podman/hooks" 2>&1)
	like "$runtime: a build passes a policy for builds" "$? $output" '^0 '
	gate "$restricted"
	output=$(podman build --network none --hooks-dir "$work/podman/hooks" -t refused --no-cache \
		-f "$work/Containerfile" "$work/podman/hooks" 2>&1)
	is "$runtime: and not restricted" "$(($? != 0))" 1
	refused_for "for what it is" restricted root-user
	podman rmi -f built refused >/dev/null 2>&1
}

# In a folder of its own: podman hands config.json over, and takes another.
precreate() {
	engine "$1" "$work/podman/precreate"
	registration precreate "$restricted" >"$work/podman/precreate/50-cofferdam.json"
	pod_run --user 1000:1000 --memory 64m --pids-limit 64 --cpus 0.5 bb sh -c '
		touch /x 2>/dev/null && echo root is writable
		touch /tmp/x && echo tmp is writable
		grep -E "^(NoNewPrivs|Seccomp|CapBnd):" /proc/self/status | tr "\t\n" "  "'
	is "$runtime: precreate hardens" "$status $output" \
		"0 tmp is writable
CapBnd: 0000000000000400 NoNewPrivs: 1 Seccomp: 2 "
	pod_run --memory 64m bb true
	is "$runtime: precreate refuses" "$((status != 0))" 1
	like "$runtime: and podman's user is told why" "$output" \
		'root-user: .*uid 0.*--user 1000:1000'
	registration precreate "$(host_config audit '.mode = "audit"')" \
		>"$work/podman/precreate/50-cofferdam.json"
	allowed "precreate in audit mode refuses nothing"
	is "$runtime: and records what it would have done" \
		"$(tail -n 1 "$work/hosts/audit.log" | jq -r '"\(.verdict) \(.refused)"')" "deny false"
	pod_run --user 1000:1000 --memory 64m --pids-limit 64 --cpus 0.5 bb grep NoNewPrivs /proc/self/status
	is "$runtime: nor does it harden anything" "$status $output" $'0 NoNewPrivs:\t0'
	is "$runtime: and says that it would have" \
		"$(tail -n 1 "$work/hosts/audit.log" | jq -r '"\(.verdict) \(.refused)"')" "harden false"
}

# In a user's own namespace nothing holds against that user: the record says so.
rootless() {
	local dir

	host_config rootless '.log = {file: "'"$work"'/rootless/log", on_failure: "deny"}' >/dev/null
	dir=$(bundle rootless)
	mkdir "$work/rootless"
	chown 1234:1234 "$work/rootless"
	chmod -R go+rX "$work/hosts" "$dir"
	state "$dir" 1 >"$work/state"
	# shellcheck disable=SC2016 # expanded inside
	setpriv --reuid 1234 --regid 1234 --clear-groups unshare --user --map-root-user --pid --fork \
		--net --ipc --uts --mount --mount-proc sh -c 'cd "$1" && exec "$2" createRuntime \
			--host-config "$3" <"$4"' sh "$dir" "$hook" "$work/hosts/rootless/host.json" \
		"$work/state" >/dev/null 2>&1
	is "rootless: the record says that there is no boundary" \
		"$(jq -r .rootless "$work/rootless/log" 2>&1)" true
}

ln -s /etc "$work/link"
rootless
engine runc "$work/podman/hooks"
gate "$baseline"
tar -C "$work/rootfs" -c . | podman import - localhost/bb:latest >/dev/null 2>"$work/import" ||
	bail "podman import: $(cat "$work/import")"
for each in runc crun; do
	engine "$each" "$work/podman/hooks"
	hooks_dir
	detached
	pods
	workload
	restarts
	builds
	precreate "$each"
done

done_testing
