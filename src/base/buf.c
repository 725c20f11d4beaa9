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

void buf_add_slowly(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || !buf_grow(b, len))
		return;
	memcpy(b->data + b->len, data, len);
	buf_took(b, len);
}

static void add_number(struct buf *b, unsigned long v)
{
	char digits[3 * sizeof(v)];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

/* simple_end - what follows the one conversion that @fmt, at its "%", starts with; NULL: see
 * printf(3) for it. */
static const char *simple_end(const char *fmt)
{
	const char *end = fmt + 1;

	if (*end == 's')
		return end + 1;
	if (*end == 'z' || *end == 'l')
		end++;
	return *end == 'u' || (*end == 'd' && end[-1] != 'z') ? end + 1 : NULL;
}

/* is_simple - whether @fmt has conversions of that kind alone, as nearly all have. */
static bool is_simple(const char *fmt)
{
	while (fmt && *(fmt = strchrnul(fmt, '%')))
		fmt = simple_end(fmt);
	return fmt != NULL;
}

/* add_integer - the argument of the conversion @at. */
static void add_integer(struct buf *b, const char *at, va_list *ap)
{
	long v;

	if (at[1] == 'z') {
		add_number(b, va_arg(*ap, size_t));
	} else if (at[1] == 'u') {
		add_number(b, va_arg(*ap, unsigned));
	} else if (at[1] == 'l' && at[2] == 'u') {
		add_number(b, va_arg(*ap, unsigned long));
	} else {
		v = at[1] == 'l' ? va_arg(*ap, long) : va_arg(*ap, int);
		if (v < 0)
			buf_char(b, '-');
		add_number(b, v < 0 ? -(unsigned long)v : (unsigned long)v);
	}
}

/* add_simple - a hundred times a report, where vsnprintf(3) took half of the time. */
static void add_simple(struct buf *b, const char *fmt, va_list *ap)
{
	for (;;) {
		const char *at = strchrnul(fmt, '%'), *s;

		buf_add(b, fmt, (size_t)(at - fmt));
		if (!*at)
			return;
		if (at[1] == 's') {
			s = va_arg(*ap, const char *);
			buf_str(b, s ? s : "(null)");
		} else {
			add_integer(b, at, ap);
		}
		fmt = simple_end(at);
	}
}

void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	va_list again;
	char *room;
	size_t size;
	int n;

	if (is_simple(fmt)) {
		va_copy(again, ap);	/* a va_list that is an argument has no address */
		add_simple(b, fmt, &again);
		va_end(again);
		return;
	}
	room = buf_room(b, PRINTF_ROOM);
	if (!room)
		return;
	size = b->cap - b->len;
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
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
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
