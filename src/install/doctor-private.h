/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DOCTOR_PRIVATE_H
#define COFFERDAM_DOCTOR_PRIVATE_H

#include <cofferdam/doctor.h>
#include <cofferdam/host.h>

#include "install-private.h"

/* What the checks share. */
struct doctor {
	struct tree tree;
	struct state state;
	struct host *host;		/* NULL: it does not load */
	bool live;			/* the root is "/": what runs is looked at, too */
	struct remarks *out;
};

void remark(struct doctor *d, enum remark_level level, const char *topic, enum engine engine,
	    const char *mend, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

void doctor_host(struct doctor *d);
void doctor_kernel(struct doctor *d);
void doctor_programs(struct doctor *d);
void doctor_engine(struct doctor *d, enum engine engine);

/* doctor_hooks - whether what the engine starts has Cofferdam's hook. */
bool doctor_hooks(struct doctor *d, enum engine engine);

/* doctor_socket - who can write to it, and therefore @can do something. */
void doctor_socket(struct doctor *d, enum engine engine, const char *path, const char *can);

void doctor_others(struct doctor *d, enum engine engine);

/* doctor_scope - what no engine is asked of, and what is not looked for. */
void doctor_scope(struct doctor *d);

/* doctor_told - of all of @engine that run: what they were started with. */
void doctor_told(struct doctor *d, enum engine engine);

/*
 * option_value - what @arg says of the option @name, if it is that; @next is the
 * argument behind it. NULL: it is another.
 */
const char *option_value(const char *arg, const char *next, const char *name);

/* doctor_watched - whether the CRI-O that runs watches @folder, which has a hook. */
void doctor_watched(struct doctor *d, const char *folder);

/*
 * containerd's NRI: who can change containers by it; the folders whose hooks its plugin
 * hook-injector gives them, none if nobody means it to; and whether it does, when @ours
 * of the files are for containerd and the @newest is of then.
 */
void doctor_nri(struct doctor *d);
int nri_hooks_folders(struct doctor *d, struct paths *ret, struct error *err) must_check;
bool doctor_injected(struct doctor *d, size_t ours, time_t newest);

/* change_amiss - what is wrong with it now; NULL: nothing. */
const char *change_amiss(const struct tree *tree, const struct change *change);

/* hooks_folders - the hooks directories that @engine reads. */
int podman_hooks_folders(const struct tree *tree, struct paths *ret, struct error *err) must_check;
int crio_hooks_folders(const struct tree *tree, struct paths *ret, struct error *err) must_check;

/* crio_socket - the path at which CRI-O answers. */
int crio_socket(const struct tree *tree, struct buf *ret, struct error *err) must_check;

/* doctor_since - when the oldest daemon of @engine started, in seconds since the epoch; 0: none. */
time_t doctor_since(enum engine engine, long *ret_pid);

/*
 * doctor_started - when the process @pid, as /proc has it, started, in seconds since the
 * epoch; 0: there is none, or it is not called @name (NULL: whatever it is called).
 */
time_t doctor_started(const char *pid, const char *name);

/*
 * doctor_missed - whether what was changed at @changed was too late for what started at
 * @since, both in seconds: it may have read so within its first second or two.
 */
static inline bool doctor_missed(time_t changed, time_t since)
{
	return changed > since + 1;
}

/*
 * canary_told - what an engine that was to start the canary @said, and its exit
 * status: whether that was a refusal, and ours.
 */
void canary_told(struct doctor *d, enum engine engine, const char *how, const struct buf *said,
		 int status);

/* canary_crio - through crictl; its files are made in the folder @root. */
void canary_crio(struct doctor *d, const char *root);

#define CANARY_NAME "cofferdam-canary"
#define CANARY_DEADLINE_MS 60000
/* what it would run, if there were anything */
#define CANARY_PROGRAM "/no-such-program-of-cofferdam"

/*
 * spawn_run - @argv, found in the usual folders whatever PATH says, with @input on
 * standard input; what it says on both streams, and its exit status. Ended after
 * @deadline_ms.
 */
int spawn_run(const char *const *argv, const struct buf *input, int deadline_ms,
		struct buf *ret, int *ret_status, struct error *err) must_check;

#endif
