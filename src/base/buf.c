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

char *buf_room_slowly(struct buf *b, size_t n)
{
	return buf_grow(b, n) ? b->data + b->len : NULL;
}

void buf_add_slowly(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_grow(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	buf_took(b, len);
}

void buf_number(struct buf *b, uint64_t v)
{
	char digits[3 * sizeof(v)];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

/* add_integer - the argument of the conversion whose letters are @at, if it is a simple one. */
static bool add_integer(struct buf *b, const char *at, va_list *ap)
{
	long v;

	if (at[0] == 'u') {
		buf_number(b, va_arg(*ap, unsigned));
	} else if (at[0] == 'z' && at[1] == 'u') {
		buf_number(b, va_arg(*ap, size_t));
	} else if (at[0] == 'l' && at[1] == 'u') {
		buf_number(b, va_arg(*ap, unsigned long));
	} else if (at[0] == 'd' || (at[0] == 'l' && at[1] == 'd')) {
		v = at[0] == 'l' ? va_arg(*ap, long) : va_arg(*ap, int);
		if (v < 0)
			buf_char(b, '-');
		buf_number(b, v < 0 ? -(unsigned long)v : (unsigned long)v);
	} else {
		return false;
	}
	return true;
}

/*
 * add_simple - as long as the conversions are simple, as nearly all are; what is left
 * of @fmt. A hundred times a report, where vsnprintf(3) took half of the time.
 */
static const char *add_simple(struct buf *b, const char *fmt, va_list *ap)
{
	for (;;) {
		const char *at = strchrnul(fmt, '%'), *s;

		if (at > fmt)
			buf_add(b, fmt, (size_t)(at - fmt));
		if (!*at)
			return at;
		if (at[1] == 's') {
			s = va_arg(*ap, const char *);
			buf_str(b, s ? s : "(null)");
			fmt = at + 2;
		} else if (add_integer(b, at + 1, ap)) {
			fmt = at + (at[1] == 'u' || at[1] == 'd' ? 2 : 3);
		} else {
			return at;
		}
	}
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list rest, again;
	char *room;
	size_t size;
	int n;

	va_copy(rest, ap);	/* a va_list that is an argument has no address */
	fmt = add_simple(b, fmt, &rest);
	room = *fmt ? buf_room(b, PRINTF_ROOM) : NULL;
	if (room) {
		size = b->cap - b->len;
		va_copy(again, rest);
		n = vsnprintf(room, size, fmt, rest);
		if (n >= 0 && (size_t)n >= size) {
			room = buf_room(b, (size_t)n);
			n = room ? vsnprintf(room, (size_t)n + 1, fmt, again) : -1;
		}
		if (n < 0)
			b->oom = true;	/* nothing was added, and that must not pass */
		buf_took(b, n < 0 ? 0 : (size_t)n);
		va_end(again);
	}
	va_end(rest);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
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
