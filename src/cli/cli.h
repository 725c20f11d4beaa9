/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* The command line: one row a command, and what commands share. */

#include <pthread.h>
#include <sys/stat.h>

#include <cofferdam/host.h>
#include <cofferdam/report.h>
#include <cofferdam/verdict.h>

/* Exit statuses; over several inputs the worst wins: 3, then 1, then 0. */
enum status {
	STATUS_ALLOWED = 0,
	STATUS_DENIED = 1,
	STATUS_USAGE = 2,
	STATUS_UNJUDGED = 3,
};

struct command {
	const char *name;
	const char *usage;		/* what follows the name */
	const char *summary;		/* one line of the overview */
	const char *help;		/* the rest of its --help */
	int (*run)(const struct command *self, int argc, char **argv);
};

#define STDIN_WAIT_MS 60000	/* a person may be typing */

/* Options that several commands take; "" and zero are the defaults. */
struct cli_options {
	const char *policy;		/* NULL: what host.json says */
	const char *host_config;
	const char *facts;
	const char *format;		/* NULL: text */
	const char *exec;		/* a process file, judged as an exec */
	const char *jobs;		/* of check: how many threads; NULL: one a processor */
	const char *id, *bundle;	/* as the runtime would be given them, or NULL */
	const char *arch, *caps;	/* of seccomp: NULL: this host's, the default's */
	enum engine engine;
	enum door door;
	const char *engines, *way;	/* of install: --engine and --door, which take more words */
	const char *root;		/* NULL: / */
	const char *digest;		/* of bundle install, or NULL */
	const char *config;		/* of policy show: for whom */
	bool verbose, diff, in_place, effective, plan, enforce, canary;
};

/* cli_commands - the rows of all commands, @ret_n many. */
const struct command *cli_commands(size_t *ret_n);

/* cli_option_name - the names of all options, NULL behind the last; some are there twice. */
const char *cli_option_name(size_t i);
/* cli_option_takes - whether --@name takes a value. */
bool cli_option_takes(const char *name);

/*
 * cli_options - parse what @accepts names by letter: p(olicy) h(ost-config)
 * F(acts) f(ormat) e(ngine) d(oor) I(d) j(obs) B(undle) a(rch) c(aps) v(erbose)
 * D(iff) i(n-place) x (--exec), of policy show effective(S) f(O)r, of bundle di(G)est, and of
 * install and doctor E(ngine) w(ay: --door) r(oot) P(lan) X(--enforce) C(anary). The
 * operands are left in argv from the index returned; negative: the exit status
 * has been explained, and is ~return.
 */
int cli_options(const struct command *self, int argc, char **argv, const char *accepts,
		struct cli_options *ret);

/*
 * cli_only - 0, or an exit status, which has been explained: an option was given that is not of
 * @accepts, which is what @what takes, a word of the command. Nothing is passed over in silence.
 */
int cli_only(const struct command *self, const struct cli_options *options, const char *what,
	     const char *accepts);

/* cli_usage - explain a usage error on standard error. Returns STATUS_USAGE. */
int cli_usage(const struct command *self, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* cli_fail - print an error. Returns STATUS_UNJUDGED. */
int cli_fail(const struct error *err);

/* cli_print - write a buffer to standard output. Returns @status, or
 * STATUS_UNJUDGED if that fails. */
int cli_print(const struct buf *out, int status);

/* cli_foreign - append a name that came from outside, escaped and whole. */
void cli_foreign(struct buf *out, const char *name);

/* cli_worst - the status that wins over both. */
int cli_worst(int a, int b);

/* cli_status - the exit status of a verdict. */
int cli_status(enum verdict verdict);

/* cli_policy - the policy that the options name, alone: no host's overlay. */
int cli_policy(const struct cli_options *options, struct policy **ret,
	       struct error *err) must_check;

/* The policies that inputs may be judged by: one, or what host.json chooses. */
struct policies {
	struct policy *named;		/* by --policy; NULL: the host chooses */
	struct host *host;
	struct policy **chosen;		/* one an entry of its "policies", or a single one;
					 * NULL: could not be loaded */
};

/* policies_load - what the options name, or else all that host.json may choose. */
int policies_load(const struct cli_options *options, struct policies *ret,
		  struct error *err) must_check;
void policies_free(struct policies *policies);
#define _cleanup_policies_ _cleanup_(policies_free)

/*
 * policies_for - the policy for @subject, of which spec, engine, id and bundle
 * are looked at, and whose labels are set; owned by @policies.
 */
int policies_for(const struct policies *policies, struct subject *subject,
		 const struct policy **ret, struct error *err) must_check;

#define POOL_THREADS_MAX 64u	/* that judge at once */

/* What earlier inputs left for one that is judged and told after them; or NULLs. */
struct desk {
	struct facts_seen *seen;
	struct json_shared *shared;
	struct report_kept *kept;
};

/* Facts of the host that many inputs share, looked up once a policy, on any thread. */
struct lent {
	pthread_mutex_t lock;
	size_t asked;			/* a single input looks for itself, and for less */
	struct {
		const struct policy *policy;
		struct facts_host *host;
		struct known_profiles known;
	} v[8];				/* of more policies than these nothing is shared */
	size_t n;
	struct desk idle[POOL_THREADS_MAX];	/* of inputs that are told */
	size_t n_idle;
};

/* lent_for - of @policy, and the seccomp profiles known by now; NULL: to be looked up. */
const struct facts_host *lent_for(struct lent *lent, const struct policy *policy,
				  struct known_profiles *known);
/* lent_desk - for one input; lent_return - it is told. */
struct desk lent_desk(struct lent *lent);
void lent_return(struct lent *lent, struct desk *desk);
/* lent_learn - what @c was judged by may serve the next. */
void lent_learn(struct lent *lent, const struct candidate *c);
void lent_free(struct lent *lent);
#define _cleanup_lent_ _cleanup_(lent_free)

/* A configuration named on the command line. */
struct input {
	char *name;			/* for messages */
	int dir_fd;			/* its folder, for relative paths and rewriting */
	char *dir;			/* that folder's real path where no link leads there; or NULL */
	char *base;			/* the file's name in that folder; NULL for "-" */
	struct stat st;
	struct buf text;
	struct lent *lent;		/* or NULL */
	struct known_profiles known;	/* what it was lent */
	struct facts_seen *seen;	/* or NULL */
	struct json_shared *shared;	/* or NULL; outlives what is judged */
	bool sketch;			/* remedies need not be whole: none is shown or made */
};

/* input_read - read @path: a config.json, a bundle that holds one, or "-". */
int input_read(const char *path, struct input *ret, struct error *err) must_check;
/* input_read_file - the same of what is no bundle. */
int input_read_file(const char *path, struct input *ret, struct error *err) must_check;
/* input_in - the path of @name in @folder, for free(3); NULL without memory. */
char *input_in(const char *folder, const char *name);
void input_free(struct input *input);
#define _cleanup_input_ _cleanup_(input_free)

/*
 * input_judge - parse, gather or load facts, and decide; @input must live as long as @ret.
 * With options->exec the process of that file is judged, and put into the input's text;
 * @admitted (a zeroed struct, which must live as long, too) is what the input held.
 */
int input_judge(struct input *input, const struct cli_options *options,
		const struct policies *policies, struct candidate *admitted,
		struct candidate *ret, struct error *err) must_check;

/* policy_lint - one policy; policy_lint_host - host.json and all that it uses. */
int policy_lint(const struct cli_options *options, const char *name);
int policy_lint_host(const struct cli_options *options);

/* log_open - a file for reading, or "-": a descriptor of standard input. */
int log_open(const char *path, int *ret, struct error *err) must_check;

/* policy_show, policy_diff - the commands, with what follows their names. */
int policy_show(const struct command *self, const struct cli_options *options, int argc,
		char **argv);
int policy_diff(const struct cli_options *options, const char *a, const char *b);
int policy_test(const struct cli_options *options, const char *name);
int policy_bases(void);

int cmd_bundle(const struct command *self, int argc, char **argv);
int cmd_check(const struct command *self, int argc, char **argv);
int cmd_harden(const struct command *self, int argc, char **argv);
int cmd_facts(const struct command *self, int argc, char **argv);
int cmd_completion(const struct command *self, int argc, char **argv);
int cmd_controls(const struct command *self, int argc, char **argv);
int cmd_rules(const struct command *self, int argc, char **argv);
int cmd_explain(const struct command *self, int argc, char **argv);
int cmd_log(const struct command *self, int argc, char **argv);
int cmd_policy(const struct command *self, int argc, char **argv);
int cmd_seccomp(const struct command *self, int argc, char **argv);
int cmd_install(const struct command *self, int argc, char **argv);
int cmd_uninstall(const struct command *self, int argc, char **argv);
int cmd_status(const struct command *self, int argc, char **argv);
int cmd_doctor(const struct command *self, int argc, char **argv);

#endif
