#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# The exec gate for as long as a container lives: created, started, stopped, killed,
# with its supervisor and the child that sees to the mounts; armed twice, and many at once.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/gate-lib.sh
. "$(dirname "$0")/gate-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

state_of() {
	in_runtime "$runtime" state "$1" 2>/dev/null | jq -r .status
}

# supervisor_of ID, helper_of ID - by what ps says that they wait for
supervisor_of() {
	ps -eo pid=,args= | awk -v id="$1" '$2 == "cofferdam-gate:" && $5 == "exec" && $NF == id { print $1 }'
}

helper_of() {
	ps -eo pid=,args= | awk -v id="$1" '$2 == "cofferdam-gate:" && $5 == "mount" && $NF == id { print $1 }'
}

# prepared ID - all that waits for its exec is there; it comes while the runtime goes on
# shellcheck disable=SC2317 # by wait_for
prepared() {
	[ -n "$(supervisor_of "$1")" ] && [ -n "$(helper_of "$1")" ]
}

create() {
	in_runtime "$runtime" create --bundle "$1" "$2" <"$work/nothing" >"$work/create.out" 2>&1 ||
		note "$(cat "$work/create.out")"
}

lifecycle() {
	local dir id=life-$$ pid

	dir=$(ordinarily life "$(shell "grep NoNewPrivs /proc/self/status >/out/said; trap 'exit 7' TERM; echo ran >/out/marker; while :; do sleep 0.1; done")")
	create "$dir" "$id"
	is "$runtime create: created" "$(state_of "$id")" created
	wait_for prepared "$id"
	pid=$(supervisor_of "$id")
	like "$runtime create: ps says what waits, and for whom" \
		"$(ps -o comm=,args= -p "${pid:-0}")" "^cofferdam-gate +cofferdam-gate: waiting for exec of $id\$"
	like "$runtime create: and who will see to its mounts" \
		"$(ps -o ppid=,comm=,args= -p "$(helper_of "$id" || echo 0)")" \
		"^ *$pid cofferdam-gate +cofferdam-gate: waiting to mount for $id\$"
	like "$runtime create: the supervisor has no descriptor of others" \
		"$(find "/proc/$pid/fd" -printf '%l\n' | sed "s#^${COFFERDAM_TREE-}/#/#" | sort -u | paste -sd' ')" \
		'^ ?/dev/null /memfd:cofferdam-gate \(deleted\) /proc/[0-9]+$'
	is "$runtime create: nor an environment" "$(tr -d '\0' <"/proc/$pid/environ" | wc -c)" 0
	is "$runtime create: it lives at /" "$(readlink "/proc/$pid/cwd")" "${COFFERDAM_TREE-/}"
	note "$runtime: supervisor: $(grep -E 'VmRSS|RssAnon' "/proc/$pid/status" | tr -s '\t ' ' ' | paste -sd' ')"
	[ "$sanitizer" != no ] || holds "$runtime create: it is small" \
		test "$(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")" -lt 8192
	sleep 0.3
	in_runtime "$runtime" start "$id"
	holds "$runtime start: it runs" wait_for test -e "$dir/out/marker"
	like "$runtime start: hardened" "$(cat "$dir/out/said")" $'NoNewPrivs:\t1'
	gone "$runtime start"
	in_runtime "$runtime" pause "$id"
	is "$runtime pause" "$(state_of "$id")" paused
	in_runtime "$runtime" resume "$id"
	is "$runtime resume" "$(state_of "$id")" running
	in_runtime "$runtime" kill "$id" TERM
	holds "$runtime kill TERM: stopped" wait_for is_stopped "$id"
	in_runtime "$runtime" delete "$id"

	for act in "kill KILL" "delete --force" "supervisor"; do
		rm -f "$dir/out/marker"
		create "$dir" "$id"
		is "$runtime, $act: created" "$(state_of "$id")" created
		wait_for prepared "$id"
		pid=$(supervisor_of "$id")
		case $act in
		kill*) in_runtime "$runtime" kill "$id" KILL ;;
		delete*) in_runtime "$runtime" delete --force "$id" ;;
		supervisor) kill -KILL "$pid" ;;
		esac
		holds "$runtime, $act before start: it does not live" wait_for ended "$id"
		in_runtime "$runtime" start "$id" >/dev/null 2>&1
		sleep 0.1
		holds "$runtime, $act: nor run" test ! -e "$dir/out/marker"
		in_runtime "$runtime" delete --force "$id" >/dev/null 2>&1
		gone "$runtime, $act"
	done

	rm -f "$dir/out/marker"
	create "$dir" "$id"
	in_runtime "$runtime" kill "$id" STOP
	sleep 0.1
	in_runtime "$runtime" kill "$id" CONT
	in_runtime "$runtime" start "$id"
	holds "$runtime: STOP, CONT, start: it runs" wait_for test -e "$dir/out/marker"
	in_runtime "$runtime" delete --force "$id"
	gone "$runtime: STOP"
}

is_stopped() {
	[ "$(state_of "$1")" = stopped ]
}

# ended ID - it is stopped, or deleted
ended() {
	[[ ! $(state_of "$1") =~ created|running ]]
}

# The child that sees to the mounts: its end or standstill lets nothing run unhardened.
helper() {
	local dir id=help-$$ start

	dir=$(ordinarily help "$(shell "$look")")
	create "$dir" "$id"
	wait_for prepared "$id"
	kill -KILL "$(helper_of "$id")"
	wait_for test -z "$(helper_of "$id")"
	is "$runtime: the helper killed before the start: no zombie of it" \
		"$(ps -o pid= --ppid "$(supervisor_of "$id")")" ""
	in_runtime "$runtime" start "$id"
	wait_for test -e "$dir/out/marker"
	like "$runtime: and another one hardens" "$(cat "$work/create.out")" "write / no.*write /tmp ok"
	in_runtime "$runtime" delete --force "$id"
	gone "$runtime: a new helper"
	rm -f "$dir/out/marker"
	create "$dir" "$id"
	wait_for prepared "$id"
	kill -STOP "$(helper_of "$id")"
	start=$SECONDS
	in_runtime "$runtime" start "$id" >/dev/null 2>&1
	wait_for is_stopped "$id"
	like "$runtime: the helper stopped: killed, with the reason" "$(state_of "$id") $(cat "$work/create.out")" \
		"^stopped .*mounts could not be worked on in time"
	holds "$runtime: in time" test $((SECONDS - start)) -lt 10
	holds "$runtime: the program did not run" test ! -e "$dir/out/marker"
	in_runtime "$runtime" delete --force "$id"
	gone "$runtime: a stopped helper"
}

# Armed twice is armed once, in every combination that can be registered.
# sd_notify(3): the runtime puts a folder with a socket of its own into the container.
notified() {
	local dir me=notified-$$ socket=$work/notify.sock

	need python3
	dir=$(ordinarily notified "$(shell 'grep -q /notify /proc/self/mountinfo && echo ran >/out/marker; sleep 60')")
	# systemd's end, and a program that says that it is ready: the start waits for that
	python3 - "$socket" "$work/$runtime/$me/notify" <<-'END' &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		s.settimeout(0.1)
		for _ in range(400):
		    for name in "notify", "notify.sock":
		        try:
		            s.sendto(b"READY=1", os.path.join(sys.argv[2], name))
		        except OSError:
		            pass
		    try:
		        s.recv(4096)	# and with it the descriptor of a barrier, which crun waits for
		    except OSError:
		        pass
		END
	started+=($!)
	wait_for test -S "$socket"
	notify() {
		NOTIFY_SOCKET=$socket in_runtime "$runtime" run -d --bundle "$dir" "$me" \
			<"$work/nothing" >"$work/said" 2>&1
		wait_for grep -q . "$dir/out/marker" "$work/said"
		in_runtime "$runtime" delete --force "$me"
	}
	notify
	is "$runtime: a container that may tell systemd when it is ready" \
		"$(cat "$dir/out/marker" "$work/said" 2>&1)" ran
	rm -f "$dir/out/marker"
	jq --arg file "$work/$runtime/$me/notify/file" '.hooks.createRuntime |= [{path: "/bin/sh",
		args: ["sh", "-c", "cat >/dev/null; : >\($file)"]}] + .' "$dir/config.json" >"$dir/edited"
	mv "$dir/edited" "$dir/config.json"
	notify
	like "$runtime: but no folder that has something else in it" \
		"$(cat "$dir/out/marker" "$work/said" 2>&1)" 'refused at the gate: at .*/notify of the host'
	kill "${started[-1]}"
	rm -f "$socket"
}

twice() {
	local dir name

	dir=$(bundle twice "${ordinary[@]}" "$(shell "$look")")
	add_hook "$dir" prestart "$enforce"
	add_hook "$dir" createRuntime "$enforce"
	add_hook "$dir" createRuntime "$enforce"
	fresh
	run "$runtime" "$dir"
	holds "$runtime: registered three times, it runs" ran "$dir"
	like "$runtime: with one filter" "$output" $'Seccomp_filters:\t1'
	is "$runtime: one gate, one record of it" \
		"$(grep -c '"program":"cofferdam-gate"' "$work/hosts/enforce.log")" 1
	# with another host.json each is foreign to the other's host, before any gate
	for name in verify enforce; do
		host_config "$name"-other '.gate = "'"$name"'" | .policies = [{use: "other"}]' >/dev/null
		own_policy "$name"-other other <<-'END'
			{ "format": 1, "name": "other", "extends": "test",
			  "rules": { "foreign-hooks": { "action": "warn" } } }
		END
	done
	dir=$(bundle differs)
	add_hook "$dir" prestart "$work/hosts/verify-other/host.json"
	add_hook "$dir" createRuntime "$work/hosts/enforce-other/host.json"
	run "$runtime" "$dir"
	unlike "$runtime: two with different orders are refused" "$status:$(ls "$dir/out")" "^0|marker"
	like "$runtime: and why" "$output$(tail -n 2 "$work/hosts/enforce-other.log")" "not with the same orders"
	gone "$runtime: twice"
}

many() {
	local i dir n=$1 width=$2 bad=0

	dir=$(ordinarily many "$(shell "grep -E 'NoNewPrivs|Seccomp_filters|CapEff' /proc/self/status | tr -d '\\n'; grep -q ' / [^ ]* ro,' /proc/self/mounts && echo ' ro'")")
	rm -f "$work"/many.*
	for ((i = 0; i < n; i++)); do
		in_runtime "$runtime" run --bundle "$dir" "many-$$-$i" <"$work/nothing" >"$work/many.$i" 2>&1 &
		[ $(((i + 1) % width)) != 0 ] || wait
	done
	wait
	for ((i = 0; i < n; i++)); do
		grep -q $'CapEff:\t0*NoNewPrivs:\t1Seccomp_filters:\t1 ro$' "$work/many.$i" || {
			bad=$((bad + 1))
			note "$(head -n 3 "$work/many.$i")"
		}
	done
	is "$runtime: $n runs, $width at a time: unhardened" "$bad" 0
	gone "$runtime: many"
}

for runtime in runc crun; do
	parts lifecycle helper notified twice
done
many_runs() {
	runtime=runc
	many 100 1
	many 64 16
	runtime=crun
	many 32 16
}
some_runs() {
	runtime=runc
	many 12 3
}
parts many_runs -some_runs

done_testing
