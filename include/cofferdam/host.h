/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_HOST_H
#define COFFERDAM_HOST_H

/* host.json: how this host uses Cofferdam. */

#include <cofferdam/policy.h>

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

struct host_choice {
	bool any_engine;
	bool engines[ENGINE_MAX];
	char *use;			/* policy name */
};

struct host {
	char *path;			/* NULL: built-in defaults, no file */
	enum mode mode;
	enum gate_use gate;
	struct log_config log;
	struct host_choice *choices;	/* first match wins; the last matches all */
	size_t n_choices;
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
 * folder "bundles" beside it, or a shipped one.
 */
int host_bundle(const struct host *host, const char *name, uid_t owner,
		struct policy **ret, struct error *err) must_check;

/* host_policy - load the policy that applies to containers of @engine. */
int host_policy(const struct host *host, enum engine engine, uid_t owner,
		struct policy **ret, struct error *err) must_check;

#endif
