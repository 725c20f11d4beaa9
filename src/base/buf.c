/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cofferdam/buf.h>

#define BUF_MIN 64
#define PRINTF_ROOM 32		/* what most that is printed takes */

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
	data[b->len] = '\0';
	b->data = data;
	b->cap = cap;
	return true;
}

char *buf_room(struct buf *b, size_t n)
{
	return buf_grow(b, n) ? b->data + b->len : NULL;
}

void buf_took(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_grow(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	buf_took(b, len);
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
	char *room = buf_room(b, PRINTF_ROOM);
	size_t size;
	int n;

	if (!room)
		return;
	size = b->cap - b->len;
	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(room, size, fmt, ap);
	if (n >= 0 && (size_t)n >= size) {
		room = buf_room(b, (size_t)n);
		n = room ? vsnprintf(room, (size_t)n + 1, fmt, again) : -1;
	}
	if (n < 0)
		b->oom = true;	/* nothing was added, and that must not pass */
	buf_took(b, n < 0 ? 0 : (size_t)n);
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
