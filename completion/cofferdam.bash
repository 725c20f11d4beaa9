# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Written by: cofferdam completion bash (make generated)

# the names of policies: those that are shipped, and the host's bundles
_cofferdam_policies()
{
	local dir

	echo baseline restricted cis-docker
	for dir in /etc/cofferdam/bundles/*/; do
		dir=${dir%/}
		[ -d "$dir" ] && [[ ${dir##*/} != *[!A-Za-z0-9._-]* ]] && echo "${dir##*/}"
	done
}

# _cofferdam_reply WORDS [f|d] - what of them, and of files or folders, begins as typed
_cofferdam_reply()
{
	local word

	while IFS= read -r word; do
		COMPREPLY+=("$word")
	done < <(compgen -W "$1" -- "$cur"; [ -z "${2-}" ] || compgen -"$2" -- "$cur")
	if [ -n "${2-}" ]; then
		compopt -o filenames 2>/dev/null
	fi
}

_cofferdam()
{
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]}

	COMPREPLY=()
	if [ "$COMP_CWORD" -eq 1 ]; then
		_cofferdam_reply "check harden facts rules controls explain log policy bundle seccomp install uninstall status doctor completion help --help --version"
		return
	fi
	case $command:$prev in
	check:--policy)
		_cofferdam_reply "$(_cofferdam_policies)" f
		return ;;
	check:--host-config)
		_cofferdam_reply "" f
		return ;;
	check:--facts)
		_cofferdam_reply "" f
		return ;;
	check:--exec)
		:
		return ;;
	check:--format)
		_cofferdam_reply "text json"
		return ;;
	check:--engine)
		_cofferdam_reply "podman crio containerd docker"
		return ;;
	check:--door)
		_cofferdam_reply "runtime hook precreate"
		return ;;
	check:--jobs)
		:
		return ;;
	check:--id)
		:
		return ;;
	check:--bundle)
		_cofferdam_reply "" d
		return ;;
	harden:--policy)
		_cofferdam_reply "$(_cofferdam_policies)" f
		return ;;
	harden:--host-config)
		_cofferdam_reply "" f
		return ;;
	harden:--facts)
		_cofferdam_reply "" f
		return ;;
	harden:--format)
		_cofferdam_reply "json"
		return ;;
	harden:--engine)
		_cofferdam_reply "podman crio containerd docker all"
		return ;;
	harden:--id)
		:
		return ;;
	harden:--bundle)
		_cofferdam_reply "" d
		return ;;
	facts:--policy)
		_cofferdam_reply "$(_cofferdam_policies)" f
		return ;;
	facts:--host-config)
		_cofferdam_reply "" f
		return ;;
	rules:--format)
		_cofferdam_reply "text json md"
		return ;;
	controls:--format)
		_cofferdam_reply "text json md"
		return ;;
	explain:--policy)
		_cofferdam_reply "$(_cofferdam_policies)" f
		return ;;
	explain:--host-config)
		_cofferdam_reply "" f
		return ;;
	log:--host-config)
		_cofferdam_reply "" f
		return ;;
	log:--format)
		_cofferdam_reply "text json"
		return ;;
	policy:--host-config)
		_cofferdam_reply "" f
		return ;;
	policy:--format)
		_cofferdam_reply "text json"
		return ;;
	policy:--engine)
		_cofferdam_reply "podman crio containerd docker all"
		return ;;
	policy:--id)
		:
		return ;;
	policy:--bundle)
		_cofferdam_reply "" d
		return ;;
	policy:--for)
		_cofferdam_reply "" f
		return ;;
	bundle:--host-config)
		_cofferdam_reply "" f
		return ;;
	bundle:--format)
		_cofferdam_reply "text json"
		return ;;
	bundle:--digest)
		:
		return ;;
	seccomp:--format)
		_cofferdam_reply "text json bpf"
		return ;;
	seccomp:--arch)
		:
		return ;;
	seccomp:--caps)
		:
		return ;;
	install:--engine)
		_cofferdam_reply "podman crio containerd docker all"
		return ;;
	install:--door)
		_cofferdam_reply "runtime hook precreate divert"
		return ;;
	install:--root)
		_cofferdam_reply "" d
		return ;;
	uninstall:--engine)
		_cofferdam_reply "podman crio containerd docker all"
		return ;;
	uninstall:--root)
		_cofferdam_reply "" d
		return ;;
	status:--root)
		_cofferdam_reply "" d
		return ;;
	doctor:--format)
		_cofferdam_reply "text json"
		return ;;
	doctor:--root)
		_cofferdam_reply "" d
		return ;;
	help:*)
		_cofferdam_reply "check harden facts rules controls explain log policy bundle seccomp install uninstall status doctor completion"
		return ;;
	esac
	case $command:$cur:$COMP_CWORD in
	check:-*)
		_cofferdam_reply "--policy --host-config --facts --exec --format --engine --door --jobs --id --bundle --verbose --help" ;;
	check:*)
		_cofferdam_reply "" f ;;
	harden:-*)
		_cofferdam_reply "--policy --host-config --facts --format --engine --id --bundle --verbose --diff --in-place --help" ;;
	harden:*)
		_cofferdam_reply "" f ;;
	facts:-*)
		_cofferdam_reply "--policy --host-config --help" ;;
	facts:*)
		_cofferdam_reply "" f ;;
	rules:-*)
		_cofferdam_reply "--format --help" ;;
	rules:*)
		: ;;
	controls:-*)
		_cofferdam_reply "--format --help" ;;
	controls:*)
		: ;;
	explain:-*)
		_cofferdam_reply "--policy --host-config --help" ;;
	explain:*)
		_cofferdam_reply "ambiguous-config privileged runtime-annotations foreign-hooks host-pid host-network host-ipc host-uts host-mount host-cgroup host-user foreign-namespace sensitive-mount engine-socket host-path host-socket mount-type mount-over-system mount-propagation mount-flags root-user protected-ids root-group capabilities inheritable-capabilities no-new-privileges seccomp-missing seccomp-weak apparmor selinux devices device-cgroup net-devices sys-writable proc-unmasked sysctl personality rootfs-writable rootfs-host rootfs-symlink cwd-unsafe memory-limit pids-limit cpu-limit rlimits oom-score realtime cgroup-path preload-env secret-env image placement exec-exceeds exec-denied exec-terminal exec-user update-weakens restore-denied" f ;;
	log:-*)
		_cofferdam_reply "--host-config --format --help" ;;
	log:*:2)
		_cofferdam_reply "summary" ;;
	log:*)
		_cofferdam_reply "" f ;;
	policy:-*)
		_cofferdam_reply "--host-config --format --engine --id --bundle --verbose --effective --for --help" ;;
	policy:*:2)
		_cofferdam_reply "lint show diff test bases" ;;
	policy:*)
		_cofferdam_reply "$(_cofferdam_policies)" f ;;
	bundle:-*)
		_cofferdam_reply "--host-config --format --digest --help" ;;
	bundle:*:2)
		_cofferdam_reply "verify seal install list activate rollback" ;;
	bundle:*)
		_cofferdam_reply "" f ;;
	seccomp:-*)
		_cofferdam_reply "--format --arch --caps --help" ;;
	seccomp:*:2)
		_cofferdam_reply "show lint compare" ;;
	seccomp:*)
		_cofferdam_reply "hardened compat32 build podman" f ;;
	install:-*)
		_cofferdam_reply "--engine --door --root --plan --enforce --help" ;;
	install:*)
		: ;;
	uninstall:-*)
		_cofferdam_reply "--engine --root --plan --help" ;;
	uninstall:*)
		: ;;
	status:-*)
		_cofferdam_reply "--root --help" ;;
	status:*)
		: ;;
	doctor:-*)
		_cofferdam_reply "--format --root --canary --help" ;;
	doctor:*)
		: ;;
	completion:-*)
		_cofferdam_reply "--help" ;;
	completion:*:2)
		_cofferdam_reply "bash zsh" ;;
	completion:*)
		: ;;
	esac
}

complete -F _cofferdam cofferdam
