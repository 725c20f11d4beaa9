/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of runc (1.1 to 1.5) and crun (1.8 to 1.29), verb by verb: from
 * their sources and their --help. argp's own are there because they take part
 * in abbreviation.
 */
#include "door-private.h"

#include <string.h>

#define ARGP_OWN \
	{ "help", '?', TAKES_NOTHING, BY_CRUN, OPTION_HELP }, \
	{ "usage", 0, TAKES_NOTHING, BY_CRUN, OPTION_HELP }, \
	{ "program-name", 0, TAKES_VALUE, BY_CRUN, OPTION_OTHER }, \
	{ "HANG", 0, TAKES_MAYBE, BY_CRUN, OPTION_OTHER }
#define HELP { "help", 'h', TAKES_NOTHING, BY_RUNC, OPTION_HELP }, ARGP_OWN
#define END { NULL, 0, TAKES_NOTHING, 0, OPTION_OTHER }

static const struct option_row global_rows[] = {
	{ "debug", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "log", 0, TAKES_VALUE, BY_BOTH, OPTION_LOG },
	{ "log-format", 0, TAKES_VALUE, BY_BOTH, OPTION_LOG_FORMAT },
	{ "log-level", 0, TAKES_VALUE, BY_CRUN, OPTION_OTHER },
	{ "root", 0, TAKES_VALUE, BY_BOTH, OPTION_ROOT },
	{ "rootless", 0, TAKES_VALUE, BY_BOTH, OPTION_ROOTLESS },
	{ "systemd-cgroup", 0, TAKES_NOTHING, BY_BOTH, OPTION_SYSTEMD_CGROUP },
	{ "criu", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER },
	{ "cgroup-manager", 0, TAKES_VALUE, BY_CRUN, OPTION_CGROUP_MANAGER },
	{ "version", 'v', TAKES_NOTHING, BY_BOTH, OPTION_HELP },
	{ "", 'V', TAKES_NOTHING, BY_CRUN, OPTION_HELP },
	HELP, END
};

#define STARTS \
	{ "bundle", 'b', TAKES_VALUE, BY_BOTH, OPTION_BUNDLE }, \
	{ "console-socket", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER }, \
	{ "pid-file", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER }, \
	{ "no-pivot", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER }

#define MAKES \
	{ "config", 'f', TAKES_VALUE, BY_CRUN, OPTION_CONFIG }, \
	{ "pidfd-socket", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER }, \
	{ "no-new-keyring", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER }, \
	{ "preserve-fds", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER }

static const struct option_row create_rows[] = {
	STARTS, MAKES,
	{ "no-subreaper", 0, TAKES_NOTHING, BY_CRUN, OPTION_OTHER },
	HELP, END
};

static const struct option_row run_rows[] = {
	STARTS, MAKES,
	{ "detach", 'd', TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "keep", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "no-subreaper", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	HELP, END
};

#define CRIU \
	{ "image-path", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER }, \
	{ "work-path", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER }, \
	{ "tcp-established", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER }, \
	{ "tcp-skip-in-flight", 0, TAKES_NOTHING, BY_RUNC, OPTION_OTHER }, \
	{ "link-remap", 0, TAKES_NOTHING, BY_RUNC, OPTION_OTHER }, \
	{ "ext-unix-sk", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER }, \
	{ "shell-job", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER }, \
	{ "file-locks", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER }, \
	{ "network-lock", 0, TAKES_NOTHING, BY_CRUN, OPTION_OTHER }, \
	{ "manage-cgroups-mode", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER }, \
	{ "lazy-pages", 0, TAKES_NOTHING, BY_RUNC, OPTION_OTHER }, \
	{ "empty-ns", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER }, \
	{ "auto-dedup", 0, TAKES_NOTHING, BY_RUNC, OPTION_OTHER }

static const struct option_row restore_rows[] = {
	STARTS, CRIU,
	{ "detach", 'd', TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "no-subreaper", 0, TAKES_NOTHING, BY_RUNC, OPTION_OTHER },
	{ "tcp-close", 0, TAKES_NOTHING, BY_CRUN, OPTION_OTHER },
	{ "lsm-profile", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "lsm-mount-context", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	HELP, END
};

static const struct option_row checkpoint_rows[] = {
	CRIU,
	{ "parent-path", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "leave-running", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "status-fd", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER },
	{ "page-server", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER },
	{ "pre-dump", 0, TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	HELP, END
};

static const struct option_row exec_rows[] = {
	{ "process", 'p', TAKES_VALUE, BY_BOTH, OPTION_PROCESS },
	{ "cwd", 0, TAKES_VALUE, BY_BOTH, OPTION_CWD },
	{ "env", 'e', TAKES_VALUE, BY_BOTH, OPTION_ENV },
	{ "tty", 't', TAKES_NOTHING, BY_RUNC, OPTION_TTY },
	{ "tty", 't', TAKES_MAYBE, BY_CRUN, OPTION_TTY },
	{ "user", 'u', TAKES_VALUE, BY_BOTH, OPTION_USER },
	{ "additional-gids", 'g', TAKES_VALUE, BY_RUNC, OPTION_GIDS },
	{ "cap", 'c', TAKES_VALUE, BY_BOTH, OPTION_CAP },
	{ "process-label", 0, TAKES_VALUE, BY_BOTH, OPTION_LABEL },
	{ "apparmor", 0, TAKES_VALUE, BY_BOTH, OPTION_APPARMOR },
	{ "no-new-privs", 0, TAKES_NOTHING, BY_BOTH, OPTION_NO_NEW_PRIVS },
	{ "detach", 'd', TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "console-socket", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "pidfd-socket", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER },
	{ "pid-file", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "preserve-fds", 0, TAKES_VALUE, BY_BOTH, OPTION_PRESERVE_FDS },
	{ "cgroup", 0, TAKES_VALUE, BY_BOTH, OPTION_CGROUP },
	{ "ignore-paused", 0, TAKES_NOTHING, BY_RUNC, OPTION_OTHER },
	HELP, END
};

static const struct option_row update_rows[] = {
	{ "resources", 'r', TAKES_VALUE, BY_BOTH, OPTION_RESOURCES },
	{ "memory", 0, TAKES_VALUE, BY_BOTH, OPTION_MEMORY },
	{ "memory-swap", 0, TAKES_VALUE, BY_BOTH, OPTION_MEMORY_SWAP },
	{ "memory-reservation", 0, TAKES_VALUE, BY_BOTH, OPTION_MEMORY_RESERVATION },
	{ "kernel-memory", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "kernel-memory-tcp", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "cpu-period", 0, TAKES_VALUE, BY_BOTH, OPTION_CPU_PERIOD },
	{ "cpu-quota", 0, TAKES_VALUE, BY_BOTH, OPTION_CPU_QUOTA },
	{ "cpu-burst", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER },
	{ "cpu-share", 0, TAKES_VALUE, BY_BOTH, OPTION_CPU_SHARE },
	{ "cpu-rt-period", 0, TAKES_VALUE, BY_BOTH, OPTION_CPU_RT_PERIOD },
	{ "cpu-rt-runtime", 0, TAKES_VALUE, BY_BOTH, OPTION_CPU_RT_RUNTIME },
	{ "cpu-idle", 0, TAKES_VALUE, BY_RUNC, OPTION_OTHER },
	{ "cpuset-cpus", 0, TAKES_VALUE, BY_BOTH, OPTION_CPUSET_CPUS },
	{ "cpuset-mems", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "blkio-weight", 0, TAKES_VALUE, BY_BOTH, OPTION_OTHER },
	{ "pids-limit", 0, TAKES_VALUE, BY_BOTH, OPTION_PIDS_LIMIT },
	{ "l3-cache-schema", 0, TAKES_VALUE, BY_BOTH, OPTION_L3_CACHE_SCHEMA },
	{ "mem-bw-schema", 0, TAKES_VALUE, BY_BOTH, OPTION_MEM_BW_SCHEMA },
	HELP, END
};

static const struct option_row mounts_rows[] = { HELP, END };

static const struct option_row delete_rows[] = {
	{ "force", 'f', TAKES_NOTHING, BY_BOTH, OPTION_OTHER },
	{ "regex", 'r', TAKES_NOTHING, BY_CRUN, OPTION_OTHER },
	HELP, END
};

static const struct {
	const char *word;
	unsigned by;
	const struct option_row *rows;
} verbs[VERB_MAX] = {
	[VERB_OTHER] = { "", 0, global_rows },
	[VERB_CREATE] = { "create", BY_BOTH, create_rows },
	[VERB_RUN] = { "run", BY_BOTH, run_rows },
	[VERB_RESTORE] = { "restore", BY_BOTH, restore_rows },
	[VERB_EXEC] = { "exec", BY_BOTH, exec_rows },
	[VERB_UPDATE] = { "update", BY_BOTH, update_rows },
	[VERB_CHECKPOINT] = { "checkpoint", BY_BOTH, checkpoint_rows },
	[VERB_MOUNTS] = { "mounts", BY_CRUN, mounts_rows },
	[VERB_DELETE] = { "delete", BY_BOTH, delete_rows },
};

const struct option_row *option_rows(enum verb verb)
{
	return verbs[verb].rows;
}

enum verb verb_of(enum runtime runtime, const char *word)
{
	const unsigned by = runtime == RUNTIME_CRUN ? BY_CRUN : BY_RUNC;

	for (size_t i = 1; i < VERB_MAX; i++) {
		if ((verbs[i].by & by) && strcmp(verbs[i].word, word) == 0)
			return (enum verb)i;
	}
	return VERB_OTHER;
}
