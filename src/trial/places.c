/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host that bases were recorded on (tests/corpus/facts.jq) was asked for the
 * paths of the shipped policies. A policy's own ones are folders there, too: on
 * its root, or on the tmpfs that is /run.
 */
#include "trial-private.h"

#include <string.h>

#define ROOT_DEVICE "8:1"
#define RUN_DEVICE "0:23"

static bool recorded(const struct json *places, const char *path)
{
	for (const struct json *p = places->first; p; p = p->next) {
		const struct json *of = p->type == JSON_OBJECT ? json_get(p, "path") : NULL;

		if (of && of->type == JSON_STRING && strcmp(of->str, path) == 0)
			return true;
	}
	return false;
}

static int add_place(struct json_edits *edits, const char *path, struct error *err)
{
	const bool run = strncmp(path, "/run/", 5) == 0;
	_cleanup_buf_ struct buf value = { 0 };

	buf_str(&value, "{\"path\":");
	json_string(&value, path);
	buf_str(&value, ",\"is\":\"known\",\"real\":");
	json_string(&value, path);
	buf_printf(&value, ",\"mode\":16877,\"spot\":{\"device\":\"%s\",\"within\":",
		   run ? RUN_DEVICE : ROOT_DEVICE);
	json_string(&value, run ? path + 4 : path);
	buf_printf(&value, ",\"fstype\":\"%s\"}}", run ? "tmpfs" : "ext4");
	if (buf_check(&value, err) < 0)
		return err->code;
	return json_edits_add(edits, JSON_ADD, "/places/-", buf_cstr(&value), err);
}

/* add_rule - the paths of one rule's parameters that are not there. */
static int add_rule(struct json_edits *edits, const struct json *places,
		    const struct policy *policy, enum rule_id id, struct error *err)
{
	const struct rule *rule = registry_rule(id);
	int r = 0;

	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
		const char *const *list = policy->rules[id].params[p].list;

		if (rule->params[p].kind != PARAM_PATHS)
			continue;
		for (; r == 0 && list && *list; list++) {
			if (!recorded(places, *list))
				r = add_place(edits, *list, err);
		}
	}
	return r;
}

int places_add(const struct policy *policy, const struct buf *facts, struct buf *ret,
	       struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct json *places;
	int r = json_parse("facts", buf_cstr(facts), facts->len, 0, &doc, err);

	if (r < 0)
		return r;
	places = json_at(doc, "/places");
	for (size_t i = 0; r == 0 && places && places->type == JSON_ARRAY && i < RULE_MAX; i++) {
		if (registry_rule((enum rule_id)i)->facts & FACT_PLACES)
			r = add_rule(&edits, places, policy, (enum rule_id)i, err);
	}
	if (r < 0)
		return r;
	if (edits.n > 0)
		return json_apply(doc, &edits, ret, err);
	buf_add(ret, buf_cstr(facts), facts->len);
	return buf_check(ret, err);
}
