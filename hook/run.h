/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_RUN_H
#define HOOK_RUN_H

/* One run of the hook, at whichever stage: what it holds and how it ends. */

#include <cofferdam/report.h>
#include <cofferdam/verdict.h>

#include "hook.h"

/* Runtimes and engines write at once; a reader must not hang for a silent one. */
#define INPUT_WAIT_MS 900

struct run {
	const struct hook_call *call;
	struct host *host;		/* NULL: it could not be read */
	struct policy *policy;
	int bundle_fd;
	const char *id, *bundle;	/* for the record; NULL while unknown */
	int64_t pid;			/* of the runtime's init, or 0 */
	enum cgroup_by cgroup_by;	/* as the runtime door's command line says */
	bool rootless;			/* process_rootless() */
	struct candidate candidate;
	struct candidate wanted;	/* the same, hardened, for the gate */
	unsigned on;			/* ON_*: what is asked for; 0: a start */
	const struct oci_spec *admitted;	/* of a container that runs already */
	bool created;			/* and has not started */
	bool asks;			/* some rule on what is asked for is on */
	bool judged;
	bool hardened;			/* the remedies that the decision rests on were applied,
					 * or the gate holds the process and will apply them */
	bool unarmed;			/* the gate was wanted and could not be had */
	uint64_t start_us;
};

/* run_begin - start the clock and read host.json. */
int run_begin(struct run *run, const struct hook_call *call, struct error *err) must_check;

/* run_judge - choose the policy, gather facts, decide; the candidate is parsed. */
int run_judge(struct run *run, enum door door, struct error *err) must_check;

/* run_arm - have the exec gate hold the container's process, where the host wants
 * that and the decision lets it start. */
int run_arm(struct run *run, struct error *err) must_check;

/*
 * run_record - write @record, whose own members tell the outcome, to the host's
 * logs in the name of program @name. Negative when the host wants a record and
 * has none.
 */
int run_record(const struct run *run, struct record *record, const char *name,
	       struct error *err) must_check;

/* run_report - what was found and decided, in the words of whoever called. */
struct report run_report(const struct run *run);

/* run_audit - whether the host only wants to know. */
bool run_audit(const struct run *run);

/*
 * run_conclude - write the record and tell a refusal. @failure says why nothing
 * was judged (when nothing was). Returns the exit status: 0 or 1.
 */
int run_conclude(const struct run *run, const struct error *failure);

void run_free(struct run *run);

#endif
