/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DIFFER_H
#define COFFERDAM_DIFFER_H

/* What two policies differ in, and which way: by the order of each parameter. */

#include <cofferdam/policy.h>

enum differs {
	DIFFERS_STRICTER,		/* the second lets less through */
	DIFFERS_LAXER,
	DIFFERS_EITHER,			/* cannot be told without looking into it */
	DIFFERS_MAX
};

/* differs_name - "stricter", "laxer", "differs". */
const char *differs_name(enum differs differs);

/*
 * policy_differ - call @say for each difference, in the order of the registry,
 * exemptions last. @what is "RULE", "RULE PARAMETER" or "exemption"; @a and @b
 * are JSON text, NULL for nothing. What only matters to a rule that is off in
 * both is no difference. Returns negative if memory is exhausted.
 */
struct difference {
	enum differs differs;
	const char *what, *a, *b;
};

int policy_differ(const struct policy *a, const struct policy *b,
		  void (*say)(void *arg, const struct difference *difference), void *arg,
		  struct error *err) must_check;

#endif
