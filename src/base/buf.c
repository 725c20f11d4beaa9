/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cofferdam/buf.h>

#define BUF_MIN 64

/* Make room for @more bytes and the NUL; after a failure, always false. */
static bool buf_grow(struct buf *b, size_t more)
{
	size_t need, cap;
	char *data;

	if (b->oom)
		return false;
	if (more >= (size_t)PTRDIFF_MAX - b->len) {
		b->oom = true;
		return false;
	}
	need = b->len + more + 1;
	if (need <= b->cap)
		return true;
	cap = b->cap < BUF_MIN ? BUF_MIN : b->cap;
	while (cap < need)
		cap = cap > (size_t)PTRDIFF_MAX / 2 ? need : cap * 2;
	data = realloc(b->data, cap);
	if (!data) {
		b->oom = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_grow(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0) {
		b->oom = true;	/* nothing was added, and that must not pass */
	} else if (n > 0 && buf_grow(b, (size_t)n)) {
		(void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(ap);
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

const char *buf_cstr(const struct buf *b)
{
	return b->data ? b->data : "";
}

int buf_check(const struct buf *b, struct error *err)
{
	return b->oom ? error_oom(err) : 0;
}

char *buf_steal(struct buf *b)
{
	char *s;

	if (b->oom)
		return NULL;
	s = b->data ? b->data : calloc(1, 1);
	if (!s)
		return NULL;
	*b = (struct buf){ 0 };
	return s;
}

void buf_free(struct buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct buf){ 0 };
}
