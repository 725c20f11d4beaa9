/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DOCTOR_H
#define COFFERDAM_DOCTOR_H

/* Whether what is registered works, what would go past it, and how to mend it. */

#include <cofferdam/engine.h>

enum remark_level {
	REMARK_GOOD = 0,
	REMARK_WARNING,			/* somebody could go past it, or it may fail later */
	REMARK_FAULT,			/* it does not hold now */
};

struct remark {
	enum remark_level level;
	const char *topic;		/* one word, fixed */
	enum engine engine;		/* ENGINE_UNKNOWN: the host */
	char *what;
	char *mend;			/* NULL: nothing to do */
};

struct remarks {
	struct remark *v;
	size_t n;
	bool oom;
};

/* doctor_look - at the files below @root (NULL: "/"), and, for "/", at what runs. */
int doctor_look(const char *root, struct remarks *ret, struct error *err) must_check;

/*
 * doctor_canary - through each registered engine start a container that any policy
 * refuses, and say whether it was refused. Only for a host in mode enforce.
 */
int doctor_canary(struct remarks *ret, struct error *err) must_check;

void remarks_free(struct remarks *remarks);
#define _cleanup_remarks_ _cleanup_(remarks_free)

/* remarks_worst - the worst level of all. */
enum remark_level remarks_worst(const struct remarks *remarks);

void remarks_text(struct buf *out, const struct remarks *remarks);

/* remarks_json - one object, with its newline. */
void remarks_json(struct buf *out, const struct remarks *remarks);

#endif
