/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_SECONTEXT_H
#define COFFERDAM_SECONTEXT_H

/*
 * SELinux contexts as text, "user:role:type" or "user:role:type:level", read as
 * context_new(3) reads them. Without libselinux: its start-up work would be
 * every hook's.
 */

#include <cofferdam/error.h>
#include <cofferdam/mem.h>

struct secontext {
	char *user, *role, *type;	/* user owns the memory of all */
	char *level;			/* NULL where there is none */
};

/* secontext_parse - 0, -EINVAL when it is no context, -ENOMEM; the error says so. */
int secontext_parse(const char *text, struct secontext *ret, struct error *err) must_check;

/*
 * secontext_categories - how many categories the upper end of @level holds:
 * "s0:c1,c2" two, "s0-s0:c0.c1023" 1024, "s0" or NULL none.
 */
unsigned int secontext_categories(const char *level);

void secontext_free(struct secontext *secontext);
#define _cleanup_secontext_ _cleanup_(secontext_free)

#endif
