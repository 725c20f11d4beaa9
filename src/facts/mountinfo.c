/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-private.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

/* The kernel allows 100000 mounts a namespace (sysctl fs.mount-max). */
#define MOUNTINFO_MAX (64u << 20)

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

void octal_decode(char *s)
{
	char *to;

	s = strchrnul(s, '\\');		/* nearly all have none */
	to = s;
	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && is_octal(s[2]) &&
		    is_octal(s[3]) && (s[1] != '0' || s[2] != '0' || s[3] != '0')) {
			*to++ = (char)(((s[1] - '0') << 6) | ((s[2] - '0') << 3) | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	if (to < s)
		*to = '\0';
}

static void encode_byte(struct buf *out, char c)
{
	buf_printf(out, "\\%03o", (unsigned int)(unsigned char)c);
}

void octal_encode(struct buf *out, const char *s)
{
	size_t len = strlen(s);

	while (len > 0) {
		long bad = text_valid_utf8(s, len);
		size_t good = bad < 0 ? len : (size_t)bad;

		for (size_t i = 0; i < good; i++) {
			if (s[i] == '\\')
				encode_byte(out, s[i]);
			else
				buf_char(out, s[i]);
		}
		s += good;
		len -= good;
		if (len > 0) {
			encode_byte(out, *s++);
			len--;
		}
	}
}

/* The next field of a line, ended by a space or the end; NULL when there is none. */
static char *next_field(char **at)
{
	char *field = *at, *end;

	if (!field || !*field)
		return NULL;
	end = strchr(field, ' ');
	if (end)
		*end++ = '\0';
	*at = end;
	return field;
}

static bool parse_number(const char *s, char end, unsigned long max, unsigned long *ret,
			 const char **rest)
{
	unsigned long v = 0;

	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (unsigned long)(*s - '0');
		if (v > max)
			return false;
	}
	if (*s != end)
		return false;
	*ret = v;
	if (rest)
		*rest = s + 1;
	return true;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue" */
static bool parse_line(char *line, struct mount_row *row)
{
	char *fields[6], *optional, *super;
	const char *minor;
	unsigned long v[4];

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		fields[i] = next_field(&line);
		if (!fields[i])
			return false;
	}
	do {
		optional = next_field(&line);
		if (optional && strncmp(optional, "shared:", 7) == 0)
			row->shared = true;
	} while (optional && strcmp(optional, "-") != 0);
	row->fstype = next_field(&line);
	(void)next_field(&line);	/* its source */
	super = next_field(&line);
	row->super = super ? super : "";
	if (!row->fstype ||
	    !parse_number(fields[0], '\0', INT_MAX, &v[0], NULL) ||
	    !parse_number(fields[1], '\0', INT_MAX, &v[1], NULL) ||
	    !parse_number(fields[2], ':', UINT32_MAX, &v[2], &minor) ||
	    !parse_number(minor, '\0', UINT32_MAX, &v[3], NULL))
		return false;
	row->id = (int)v[0];
	row->parent = (int)v[1];
	row->major = (uint32_t)v[2];
	row->minor = (uint32_t)v[3];
	octal_decode(fields[3]);
	octal_decode(fields[4]);
	octal_decode(fields[5]);
	row->root = fields[3];
	row->point = fields[4];
	row->options = fields[5];
	return true;
}

static int compare_ids(const void *va, const void *vb)
{
	const struct mount_row *a = va, *b = vb;

	return (a->id > b->id) - (a->id < b->id);
}

static int compare_points(const void *va, const void *vb)
{
	const struct mount_row *a = *(const struct mount_row *const *)va;
	const struct mount_row *b = *(const struct mount_row *const *)vb;
	int r = strcmp(a->point, b->point);

	return r ? r : (a->id > b->id) - (a->id < b->id);
}

static int index_rows(struct mount_table *table, struct error *err)
{
	table->by_point = calloc(table->n, sizeof(const struct mount_row *));
	if (!table->by_point)
		return error_oom(err);
	qsort(table->rows, table->n, sizeof(*table->rows), compare_ids);
	for (size_t i = 0; i < table->n; i++)
		table->by_point[i] = &table->rows[i];
	qsort(table->by_point, table->n, sizeof(const struct mount_row *), compare_points);
	return 0;
}

static int parse_lines(struct mount_table *table, struct error *err)
{
	size_t lines = 0;

	for (size_t i = 0; i < table->text.len; i++)
		lines += table->text.data[i] == '\n';
	if (lines == 0 || strlen(table->text.data) != table->text.len)
		return error_set(err, -EINVAL, "the mount table is empty or malformed");
	table->rows = calloc(lines, sizeof(*table->rows));
	if (!table->rows)
		return error_oom(err);
	for (char *line = table->text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (!parse_line(line, &table->rows[table->n]))
			return error_set(err, -EINVAL, "line %zu of the mount table is malformed",
					 table->n + 1);
		table->n++;
	}
	return index_rows(table, err);
}

int mounts_parse(struct buf *text, struct mount_table *ret, struct error *err)
{
	struct mount_table table = { .text = *text };
	int r;

	*text = (struct buf){ 0 };
	r = parse_lines(&table, err);
	if (r < 0) {
		mounts_free(&table);
		return r;
	}
	*ret = table;
	return 0;
}

int mounts_read_at(int dirfd, struct mount_table *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read_kernel(dirfd, "mountinfo", MOUNTINFO_MAX, &text, err);

	return r < 0 ? r : mounts_parse(&text, ret, err);
}

int mounts_read(struct mount_table *ret, struct error *err)
{
	_cleanup_close_ int dir = open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return error_sys(err, errno, "/proc/self");
	return mounts_read_at(dir, ret, err);
}

bool mounts_option(const struct mount_row *row, const char *option)
{
	const size_t len = strlen(option);

	for (const char *s = row->options; s; s = strchr(s, ',')) {
		s += *s == ',';
		if (strncmp(s, option, len) == 0 && (s[len] == ',' || s[len] == '\0'))
			return true;
	}
	return false;
}

void mounts_free(struct mount_table *table)
{
	buf_free(&table->text);
	free(table->rows);
	free(table->by_point);
	*table = (struct mount_table){ 0 };
}

const struct mount_row *mounts_find(const struct mount_table *table, int id)
{
	struct mount_row key = { .id = id };

	if (table->n == 0)
		return NULL;
	return bsearch(&key, table->rows, table->n, sizeof(key), compare_ids);
}

size_t mounts_from(const struct mount_table *table, const char *point)
{
	size_t low = 0, high = table->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(table->by_point[middle]->point, point) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool mounts_hangs_on(const struct mount_table *table, const struct mount_row *row, int id,
		     const char *path)
{
	/* rows read while mounts moved could form a ring: no more steps than rows */
	for (size_t steps = 0; row && steps < table->n; steps++) {
		if (row->parent == id)
			return text_path_below(row->point, path);
		row = row->parent == row->id ? NULL : mounts_find(table, row->parent);
	}
	return false;
}
