/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TOML 1.0, as far as it takes to find a setting and to put one beside it: where
 * each table and each value stands, and what strings say. Values of other types
 * are only skipped. Nothing is guessed: what is not understood is an error.
 */
#include "install-private.h"

#include <ctype.h>
#include <string.h>

#include <cofferdam/text.h>

/* of arrays in arrays; the text is the administrator's own */
#define TOML_DEPTH_MAX 32

struct scan {
	const char *name;
	const char *text;
	size_t len, at;
	struct error *err;
};

static int wrong(const struct scan *s, const char *what)
{
	unsigned int line = 1;

	for (size_t i = 0; i < s->at && i < s->len; i++)
		line += s->text[i] == '\n';
	return error_set(s->err, -EINVAL, "%s:%u: %s", s->name, line, what);
}

static char here(const struct scan *s)
{
	return s->at < s->len ? s->text[s->at] : '\0';
}

static bool looks_at(const struct scan *s, const char *what)
{
	size_t n = strlen(what);

	return s->len - s->at >= n && memcmp(s->text + s->at, what, n) == 0;
}

static void skip_blank(struct scan *s)
{
	while (here(s) == ' ' || here(s) == '\t')
		s->at++;
}

static void skip_line(struct scan *s)
{
	while (s->at < s->len && here(s) != '\n')
		s->at++;
}

/* The rest of a line after something complete: white space, a comment, the end. */
static int end_line(struct scan *s)
{
	skip_blank(s);
	if (here(s) == '#')
		skip_line(s);
	if (looks_at(s, "\r\n"))
		s->at++;
	if (s->at < s->len && here(s) != '\n')
		return wrong(s, "something follows what is complete");
	if (s->at < s->len)
		s->at++;
	return 0;
}

/* \uXXXX or \UXXXXXXXX, of a character that a text here can have. */
static int character(struct scan *s, struct buf *out)
{
	const int digits = here(s) == 'u' ? 4 : 8;
	unsigned int c = 0;
	char bytes[4];

	for (int i = 0; i < digits; i++) {
		s->at++;
		if (!isxdigit((unsigned char)here(s)) || c > 0x10ffff)
			return wrong(s, "an escape that is not understood here");
		c = c << 4 | (unsigned int)(isdigit((unsigned char)here(s)) ? here(s) - '0' :
					    (here(s) | 0x20) - 'a' + 10);
	}
	s->at++;
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return wrong(s, "an escape that is not understood here");
	if (out)
		buf_add(out, bytes, text_put_utf8(bytes, c));
	return 0;
}

static int escape(struct scan *s, struct buf *out)
{
	static const char from[] = "btnfr\"\\", to[] = "\b\t\n\f\r\"\\";
	const char *found;

	s->at++;
	if (here(s) == 'u' || here(s) == 'U')
		return character(s, out);
	found = here(s) ? strchr(from, here(s)) : NULL;
	if (!found)
		return wrong(s, "an escape that is not understood here");
	if (out)
		buf_char(out, to[found - from]);
	s->at++;
	return 0;
}

/* A string of one line, "basic" or 'literal'; @out may be NULL. */
static int one_line_string(struct scan *s, struct buf *out)
{
	char quote = here(s);

	s->at++;
	while (s->at < s->len && here(s) != quote) {
		if (here(s) == '\n')
			break;
		if (quote == '"' && here(s) == '\\') {
			if (escape(s, out) < 0)
				return -EINVAL;
			continue;
		}
		if (out)
			buf_char(out, here(s));
		s->at++;
	}
	if (here(s) != quote)
		return wrong(s, "a string that does not end");
	s->at++;
	return 0;
}

static int long_string(struct scan *s)
{
	char end[] = { here(s), here(s), here(s), '\0' };

	for (s->at += 3; s->at < s->len; s->at++) {
		if (end[0] == '"' && here(s) == '\\') {
			s->at++;
			continue;
		}
		if (!looks_at(s, end))
			continue;
		s->at += 3;
		/* up to two more quotes belong to the string */
		while (here(s) == end[0])
			s->at++;
		return 0;
	}
	return wrong(s, "a string that does not end");
}

static int skip_string(struct scan *s)
{
	if (looks_at(s, "\"\"\"") || looks_at(s, "'''"))
		return long_string(s);
	return one_line_string(s, NULL);
}

static bool bare(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-';
}

/* One part of a key, appended to @path after a separator. */
static int key_part(struct scan *s, struct buf *path)
{
	size_t start = s->at;

	if (path->len > 0)
		buf_char(path, TOML_SEPARATOR);
	if (here(s) == '"' || here(s) == '\'')
		return one_line_string(s, path);
	while (bare(here(s)))
		s->at++;
	if (s->at == start)
		return wrong(s, "a key is expected here");
	buf_add(path, s->text + start, s->at - start);
	return 0;
}

static int key(struct scan *s, struct buf *path)
{
	for (;;) {
		int r;

		skip_blank(s);
		r = key_part(s, path);
		if (r < 0)
			return r;
		skip_blank(s);
		if (here(s) != '.')
			return 0;
		s->at++;
	}
}

/* A number, a date with its time, true, ... */
static void skip_word(struct scan *s)
{
	const size_t start = s->at;

	while (s->at < s->len && !strchr(" \t\r\n#", here(s)))
		s->at++;
	/* between date and time a space may stand */
	if (s->at - start == strlen("1979-05-27") && s->text[start + 4] == '-' && here(s) == ' ' &&
	    s->at + 1 < s->len && isdigit((unsigned char)s->text[s->at + 1])) {
		for (s->at++; s->at < s->len && !strchr(" \t\r\n#", here(s));)
			s->at++;
	}
}

/* A value; its end is where s->at is left. */
static int skip_value(struct scan *s)
{
	int depth = 0;

	do {
		char c = here(s);
		int r = 0;

		if (s->at >= s->len || (depth == 0 && strchr("\r\n#,", c)))
			return wrong(s, "a value is expected here");
		if (c == '"' || c == '\'') {
			r = skip_string(s);
		} else if (c == '[' || c == '{') {
			s->at++;
			if (++depth > TOML_DEPTH_MAX)
				return wrong(s, "too deep");
		} else if (c == ']' || c == '}') {
			s->at++;
			depth--;
		} else if (c == '#') {
			skip_line(s);
		} else if (depth == 0) {
			skip_word(s);
		} else {
			s->at++;
		}
		if (r < 0)
			return r;
	} while (depth > 0);
	return depth < 0 ? wrong(s, "a bracket too much") : 0;
}

static int add(struct toml *doc, const struct toml_entry *entry, struct scan *s)
{
	struct toml_entry *v;

	for (size_t i = 0; i < doc->n && entry->kind != TOML_ARRAY_TABLE; i++) {
		if (doc->v[i].kind == entry->kind && !doc->v[i].in_array && !entry->in_array &&
		    strcmp(doc->v[i].path, entry->path) == 0)
			return wrong(s, "stands here a second time");
	}
	v = reallocarray(doc->v, doc->n + 1, sizeof(*v));
	if (!v)
		return error_oom(s->err);
	doc->v = v;
	doc->v[doc->n++] = *entry;
	return 0;
}

static int table(struct scan *s, struct toml_entry *entry, struct buf *path)
{
	bool array = looks_at(s, "[[");
	int r;

	entry->kind = array ? TOML_ARRAY_TABLE : TOML_TABLE;
	s->at += array ? 2 : 1;
	r = key(s, path);
	if (r == 0 && !looks_at(s, array ? "]]" : "]"))
		r = wrong(s, "the name of a table does not end");
	if (r == 0)
		s->at += array ? 2 : 1;
	return r;
}

static int pair(struct scan *s, struct toml_entry *entry, struct buf *path)
{
	int r = key(s, path);

	entry->kind = TOML_VALUE;
	if (r == 0 && here(s) != '=')
		r = wrong(s, "neither a table nor a key with a value");
	if (r < 0)
		return r;
	s->at++;
	skip_blank(s);
	entry->value = s->at;
	r = skip_value(s);
	entry->value_end = s->at;
	return r;
}

/* One table's name or one value, with the whole of its lines. */
static int entry_here(struct toml *doc, struct scan *s, struct buf *in, bool *in_array)
{
	_cleanup_buf_ struct buf path = { 0 };
	struct toml_entry entry = { .start = s->at, .in_array = *in_array };
	int r;

	while (entry.start > 0 && s->text[entry.start - 1] != '\n')
		entry.start--;
	if (here(s) == '[') {
		r = table(s, &entry, &path);
		entry.in_array = *in_array = entry.kind == TOML_ARRAY_TABLE ||
			toml_in_list(doc, buf_cstr(&path));
		buf_reset(in);
		buf_add(in, buf_cstr(&path), path.len);
	} else {
		buf_add(&path, buf_cstr(in), in->len);
		r = pair(s, &entry, &path);
	}
	if (r == 0)
		r = end_line(s);
	if (r < 0)
		return r;
	entry.end = s->at;
	entry.path = buf_steal(&path);
	if (!entry.path)
		return error_oom(s->err);
	r = add(doc, &entry, s);
	if (r < 0)
		free(entry.path);
	return r;
}

int toml_parse(const char *name, const struct buf *text, struct toml *ret, struct error *err)
{
	struct scan s = { .name = name, .text = buf_cstr(text), .len = text->len, .err = err };
	_cleanup_toml_ struct toml doc = { .name = name, .text = buf_cstr(text) };
	_cleanup_buf_ struct buf in = { 0 };
	bool in_array = false;

	if (looks_at(&s, "\xef\xbb\xbf"))
		s.at = 3;	/* editors of another system put it there */
	while (s.at < s.len) {
		int r;

		skip_blank(&s);
		if (s.at >= s.len)
			break;
		if (here(&s) == '\n' || here(&s) == '#' || here(&s) == '\r')
			r = end_line(&s);
		else
			r = entry_here(&doc, &s, &in, &in_array);
		if (r < 0)
			return r;
	}
	*ret = doc;
	doc = (struct toml){ 0 };
	return 0;
}

int toml_string(const struct toml *doc, const struct toml_entry *entry, struct buf *ret,
		struct error *err)
{
	struct scan s = { .name = doc->name, .text = doc->text, .len = entry->value_end,
			  .at = entry->value, .err = err };

	buf_reset(ret);
	if (looks_at(&s, "\"\"\"") || looks_at(&s, "'''") || (here(&s) != '"' && here(&s) != '\''))
		return wrong(&s, "a string of one line is expected here");
	return one_line_string(&s, ret);
}

int toml_next_string(const struct toml *doc, const struct toml_entry *entry, size_t *at,
		     struct buf *ret, struct error *err)
{
	struct scan s = { .name = doc->name, .text = doc->text, .len = entry->value_end,
			  .at = *at ? *at : entry->value, .err = err };

	if (*at == 0 && here(&s) != '[')
		return wrong(&s, "a list of strings is expected here");
	s.at += *at == 0;
	for (; s.at < s.len && here(&s) != ']'; s.at++) {
		if (here(&s) == '#')
			skip_line(&s);
		/* what stands in a later file would be added, too, whatever it says */
		if (here(&s) == '{')
			return wrong(&s, "write the whole list, instead of {append=true}, which is not "
				     "understood here");
		if (here(&s) != '"' && here(&s) != '\'') {
			if (strchr(" \t\r\n,", here(&s)))
				continue;
			return wrong(&s, "a list of strings is expected here");
		}
		if (looks_at(&s, "\"\"\"") || looks_at(&s, "'''"))
			return wrong(&s, "a string of one line is expected here");
		buf_reset(ret);
		if (one_line_string(&s, ret) < 0)
			return -EINVAL;
		*at = s.at;
		return 1;
	}
	return 0;
}
