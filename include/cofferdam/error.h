/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_ERROR_H
#define COFFERDAM_ERROR_H

/*
 * The one error convention of the project.
 *
 * A function that can fail returns 0 (or a descriptor) on success and a
 * negative errno value on failure; it takes a struct error last and leaves
 * its other outputs untouched when it fails. The text says what is wrong,
 * where, and what to do, and gains context on its way up. The object is of
 * fixed size, so an error can be told when memory is exhausted. Library code
 * never prints.
 */

#include <stddef.h>

#define ERROR_TEXT_MAX 1024

struct error {
	int code;			/* 0, or a negative errno value */
	char text[ERROR_TEXT_MAX];	/* escaped, one line */
};

/*
 * error_set - record a failure. The whole result is escaped as text_escape()
 * does, so hand in foreign strings as they are. Arguments may point into @err.
 * Returns @code, which must be negative; any other becomes -EINVAL.
 */
int error_set(struct error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* error_sys - error_set() with ": " and the text of @errnum (positive). */
int error_sys(struct error *err, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* error_oom - record that memory is exhausted. Returns -ENOMEM. */
int error_oom(struct error *err);

/*
 * error_context - put "context: " before the text; the context is cut so that
 * the cause stays readable. Returns the code, which is never 0.
 */
int error_context(struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
