#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# podman and Buildah, with Cofferdam installed as an administrator does it: each door, what
# the user sees, what is hardened, what doctor says, and that uninstall takes it back.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/engines.sh
. "$(dirname "$0")/engines.sh"
# shellcheck disable=SC2154

need podman buildah runc crun jq catatonit

rm -rf /etc/containers/containers.conf /etc/containers/containers.conf.d
containers_conf runc >/etc/containers/containers.conf
tar -C "$work/rootfs" -c . | podman import - localhost/bb:latest >/dev/null 2>&1 ||
	bail "podman import failed"
before=$(tree)

run=(podman run --rm)
modest=(--user 1000:1000 --memory 64m --pids-limit 64 --cpus 0.5)
look=(grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/self/status)
runs "control: it runs" "in" "${run[@]}" localhost/bb echo in

# --- the hook ---

runs "install: in mode audit at first" "mode audit" "$cofferdam" install --engine podman
runs "audit: what would be refused runs" "in" "${run[@]}" --privileged localhost/bb echo in
is "audit: and is recorded" "$(jq -r '[.verdict, .refused, .mode] | join(" ")' \
	/var/log/cofferdam.jsonl | sort -u)" "deny false audit"
like "doctor: mode audit is a warning" "$(remarks mode host)" "^warning: mode audit"
runs "install --enforce" "refused from now on" "$cofferdam" install --engine podman --enforce
refused "hook" privileged "${run[@]}" --privileged localhost/bb true
refused "hook, crun" root-user podman --runtime crun run --rm localhost/bb true
# the bounding set cannot be cut where the container lacks CAP_SETPCAP; nothing gains from it
runs "hook: what is allowed is hardened" "NoNewPrivs:.1.*Seccomp:.2" "${run[@]}" "${modest[@]}" localhost/bb "${look[@]}"
like "hook: the root filesystem is read-only" \
	"$("${run[@]}" "${modest[@]}" localhost/bb touch /x 2>&1)" "Read-only file system"
like "doctor: the door is in place" "$(remarks registration podman)" "^good: the door hook"
like "doctor --canary: refused" "$(canary podman)" "^good: .*it was refused"
printf 'FROM localhost/bb\nRUN echo built >/made\n' >"$work/Containerfile"
refused "podman build" root-user podman build --no-cache --network none -f "$work/Containerfile" "$work/lib"
from=$(buildah from localhost/bb 2>/dev/null)
refused "buildah run" root-user buildah run "$from" true

# Another container's files are for what joins it.
podman run -d --name held "${modest[@]}" localhost/bb sleep 600 >/dev/null 2>&1
others=/run/containers/storage/overlay-containers/$(podman inspect --format '{{.Id}}' held)/userdata
echo kept | podman secret create secret - >/dev/null
runs "a secret of its own" "kept" "${run[@]}" "${modest[@]}" --secret secret localhost/bb cat /run/secrets/secret
runs "a time zone of its own" "in" "${run[@]}" "${modest[@]}" --tz Etc/UTC localhost/bb echo in
refused "another container's hosts" host-path "${run[@]}" "${modest[@]}" -v "$others/hosts:/x" localhost/bb true
use_policy baseline
refused "baseline: another container's hosts" sensitive-mount "${run[@]}" -v "$others/hosts:/x" localhost/bb true
refused "baseline: another container's shm" sensitive-mount \
	"${run[@]}" -v "/var/lib${others#/run}/shm:/x" localhost/bb true
runs "baseline: by joining its network" "in" "${run[@]}" --network container:held localhost/bb echo in
runs "baseline: by joining its ipc namespace" "" \
	"${run[@]}" --ipc container:held --user 1000 localhost/bb touch /dev/shm/x
runs "baseline: what is there is the other's" "x" podman exec held ls /dev/shm
attempt podman pod create --name pod --infra-image localhost/bb --infra-command "sleep 600"
runs "baseline: a pod's member" "in" "${run[@]}" --pod pod -v /kept localhost/bb echo in
podman pod rm --force --time 0 pod >/dev/null 2>&1
build_policy_off
podman rm --force --time 0 held >/dev/null 2>&1
build_policy podman "/var/tmp/buildah*"
runs "podman build: with a policy of its own" "" podman build --no-cache --network none \
	-f "$work/Containerfile" "$work/lib"
refused "and podman run: with the other" root-user "${run[@]}" localhost/bb true
build_policy_off
build_policy podman "/var/tmp/buildah*" baseline
runs "podman build: baseline hardens it" "" podman build --no-cache --network none \
	-f "$work/Containerfile" "$work/lib"
is "podman build: as is recorded" "$(jq -r '"\(.policy) \(.verdict)"' /var/log/cofferdam.jsonl | tail -n 1)" \
	"baseline harden"
build_policy_off

# podman drops a hook whose program is missing, and says nothing
mv "$libexec/cofferdam-hook" "$libexec/away"
runs "without the program everything runs" "in" "${run[@]}" --privileged localhost/bb echo in
like "doctor: and that is a fault" "$(remarks hooks podman)" "^fault: .*which is missing"
like "doctor --canary: and the canary shows it" "$(canary podman)" "^fault: .*NOT refused"
"$cofferdam" doctor >/dev/null
is "doctor: exit status" $? 1
mv "$libexec/away" "$libexec/cofferdam-hook"

# --- precreate ---

runs "install --door precreate" "precreate" "$cofferdam" install --engine podman --door precreate
refused "precreate" root-user "${run[@]}" localhost/bb true
runs "precreate: what is allowed is hardened" "$hardened" \
	"${run[@]}" "${modest[@]}" localhost/bb "${look[@]}"
is "precreate: the hook and the gate judged, too" \
	"$(tail -n 3 /var/log/cofferdam.jsonl | jq -r '.program' | sort | tr '\n' ' ')" \
	"cofferdam-gate cofferdam-hook createRuntime cofferdam-hook precreate "
mkdir "$work/lib/here"
build_policy podman "$work/lib/*"
refused "precreate: the caller's folder chooses no policy" root-user \
	env -C "$work/lib/here" "${run[@]}" localhost/bb true
build_policy_off
refused "podman build beside it" root-user podman build --no-cache --network none \
	-f "$work/Containerfile" "$work/lib"

# --- everything as it was ---

runs "uninstall" "" "$cofferdam" uninstall --engine podman
is "uninstall: everything is as it was" "$(tree)" "$before"
runs "uninstall: nothing is refused" "in" "${run[@]}" --privileged localhost/bb echo in

# --- the table of runtimes ---

runs "install --door runtime --enforce" "" "$cofferdam" install --engine podman --door runtime --enforce
for runtime in runc crun; do
	refused "runtime, $runtime" root-user podman --runtime $runtime run --rm localhost/bb true
	runs "runtime, $runtime: what is allowed is hardened" "$hardened" \
		podman --runtime $runtime run --rm "${modest[@]}" localhost/bb "${look[@]}"
	like "runtime, $runtime: the root filesystem is read-only" \
		"$(podman --runtime $runtime run --rm "${modest[@]}" localhost/bb touch /x 2>&1)" \
		"Read-only file system"
done
podman run -d --name held "${modest[@]}" localhost/bb sleep 600 >/dev/null 2>&1
runs "exec: a probe runs" "in" podman exec held echo in
runs "exec --privileged: no more than the container has" "CapBnd:.0000000000000400" \
	podman exec --privileged held grep CapBnd /proc/self/status
refused "exec: as root" exec-exceeds podman exec --user 0 held true
podman rm --force --time 0 held >/dev/null 2>&1
like "doctor --canary" "$(canary podman)" "^good: .*it was refused"
like "doctor: what root can do is named" "$(remarks bypass podman)" "--runtime PATH"
runs "a path goes past the table" "in" podman --runtime /usr/bin/crun run --rm localhost/bb echo in

# --- diverting: whatever the path ---

runs "install --door divert" "keep /usr/" "$cofferdam" install --engine podman --door divert
refused "divert: by path" root-user podman --runtime /usr/bin/crun run --rm localhost/bb true
runs "divert: what is allowed runs" "$hardened" \
	podman --runtime /usr/bin/crun run --rm "${modest[@]}" localhost/bb "${look[@]}"
refused "divert: buildah run" root-user buildah run "$from" true
runs "divert: runc itself says what it always does" "runc version" runc --version
# what a package's update does
cp /usr/bin/crun.cofferdam "$work/lib/crun" && mv "$work/lib/crun" /usr/bin/crun
like "doctor: an update is noticed" "$(remarks registration podman)" \
	"^fault: /usr/bin/crun was replaced"
runs "install again" "diverted again" "$cofferdam" install --engine podman --door divert
refused "divert: again" root-user podman --runtime /usr/bin/crun run --rm localhost/bb true
buildah rm "$from" >/dev/null 2>&1
runs "uninstall from every door" "" "$cofferdam" uninstall
is "everything is as it was" "$(tree)" "$before"
runs "nothing is refused" "in" "${run[@]}" --privileged localhost/bb echo in

podman rm --all --force --time 0 >/dev/null 2>&1
done_testing
