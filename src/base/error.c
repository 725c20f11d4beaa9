/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cofferdam/error.h>

#include "base-private.h"

/* Room kept for the words of strerror(3), the longest of which has 50 bytes. */
#define ERRNO_TEXT_MAX 80

/* One context may not push the cause out of the text. */
#define CONTEXT_TEXT_MAX (ERROR_TEXT_MAX / 4)

/* A string of fixed size that knows where it may be cut. */
struct fixed {
	char *text;
	size_t size;
	size_t len;
	size_t safe;	/* the last end of a piece with room for "..." */
};

static bool fixed_put(void *arg, const char *piece, size_t len)
{
	struct fixed *f = arg;

	if (len >= f->size - f->len) {
		memcpy(f->text + f->safe, "...", 4);
		f->len = f->safe + 3;
		return false;
	}
	memcpy(f->text + f->len, piece, len);
	f->len += len;
	f->text[f->len] = '\0';
	if (f->len + 3 < f->size)
		f->safe = f->len;
	return true;
}

/* Put text that is escaped already, a character at a time. */
static void fixed_put_escaped(struct fixed *f, const char *s)
{
	size_t len = strlen(s);

	while (len > 0) {
		size_t n = utf8_decode(s, len, NULL);

		if (n == 0)
			n = 1;
		if (!fixed_put(f, s, n))
			return;
		s += n;
		len -= n;
	}
}

static void __attribute__((format(printf, 2, 0)))
fixed_format(struct fixed *f, const char *fmt, va_list ap)
{
	/*
	 * Larger than any result by more than one character, so that what
	 * vsnprintf() cuts off, perhaps within a character, is never reached.
	 */
	char raw[ERROR_TEXT_MAX + 8];
	int n = vsnprintf(raw, sizeof(raw), fmt, ap);
	size_t len;

	if (n < 0) {
		escape_walk(fmt, strlen(fmt), fixed_put, f);
		return;
	}
	len = (size_t)n < sizeof(raw) ? (size_t)n : sizeof(raw) - 1;
	escape_walk(raw, len, fixed_put, f);
}

/* A failure told with a code that is none must still be a failure. */
static int negative(int code)
{
	return code < 0 ? code : -EINVAL;
}

int error_set(struct error *err, int code, const char *fmt, ...)
{
	char text[ERROR_TEXT_MAX] = "";
	struct fixed f = { .text = text, .size = sizeof(text) };
	va_list ap;

	va_start(ap, fmt);
	fixed_format(&f, fmt, ap);
	va_end(ap);
	memcpy(err->text, text, sizeof(text));
	err->code = negative(code);
	return err->code;
}

int error_sys(struct error *err, int errnum, const char *fmt, ...)
{
	char text[ERROR_TEXT_MAX] = "";
	struct fixed f = { .text = text, .size = sizeof(text) - ERRNO_TEXT_MAX };
	const char *words;
	va_list ap;

	va_start(ap, fmt);
	fixed_format(&f, fmt, ap);
	va_end(ap);
	f.size = sizeof(text);
	f.safe = f.len;
	words = strerror(errnum);
	if (fixed_put(&f, ": ", 2))
		escape_walk(words, strlen(words), fixed_put, &f);
	memcpy(err->text, text, sizeof(text));
	err->code = errnum > 0 ? -errnum : -EINVAL;
	return err->code;
}

int error_oom(struct error *err)
{
	static const char text[] = "out of memory";

	memcpy(err->text, text, sizeof(text));
	err->code = -ENOMEM;
	return -ENOMEM;
}

int error_context(struct error *err, const char *fmt, ...)
{
	char text[ERROR_TEXT_MAX] = "";
	struct fixed f = { .text = text, .size = CONTEXT_TEXT_MAX };
	va_list ap;

	va_start(ap, fmt);
	fixed_format(&f, fmt, ap);
	va_end(ap);
	f.size = sizeof(text);
	f.safe = f.len;
	if (err->text[0] && fixed_put(&f, ": ", 2))
		fixed_put_escaped(&f, err->text);
	memcpy(err->text, text, sizeof(text));
	err->code = negative(err->code);
	return err->code;
}
