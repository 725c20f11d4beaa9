/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include <cofferdam/text.h>

#include "base-private.h"

/*
 * Nearly all text is plain, and looked at for that several times on its way: sixteen
 * bytes at a time, by the compilers' vectors.
 */
typedef unsigned char bytes16 __attribute__((vector_size(16)));

static bool any(bytes16 bytes)
{
	uint64_t half[2];

	memcpy(half, &bytes, sizeof(half));
	return (half[0] | half[1]) != 0;
}

/* odd_bytes - of the sixteen at @s, not 0 where a byte is not wanted. */
static inline __attribute__((always_inline)) bytes16
odd_bytes(const char *s, unsigned char low, unsigned char range, bool escapes)
{
	bytes16 v, odd;

	memcpy(&v, s, sizeof(v));
	odd = (bytes16)(v - low > range);
	return escapes ? odd : odd | (bytes16)(v == '"') | (bytes16)(v == '\\');
}

/*
 * run_of - how many bytes at the start of @s are wanted: by sixteens, the last of which
 * may overlap the one before; in short texts, and where one is not wanted, one by one.
 */
static inline __attribute__((always_inline)) size_t
run_of(const char *s, size_t len, unsigned least, unsigned most, bool escapes)
{
	const unsigned char low = (unsigned char)least, range = (unsigned char)(most - least);
	const size_t n = sizeof(bytes16);
	size_t at = 0;

	while (len - at >= 4 * n && !any(odd_bytes(s + at, low, range, escapes) |
					 odd_bytes(s + at + n, low, range, escapes) |
					 odd_bytes(s + at + 2 * n, low, range, escapes) |
					 odd_bytes(s + at + 3 * n, low, range, escapes)))
		at += 4 * n;
	while (len - at >= n && !any(odd_bytes(s + at, low, range, escapes)))
		at += n;
	if (len >= n && len - at < n && !any(odd_bytes(s + len - n, low, range, escapes)))
		return len;
	while (at < len && (unsigned char)((unsigned char)s[at] - low) <= range &&
	       (escapes || (s[at] != '"' && s[at] != '\\')))
		at++;
	return at;
}

size_t text_ascii(const char *s, size_t len)
{
	return run_of(s, len, 0, 0x7f, true);
}

size_t text_printable(const char *s, size_t len)
{
	return run_of(s, len, ' ', '~', true);
}

size_t text_plain(const char *s, size_t len)
{
	return run_of(s, len, ' ', '~', false);
}

bool text_harmless(const char *s, size_t len)
{
	size_t n = text_plain(s, len);

	while (n < len && s[n] == '"') {
		n++;
		n += text_plain(s + n, len - n);
	}
	return n == len;
}

size_t utf8_decode(const char *s, size_t len, uint32_t *ret)
{
	/* The least value that may take 1, 2, 3, 4 bytes: less is overlong. */
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *u = (const unsigned char *)s;
	uint32_t c;
	size_t n;

	if (len == 0)
		return 0;
	if (u[0] < 0x80) {
		n = 1;
		c = u[0];
	} else if (u[0] >= 0xc2 && u[0] <= 0xdf) {
		n = 2;
		c = u[0] & 0x1fu;
	} else if (u[0] >= 0xe0 && u[0] <= 0xef) {
		n = 3;
		c = u[0] & 0x0fu;
	} else if (u[0] >= 0xf0 && u[0] <= 0xf4) {
		n = 4;
		c = u[0] & 0x07u;
	} else {
		return 0;
	}
	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (u[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	if (ret)
		*ret = c;
	return n;
}

size_t text_put_utf8(char *out, unsigned int c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

long text_valid_utf8(const char *s, size_t len)
{
	size_t pos = 0;

	while ((pos += text_ascii(s + pos, len - pos)) < len) {
		size_t n = utf8_decode(s + pos, len - pos, NULL);

		if (n == 0)
			return (long)pos;
		pos += n;
	}
	return -1;
}

/* Characters that can split a line, reorder it, or hide in it. */
static bool is_deceptive(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x0000, 0x001f },	/* C0 controls */
		{ 0x007f, 0x009f },	/* DEL, C1 controls */
		{ 0x00ad, 0x00ad },	/* soft hyphen */
		{ 0x061c, 0x061c },	/* Arabic letter mark */
		{ 0x180e, 0x180e },	/* Mongolian vowel separator */
		{ 0x200b, 0x200f },	/* zero width, direction marks */
		{ 0x2028, 0x202e },	/* line, paragraph, embeddings, overrides */
		{ 0x2060, 0x206f },	/* joiners, isolates, deprecated formats */
		{ 0xfeff, 0xfeff },	/* byte order mark */
		{ 0xfff9, 0xfffb },	/* interlinear annotation */
		{ 0xe0000, 0xe007f },	/* tags */
	};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

void escape_walk(const char *s, size_t len, escape_sink *put, void *arg)
{
	size_t pos = 0;

	while (pos < len) {
		uint32_t c = 0;
		const char *piece = s + pos;
		size_t n, piece_len;
		char esc[16];

		/* nearly all of it */
		if (*piece >= ' ' && *piece <= '~' && *piece != '\\') {
			if (!put(arg, piece, 1))
				return;
			pos++;
			continue;
		}
		n = piece_len = utf8_decode(piece, len - pos, &c);

		if (n == 0 || (n == 1 && is_deceptive(c))) {
			n = 1;
			piece_len = (size_t)snprintf(esc, sizeof(esc), "\\x%02x",
						     (unsigned int)(unsigned char)s[pos]);
			piece = esc;
		} else if (is_deceptive(c)) {
			piece_len = (size_t)snprintf(esc, sizeof(esc), "\\u{%04x}", c);
			piece = esc;
		} else if (c == '\\') {
			piece_len = 2;
			piece = "\\\\";
		}
		if (!put(arg, piece, piece_len))
			return;
		pos += n;
	}
}

static bool put_buf(void *arg, const char *piece, size_t len)
{
	buf_add(arg, piece, len);
	return true;
}

/* odd_run - how many bytes at the start of @s have to be looked at one by one. */
static size_t odd_run(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (s[n] < ' ' || s[n] > '~' || s[n] == '\\'))
		n++;
	return n;
}

void text_escape(struct buf *out, const char *s, size_t len, size_t max)
{
	size_t cut = len < max ? len : max;

	/* Do not cut a character in two: its halves would look like bad bytes. */
	for (size_t back = 1; cut < len && back <= 3 && back <= cut; back++) {
		if (utf8_decode(s + cut - back, len - cut + back, NULL) > back) {
			cut -= back;
			break;
		}
	}
	for (size_t at = 0, n; at < cut; at += n) {
		n = text_plain(s + at, cut - at);
		if (n == 0 && s[at] == '"')
			n = 1;	/* no harm is in it */
		buf_add(out, s + at, n);
		if (n > 0)
			continue;
		n = odd_run(s + at, cut - at);
		escape_walk(s + at, n, put_buf, out);
	}
	if (cut < len)
		buf_str(out, "...");
}
