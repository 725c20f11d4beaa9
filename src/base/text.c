/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include <cofferdam/text.h>

/* Words longer than this are no slip of the keyboard; it bounds the cost. */
#define NEAREST_WORD_MAX 64

/* How much of a bad value a message quotes. */
#define QUOTE_MAX 64

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned int min_uint(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/*
 * How many letters must be inserted, dropped, replaced or swapped with their
 * neighbour to make @a of @b, case aside (optimal string alignment). Both are
 * at most NEAREST_WORD_MAX bytes long.
 */
static unsigned int distance(const char *a, size_t n, const char *b, size_t m)
{
	unsigned int rows[3][NEAREST_WORD_MAX + 1];
	unsigned int *before = rows[0], *prev = rows[1], *row = rows[2];

	for (size_t j = 0; j <= m; j++)
		prev[j] = (unsigned int)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned int *spare = before;
		char c = ascii_lower(a[i - 1]);

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= m; j++) {
			char d = ascii_lower(b[j - 1]);

			row[j] = min_uint(min_uint(prev[j], row[j - 1]) + 1,
					  prev[j - 1] + (c != d));
			if (i > 1 && j > 1 && c == ascii_lower(b[j - 2]) &&
			    d == ascii_lower(a[i - 2]))
				row[j] = min_uint(row[j], before[j - 2] + 1);
		}
		before = prev;
		prev = row;
		row = spare;
	}
	return prev[m];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
	size_t len = strnlen(word, NEAREST_WORD_MAX + 1);
	const char *best = NULL;
	unsigned int limit;

	if (len < 2 || len > NEAREST_WORD_MAX)
		return NULL;
	/* A third of the letters may be wrong, and never more than three. */
	limit = min_uint((unsigned int)(len + 2) / 3, 3);
	for (size_t i = 0; i < n; i++) {
		size_t name_len = strnlen(names[i], NEAREST_WORD_MAX + 1);
		unsigned int d;

		if (name_len > NEAREST_WORD_MAX)
			continue;
		d = distance(word, len, names[i], name_len);
		if (d <= limit && d < name_len) {
			best = names[i];
			if (d == 0)
				break;
			limit = d - 1;
		}
	}
	return best;
}

/*
 * Read digits at *@s, moving it past them. 0, -EINVAL when there is none,
 * -ERANGE when the number does not fit.
 */
static int parse_digits(const char **s, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0;
	bool over = false;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v))
			over = true;
	}
	*s = p;
	if (over)
		return -ERANGE;
	*ret = v;
	return 0;
}

static const struct {
	const char *suffix;
	uint64_t factor;
} size_units[] = {
	/* the binary ones first, the largest first: text_format_size() */
	{ "Ti", UINT64_C(1) << 40 },
	{ "Gi", UINT64_C(1) << 30 },
	{ "Mi", UINT64_C(1) << 20 },
	{ "Ki", UINT64_C(1) << 10 },
	{ "", 1 },
	{ "k", UINT64_C(1000) },
	{ "M", UINT64_C(1000000) },
	{ "G", UINT64_C(1000000000) },
	{ "T", UINT64_C(1000000000000) },
};

int text_parse_size(const char *s, uint64_t *ret, struct error *err)
{
	const char *p = s;
	uint64_t v = 0;
	int r = parse_digits(&p, &v);

	if (r == -EINVAL)
		goto bad;
	for (size_t i = 0; i < ARRAY_SIZE(size_units); i++) {
		if (strcmp(p, size_units[i].suffix) != 0)
			continue;
		if (r < 0 || __builtin_mul_overflow(v, size_units[i].factor, &v))
			return error_set(err, -ERANGE, "the size \"%.*s\" is too large; "
					 "the limit is below 16777216Ti", QUOTE_MAX, s);
		*ret = v;
		return 0;
	}
bad:
	return error_set(err, -EINVAL, "\"%.*s\" is not a size; write a whole number of bytes, "
			 "or one with Ki, Mi, Gi, Ti, k, M, G or T, such as 512Mi", QUOTE_MAX, s);
}

void text_format_size(struct buf *out, uint64_t bytes)
{
	for (size_t i = 0; bytes > 0 && size_units[i].factor > 1; i++) {
		if (bytes % size_units[i].factor == 0) {
			buf_printf(out, "%" PRIu64 "%s", bytes / size_units[i].factor,
				   size_units[i].suffix);
			return;
		}
	}
	buf_printf(out, "%" PRIu64, bytes);
}

/* Read the digits after a decimal point as thousandths. */
static int parse_thousandths(const char **s, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0, unit = 100;

	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		if (unit == 0 && *p != '0')
			return -EINVAL;	/* finer than a thousandth */
		v += unit * (uint64_t)(*p - '0');
		unit /= 10;
	}
	*s = p;
	*ret = v;
	return 0;
}

int text_parse_cpu(const char *s, uint64_t *ret_millicpu, struct error *err)
{
	const char *p = s;
	uint64_t v = 0, part = 0;
	int r = parse_digits(&p, &v);

	if (r == -EINVAL)
		goto bad;
	if (strcmp(p, "m") != 0) {
		if (*p == '.') {
			p++;
			if (parse_thousandths(&p, &part) < 0)
				goto bad;
		}
		if (*p != '\0')
			goto bad;
		if (__builtin_mul_overflow(v, UINT64_C(1000), &v) ||
		    __builtin_add_overflow(v, part, &v))
			r = -ERANGE;
	}
	if (r < 0)
		return error_set(err, -ERANGE, "the number of CPUs \"%.*s\" is too large",
				 QUOTE_MAX, s);
	*ret_millicpu = v;
	return 0;
bad:
	return error_set(err, -EINVAL, "\"%.*s\" is not a number of CPUs; write it like 2, 0.5 "
			 "or 500m, no finer than a thousandth", QUOTE_MAX, s);
}

static unsigned year_days(unsigned year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 366 : 365;
}

void text_utc(struct buf *out, int64_t t)
{
	static const int64_t last = INT64_C(253402300799);	/* 9999-12-31T23:59:59 */
	static const unsigned char months[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	const uint64_t seconds = (uint64_t)(t < 0 ? 0 : t > last ? last : t);
	unsigned day = (unsigned)(seconds / 86400), second = (unsigned)(seconds % 86400);
	unsigned year = 1970, month = 0, n;

	for (; day >= (n = year_days(year)); year++)
		day -= n;
	for (; day >= (n = months[month] + (month == 1 ? year_days(year) - 365 : 0)); month++)
		day -= n;
	buf_printf(out, "%04u-%02u-%02uT%02u:%02u:%02u", year, month + 1, day + 1,
		   second / 3600, second / 60 % 60, second % 60);
}

const char *text_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool is_name(const char *s, size_t n, const char *name)
{
	return n == strlen(name) && memcmp(s, name, n) == 0;
}

/* Where the last component of the @len bytes at @out begins, past @root. */
static size_t last_component(const char *out, size_t len, size_t root)
{
	while (len > root && out[len - 1] != '/')
		len--;
	return len;
}

bool text_path_looks_clean(const char *path)
{
	const char *at = path + (path[0] == '/');

	if (!*at)
		return path[0] == '/';
	while (*at != '/' && *at != '.' && *at) {
		at = strchr(at, '/');
		if (!at)
			return true;
		at++;
	}
	return false;
}

bool text_path_climbs(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2) {
		if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
			return true;
	}
	return false;
}

char *text_path_clean(const char *path)
{
	size_t root = path[0] == '/';
	size_t len = root;
	char *out;

	if (text_path_looks_clean(path))
		return strdup(path);
	out = malloc(strlen(path) + 2);		/* "" becomes "." */
	if (!out)
		return NULL;
	memcpy(out, path, root);
	for (;;) {
		size_t n, last = len;

		while (*path == '/')
			path++;
		n = (size_t)(strchrnul(path, '/') - path);
		if (n == 0)
			break;
		if (is_name(path, n, ".."))
			last = last_component(out, len, root);
		if (is_name(path, n, ".")) {
			/* nothing */
		} else if (is_name(path, n, "..") && (root || len > 0) &&
			   !is_name(out + last, len - last, "..")) {
			/* with the component goes the slash before it */
			len = last > root ? last - 1 : root;
		} else {
			if (len > root)
				out[len++] = '/';
			memcpy(out + len, path, n);
			len += n;
		}
		path += n;
	}
	if (len == 0)
		out[len++] = '.';
	out[len] = '\0';
	return out;
}

char *text_vformat(const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_vprintf(&text, fmt, ap);
	return buf_steal(&text);
}
