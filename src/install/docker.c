/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Docker: a runtime of our own in daemon.json, as the default. The name runc is
 * reserved, so `--runtime runc` and builds go past it; only diverting covers these.
 */
#include "install-private.h"

#include <string.h>

#define CONFIG "/etc/docker/daemon.json"
#define RUNTIME DOCKER_RUNTIME
#define OURS "{ \"path\": \"" LIBEXECDIR "/docker/runc\" }"

/* One edit of the text, and what it is then. */
static int edit(const struct buf *text, enum json_op op, const char *pointer, const char *value,
		struct buf *ret, struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse(CONFIG, buf_cstr(text), text->len, 0, &doc, err);

	if (r == 0 && doc->root->type != JSON_OBJECT)
		r = error_set(err, -EINVAL, "%s: not a JSON object", CONFIG);
	if (r == 0 && doc->repeated > 0)
		r = error_set(err, -EINVAL, "%s: a name stands there twice", CONFIG);
	if (r == 0)
		r = json_edits_add(&edits, op, pointer, value, err);
	return r < 0 ? r : json_apply(doc, &edits, ret, err);
}

static int step(struct change *change, struct buf *text, const char *pointer, const char *value,
		struct error *err)
{
	_cleanup_buf_ struct buf new = { 0 };
	int r = edit(text, JSON_ADD, pointer, value, &new, err);

	return r < 0 ? r : change_step(change, text, &new, err);
}

static bool blank(const struct buf *text)
{
	const char *s = buf_cstr(text);

	return s[strspn(s, " \t\r\n")] == '\0';
}

static bool says(const struct json *node, const char *what)
{
	return node && node->type == JSON_STRING && strcmp(node->str, what) == 0;
}

/* What daemon.json says already. */
struct found {
	bool table, ours, first;
};

static int look(struct plan *plan, const struct buf *text, struct found *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct json *runtimes, *first, *ours;
	int r = json_parse(CONFIG, buf_cstr(text), text->len, 0, &doc, err);

	if (r < 0)
		return r;
	runtimes = json_get(doc->root, "runtimes");
	first = json_get(doc->root, "default-runtime");
	if (runtimes && runtimes->type != JSON_OBJECT)
		return error_set(err, -EINVAL, "%s: \"runtimes\" is not an object", CONFIG);
	if (first && !says(first, "runc") && !says(first, RUNTIME))
		return error_set(err, -EINVAL, "%s: the default runtime is \"%s\", which the door does not "
				 "speak for; make runc the default first, or use --door divert", CONFIG,
				 first->type == JSON_STRING ? first->str : "?");
	for (const struct json *m = runtimes ? runtimes->first : NULL; m; m = m->next) {
		if (strcmp(m->key, RUNTIME) != 0)
			plan_note(plan, ENGINE_DOCKER, "docker run --runtime %s does not pass the door",
				  m->key);
	}
	ours = runtimes ? json_get(runtimes, RUNTIME) : NULL;
	*ret = (struct found){
		.table = runtimes != NULL,
		.ours = ours && says(json_get(ours, "path"), LIBEXECDIR "/docker/runc"),
		.first = says(first, RUNTIME),
	};
	return 0;
}

static int edit_all(struct plan *plan, struct change *change, struct buf *text,
		    struct error *err)
{
	struct found found = { 0 };
	int r;

	if (blank(text)) {
		_cleanup_buf_ struct buf new = { 0 };

		buf_str(&new, "{\n  \"default-runtime\": \"" RUNTIME "\",\n"
			      "  \"runtimes\": { \"" RUNTIME "\": " OURS " }\n}\n");
		return change_step(change, text, &new, err);
	}
	r = look(plan, text, &found, err);
	if (r == 0 && !found.ours)
		r = step(change, text, found.table ? "/runtimes/" RUNTIME : "/runtimes",
			 found.table ? OURS : "{ \"" RUNTIME "\": " OURS " }", err);
	if (r == 0 && !found.first)
		r = step(change, text, "/default-runtime", "\"" RUNTIME "\"", err);
	return r;
}

/*
 * dockerd does not start when its command line and the file say the same thing; and with
 * another file on it what is written here is not read.
 */
static int check_unit(const struct plan *plan, struct error *err)
{
	static const struct unit_option first = { "default-runtime", NULL }, file = { "config-file", NULL };
	_cleanup_buf_ struct buf said = { 0 };
	int r = unit_says(&plan->tree, "docker", &first, &said, err);

	if (r > 0)
		return error_set(err, -EINVAL, "docker.service starts dockerd with --default-runtime %s: it would "
				 "not start any more with that in %s, too; take it from there", buf_cstr(&said),
				 CONFIG);
	if (r == 0)
		r = unit_says(&plan->tree, "docker", &file, &said, err);
	if (r > 0 && strcmp(buf_cstr(&said), CONFIG) != 0)
		return error_set(err, -EINVAL, "docker.service starts dockerd with --config-file %s, and what is "
				 "edited here is %s; start it with that", buf_cstr(&said), CONFIG);
	return r < 0 ? r : 0;
}

int plan_docker(struct plan *plan, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct change *change = NULL;
	int r;

	if (!plan->state.doors[ENGINE_DOCKER][INSTALL_RUNTIME])
		return 0;
	r = check_unit(plan, err);
	if (r == 0)
		r = plan_links(plan, ENGINE_DOCKER, err);
	if (r == 0)
		r = plan_needs(plan, ENGINE_DOCKER, "runc", err);
	if (r == 0)
		r = plan_file(plan, ENGINE_DOCKER, CONFIG, &change, &text, err);
	if (r == 0)
		r = edit_all(plan, change, &text, err);
	return r < 0 ? r : plan_file_end(plan, change, &text, err);
}

/* The member as it was, or none. */
static int put_back(struct buf *text, const char *key, const struct json *before,
		    const struct json_doc *was, struct error *err)
{
	_cleanup_buf_ struct buf new = { 0 };
	_cleanup_free_ char *pointer = NULL, *value = NULL;
	int r;

	if (before)
		value = strndup(was->text + before->start, before->end - before->start);
	if (asprintf(&pointer, "/%s", key) < 0) {
		pointer = NULL;
		return error_oom(err);
	}
	r = edit(text, before ? JSON_ADD : JSON_REMOVE, pointer, value, &new, err);
	if (r < 0)
		return r;
	buf_free(text);
	*text = new;
	new = (struct buf){ 0 };
	return 0;
}

int docker_without(const struct change *change, const char *now, struct buf *ret,
		   struct error *err)
{
	const char *before = change->before && *change->before ? change->before : "{}";
	_cleanup_json_ struct json_doc *was = NULL, *is = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	const struct json *first, *runtimes, *ours;
	int r = json_parse(CONFIG, before, strlen(before), 0, &was, err);

	if (r == 0)
		r = json_parse(CONFIG, now, strlen(now), 0, &is, err);
	if (r < 0)
		return r;
	buf_str(&text, now);
	first = json_get(is->root, "default-runtime");
	runtimes = json_get(is->root, "runtimes");
	ours = runtimes ? json_get(runtimes, RUNTIME) : NULL;
	if (first && first->type == JSON_STRING && strcmp(first->str, RUNTIME) == 0)
		r = put_back(&text, "default-runtime", json_get(was->root, "default-runtime"), was, err);
	if (r == 0 && ours)
		r = put_back(&text, runtimes->count == 1 && !json_get(was->root, "runtimes") ? "runtimes" :
			     "runtimes/" RUNTIME, NULL, was, err);
	if (r < 0)
		return r;
	buf_free(ret);
	*ret = text;
	text = (struct buf){ 0 };
	return 0;
}
