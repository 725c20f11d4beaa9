/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_TEXT_H
#define COFFERDAM_TEXT_H

/* Foreign strings made safe to show, and the small languages of policies. */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cofferdam/buf.h>

/* text_vformat - vasprintf(3): malloc'd, or NULL when memory is exhausted. */
char *text_vformat(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0))) must_check;

/*
 * text_escape - append at most @max bytes of @s so that a terminal, a log line
 * and a person can trust them: control characters, DEL, C1 controls, the
 * Unicode line, direction and invisible marks and bytes that are not UTF-8
 * become \xNN or \u{NNNN}; a backslash is doubled. A cut is shown as "...".
 */
void text_escape(struct buf *out, const char *s, size_t len, size_t max);

/* text_harmless - whether text_escape() would leave it as it is. */
bool text_harmless(const char *s, size_t len);

/* text_ascii - how many bytes at the start of @s are below 0x80. */
size_t text_ascii(const char *s, size_t len);

/* text_printable - how many bytes at the start of @s are printable ASCII; text_plain -
 * and neither '"' nor "\\", so that no notation has to escape them. */
size_t text_printable(const char *s, size_t len);
size_t text_plain(const char *s, size_t len);

/* text_valid_utf8 - the offset of the first bad byte, or -1 if all is well.
 * Overlong forms, surrogates and values above U+10FFFF are bad (RFC 3629). */
long text_valid_utf8(const char *s, size_t len);

/* text_put_utf8 - the one to four bytes of the character @c; how many. */
size_t text_put_utf8(char *out, unsigned int c);

/*
 * text_nearest - the name most like @word, for "did you mean"; NULL if none
 * is near. @names has @n entries and lives as long as the caller wants.
 */
const char *text_nearest(const char *word, const char *const *names, size_t n);

/*
 * text_parse_size - bytes from a Kubernetes quantity: digits and one of
 * Ki Mi Gi Ti (powers of 1024) or k M G T (powers of 1000), or none. -EINVAL
 * when it is no size, -ERANGE when it does not fit.
 */
int text_parse_size(const char *s, uint64_t *ret, struct error *err) must_check;

/* text_format_size - the shortest exact binary form: 512Mi, 1Gi, 1000. */
void text_format_size(struct buf *out, uint64_t bytes);

/*
 * text_parse_cpu - thousandths of a CPU from "2", "0.5" or "500m"; nothing
 * finer. Errors as text_parse_size().
 */
int text_parse_cpu(const char *s, uint64_t *ret_millicpu, struct error *err) must_check;

/*
 * text_utc - append the second @t of the epoch as "2026-01-31T23:59:59", UTC; what
 * lies outside of the years 1970 to 9999 is put at their end. gmtime_r(3) would
 * look for a time zone's file first.
 */
void text_utc(struct buf *out, int64_t t);

/* text_glob - fnmatch(3) with FNM_PATHNAME: "*" does not cross "/". */
bool text_glob(const char *pattern, const char *s);

/* text_globbed - the same by any of @patterns, which end with NULL; NULL is none. */
bool text_globbed(const char *const *patterns, const char *s);

/* text_glob_any - the same for what is no path: "*" is anything. */
bool text_glob_any(const char *pattern, const char *s);

/*
 * text_glob_image - as text_glob(), of an image's name: what "@" separates (a
 * digest) is matched apart, so that no "*" swallows it.
 */
bool text_glob_image(const char *pattern, const char *image);

/*
 * text_glob_within - whether @pattern matches all that the pattern @other matches, by either
 * of the two; false where that cannot be told at a glance.
 */
bool text_glob_within(const char *pattern, const char *other);

/* text_path_base - what stands behind the last "/" of @path. */
const char *text_path_base(const char *path);

/*
 * text_path_below - whether @path is @dir or below it, by whole components.
 * Both are absolute and clean.
 */
static inline bool text_path_below(const char *path, const char *dir)
{
	size_t n = 0;

	while (dir[n] && path[n] == dir[n])
		n++;
	if (dir[n] || n == 0)
		return false;
	return path[n] == '/' || path[n] == '\0' || (n == 1 && dir[0] == '/');
}

/*
 * text_path_clean - the lexical form of @path: no //, /./ or trailing slash,
 * and ".." taken back without climbing above "/". Relative stays relative.
 * malloc'd; NULL when memory is exhausted. It says nothing of symbolic links.
 */
char *text_path_clean(const char *path);

/* text_path_climbs - whether ".." is among the components. */
bool text_path_climbs(const char *path);

/* text_path_looks_clean - whether no component is empty or starts with a dot, as is the rule. */
bool text_path_looks_clean(const char *path);

#endif
