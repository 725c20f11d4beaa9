#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# install, uninstall and status on throw-away roots: what is written, that it is
# written once, that everything is as it was afterwards, and what is refused. Needs no
# root and starts no engine.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/install-lib.sh
. "$(dirname "$0")/install-lib.sh"

# installs DESCRIPTION ARGUMENT... - it works, again does nothing, and is undone exactly
installs() {
	local what=$1 before after

	shift
	before=$(tree)
	try install --root "$root" --plan "$@"
	is "$what: planned" "$status" 0
	[ "$status" = 0 ] || note "$out"
	is "$what: a plan changes nothing" "$(tree)" "$before"
	try install --root "$root" "$@"
	is "$what: installed" "$status" 0
	after=$(tree)
	unlike "$what: something was done" "$after" "^$before\$"
	try install --root "$root" "$@"
	like "$what: a second time there is nothing to do" "$status $out" "^0 nothing to do"
	is "$what: and nothing is done" "$(tree)" "$after"
	try status --root "$root"
	is "$what: status" "$status" 0
	try uninstall --root "$root" --plan
	is "$what: a plan to uninstall changes nothing" "$status $(tree)" "0 $after"
}

undone() {
	try uninstall --root "$root"
	is "$1: uninstall" "$status" 0
	is "$1: everything is as it was, byte for byte" "$(tree)" "$2"
}

# refuses DESCRIPTION REGEX ARGUMENT... - exit 3, and nothing was changed
refuses() {
	local what=$1 regex=$2 before

	shift 2
	before=$(tree)
	try install --root "$root" "$@"
	like "$what: refused" "$status $out" "^3 .*$regex"
	is "$what: nothing was changed" "$(tree)" "$before"
}

# doctor REGEX DESCRIPTION - it finds a fault that looks so, says what to do, and exits with 1
doctor() {
	try doctor --root "$root" --format json
	like "doctor: $2" "$status $(jq -r '.remarks[] | select(.level == "fault")
		| "\(.topic) \(.engine // "host"): \(.what) (\(.mend))"' <<<"$out")" "^1 .*$1"
}

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

# --- podman's configuration ---

host
mkdir -p "$root/etc/containers/containers.conf.d"
# shellcheck disable=SC2016 # TOML
printf '[engine]\nhooks_dir = [ # two\n  "/opt/a#b",\n  '"'/opt/c'"',\n]\n' \
	>"$root/etc/containers/containers.conf.d/50-own.conf"
try install --root "$root" --engine podman
like "podman: the folders that were read stay in front" "$status $(cat "$conf")" \
	'^0 .*hooks_dir = \["/opt/a#b", "/opt/c", "/etc/containers/oci/hooks.d"\]'
try uninstall --root "$root"
printf '[engine]\nhooks_dir = ["/opt/later"]\n' >"$root/etc/containers/containers.conf.d/99-z.conf"
refuses "podman: a file that is read later" "99-z.conf is read after" --engine podman
rm "$root/etc/containers/containers.conf.d/99-z.conf"
mkdir -p "$root/usr/share/containers/containers.conf.d"
printf '[engine]\nhooks_dir = ["/opt/later"]\n' >"$root/usr/share/containers/containers.conf.d/999-v.conf"
refuses "podman: a vendor's file that is read later" "999-v.conf is read after" --engine podman
rm "$root/usr/share/containers/containers.conf.d/999-v.conf"
# a path, or a name of one's own, would go past the table
printf '[engine]\nruntime = "/usr/bin/runc"\n[engine.runtimes]\nmine = ["/opt/none", "/usr/bin/crun"]\nvm = ["/usr/bin/podman"]\n' \
	>"$root/etc/containers/containers.conf.d/50-own.conf"
before=$(tree)
installs "podman: a default that is a path" --engine podman --door runtime
like "podman: its name takes the place of a path" "$(cat "$conf")" 'engine\].runtime = "runc".'
like "podman: names of one's own are the door, too" "$(cat "$conf")" \
	"mine = \[\"$libexec/podman/crun\"\]"
unlike "podman: what is neither runc nor crun stays" "$(cat "$conf")" "vm ="
undone "podman: a default that is a path" "$before"
try install --root "$root" --engine podman --door runtime --plan
like "podman: what is neither runc nor crun is named" "$out" "--runtime vm runs /usr/bin/podman and does not"
for name in vm /usr/bin/podman; do
	printf '[engine]\nruntime = "%s"\n[engine.runtimes]\nvm = ["/usr/bin/podman"]\n' "$name" \
		>"$root/etc/containers/containers.conf.d/50-own.conf"
	refuses "podman: the default $name" "the door does not speak for" --engine podman --door runtime
done
rm "$root/etc/containers/containers.conf.d/50-own.conf"
printf '[engine]\nruntime = "/usr/bin/runc"\n' >"$root/etc/containers/containers.conf.d/99-z.conf"
refuses "podman: a path that is read later" "99-z.conf is read after.*engine.runtime, too" \
	--engine podman --door runtime
printf '[engine]\nruntimes = { crun = ["/usr/bin/crun"] }\n' \
	>"$root/etc/containers/containers.conf.d/99-z.conf"
refuses "podman: a table that is not written as one" "engine.runtimes.*write it as a \[table\]" \
	--engine podman --door runtime
for broken in '[engine' 'a' 'a = ' 'a = "x' 'a = [1' 'a = 1\na = 2' 'a = 1 2' '[x]\n[x]' 'a = ]' \
	'a = "\\q"' "a = '''x"; do
	# shellcheck disable=SC2059 # it is a format
	printf "# one\n$broken\n" >"$root/etc/containers/containers.conf"
	refuses "podman: broken TOML: $broken" "containers.conf:[0-9]+: " --engine podman
done
printf 'a = "\\"]"\nb = [[1, "]"], {c = 2}]\n"q.r".s = """\n[x\n"""\n[[t]]\nu=1\n[[t]]\nu=2\n' \
	>"$root/etc/containers/containers.conf"
rm "$root/etc/containers/containers.conf.d/99-z.conf"
try install --root "$root" --engine podman
is "podman: whatever else TOML allows" "$status" 0
try uninstall --root "$root"
mv "$root/etc/containers/containers.conf" "$root/etc/linked.conf"
printf '[engine]\nhooks_dir = ["/opt/linked"]\n' >>"$root/etc/linked.conf"
ln -s /etc/linked.conf "$root/etc/containers/containers.conf"
try install --root "$root" --engine podman
like "podman: a file that is only read may be a link" "$status $(cat "$conf")" '^0 .*"/opt/linked"'
try uninstall --root "$root"
rm "$root/etc/containers/containers.conf"
printf '[engine]\nhooks_dir = ["""/opt/x"""]\n' >"$root/etc/containers/containers.conf"
refuses "podman: a folder in a long string" "a string of one line" --engine podman
rm "$root"/usr/bin/{runc,crun}
refuses "podman: without a runtime" "no container could start" --engine podman --door runtime
mkdir -p "$root/opt"
cp "$root/usr/bin/podman" "$root/opt/crun"
printf '[engine]\n[engine.runtimes]\ncrun = ["/opt/crun"]\n' >"$root/etc/containers/containers.conf"
refuses "podman: a runtime where the door would not look" "crun is not installed where" \
	--engine podman --door runtime
mkdir -p "$root${host_json%/*}"
echo '{ "format": 1, "engines": { "podman": { "runtime": { "crun": "/opt/crun" } } } }' >"$root$host_json"
try install --root "$root" --engine podman --door runtime
is "podman: unless host.json says where it is" "$status" 0

# --- CRI-O's configuration ---

host
mkdir -p "$root/etc/crio/crio.conf.d"
cat >"$root/etc/crio/crio.conf" <<'END'
[crio.runtime]
hooks_dir = ["/opt/hooks"]
[crio.runtime.runtimes.crun]
runtime_path = "/usr/libexec/crio/crun"
runtime_root = "/run/crun"
allowed_annotations = ["io.containers.trace-syscall", # one
  "other"]
[crio.runtime.runtimes.fast]
runtime_path = "/usr/bin/runc"
[crio.runtime.runtimes.kata]
runtime_path = "/usr/bin/kata-runtime"
runtime_type = "vm"
END
before=$(tree)
try install --root "$root" --engine crio
try install --root "$root" --engine crio --door runtime
like "crio: what does not pass the door is named" "$status $out" '^0 .*"kata"'
conf=$root/etc/crio/crio.conf.d/99-cofferdam.conf
like "crio: the folders that were watched stay" "$(cat "$conf")" \
	'hooks_dir = \["/opt/hooks", "[^"]*/hooks.d/crio"\]'
like "crio: the rest of a runtime's table is kept" "$(cat "$conf")" \
	"\"crun\"\].runtime_root = \"/run/crun\".allowed_annotations = \[\"io.containers.trace-syscall\", # one.  \"other\"\].runtime_path = \"$libexec/crio/crun\""
like "crio: a runtime of another name" "$(cat "$conf")" \
	"\"fast\"\].runtime_path = \"$libexec/crio/runc\""
unlike "crio: no virtual machine" "$(cat "$conf")" kata
undone "crio" "$before"
rm "$root/usr/bin/crun"
refuses "crio: a runtime where the door would not look" "crun is not installed where" \
	--engine crio --door runtime
echo '[crio.runtime]' >"$root/etc/crio/crio.conf.d/99-z"
refuses "crio: a file that is read later" "99-z is read after" --engine crio

# --- containerd's configuration ---

v2='"io.containerd.grpc.v1.cri".containerd.runtimes'
v3="'io.containerd.cri.v1.runtime'.containerd.runtimes"

# containerd_edit DESCRIPTION DIFF CONFIG - the lines that are put in, and nothing else
containerd_edit() {
	local config=$root/etc/containerd/config.toml

	host
	printf '%s' "$3" >"$config"
	cp "$config" "$work/config.toml"
	before=$(tree)
	installs "containerd: $1" --engine containerd
	is "containerd: $1: the lines" "$(diff "$work/config.toml" "$config" | grep '^[<>]' |
		sed "s|$libexec|LIBEXEC|")" "$2"
	if command -v containerd >/dev/null && [[ $3 != *version\ =\ [34]* ]]; then
		like "containerd: $1: containerd itself reads it so" \
			"$(containerd --config "$config" config dump 2>&1 | grep BinaryName)" \
			"$libexec/containerd/runc"
	fi
	undone "containerd: $1" "$before"
}

containerd_edit "no runtime is named" "> 
> # The next lines are by \"cofferdam install\".
> [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc]
>   runtime_type = \"io.containerd.runc.v2\"
>   [plugins.\"io.containerd.grpc.v1.cri\".containerd.runtimes.runc.options]
>     BinaryName = \"LIBEXEC/containerd/runc\"" 'version = 2 # two
[plugins]
  [plugins."io.containerd.grpc.v1.cri"]
    sandbox_image = "x"
'
containerd_edit "the old form" "> 
> # The next lines are by \"cofferdam install\".
> [plugins.cri.containerd.runtimes.runc]
>   runtime_type = \"io.containerd.runc.v2\"
>   [plugins.cri.containerd.runtimes.runc.options]
>     BinaryName = \"LIBEXEC/containerd/runc\"" '[plugins.cri]
sandbox_image = "x"
'
for version in 3 4; do
	containerd_edit "version $version" "> 
> # The next lines are by \"cofferdam install\".
>   [plugins.\"io.containerd.cri.v1.runtime\".containerd.runtimes.runc.options]
>     BinaryName = \"LIBEXEC/containerd/runc\"" "version = $version
[plugins.$v3.runc]
runtime_type = 'io.containerd.runc.v2'
runtime_path = ''
"
done
containerd_edit "options without a name" ">     BinaryName = \"LIBEXEC/containerd/runc\"" "version = 2
[plugins.$v2.runc]
  runtime_type = \"io.containerd.runc.v2\"
  [plugins.$v2.runc.options]
    SystemdCgroup = true # kept
"
containerd_edit "two of our own, one of another kind" '<   BinaryName = "" # empty
>   BinaryName = "LIBEXEC/containerd/runc" # empty
<   BinaryName = "/opt/bin/crun"
>   BinaryName = "LIBEXEC/containerd/crun"' "version = 2
[plugins.$v2.runc]
  runtime_type = \"io.containerd.runc.v2\"
[plugins.$v2.runc.options]
  BinaryName = \"\" # empty
[plugins.$v2.fast]
  runtime_type = \"io.containerd.runc.v2\"
[plugins.$v2.fast.options]
  BinaryName = \"/opt/bin/crun\"
[plugins.$v2.vm]
  runtime_type = \"io.containerd.kata.v2\"
"
host
printf '%s' "version = 2
[plugins.$v2.other]
  runtime_type = \"io.containerd.runc.v2\"
  runtime_path = \"/opt/bin/shim\"
" >"$root/etc/containerd/config.toml"
try install --root "$root" --engine containerd
like "containerd: a shim of another name: it is named" "$status $out" \
	'^0 .*runtimes\.other is served by /opt/bin/shim and does not pass the door'
unlike "containerd: a shim of another name: and left alone" \
	"$(cat "$root/etc/containerd/config.toml")" 'other\.options'
containerd_edit "CRLF, tabs, quoted keys, lists of tables" ">     BinaryName = \"LIBEXEC/containerd/runc\"" \
	$'version = 2\r\n# \\u00e9\r\n[stream]\r\n\ta = "\\u00e9"\t# b\r\n[[x]]\r\na=1\r\n[[x]]\r\na=1\r\n[ "plugins" . '"'io.containerd.grpc.v1.cri'"$'.containerd."runtimes".runc]\r\n\truntime_type="io.containerd.runc.v2"\r\n  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes."runc"."options"]\t# c\r\n'
containerd_edit "no newline at the end" "< [plugins.$v2.runc.options]
> [plugins.$v2.runc.options]
>   BinaryName = \"LIBEXEC/containerd/runc\"" "version = 2
[plugins.$v2.runc]
runtime_type = \"io.containerd.runc.v2\"
[plugins.$v2.runc.options]"
host
rm "$root/etc/containerd/config.toml"
before=$(tree)
installs "containerd: no configuration" --engine containerd
undone "containerd: no configuration" "$before"

# containerd_refuses DESCRIPTION REGEX CONFIG
containerd_refuses() {
	host
	printf '%s' "$3" >"$root/etc/containerd/config.toml"
	mkdir "$root/etc/containerd/conf.d"
	printf '[plugins."io.containerd.grpc.v1.cri"]\n  x = 1\n' >"$root/etc/containerd/conf.d/a.toml"
	refuses "containerd: $1" "$2" --engine containerd
}

containerd_refuses "an inline table" 'write it as a \[table\]' "version = 2
[plugins.$v2.runc]
  options = { SystemdCgroup = true }
"
containerd_refuses "dotted options" 'not written as a' "version = 2
[plugins.$v2.runc]
  options.SystemdCgroup = true
"
containerd_refuses "a version that is not known" "version" 'version = 5
'
containerd_refuses "an import that takes its place" "a.toml is imported" 'version = 2
imports = ["/etc/containerd/conf.d/*.toml"]
'
containerd_refuses "an import that is not understood" "not understood" 'version = 2
imports = ["/etc/*/x.toml"]
'
containerd_refuses "no CRI service" "disables the CRI plugin" 'disabled_plugins = ["cri"]
version = 2
'
try install --root "$root" --engine all
like "containerd: without its CRI service it is left out of all" "$status $out" \
	"^0 .*left out: containerd"
try status --root "$root"
like "containerd: and is none of what is registered" "$status $out" "^0 podman: hook.crio: hook.docker: runtime"
try uninstall --root "$root"
is "containerd: uninstall" "$status" 0
host
mkdir "$root/etc/containerd/conf.d"
echo 'oom_score = 1' >"$root/etc/containerd/conf.d/a.toml"
printf 'version = 2\nimports = ["/etc/containerd/conf.d/*.toml", "/etc/containerd/none.toml"]\n' \
	>"$root/etc/containerd/config.toml"
try install --root "$root" --engine containerd
is "containerd: imports that say nothing of it" "$status" 0

# --- Docker's configuration ---

host
try install --root "$root" --engine docker
is "docker: what was there stays, and the door is the default" \
	"$(jq -c . "$root/etc/docker/daemon.json")" \
	"{\"log-driver\":\"journald\",\"bridge\":\"none\",\"runtimes\":{\"cofferdam\":{\"path\":\"$libexec/docker/runc\"}},\"default-runtime\":\"cofferdam\"}"
is "docker: the mode is kept" "$(stat -c %a "$root/etc/docker/daemon.json")" 640
for text in '' '{}' '{ "runtimes": {}, "default-runtime": "runc" }' \
	'{"runtimes":{"kata":{"path":"/usr/bin/kata"}}}'; do
	host
	printf '%s' "$text" >"$root/etc/docker/daemon.json"
	before=$(tree)
	installs "docker: $text" --engine docker
	is "docker: $text: the door" "$(jq -r '.runtimes.cofferdam.path + " " + .["default-runtime"]' \
		"$root/etc/docker/daemon.json")" "$libexec/docker/runc cofferdam"
	undone "docker: $text" "$before"
done
try install --root "$root" --engine docker
like "docker: another runtime that users can choose" "$out" "runtime kata does not pass the door"
for text in '{ "a": ' '[]' '{"runtimes": 1}' '{"a":1,"a":2}' '{"default-runtime": "nvidia"}'; do
	host
	printf '%s' "$text" >"$root/etc/docker/daemon.json"
	refuses "docker: $text" daemon.json --engine docker
done
host
mv "$root/etc/docker/daemon.json" "$root/etc/docker/real.json"
ln -s real.json "$root/etc/docker/daemon.json"
refuses "docker: a symbolic link" "symbolic link" --engine docker
host
rm "$root/usr/bin/runc" "$root/usr/sbin/runc"
refuses "docker: without runc" "no container could start" --engine docker

# --- what daemons are started with ---

# unit_refuses ENGINE REGEX FILE TEXT
unit_refuses() {
	host
	mkdir -p "$root/${3%/*}" "$root/usr/lib/systemd/system"
	# shellcheck disable=SC2016 # systemd's
	printf '[Service]\nExecStart=/usr/bin/dockerd -H fd:// $DOCKER_OPTS\n' \
		>"$root/usr/lib/systemd/system/docker.service"
	# shellcheck disable=SC2059 # it is a format
	printf "$4" >"$root/$3"
	refuses "$1: $3: ${4//%/%%}" "$2" --engine "$1"
}

system=usr/lib/systemd/system
# shellcheck disable=SC2016 # systemd's
for text in '[Service]\nExecStart=/usr/bin/dockerd -H fd:// --default-runtime=nvidia\n' \
	'[Service]\nExecStart=/usr/bin/dockerd \\\n  -H fd:// \\\n  "--default-runtime" "runc"' \
	'[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --default-runtime runc # x\r\n'; do
	unit_refuses docker "would not start any more" $system/docker.service "$text"
	unit_refuses docker "would not start any more" etc/systemd/system/docker.service.d/10-own.conf "$text"
done
unit_refuses docker "would not start any more" etc/default/docker 'DOCKER_OPTS="--default-runtime=runc"\n'
unit_refuses docker "would not start any more" etc/sysconfig/docker 'OPTIONS=--default-runtime=runc -D\n'
unit_refuses docker "/x.json, and what is edited" etc/default/docker "DOCKER_OPTS='-D --config-file /x.json'\n"
unit_refuses containerd "/x.toml, and what is edited" etc/systemd/system/containerd.service \
	'[Service]\nExecStart=/usr/bin/containerd -c /x.toml\n'
host
mkdir -p "$root/etc/systemd/system/docker.service.d" "$root/usr/lib/systemd/system" "$root/etc/default"
printf '[Service]\nExecStart=/usr/bin/dockerd --default-runtime runc\n' >"$root/usr/lib/systemd/system/docker.service"
printf '[Service]\nExecStart=\nExecStart=/usr/bin/dockerd --config-file /etc/docker/daemon.json --default-runtimes x\n' \
	>"$root/etc/systemd/system/docker.service.d/10-own.conf"
printf '# DOCKER_OPTS="--default-runtime=runc"\n' >"$root/etc/default/docker"
try install --root "$root" --engine docker
is "docker: what a drop-in takes the place of, and a comment" "$status" 0

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

# --- doctor ---

# healthy - a host where everything is registered and nothing is wrong
healthy() {
	host
	try install --root "$root" --engine all --enforce
	[ "$status" = 0 ] || bail "$out"
}

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

# has LEVEL REGEX DESCRIPTION - one of the remarks is so
has() {
	try doctor --root "$root" --format json
	like "doctor: $3" "$(jq -r --arg level "$1" '.remarks[] | select(.level == $level)
		| "\(.topic) \(.engine // "host"): \(.what)"' <<<"$out")" "$2"
}

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

healthy
jq '.overlay = { rules: { "no-such-rule": { action: "off" } } }' <(grep -v '^ *//' "$root$host_json") >"$work/host.json"
cp "$work/host.json" "$root$host_json"
doctor "policy host: .*no-such-rule" "an overlay with which no policy loads"
try install --root "$root" --engine podman
like "an overlay with which no container could start is refused" "$status $err$out" "^3 .*no-such-rule"
jq 'del(.overlay) | .policies = [ { use: "restricted", audit: true } ]' "$work/host.json" >"$root$host_json"
try doctor --root "$root" --format json
like "doctor: a policy that is only audited" "$(jq -r '.remarks[] | select(.level == "warning") | .what' <<<"$out")" \
	"restricted is only audited"
host
printf '# \033]0;x\007\033[2J\n' >>"$root/etc/containerd/config.toml"
printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options] # \033[2J\n  BinaryName = "/usr/bin/runc" # \033[2J\n' \
	>>"$root/etc/containerd/config.toml"
try install --root "$root" --engine containerd --plan
is "a plan sends a terminal nothing of a file" "$(grep -c $'\033' <<<"$out$err")" 0
like "but shows it" "$out" 'x1b\[2J'

done_testing
