/* SPDX-License-Identifier: Apache-2.0 */

/*
 * yajl alone would let pass: \v and \f as white space, \u0000, lone
 * surrogates, overlong UTF-8, and a comment or token left open at the end.
 */

#include <errno.h>
#include <string.h>

#include <cofferdam/text.h>

#include "json-private.h"

static int fault_at(struct json_fault *fault, size_t at, const char *what)
{
	fault->at = at;
	fault->what = what;
	return -EINVAL;
}

/* Four hexadecimal digits, or -1. */
static int hex4(const char *s, size_t len)
{
	int value = 0;

	if (len < 4)
		return -1;
	for (size_t i = 0; i < 4; i++) {
		char c = s[i];

		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value * 16 + (c - 'A' + 10);
		else
			return -1;
	}
	return value;
}

/* The length of the escape at @s (2, 6 or 12), or 0 and what is wrong. */
static size_t scan_escape(const char *s, size_t len, const char **what)
{
	int high, low;

	if (len < 2 || !memchr("\"\\/bfnrtu", s[1], 9)) {
		*what = "a backslash stands before a character it cannot escape";
		return 0;
	}
	if (s[1] != 'u')
		return 2;
	high = hex4(s + 2, len - 2);
	if (high < 0) {
		*what = "an escape needs four hexadecimal digits after its \"u\"";
		return 0;
	}
	if (high == 0) {
		*what = "an escaped NUL is not allowed: readers cut the string there";
		return 0;
	}
	if (high < 0xd800 || high > 0xdfff)
		return 6;
	low = len > 8 && s[6] == '\\' && s[7] == 'u' ? hex4(s + 8, len - 8) : -1;
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff) {
		*what = "half of a surrogate pair stands alone";
		return 0;
	}
	return 12;
}

const bool json_stops[256] = {
	[0 ... 0x1f] = true, ['"'] = true, ['\\'] = true,
};

size_t json_scan_string(const char *text, size_t len, size_t at, struct json_fault *fault)
{
	size_t i = at + 1;

	for (;;) {
		size_t n;

		i = json_plain_end(text, len, i);
		if (text[i] == '"')
			return i + 1;
		n = text[i] == '\\' ? scan_escape(text + i, len - i, &fault->what) : 0;
		if (n == 0)
			break;
		i += n;
	}
	if (i == len)
		(void)fault_at(fault, at, "a string is not closed");
	else if (text[i] == '\\')
		fault->at = i;
	else
		(void)fault_at(fault, i, "a control character stands inside a string");
	return 0;
}

/* The offset after the comment at @at; @len + 1 if it is not closed, 0 if none. */
static size_t comment_end(const char *text, size_t len, size_t at)
{
	const char *end;

	if (len - at < 2)
		return 0;
	if (text[at + 1] == '/') {
		end = memchr(text + at, '\n', len - at);
		return end ? (size_t)(end - text) + 1 : len;
	}
	if (text[at + 1] != '*')
		return 0;
	end = memmem(text + at + 2, len - at - 2, "*/", 2);
	return end ? (size_t)(end - text) + 2 : len + 1;
}

size_t json_scan_comment(const char *text, size_t len, unsigned flags, size_t at,
			 struct json_fault *fault)
{
	const size_t end = comment_end(text, len, at);

	if (end > 0 && end <= len && (flags & JSON_COMMENTS))
		return end;
	if (end == 0)
		(void)fault_at(fault, at, "\"/\" stands outside a string");
	else if (!(flags & JSON_COMMENTS))
		(void)fault_at(fault, at, "comments are not allowed");
	else
		(void)fault_at(fault, at, "a comment is not closed");
	return 0;
}

int json_scan(const char *text, size_t len, struct json_fault *fault)
{
	const char *nul = memchr(text, '\0', len);
	const long bad = text_valid_utf8(text, len);

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fault_at(fault, 0, "the text starts with a byte order mark");
	if (bad >= 0)
		return fault_at(fault, (size_t)bad, "a byte is not UTF-8");
	if (nul)
		return fault_at(fault, (size_t)(nul - text), "a NUL byte is not allowed");
	return 0;
}

size_t json_skip(const char *text, size_t len, size_t at)
{
	while (at < len) {
		if (json_is_space(text[at])) {
			at++;
		} else if (text[at] == '/') {
			size_t end = comment_end(text, len, at);

			if (end == 0 || end > len)
				break;
			at = end;
		} else {
			break;
		}
	}
	return at;
}

/* Decode the escape at @s, which json_scan() has checked; returns its length. */
static size_t unescape_one(const char *s, size_t len, unsigned *ret)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	const char *p;
	int low;

	if (s[1] != 'u') {
		p = strchr(from, s[1]);
		*ret = (unsigned char)(p ? to[p - from] : s[1]);
		return 2;
	}
	*ret = (unsigned)hex4(s + 2, len - 2);
	if (*ret < 0xd800 || *ret > 0xdfff)
		return 6;
	low = hex4(s + 8, len - 8);
	*ret = 0x10000 + ((*ret - 0xd800) << 10) + ((unsigned)low - 0xdc00);
	return 12;
}

size_t json_unescape(char *out, const char *text, size_t len)
{
	size_t n = 0, i = 0;

	while (i < len) {
		unsigned c;

		if (text[i] != '\\') {
			out[n++] = text[i++];
			continue;
		}
		/* an escape is never shorter than what it stands for */
		i += unescape_one(text + i, len - i, &c);
		n += text_put_utf8(out + n, c);
	}
	return n;
}
