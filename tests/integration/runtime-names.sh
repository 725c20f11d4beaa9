#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The runtime door finds the bundle that the runtime will, however it is named, and the
# runtime and the engine that it was executed for.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need runc crun jq
make_rootfs

# --- every way to name a bundle ---

# config_option - crun's --config must lead to the very name that was judged
config_option() {
	local name dir hardens other=$work/other

	hardens='.process.args = ["/bin/grep", "Seccomp:", "/proc/self/status"] | del(.linux.seccomp)'
	mkdir -p "$other"
	with() {
		dir=$(bundle named "$hardens")
		ln -f "$dir/config.json" "$other/config.json"
		ln -sfn "$dir" "$other/bundle"
		through crun enforce
		output=$(cd "$other" && "${command[@]}" run --bundle "$dir" --config "$1" named \
			<"$work/nothing" 2>&1)
		status=$?
	}
	with config.json
	is "crun: --config config.json is the bundle's" "$status $(tr '\t' ' ' <<<"$output")" "0 Seccomp: 2"
	with "$work/bundles/named/config.json"
	is "crun: and so is its path" "$status $(tr '\t' ' ' <<<"$output")" "0 Seccomp: 2"
	for name in "$other/config.json" ./config.json ../other/config.json "$other/none/config.json" ""; do
		with "$name"
		like "crun: --config \"${name#"$work"}\" is not" "$status $output" "^1 cofferdam: .*--config"
	done
}

# at DESCRIPTION ARGUMENT... - run is refused for what is in the bundle
at() {
	local what=$1

	shift
	output=$(cd "$dir" && "${command[@]}" "$@" <"$work/nothing" 2>&1)
	like "$runtime: $what" "$? $output" '^1 cofferdam: denied .*root-user'
}

names() {
	dir=$(bundle named '.process.user.uid = 0')
	mkdir -p "$work/elsewhere"
	through "$runtime" enforce
	at "the working directory" run x
	at "--bundle DIR" run --bundle "$dir" x
	at "--bundle=DIR" run --bundle="$dir" x
	at "-b DIR" run -b "$dir" x
	at "a relative one" run -b ../named x
	at "an empty one" run --bundle= x
	ln -sfn "$dir" "$work/link"
	at "a symbolic link" run --bundle "$work/link" x
	at "the last of two" run -b "$work/elsewhere" --bundle "$dir" x
	at "behind --" run -b "$dir" -- x
	at "an id that is a verb" run -b "$dir" create
	if [ "$runtime" = runc ]; then
		at "one dash" run -bundle "$dir" x
		at "-b=DIR" run -b="$dir" x
		at "behind the id" run x --bundle "$dir"
		at "create" create --bundle "$dir" x
		at "restore" restore --bundle "$dir" x
		return
	fi
	at "an abbreviation" run --bun "$dir" x
	at "in one argument" run -b"$dir" x
	at "among letters" run -db "$dir" x
	at "--config, the same file" run --config config.json x
	at "--config, by its path" run -f "$dir/config.json" x
	echo '{}' >"$work/other.json"
	output=$("${command[@]}" run -b "$dir" --config "$work/other.json" x 2>&1)
	like "crun: --config, another file" "$? $output" '^1 cofferdam: .*only the bundle.s own config.json'
	output=$("${command[@]}" run -b "$dir" --conf "$work/other.json" x 2>&1)
	like "crun: abbreviated" "$? $output" '^1 cofferdam: .*only the bundle.s own config.json'
}

# A shell's working directory may be a link, which runc then hands to its hooks.
linked() {
	local dir

	dir=$(bundle linked)
	ln -sfn "$dir" "$work/link"
	through "$runtime" gated
	output=$(cd "$work/link" && "${command[@]}" run linked <"$work/nothing" 2>&1)
	is "$runtime: in a folder whose name is a link" "$? $output" "0 hello from inside"
	is "$runtime: the record has the folder's own name" \
		"$(tail -n 1 "$work/hosts/gated.log" | jq -r .bundle)" "$dir"
}

# --- the real runtime ---

real_runtime() {
	local dir wrapper host=$work/hosts/odd

	dir=$(bundle odd)
	mkdir -p "$host"
	cp -r "$work/hosts/enforce/bundles" "$host/"
	odd() {
		jq "$1" "$work/hosts/enforce/host.json" >"$host/host.json"
		command=("$(door_for "$host/host.json")")
		door_run "$dir"
	}
	odd '.engines.podman.runtime = "/nowhere/runc"'
	like "a real runtime that is missing" "$status $output" \
		'^1 cofferdam: refused: .*/nowhere/runc.*does not exist'
	odd ".engines.podman.runtime = \"$door\""
	like "one that is the door itself" "$status $output" '^1 cofferdam: refused: .*own'
	ln -sfn "$door" "$work/itself"
	odd ".engines.podman.runtime = \"$work/itself\""
	like "or a link to it" "$status $output" '^1 cofferdam: refused: .*own'
	cp "$(command -v runc)" "$work/theirs"
	chown 1000 "$work/theirs"
	odd ".engines.podman.runtime = \"$work/theirs\""
	like "one that others can change" "$status $output" '^1 cofferdam: refused: .*theirs'
	odd '.engines.podman.runtime = "runc"'
	like "one by a relative path: host.json is wrong" "$status $output" \
		'^1 cofferdam: .*absolute path'
	odd '.engines.podmann = {}'
	like "an engine that is none" "$status $output" '^1 cofferdam: .*podman'
	# what stops containers must go on, whatever host.json says
	is "but state, kill and delete go on" \
		"$("${command[@]}" --root "$work/runc" list -q 2>&1)" ""
	odd '.'
	is "none is named: the distribution's" "$status $output" "0 hello from inside"
}

# The path that was executed says who calls, and what it wants.
by_path() {
	local dir engine

	if [ -e /etc/cofferdam/host.json ]; then
		skip "links named after engines" "this host has a host.json of its own"
		return
	fi
	mkdir -p "$work"/libexec/{podman,docker,other}
	for engine in podman docker other; do
		ln -s "$door" "$work/libexec/$engine/runc"
		ln -s "$door" "$work/libexec/$engine/crun"
	done
	ln -s "$work/libexec/docker/runc" "$work/runc.diverted"
	dir=$(bundle linked 'del(.mounts[] | select(.destination == "/out")) |
		.process.args = ["/bin/sh", "-c", "echo hello"]')
	by() {
		# without a host.json: restricted
		output=$("$@" --root "$work/runc" run --bundle "$dir" "by-$RANDOM" <"$work/nothing" 2>&1)
		status=$?
	}
	by "$work/libexec/docker/runc"
	is "a link docker/runc" "$status $output $(jq -c '.hooks.createRuntime[0].args' "$dir/config.json")" \
		'0 hello ["cofferdam-hook","createRuntime","--engine","docker","--admitted"]'
	by "$work/libexec/podman/crun" --cgroup-manager=cgroupfs --root "$work/crun"
	like "a link podman/crun" "$(jq -c '.hooks.createRuntime[0].args' "$dir/config.json")" podman
	like "is crun" "$("$work/libexec/podman/crun" --version)" '^crun version'
	by "$work/runc.diverted"
	is "a link to such a link" "$status $output $(jq -r '.hooks.createRuntime[0].args[3]' "$dir/config.json")" \
		'0 hello docker'
	by "$work/libexec/other/runc"
	like "a folder that is no engine" "$status $output" '^1 cofferdam-runtime: refused, it is not known'
	like "the options of tests are not for links" \
		"$("$work/libexec/docker/runc" --engine podman list 2>&1)" 'option --engine is not known'
	# found on the PATH, by its name alone
	output=$(cd "$work/libexec/docker" && ./runc --version 2>&1)
	like "a relative path" "$output" '^runc version'
}

for runtime in runc crun; do
	names
	linked
done
config_option
real_runtime
by_path

done_testing
