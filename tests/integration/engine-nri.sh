#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# containerd's NRI with its plugin hook-injector, which gives the containers of pods the
# hooks of two hooks directories; and what becomes of containers when it does not. Debian
# 12's containerd has no NRI: "./test.sh --engines" runs this on later releases.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/engines.sh
. "$(dirname "$0")/engines.sh"
# shellcheck disable=SC2154

need containerd ctr runc jq curl protoc nri-hook-injector

# shellcheck source=tests/integration/cri.sh
. "$(dirname "$0")/cri.sh"
# shellcheck source=tests/integration/containerd.sh
. "$(dirname "$0")/containerd.sh"
hooks=/etc/containers/oci/hooks.d
plugins=/opt/nri/plugins
mkdir -p $hooks $plugins

# nri TEXT... - what is said of NRI, at the end of config.toml
nri() {
	containerd_config
	printf '%s\n' '[plugins."io.containerd.nri.v1.nri"]' "  disable = false" "$@" \
		>>/etc/containerd/config.toml
}

# inject - the plugin by itself, as a DaemonSet runs it
injector=
inject() {
	# containerd's end is its own, too
	[ -z "$injector" ] || kill -KILL "$injector" 2>/dev/null
	"$work/hook-injector" -idx 10 >"$work/injector.log" 2>&1 &
	injector=$!
	started+=($!)
	disown
	wait_for grep 'Started plugin' "$work/injector.log" ||
		bail "hook-injector does not start: $(tail -n 3 "$work/injector.log")"
	sleep 0.5	# it has been told all that there is
}

# ungated DESCRIPTION - nobody looked at a container that the policy forbids: what is
# said of NRI in docs/engines/containerd.md
ungated() {
	container "ungated$((ungated += 1))" ""
	is "$1" "$status $output" "0 "
}
ungated=0

cp "$(command -v nri-hook-injector)" "$work/hook-injector"
nri
host_for containerd restricted
start_with_image

pod control
is "control: a pod" "$status" 0
[ "$status" = 0 ] || note "$output"
ungated "control: a container"
pod_away
like "doctor: nothing is registered" "$(remarks registration containerd)" "^fault: .*not looked at"
is "doctor: nor meant to be" "$(remarks hooks containerd)" ""
like "doctor: who can change containers by NRI" "$(remarks socket containerd)" \
	"good: /var/run/nri/nri.sock is root's alone; who can write to it can change what starts"
chmod 777 /run/nri/nri.sock
like "doctor: and when that is everybody" "$(remarks socket containerd)" \
	"fault: everyone can write to /var/run/nri/nri.sock"
chmod 755 /run/nri/nri.sock

# --- the hook ---

cp "$build/hook/registration/containerd-nri.json" $hooks/
like "doctor: a hook that nobody gives" "$(remarks hooks containerd)" "^fault: .*does not run"
inject
like "doctor: it is given" "$(remarks hooks containerd)" "^warning: NRI's plugin .*when the plugin ended"
like "doctor: by hand" "$(remarks registration containerd)" "^warning: .*by hand"
pod hooked
is "a sandbox has no hooks" "$status" 0
container plain ""
cri_refused "a container as root" root-user
container forged "" "" 'annotations { key: "io.kubernetes.cri.container-type" value: "" }'
cri_refused "one that would not have the hook" root-user
container modest "$modest" "$limits"
is "what is allowed runs" "$status $output" "0 "
like "and is hardened" "$(seen grep -E '^(NoNewPrivs|Seccomp):' /proc/1/status)" \
	'NoNewPrivs:.t1.*Seccomp:.t2'
like "the root filesystem is read-only" "$(seen touch /x)" "Read-only file system"
like "an exec has no hooks" "$(seen grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status)" \
	'NoNewPrivs:.t0.*Seccomp:.t0'
pod_away
pod_more='annotations { key: "io.kubernetes.cri.container-type" value: "" }'
pod forged
container plain ""
cri_refused "one of a pod that would not have the hook" root-user
pod_away
pod_more=
attempt ctr run --rm localhost/bb:latest one true
is "ctr has nothing to do with NRI" "$status" 0

# --- without the plugin ---

pod open
kill -STOP "$injector"
ungated "one that does not answer in time: the container starts"
kill -CONT "$injector"
wait_for eval "! kill -0 $injector"
ungated "and so do all that follow: containerd is done with it"
like "doctor sees that it is gone" "$(remarks hooks containerd)" "^fault: .*does not run"
injector=
inject
kill -KILL "$injector"
injector=
ungated "one that was killed: the container starts"
pod_away

cp "$work/hook-injector" $plugins/10-hook-injector
start
pod installed
container plain ""
cri_refused "one that containerd starts itself" root-user
like "doctor: what else it may do" "$(remarks nri containerd)" \
	"^good: $plugins/10-hook-injector can change"
for each in /proc/[0-9]*; do
	[[ $(readlink "$each/exe") != $plugins/* ]] || kill -KILL "${each#/proc/}"
done
ungated "which is not started again"
chmod 777 $plugins/10-hook-injector
like "doctor: a plugin that others can change" "$(remarks nri containerd)" "^fault: .*others than root"
pod_away
rm $plugins/10-hook-injector

# Since 2.2 a plugin can be required.
if containerd config default | grep -q "'io.containerd.nri.v1.nri'.default_validator"; then
	nri '  [plugins."io.containerd.nri.v1.nri".default_validator]' "    enable = true" \
		'    required_plugins = ["hook-injector"]'
	start
	pod required
	container missing ""
	like "required: no container starts without it" "$status $output" \
		'^1 .*required plugin "hook-injector" not present'
	inject
	container plain ""
	cri_refused "required: with it, as before" root-user
	kill -STOP "$injector"
	ungated "required: one that does not answer in time was there, and the container starts"
	kill -KILL "$injector"
	injector=
	pod_away
	nri
	start
else
	note "$(containerd --version) can require no plugin"
fi

# --- with the door ---

sed 's/"containerd"/"podman"/; s/"when": .*/"when": { "always": true },/' \
	$hooks/containerd-nri.json >$hooks/00-podman.json
rm $hooks/containerd-nri.json
inject
like "doctor: podman's hook would judge what containerd starts" "$(remarks hooks containerd)" \
	"^warning: .*00-podman.json is for podman"
settle
runs "install" "restart containerd" "$cofferdam" install --engine containerd
start
inject
is "doctor: not with the door, which puts its own there" "$(remarks hooks containerd)" ""
pod door
is "the door: a sandbox" "$status" 0
container plain ""
cri_refused "the door: a container as root" root-user
container modest "$modest" "$limits"
is "the door: what is allowed runs" "$status $output" "0 "
is "the door: and its hooks are the door's, for containerd" "$(jq -r '.hooks[][].args | join(" ")' \
	/run/containerd/io.containerd.runtime.v2.task/k8s.io/"$container"/config.json | sort -u)" \
	"cofferdam-hook createRuntime --engine containerd --admitted"
jq '.hook.path = "/bin/true"' $hooks/00-podman.json >$hooks/50-other.json
inject
container other "$modest" "$limits"
cri_refused "the door: a hook of somebody else, by NRI" foreign-hooks
kill -KILL "$injector"
injector=
container gone ""
cri_refused "the door: the plugin is gone" root-user
pod_away

done_testing
