/* SPDX-License-Identifier: Apache-2.0 */
/* Cofferdam's own hook in somebody else's list of hooks. */
#include <cofferdam/door.h>

#include <string.h>

#include <cofferdam/oci.h>

/* The gate is armed well within it; without one a stuck hook stops for ever. */
#define HOOK_SECONDS 30

/* A stage's hooks as they are, and as they are to be. */
struct stage {
	const char *name;
	const struct json *list;	/* an array, or NULL */
	struct buf want;		/* the array's text */
	size_t foreign;			/* entries that are not our own */
	bool differs;
};

static void add_arg(struct buf *out, const char *arg)
{
	buf_str(out, ", ");
	json_string(out, arg);
}

/* print_own - the entry for a hook of stage @name. */
static void print_own(struct buf *out, const struct door_hook *how, const char *name, bool veto)
{
	buf_str(out, "{\"path\": ");
	json_string(out, how->path);
	buf_str(out, ", \"args\": [\"cofferdam-hook\"");
	add_arg(out, name);
	if (how->engine != ENGINE_UNKNOWN) {
		add_arg(out, "--engine");
		add_arg(out, engine_name(how->engine));
	}
	if (how->host_config) {
		add_arg(out, "--host-config");
		add_arg(out, how->host_config);
	}
	add_arg(out, veto ? "--veto" : "--admitted");
	buf_printf(out, "], \"env\": [\"PATH=/usr/bin:/bin\"], \"timeout\": %d}", HOOK_SECONDS);
}

static bool is_own(const struct json *hook, const struct door_hook *how)
{
	const struct json *path = hook->type == JSON_OBJECT ? json_get(hook, "path") : NULL;

	return path && path->type == JSON_STRING && strcmp(path->str, how->path) == 0;
}

static void count_foreign(struct stage *stage, const struct door_hook *how)
{
	for (const struct json *h = stage->list ? stage->list->first : NULL; h; h = h->next)
		stage->foreign += !is_own(h, how);
}

/* append - one more entry of what is wanted; *@now walks along what there is. */
static void append(const struct json_doc *doc, struct stage *stage, const struct json **now,
		   const char *entry, size_t len)
{
	const struct json *h = *now;

	if (!h || h->end - h->start != len || memcmp(doc->text + h->start, entry, len) != 0)
		stage->differs = true;
	*now = h ? h->next : NULL;
	buf_str(&stage->want, stage->want.len > 1 ? ", " : "");
	buf_add(&stage->want, entry, len);
}

/* compose - @stage with our own entry @first (may be empty) and @last (likewise). */
static void compose(const struct json_doc *doc, const struct door_hook *how, struct stage *stage,
		    bool first, bool last)
{
	const struct json *now = stage->list ? stage->list->first : NULL;
	_cleanup_buf_ struct buf own = { 0 };

	buf_char(&stage->want, '[');
	if (first) {
		print_own(&own, how, stage->name, true);
		append(doc, stage, &now, buf_cstr(&own), own.len);
	}
	for (const struct json *h = stage->list ? stage->list->first : NULL; h; h = h->next) {
		if (!is_own(h, how))
			append(doc, stage, &now, doc->text + h->start, h->end - h->start);
	}
	if (last) {
		buf_reset(&own);
		print_own(&own, how, stage->name, false);
		append(doc, stage, &now, buf_cstr(&own), own.len);
	}
	buf_char(&stage->want, ']');
	stage->differs |= now != NULL;
	stage->want.oom |= own.oom;
}

static int add_edit(const struct json_doc *doc, const struct stage *stage,
		    struct json_edits *edits, struct error *err)
{
	const struct json *hooks = json_get(doc->root, "hooks");
	_cleanup_buf_ struct buf pointer = { 0 };
	int r = buf_check(&stage->want, err);

	if (r < 0 || !stage->differs)
		return r;
	if ((!hooks || hooks->type == JSON_NULL) && edits->n == 0)
		r = json_edits_add(edits, JSON_ADD, "/hooks", "{}", err);
	buf_printf(&pointer, "/hooks/%s", stage->name);
	if (r == 0)
		r = buf_check(&pointer, err);
	return r < 0 ? r : json_edits_add(edits, JSON_ADD, buf_cstr(&pointer),
					  buf_cstr(&stage->want), err);
}

int door_hooks(const struct json_doc *doc, const struct door_hook *how, struct buf *ret,
	       struct error *err)
{
	const struct json *hooks = json_get(doc->root, "hooks");
	struct stage stages[] = { { .name = "prestart" }, { .name = "createRuntime" } };
	_cleanup_edits_ struct json_edits edits = { 0 };
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(stages); i++) {
		const struct json *list = hooks && hooks->type == JSON_OBJECT
					? json_get(hooks, stages[i].name) : NULL;

		stages[i].list = list && list->type == JSON_ARRAY ? list : NULL;
		count_foreign(&stages[i], how);
	}
	/* runc runs prestart before createRuntime. */
	compose(doc, how, &stages[0], stages[0].foreign > 0, false);
	compose(doc, how, &stages[1], stages[0].foreign == 0 && stages[1].foreign > 0, true);
	r = add_edit(doc, &stages[0], &edits, err);
	if (r == 0)
		r = add_edit(doc, &stages[1], &edits, err);
	if (r == 0)
		r = json_apply(doc, &edits, ret, err);
	for (size_t i = 0; i < ARRAY_SIZE(stages); i++)
		buf_free(&stages[i].want);
	return r;
}
