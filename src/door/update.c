/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an update sets, put into the configuration that was admitted. Both runtimes
 * leave what is 0 or absent as it is.
 */
#include <cofferdam/door.h>

#include <inttypes.h>
#include <string.h>

#include "door-private.h"

enum value {
	VALUE_NUMBER,
	VALUE_BYTES,			/* runc takes "512m" as well */
	VALUE_TEXT,
};

#define RESOURCES "/linux/resources/"

/* Options, and where their values stand. */
static const struct {
	enum option_id id;
	const char *pointer;
	enum value is;
	bool with_file;			/* counts where there is a file of resources, too */
} places[] = {
	{ OPTION_MEMORY, RESOURCES "memory/limit", VALUE_BYTES, false },
	{ OPTION_MEMORY_SWAP, RESOURCES "memory/swap", VALUE_BYTES, false },
	{ OPTION_MEMORY_RESERVATION, RESOURCES "memory/reservation", VALUE_BYTES, false },
	{ OPTION_CPU_PERIOD, RESOURCES "cpu/period", VALUE_NUMBER, false },
	{ OPTION_CPU_QUOTA, RESOURCES "cpu/quota", VALUE_NUMBER, false },
	{ OPTION_CPU_SHARE, RESOURCES "cpu/shares", VALUE_NUMBER, false },
	{ OPTION_CPU_RT_PERIOD, RESOURCES "cpu/realtimePeriod", VALUE_NUMBER, false },
	{ OPTION_CPU_RT_RUNTIME, RESOURCES "cpu/realtimeRuntime", VALUE_NUMBER, false },
	{ OPTION_CPUSET_CPUS, RESOURCES "cpu/cpus", VALUE_TEXT, false },
	{ OPTION_PIDS_LIMIT, RESOURCES "pids/limit", VALUE_NUMBER, false },
	{ OPTION_L3_CACHE_SCHEMA, "/linux/intelRdt/l3CacheSchema", VALUE_TEXT, true },
	{ OPTION_MEM_BW_SCHEMA, "/linux/intelRdt/memBwSchema", VALUE_TEXT, true },
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

static int set(struct update *u, const char *pointer, const char *value, struct error *err)
{
	int r = parents(u, pointer, err);

	return r < 0 ? r : json_edits_add(&u->edits, JSON_ADD, pointer, value, err);
}

/* set_resource - the member @name of @section, or without one that itself. */
static int set_resource(struct update *u, const char *section, const char *name,
			const char *value, struct error *err)
{
	_cleanup_buf_ struct buf pointer = { 0 };
	int r;

	buf_str(&pointer, RESOURCES);
	json_pointer_token(&pointer, section);
	if (name) {
		buf_char(&pointer, '/');
		json_pointer_token(&pointer, name);
	}
	r = buf_check(&pointer, err);
	return r < 0 ? r : set(u, buf_cstr(&pointer), value, err);
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

/* check_once - of what is said twice runc takes the last, and crun the first. */
static int check_once(const struct command_line *command, struct error *err)
{
	uint64_t seen = 0;

	_Static_assert(OPTION_MEM_BW_SCHEMA < 64, "a bit each");
	for (size_t i = 0; i < command->n_options; i++) {
		const struct command_option *option = &command->options[i];

		if (option->id >= OPTION_MEMORY && (seen >> option->id & 1))
			return error_set(err, -EINVAL, "--%s is there twice; give it once",
					 option->name);
		seen |= UINT64_C(1) << option->id;
	}
	return 0;
}

static int from_options(struct update *u, const struct command_line *command, bool file,
			struct error *err)
{
	int r = command->runtime == RUNTIME_CRUN ? check_once(command, err) : 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(places); i++) {
		const char *value = command_value(command, places[i].id);
		_cleanup_buf_ struct buf json = { 0 };
		int64_t number = 0;

		if (!value || !value[0] || (file && !places[i].with_file))
			continue;
		if (places[i].is == VALUE_TEXT)
			json_string(&json, value);
		else
			r = number_of(value, places[i].is == VALUE_BYTES, &number, err);
		if (r < 0 || (places[i].is != VALUE_TEXT && number == 0))
			continue;
		if (places[i].is != VALUE_TEXT)
			buf_printf(&json, "%" PRId64, number);
		r = buf_check(&json, err);
		if (r == 0)
			r = set(u, places[i].pointer, buf_cstr(&json), err);
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
				   : unchanged(s) ? 0 : set_resource(u, m->key, s->key, value, err);
		}
		if (r == 0 && m->type != JSON_OBJECT && !unchanged(m)) {
			_cleanup_free_ char *value = strndup(doc->text + m->start,
							     m->end - m->start);

			r = value ? set_resource(u, m->key, NULL, value, err) : error_oom(err);
		}
	}
	return r;
}

/* complete_cpu - each of the two is a limit only beside the other. */
static int complete_cpu(struct update *u, int64_t pid, struct error *err)
{
	static const char quota[] = "/linux/resources/cpu/quota";
	static const char period[] = "/linux/resources/cpu/period";
	const bool has_quota = edited(u, quota);
	struct cpu_limit now = { 0 };
	char text[32];

	if (pid == 0 || has_quota == edited(u, period))
		return 0;
	if (cpu_now(pid, &now, err) < 0)
		return error_context(err, "a CPU %s alone, and the container's limit cannot be read; give quota and period",
				     has_quota ? "quota" : "period");
	(void)snprintf(text, sizeof(text), "%" PRId64, has_quota ? now.period : now.quota);
	return set(u, has_quota ? period : quota, text, err);
}

/*
 * drop_unified - what was admitted in unified for a file of cgroup v2 that is set now. crun does
 * not apply it again; runc does, and then it is what was admitted.
 */
static int drop_unified(struct update *u, struct error *err)
{
	static const struct {
		const char *set, *file;
	} rows[] = {
		{ RESOURCES "memory/limit", RESOURCES "unified/memory.max" },
		{ RESOURCES "memory/swap", RESOURCES "unified/memory.swap.max" },
		{ RESOURCES "pids/limit", RESOURCES "unified/pids.max" },
		{ RESOURCES "cpu/quota", RESOURCES "unified/cpu.max" },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++) {
		if (edited(u, rows[i].set) && !edited(u, rows[i].file) &&
		    json_at(u->doc, rows[i].file))
			r = json_edits_add(&u->edits, JSON_REMOVE, rows[i].file, NULL, err);
	}
	return r;
}

int door_update_config(const struct command_line *command, const struct buf *admitted,
		       const struct door_update *what, struct buf *ret, struct error *err)
{
	const struct buf *resources = what->resources;
	_cleanup_json_ struct json_doc *doc = NULL, *sets = NULL;
	struct update u = { 0 };
	int r = json_parse("the admitted configuration", buf_cstr(admitted), admitted->len, 0,
			   &doc, err);

	u.doc = doc;
	/* A file is all there is of resources: runc says so, and crun does so. */
	if (r == 0 && resources)
		r = json_parse("the resources", buf_cstr(resources), resources->len, 0, &sets, err);
	if (r == 0 && resources)
		r = from_text(&u, sets, err);
	if (r == 0)
		r = from_options(&u, command, resources != NULL, err);
	if (r == 0)
		r = complete_cpu(&u, what->pid, err);
	if (r == 0)
		r = drop_unified(&u, err);
	if (r == 0)
		r = json_apply(doc, &u.edits, ret, err);
	json_edits_free(&u.edits);
	return r;
}
