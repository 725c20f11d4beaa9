/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an update sets, put into the configuration that was admitted. Both runtimes
 * leave what is 0 or absent as it is.
 */
#include <cofferdam/door.h>

#include <inttypes.h>
#include <string.h>

#include "door-private.h"

/* Options, and where their values stand in linux.resources. */
static const struct {
	enum option_id id;
	const char *section, *member;
	bool bytes;			/* runc takes "512m" as well */
} places[] = {
	{ OPTION_MEMORY, "memory", "limit", true },
	{ OPTION_MEMORY_SWAP, "memory", "swap", true },
	{ OPTION_MEMORY_RESERVATION, "memory", "reservation", true },
	{ OPTION_CPU_PERIOD, "cpu", "period", false },
	{ OPTION_CPU_QUOTA, "cpu", "quota", false },
	{ OPTION_CPU_SHARE, "cpu", "shares", false },
	{ OPTION_CPU_RT_PERIOD, "cpu", "realtimePeriod", false },
	{ OPTION_CPU_RT_RUNTIME, "cpu", "realtimeRuntime", false },
	{ OPTION_PIDS_LIMIT, "pids", "limit", false },
};

struct update {
	const struct json_doc *doc;	/* what was admitted */
	struct json_edits edits;
};

static bool edited(const struct update *u, const char *pointer)
{
	for (size_t i = 0; i < u->edits.n; i++) {
		if (strcmp(u->edits.v[i].pointer, pointer) == 0)
			return true;
	}
	return false;
}

/* parents - of @pointer, objects all of them, where they are missing. */
static int parents(struct update *u, const char *pointer, struct error *err)
{
	_cleanup_free_ char *copy = strdup(pointer);
	int r = copy ? 0 : error_oom(err);

	for (char *slash = copy ? strchr(copy + 1, '/') : NULL; r == 0 && slash;
	     slash = strchr(slash + 1, '/')) {
		const struct json *node;

		*slash = '\0';
		node = json_at(u->doc, copy);
		if ((!node || node->type == JSON_NULL) && !edited(u, copy))
			r = json_edits_add(&u->edits, JSON_ADD, copy, "{}", err);
		*slash = '/';
	}
	return r;
}

static int set(struct update *u, const char *section, const char *name, const char *value,
	       struct error *err)
{
	_cleanup_buf_ struct buf pointer = { 0 };
	int r;

	buf_str(&pointer, "/linux/resources/");
	json_pointer_token(&pointer, section);
	if (name) {
		buf_char(&pointer, '/');
		json_pointer_token(&pointer, name);
	}
	r = buf_check(&pointer, err);
	if (r == 0)
		r = parents(u, buf_cstr(&pointer), err);
	return r < 0 ? r : json_edits_add(&u->edits, JSON_ADD, buf_cstr(&pointer), value, err);
}

/* number_of - an integer, or with @bytes one with a unit (docker/go-units, powers of 1024). */
static int number_of(const char *text, bool bytes, int64_t *ret, struct error *err)
{
	static const char units[] = "kmgtp";
	char *end;
	const char *unit;
	int64_t n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (end == text || errno != 0)
		return error_set(err, -EINVAL, "\"%s\": no number", text);
	end += bytes && *end == ' ';
	unit = bytes && *end ? strchr(units, *end | 0x20) : NULL;
	end += unit ? 1 : 0;
	end += bytes && (*end | 0x20) == 'i';
	end += bytes && (*end | 0x20) == 'b';
	if (*end)
		return error_set(err, -EINVAL, "\"%s\": no number that is understood here", text);
	for (size_t i = 0; unit && i <= (size_t)(unit - units); i++) {
		if (__builtin_mul_overflow(n, (int64_t)1024, &n))
			return error_set(err, -ERANGE, "\"%s\": too large", text);
	}
	*ret = n;
	return 0;
}

static int from_options(struct update *u, const struct command_line *command, struct error *err)
{
	const char *cpus = command_value(command, OPTION_CPUSET_CPUS);
	_cleanup_buf_ struct buf quoted = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
		const char *value = command_value(command, places[i].id);
		int64_t number;
		char text[32];

		if (!value || !value[0])
			continue;
		r = number_of(value, places[i].bytes, &number, err);
		if (r < 0 || number == 0)
			continue;
		(void)snprintf(text, sizeof(text), "%" PRId64, number);
		r = set(u, places[i].section, places[i].member, text, err);
	}
	if (r == 0 && cpus && cpus[0]) {
		json_string(&quoted, cpus);
		r = buf_check(&quoted, err);
		if (r == 0)
			r = set(u, "cpu", "cpus", buf_cstr(&quoted), err);
	}
	return r;
}

/* unchanged - null, and the 0 and "" that mean it to runc. */
static bool unchanged(const struct json *value)
{
	return value->type == JSON_NULL ||
	       (value->type == JSON_NUMBER && strcmp(value->str, "0") == 0) ||
	       (value->type == JSON_STRING && value->len == 0);
}

static int from_text(struct update *u, const struct json_doc *doc, struct error *err)
{
	int r = 0;

	if (doc->root->type != JSON_OBJECT || doc->repeated)
		return error_set(err, -EINVAL,
				 "the resources are no object, or name something twice");
	for (const struct json *m = doc->root->first; r == 0 && m; m = m->next) {
		for (const struct json *s = m->type == JSON_OBJECT ? m->first : NULL; r == 0 && s;
		     s = s->next) {
			_cleanup_free_ char *value = strndup(doc->text + s->start,
							     s->end - s->start);

			r = !value ? error_oom(err)
				   : unchanged(s) ? 0 : set(u, m->key, s->key, value, err);
		}
		if (r == 0 && m->type != JSON_OBJECT && !unchanged(m)) {
			_cleanup_free_ char *value = strndup(doc->text + m->start,
							     m->end - m->start);

			r = value ? set(u, m->key, NULL, value, err) : error_oom(err);
		}
	}
	return r;
}

int door_update_config(const struct command_line *command, const struct buf *admitted,
		       const struct buf *resources, struct buf *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL, *sets = NULL;
	struct update u = { 0 };
	int r = json_parse("the admitted configuration", buf_cstr(admitted), admitted->len, 0,
			   &doc, err);

	u.doc = doc;
	/* A file is all there is: runc says so, and crun does so. */
	if (r == 0 && resources)
		r = json_parse("the resources", buf_cstr(resources), resources->len, 0, &sets, err);
	if (r == 0)
		r = resources ? from_text(&u, sets, err) : from_options(&u, command, err);
	if (r == 0)
		r = json_apply(doc, &u.edits, ret, err);
	json_edits_free(&u.edits);
	return r;
}
