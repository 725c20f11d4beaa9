/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_PRIVATE_H
#define POLICY_PRIVATE_H

/* Shared by the readers of policy files: strict reading with places. */

#include <cofferdam/host.h>

/* strict_error - error_set() with "NAME:LINE:COLUMN: " of @node in front. */
int strict_error(const struct json_doc *doc, const struct json *node, struct error *err,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * strict_known - fail unless every member of @object is among @names (ended by
 * NULL) and none is repeated; the error hints at the nearest name.
 */
int strict_known(const struct json_doc *doc, const struct json *object,
		 const char *const *names, struct error *err) must_check;

/* strict_unknown - the error for an unknown member, with a hint from @names. */
int strict_unknown(const struct json_doc *doc, const struct json *member,
		   const char *const *names, struct error *err);

/* strict_type - fail unless @node has @type; @what names it in the message. */
int strict_type(const struct json_doc *doc, const struct json *node, enum json_type type,
		const char *what, struct error *err) must_check;

/* strict_format - fail unless @root is an object with "format": 1. */
int strict_format(const struct json_doc *doc, struct error *err) must_check;

/* policy_read - as policy_load(), of the @text that stands in a file @path. */
int policy_read(const char *path, const struct buf *text, const char *bundles_dir,
		struct policy **ret, struct error *err) must_check;

/* policy_keep - hand a malloc'd pointer to the policy; NULL is out of memory. */
void *policy_keep(struct policy *policy, void *p, struct error *err);

/* policy_keep_profile - give the policy the text of a profile (taken over). */
int policy_keep_profile(struct policy *policy, const char *name, struct buf *text,
			struct error *err) must_check;

/* setting_read - read one member of "rules" into the policy's setting. */
int setting_read(const struct json_doc *doc, const struct json *member, uid_t owner,
		 struct policy *policy, struct error *err) must_check;

/* host_read - as host_load(), of the @text that stands in a file @path. */
int host_read(const char *path, const struct buf *text, struct host **ret,
	      struct error *err) must_check;

#endif
