#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# install, uninstall and status on throw-away roots: that what is written is written once,
# and that everything is as it was afterwards. Needs no root and starts no engine.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/install-lib.sh
. "$(dirname "$0")/install-lib.sh"
# shellcheck disable=SC2154 # from there

# --- usage ---

for arguments in "install --door hook" "install --engine lxc" "install --engine podman --door window" \
	"install --engine podman extra" "uninstall --engine lxc" "uninstall extra" "status extra"; do
	# shellcheck disable=SC2086 # several words
	try $arguments
	is "usage: cofferdam $arguments" "$status" 2
done
for command in install uninstall status; do
	try $command --help
	like "help: cofferdam $command" "$status $out" "^0 Usage: cofferdam $command.*Exit status: 0"
done
try install --engine podman --root "$work/none"
is "install: no such root" "$status" 3

# --- every engine and door ---

for engine in podman crio containerd docker all; do
	for door in "" hook precreate runtime divert; do
		case $engine$door in
		crioprecreate | containerdhook | containerdprecreate | dockerhook | dockerprecreate)
			host
			refuses "$engine, $door" "hooks directory|podman's own" \
				--engine $engine --door $door
			continue
			;;
		esac
		host
		before=$(tree)
		installs "$engine, ${door:-its own door}" --engine $engine ${door:+--door $door}
		undone "$engine, ${door:-its own door}" "$before"
	done
done

# --- doors add up ---

host
before=$(tree)
for door in hook precreate runtime divert; do
	try install --root "$root" --engine podman --door $door
	is "podman: $door on top" "$status" 0
done
try status --root "$root"
like "status names the doors" "$status $out" "^0 podman: hook precreate runtime divert"
conf=$root/etc/containers/containers.conf.d/99-cofferdam.conf
hooks=$root/etc/containers/oci/hooks.d
like "podman: its default folder is still read, and ours after it" "$(cat "$conf")" \
	'hooks_dir = \["/usr/share/containers/oci/hooks.d", "/etc/containers/oci/hooks.d", "[^"]*/podman-precreate"\]'
like "podman: both runtimes are the door" "$(cat "$conf")" \
	"crun = \[\"$libexec/podman/crun\"\].runc = \[\"$libexec/podman/runc\"\]"
is "podman: the hook's file" "$(jq -c '[.hook.path, .hook.args[1:], .hook.timeout, .when, .stages]' \
	"$hooks/00-cofferdam.json")" \
	"[\"$hook_path\",[\"createRuntime\",\"--engine\",\"podman\"],10,{\"always\":true},[\"createRuntime\"]]"
is "podman: a file of its own stage is not where others read" \
	"$(grep -rl precreate "$root/etc/containers/oci" "$root/usr/share" 2>/dev/null)" ""
# engines read the last of two files of one name alone
is "podman: no name stands in two folders" \
	"$(find "$root" -path '*hooks.d*' -name '*.json' -printf '%f\n' | sort | uniq -d)" ""
undone "podman, every door" "$before"

# --- what an administrator changed since ---

host
try install --root "$root" --engine docker
jq '. + {"debug": true}' "$root/etc/docker/daemon.json" >"$work/edited"
cat "$work/edited" >"$root/etc/docker/daemon.json"
try status --root "$root"
try uninstall --root "$root"
is "docker: a member that was added since stays" \
	"$status $(jq -c . "$root/etc/docker/daemon.json")" \
	'0 {"log-driver":"journald","bridge":"none","debug":true}'
like "docker: and that is said" "$out" "changed since: the changes are kept"

host
try install --root "$root" --engine containerd
printf '[debug]\n  level = "warn"\n' >>"$root/etc/containerd/config.toml"
cp "$root/etc/containerd/config.toml" "$work/edited"
try install --root "$root" --engine containerd
like "containerd: lines that were added since are no reason to edit" "$status $out" "^0 nothing to do"
try status --root "$root"
is "containerd: nor is it amiss" "$status" 0
try uninstall --root "$root"
is "containerd: lines that were added since stay" "$status $(cat "$root/etc/containerd/config.toml")" \
	"0 $(grep -v -e BinaryName -e 'runtimes.runc' -e runtime_type -e 'by "cofferdam' "$work/edited" |
		sed '/sandbox_image/{n;d}')"

host
try install --root "$root" --engine containerd
sed -i 's|BinaryName = .*|BinaryName = "/opt/other"|' "$root/etc/containerd/config.toml"
cp "$root/etc/containerd/config.toml" "$work/edited"
try status --root "$root"
like "containerd: a line that was changed is noticed" "$status $out" "^1 .*no longer says"
try uninstall --root "$root"
like "containerd: what cannot be told apart is left, and said" "$status $out" "^1 .*left as it is"
is "containerd: it is left byte for byte" "$(cmp "$root/etc/containerd/config.toml" "$work/edited")" ""
is "containerd: and the program that it may name, too" \
	"$(readlink "$root$libexec/containerd/runc")" ../cofferdam-runtime

host
try install --root "$root" --engine podman
rm "$root/etc/containers/oci/hooks.d/00-cofferdam.json"
try status --root "$root"
like "podman: a file that is gone is noticed" "$status $out" "^1 .*00-cofferdam.json is gone"
try install --root "$root" --engine podman
is "podman: and made anew" "$status $(ls "$root/etc/containers/oci/hooks.d")" "0 00-cofferdam.json"

# what a package's removal and another's installation do
host
rm -r "$root/etc/docker" "$root/etc/containers"
before=$(tree)
mkdir "$root/etc/docker" "$root/etc/containers"
echo '{}' >"$root/etc/docker/daemon.json"
cp "$root/etc/containerd/config.toml" "$work/config.toml"
for again in yes no; do
	try install --root "$root" --engine all
	rm -r "$root/etc/docker" "$root/etc/containers"
	echo '# of the package' >"$root/etc/containerd/config.toml"
	if [ $again = yes ]; then
		try install --root "$root" --engine all
		is "removed folders: install again" "$status" 0
		try status --root "$root"
		is "removed folders: status" "$status" 0
	fi
	try uninstall --root "$root"
	is "removed folders: uninstall" "$status" 0
	is "removed folders: a file that was replaced stays" "$(cat "$root/etc/containerd/config.toml")" "# of the package"
	cp "$work/config.toml" "$root/etc/containerd/config.toml"
	is "removed folders: everything else is as it was" "$(tree)" "$before"
done

# --- diverting, and an update that puts a new runtime in its place ---

host
before=$(tree)
try install --root "$root" --engine docker --door divert
is "divert: the name is the door's" "$(readlink "$root/usr/bin/runc")" "$libexec/docker/runc"
like "divert: the program is kept beside" "$(cat "$root/usr/bin/runc.cofferdam")" "# runc"
try install --root "$root" --engine podman --door divert
like "divert: for another engine, too" "$status $out" "^0 .*diverted already, for docker"
echo "updated" >"$work/new" && chmod 755 "$work/new" && mv "$work/new" "$root/usr/bin/runc"
try status --root "$root"
like "divert: an update is noticed" "$status $out" "^1 .*usr/bin/runc was replaced, by an update"
try install --root "$root" --engine docker --door divert
is "divert: and diverted again" "$status $(readlink "$root/usr/bin/runc") $(cat \
	"$root/usr/bin/runc.cofferdam")" "0 $libexec/docker/runc updated"
echo "newer" >"$work/new" && chmod 755 "$work/new" && mv "$work/new" "$root/usr/bin/runc"
try uninstall --root "$root"
# one engine of two that divert it
host
before=$(tree)
try install --root "$root" --engine docker --door divert
try install --root "$root" --engine podman --door divert
try uninstall --root "$root" --engine docker --plan
like "divert: what the other engine has, too: a plan" "$status $out" "^0 .*bin/runc stays diverted, for podman"
try uninstall --root "$root" --engine docker
is "divert: it stays for the other" "$status $(readlink "$root/usr/bin/runc")" "0 $libexec/podman/runc"
try status --root "$root"
is "divert: and that one is whole" "$status" 0
try doctor --root "$root" --format json
is "divert: doctor says so, too" "$(jq -r '.remarks[] | select(.level == "fault" and .engine == "podman") | .what' <<<"$out")" ""
undone "divert: the last of two" "$before"

# what host.json says would lead back to the door
host
mkdir -p "$root${host_json%/*}"
echo '{ "format": 1, "engines": { "docker": { "runtime": "/usr/bin/runc" } } }' >"$root$host_json"
refuses "divert: what host.json names" "name /usr/bin/runc.cofferdam" --engine docker --door divert
try install --root "$root" --engine docker
is "runtime: what host.json names" "$status" 0
echo '{ "format": 1, "engines": { "docker": { "runtime": "/usr/bin/none" } } }' >"$root$host_json"
refuses "runtime: host.json names none" "no container could start.*usr/bin/none" --engine docker
# the door would not find it any more
host
mkdir -p "$root/opt"
mv "$root/usr/bin/runc" "$root/opt/runc" && ln -s ../../opt/runc "$root/usr/bin/runc"
refuses "divert: a runtime elsewhere" "opt/runc lies where" --engine docker --door divert
host
try install --root "$root" --engine docker --door divert
unlike "divert: Docker never calls crun" "$out" "usr/bin/crun"
echo "newer" >"$work/new" && chmod 755 "$work/new" && mv "$work/new" "$root/usr/bin/runc"
try uninstall --root "$root"
is "divert: uninstall does not take an update back" \
	"$status $(cat "$root/usr/bin/runc") $(find "$root/usr/bin" -name "*.cofferdam" | wc -l)" "0 newer 0"

# --- what goes on while it is uninstalled ---

host
before=$(tree)
try install --root "$root" --engine all
bundle=$root/run/docker/containerd/daemon/io.containerd.runtime.v2.task/moby/one
mkdir -p "$bundle" "$root"/var/lib/docker/containers/{one,two}
printf %s "$libexec/docker/runc" >"$bundle/runtime"
echo '{ "Runtime": "cofferdam" }' >"$root/var/lib/docker/containers/one/hostconfig.json"
echo '{ "Runtime": "runc" }' >"$root/var/lib/docker/containers/two/hostconfig.json"
try uninstall --root "$root" --plan
like "uninstall: a plan names the containers that run" "$status $out" "^1 .*docker/runc stays: 1 of"
try uninstall --root "$root"
like "uninstall: the door of containers that run stays" "$status $out" \
	"^1 .*docker/runc stays: 1 of.*1 of Docker's containers were made for the runtime cofferdam"
is "uninstall: it is there" "$(readlink "$root$libexec/docker/runc")" "../cofferdam-runtime"
is "uninstall: with its policy" "$(test -e "$root$host_json" && echo yes)" yes
is "uninstall: no other engine's is" "$(ls "$root$libexec")" "$(printf '%s\n' cofferdam-hook cofferdam-runtime docker)"
rm -r "$root/run" "$root/var/lib/docker"
undone "uninstall: when they have ended" "$before"
# the links are the package's
mkdir "$root$libexec/docker"
ln -s ../cofferdam-runtime "$root$libexec/docker/runc"
ln -s ../cofferdam-runtime "$root$libexec/docker/crun"
before=$(tree)
try install --root "$root" --engine docker
mkdir -p "$bundle"
printf %s "$libexec/docker/runc" >"$bundle/runtime"
try uninstall --root "$root"
like "uninstall: what the door judges by stays while it is called" "$status $out" \
	"^1 .*1 of the containers that run are entered through the door.*host.json: that stays"
is "uninstall: it is there" "$(test -e "$root$host_json" && echo yes)" yes
rm -r "$root/run"
undone "uninstall: and then" "$before"
mkdir -p "$root/var/lib/docker/containers/two"
echo '{ "Runtime": "runc" }' >"$root/var/lib/docker/containers/two/hostconfig.json"
try install --root "$root" --engine docker
like "docker: what was made for another runtime is named" "$out" "for another runtime, .*: 1;"
try doctor --root "$root" --format json
like "doctor: and there" "$(jq -r '.remarks[] | select(.topic == "bypass" and .level == "warning") | .what' <<<"$out")" \
	"for another runtime, .*: 1;"

host
before=$(tree)
try install --root "$root" --engine docker --door divert
mkdir "$root/var/lib/dpkg"
printf '%s\n' /usr/bin/runc /usr/bin/runc.cofferdam : >"$root/var/lib/dpkg/diversions"
try doctor --root "$root"
unlike "divert: with dpkg's diversion no update takes it away" "$out" "the next update"
try uninstall --root "$root"
like "divert: what dpkg diverts, too, is not put back before" "$status $out" \
	"^1 .*dpkg-divert --local --no-rename --remove /usr/bin/runc"
is "divert: it is the door still" "$(readlink "$root/usr/bin/runc")" "$libexec/docker/runc"
rm -r "$root/var/lib/dpkg"
undone "divert: and then" "$before"

# --- the host's own file ---

host
try install --root "$root" --engine podman
is "host.json: it begins by watching" "$("$cofferdam" policy lint --host-config "$root$host_json" |
	head -n 1 | sed 's/.*: //')" "mode audit"
try install --root "$root" --enforce
like "host.json: --enforce, of what is registered" \
	"$status $("$cofferdam" policy lint --host-config "$root$host_json")" "^0 .*mode enforce"
rm "$root$host_json"
doctor "mode host: .*is gone" "a host.json that is lost"
unlike "doctor: and no door is said to be amiss for it" "$out" "not in force"
try install --root "$root"
like "host.json: one that is lost comes back as it was" "$status $("$cofferdam" policy lint --host-config "$root$host_json")" \
	"^0 .*mode enforce"
try uninstall --root "$root"
try install --root "$root" --enforce
like "install: without an engine, and none is registered" "$status $out" "^3 .*nothing is installed yet"
mkdir -p "$root${host_json%/*}"
printf '// ours\n{ "format": 1, "mode": "audit", // later\n  "policies": [ { "use": "baseline" } ] }\n' \
	>"$root$host_json"
before=$(tree)
installs "host.json: the administrator's" --engine podman --enforce
is "host.json: one word is changed" "$(cat "$root$host_json")" "// ours
{ \"format\": 1, \"mode\": \"enforce\", // later
  \"policies\": [ { \"use\": \"baseline\" } ] }"
undone "host.json: the administrator's" "$before"
echo '{ "format": 1, "policies": [ { "use": "none" } ] }' >"$root$host_json"
refuses "host.json: a policy that does not load" "no container could start.*none" --engine podman
echo '{ "format": 1, "mode": "enfroce" }' >"$root$host_json"
refuses "host.json: it cannot be read" "no container could start" --engine podman
echo '{ "format": 1, "log": { "file": "/var/none/log" } }' >"$root$host_json"
refuses "host.json: a log that cannot be written" "no container could start.*var/none" --engine podman
echo '{ "format": 1, "log": { "file": "/var/none/log", "on_failure": "ignore" } }' >"$root$host_json"
try install --root "$root" --engine podman
is "host.json: one that need not be" "$status" 0

# links that are absolute lead to places in the root, not to this host's
host
mkdir "$root/data"
mv "$root/etc" "$root/var/log" "$root/data"
ln -s /data/etc "$root/etc"
ln -s /data/log "$root/var/log"
before=$(tree)
installs "links in the root" --engine all --enforce
try doctor --root "$root"
is "links in the root: doctor" "$status" 0
undone "links in the root" "$before"
host
mkdir -p "$root${host_json%/*}"
echo '{ "format": 1 }' >"$work/outside.json"
ln -s "$work/outside.json" "$root$host_json"
refuses "links in the root: host.json leads nowhere in it" "link leads nowhere" --engine podman

# --- programs ---

host
rm "$root$libexec/cofferdam-hook"
refuses "a hook without its program" "cofferdam-hook" --engine podman
host
chmod 777 "$root$libexec/cofferdam-hook"
refuses "a program that others can change" "others than root can change it" --engine podman
host
rm "$root$libexec/cofferdam-runtime"
refuses "a door without its program" "cofferdam-runtime" --engine docker

# --- a failure midway ---

host
mkdir -p "$root$libexec/docker/crun/full"
refuses "a failure midway is taken back" "nothing was changed" --engine docker
host
before=$(tree)
(ulimit -f 0 && "$cofferdam" install --root "$root" --engine all) >"$work/out" 2>&1
is "no room" "$? $(tree)" "3 $before"
host
try install --root "$root" --engine docker
state=$(find "$root" -name install.json)
is "the state is root's alone" "$(stat -c %a "$state")" 600
echo '{' >"$state"
try uninstall --root "$root"
like "a state that cannot be read" "$status $out" "^3 .*install.json"
host
for program in podman crio containerd dockerd; do rm "$root/usr/bin/$program"; done
refuses "no engine is there" "name one with --engine" --engine all

done_testing
