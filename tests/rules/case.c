/* SPDX-License-Identifier: Apache-2.0 */
/* Cases as they are written: bases, patches, policies. */
#include "case.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>

static int bad(const struct json_doc *doc, const struct json *node, struct error *err,
	       const char *what)
{
	unsigned line, column;

	json_where(doc, node->start, &line, &column);
	return error_set(err, -EINVAL, "%s:%u:%u: %s", doc->name, line, column, what);
}

static int read_base_file(const struct place *place, const char *name, const char *end,
			  struct buf *ret, struct error *err)
{
	_cleanup_buf_ struct buf path = { 0 };

	buf_printf(&path, "%s/bases/%s%s", place->dir, name, end);
	if (buf_check(&path, err) < 0)
		return err->code;
	return file_read(AT_FDCWD, buf_cstr(&path), false, FILE_CONFIG_MAX, ret, NULL, err);
}

int base_read(const struct place *place, const char *name, struct buf *config,
	      struct buf *facts, struct error *err)
{
	int r = read_base_file(place, name, ".json", config, err);

	return r < 0 ? r : read_base_file(place, name, ".facts.json", facts, err);
}

/* patch - @text with the operations of @ops, an array or NULL. */
static int patch(const struct rule_case *c, const char *name, const struct json *ops,
		 struct buf *text, struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	int r;

	if (!ops)
		return 0;
	r = json_edits_read(c->file, ops, &edits, err);
	if (r == 0)
		r = json_parse(name, buf_cstr(text), text->len, 0, &doc, err);
	if (r == 0)
		r = json_apply(doc, &edits, &out, err);
	if (r < 0)
		return r;
	buf_free(text);
	*text = out;
	out = (struct buf){ 0 };
	return 0;
}

/* A member that is a string, or @otherwise. NULL when it is something else. */
static const char *word(const struct rule_case *c, const char *name, const char *otherwise)
{
	const struct json *node = json_get(c->node, name);

	if (!node)
		return otherwise;
	return node->type == JSON_STRING ? node->str : NULL;
}

static int read_words(struct rule_case *c, struct error *err)
{
	const char *engine = word(c, "engine", ""), *door = word(c, "door", "runtime");
	const char *bundle = word(c, "bundle", "restricted"), *expect = word(c, "expect", NULL);
	size_t i;

	c->name = word(c, "name", NULL);
	if (!c->name || !engine || !door || !bundle || !expect)
		return bad(c->file, c->node, err, "name or expect is missing, or no string");
	c->engine = engine_parse(engine);
	if (c->engine == ENGINE_UNKNOWN && *engine)
		return bad(c->file, c->node, err, "no such engine");
	if (door_parse(door, &c->door) < 0 || bundle_parse(bundle, &c->bundle) < 0)
		return bad(c->file, c->node, err, "no such door or bundle");
	for (i = 0; i < VERDICT_MAX; i++) {
		if (strcmp(verdict_name((enum verdict)i), expect) == 0)
			break;
	}
	if (i == VERDICT_MAX || i == VERDICT_HARDEN)
		return bad(c->file, c->node, err, "expect is none of allow, deny, unjudged");
	c->expect = (enum verdict)i;
	return 0;
}

/* read_members - nothing misspelt, and what belongs together. */
static int read_members(struct rule_case *c, struct error *err)
{
	static const struct {
		const char *name;
		enum json_type type;
	} known[] = {
		{ "name", JSON_STRING }, { "base", JSON_STRING }, { "patch", JSON_ARRAY },
		{ "facts_patch", JSON_ARRAY }, { "bundle", JSON_STRING },
		{ "params", JSON_OBJECT }, { "door", JSON_STRING }, { "engine", JSON_STRING },
		{ "expect", JSON_STRING }, { "at", JSON_ARRAY }, { "text", JSON_ARRAY },
		{ "files", JSON_OBJECT }, { "hardened", JSON_OBJECT },
		{ "on", JSON_STRING }, { "created", JSON_BOOL }, { "admitted", JSON_ARRAY },
	};
	const struct json *hardened = json_get(c->node, "hardened");

	if (c->node->type != JSON_OBJECT)
		return bad(c->file, c->node, err, "a case is an object");
	for (const struct json *m = c->node->first; m; m = m->next) {
		size_t i = 0;

		while (i < ARRAY_SIZE(known) && strcmp(known[i].name, m->key) != 0)
			i++;
		if (i == ARRAY_SIZE(known) || m->repeated)
			return bad(c->file, m, err, "unknown or repeated member");
		/* "hardened": "refused" is the one word in place of an object */
		if (m->type != known[i].type && (m != hardened || m->type != JSON_STRING))
			return bad(c->file, m, err, "of the wrong type");
	}
	if (hardened && hardened->type == JSON_STRING && strcmp(hardened->str, "refused") != 0)
		return bad(c->file, hardened, err, "hardened is an object or \"refused\"");
	c->hardens = hardened && hardened->type == JSON_OBJECT;
	return 0;
}

/* read_on - what is asked for: the first that the rule judges, or what the case says. */
static int read_on(struct rule_case *c, struct error *err)
{
	static const char *const words[] = { "start", "exec", "update", "restore", "checkpoint",
					     "mounts" };
	const unsigned judges = rule_on(registry_rule(c->rule));
	const struct json *created = json_get(c->node, "created");
	const char *on = word(c, "on", NULL);

	c->created = created && created->boolean;
	c->on = judges & ~(judges - 1);
	for (size_t i = 0; on && i < ARRAY_SIZE(words); i++) {
		if (strcmp(words[i], on) == 0 && (judges & 1u << i)) {
			c->on = 1u << i;
			return 0;
		}
	}
	return on ? bad(c->file, c->node, err, "on: nothing that this rule judges") : 0;
}

int case_read(const struct place *place, const struct json_doc *file,
	      const struct json *node, struct rule_case *ret, struct error *err)
{
	struct rule_case *c = ret;
	const char *base;
	int r;

	c->place = place;
	c->file = file;
	c->node = node;
	r = read_members(c, err);
	if (r == 0)
		r = read_words(c, err);
	if (r < 0)
		return r;
	base = word(c, "base", "honest");
	if (json_get(node, "at") ? c->expect == VERDICT_ALLOW : c->expect != VERDICT_ALLOW)
		return bad(file, node, err, "\"at\" goes with deny and unjudged");
	r = read_on(c, err);
	if (r == 0)
		r = base_read(place, base, &c->config, &c->facts, err);
	buf_add(&c->admitted, buf_cstr(&c->config), c->config.len);
	if (r == 0)
		r = patch(c, base, json_get(node, "admitted"), &c->admitted, err);
	if (r == 0)
		r = patch(c, base, json_get(node, "patch"), &c->config, err);
	return r < 0 ? r : patch(c, "facts", json_get(node, "facts_patch"), &c->facts, err);
}

void case_free(struct rule_case *c)
{
	buf_free(&c->config);
	buf_free(&c->facts);
	buf_free(&c->admitted);
}

int judge_text(const struct subject *how, const struct buf *config, const struct buf *facts,
	       struct judged *ret, struct error *err)
{
	struct candidate *c = &ret->candidate;
	int r = candidate_parse("config.json", config, c, err);

	if (r == 0)
		r = facts_load("facts.json", buf_cstr(facts), facts->len, &c->spec, &c->facts, err);
	return r < 0 ? r : candidate_judge(c, how, err);
}

void judged_free(struct judged *judged)
{
	candidate_free(&judged->candidate);
	candidate_free(&judged->admitted);
	policy_free(&judged->policy);
}
