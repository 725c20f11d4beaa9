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
void doctor_hooks(struct doctor *d, enum engine engine);
void doctor_sockets(struct doctor *d, enum engine engine);

/* change_amiss - what is wrong with it now; NULL: nothing. */
const char *change_amiss(const struct tree *tree, const struct change *change);

/* hooks_folders - the hooks directories that @engine reads. */
int podman_hooks_folders(const struct tree *tree, struct paths *ret, struct error *err) must_check;
int crio_hooks_folders(const struct tree *tree, struct paths *ret, struct error *err) must_check;

/*
 * spawn_run - @argv, found by the usual PATH, with @input on standard input; what
 * it says on both streams, and its exit status. Ended after @deadline_ms.
 */
int spawn_run(const char *const *argv, const struct buf *input, int deadline_ms,
		struct buf *ret, int *ret_status, struct error *err) must_check;

#endif
