#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What install writes into each engine's configuration, whatever is there already, and what
# it refuses. Needs no root and starts no engine.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/install-lib.sh
. "$(dirname "$0")/install-lib.sh"
# shellcheck disable=SC2154 # from there

# --- podman's configuration ---

host
conf=$root/etc/containers/containers.conf.d/99-cofferdam.conf
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
printf '[engine]\nhooks_dir = ["/opt/x", {append=true}]\n' >"$root/etc/containers/containers.conf"
refuses "podman: a list to be added to" "containers.conf:2: write the whole list" --engine podman
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
cp "$root/usr/bin/runc" "$root/usr/bin/crun"
cat >"$root/etc/crio/crio.conf.d/10-crio.conf" <<'END'
[crio.runtime.runtimes.fast]
runtime_path = "/usr/bin/runc"
platform_runtime_paths = { "linux/amd64" = "/usr/bin/crun" }
END
refuses "crio: programs that go before the door" '"fast" go before its runtime_path, and past the door' \
	--engine crio --door runtime
cat >"$root/etc/crio/crio.conf.d/20-ours.conf" <<'END'
[crio.runtime.runtimes.fast]
runtime_path = "/usr/bin/runc"
[crio.runtime.runtimes.performance]
inherit_default_runtime = true
allowed_annotations = ["cpu-quota.crio.io"]
[crio.runtime.runtimes.slow]
inherit_default_runtime = false
END
try install --root "$root" --engine crio --door runtime
is "crio: a table that replaces that one" "$status" 0
unlike "crio: what inherits the default runtime passes the door" "$(cat "$conf") $out" performance
like "crio: what does not inherit it" "$out" '"slow" is neither runc nor crun'
unlike "crio: the path is where the door looks" "$out" "its (crun|runc) is"
mkdir -p "$root/usr/libexec/crio"
cp "$root/usr/bin/crun" "$root/usr/libexec/crio/crun"
try install --root "$root" --engine crio --door runtime
like "crio: another crun than the door's" "$out" \
	"its crun is /usr/libexec/crio/crun, and the door runs /usr/bin/crun; host.json"
try doctor --root "$root"
like "crio: doctor says so" "$out" "warning: crio: program: its crun is /usr/libexec/crio/crun"
try uninstall --root "$root"
mkdir -p "$root${host_json%/*}"
echo '{ "format": 1, "engines": { "crio": { "runtime": { "crun": "/usr/libexec/crio/crun" } } } }' \
	>"$root$host_json"
try install --root "$root" --engine crio --door runtime
unlike "crio: unless host.json names it" "$status $out" "^[1-9]|its crun is"
try uninstall --root "$root"
rm -r "$root$host_json" "$root"/etc/crio/crio.conf.d/[12]0-* "$root/usr/libexec/crio"
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

# --- what is shown ---

host
printf '# \033]0;x\007\033[2J\n' >>"$root/etc/containerd/config.toml"
printf '[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options] # \033[2J\n  BinaryName = "/usr/bin/runc" # \033[2J\n' \
	>>"$root/etc/containerd/config.toml"
try install --root "$root" --engine containerd --plan
is "a plan sends a terminal nothing of a file" "$(grep -c $'\033' <<<"$out")" 0
like "but shows it" "$out" 'x1b\[2J'

done_testing
