/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <cofferdam/text.h>

#include "report-private.h"

#define WIDTH 88		/* columns */

static bool inside_character(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* fits - how many bytes at the start of @s take at most @max columns. */
static size_t fits(const char *s, size_t len, size_t max)
{
	size_t n = text_ascii(s, len < max ? len : max);

	for (max -= n; n < len && (max > 0 || inside_character(s[n])); n++)
		max -= !inside_character(s[n]);
	return n;
}

/* one_line - append label and text, which are @named and @len bytes, at once. */
static void one_line(struct buf *out, const char *label, size_t named,
		     const char *text, size_t len)
{
	const size_t n = strlen(REPORT_INDENT) + named + len + 1;
	char *at = buf_room(out, n);

	if (!at)
		return;
	at = mempcpy(at, REPORT_INDENT, strlen(REPORT_INDENT));
	at = mempcpy(at, label, named);
	at = mempcpy(at, text, len);
	*at = '\n';
	buf_took(out, n);
}

/*
 * A line is what fits, less a word that does not; but a word that is longer than a line
 * is not cut.
 */
void report_prose(struct buf *out, const char *label, const char *text)
{
	const size_t named = strlen(label);
	size_t at = strlen(REPORT_INDENT) + named, len = strlen(text);

	if (len <= WIDTH - at) {	/* no byte takes more than a column */
		one_line(out, label, named, text, len);
		return;
	}
	buf_str(out, REPORT_INDENT);
	buf_add(out, label, named);
	for (;;) {
		size_t n = fits(text, len, WIDTH - at);
		const char *space;

		/* back to where the last whole word ends, or on to where the first does */
		if (n < len && text[n] != ' ') {
			space = memrchr(text, ' ', n);
			n = space ? (size_t)(space - text) : 0;
		}
		while (n > 0 && n < len && text[n - 1] == ' ')
			n--;
		if (n == 0) {
			while (text[n] == ' ')
				n++;
			n = (size_t)(strchrnul(text + n, ' ') - text);
		}
		buf_add(out, text, n);
		text += n;
		len -= n;
		if (len == 0)
			break;
		for (; *text == ' '; text++)
			len--;
		buf_str(out, "\n" REPORT_INDENT REPORT_INDENT);
		at = 2 * strlen(REPORT_INDENT);
	}
	buf_char(out, '\n');
}
