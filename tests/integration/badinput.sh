#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Whatever is wrong with what the hook is given: in enforce mode it refuses,
# within a second and in one clear line; in audit mode it reports and lets the
# container start; and it never crashes, hangs or leaves half a file.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $output, $status, $took and $work come from there.
# shellcheck disable=SC2154

need crun jq perl runc
setup_work
make_rootfs
stand_in

# Sanitizers slow everything down; they are not what is measured here.
second=1000
[ "$sanitizer" = no ] || second=4000

clear_line='^cofferdam: [^'$'\n'']{10,}$'

# denies WHAT HOST_CONFIG BUNDLE [WORDS] - as it must in enforce mode; WORDS is
# a pattern for what the line has to say
denies() {
	hook_run "$2" "$3"
	if [ $status != 1 ]; then
		not_ok "$1: denied" "exit code $status" "$output"
	elif ! [[ $output =~ $clear_line ]]; then
		not_ok "$1: denied in one clear line" "$output"
	elif ! [[ $output =~ ${4-.} ]]; then
		not_ok "$1: the line says why" "$output" "wanted: $4"
	elif [ $took -ge $second ]; then
		not_ok "$1: denied within a second" "it took $took ms"
	else
		ok "$1: denied"
	fi
}

# starts WHAT HOST_CONFIG BUNDLE - as it must in audit mode
starts() {
	hook_run "$2" "$3"
	if [ $status != 0 ]; then
		not_ok "$1: audited" "exit code $status" "$output"
	elif [ $took -ge $second ]; then
		not_ok "$1: audited within a second" "it took $took ms"
	else
		ok "$1: audited"
	fi
}

enforce=$(host_config enforce)
audit=$(host_config audit '.mode = "audit"')

# bad WHAT BUNDLE [WORDS] - denied in enforce mode, reported in audit mode,
# recorded as unjudged in both
bad() {
	local mode

	rm -f "$work"/hosts/*.log
	denies "$1" "$enforce" "$2" "${3-.}"
	starts "$1" "$audit" "$2"
	for mode in enforce audit; do
		is "$1: recorded ($mode)" \
			"$(jq -r '"\(.verdict) \(.failure != null) \(.refused)"' \
				"$work/hosts/$mode.log" 2>&1)" \
			"unjudged true $([ $mode = enforce ] && echo true || echo false)"
	done
}

# --- config.json ---

dir=$(bundle config)
good=$work/good.json
cp "$dir/config.json" "$good"
config=$dir/config.json

hook_run "$enforce" "$dir"
is "a good one passes" "$status:$output" "0:"

: >"$config"
bad "config.json is empty" "$dir" "config.json"
head -c 700 "$good" >"$config"
bad "config.json is truncated" "$dir" "config.json"
echo '[]' >"$config"
bad "config.json is no object" "$dir" "config.json"
printf '{"root": "\xff\xfe"}' >"$config"
bad "config.json is not UTF-8" "$dir" "config.json"
{ cat "$good"; printf '\0'; } >"$config"
bad "config.json has a NUL after its end" "$dir" "config.json"
{ printf '{"x": "'; head -c 100000000 /dev/zero | tr '\0' a; printf '"}'; } >"$config"
bad "config.json has 100 MB" "$dir" "config.json.*larg"
truncate -s 8T "$config"
bad "config.json has 8 TB of holes" "$dir" "config.json.*larg"
perl -e 'print "[" x 100000, "]" x 100000' >"$config"
bad "config.json is 100,000 deep" "$dir" "config.json.*deep"
perl -e 'print "{\"a\":" x 100000' >"$config"
bad "config.json is 100,000 deep and truncated" "$dir" "config.json"
rm "$config"
bad "config.json is missing" "$dir" "config.json"
mkfifo "$config"
bad "config.json is a FIFO" "$dir" "config.json.*regular"
rm "$config"
(cd "$dir" && perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) &&
	bind(S, sockaddr_un("config.json")) || die')
bad "config.json is a socket" "$dir" "config.json.*regular"
rm "$config"
mkdir "$config"
bad "config.json is a directory" "$dir" "config.json.*regular"
rmdir "$config"
ln -s /dev/zero "$config"
bad "config.json is a link to /dev/zero" "$dir" "config.json"
rm "$config"
ln -s "$good" "$config"
bad "config.json is a symbolic link" "$dir" "config.json"
rm "$config"
cp "$good" "$config"

# --- the state ---

mkdir "$work/bundles/other"
ln -s "$work/bundles/other" "$work/bundles/link"
feed="state $work/bundles/link"
bad "the bundle is a link to another folder" "$dir" "bundles/link.*working directory"
feed="state $work/bundles"
bad "the bundle is not the working directory" "$dir" "working directory"
feed="state $work/bundles/none"
bad "the bundle does not exist" "$dir" "bundles/none"
sleep 0.01 &
gone=$!
wait $gone
feed="state $dir $gone"
denies "the state's pid is gone" "$enforce" "$dir" "could not judge"
starts "the state's pid is gone" "$audit" "$dir"
feed="state $dir 0"
bad "the state's pid is 0" "$dir" "pid"
feed="state $dir -1"
bad "the state's pid is -1" "$dir" "pid"
# shellcheck disable=SC2317 # called by $feed
state_edited() {
	state "$dir" | jq -c "$1"
}
feed='state_edited "del(.bundle)"'
bad "the state has no bundle" "$dir" "bundle"
feed='state_edited "del(.pid)"'
bad "the state has no pid" "$dir" "pid"
feed='state_edited ".bundle = 7"'
bad "the state's bundle is a number" "$dir" "bundle"
feed="state $dir | head -c 40"
bad "the state is truncated" "$dir" "standard input"
feed=true
bad "standard input is empty" "$dir" "standard input"
feed=yes
bad "standard input is endless" "$dir" "standard input"
feed='cat /dev/zero'
bad "standard input is endlessly NUL" "$dir" "standard input"
feed='sleep 5'
bad "standard input is silent" "$dir" "standard input"
feed='while echo; do sleep 0.02; done'
bad "standard input trickles" "$dir" "standard input"
feed=
# What a shell cannot feed: no descriptor, or one that cannot be read.
for redirection in '<&-' '</' '>/dev/null <&1'; do
	start=$(date +%s%N)
	output=$(cd "$dir" && eval "timeout 20 '$hook' createRuntime --host-config '$enforce' \
		$redirection" 2>&1)
	status=$?
	took=$((($(date +%s%N) - start) / 1000000))
	is "standard input is $redirection: denied" "$status" 1
	if [[ $redirection != *null* ]]; then
		like "standard input is $redirection: in one clear line" "$output" "$clear_line"
	fi
	is "standard input is $redirection: within a second" $((took < second)) 1
done

# --- host.json: without it, nobody has asked for audit mode ---

host=$work/hosts/broken/host.json
host_config broken >/dev/null
hook_run "$host" "$dir"
is "a good host.json passes" "$status:$output" "0:"
rm "$host"
denies "host.json is missing" "$host" "$dir" "host.json"
: >"$host"
denies "host.json is empty" "$host" "$dir" "host.json"
head -c 60 "$audit" >"$host"
denies "host.json is truncated" "$host" "$dir" "host.json"
for edit in '.format = 2' '.format = "1"' 'del(.format)' '.mode = "permissive"' '.modus = "audit"' \
	'.gate = "on"' '.policies = []' '.policies[0].use = "restrict"' \
	'.policies = [{when: {engine: "podman"}, use: "baseline"}]' '.log.file = "relative"' \
	'.log.on_failure = "maybe"' '.log = []'; do
	jq ".mode = \"enforce\" | $edit" "$audit" >"$host"
	denies "host.json: $edit" "$host" "$dir" 'broken/host\.json|no policy "restrict"'
done
host_config broken >/dev/null
chmod 666 "$host"
denies "host.json is writable by others" "$host" "$dir" "host.json"
chmod 664 "$host"
chgrp 12345 "$host"
denies "host.json is writable by a group" "$host" "$dir" "host.json"
chmod 644 "$host"
chown 12345 "$host"
denies "host.json belongs to somebody else" "$host" "$dir" "host.json"
chown 0:0 "$host"
chmod 777 "$work/hosts/broken"
denies "host.json's folder is writable by others" "$host" "$dir" "broken"
chmod 755 "$work/hosts/broken"
chown 12345 "$work/hosts/broken"
denies "host.json's folder belongs to somebody else" "$host" "$dir" "broken"
chown 0 "$work/hosts/broken"
rm "$host"
mkfifo "$host"
denies "host.json is a FIFO" "$host" "$dir" "host.json"
rm "$host"
mkdir "$host"
denies "host.json is a directory" "$host" "$dir" "host.json"
rmdir "$host"

# --- the policy ---

enforce=$(host_config enforce '.policies = [{use: "own"}]')
audit=$(host_config audit '.mode = "audit" | .policies = [{use: "own"}]')

# A good one first: otherwise all the following would be denied for nothing.
# policy EDIT - as the policy of both
policy() {
	local mode

	for mode in enforce audit; do
		rm -rf "$work/hosts/$mode/bundles"
		jq -n '{ format: 1, name: "own", extends: "restricted",
			rules: { "host-path": { action: "warn" } } } | '"$1" |
			own_policy $mode own
	done
}
policy .
hook_run "$enforce" "$dir"
is "a good policy passes" "$status:$output" "0:"

for edit in '.format = 2' 'del(.format)' '.name = "other"' '.name = "restricted"' \
	'.extends = "none"' '.extends = "own"' \
	'.rules."root-users".action = "off"' '.rules."root-user".action = "of"' \
	'.rules."memory-limit".maximum = "1Gi"' '.rules."memory-limit".max = "1Gx"' \
	'.rules."engine-socket".paths = "/run"' '.rules = []' '.rule = {}' \
	'.rules."seccomp-missing".profile = "none.json"'; do
	policy "$edit"
	bad "policy: $edit" "$dir" "own"
done
for mode in enforce audit; do
	rm -rf "$work/hosts/$mode/bundles"
done
bad "the policy is missing" "$dir" "own"
policy .
chmod 666 "$work"/hosts/*/bundles/own/policy.json
bad "the policy is writable by others" "$dir" "policy.json"
policy .
chmod 777 "$work"/hosts/*/bundles
bad "a folder above the policy is writable by others" "$dir" "bundles"
policy .
chown 12345 "$work"/hosts/*/bundles/own/policy.json
bad "the policy belongs to somebody else" "$dir" "policy.json"
policy .
for mode in enforce audit; do
	echo '{ "format": 1, "name": "own", ' >"$work/hosts/$mode/bundles/own/policy.json"
done
bad "the policy is truncated" "$dir" "policy.json"
for mode in enforce audit; do
	rm "$work/hosts/$mode/bundles/own/policy.json"
	mkdir "$work/hosts/$mode/bundles/own/policy.json"
done
bad "the policy is a directory" "$dir" "policy.json"
for mode in enforce audit; do
	rmdir "$work/hosts/$mode/bundles/own/policy.json"
	mkfifo "$work/hosts/$mode/bundles/own/policy.json"
done
bad "the policy is a FIFO" "$dir" "policy.json"
for mode in enforce audit; do
	rm "$work/hosts/$mode/bundles/own/policy.json"
	ln -s policy.json "$work/hosts/$mode/bundles/own/policy.json"
done
bad "the policy is a link to itself" "$dir" "policy.json"
policy .

# --- the log ---

# unwritable WHAT PATH - a log that cannot be written refuses in enforce mode
unwritable() {
	local to='.log.file = "'"$2"'"'

	denies "$1" "$(host_config log "$to")" "$dir" "record"
	starts "$1" "$(host_config log "$to"' | .mode = "audit"')" "$dir"
	starts "$1, which may be ignored" "$(host_config log "$to"' | .log.on_failure = "ignore"')" \
		"$dir"
}
unwritable "the log's folder is missing" "$work/none/log"
unwritable "the log is a directory" "$work"
unwritable "the log is full" /dev/full
mkfifo "$work/fifo.log"
unwritable "the log is a FIFO that nobody reads" "$work/fifo.log"
: >"$work/others.log"
chmod 666 "$work/others.log"
unwritable "the log is writable by others" "$work/others.log"
mkdir "$work/others"
chmod 777 "$work/others"
unwritable "the log's folder is writable by others" "$work/others/log"
is "and is not made there" "$(ls "$work/others")" ""

# --- too few resources ---

# starved WHAT LIMITS - in enforce mode allowed or denied, but never killed, and
# what it writes is whole
starved() {
	local log

	limits=$2
	rm -f "$work/hosts/enforce.log"
	hook_run "$enforce" "$dir"
	limits=
	log=$(cat "$work/hosts/enforce.log" 2>/dev/null)
	if [ $status -gt 1 ]; then
		not_ok "$1: allowed or denied" "exit code $status" "$output"
	elif [ $status = 1 ] && ! [[ $output =~ $clear_line ]]; then
		not_ok "$1: denied in one clear line" "$output"
	elif [ $took -ge $second ]; then
		not_ok "$1: within a second" "it took $took ms"
	elif [ -n "$log" ] && ! jq -e .verdict <<<"$log" >/dev/null 2>&1; then
		not_ok "$1: the log is whole" "$log"
	else
		ok "$1: $([ $status = 0 ] && echo allowed || echo denied)"
		denied=$((denied + status))
	fi
}

# smallest OPTION - KiB with which the kernel and the C library can start the
# program at all; with less, its first instruction is never reached
smallest() {
	local kib=0

	until bash -c 'ulimit "$1" "$2" && exec "$3" --version' bash "$1" $kib "$hook"; do
		kib=$((kib + 16))
	done >/dev/null 2>&1
	echo $kib
}

# steps WHAT OPTION STEP - memory that runs out at one point after the other
steps() {
	local first kib

	first=$(smallest "$2")
	denied=0
	for ((kib = first; kib < first + 50 * $3; kib += $3)); do
		starved "$kib KiB of $1" "ulimit $2 $kib"
	done
	is "$1: some of these are denied" $((denied > 0)) 1
	is "$1: some of these are allowed" $((denied < 50)) 1
}

denied=0
starved "no file may be written" "ulimit -f 0"
starved "no process may be started" "ulimit -u 0"
starved "no CPU time but a second" "ulimit -t 1"
# Sanitizers themselves need more than these.
if [ "$sanitizer" = no ]; then
	denied=0
	for n in 3 4 5 6 7 8 10 16; do
		starved "$n descriptors" "ulimit -n $n"
	done
	is "some of these are denied" $((denied > 0)) 1
	# The kernel takes up to 8 KiB of it at random: try the smallest often. The
	# environment lies there too, and this test's is larger than a hook's.
	for kib in 16 16 16 16 16 16 16 16 24 32 64 128; do
		starved "$kib KiB of stack" "unset \$(compgen -e); ulimit -s $kib"
	done
	steps "address space" -v 64
	steps "data" -d 24
fi

# --- the same in a runtime: crun gives its hooks the container's limits ---

for runtime in runc crun; do
	for limit in RLIMIT_NOFILE:3 RLIMIT_NOFILE:8 RLIMIT_FSIZE:0 RLIMIT_NPROC:1 RLIMIT_STACK:16384 \
		RLIMIT_DATA:4096 RLIMIT_AS:1048576 RLIMIT_CPU:1; do
		dir=$(bundle starved '.process.user.uid = 0' \
			'.process.rlimits = [{type: "'"${limit%:*}"'", hard: '"${limit#*:}"', soft: '"${limit#*:}"'}]')
		add_hook "$dir" createRuntime "$enforce"
		start=$(date +%s%N)
		run "$runtime" "$dir"
		took=$((($(date +%s%N) - start) / 1000000))
		if ran "$dir" || [ $status = 0 ]; then
			not_ok "$runtime, $limit: refused" "it ran" "$output"
		elif [ $took -gt 5000 ]; then
			not_ok "$runtime, $limit: refused in time" "it took $took ms"
		else
			ok "$runtime, $limit: refused"
		fi
	done
done

# --- nothing was left lying about ---

is "no file is left beside the log" \
	"$(find "$work/hosts" -maxdepth 1 -type f ! -name '*.log' ! -name '*.json')" ""
done_testing
