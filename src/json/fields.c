/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include <cofferdam/fields.h>
#include <cofferdam/text.h>

#include "fields-private.h"

#define NAMES_MAX 64		/* of one table, looked at for "did you mean" */

struct reader {
	struct notes *notes;
	unsigned flags;
};

static const char *const wanted[] = {
	[FIELD_BOOL] = "true or false",
	[FIELD_INT] = "a 64-bit integer",
	[FIELD_UINT] = "a 64-bit unsigned integer",
	[FIELD_U32] = "a 32-bit unsigned integer",
	[FIELD_ID] = "a 32-bit unsigned integer below 4294967295, which leaves the id as it is",
	[FIELD_STR] = "a string",
	[FIELD_STRS] = "a list of strings",
	[FIELD_MAP] = "an object of strings",
	[FIELD_OBJECT] = "an object",
	[FIELD_LIST] = "a list of objects",
};

static int note_wrong(struct reader *r, struct field_any *f, enum field_kind kind)
{
	f->is = FIELD_WRONG;
	return notes_add(r->notes, NOTE_WRONG_TYPE, f->node, wanted[kind]);
}

static bool parse_uint(const char *s, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return false;
	for (; *s; s++) {
		uint64_t digit = (uint64_t)(unsigned char)*s - '0';

		if (digit > 9 || v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*ret = v;
	return true;
}

static int read_int(struct reader *r, struct field_int *f)
{
	bool minus = f->node->type == JSON_NUMBER && f->node->str[0] == '-';
	uint64_t max = (uint64_t)INT64_MAX + (minus ? 1 : 0), v = 0;

	if (f->node->type != JSON_NUMBER || !parse_uint(f->node->str + minus, max, &v))
		return note_wrong(r, (struct field_any *)f, FIELD_INT);
	f->v = minus && v > 0 ? -(int64_t)(v - 1) - 1 : (int64_t)v;
	f->is = FIELD_PRESENT;
	return 0;
}

static int read_uint(struct reader *r, struct field_uint *f, enum field_kind kind)
{
	uint64_t max = kind == FIELD_U32 ? UINT32_MAX :
		       kind == FIELD_ID ? UINT32_MAX - 1 : UINT64_MAX;

	if (f->node->type != JSON_NUMBER || !parse_uint(f->node->str, max, &f->v))
		return note_wrong(r, (struct field_any *)f, kind);
	f->is = FIELD_PRESENT;
	return 0;
}

static int read_str(struct reader *r, struct field_str *f)
{
	if (f->node->type != JSON_STRING)
		return note_wrong(r, (struct field_any *)f, FIELD_STR);
	f->v = f->node->str;
	f->is = FIELD_PRESENT;
	return 0;
}

static int read_bool(struct reader *r, struct field_bool *f)
{
	if (f->node->type != JSON_BOOL)
		return note_wrong(r, (struct field_any *)f, FIELD_BOOL);
	f->v = f->node->boolean;
	f->is = FIELD_PRESENT;
	return 0;
}

/* A list or a map of strings. */
static int read_strs(struct reader *r, struct field_strs *f, enum field_kind kind)
{
	enum json_type type = kind == FIELD_MAP ? JSON_OBJECT : JSON_ARRAY;

	if (f->node->type != type)
		return note_wrong(r, (struct field_any *)f, kind);
	if (f->node->count > 0) {
		f->v = arena_zeroed(&r->notes->lists, f->node->count, sizeof(*f->v));
		if (!f->v)
			return -ENOMEM;
	}
	f->is = FIELD_PRESENT;
	for (const struct json *c = f->node->first; c; c = c->next) {
		struct field_str *entry = &f->v[f->n++];
		int rc = notes_add_repeated(r->notes, c);

		entry->node = c;
		if (rc == 0)
			rc = read_str(r, entry);
		if (rc < 0)
			return rc;
		if (c->type == JSON_NULL)
			entry->is = FIELD_NULL;
	}
	return 0;
}

static int read_members(struct reader *r, const struct json *object,
			const struct field *table, void *base);

static int read_object(struct reader *r, struct field_any *f, const struct field *sub)
{
	if (f->node->type != JSON_OBJECT)
		return note_wrong(r, f, FIELD_OBJECT);
	f->is = FIELD_PRESENT;
	return read_members(r, f->node, sub, f);
}

static int read_list(struct reader *r, struct field_list *f, const struct field *row)
{
	char *entry;

	if (f->node->type != JSON_ARRAY)
		return note_wrong(r, (struct field_any *)f, FIELD_LIST);
	if (f->node->count > 0) {
		f->v = arena_zeroed(&r->notes->lists, f->node->count, row->size);
		if (!f->v)
			return -ENOMEM;
	}
	f->is = FIELD_PRESENT;
	entry = f->v;
	for (const struct json *c = f->node->first; c; c = c->next, entry += row->size) {
		struct field_any *any = (struct field_any *)(void *)entry;
		int rc;

		f->n++;
		any->node = c;
		rc = read_object(r, any, row->sub);
		if (rc < 0)
			return rc;
		if (c->type == JSON_NULL)
			any->is = FIELD_NULL;
	}
	return row->unique ? notes_add_entries(r->notes, f, row) : 0;
}

static void *slot_of(void *base, const struct field *row)
{
	return (char *)base + row->offset;
}

static const size_t sizes[] = {
	[FIELD_BOOL] = sizeof(struct field_bool), [FIELD_INT] = sizeof(struct field_int),
	[FIELD_UINT] = sizeof(struct field_uint), [FIELD_U32] = sizeof(struct field_uint),
	[FIELD_ID] = sizeof(struct field_uint), [FIELD_STR] = sizeof(struct field_str),
	[FIELD_STRS] = sizeof(struct field_strs), [FIELD_MAP] = sizeof(struct field_map),
	[FIELD_LIST] = sizeof(struct field_list), [FIELD_ANY] = sizeof(struct field_any),
};

/* clear - what an earlier member of that name left. */
static void clear(const struct field *row, void *slot)
{
	if (row->kind != FIELD_OBJECT) {
		memset(slot, 0, sizes[row->kind]);
		return;
	}
	for (const struct field *sub = row->sub; sub->name; sub++)
		clear(sub, slot_of(slot, sub));
	memset(slot, 0, sizeof(struct field_any));
}

static int read_slot(struct reader *r, const struct field *row, void *slot,
		     const struct json *node)
{
	struct field_any *any = slot;

	if (any->node)
		clear(row, slot);	/* repeated: the last one counts */
	any->node = node;
	if (node->type == JSON_NULL) {
		any->is = FIELD_NULL;
		return 0;
	}
	switch (row->kind) {
	case FIELD_BOOL:
		return read_bool(r, slot);
	case FIELD_INT:
		return read_int(r, slot);
	case FIELD_UINT:
	case FIELD_U32:
	case FIELD_ID:
		return read_uint(r, slot, row->kind);
	case FIELD_STR:
		return read_str(r, slot);
	case FIELD_STRS:
	case FIELD_MAP:
		return read_strs(r, slot, row->kind);
	case FIELD_OBJECT:
		return read_object(r, slot, row->sub);
	case FIELD_LIST:
		return read_list(r, slot, row);
	case FIELD_ANY:
		break;
	}
	any->is = FIELD_PRESENT;
	return notes_add_below(r->notes, node);
}

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/*
 * Whether Go's encoding/json takes @key for @name, which is ASCII: it folds
 * case as Unicode does, and two letters beyond ASCII fold to one within,
 * U+017F (long s) and U+212A (Kelvin sign).
 */
static bool folds_to(const char *key, const char *name)
{
	for (; *key; name++) {
		char c;

		if (strncmp(key, "\xc5\xbf", 2) == 0) {
			c = 's';
			key += 2;
		} else if (strncmp(key, "\xe2\x84\xaa", 3) == 0) {
			c = 'k';
			key += 3;
		} else {
			c = ascii_lower(*key++);
		}
		if (c != ascii_lower(*name))
			return false;
	}
	return !*name;
}

static int note_unknown(struct reader *r, const struct json *m, const struct field *table)
{
	const char *names[NAMES_MAX];
	size_t n = 0;

	for (const struct field *row = table; row->name && n < NAMES_MAX; row++)
		names[n++] = row->name;
	return notes_add(r->notes, NOTE_UNKNOWN_NAME, m, text_nearest(m->key, names, n));
}

/* find_row - of the member @m, or NULL. Members most often come in the order of the table, so
 * that it is the row at @from. */
static const struct field *find_row(const struct json *m, const struct field *table,
				    const struct field *from)
{
	const struct field *row = from;

	do {
		if (!row->name)
			row = table;
		else if (row->name[0] == m->key[0] && strcmp(row->name, m->key) == 0)
			return row;
		else
			row++;
	} while (row != from);
	return NULL;
}

/* read_other - a member that no row has the name of. */
static int read_other(struct reader *r, const struct json *m, const struct field *table)
{
	for (const struct field *row = table; row->name; row++) {
		if (folds_to(m->key, row->name))
			return notes_add(r->notes, NOTE_CASE_VARIANT, m, row->name);
	}
	/* what nobody reads here a newer runtime may */
	return r->flags & FIELDS_STRICT ? note_unknown(r, m, table) : notes_add_below(r->notes, m);
}

static int read_members(struct reader *r, const struct json *object,
			const struct field *table, void *base)
{
	const struct field *row, *next = table;

	for (const struct json *m = object->first; m; m = m->next) {
		int rc = notes_add_repeated(r->notes, m);

		row = find_row(m, table, next);
		if (rc == 0)
			rc = row ? read_slot(r, row, slot_of(base, row), m) : read_other(r, m, table);
		if (rc < 0)
			return rc;
		if (row)
			next = row + 1;
	}
	return 0;
}

int fields_read(const struct json *object, const struct field *table,
		unsigned flags, void *base, struct notes *notes,
		struct error *err)
{
	struct reader r = { .notes = notes, .flags = flags };
	struct field_any any = { .node = object };
	int rc;

	if (object->type != JSON_OBJECT)
		rc = note_wrong(&r, &any, FIELD_OBJECT);
	else
		rc = read_members(&r, object, table, base);
	return rc < 0 ? error_oom(err) : 0;
}
