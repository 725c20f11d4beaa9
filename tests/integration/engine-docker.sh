#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# dockerd, with Cofferdam installed as an administrator does it: as its default runtime,
# which users can go past, and in place of runc, which they cannot.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/engines.sh
. "$(dirname "$0")/engines.sh"
# shellcheck disable=SC2154

need dockerd docker containerd runc jq

mkdir -p /etc/docker
jq -n '{ bridge: "none", iptables: false, ip6tables: false, "ip-forward": false,
	"ip-masq": false, "userland-proxy": false, hosts: ["unix:///run/docker.sock"],
	"default-ulimits": { nofile: { Name: "nofile", Hard: 1024, Soft: 1024 } } }' \
	>/etc/docker/daemon.json
export DOCKER_HOST=unix:///run/docker.sock

# start [COMMAND]... - dockerd, again if it runs
dockerd_pid=
start() {
	if [ -n "$dockerd_pid" ]; then
		kill "$dockerd_pid"
		wait "$dockerd_pid" 2>/dev/null
	fi
	"${@:-dockerd}" >"$work/dockerd.log" 2>&1 &
	dockerd_pid=$!
	started+=($!)
	wait_for docker version || bail "dockerd does not start: $(tail -n 3 "$work/dockerd.log")"
}

start
tar -C "$work/rootfs" -c . | docker import - bb >/dev/null || bail "docker import failed"
before=$(tree)

run=(docker run --rm --network none)
modest=(--user 1000:1000 --memory 64m --pids-limit 64 --cpus 0.5)
look=(grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status)
mkdir "$work/context"
printf 'FROM bb\nRUN echo built >/made\n' >"$work/context/Dockerfile"
build=(docker build --no-cache --network none --quiet "$work/context")
# Newer clients that are to be quiet keep what a step said to themselves.
aloud=(docker build --no-cache --network none --progress plain "$work/context")
runs "control: it runs" "in" "${run[@]}" bb echo in
runs "control: it builds" "sha256:" env DOCKER_BUILDKIT=1 "${build[@]}"

# --- the default runtime ---

docker create --name early --network none --pid host bb echo in >/dev/null
runs "install" "restart dockerd.*for another runtime, .*: 1;" "$cofferdam" install --engine docker --enforce
touch -d '+10 seconds' /etc/docker/daemon.json
is "the file is JSON, and what was there is kept" "$(jq -r '"\(.bridge) \(.["default-runtime"])"' \
	/etc/docker/daemon.json)" "none cofferdam"
start
runs "runtime: what was made before goes past it" "in" docker start --attach early
docker rm early >/dev/null
refused "runtime" root-user "${run[@]}" bb true
refused "runtime: privileged" privileged "${run[@]}" --privileged "${modest[@]}" bb true
refused "runtime: a host's namespace" host-pid "${run[@]}" --pid host "${modest[@]}" bb true
runs "runtime: what is allowed is hardened" "$hardened" "${run[@]}" "${modest[@]}" bb "${look[@]}"
like "runtime: the root filesystem is read-only" \
	"$("${run[@]}" "${modest[@]}" bb touch /x 2>&1)" "Read-only file system"
docker run -d --name held --network none "${modest[@]}" -v kept:/kept bb sleep 600 >/dev/null 2>&1
runs "exec: a probe runs" "in" docker exec held echo in
runs "exec --privileged: no more than the container has" "CapBnd:.0000000000000400" \
	docker exec --privileged held grep CapBnd /proc/self/status
refused "exec: as root" exec-exceeds docker exec --user 0 held true
# Another container's files are for what joins it; whom to let join is the policy's to say.
others=/var/lib/docker/containers/$(docker inspect --format '{{.Id}}' held)
refused "another container's hosts" host-path "${run[@]}" "${modest[@]}" -v "$others/hosts:/x" bb true
refused "another container's shm" host-path "${run[@]}" "${modest[@]}" -v "$others/mounts/shm:/x" bb true
refused "what joins a container's network" foreign-namespace \
	docker run --rm "${modest[@]}" --network container:held bb true
use_policy baseline
refused "baseline: another container's hosts" sensitive-mount "${run[@]}" -v "$others/hosts:/x" bb true
runs "baseline: by joining its network" "$(docker inspect --format '{{.Config.Hostname}}' held)" \
	docker run --rm --network container:held bb cat /etc/hostname
refused "baseline: shm is not the network's" sensitive-mount \
	docker run --rm --network container:held -v "$others/mounts/shm:/x" bb true
docker run -d --name shares --network none --ipc shareable bb sleep 600 >/dev/null 2>&1
runs "baseline: by joining its ipc namespace" "" "${run[@]}" --ipc container:shares bb touch /dev/shm/x
runs "baseline: a volume of another's" "in" "${run[@]}" --volumes-from held bb echo in
docker rm --force shares >/dev/null 2>&1
# shellcheck disable=SC2317 # by wait_for
in_service() {	# into its container, whose id is set in $service
	service=$(docker ps --quiet --no-trunc --filter name=svc) && docker exec "$service" true
}
docker swarm init --advertise-addr 127.0.0.1 >/dev/null 2>&1
echo kept | docker secret create secret - >/dev/null
docker service create --detach --name svc --secret secret bb sleep 600 >/dev/null 2>&1
wait_for in_service
runs "baseline: a service has its secret" "kept" docker exec "$service" cat /run/secrets/secret
secret=$(find "/var/lib/docker/containers/$service/mounts/secrets" -type f)
refused "baseline: and nobody else" sensitive-mount "${run[@]}" -v "$secret:/x" bb true
docker service rm svc >/dev/null
docker swarm leave --force >/dev/null
# Docker makes the folders that are not there.
refused "baseline: the system bus, where root's programs take orders of root" sensitive-mount \
	"${run[@]}" -v /run/dbus:/x bb true
refused "baseline: what modprobe runs" sensitive-mount "${run[@]}" -v /run/modprobe.d:/x bb true
refused "baseline: the scripts of packages" sensitive-mount "${run[@]}" -v /var/lib/dpkg:/x bb true
runs "baseline: which packages there are" "in" "${run[@]}" -v /var/lib/dpkg:/x:ro bb echo in
build_policy_off
docker rm --force held >/dev/null 2>&1
like "doctor: the door is in place" "$(remarks registration docker)" "^good: the door runtime"
like "doctor --canary: refused" "$(canary docker)" "^good: .*it was refused"
# The canary is this host's, and is tried by this host's programs, whatever root's shell says.
mkdir "$work/hostile"
for program in docker rm; do
	# shellcheck disable=SC2016 # that script's
	printf '#!/bin/sh\necho "$0" >>%s\necho "cofferdam: denied by nobody"\nexit 1\n' \
		"$work/hostile/called" >"$work/hostile/$program"
	chmod 755 "$work/hostile/$program"
done
like "doctor --canary: with a hostile PATH" "$(PATH=$work/hostile:$PATH canary docker)" \
	"^good: .*it was refused"
is "doctor --canary: nothing of it is run" "$(cat "$work/hostile/called" 2>/dev/null)" ""
export HOME=$work/lib	# where the docker command keeps what it was told
docker context create far --docker host=tcp://127.0.0.1:1 >/dev/null 2>&1 || bail "no docker context"
docker context use far >/dev/null 2>&1
like "doctor --canary: with another host's context" "$(unset DOCKER_HOST && canary docker)" \
	"^good: .*it was refused"
docker context use default >/dev/null 2>&1
docker context rm far >/dev/null
like "doctor --canary: another host's is not tried" \
	"$(DOCKER_HOST=tcp://127.0.0.1:1 canary docker)" "^fault: not tried: DOCKER_HOST"
like "doctor --canary: a daemon that does not answer" "$(DOCKER_HOST=unix:///run/none.sock canary docker)" \
	"^fault: it could not be tried: Cannot connect .*none.sock[^\\]*$"
is "doctor --canary: no image of its is left" "$(docker images --quiet cofferdam-canary)" ""
refused "docker build without BuildKit" root-user env DOCKER_BUILDKIT=0 "${build[@]}"

jq 'del(.runtimes, .["default-runtime"])' /etc/docker/daemon.json >"$work/other.json"
start dockerd --config-file "$work/other.json"
like "doctor: one that was started with another file" "$(remarks bypass docker)" \
	"fault: dockerd .pid $dockerd_pid. was started with config-file $work/other.json"
is "doctor: it is no containerd of the host's that dockerd starts" "$(remarks bypass containerd | grep fault)" ""
start dockerd --add-runtime "other=/usr/sbin/runc"
like "doctor: one with a runtime of its own" "$(remarks bypass docker)" \
	"fault: dockerd .pid $dockerd_pid. was started with add-runtime other=/usr/sbin/runc"
start
unlike "doctor: and as it is meant" "$(remarks bypass docker)" "fault"
attempt timeout 10 dockerd --default-runtime runc --pidfile "$work/pid"
like "dockerd does not start with a default in both places" "$output" "both as a flag and in the configuration file"
mkdir -p /etc/systemd/system/docker.service.d
printf '[Service]\nExecStart=\nExecStart=/usr/sbin/dockerd --default-runtime runc\n' \
	>/etc/systemd/system/docker.service.d/own.conf
like "doctor: and what would come of that is said before" "$(remarks registration docker)" \
	"^fault: .*docker.service starts dockerd with --default-runtime"
rm -r /etc/systemd/system/docker.service.d

# What users can do all the same; doctor says so.
runs "docker run --runtime runc goes past it" "in" "${run[@]}" --runtime runc --pid host bb echo in
runs "docker build goes past it" "sha256:" env DOCKER_BUILDKIT=1 "${build[@]}"
like "doctor names both" "$(remarks bypass docker)" "runtime runc and docker build"

# --- runc itself ---

runs "a container from before" "" docker run -d --name before --network none "${modest[@]}" bb sleep 600
runs "install --door divert" "keep /usr/" "$cofferdam" install --engine docker --door divert
runs "divert: the one from before is ended and removed" "before" docker rm --force before
refused "divert: --runtime runc" root-user "${run[@]}" --runtime runc bb true
refused "divert: --runtime runc, privileged" privileged \
	"${run[@]}" --runtime runc --privileged "${modest[@]}" bb true
runs "divert: what is allowed is hardened" "$hardened" \
	"${run[@]}" --runtime runc "${modest[@]}" bb "${look[@]}"
refused "divert: docker build" root-user env DOCKER_BUILDKIT=1 "${aloud[@]}"
build_policy docker "/var/lib/docker/buildkit/executor/*"
runs "divert: docker build, with a policy of its own" "sha256:" env DOCKER_BUILDKIT=1 "${build[@]}"
refused "divert: and docker run, with the other" root-user "${run[@]}" bb true
build_policy_off
build_policy docker "/var/lib/docker/buildkit/executor/*" baseline
runs "divert: docker build, with baseline" "sha256:" env DOCKER_BUILDKIT=1 "${build[@]}"
build_policy_off
mv /usr/sbin/runc.cofferdam "$work/kept"
attempt "${run[@]}" "${modest[@]}" bb true
like "divert: without the real runtime nothing starts, and the user sees why" "$status $output" \
	"^[1-9].*cofferdam: refused: no real runc is found"
like "doctor: and that is a fault" "$(remarks registration docker)" \
	"^fault: .*has lost the program that it stands for"
mv "$work/kept" /usr/sbin/runc.cofferdam
like "doctor --canary: both were refused" "$(canary docker | tr '\n' ' ')" \
	"^good: docker run --privileged: .*good: docker run --runtime runc"
unlike "doctor: no way past is left" "$(remarks bypass docker)" "runtime runc"

# --- everything as it was ---

runs "a container that runs" "" docker run -d --name held --network none "${modest[@]}" bb sleep 600
attempt "$cofferdam" uninstall --engine docker
like "uninstall: while one runs that was started through the door, the door stays" "$status $output" \
	"^1 .*docker/runc stays: 1 of the containers.*2 of Docker's containers were made for the runtime"
runs "uninstall: so that it can be entered" "in" docker exec held echo in
runs "uninstall: and ended" "held" docker rm --force held
runs "uninstall" "" "$cofferdam" uninstall --engine docker
start
runs "uninstall: nothing is refused" "in" "${run[@]}" --pid host bb echo in
is "uninstall: everything is as it was" "$(tree)" "$before"

done_testing
