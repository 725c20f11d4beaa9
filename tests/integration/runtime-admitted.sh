#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Behind the runtime door runs what it admitted: whatever is done to config.json between
# it and the runtime, with whatever hooks of others, and what did not pass it does not run.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need runc crun jq
make_rootfs

host_config open-strict '.policies = [{use: "open"}] | .gate = "off" | .unadmitted = "deny"' >/dev/null
rules_off open-strict
host_config open-gated '.policies = [{use: "open"}] | .gate = "enforce"' >/dev/null
rules_off open-gated

# A program in front of the real runtime, as an intruder between the door and it: it
# does what the file $work/act says, with the bundle as $1.
intruder() {
	local host=$work/hosts/between.$runtime program=$work/between/$runtime

	mkdir -p "$work/between"
	[ -d "$host" ] || cp -r "$work/hosts/gated" "$host"
	printf '#!/bin/bash\ncase " $* " in *" run "*) . %q %q ;; esac\nexec %q "$@"\n' \
		"$work/act" "$work/bundles/between" "$(command -v "$runtime")" >"$program"
	chmod 755 "$program"
	jq --arg real "$program" '.engines.podman.runtime = $real' \
		"$work/hosts/gated/host.json" >"$host/host.json"
	real "$runtime"
	command[0]=$(door_for "$host/host.json")
}

# The program that says as whom it runs; and config.json with root instead.
ids='.process.args = ["/bin/sh", "-c", "id -u >>/out/ids"]'
# shellcheck disable=SC2016 # expanded by the intruder
as_root='jq -c ".process.user.uid = 0" "$1/config.json"'

# changed DESCRIPTION REGEX ACT - what is done between the door and the runtime
changed() {
	local dir

	rm -rf "$work/bundles/between" "$work/bundles/moved"
	dir=$(bundle between "$ids")
	echo "$3" >"$work/act"
	door_run "$dir"
	like "$runtime: $1: refused, and why" "$status $output" "$2"
	is "$runtime: $1: it never ran" "$(cat "$work"/bundles/{between,moved}/out/ids 2>/dev/null)" ""
}

between() {
	local dir

	intruder
	changed "config.json is rewritten" '^[1-9].*did not pass the runtime door' \
		"$as_root >$work/swap && cat $work/swap >\$1/config.json"
	changed "another is renamed to config.json" '^[1-9].*did not pass the runtime door' \
		"$as_root >\$1/new && mv \$1/new \$1/config.json"
	changed "config.json becomes a link" '^[1-9].*cofferdam: refused.*symbolic link' \
		"$as_root >$work/swap && ln -sf $work/swap \$1/config.json"
	changed "another folder is put where the bundle was" '^[1-9].*did not pass the runtime door' \
		"mv \$1 $work/bundles/moved && mkdir -p \$1/out && jq -c '.process.user.uid = 0' \
			$work/bundles/moved/config.json >\$1/config.json"
	changed "config.json is cut short" '^[1-9]' "truncate -s 500 \$1/config.json"
	changed "config.json vanishes" '^[1-9].*config\.json' \
		"rm \$1/config.json"
	changed "the bundle vanishes" '^[1-9].*[Nn]o such file' "rm -r \$1"
	is "$runtime: nothing is left of them" "$("${command[@]}" list -q)" ""
	echo : >"$work/act"
	dir=$(bundle between "$ids")
	door_run "$dir"
	is "$runtime: control: unchanged it runs, gate and all" "$status $(cat "$dir/out/ids")" "0 1000"
	is "$runtime: and the gate looked at it" \
		"$(tail -n 1 "$work/hosts/gated.log" | jq -r '[.program, .verdict] | join(" ")')" \
		"cofferdam-gate allow"
}

# Two configurations that take turns under one name: the admitted one, and the same as root.
taking_turns() {
	local dir pid i ran_as=0 refused=0 wrong=()

	intruder
	echo : >"$work/act"
	rm -rf "$work/bundles/between"
	dir=$(bundle between "$ids")
	door_run "$dir"
	mkdir -p "$work/turns"
	cp "$dir/config.json" "$work/turns/admitted"
	jq -c '.process.user.uid = 0' "$dir/config.json" >"$work/turns/other"
	(
		exec 2>/dev/null
		while :; do
			ln -f "$work/turns/other" "$work/turns/next"
			mv "$work/turns/next" "$dir/config.json"
			ln -f "$work/turns/admitted" "$work/turns/next"
			mv "$work/turns/next" "$dir/config.json"
			sleep 0.1
		done
	) &
	pid=$!
	for ((i = 0; i < 100 && (i < 12 || ran_as == 0 || refused == 0); i++)); do
		door_run "$dir"
		case "$status $(cat "$dir/out/ids" 2>/dev/null)" in
		"0 1000") ran_as=$((ran_as + 1)) ;;
		[1-9]*" ") refused=$((refused + 1)) ;;
		*) wrong+=("$status $(cat "$dir/out/ids") $output") ;;
		esac
	done
	kill $pid
	wait $pid 2>/dev/null
	is "$runtime: it never runs as who was not admitted" "${wrong[*]}" ""
	note "$runtime: $ran_as times it ran as admitted, $refused times it was refused"
	is "$runtime: and both happened" "$((ran_as > 0)) $((refused > 0))" "1 1"
}

# A volume's link that leads a mount over what the runtime provides: one that is there, and one
# that somebody puts there once the door has looked.
led_over() {
	local dir mount='.mounts += [{destination: "/out/.link/x", type: "tmpfs", source: "tmpfs",
		options: ["nosuid", "nodev", "noexec"]}]'

	through "$runtime" gated
	dir=$(bundle led "$mount")
	ln -s /dev/shm "$dir/out/.link"
	door_run "$dir"
	like "$runtime: a mount that a link of a volume leads over /dev" "$status $output" \
		'^1 cofferdam: denied .*mount-over-system'
	rm "$dir/out/.link"
	mkdir "$dir/out/.link"
	door_run "$dir"
	is "$runtime: and without the link" "$status $output" "0 hello from inside"
	intruder
	rm -rf "$work/bundles/between"
	dir=$(bundle between "$mount")
	mkdir "$dir/out/.link"
	# shellcheck disable=SC2016 # expanded by the intruder
	echo 'rmdir $1/out/.link; ln -s /dev/shm $1/out/.link' >"$work/act"
	door_run "$dir"
	like "$runtime: nor by one that is made behind the door" "$status $output" \
		'^[1-9].*(mount-over-system|refused at the gate)'
}

unadmitted() {
	local dir

	dir=$(bundle unadmitted)
	add_hook "$dir" createRuntime "$(host "$runtime" gated)"
	run "$runtime" "$dir"
	is "$runtime: a container that passed the hook alone does not start" "$((status != 0))" 1
	like "$runtime: and its user is told" "$output" \
		'unadmitted: deny: .*did not pass the runtime door'
	dir=$(bundle unadmitted)
	add_hook "$dir" createRuntime "$(host "$runtime" enforce)"
	run "$runtime" "$dir"
	is "$runtime: where host.json does not ask for that, it does" "$status $output" \
		"0 hello from inside"
	# the hook forged into a bundle
	dir=$(bundle forged)
	add_hook "$dir" createRuntime "$(host "$runtime" enforce)" ADMITTED
	sed -i 's/ADMITTED/--admitted/' "$dir/config.json"
	run "$runtime" "$dir"
	like "$runtime: to say that it was admitted is not enough" "$status $output" \
		'^[1-9].*did not pass the runtime door'
}

# Others' hooks run behind Cofferdam's first.
first() {
	local dir

	through "$runtime" enforce
	dir=$(bundle first '.hooks.prestart = [{path: "/bin/sh", args: ["sh", "-c",
		"cat >/dev/null; echo hooked >\(.mounts[-1].source)/hooked"]}]')
	door_run "$dir"
	is "$runtime: an allowed hook runs" "$status $(cat "$dir/out/hooked" 2>&1)" "0 hooked"
	is "$runtime: and Cofferdam's first and last around it" \
		"$(jq -r '[.hooks.prestart[0].args[-1], .hooks.createRuntime[-1].args[-1]] | join(" ")' \
			"$dir/config.json")" "--veto --admitted"
	rm -rf "$records"
	run "$runtime" "$dir"
	is "$runtime: without the door the first one refuses" \
		"$((status != 0)) $(cat "$dir/out/hooked" 2>/dev/null)" "1 "
}

# kept HOST - a bundle that runs through the door with that host.json, and what became of it
kept() {
	through "$runtime" "$1"
	rm -rf "$records"
	cp "$dir/config.json" "$work/before.json"
	door_run "$dir"
	kept="$status $output $(cmp -s "$work/before.json" "$dir/config.json" && echo kept)"
	kept+=" $(find "$records" -type f 2>/dev/null | wc -l) of it"
}

# A policy that asks nothing leaves the file as it is, and nothing for a hook to verify.
asks_nothing() {
	local dir kept

	dir=$(bundle nothing)
	kept open
	is "$runtime: where no rule is on, the file is kept and nothing is recorded" "$kept" \
		"0 hello from inside kept 0 of it"
	kept open-strict
	is "$runtime: unless a hook of the engine's would ask for the record" "$kept" \
		"0 hello from inside kept 1 of it"
	dir=$(bundle nothing)
	add_hook "$dir" createRuntime "$(host "$runtime" open-strict)"
	door_run "$dir"
	is "$runtime: which lets pass then what the door let pass" "$status $output" \
		"0 hello from inside"
	dir=$(bundle nothing)
	kept warns
	like "$runtime: where a rule only warns, the hook is put there" \
		"$kept $(jq -r '.hooks.createRuntime[-1].args[-1]' "$dir/config.json")" \
		'^0 hello from inside  [1-9] of it --admitted$'
	# as by a second start of a bundle, when the host has been given another policy
	kept open
	is "$runtime: one that stands there already has its record" "$kept" \
		"0 hello from inside kept 1 of it"
	dir=$(bundle nothing)
	kept open-gated
	like "$runtime: where the gate is on, the hook is put there" \
		"$kept $(jq -r '.hooks.createRuntime[-1].args[-1]' "$dir/config.json")" \
		'^0 hello from inside  [1-9] of it --admitted$'
	dir=$(bundle nothing '.hostname = "a\u0000b"')
	kept open
	like "$runtime: a text that is read in more than one way is refused by any policy" "$kept" \
		'^1 cofferdam: refused.*config\.json:[0-9]+:[0-9]+: .* kept 0 of it$'
}

for runtime in runc crun; do
	asks_nothing
	between
	taking_turns
	led_over
	unadmitted
	first
done

done_testing
