#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What runc, crun, podman, dockerd and containerd write on this host, captured
# at "create" by a wrapper around the runtime and judged there and then, with
# the facts of that moment (docs/corpus.md). The verdicts are those reviewed.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

# In a process namespace of its own no daemon, shim or monitor outlives it.
if [ -z "${capture_inside-}" ]; then
	trap - EXIT
	capture_inside=1 exec unshare --pid --fork --kill-child --mount-proc bash "$0" "$@"
fi

need podman buildah catatonit runc crun jq dockerd docker containerd ctr
setup_work
make_rootfs

# The engines' default folders, which the rules know, on this test's own ones:
# this mount namespace ends with the test.
mkdir -p "$work"/{lib,capture,captured,etc-docker,data,bundles/spec}
mount --bind "$work/lib" /var/lib
mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /opt
[ ! -d /etc/docker ] || mount --bind "$work/etc-docker" /etc/docker

# --- the reviewed verdicts ---

# What refuses each form under baseline, and under restricted; "-" is nothing.
# What a policy hardens is not listed: at this door that is done. A "?" marks what
# could not be judged. Two lines of one name are its configurations in the order
# they were made: a pod's infra container comes first.
reviewed=$(sed -e '/^#/d' -e 's/LIMITS/cpu-limit memory-limit pids-limit/' \
	-e 's/MEMORY/cpu-limit memory-limit/' <<'END'
# A bundle as the runtimes write it to start from: root, and no limits. With
# --rootless, for an unprivileged caller: runc then binds the host's /sys and
# shares its network, and maps root to whoever calls, here the host's root; crun
# leaves the map out.
runc spec            | - | LIMITS root-user
runc spec --rootless | host-network mount-over-system mount-type protected-ids sensitive-mount | LIMITS host-network host-path mount-over-system mount-type protected-ids root-user sensitive-mount
crun spec            | - | LIMITS root-user
crun spec --rootless | protected-ids? | LIMITS protected-ids? root-user?
# podman gives every container a limit of processes, but neither memory nor CPU.
podman run                  | - | MEMORY root-user
podman run, modest          | - | -
podman run -d               | - | -
podman run -t               | - | MEMORY root-user
podman run --privileged     | privileged | MEMORY privileged root-user
podman run -v folder        | - | host-path
podman run -v volume        | - | -
podman run -v /etc          | sensitive-mount | host-path sensitive-mount
podman run --tmpfs          | - | -
podman run --pid host       | host-pid | host-pid
podman run --network host   | host-network | host-network
# with the host's /dev/shm
podman run --ipc host       | host-ipc sensitive-mount | host-ipc host-path sensitive-mount
podman run --uts host       | host-uts | host-uts
podman run --pid container: | - | foreign-namespace
podman run --uidmap         | - | -
# hardened by restricted, which takes all capabilities but one away
podman run --cap-add        | capabilities | -
podman run --device         | devices | devices
podman run --init           | - | -
# The pod's infra container has no limits and runs as root; a member joins it by
# /proc/PID, as --network container: does: the two cannot be told apart.
podman run --pod            | - | LIMITS root-user
podman run --pod            | - | foreign-namespace
podman kube play            | - | LIMITS root-user
podman kube play            | - | LIMITS foreign-namespace root-user
# buildah binds files of its own from /var/tmp
podman build                | - | LIMITS host-path root-user
docker run                  | - | LIMITS root-user
docker run, modest          | - | -
docker run -d               | - | -
docker run --privileged     | privileged | LIMITS privileged root-user
docker run -v folder        | - | host-path
docker run -v volume        | - | -
docker run -v docker.sock   | engine-socket | engine-socket host-path host-socket
docker run --init           | - | -
docker run --pid host       | host-pid | host-pid
docker run --network host   | host-network | host-network
docker run --ipc host       | host-ipc sensitive-mount | host-ipc host-path sensitive-mount
docker run --uts host       | host-uts | host-uts
docker run --network container: | - | foreign-namespace
ctr run                     | - | LIMITS root-user
ctr run, modest             | - | pids-limit root-user
ctr run --privileged        | privileged | LIMITS privileged root-user
# with the host's /etc/hosts and /etc/resolv.conf
ctr run --net-host          | host-network | host-network host-path pids-limit root-user
ctr run --mount             | - | host-path pids-limit root-user
END
)

# --- the wrapper ---

real_runc=$(command -v runc)

# The engines know the runtime by this name, in a folder of its own.
cat >"$work/capture/runc" <<END
#!/bin/bash
bundle=. command=
arguments=("\$@")
while [ \$# -gt 0 ]; do
	case \$1 in
	--bundle | -b) bundle=\$2 && shift ;;
	--bundle=*) bundle=\${1#*=} ;;
	create | run | exec | state | start | kill | delete) command=\${command:-\$1} ;;
	esac
	shift
done
case \$command in
create | run) "$work/capture/judge" "\$bundle" ;;
esac
exec "$real_runc" "\${arguments[@]}"
END

cat >"$work/capture/judge" <<END
#!/bin/bash
read -r number engine <"$work/current"
to=\$(mktemp -d "$work/captured/\$number.\$(date +%s%N).XXXXXX")
cp "\$1/config.json" "\$to/"
for policy in baseline restricted cis-docker; do
	"$cofferdam" check --format json --policy \$policy \${engine:+--engine \$engine} \\
		"\$1" >"\$to/\$policy.json" 2>"\$to/\$policy.error"
done
END
chmod 755 "$work"/capture/*
PATH=$work/capture:$PATH

# capture NAME COMMAND... - what it starts is captured under the name; sets
# $output and $status, for the container itself is not what is tested
engine=
names=()
capture() {
	names+=("$1")
	echo "${#names[@]} $engine" >"$work/current"
	shift
	output=$(timeout 30 "$@" </dev/null 2>&1)
	status=$?
}

# --- runc spec, crun spec ---

specs() {
	local runtime options

	engine=
	for runtime in runc crun; do
		for options in '' --rootless; do
			rm -f "$work/bundles/spec/config.json"
			(cd "$work/bundles/spec" && "$runtime" spec $options)
			jq --arg root "$work/rootfs" '.root.path = $root' \
				"$work/bundles/spec/config.json" >"$work/spec"
			mv "$work/spec" "$work/bundles/spec/config.json"
			capture "$runtime spec${options:+ $options}" \
				"$work/capture/judge" "$work/bundles/spec"
		done
	done
}

# --- podman ---

podman_forms() {
	engine=podman
	{
		containers_conf runc
		printf '[engine.runtimes]\nrunc = ["%s"]\n' "$work/capture/runc"
	} >"$work/containers.conf"
	export CONTAINERS_CONF=$work/containers.conf
	tar -C "$work/rootfs" -c . | podman import - localhost/bb:latest >/dev/null 2>&1 ||
		bail "podman import failed"
	podman save -q -o "$work/bb.tar" localhost/bb:latest || bail "podman save failed"

	local run=(podman run --rm) image=(localhost/bb true)
	local modest=(--user 1000:1000 --cap-drop all --security-opt no-new-privileges
		--read-only --memory 64m --pids-limit 64 --cpus 0.5)

	capture "podman run" "${run[@]}" "${image[@]}"
	like "podman's default container runs" "$status $output" '^0 '
	capture "podman run, modest" "${run[@]}" "${modest[@]}" "${image[@]}"
	capture "podman run -d" podman run -d --name bg "${modest[@]}" localhost/bb sleep 60
	capture "podman run -t" "${run[@]}" -t "${image[@]}"
	capture "podman run --privileged" "${run[@]}" --privileged "${image[@]}"
	capture "podman run -v folder" "${run[@]}" "${modest[@]}" -v "$work/data:/data" "${image[@]}"
	capture "podman run -v volume" "${run[@]}" "${modest[@]}" -v vol:/data "${image[@]}"
	capture "podman run -v /etc" "${run[@]}" "${modest[@]}" -v /etc:/host:ro "${image[@]}"
	capture "podman run --tmpfs" "${run[@]}" "${modest[@]}" --tmpfs /tmp "${image[@]}"
	for each in pid network ipc uts; do
		capture "podman run --$each host" "${run[@]}" "${modest[@]}" --$each host "${image[@]}"
	done
	capture "podman run --pid container:" "${run[@]}" "${modest[@]}" --pid container:bg "${image[@]}"
	# -i: crun gives its standard input away, else the host's /dev/null
	capture "podman run --uidmap" "${run[@]}" "${modest[@]}" -i --user 0 \
		--uidmap 0:100000:5000 --gidmap 0:100000:5000 "${image[@]}"
	capture "podman run --cap-add" "${run[@]}" "${modest[@]}" --cap-add sys_admin "${image[@]}"
	capture "podman run --device" "${run[@]}" "${modest[@]}" --device /dev/fuse "${image[@]}"
	capture "podman run --init" "${run[@]}" "${modest[@]}" --init "${image[@]}"
	podman rm -f -t 0 bg >/dev/null 2>&1

	podman pod create --name pod >/dev/null 2>&1
	capture "podman run --pod" "${run[@]}" "${modest[@]}" --pod pod "${image[@]}"
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
		    command: ["sleep", "30"]
	END
	capture "podman kube play" podman kube play --network none "$work/pod.yaml"
	podman kube down "$work/pod.yaml" >/dev/null 2>&1
	printf 'FROM localhost/bb\nRUN echo built >/made\n' >"$work/Containerfile"
	capture "podman build" podman build --runtime "$work/capture/runc" --network none \
		-f "$work/Containerfile" "$work/data"
}

# --- docker ---

docker_forms() {
	engine=docker
	jq -n --arg work "$work" '{
		bridge: "none", iptables: false, ip6tables: false, "ip-forward": false,
		"ip-masq": false, "userland-proxy": false,
		hosts: ["unix:///run/docker.sock"], pidfile: "\($work)/docker.pid",
		"default-ulimits": { nofile: { Name: "nofile", Hard: 1024, Soft: 1024 } },
		runtimes: { capture: { path: "\($work)/capture/runc" } },
		"default-runtime": "capture" }' >"$work/daemon.json"
	dockerd --config-file "$work/daemon.json" >"$work/dockerd.log" 2>&1 &
	started+=($!)
	export DOCKER_HOST=unix:///run/docker.sock
	wait_for docker version || bail "dockerd does not start: $(tail -n 3 "$work/dockerd.log")"
	tar -C "$work/rootfs" -c . | docker import - bb >/dev/null || bail "docker import failed"

	local run=(docker run --rm) image=(bb true)
	local modest=(--user 1000:1000 --cap-drop all --security-opt no-new-privileges
		--read-only --memory 64m --pids-limit 64 --cpus 0.5)

	capture "docker run" "${run[@]}" "${image[@]}"
	like "docker's default container runs" "$status $output" '^0 '
	capture "docker run, modest" "${run[@]}" "${modest[@]}" "${image[@]}"
	capture "docker run --privileged" "${run[@]}" --privileged "${image[@]}"
	capture "docker run -v folder" "${run[@]}" "${modest[@]}" -v "$work/data:/data" "${image[@]}"
	capture "docker run -v volume" "${run[@]}" "${modest[@]}" -v vol:/data "${image[@]}"
	capture "docker run -v docker.sock" "${run[@]}" "${modest[@]}" \
		-v /var/run/docker.sock:/var/run/docker.sock "${image[@]}"
	capture "docker run --init" "${run[@]}" "${modest[@]}" --init "${image[@]}"
	for each in pid network ipc uts; do
		capture "docker run --$each host" "${run[@]}" "${modest[@]}" --$each host "${image[@]}"
	done
	capture "docker run -d" docker run -d --name bg "${modest[@]}" bb sleep 60
	capture "docker run --network container:" "${run[@]}" "${modest[@]}" \
		--network container:bg "${image[@]}"
	docker rm -f bg >/dev/null 2>&1
}

# --- containerd ---

ctr_forms() {
	engine=containerd
	containerd --config /dev/null --root /var/lib/containerd --state /run/containerd \
		--address /run/containerd/containerd.sock >"$work/containerd.log" 2>&1 &
	started+=($!)
	wait_for ctr version || bail "containerd does not start: $(tail -n 3 "$work/containerd.log")"
	ctr image import "$work/bb.tar" >/dev/null 2>&1 || bail "ctr image import failed"

	local run=(ctr run --rm --runc-binary "$work/capture/runc") image=(localhost/bb:latest)
	local modest=(--read-only --seccomp --memory-limit 67108864 --cpus 0.5)

	capture "ctr run" "${run[@]}" "${image[@]}" one true
	like "ctr's default container runs" "$status $output" '^0 '
	capture "ctr run, modest" "${run[@]}" "${modest[@]}" "${image[@]}" two true
	capture "ctr run --privileged" "${run[@]}" --privileged "${image[@]}" three true
	capture "ctr run --net-host" "${run[@]}" "${modest[@]}" --net-host "${image[@]}" four true
	capture "ctr run --mount" "${run[@]}" "${modest[@]}" \
		--mount "type=bind,src=$work/data,dst=/data,options=rbind:rw" "${image[@]}" five true
}

# --- verdicts ---

# denying FOLDER POLICY
denying() {
	jq -r 'if .failure then .failure else [.findings[] | if .decides == "deny" then .rule
		elif .decides == "unjudged" then .rule + "?" else empty end] | unique
		| if . == [] then "-" else join(" ") end end' "$1/$2.json" 2>&1
}

# verdicts - one line a configuration, in the form of the review
verdicts() {
	local number dir

	for number in "${!names[@]}"; do
		for dir in "$work/captured/$((number + 1))".*/; do
			[ -d "$dir" ] || continue
			printf '%s | %s | %s\n' "${names[number]}" "$(denying "$dir" baseline)" \
				"$(denying "$dir" restricted)"
		done
	done
}

# words LIST - sorted
words() {
	tr ' ' '\n' <<<"$1" | sort | xargs
}

# rows NAME - of the table on standard input
rows() {
	awk -v name="$1" -F ' [|] ' '$1 == name'
}

specs
podman_forms
docker_forms
ctr_forms

verdicts >"$work/verdicts"
# one space, and the rules of a column in order
tidy=$(while IFS='|' read -r name baseline restricted; do
	printf '%s | %s | %s\n' "$(xargs <<<"$name")" "$(words "$baseline")" "$(words "$restricted")"
done <<<"$reviewed")
for number in "${!names[@]}"; do
	name=${names[number]}
	is "$name" "$(rows "$name" <"$work/verdicts")" "$(rows "$name" <<<"$tidy")"
done
is "check had nothing else to say" "$(cat "$work"/captured/*/*.error)" ""

if [ -n "${COFFERDAM_CAPTURE-}" ]; then
	cp "$work/verdicts" "$COFFERDAM_CAPTURE/"
	cp -r "$work/captured" "$COFFERDAM_CAPTURE/"
fi
done_testing
