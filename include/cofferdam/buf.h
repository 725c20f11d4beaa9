/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_BUF_H
#define COFFERDAM_BUF_H

/*
 * A growing byte buffer. Running out of memory is remembered and asked for
 * once, at the end, by buf_check(); until then every call is safe. data is
 * NUL-terminated whenever it is not NULL.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cofferdam/error.h>
#include <cofferdam/mem.h>

struct buf {
	char *data;
	size_t len;
	size_t cap;
	bool oom;
};

/* buf_add_slowly - for buf_add(), which is inline as long as there is room. */
void buf_add_slowly(struct buf *b, const void *data, size_t len);

static inline void buf_add(struct buf *b, const void *data, size_t len)
{
	if (b->oom || len >= b->cap - b->len) {
		buf_add_slowly(b, data, len);
	} else if (len > 0) {
		memcpy(b->data + b->len, data, len);
		b->len += len;
		b->data[b->len] = '\0';
	}
}

static inline void buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static inline void buf_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

/* buf_number - in decimal. */
void buf_number(struct buf *b, uint64_t v);

/* buf_printf - as printf(3); %s, %d, %u, %ld, %lu and %zu by themselves cost little. */
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

char *buf_room_slowly(struct buf *b, size_t n);

/*
 * buf_room - @n bytes after the content to write to, or NULL when out of memory;
 * buf_took() makes the first of them content.
 */
static inline char *buf_room(struct buf *b, size_t n)
{
	return b->oom || n >= b->cap - b->len ? buf_room_slowly(b, n) : b->data + b->len;
}

static inline void buf_took(struct buf *b, size_t n)
{
	b->len += n;
	b->data[b->len] = '\0';
}

/* buf_reset - empty it, keeping the memory. */
static inline void buf_reset(struct buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* buf_cstr - the content as a C string, "" when empty. Owned by the buffer. */
static inline const char *buf_cstr(const struct buf *b)
{
	return b->data ? b->data : "";
}

/* buf_check - 0, or -ENOMEM if any call since the start ran out of memory. */
int buf_check(const struct buf *b, struct error *err) must_check;

/*
 * buf_steal - the content as a malloc'd string ("" when empty), leaving an
 * empty buffer; NULL if this or an earlier call ran out of memory.
 */
char *buf_steal(struct buf *b);

/* buf_free - inline, as nearly all buffers at the end of a scope were not needed. */
static inline void buf_free(struct buf *b)
{
	if (!b)
		return;
	if (b->data)
		free(b->data);
	*b = (struct buf){ 0 };
}
#define _cleanup_buf_ _cleanup_(buf_free)

#endif
