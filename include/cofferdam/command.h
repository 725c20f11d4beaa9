/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_COMMAND_H
#define COFFERDAM_COMMAND_H

/*
 * The command lines of runc and crun, understood as they understand them: which
 * verb, on which container, with which files. runc's are those of urfave/cli 1
 * (runc up to 1.5) and 3; crun's those of argp (glibc's getopt_long(3)).
 */

#include <stdbool.h>
#include <stddef.h>

#include <cofferdam/error.h>
#include <cofferdam/mem.h>

enum runtime {
	RUNTIME_RUNC,
	RUNTIME_CRUN,
};

const char *runtime_name(enum runtime runtime);

/* runtime_named - whose command line a program called @base has: "crun" and what
 * starts so, or else runc's. */
enum runtime runtime_named(const char *base);

enum verb {
	VERB_OTHER = 0,			/* none, or one that is not looked at */
	VERB_CREATE,
	VERB_RUN,
	VERB_RESTORE,
	VERB_EXEC,
	VERB_UPDATE,
	VERB_CHECKPOINT,
	VERB_MOUNTS,			/* crun's: adds mounts to a running container */
	VERB_DELETE,
	VERB_MAX
};

enum option_id {
	OPTION_OTHER = 0,		/* understood, and of no concern */
	OPTION_HELP,			/* prints something and does nothing else */
	OPTION_ROOT,
	OPTION_ROOTLESS,
	OPTION_LOG,
	OPTION_LOG_FORMAT,
	OPTION_BUNDLE,
	OPTION_CONFIG,
	OPTION_SYSTEMD_CGROUP,
	OPTION_CGROUP_MANAGER,
	OPTION_CGROUP,
	OPTION_PRESERVE_FDS,
	OPTION_PROCESS,
	OPTION_RESOURCES,
	/* what makes the process of an exec; gone once that is a file of its own */
	OPTION_CWD,
	OPTION_ENV,
	OPTION_TTY,
	OPTION_USER,
	OPTION_GIDS,
	OPTION_CAP,
	OPTION_LABEL,
	OPTION_APPARMOR,
	OPTION_NO_NEW_PRIVS,
	/* what an update sets */
	OPTION_MEMORY,
	OPTION_MEMORY_SWAP,
	OPTION_MEMORY_RESERVATION,
	OPTION_CPU_PERIOD,
	OPTION_CPU_QUOTA,
	OPTION_CPU_SHARE,
	OPTION_CPU_RT_PERIOD,
	OPTION_CPU_RT_RUNTIME,
	OPTION_CPUSET_CPUS,
	OPTION_PIDS_LIMIT,
	OPTION_L3_CACHE_SCHEMA,
	OPTION_MEM_BW_SCHEMA,
};

/* One option as it was given. */
struct command_option {
	enum option_id id;
	const char *name;		/* the long one, without dashes */
	const char *value;		/* NULL for a flag */
	bool on;			/* a flag's */
	bool global;			/* given before the verb */
};

struct command_line {
	enum runtime runtime;
	enum verb verb;
	const char *word;		/* the verb as given, or NULL: there is none */
	int verb_at;			/* its index in argv; argc when there is none */
	bool harmless;			/* help, version: nothing will be done */
	struct command_option *options;
	size_t n_options;
	char **args;			/* arguments that are no options, the container's id
					 * first; owned here, the strings are argv's */
	size_t n_args;
};

/*
 * command_parse - @argv, ended by NULL, must outlive the result. -EINVAL, with
 * the options read so far (--log among them), when a judged verb's command line
 * is not understood: neither runtime would take it, or it is one of theirs that
 * is not known here.
 */
int command_parse(enum runtime runtime, int argc, char **argv, struct command_line *ret,
		  struct error *err) must_check;
void command_free(struct command_line *command);
#define _cleanup_command_ _cleanup_(command_free)

/* command_value - the value of the last @id, or NULL: that is the one that counts. */
const char *command_value(const struct command_line *command, enum option_id id);

/* command_on - whether the flag @id is on. */
bool command_on(const struct command_line *command, enum option_id id);

/* command_id_valid - whether runc takes @id for a container's (utils_linux.go). */
bool command_id_valid(const char *id);

/*
 * command_with_process - the arguments of the exec @command with everything that
 * made its process taken out and --process @path instead. An array ended by
 * NULL, in one allocation; NULL when memory is exhausted.
 */
char **command_with_process(const struct command_line *command, char **argv, const char *path);

#endif
