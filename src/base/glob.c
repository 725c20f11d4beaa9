/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns as fnmatch(3) has them; most are told without it, as policies have many. */
#include <fnmatch.h>
#include <string.h>

#include <cofferdam/text.h>

/* Whether @c is one of the characters that only fnmatch(3) knows what to do with. */
static bool is_hard(char c)
{
	return c == '[' || c == ']' || c == '\\';
}

/* Whether @c stands for itself and nothing else. */
static bool is_literal(char c)
{
	return c != '*' && c != '?' && !is_hard(c);
}

/*
 * match_end - compare what follows the last "*" of @pattern with what @s has before its end.
 * 1 if it is the same, 0 if not, -1 if fnmatch(3) has to tell.
 */
static int match_end(const char *pattern, const char *s, const char *s_end)
{
	const char *end = pattern + strlen(pattern);

	for (; end > pattern && end[-1] != '*'; end--, s_end--) {
		if (is_hard(end[-1]))
			return -1;
		if (s_end == s || (end[-1] != s_end[-1] && (end[-1] != '?' || s_end[-1] == '/')))
			return 0;
	}
	return 1;
}

/*
 * match_stars - of a pattern whose special characters are "*" and "?" alone. As a
 * "*" stays within its component, only the last one met can take more than it has.
 */
static bool match_stars(const char *pattern, const char *s)
{
	const char *after = NULL, *taken = NULL;

	while (*s) {
		if (*pattern == '*') {
			after = ++pattern;
			taken = s;
		} else if (*pattern == *s || (*pattern == '?' && *s != '/')) {
			pattern++;
			s++;
		} else if (after && *taken != '/') {
			pattern = after;
			s = ++taken;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* match_rest - of what begins and ends alike, as far as @same_end tells. */
static bool match_rest(const char *pattern, const char *s, int same_end)
{
	if (same_end > 0 && !strpbrk(pattern, "[]\\"))
		return match_stars(pattern, s);
	return fnmatch(pattern, s, FNM_PATHNAME) == 0;
}

/* matches - text_glob(), where the end of @s is known. */
static inline bool matches(const char *pattern, const char *s, const char *s_end)
{
	int same_end;

	/* Most are told by how they begin; those of one folder, by their ends. */
	while (*pattern == *s && *s && is_literal(*s)) {
		pattern++;
		s++;
	}
	if (*pattern != *s && is_literal(*pattern))
		return false;
	same_end = match_end(pattern, s, s_end);
	return same_end != 0 && match_rest(pattern, s, same_end);
}

bool text_glob(const char *pattern, const char *s)
{
	return matches(pattern, s, s + strlen(s));
}

bool text_globbed(const char *const *patterns, const char *s)
{
	const char *const end = s + strlen(s);

	for (size_t i = 0; patterns && patterns[i]; i++) {
		if (matches(patterns[i], s, end))
			return true;
	}
	return false;
}

bool text_glob_any(const char *pattern, const char *s)
{
	return fnmatch(pattern, s, 0) == 0;
}

static size_t count(const char *s, char c)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == c;
	return n;
}

bool text_glob_image(const char *pattern, const char *image)
{
	return text_glob(pattern, image) && count(pattern, '@') == count(image, '@');
}

/*
 * text_glob_within - what stands for anything in @other is taken as a sign of its own, which
 * "?" and "*" of @pattern hold: as long as no "*" is held by less than a "*", and none holds
 * what bounds it, that is enough.
 */
bool text_glob_within(const char *pattern, const char *other)
{
	const char *star = NULL, *held = other;

	if (strcmp(pattern, other) == 0)
		return true;
	if (!strpbrk(other, "*?[\\"))
		return text_glob_image(pattern, other);
	if (strpbrk(pattern, "[\\") || strpbrk(other, "[\\"))
		return false;
	while (*other) {
		if (*pattern == '*') {
			star = pattern++;
			held = other;
		} else if (*pattern == *other || (*pattern == '?' && !strchr("*/@", *other))) {
			pattern++;
			other++;
		} else if (star && *held != '/' && *held != '@') {
			pattern = star + 1;
			other = ++held;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}
