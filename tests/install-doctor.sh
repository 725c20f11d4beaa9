#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What doctor finds on throw-away roots, of what install has written and of what else is
# there. Needs no root and starts no engine.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/install-lib.sh
. "$(dirname "$0")/install-lib.sh"
# shellcheck disable=SC2154 # from there

try doctor --format xml
is "doctor: usage" "$status" 2
try doctor --canary --root "$work"
is "doctor: a canary needs the host itself" "$status" 2
try doctor --root "$work/none"
is "doctor: no such root" "$status" 3
host
doctor "registration podman: .*not looked at .cofferdam install --engine podman, " "an engine that is not registered"
healthy
try doctor --root "$root"
like "doctor: nothing is wrong" "$status $out" "^0 .*0 faults"
try doctor --root "$root" --format json
is "doctor: JSON" "$status $(jq -r '"\(.format) \(.worst)"' <<<"$out")" "0 1 warning"
is "doctor: whatever is not good says how to mend it" \
	"$(jq '[.remarks[] | select(.level != "good" and (.mend | length) < 5)] | length' <<<"$out")" 0
like "doctor: what goes past Docker's table" "$(jq -r '.remarks[] | select(.topic == "bypass"
	and .engine == "docker") | .what' <<<"$out")" "runtime runc and docker build"
rm "$root$libexec/cofferdam-hook"
doctor "program host: .*cofferdam-hook.*hooks crio: .*missing" "a hook without its program"
healthy
chmod o+w "$root$libexec/cofferdam-runtime"
doctor "program host: .*others than root" "a program that others can change"
healthy
rm -r "$root/etc/containers/oci/hooks.d"
doctor "registration podman: .*00-cofferdam.json is gone" "a folder that is gone"
healthy
echo '{' >"$root/etc/containers/oci/hooks.d/50-other.json"
doctor "hooks podman: .*50-other.json" "another hook's file that stops the engine"
healthy
cp "$root/etc/containers/oci/hooks.d/00-cofferdam.json" "$root/etc/linked.json"
ln -s ../../../linked.json "$root/etc/containers/oci/hooks.d/50-other.json"
try doctor --root "$root"
is "doctor: another hook's file that is a link" "$status" 0
healthy
echo '{"stages":["precreate"]}' >"$root/etc/containers/oci/hooks.d/50-other.json"
doctor "hooks podman: .*stops CRI-O and image builds" "a file of podman's own stage where builds read"
healthy
printf '[engine]\nhooks_dir = ["/opt"]\n' >"$root/etc/containers/containers.conf.d/99-z.conf"
doctor "registration podman: .*99-z.conf is read after" "a file that is read later"
healthy
printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.new]\nruntime_type = "io.containerd.runc.v2"\n' \
	>>"$root/etc/containerd/config.toml"
doctor "registration containerd: .*not in force.*runtimes.new.options" "a runtime that was added since"
healthy
sed -i 's/"default-runtime": "cofferdam"/"default-runtime": "runc"/' "$root/etc/docker/daemon.json"
doctor "registration docker: .*daemon.json" "a default that was changed since"
healthy
mkdir -p "$root/run"
touch "$root/run/docker.sock" && chmod 666 "$root/run/docker.sock"
doctor "socket docker: everyone" "a socket for everyone"
healthy
echo '{ "format": 1, "mode": 1 }' >"$root$host_json"
doctor "mode host: .*host.json" "a host.json that is not understood"
healthy
rmdir "$root/var/log"
doctor "log host: .*var/log" "a log that cannot be written"
healthy
try install --root "$root" --engine podman --door divert
cp "$root/usr/bin/runc.cofferdam" "$work/new" && mv "$work/new" "$root/usr/bin/runc"
doctor "registration podman: .*usr/bin/runc was replaced.*.run cofferdam install," "an update"
doors=$("$cofferdam" status --root "$root" | grep -v '^ ')
try install --root "$root"
try doctor --root "$root"
is "install: without an engine it mends that" "$status" 0
is "install: and adds no door" "$("$cofferdam" status --root "$root" | grep -v '^ ')" "$doors"

host
mkdir -p "$root/usr/share/containers/oci/hooks.d"
cp "$build/hook/registration/podman.json" "$root/usr/share/containers/oci/hooks.d/"
has warning "registration podman: .*by hand" "podman's hook by hand"
unlike "doctor: which is looked at" "$out" "podman[^}]*not looked at"

# NRI's plugin hook-injector reads hooks for containerd where builds do.
host
mkdir -p "$root/etc/containers/oci/hooks.d"
cp "$build/hook/registration/containerd-nri.json" "$root/etc/containers/oci/hooks.d/"
has warning "registration containerd: .*by hand" "a hook for NRI"
has warning "hooks containerd: .*when the plugin ended or is slow" "which may be left out"
unlike "doctor: which is not podman's" "$out" "is for containerd"
healthy
cp "$build/hook/registration/containerd-nri.json" "$root/etc/containers/oci/hooks.d/"
has good "hooks containerd: NRI's plugin" "a hook for NRI, beside the door"
sed -i 's/"when": .*/"when": { "always": true },/' "$root/etc/containers/oci/hooks.d/containerd-nri.json"
has warning "hooks podman: .*containerd-nri.json is for containerd" "a hook for NRI that builds have, too"
healthy
mkdir -p "$root/opt/plugins"
printf '[plugins."io.containerd.nri.v1.nri"]\nplugin_path = "/opt/plugins"\nsocket_path = "/run/n"\n' \
	>>"$root/etc/containerd/config.toml"
cp "$root/usr/bin/runc" "$root/opt/plugins/10-hook-injector"
has good "nri containerd: /opt/plugins/10-hook-injector can change" "a plugin of NRI's"
unlike "doctor: with the door, podman's hook is no matter" "$out" "00-cofferdam.json is for podman"
chmod o+w "$root/opt/plugins/10-hook-injector"
doctor "nri containerd: .*others than root" "a plugin of NRI's that others can change"
mkdir -p "$root/run"
touch "$root/run/n" && chmod 666 "$root/run/n"
doctor "socket containerd: everyone can write to /run/n" "an NRI socket for everyone"
chmod 664 "$root/run/n"
chgrp 1 "$root/run/n" 2>/dev/null &&
	has warning "socket containerd: .*group 1 .*can change what starts" "an NRI socket for a group"
try uninstall --root "$root" --engine containerd
has warning "hooks containerd: .*00-cofferdam.json is for podman" "podman's hook, by NRI"

# who could take the door away, or put another program there
for path in "$libexec" "$libexec/docker" /etc/containers/oci/hooks.d /etc/containers/containers.conf.d \
	/etc/docker /etc/containerd /usr/bin /var/lib/cofferdam /etc/containers/oci/hooks.d/00-cofferdam.json \
	/etc/containers/containers.conf.d/99-cofferdam.conf /etc/docker/daemon.json \
	/etc/containerd/config.toml /usr/bin/runc.cofferdam /usr/bin/crun; do
	healthy
	try install --root "$root" --engine docker --door divert
	[ "$path" != /var/lib/cofferdam ] || path=$(find "$root" -name install.json -printf '/%P\n' | sed 's|/[^/]*$||')
	chmod o+w "$root$path"
	doctor "(owner|program) [a-z]+: $root$path: others than root can change it" "others can write to ${path/$libexec/LIBEXEC}"
done
healthy
mkdir -m 1777 "$root/shared"
mv "$root/usr/bin" "$root/shared/bin"
ln -s ../shared/bin "$root/usr/bin"
try doctor --root "$root"
is "doctor: a sticky folder is one that others can write to, and take nothing from" "$status" 0
host
chmod o+w "$root$libexec"
refuses "programs in a folder that others can change" "others than root can change it" --engine podman

# what else starts containers
healthy
for program in k3s buildkitd containerd-shim-kata-v2 containerd-shim-runc-v2 youki; do
	cp "$root/usr/bin/podman" "$root/usr/bin/$program"
done
mkdir -p "$root/usr/libexec/crio"
cp "$root/usr/bin/runc" "$root/usr/libexec/crio/runc"
try doctor --root "$root" --format json
bypass=$(jq -r '.remarks[] | select(.topic == "bypass") | "\(.level) \(.engine): \(.what)"' <<<"$out")
for wanted in "null: /usr/bin/k3s has a containerd" "null: /usr/bin/buildkitd calls runc" \
	"containerd: /usr/bin/containerd-shim-kata-v2 is a shim" \
	"docker: /usr/bin/containerd-shim-kata-v2 is a shim" "podman: /usr/bin/youki is another"; do
	like "doctor: $wanted" "$bypass" "warning $wanted"
done
unlike "doctor: not runc's own shim" "$bypass" "shim-runc"
unlike "doctor: a copy matters where it is diverted" "$bypass" "libexec/crio/runc"
like "doctor: what it does not look for" "$out" '"good","topic":"scope"'
try install --root "$root" --engine docker --door divert
try doctor --root "$root"
like "doctor: and there" "$out" "/usr/libexec/crio/runc is another runtime, which is not diverted"
unlike "doctor: where buildkitd meets the door" "$out" "buildkitd"

# --- policies ---

healthy
jq '.overlay = { rules: { "no-such-rule": { action: "off" } } }' <(grep -v '^ *//' "$root$host_json") >"$work/host.json"
cp "$work/host.json" "$root$host_json"
doctor "policy host: .*no-such-rule" "an overlay with which no policy loads"
try install --root "$root" --engine podman
like "an overlay with which no container could start is refused" "$status $out" "^3 .*no-such-rule"
jq 'del(.overlay) | .policies = [ { use: "restricted", audit: true } ]' "$work/host.json" >"$root$host_json"
try doctor --root "$root" --format json
like "doctor: a policy that is only audited" "$(jq -r '.remarks[] | select(.level == "warning") | .what' <<<"$out")" \
	"restricted is only audited"

done_testing
