/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_STRICT_H
#define COFFERDAM_STRICT_H

/* Files of our own, read strictly: what is wrong is told with its line and column. */

#include <cofferdam/json.h>

/* strict_error - error_set() with "NAME:LINE:COLUMN: " of @node in front. */
int strict_error(const struct json_doc *doc, const struct json *node, struct error *err,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * strict_known - fail unless every member of @object is among @names (ended by
 * NULL) and none is repeated; the error hints at the nearest name.
 */
int strict_known(const struct json_doc *doc, const struct json *object,
		 const char *const *names, struct error *err) must_check;

/* strict_type - fail unless @node has @type; @what names it in the message. */
int strict_type(const struct json_doc *doc, const struct json *node, enum json_type type,
		const char *what, struct error *err) must_check;

/* strict_format - fail unless @root is an object with "format": 1. */
int strict_format(const struct json_doc *doc, struct error *err) must_check;

/* strict_word - the place of a string among @words, or an error that lists them. */
int strict_word(const struct json_doc *doc, const struct json *node, const char *const *words,
		struct error *err) must_check;

#endif
