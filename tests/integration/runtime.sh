#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The runtime door in front of real runtimes: with a policy that allows everything
# nobody notices it; with a strict one it refuses and hardens. How a bundle, a runtime
# and a caller are named: runtime-names.sh; that what runs is what was admitted:
# runtime-admitted.sh.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/runtime-lib.sh
. "$(dirname "$0")/runtime-lib.sh"
# $output, $status, $work and the like come from there.
# shellcheck disable=SC2154

need runc crun jq script strace
[ -x "$probe" ] || bail "$probe is not built"
make_rootfs

host_config shipped '.policies = [{use: "baseline"}]' >/dev/null

# --- nobody notices it ---

# same DESCRIPTION ARGUMENT... - both say and do the same
same() {
	local what="$runtime: $1" one two

	shift
	real "$runtime"
	"${command[@]}" "$@" >"$work/one.out" 2>"$work/one.err" <"$work/nothing"
	one=$?
	through "$runtime" open
	"${command[@]}" "$@" >"$work/two.out" 2>"$work/two.err" <"$work/nothing"
	two=$?
	# a date, and how long a container has been there
	sed -i -E 's/"?[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.+Z]+"?/TIME/g' "$work"/{one,two}.{out,err}
	# statistics of a living container go on between the two calls
	[ "${1-}" != events ] || sed -i -E 's/[0-9]+/N/g' "$work"/{one,two}.out
	is "$what: exit code" "$two" "$one"
	is "$what: standard output" "$(cat "$work/two.out")" "$(cat "$work/one.out")"
	is "$what: standard error" "$(cat "$work/two.err")" "$(cat "$work/one.err")"
}

passes() {
	local dir

	dir=$(bundle passes '.process.args = ["/bin/sleep", "100"]')
	same "help" --help
	same "version" --version
	same "features" features
	same "no arguments"
	same "an unknown verb" no-such-verb
	same "help of create" create --help
	same "help of run" run --help
	same "help of exec" exec --help
	same "create without an id" create
	same "no such container" state no-such
	same "delete of no such container" delete no-such
	same "kill of no such container" kill no-such
	same "start of no such container" start no-such
	same "an empty list" list
	real "$runtime"
	"${command[@]}" create --bundle "$dir" passes <"$work/nothing" >"$work/said" 2>&1 ||
		bail "$runtime cannot create"
	same "state of a created one" state passes
	same "list" list
	same "list as JSON" list --format json
	"${command[@]}" start passes
	same "state of a running one" state passes
	same "list -q" list -q
	if [ "$runtime" = runc ]; then
		same "ps" ps passes -o pid,args
	else
		same "ps" ps passes
	fi
	same "ps as JSON" ps --format json passes
	[ "$runtime" = crun ] || same "events" events --stats passes
	same "create with an id that is taken" create --bundle "$dir" passes
	same "delete of a running one" delete passes
	same "start of a running one" start passes
	"${command[@]}" delete --force passes
	same "kill" kill passes
}

# looks COMMAND... - what a program sees of how it was started, in one text
cat >"$work/look" <<'END'
#!/bin/sh
printf 'arguments:'; printf ' <%s>' "$@"; echo
pwd
umask
env | grep -v '^_=' | sort
grep -E '^(Sig[^Q]|ShdPnd|Cap|NoNewPrivs|Seccomp|Groups|Uid|Gid)' /proc/self/status
cat /proc/self/limits
for fd in /proc/self/fd/*; do [ ! -e "$fd" ] || echo "${fd##*/} $(readlink "$fd")"; done | grep -v -E '/look$|pipe:|/proc/'
cat <&5
exit 7
END
chmod 755 "$work/look"

untouched() {
	local wrapper one two

	mkdir -p "$work/hosts/look"
	jq --arg real "$work/look" '.engines.podman.runtime = $real' "$work/hosts/open/host.json" \
		>"$work/hosts/look/host.json"
	cp -r "$work/hosts/open/bundles" "$work/hosts/look/"
	wrapper=$(door_for "$work/hosts/look/host.json")
	look() (
		cd "$work/bundles" || exit
		umask 027
		ulimit -S -n 77
		ulimit -S -c 0
		trap '' USR1
		trap - PIPE
		export A='b c'
		echo five >"$work/five"
		env -i A="$A" TZ=X LISTEN_FDS=2 NOTIFY_SOCKET=/n PATH="$PATH" "$@" \
			3<"$work/nothing" 5<"$work/five" 9>"$work/nine"
	)
	one=$(look "$work/look" state "a b" '' '*' 2>&1)
	one="$one $?"
	two=$(look "$wrapper" state "a b" '' '*' 2>&1)
	two="$two $?"
	is "environment, descriptors, limits, signals, arguments are handed on" "$two" "$one"
	like "and were looked at" "$two" 'NOTIFY_SOCKET=/n.*9 .*/nine.*five 7$'
	dir=$(bundle look)
	one=$(look "$work/look" run --bundle "$dir" x 2>&1)
	two=$(look "$wrapper" run --bundle "$dir" x 2>&1)
	is "also where it judged" "$two" "$one"
	one=$(look "$work/look" state x 0<&- 2>&1)
	two=$(look "$wrapper" state x 0<&- 2>&1)
	is "and closed standard descriptors stay closed" "$two" "$one"
}

# takes_term PID - it has a handler for SIGTERM, or waits for it by other means
# shellcheck disable=SC2317 # by wait_for
takes_term() {
	local masks

	masks=$(sed -n 's/^Sig\(Blk\|Cgt\):\t/0x/p' "/proc/$1/status" | paste -sd'|')
	((((masks) >> 14 & 1) == 1))
}

runs() {
	local dir

	dir=$(bundle exits '.process.args = ["/bin/sh", "-c", "echo out; echo err >&2; exit 7"]')
	through "$runtime" open
	door_run "$dir"
	is "$runtime: output and exit code" "$status $(sort <<<"$output" | xargs)" "7 err out"
	dir=$(bundle signal '.process.args = ["/bin/sh", "-c",
		"trap \"echo caught; exit 5\" TERM; echo ready; while :; do sleep 0.1; done"]')
	"${command[@]}" run --bundle "$dir" "signal-$$" <"$work/nothing" >"$work/signal.out" 2>&1 &
	started+=($!)
	wait_for grep -q ready "$work/signal.out"
	# crun takes signals only after it has started the container
	wait_for takes_term $!
	kill -TERM $!
	wait $!
	is "$runtime: a signal to the runtime reaches the container" \
		"$? $(xargs <"$work/signal.out")" "5 ready caught"
	dir=$(bundle tty '.process.terminal = true |
		.process.args = ["/bin/sh", "-c", "tty; stty size 2>/dev/null; exit 3"]')
	script -qec "$(printf '%q ' "${command[@]}") run --bundle $dir tty" /dev/null \
		<"$work/nothing" >"$work/tty.out" 2>&1
	is "$runtime: a terminal" "$? $(grep -o '/dev/pts/[0-9]*' "$work/tty.out")" "3 /dev/pts/0"
	dir=$(bundle descriptors '.process.args = ["/bin/sh", "-c", "cat <&3"]')
	echo handed on >"$work/three"
	output=$("${command[@]}" run --preserve-fds 1 --bundle "$dir" descriptors \
		<"$work/nothing" 3<"$work/three" 2>&1)
	is "$runtime: a preserved descriptor" "$? $output" "0 handed on"
	through "$runtime" warns
	dir=$(bundle detached '.process.args = ["/bin/sleep", "100"]')
	"${command[@]}" run -d --pid-file "$work/pid" --bundle "$dir" detached \
		<"$work/nothing" >/dev/null 2>&1
	is "$runtime: detached, with a pid file" "$?" 0
	is "$runtime: and it runs" "$("${command[@]}" state detached | jq -r .status)" running
	is "$runtime: what was admitted is known of it" \
		"$(cat "$records"/*."$(cat "$work/pid")".* | jq -r '.id + " " + .config.process.args[1]')" \
		"detached 100"
	"${command[@]}" kill detached KILL
	for _ in $(seq 100); do
		[ "$("${command[@]}" state detached | jq -r .status)" = stopped ] && break
		sleep 0.05
	done
	"${command[@]}" delete detached
	is "$runtime: and forgotten when it is deleted" \
		"$(find "$records" -name "*.$(cat "$work/pid").*")" ""
}

# --- the file that is rewritten ---

rewrites() {
	local dir before

	through "$runtime" enforce
	dir=$(bundle kept '.root.readonly = false | .process.noNewPrivileges = false |
		.["x.unknown"] = {a: [1.50, "\u00e9"]} | .linux.unknown = null')
	chmod 640 "$dir/config.json"
	chgrp 1234 "$dir/config.json"
	cp -p "$dir/config.json" "$work/before.json"
	door_run "$dir"
	is "$runtime: what the policy hardens runs" "$status $output" "0 hello from inside"
	is "$runtime: hardened" \
		"$(jq -c '[.root.readonly, .process.noNewPrivileges]' "$dir/config.json")" "[true,true]"
	is "$runtime: mode and owner are kept" "$(stat -c '%a %u:%g' "$dir/config.json")" "640 0:1234"
	is "$runtime: unknown members are kept" \
		"$(jq -c '[.["x.unknown"], .linux.unknown]' "$dir/config.json")" \
		"$(jq -c '[.["x.unknown"], .linux.unknown]' "$work/before.json")"
	is "$runtime: and nothing is left beside it" "$(ls -A "$dir")" "config.json
out"
	is "$runtime: the gate is the last of createRuntime" \
		"$(jq -r '.hooks.createRuntime[-1] | [.path, .args[-1], .env[0]] | join(" ")' \
			"$dir/config.json")" "$hook --admitted PATH=/usr/bin:/bin"
	mv "$work/before.json" "$work/linked.json"
	chmod 640 "$work/linked.json"
	ln -sf "$work/linked.json" "$dir/config.json"
	chgrp 1234 "$work/linked.json"
	door_run "$dir"
	is "$runtime: a link: what takes its place has the file's mode, not the link's" \
		"$status $(stat -c '%F %a %u:%g' "$dir/config.json")" "0 regular file 640 0:1234"
	before=$(stat -c '%i %z' "$dir/config.json")
	door_run "$dir"
	is "$runtime: again: nothing changes, so the file stays" \
		"$status $(stat -c '%i %z' "$dir/config.json")" "0 $before"
	through "$runtime" audit
	dir=$(bundle audit '.process.user.uid = 0 | .root.readonly = false')
	before=$(stat -c '%i %z' "$dir/config.json")
	door_run "$dir"
	is "$runtime: audit refuses and changes nothing" \
		"$status $output $(stat -c '%i %z' "$dir/config.json")" "0 hello from inside $before"
	is "$runtime: but says what it would have done" \
		"$(tail -n 1 "$work/hosts/audit.log" | jq -r '[.program, .verdict, .refused] | join(" ")')" \
		"cofferdam-runtime run deny false"
}

# What is new is on the disk before it has the name: a crash leaves the old file or the new one.
synced_first() {
	local dir verb

	mkdir -p "$work/hosts/end"
	jq '.engines.podman.runtime = "/bin/true"' "$work/hosts/enforce/host.json" >"$work/hosts/end/host.json"
	cp -r "$work/hosts/enforce/bundles" "$work/hosts/end/"
	for verb in create run; do
		dir=$(bundle synced '.root.readonly = false')
		is "$verb: config.json is synced, and then renamed" \
			"$(synced "$(door_for "$work/hosts/end/host.json")" $verb --bundle "$dir" synced |
				grep -v cofferdam/admitted)" \
			"sync bundles/synced/.cofferdam
rename bundles/synced/.cofferdam bundles/synced/config.json"
		is "$verb: control: hardened" "$(jq .root.readonly "$dir/config.json")" true
	done
}

# --- refusals ---

# refused DESCRIPTION BUNDLE REGEX - does not run, and its user is told
refused() {
	door_run "$2"
	if [ $status = 0 ] || ran "$2"; then
		not_ok "$runtime: $1" "it ran: $status" "$output"
	else
		like "$runtime: $1" "$status $output" "^1 cofferdam: .*$3"
	fi
}

refuses() {
	local dir verb place layer

	through "$runtime" enforce
	dir=$(bundle root '.process.user.uid = 0')
	refused "root is refused" "$dir" 'root-user.*uid 0.*--user 1000:1000'
	for verb in create run; do
		rm -f "$work/log"
		"${command[@]}" --log "$work/log" --log-format json $verb --bundle "$dir" refused \
			<"$work/nothing" >"$work/out" 2>"$work/err"
		is "$runtime $verb: exit code" $? 1
		is "$runtime $verb: nothing on standard output" "$(cat "$work/out")" ""
		is "$runtime $verb: one line on standard error" "$(wc -l <"$work/err")" 1
		is "$runtime $verb: the log is one error, in JSON, with the same text" \
			"$(jq -r '[.level, .msg] | join(" ")' "$work/log")" "error $(cat "$work/err")"
		like "$runtime $verb: and the time" "$(jq -r .time "$work/log")" '^20..-..-..T..:..:..Z$'
	done
	rm -f "$work/log"
	"${command[@]}" --log="$work/log" run --bundle "$dir" refused <"$work/nothing" >"$work/said" 2>&1
	like "$runtime: as text where that was asked for" "$(cat "$work/log")" \
		'^time="20.*" level=error msg="cofferdam: denied by policy test: root-user'
	is "$runtime: no container is left" "$("${command[@]}" list -q)" ""
	is "$runtime: the record names program and verb" \
		"$(tail -n 1 "$work/hosts/enforce.log" | jq -r '[.program, .verdict, .refused, .id] | join(" ")')" \
		"cofferdam-runtime run deny true refused"
	dir=$(bundle annotated '.annotations = {"run.oci.seccomp_bpf_data": "AAAA"}')
	door_run "$dir"
	is "$runtime: an annotation that would undo the filter is gone" \
		"$status $(jq -c .annotations "$dir/config.json")" "0 {}"
	dir=$(bundle foreign '.hooks.prestart = [{path: "/bin/true"}]')
	refused "a foreign hook" "$dir" foreign-hooks
	dir=$(bundle node '.linux.namespaces += [{type: "user"}] |
		.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 65536}] |
		.linux.gidMappings = .linux.uidMappings |
		.linux.devices = [{type: "c", major: 1, minor: 3, path: "/etc/shadow"}]')
	refused "a file of the host that is bound as if it were a device" "$dir" \
		'devices: .*no node can be made'
	ln -sfn /proc/sys "$work/rootfs/link"
	dir=$(bundle link '.mounts += [{destination: "/link/kernel", type: "tmpfs", source: "tmpfs",
		options: ["nosuid", "nodev", "noexec"]}]')
	refused "a mount that a link of the image leads over /proc" "$dir" \
		'mount-over-system: .*link of the image'
	rm "$work/rootfs/link"
	mv "$work/rootfs/var/tmp" "$work/rootfs/var/was"
	ln -s ../proc "$work/rootfs/var/tmp"
	dir=$(bundle remedy '.root.readonly = false')
	refused "a tmpfs that would be mounted so for rootfs-writable" "$dir" 'rootfs-writable: .*link'
	rm "$work/rootfs/var/tmp"
	mv "$work/rootfs/var/was" "$work/rootfs/var/tmp"
	mkdir -p "$work/volume"
	ln -sfn ../sys "$work/volume/link"
	dir=$(bundle volume ".mounts += [{destination: \"/volume\", type: \"bind\",
			source: \"$work/volume\", options: [\"rbind\", \"nosuid\", \"nodev\"]},
		{destination: \"/volume/link/kernel\", type: \"tmpfs\", source: \"tmpfs\",
			options: [\"nosuid\", \"nodev\", \"noexec\"]}]")
	refused "a mount that a link of a volume leads over /sys" "$dir" \
		'mount-over-system: .*link of .*a volume'
	dir=$(bundle copied '(.mounts[] | select(.destination == "/dev") | .options) += ["tmpcopyup"]')
	refused "a /dev that is filled from the image" "$dir" 'mount-over-system: .*image'
	for place in "" /proc; do
		dir=$(bundle own ".mounts += [{destination: \"/own\", type: \"bind\",
			source: \"$work/rootfs$place\", options: [\"rbind\", \"nosuid\", \"nodev\"]}]")
		refused "the container's own root${place:+, $place in it}" "$dir" \
			'sensitive-mount: .*own root'
	done
	# a colon parts the layers, and a link leads to the host's
	ln -sfn /etc "$work/low:er, \\"
	mkdir -p "$work/merged"
	for layer in "$work/low:er, \\" "$work/hosts"; do
		# shellcheck disable=SC2001 # what "&" is in ${name//} differs between shells
		if mount -t overlay overlay -o "lowerdir=$(sed 's/[\\:,]/\\&/g' <<<"$layer"):$work/rootfs" \
			"$work/merged"; then
			dir=$(bundle layers ".root.path = \"$work/merged\"")
			if [ "$layer" = "$work/hosts" ]; then
				door_run "$dir"
				is "$runtime: an overlay of an image runs" "$status $output" \
					"0 hello from inside"
			else
				refused "an overlay of the host's /etc" "$dir" \
					'rootfs-host: .*a folder of the host.s own \(/etc\)'
			fi
			umount "$work/merged"
		else
			not_ok "an overlay of $layer"
		fi
	done
	dir=$(bundle remount '.mounts += [{destination: "/out", type: "tmpfs", source: "tmpfs",
		options: ["nosuid", "nodev", "remount", "ro"]}]')
	refused "a remount of what is the host's" "$dir" 'mount-type.*mounted already'
	# crun binds a folder to itself with what is mounted in it, and that is writable then
	dir=$(bundle undone '.linux.readonlyPaths += ["/proc"]')
	refused "a read-only path that takes back others" "$dir" 'proc-unmasked: .*writable then'
	dir=$(bundle own-hook '.hooks.prestart = [{path: "'"$(dirname "$hook")/./${hook##*/}"'",
		args: ["cofferdam-hook", "prestart", "--host-config", "'"$work/hosts/audit/host.json"'"]}]')
	through "$runtime" shipped
	refused "Cofferdam's hook, to read another host.json" "$dir" 'foreign-hooks: .*arguments'
	through "$runtime" enforce
	dir=$(bundle broken)
	echo '{' >"$dir/config.json"
	refused "no JSON" "$dir" 'config.json:'
	dir=$(bundle id)
	door_run "$dir" 'a b'
	like "$runtime: an id that runc would not take" "$status $output" '^1 cofferdam: .*no container id'
}

# --- bad surroundings ---

surroundings() {
	local dir n

	through "$runtime" enforce
	dir=$(bundle gone)
	rm -r "$dir"
	refused "a bundle that is not there" "$dir" 'does not exist'
	dir=$(bundle owned)
	chown 1000 "$dir/config.json"
	refused "a config.json of another owner" "$dir" 'config.json: .*(1000|owner|belong)'
	dir=$(bundle folder '.root.readonly = false')
	chown 1000 "$dir"
	refused "a bundle of another owner" "$dir" 'belong|owner|1000'
	dir=$(bundle writable)
	chmod 666 "$dir/config.json"
	refused "a config.json that anyone can write" "$dir" 'writ'
	dir=$(bundle fifo)
	rm "$dir/config.json"
	mkfifo "$dir/config.json"
	refused "a config.json that is a FIFO" "$dir" 'regular'
	dir=$(bundle full '.root.readonly = false')
	mkdir "$work/full.$runtime"
	mount -t tmpfs -o size=48k tmpfs "$work/full.$runtime"
	cp -r "$dir/." "$work/full.$runtime/"
	head -c 100000 /dev/zero >"$work/full.$runtime/filler" 2>/dev/null
	cp "$dir/config.json" "$work/before.json"
	dir=$work/full.$runtime
	refused "a full disk" "$dir" 'cannot replace.*No space left'
	is "$runtime: the file is as it was" "$(cmp "$dir/config.json" "$work/before.json" 2>&1)" ""
	is "$runtime: and nothing is left beside it" "$(ls -A "$dir")" "config.json
filler
out"
	umount "$work/full.$runtime"
	for n in 1 2 3 4 5 6; do
		bundle many$n '.root.readonly = false' >/dev/null
		"${command[@]}" run --bundle "$work/bundles/many$n" many$n <"$work/nothing" \
			>"$work/many$n.out" 2>&1 &
	done
	for n in 7 8; do
		"${command[@]}" run --bundle "$work/bundles/many1" many$n <"$work/nothing" \
			>"$work/many$n.out" 2>&1 &
	done
	wait
	is "$runtime: eight at once, three of them of one bundle" \
		"$(cat "$work"/many*.out | sort | uniq -c | xargs)" "8 hello from inside"
}

# A signal while it works: the file is the old one or the new one, and alone.
terminated() {
	local dir pid i start reach until left=0 torn=0 old=0 new=0

	through runc enforce
	dir=$(bundle large '.root.readonly = false |
		.annotations = ([range(20000) | {key: "a\(.)", value: "b"}] | from_entries)')
	cp "$dir/config.json" "$work/before.json"
	# The time until the file is new, in microseconds: it is then that a signal may tear it. It is
	# held up while the file is written, so every second one comes before that.
	start=${EPOCHREALTIME/./}
	"${command[@]}" run --bundle "$dir" term <"$work/nothing" >"$work/said" 2>&1 &
	pid=$!
	until ! cmp -s "$work/before.json" "$dir/config.json" || ! kill -0 $pid 2>/dev/null; do :; done
	reach=$((${EPOCHREALTIME/./} - start))
	wait $pid 2>/dev/null
	for ((i = 0; i < 40; i++)); do
		cp "$work/before.json" "$dir/config.json"
		"${command[@]}" run --bundle "$dir" term <"$work/nothing" >"$work/said" 2>&1 &
		pid=$!
		until=$((${EPOCHREALTIME/./} + RANDOM * reach * (i % 2 ? 12 : 1) / 8 / 32768))
		while [ "${EPOCHREALTIME/./}" -lt $until ]; do :; done
		kill -TERM $pid 2>/dev/null
		wait $pid 2>/dev/null
		jq -e .ociVersion "$dir/config.json" >/dev/null 2>&1 || torn=$((torn + 1))
		if cmp -s "$work/before.json" "$dir/config.json"; then
			old=$((old + 1))
		else
			new=$((new + 1))
		fi
		left=$((left + $(find "$dir" -name '.cofferdam*' | wc -l)))
		runc --root "$work/runc" delete --force term >/dev/null 2>&1
	done
	is "SIGTERM: no file is torn, none is left beside" "$torn $left" "0 0"
	note "$old times the old file, $new times the new one"
	is "SIGTERM: before it was new, and after" "$((old > 0)) $((new > 0))" "1 1"
}

untouched
for runtime in runc crun; do
	passes
	runs
	rewrites
	refuses
	surroundings
done
synced_first
terminated

done_testing
