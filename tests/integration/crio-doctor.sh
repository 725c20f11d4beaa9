#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What doctor says of a CRI-O that runs, and of what crictl tells. CRI-O itself is not in
# Debian: crio is a program that sleeps, and crictl one that says what crictl 1.37 said of
# CRI-O 1.37 (tests/integration/crio.sh has the real ones).
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/engines.sh
. "$(dirname "$0")/engines.sh"
# shellcheck disable=SC2154

need jq

cat >/usr/bin/crio <<'END'
#!/bin/sh
[ "$1" != --version ] || exec echo crio version 1.37.0
while sleep 100; do :; done
END
cat >/usr/bin/crictl <<'END'
#!/bin/sh
# crictl --runtime-endpoint E --image-endpoint E VERB ARGUMENT...
[ "$1 $3" = "--runtime-endpoint --image-endpoint" ] && [ "$2" = "$4" ] || exit 9
echo "$2 $5 $6" >>/run/crictl/calls
case $5 in
runp) jq -e '.linux.security_context | .privileged and .namespace_options.pid == 2' "$6" ;;
create) jq -e '.image.image | length == 64' "$7" && jq -e .metadata.uid "$8" ;;
esac >/dev/null 2>>/run/crictl/calls || exit 9
echo 'time="2026-11-25T23:45:27Z" level=warning msg="Config \"/etc/crictl.yaml\" does not exist, trying next: \"/usr/bin/crictl.yaml\""' >&2
cat "/run/crictl/$5" 2>/dev/null || exit 0
! grep -q level=error "/run/crictl/$5"
END
chmod 755 /usr/bin/crio /usr/bin/crictl
mkdir /run/crictl
mkdir /etc/cofferdam
echo '{ "format": 1, "mode": "enforce", "policies": [ { "use": "restricted" } ],
	"log": { "file": "/var/log/cofferdam.jsonl" } }' >/etc/cofferdam/host.json

# start [VARIABLE=VALUE]... crio [OPTION]... - the daemon, again if it runs
crio_pid=
start() {
	if [ -n "$crio_pid" ]; then
		kill "$crio_pid"
		wait "$crio_pid" 2>/dev/null
	fi
	env "$@" &
	crio_pid=$!
	started+=($!)
	wait_for grep -q crio "/proc/$crio_pid/comm"
}

# until_second - until the host has been up for a whole number of seconds, of which when CRI-O
# started is a part
until_second() {
	local up

	until read -r up _ </proc/uptime && [[ $up == *.0[0-4] ]]; do
		sleep 0.01
	done
}

# --- what runs ---

start crio
settle
runs "install" "restart CRI-O" "$cofferdam" install --engine crio --door hook
folder=/etc/cofferdam/hooks.d/crio
output=$(remarks restart crio)
like "it still runs with what it read before" "$output" "crio .pid $crio_pid. runs since before"
like "and does not watch the folder" "$output" "$folder was made since CRI-O started"
settle
start crio
is "restarted" "$(remarks restart crio)$(remarks bypass crio)" ""
settle
touch $folder/50-other.txt
is "a file that was put into the folder" "$(remarks restart crio)" ""
until_second
start crio
settle
mv $folder $folder.old
mv $folder.old $folder
output=$(for _ in {1..10}; do remarks restart crio; sleep 0.1; done)
is "a folder that was moved and moved back, at each part of a second" \
	"$(grep -c "^fault: $folder was moved or changed" <<<"$output")" 10
rm $folder/50-other.txt
cp -a $folder $folder.new
rm -r $folder
mv $folder.new $folder
like "a folder that was made anew" "$(remarks restart crio)" "fault: $folder was made since"

# --- what it was told otherwise ---

# told DESCRIPTION WANTED [VARIABLE=VALUE]... crio [OPTION]...
told() {
	local what=$1 wanted=$2

	shift 2
	start "$@"
	like "$what" "$(remarks bypass crio)" "$wanted"
}

first=', which goes before its files$'
told "nothing" '^$' crio
told "another folder of hooks" "^fault: CRI-O .pid [0-9]*. was started with hooks-dir /x$first" crio --hooks-dir /x
told "ours among others" '^$' crio --hooks-dir=/x,$folder
told "the option is the last" '^$' crio --hooks-dir
told "by the environment" "^fault: CRI-O .pid [0-9]*. was started with CONTAINER_HOOKS_DIR /x$first" CONTAINER_HOOKS_DIR=/x crio
told "another file" "started with config /x.conf$first" crio -c /x.conf
told "the same file" '^$' crio --config=/etc/crio/crio.conf
told "another folder of files" 'started with config-dir , which' crio -config-dir ''
told "an option that begins alike" '^$' crio --config-dir-x /y --hooks-dirs /x
told "runtimes, which are not what is registered" '^$' crio --runtimes runc:/usr/sbin/runc
runs "install --door runtime" "" "$cofferdam" install --engine crio --door runtime
told "runtimes, which are" "started with runtimes runc:/usr/sbin/runc$first" crio --runtimes runc:/usr/sbin/runc
told "runtimes that are the door's" '^$' crio --runtimes "runc:$libexec/crio/runc"

# --- whose ---

is "nobody but root runs one" "$(remarks rootless podman)$(remarks rootless docker)" ""
mkdir /run/own
printf '#!/bin/sh\nwhile sleep 100; do :; done\n' >/run/own/podman
chmod 755 /run/own/podman
setpriv --reuid 65534 --clear-groups /run/own/podman &
own_pid=$!
started+=("$own_pid")
wait_for grep -q podman "/proc/$own_pid/comm"
like "a user's own engine" "$(remarks rootless podman)" "^warning: the user 65534 runs it .pid $own_pid."
unlike "which says nothing of root's" "$(remarks bypass podman)" "was started with"
kill $own_pid
runs "install for podman" "" "$cofferdam" install --engine podman
CONTAINERS_CONF=/x.conf /run/own/podman --hooks-dir /y &
own_pid=$!
started+=("$own_pid")
wait_for grep -q podman "/proc/$own_pid/comm"
output=$(remarks bypass podman)
like "podman with another file" "$output" "podman .pid $own_pid. was started with CONTAINERS_CONF /x.conf, which"
like "podman with other hooks" "$output" "podman .pid $own_pid. was started with hooks-dir /y, which"
kill $own_pid
unshare --pid --fork --kill-child /run/own/podman --hooks-dir /y &
own_pid=$!
started+=("$own_pid")
wait_for pgrep -P $own_pid
unlike "what runs in a container is its own" "$(remarks bypass podman)" "was started with"
kill $own_pid

# --- the canary ---

pod=3f6b4f0a829dd576d435d8d99e35abee0be96205abefb18c94ff3d19657a2425
image=4e504043b84c14d3f18c0661e8b3d1d1ec523ea3d3a461489cef746c957fb39c
failed='time="2026-11-25T23:45:27Z" level=error msg="creating container: rpc error: code = Unknown desc = container create failed: '
runc='time=\"2026-11-25T23:45:27Z\" level=error msg=\"runc create failed: unable to start container process: '

# tried DESCRIPTION WANTED CREATE - what the canary says when crictl create says that
tried() {
	echo "$3" >/run/crictl/create
	like "canary: $1" "$(canary crio)" "$2"
}

like "canary: no pod" "$(canary crio)" "^fault: crictl runp, privileged: it was NOT refused"
echo $pod >/run/crictl/runp
like "canary: no image" "$(canary crio)" "^warning: CRI-O has no image"
echo $image >/run/crictl/images
tried "the hook refuses" '^good: crictl create, privileged: it was refused$' \
	"$failed${runc}error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: cofferdam: denied by policy restricted: privileged: all capabilities\\\\n\\\"\\n\""
tried "the door refuses" '^good: crictl create, privileged: it was refused$' \
	"${failed}cofferdam: denied by policy restricted: privileged: all capabilities\""
tried "it is created" '^fault: crictl create, privileged: it was NOT refused' $pod
tried "it has no program" '^fault: crictl create, privileged: it was NOT refused' \
	"$failed${runc}exec: \\\"/no-such-program-of-cofferdam\\\": stat /no-such-program-of-cofferdam: no such file or directory\""
tried "this host lacks privileges" '^fault: crictl create, privileged: it was NOT refused' \
	"$failed${runc}unable to apply caps: operation not permitted\""
tried "another hook fails" '^fault: crictl create, privileged: it failed before it came to the door' \
	"$failed${runc}error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: no\""
is "canary: its pods are stopped and removed" \
	"$(grep -c " stopp $pod" /run/crictl/calls) $(grep -c ' rmp --force' /run/crictl/calls)" "7 7"
like "canary: where CRI-O answers" "$(head -n 1 /run/crictl/calls)" '^unix:///run/crio/crio.sock runp '
mkdir -p /etc/crio
printf '[crio.api]\nlisten = "/run/x.sock"\n' >/etc/crio/crio.conf
canary crio >/run/crictl/said
like "canary: or where its files say" "$(tail -n 1 /run/crictl/calls)" '^unix:///run/x.sock rmp '
rm /run/crictl/create
echo "${failed}cofferdam: denied by policy pause: host-network: it has the host's\"" >/run/crictl/runp
like "canary: the pod's own container is refused" "$(canary crio)" '^good: crictl runp, privileged: it was refused$'
rm /usr/bin/crictl
like "canary: no crictl" "$(canary crio)" "^warning: there is no crictl"
is "canary: nothing is left" "$(compgen -G '/tmp/cofferdam-canary.*')" ""

done_testing
