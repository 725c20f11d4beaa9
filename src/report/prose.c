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
	size_t n;

	if (len <= max)		/* no byte takes more than a column */
		return len;
	n = text_ascii(s, max);
	for (max -= n; n < len && (max > 0 || inside_character(s[n])); n++)
		max -= !inside_character(s[n]);
	return n;
}

/*
 * A line is what fits, less a word that does not; but a word that is longer than a line
 * is not cut.
 */
void report_prose(struct buf *out, const char *label, const char *text)
{
	size_t at = strlen(REPORT_INDENT) + strlen(label), len = strlen(text);

	buf_str(out, REPORT_INDENT);
	buf_str(out, label);
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
			n = strspn(text, " ");
			n += strcspn(text + n, " ");
		}
		buf_add(out, text, n);
		text += n;
		len -= n;
		if (len == 0)
			break;
		n = strspn(text, " ");
		text += n;
		len -= n;
		buf_str(out, "\n" REPORT_INDENT REPORT_INDENT);
		at = 2 * strlen(REPORT_INDENT);
	}
	buf_char(out, '\n');
}
