/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_HOST_H
#define COFFERDAM_HOST_H

/* host.json: how this host uses Cofferdam. */

#include <cofferdam/policy.h>

/* Where it is, unless another is named. */
#define HOST_FILE SYSCONFDIR "/cofferdam/host.json"

enum mode {
	MODE_ENFORCE = 0,
	MODE_AUDIT,			/* the dry run: log, refuse nothing, change nothing */
};

const char *mode_name(enum mode mode);

/* The exec gate: what the hook does beyond refusing. */
enum gate_use {
	GATE_ENFORCE = 0,		/* tighten what can be tightened, and verify */
	GATE_VERIFY,			/* kill what is not as it was admitted */
	GATE_OFF,
};

const char *gate_use_name(enum gate_use use);

/* The log sinks, and what to do when one fails. */
struct log_config {
	char *file;			/* absolute path, or NULL */
	bool journald;
	bool syslog;
	uid_t owner;			/* whose folders the file may lie in, besides root's */
	bool on_failure_ignore;		/* false: a record that cannot be written denies */
};

/* The real runtimes of one engine: absolute paths, or NULL. */
struct host_engine {
	char *any;			/* for whichever name its own name begins with */
	char *runc, *crun;		/* for the door when it is called so */
};

/* An entry of "policies". */
struct host_choice {
	bool any;			/* it has no "when" */
	struct when when;
	char *use;			/* policy name */
	bool audit;			/* for whom it is chosen, only say what it would do */
	struct origin at;		/* its file is owned by the host */
};

struct host {
	char *path;			/* NULL: built-in defaults, no file */
	enum mode mode;
	enum gate_use gate;
	struct log_config log;
	struct host_choice *choices;	/* first match wins; the last matches all */
	size_t n_choices;
	struct labels labels;		/* what this host is */
	const struct json *overlay;	/* rules and exemptions on top of every policy, or NULL */
	int64_t written;		/* when the file was, by its file system; 0 without one */
	struct json_doc *doc;		/* private */
	struct host_engine engines[ENGINE_MAX];
	bool unadmitted_deny;		/* a runtime door is installed: the hook refuses what
					 * did not pass it */
};

/*
 * host_load - read @path, or the default SYSCONFDIR/cofferdam/host.json when
 * @path is NULL. Only a missing file at the default path (ENOENT, nothing
 * else) gives the defaults: enforce, restricted, gate enforce. Without "log",
 * records go to syslog where there is one.
 */
int host_load(const char *path, uid_t owner, struct host **ret,
	      struct error *err) must_check;
void host_free(struct host **host);
#define _cleanup_host_ _cleanup_(host_free)

/*
 * host_bundle - load the policy @name as host.json's "use" would: from the
 * folder "bundles" beside it, or a shipped one; without the overlay.
 */
int host_bundle(const struct host *host, const char *name, uid_t owner,
		struct policy **ret, struct error *err) must_check;

/* host_choose - the entry of "policies" that @container falls to, or NULL: restricted. */
const struct host_choice *host_choose(const struct host *host,
				      const struct container *container);

/*
 * host_choices - how many entries "policies" has; one where there is none, which
 * host_choice() gives as NULL.
 */
size_t host_choices(const struct host *host);
const struct host_choice *host_choice(const struct host *host, size_t i);

/*
 * host_use - load the policy of @choice, which may be NULL, with the host's
 * overlay on top.
 */
int host_use(const struct host *host, const struct host_choice *choice, uid_t owner,
	     struct policy **ret, struct error *err) must_check;

/* host_policy - load the policy that applies to @container. */
int host_policy(const struct host *host, const struct container *container, uid_t owner,
		struct policy **ret, struct error *err) must_check;

/*
 * host_runtime - the runtime that the door called @name ("runc", "crun") stands
 * in front of for @engine; @name NULL: the only one there is. NULL when host.json
 * (@host, may be NULL) does not say.
 */
const char *host_runtime(const struct host *host, enum engine engine, const char *name);

#endif
