/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_FIELDS_H
#define COFFERDAM_FIELDS_H

/*
 * From a JSON object to a C struct by a table. Absent, null, present and of
 * the wrong type are told apart, and what two readers could understand
 * differently becomes a note rather than a guess.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cofferdam/arena.h>
#include <cofferdam/json.h>

enum field_is {
	FIELD_ABSENT = 0,
	FIELD_NULL,			/* read as absent by runc and crun alike */
	FIELD_WRONG,			/* there, but of another type or range */
	FIELD_PRESENT,
};

/*
 * Every field starts alike, so that a rule can point at what it judged: any
 * field may be read through a pointer to this.
 */
struct __attribute__((may_alias)) field_any {
	const struct json *node;	/* NULL when absent */
	enum field_is is;
};

struct field_bool {
	const struct json *node;
	enum field_is is;
	bool v;
};

struct field_int {
	const struct json *node;
	enum field_is is;
	int64_t v;
};

struct field_uint {
	const struct json *node;
	enum field_is is;
	uint64_t v;
};

struct field_str {
	const struct json *node;
	enum field_is is;
	const char *v;			/* NULL unless present; owned by the document */
};

struct field_strs {
	const struct json *node;
	enum field_is is;
	struct field_str *v;		/* owned by the notes */
	size_t n;
};

/* A list of objects: v points at n structs of the sub-table's size, owned by the notes. */
struct field_list {
	const struct json *node;
	enum field_is is;
	void *v;
	size_t n;
};

/* A map of strings: the values; the name is node->key. */
#define field_map field_strs

enum field_kind {
	FIELD_BOOL,			/* struct field_bool */
	FIELD_INT,			/* struct field_int, a 64-bit integer */
	FIELD_UINT,			/* struct field_uint, a 64-bit integer */
	FIELD_U32,			/* struct field_uint, a 32-bit integer */
	FIELD_ID,			/* struct field_uint, a uid or gid: never (uid_t)-1, which
					 * leaves the id as it is (setresuid(2)) */
	FIELD_STR,			/* struct field_str */
	FIELD_STRS,			/* struct field_strs */
	FIELD_MAP,			/* struct field_map, any name, string values */
	FIELD_OBJECT,			/* a struct that starts as field_any */
	FIELD_LIST,			/* struct field_list of such structs */
	FIELD_ANY,			/* struct field_any: not looked into */
};

struct field {
	const char *name;
	enum field_kind kind;
	size_t offset;
	const struct field *sub;	/* OBJECT, LIST: rows, ended by name NULL */
	size_t size;			/* LIST: size of one struct */
	const char *unique;		/* LIST: the row of sub no two entries may share, or NULL */
};

enum note_kind {
	NOTE_REPEATED_NAME,		/* runc takes the last, others the first */
	NOTE_CASE_VARIANT,		/* Go matches it, crun does not */
	NOTE_WRONG_TYPE,		/* runc stops, crun reads it as absent */
	NOTE_REPEATED_ENTRY,		/* two entries of a list that must differ */
	NOTE_UNKNOWN_NAME,		/* only with FIELDS_STRICT */
};

struct note {
	enum note_kind kind;
	const struct json *node;
	const char *expected;		/* the known name, or the type wanted; for
					 * an unknown name, the nearest or NULL */
};

/* What was noted, and the memory of the lists that were read. */
struct notes {
	struct note *v;
	size_t n;
	size_t cap;			/* private */
	struct arena lists;		/* private */
};

#define FIELDS_STRICT 1u		/* note unknown names too */

/*
 * fields_read - read @object by @table into @base, a zeroed struct. Of a name
 * that is repeated, the last is read. An entry of a list that is null or of the
 * wrong type is noted; it keeps its place, zeroed but for node and is. The
 * lists in @base are owned by @notes, and go with them.
 * Returns 0, also when notes were taken; negative when memory is exhausted.
 */
int fields_read(const struct json *object, const struct field *table,
		unsigned flags, void *base, struct notes *notes,
		struct error *err) must_check;

void notes_free(struct notes *notes);

/*
 * notes_error - the first note as an error "NAME:LINE:COLUMN: /pointer: what",
 * with a nearest-name hint for an unknown name. 0 when there are none, -EINVAL
 * otherwise.
 */
int notes_error(const struct json_doc *doc, const struct notes *notes,
		struct error *err) must_check;

/* note_describe - append one sentence on @note, without its place. */
void note_describe(struct buf *out, const struct note *note);

#endif
