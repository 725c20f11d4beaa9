#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2317 # parts calls the functions
#
# The hook in real runtimes: what the policy forbids never runs, its user is
# told why, and what it allows runs as if there were no hook.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq
[ -x "$probe" ] || bail "$probe is not built"
setup_work
make_rootfs

me=$$
enforce=$(host_config enforce)
audit=$(host_config audit '.mode = "audit"')
policy_host sockets >/dev/null <<-END
	{ "format": 1, "name": "sockets", "extends": "restricted",
	  "rules": { "engine-socket": { "action": "deny",
	                                "paths": ["$work/engine/engine.sock"] },
	             "host-path": { "action": "warn" }, "mount-flags": { "action": "warn" },
	             "host-socket": { "action": "warn" } } }
END

# Paths that lead to places they do not name. Made in this test's own mount
# namespace, see lib.sh.
mkdir -p "$work"/{engine,alias-etc,alias-child,far}
ln -s /etc "$work/link-to-etc"
ln -s "$work/engine/engine.sock" "$work/link-to-socket"
mount --bind /etc "$work/alias-etc"
mount --bind /etc/default "$work/alias-child"
ln -s "$work/alias-child" "$work/far/link"
ln -s ../engine "$work/far/up"
perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0) && bind(S, sockaddr_un($ARGV[0])) || die' \
	"$work/engine/engine.sock" || bail "cannot make a socket"

# last_record HOST - the log's last line
last_record() {
	tail -n 1 "$work/hosts/$1.log" 2>/dev/null
}

# rules_that DECISION RECORD - the ids, sorted, of findings that decide so
rules_that() {
	jq -r --arg d "$1" '[.findings[]? | select(.decides == $d) | .rule] | unique | join(" ")' \
		<<<"$2" 2>&1
}

# refused RULES FILTER... - the container of a bundle so edited is refused, by
# those rules and no other. Uses $runtime, $stage, $host. With $zero, the
# runtime's exit code says nothing.
host=enforce
zero=false
decides=deny
refused() {
	local rules=$1 dir record what="$runtime $stage"

	shift
	dir=$(bundle refused "$@")
	add_hook "$dir" "$stage" "$work/hosts/$host/host.json"
	rm -f "$work/hosts/$host.log"
	run "$runtime" "$dir"
	record=$(last_record "$host")
	what="$what: $rules: $*"
	if ran "$dir" || { [ "$status" = 0 ] && ! $zero; }; then
		not_ok "$what" "it ran, exit code $status" "$output"
	elif [ "$(rules_that "$decides" "$record")" != "$rules" ]; then
		not_ok "$what" "denied by: $(rules_that "$decides" "$record")" "$record" "$output"
	elif [ "$(jq -r '.refused' <<<"$record")" != true ]; then
		not_ok "$what" "recorded as not refused" "$record"
	elif ! told "$rules"; then
		not_ok "$what" "the user is not told which rule" "$output"
	else
		ok "$what"
	fi
}

# bind SOURCE [DESTINATION]
bind() {
	echo '.mounts += [{destination: "/'"${2:-host}"'", type: "bind", source: "'"$1"'",
		options: ["rbind", "ro"]}]'
}

# told RULES - whether the user saw each of them
told() {
	local rule

	for rule in $1; do
		[[ $output == *"$rule"* ]] || return 1
	done
}

without() {
	echo '.linux.namespaces |= map(select(.type != "'"$1"'"))'
}

joining() {
	echo '(.linux.namespaces[] | select(.type == "'"$1"'")).path = "/proc/'"$me/ns/$2"'"'
}

# The card's violations, one at a time
violations() {
	host=enforce
	refused host-pid "$(without pid)"
	refused host-network "$(without network)"
	refused host-network "$(joining network net)"
	refused host-ipc "$(without ipc)"
	refused host-ipc "$(joining ipc ipc)"
	refused host-uts "$(without uts)" 'del(.hostname)'
	# Such a container mounts into its runtime's namespace: give it one to spoil.
	isolated=(unshare --mount)
	refused "host-mount proc-unmasked" "$(without mount)" 'del(.linux.maskedPaths, .linux.readonlyPaths)'
	isolated=()

	refused sensitive-mount "$(bind /etc)"
	refused sensitive-mount "$(bind /etc/)"
	refused sensitive-mount "$(bind /usr/../etc)"
	refused sensitive-mount "$(bind ../../../../etc)"
	refused sensitive-mount "$(bind /etc/default)"
	refused sensitive-mount "$(bind "$work/link-to-etc")"
	refused sensitive-mount "$(bind "$work/link-to-etc/default")"
	refused sensitive-mount "$(bind "$work/alias-etc")"
	refused sensitive-mount "$(bind "$work/alias-child")"
	refused sensitive-mount "$(bind "$work/far/link")"
	# Another thing to each process that looks: nothing to rely on.
	decides=unjudged
	refused "engine-socket mount-type sensitive-mount" "$(bind /proc/self/root/etc)"
	decides=deny
	refused "mount-type sensitive-mount" "$(bind /proc)"
	refused "mount-type sensitive-mount" "$(bind /sys)"
	refused "engine-socket sensitive-mount" "$(bind /)"
	# Harmless itself, but /etc is mounted below it
	refused sensitive-mount "$(bind "$work")"

	host=sockets
	refused engine-socket "$(bind "$work/engine/engine.sock" host.sock)"
	refused engine-socket "$(bind "$work/link-to-socket" host.sock)"
	refused engine-socket "$(bind "$work/engine")"
	refused engine-socket "$(bind "$work/far/up")"
	host=enforce

	refused root-user '.process.user.uid = 0'
	refused "protected-ids root-user" '.linux.namespaces += [{type: "user"}]' '.linux.uidMappings = [
		{containerID: 0, hostID: 100000, size: 1},
		{containerID: 1000, hostID: 0, size: 1}]' '.linux.gidMappings = [
		{containerID: 0, hostID: 100000, size: 2000}]'
	refused memory-limit 'del(.linux.resources.memory)'
	# crun 1.8 exits with 0 when any hook fails with this limit.
	[ "$runtime" = runc ] || zero=true
	refused memory-limit '.linux.resources.memory.limit = -1'
	zero=false
	refused pids-limit 'del(.linux.resources.pids)'
	refused cpu-limit 'del(.linux.resources.cpu)'
	refused "cpu-limit device-cgroup memory-limit pids-limit" 'del(.linux.resources)'

	# The hook cannot harden: what a policy wants hardened is refused there.
	refused rootfs-writable '.root.readonly = false'
	refused seccomp-missing 'del(.linux.seccomp)'
	refused no-new-privileges 'del(.process.noNewPrivileges)'
	refused capabilities '.process.capabilities.bounding += ["CAP_SYS_ADMIN"]'
	refused ambiguous-config '.process.NonewPrivileges = false'
	refused "host-pid memory-limit root-user sensitive-mount" "$(without pid)" \
		"$(bind /etc)" '.process.user.uid = 0' 'del(.linux.resources.memory)'
}

# Two network namespaces: crun joins the second, runc refuses by itself.
duplicates() {
	local dir

	dir=$(bundle duplicates '.linux.namespaces += [{type: "network", path: "/proc/'"$me"'/ns/net"}]')
	add_hook "$dir" "$stage" "$enforce"
	rm -f "$work/hosts/enforce.log"
	run "$runtime" "$dir"
	is "$runtime $stage: two network namespaces: nothing runs" \
		"$(ran "$dir" || [ "$status" = 0 ] || echo nothing)" nothing
	if [ "$runtime" = runc ]; then
		like "$runtime $stage: which it says itself" "$output" 'duplicated ns'
	else
		like "$runtime $stage: and why" \
			"$(rules_that deny "$(last_record enforce)")" ambiguous-config
	fi
}

# Near what is refused, and harmless
allowed() {
	local dir what="$runtime $stage: allowed: $*"

	dir=$(bundle allowed "$@")
	add_hook "$dir" "$stage" "$enforce"
	run "$runtime" "$dir"
	if ran "$dir"; then
		ok "$what"
	else
		not_ok "$what" "$output" "$(last_record enforce)"
	fi
}

near_misses() {
	allowed "$(bind /usr/share/zoneinfo)"
	allowed "$(bind "$work/far")"
	allowed '.linux.namespaces += [{type: "user"}]' '.process.user = {uid: 0, gid: 0}' \
		'.linux.uidMappings = [{containerID: 0, hostID: 100000, size: 2000}]' \
		'.linux.gidMappings = [{containerID: 0, hostID: 100000, size: 2000}]'
	allowed '.linux.resources.memory.limit = 67108864'
}

honest() {
	local dir record plain

	dir=$(bundle honest)
	run "$runtime" "$dir"
	plain=$status:$output
	add_hook "$dir" "$stage" "$enforce"
	rm -f "$work/hosts/enforce.log"
	run "$runtime" "$dir"
	is "$runtime $stage: the honest one runs as without a hook" "$status:$output" "$plain"
	is "$runtime $stage: and says what it says" "$output" "hello from inside"
	holds "$runtime $stage: and leaves its marker" ran "$dir"
	record=$(last_record enforce)
	is "$runtime $stage: it is logged as allowed" \
		"$(jq -r '"\(.verdict) \(.refused) \(.mode)"' <<<"$record" 2>&1)" "allow false enforce"
	is "$runtime $stage: one record" "$(wc -l <"$work/hosts/enforce.log")" 1
	is "$runtime $stage: that names the bundle" "$(jq -r .bundle <<<"$record" 2>&1)" "$dir"
}

dry_run() {
	local dir record

	dir=$(bundle audited "$(without pid)" "$(bind /etc)" '.process.user.uid = 0')
	add_hook "$dir" "$stage" "$audit"
	rm -f "$work/hosts/audit.log"
	run "$runtime" "$dir"
	record=$(last_record audit)
	holds "$runtime $stage: in audit mode the worst one runs" ran "$dir"
	is "$runtime $stage: with its own exit code" "$status" 0
	is "$runtime $stage: and is logged" \
		"$(jq -r '"\(.verdict) \(.refused) \(.mode)"' <<<"$record" 2>&1)" "deny false audit"
	is "$runtime $stage: with every reason" "$(rules_that deny "$record")" \
		"host-pid root-user sensitive-mount"
}

# Both stages at once, and each twice: old runc calls hooks twice anyway.
twice() {
	local dir

	dir=$(bundle twice)
	add_hook "$dir" prestart "$enforce"
	add_hook "$dir" createRuntime "$enforce"
	add_hook "$dir" createRuntime "$enforce"
	run "$runtime" "$dir"
	holds "$runtime: several registrations do not get in each other's way" ran "$dir"
}

# What a hardened container sees of itself
# shellcheck disable=SC2016 # expanded inside
ordinary=(
	'.root.readonly = false | del(.process.noNewPrivileges) | del(.linux.seccomp)'
	'.mounts |= map(select(.destination != "/tmp"))'
	'.process.capabilities |= map_values(["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_MKNOD",
		"CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETUID", "CAP_SYS_CHROOT"])'
	'.process.args = ["/bin/sh", "-c", "
		grep -E \"^(Cap|NoNewPrivs|Seccomp:)\" /proc/self/status
		for d in / /run /tmp /var/tmp; do
			(echo x >$d/file) 2>/dev/null && echo \"write $d ok\" || echo \"write $d no\"
		done
		grep -E \" (/tmp|/run|/var/tmp) \" /proc/self/mounts
		probe
		echo ran >/out/marker"]')

hardened() {
	local dir said name want

	dir=$(bundle hardened "${ordinary[@]}")
	add_hook "$dir" createRuntime "$enforce"
	run "$runtime" "$dir"
	unlike "$runtime: as it was, the hook refuses it" "$status:$(ls "$dir/out")" "^0|marker"
	said=$("$cofferdam" harden --host-config "$enforce" --in-place "$dir" 2>&1)
	is "$runtime: cofferdam harden --in-place" "$?" 0
	[ -z "$said" ] || note "$said"
	run "$runtime" "$dir"
	is "$runtime: hardened, it runs" "$status" 0
	holds "$runtime: to its end" ran "$dir"
	# Without ambient capabilities an ordinary user's program has none; the
	# bounding set says what it could ever get: bit 10, CAP_NET_BIND_SERVICE.
	like "$runtime: bounding set" "$output" $'CapBnd:\t0000000000000400'
	like "$runtime: effective set" "$output" $'CapEff:\t0000000000000000'
	like "$runtime: no_new_privs" "$output" $'NoNewPrivs:\t1'
	like "$runtime: a filter" "$output" $'Seccomp:\t2'
	like "$runtime: / is read-only" "$output" "write / no"
	for name in /run /tmp /var/tmp; do
		like "$runtime: $name is writable" "$output" "write $name ok"
		like "$runtime: and a tmpfs of its own" "$output" "tmpfs $name tmpfs [^ ]*size=65536k"
	done
	while read -r name want; do
		is "$runtime: inside, $name" "$(sed -n "s/^$name //p" <<<"$output")" "$want"
	done <<<"$inside"
}

inside="add_key EPERM
bpf EPERM
clone-net EPERM
clone-user EPERM
clone3 ENOSYS
fork ok
fsopen EPERM
init_module EPERM
io_uring_setup EPERM
ioctl ok
kexec_load EPERM
keyctl EPERM
mkfifo ok
mknod-device EPERM
mount EPERM
name_to_handle_at ENOSYS
open_by_handle_at EPERM
open_tree EPERM
perf_event_open EPERM
personality-read ok
personality-set EPERM
pivot_root EPERM
process_vm_readv EPERM
ptrace EPERM
sethostname EPERM
setns EPERM
socket-alg EAFNOSUPPORT
socket-alg-high EAFNOSUPPORT
socket-inet ok
socket-inet6 ok
socket-netlink-audit EPROTONOSUPPORT
socket-netlink-route ok
socket-packet EAFNOSUPPORT
socket-unix ok
socket-vsock EAFNOSUPPORT
socketpair ok
syscall-unknown ENOSYS
tioclinux EPERM
tiocsti EPERM
tiocsti-high EPERM
umount EPERM
unshare-mount EPERM
unshare-user EPERM
userfaultfd EPERM
write-root EROFS
write-tmp ok"
[ "$(uname -m)" != x86_64 ] || inside="$inside
syscall-i386 SIGSYS
syscall-x32 SIGSYS"

# The same profile where the runtime loads it before it drops privileges, which
# it then still has to do; and the probe where nothing filters, to prove that
# it can tell.
early() {
	local dir

	dir=$(bundle early '.process.noNewPrivileges = false' \
		'.process.args = ["/bin/sh", "-c", "id -u; probe unshare-user ptrace; echo ran >/out/marker"]')
	run "$runtime" "$dir"
	is "$runtime: the profile without no_new_privs" "$status:$output" \
		$'0:1000\nptrace EPERM\nunshare-user EPERM'
	dir=$(bundle unfiltered 'del(.linux.seccomp)' \
		'.process.args = ["/bin/probe", "ptrace", "keyctl", "fork", "clone3", "process_vm_readv"]')
	run "$runtime" "$dir"
	# SELinux, where it confines, lets no container trace
	like "$runtime: unfiltered, the probe may" "$output" \
		"clone3 ok"$'\n'"fork ok"$'\n'"keyctl (ok|ENOKEY)"$'\n'"process_vm_readv ok"$'\n'"ptrace $($selinux && echo EACCES || echo ok)"
}

for runtime in runc crun; do
	for stage in prestart createRuntime; do
		parts honest violations near_misses duplicates dry_run
	done
	parts twice early hardened
done

done_testing
