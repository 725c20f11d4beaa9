/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that people look at with cat. */
#include <cofferdam/json.h>

#include <stdlib.h>
#include <string.h>

#include <cofferdam/text.h>

void json_shown(struct buf *out, const char *s, size_t len)
{
	_cleanup_buf_ struct buf escape = { 0 };

	for (size_t i = 0, n; i < len; i += n) {
		const char *at = s + i;
		unsigned long c = 0x7f;

		n = text_printable(at, len - i);
		if (n == 0 && (unsigned char)*at < 0x7f)
			n = 1;
		buf_add(out, at, n);
		if (n > 0)
			continue;
		for (n = 1; i + n < len && ((unsigned char)at[n] & 0xc0) == 0x80; n++)
			;
		buf_reset(&escape);
		text_escape(&escape, at, n, n);
		if (*at != 0x7f && strncmp(buf_cstr(&escape), "\\u{", 3) != 0) {
			buf_add(out, at, n);
			continue;
		}
		if (*at != 0x7f)
			c = strtoul(escape.data + 3, NULL, 16);
		if (c > 0xffff)
			buf_printf(out, "\\u%04lx", 0xd800 + ((c - 0x10000) >> 10));
		buf_printf(out, "\\u%04lx", c > 0xffff ? 0xdc00 + (c & 0x3ff) : c);
	}
	if (escape.oom)
		out->oom = true;
}

void json_quote_shown(struct buf *out, const char *s, size_t len)
{
	_cleanup_buf_ struct buf quoted = { 0 };

	if (text_plain(s, len) == len) {
		char *at = buf_room(out, len + 2);

		if (at) {
			at[0] = at[len + 1] = '"';
			memcpy(at + 1, s, len);
			buf_took(out, len + 2);
		}
		return;
	}
	if (text_ascii(s, len) == len) {
		json_quote(out, s, len);
		return;
	}
	json_quote(&quoted, s, len);
	json_shown(out, buf_cstr(&quoted), quoted.len);
	if (quoted.oom)
		out->oom = true;
}

void json_string_shown(struct buf *out, const char *s)
{
	if (s)
		json_quote_shown(out, s, strlen(s));
	else
		buf_str(out, "null");
}

void json_member(struct buf *out, const char *name, const char *s)
{
	buf_printf(out, ",\"%s\":", name);
	json_string_shown(out, s);
}
