/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TRIAL_PRIVATE_H
#define TRIAL_PRIVATE_H

#include <cofferdam/trial.h>

/* Where cases lie: tests/ of a bundle. */
struct trial_dir {
	int fd;
	const char *path;
};

/* case_read - @c must be zeroed; case_free() it, also after a failure. */
int case_read(const struct trial_dir *dir, const struct json_doc *doc, const struct json *node,
	      struct trial_case *c, struct error *err) must_check;
void case_free(struct trial_case *c);

/* places_add - append @facts with the paths of @policy that they lack. */
int places_add(const struct policy *policy, const struct buf *facts, struct buf *ret,
	       struct error *err) must_check;

/* list_free - strings ended by NULL; NULL is none. */
void list_free(char **list);

#endif
