/* SPDX-License-Identifier: Apache-2.0 */
/* What was done, kept as JSON in a file that root alone can read. */
#include "config.h"

#include "install-private.h"

#include <string.h>

static const char *const kinds[] = { "folder", "link", "file", "divert" };

_Static_assert(ARRAY_SIZE(kinds) == CHANGE_KIND_MAX, "one name a kind");

void installed_free(struct state *state)
{
	for (size_t i = 0; i < state->n; i++)
		change_free(&state->v[i]);
	free(state->v);
	*state = (struct state){ 0 };
}

bool installed_uses(const struct state *state, enum engine engine)
{
	for (int d = 0; d < INSTALL_DOOR_MAX; d++) {
		if (state->doors[engine][d])
			return true;
	}
	return false;
}

struct change *installed_find(struct state *state, enum change_kind kind, const char *path)
{
	for (size_t i = 0; i < state->n; i++) {
		if (state->v[i].kind == kind && strcmp(state->v[i].path, path) == 0)
			return &state->v[i];
	}
	return NULL;
}

struct change *installed_add(struct state *state, enum change_kind kind, enum engine engine,
			 const char *path)
{
	struct change *v = reallocarray(state->v, state->n + 1, sizeof(*v));

	if (!v)
		return NULL;
	state->v = v;
	v[state->n] = (struct change){ .kind = kind, .engine = engine, .path = strdup(path) };
	return v[state->n].path ? &v[state->n++] : NULL;
}

/* --- reading --- */

static int bad(struct error *err)
{
	return error_set(err, -EINVAL, "%s: not as cofferdam install wrote it; without it nothing "
			 "can be undone exactly (move it away to begin anew)", STATE_FILE);
}

/* A member that is a string or null; false: neither. */
static bool text_of(const struct json *object, const char *key, char **ret)
{
	const struct json *node = json_get(object, key);

	if (!node || node->type == JSON_NULL)
		return true;
	if (node->type != JSON_STRING)
		return false;
	*ret = strdup(node->str);
	return *ret != NULL;
}

static unsigned int number_of(const struct json *object, const char *key)
{
	const struct json *node = json_get(object, key);

	return node && node->type == JSON_NUMBER ? (unsigned int)strtoul(node->str, NULL, 10) : 0;
}

static int kind_of(const struct json *object)
{
	const struct json *node = json_get(object, "kind");

	for (int k = 0; node && node->type == JSON_STRING && k < CHANGE_KIND_MAX; k++) {
		if (strcmp(node->str, kinds[k]) == 0)
			return k;
	}
	return -EINVAL;
}

static int read_hunks(const struct json *list, struct change *change, struct error *err)
{
	if (!list)
		return 0;
	change->hunks = calloc(list->count + 1, sizeof(*change->hunks));
	if (!change->hunks)
		return error_oom(err);
	for (const struct json *m = list->first; m; m = m->next) {
		struct hunk *hunk = &change->hunks[change->n_hunks++];

		if (!text_of(m, "old", &hunk->old) || !text_of(m, "new", &hunk->new) || !hunk->old ||
		    !hunk->new)
			return bad(err);
	}
	return 0;
}

static int read_change(const struct json *node, struct state *state, struct error *err)
{
	const struct json *path = json_get(node, "path"), *engine = json_get(node, "engine");
	int kind = kind_of(node);
	struct change *c;

	if (kind < 0 || !path || path->type != JSON_STRING || path->str[0] != '/')
		return bad(err);
	c = installed_add(state, (enum change_kind)kind,
		      engine && engine->type == JSON_STRING ? engine_parse(engine->str) :
		      ENGINE_UNKNOWN, path->str);
	if (!c)
		return error_oom(err);
	if (!text_of(node, "target", &c->target) || !text_of(node, "beside", &c->beside) ||
	    !text_of(node, "before", &c->before) || !text_of(node, "after", &c->after))
		return bad(err);
	if ((kind == CHANGE_FILE && !c->after) || (kind == CHANGE_LINK && !c->target) ||
	    (kind == CHANGE_DIVERT && (!c->target || !c->beside)))
		return bad(err);
	c->like.st_mode = number_of(node, "mode");
	c->like.st_uid = number_of(node, "uid");
	c->like.st_gid = number_of(node, "gid");
	return read_hunks(json_get(node, "hunks"), c, err);
}

static int read_doors(const struct json *engines, struct state *state, struct error *err)
{
	if (!engines || engines->type != JSON_OBJECT)
		return bad(err);
	for (const struct json *e = engines->first; e; e = e->next) {
		enum engine engine = engine_parse(e->key);

		if (engine == ENGINE_UNKNOWN || e->type != JSON_ARRAY)
			return bad(err);
		for (const struct json *d = e->first; d; d = d->next) {
			enum install_door door;

			if (d->type != JSON_STRING || install_door_parse(d->str, &door) < 0)
				return bad(err);
			state->doors[engine][door] = true;
		}
	}
	return 0;
}

int installed_text(const struct tree *tree, char **ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = tree_read(tree, STATE_FILE, &text, NULL, err);

	if (r < 0 && r != -ENOENT)
		return r;
	*ret = r == 0 ? buf_steal(&text) : NULL;
	return r == 0 && !*ret ? error_oom(err) : 0;
}

int installed_load(const struct tree *tree, struct state *ret, struct error *err)
{
	_cleanup_installed_ struct state state = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	const struct json *changes;
	struct stat st;
	int r = tree_read(tree, STATE_FILE, &text, &st, err);

	if (r == -ENOENT) {
		*ret = (struct state){ 0 };
		return 0;
	}
	if (r == 0 && ((st.st_uid != 0 && st.st_uid != geteuid()) || (st.st_mode & 022)))
		r = error_set(err, -EPERM, "%s: others than root could have changed it", STATE_FILE);
	if (r == 0)
		r = json_parse(STATE_FILE, buf_cstr(&text), text.len, 0, &doc, err);
	if (r == 0)
		r = number_of(doc->root, "format") == 1 ?
			read_doors(json_get(doc->root, "engines"), &state, err) : bad(err);
	changes = r == 0 ? json_get(doc->root, "changes") : NULL;
	for (const struct json *m = changes ? changes->first : NULL; r == 0 && m; m = m->next)
		r = read_change(m, &state, err);
	if (r < 0)
		return r;
	*ret = state;
	state = (struct state){ 0 };
	return 0;
}

/* --- writing --- */

static void put(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, ",\n     \"%s\": ", key);
	json_string(out, value);
}

static void put_change(struct buf *out, const struct change *c)
{
	buf_printf(out, "\n  { \"kind\": \"%s\", \"engine\": \"%s\"", kinds[c->kind],
		   engine_name(c->engine));
	put(out, "path", c->path);
	if (c->target)
		put(out, "target", c->target);
	if (c->beside)
		put(out, "beside", c->beside);
	if (c->kind == CHANGE_FILE) {
		buf_printf(out, ",\n     \"mode\": %u, \"uid\": %u, \"gid\": %u",
			   c->like.st_mode & 07777, c->like.st_uid, c->like.st_gid);
		put(out, "before", c->before);
		put(out, "after", c->after);
		buf_str(out, ",\n     \"hunks\": [");
		for (size_t i = 0; i < c->n_hunks; i++) {
			buf_str(out, i ? ",\n       { \"old\": " : "\n       { \"old\": ");
			json_string(out, c->hunks[i].old);
			put(out, "new", c->hunks[i].new);
			buf_str(out, " }");
		}
		buf_str(out, "]");
	}
	buf_str(out, " }");
}

static void put_doors(struct buf *out, const struct state *state)
{
	bool other = false;

	for (int e = ENGINE_UNKNOWN + 1; e < ENGINE_MAX; e++) {
		bool more = false;

		if (!installed_uses(state, (enum engine)e))
			continue;
		buf_printf(out, "%s\n  \"%s\": [", other ? "," : "", engine_name((enum engine)e));
		other = true;
		for (int d = 0; d < INSTALL_DOOR_MAX; d++) {
			if (!state->doors[e][d])
				continue;
			buf_printf(out, "%s\"%s\"", more ? ", " : "",
				   install_door_name((enum install_door)d));
			more = true;
		}
		buf_char(out, ']');
	}
}

int installed_save(const struct tree *tree, const struct state *state, struct error *err)
{
	struct stat like = { .st_mode = 0600, .st_uid = geteuid(), .st_gid = getegid() };
	_cleanup_buf_ struct buf out = { 0 };
	int r;

	if (state->n == 0)
		return tree_remove(tree, STATE_FILE, false, err);
	buf_str(&out, "{ \"format\": 1, \"version\": \"" PACKAGE_VERSION "\",\n \"engines\": {");
	put_doors(&out, state);
	buf_str(&out, "},\n \"changes\": [");
	for (size_t i = 0; i < state->n; i++) {
		if (i > 0)
			buf_char(&out, ',');
		put_change(&out, &state->v[i]);
	}
	buf_str(&out, "]}\n");
	r = buf_check(&out, err);
	return r < 0 ? r : tree_write(tree, STATE_FILE, &out, &like, err);
}
