/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of a case. */
#include "case.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>

#include "../unit/same-doc.h"

#define BROKEN(err, ...) error_set(err, -EBADMSG, __VA_ARGS__)

static int write_file(const struct place *place, const char *name, const char *text, size_t len,
		      struct error *err)
{
	_cleanup_buf_ struct buf path = { 0 };
	_cleanup_close_ int fd = -1;

	buf_printf(&path, "%s/%s", place->scratch, name);
	if (buf_check(&path, err) < 0)
		return err->code;
	fd = open(buf_cstr(&path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_sys(err, errno, "%s", buf_cstr(&path));
	return file_write_all(fd, text, len, err);
}

static void add_slice(struct buf *out, const struct rule_case *c, const struct json *node)
{
	buf_add(out, c->file->text + node->start, node->end - node->start);
}

/* The case's own rule with @action and its parameters but @without; others are off. */
static void policy_text(const struct rule_case *c, enum action action, const char *without,
			struct buf *out)
{
	const struct json *params = json_get(c->node, "params");

	buf_printf(out, "{\"format\": 1, \"name\": \"case\", \"extends\": \"%s\", \"rules\": {",
		   bundle_name(c->bundle));
	for (size_t i = 0; i < RULE_MAX; i++) {
		const bool own = i == c->rule;

		buf_printf(out, "%s\n\"%s\": {\"action\": \"%s\"", i ? "," : "",
			   registry_rule((enum rule_id)i)->id,
			   own ? action_name(action) : "off");
		for (const struct json *p = own && params ? params->first : NULL; p; p = p->next) {
			if (without && strcmp(p->key, without) == 0)
				continue;
			buf_printf(out, ", \"%s\": ", p->key);
			add_slice(out, c, p);
		}
		buf_char(out, '}');
	}
	buf_str(out, "\n}}\n");
}

static int make_policy(const struct rule_case *c, enum action action, const char *without,
		       struct policy **ret, struct error *err)
{
	const struct json *files = json_get(c->node, "files");
	_cleanup_buf_ struct buf text = { 0 }, path = { 0 };
	int r = 0;

	for (const struct json *f = files ? files->first : NULL; r == 0 && f; f = f->next) {
		buf_reset(&text);
		add_slice(&text, c, f);
		r = buf_check(&text, err);
		if (r == 0)
			r = write_file(c->place, f->key, buf_cstr(&text), text.len, err);
	}
	buf_reset(&text);
	policy_text(c, action, without, &text);
	buf_printf(&path, "%s/policy.json", c->place->scratch);
	if (r == 0)
		r = buf_check(&text, err);
	if (r == 0)
		r = buf_check(&path, err);
	if (r == 0)
		r = write_file(c->place, "policy.json", buf_cstr(&text), text.len, err);
	return r < 0 ? r : policy_load(buf_cstr(&path), NULL, geteuid(), ret, err);
}

struct variant {
	enum action action;
	enum door door;
	const char *without;		/* a parameter left at the bundle's value */
};

static int judge(const struct rule_case *c, const struct variant *variant,
		 struct judged *ret, struct error *err)
{
	struct subject how = {
		.engine = c->engine, .door = variant->door, .on = c->on, .created = c->created,
	};
	int r = make_policy(c, variant->action, variant->without, &ret->policy, err);

	if (r == 0 && c->on != ON_START) {
		how.admitted = &ret->admitted.spec;
		r = candidate_parse("admitted", &c->admitted, &ret->admitted, err);
	}

	how.policy = ret->policy;
	return r < 0 ? r : judge_text(&how, &c->config, &c->facts, ret, err);
}

/* expect - judged so, it must come out as @verdict. */
static int expect(const struct rule_case *c, const struct variant *variant,
		  enum verdict verdict, struct error *err)
{
	_cleanup_judged_ struct judged judged = { 0 };
	int r = judge(c, variant, &judged, err);

	if (r < 0 || judged.candidate.decision.verdict == verdict)
		return r;
	return BROKEN(err, "with action %s at the %s door it is %s, not %s",
		      action_name(variant->action), door_name(variant->door),
		      verdict_name(judged.candidate.decision.verdict), verdict_name(verdict));
}

static int check_finding(const struct rule_case *c, const struct finding *f, const char *at,
			 const char *text, struct error *err)
{
	if (strcmp(f->pointer, at) != 0)
		return BROKEN(err, "found at \"%s\", not at \"%s\": %s", f->pointer, at, f->text);
	if (f->rule != c->rule || !f->node || !*f->text || strpbrk(f->text, "\n\033"))
		return BROKEN(err, "%s: the finding is not whole", at);
	if (text && !strstr(f->text, text) && !(f->value && strstr(f->value, text)))
		return BROKEN(err, "%s: neither \"%s\" nor \"%s\" contains \"%s\"", at, f->text,
			      f->value ? f->value : "", text);
	return 0;
}

static int check_findings(const struct rule_case *c, const struct findings *findings,
			  struct error *err)
{
	const struct json *at = json_get(c->node, "at"), *text = json_get(c->node, "text");
	const struct json *a = at ? at->first : NULL, *t = text ? text->first : NULL;
	const size_t n = at ? at->count : 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n && i < findings->n; i++) {
		r = check_finding(c, &findings->v[i], a->str, t ? t->str : NULL, err);
		a = a->next;
		t = t ? t->next : NULL;
	}
	if (r == 0 && n != findings->n)
		r = BROKEN(err, "%zu findings, not %zu%s%s", findings->n, n,
			   findings->n > n ? "; the first beyond: " : "",
			   findings->n > n ? findings->v[n].text : "");
	return r;
}

static int check_verdict(const struct rule_case *c, struct error *err)
{
	const struct variant deny = { ACTION_DENY, c->door, NULL };
	_cleanup_judged_ struct judged judged = { 0 };
	int r = judge(c, &deny, &judged, err);

	if (r < 0)
		return r;
	if (judged.candidate.decision.verdict != c->expect)
		return BROKEN(err, "it is %s: %s",
			      verdict_name(judged.candidate.decision.verdict),
			      judged.candidate.decision.findings.n
				      ? judged.candidate.decision.findings.v[0].text
				      : "nothing was found");
	return check_findings(c, &judged.candidate.decision.findings, err);
}

/* With the rule off nothing else of the case may be the reason. */
static int check_off(const struct rule_case *c, struct error *err)
{
	const struct variant off = { ACTION_OFF, c->door, NULL };
	_cleanup_judged_ struct judged judged = { 0 };
	int r = judge(c, &off, &judged, err);

	if (r < 0)
		return r;
	if (judged.candidate.decision.verdict != VERDICT_ALLOW ||
	    judged.candidate.decision.findings.n != 0)
		return BROKEN(err, "with the rule off it is not allowed");
	return 0;
}

static int json_differ(const struct json *a, const struct json *b)
{
	if (a->type != b->type || a->count != b->count || a->boolean != b->boolean)
		return 1;
	if (a->type == JSON_STRING || a->type == JSON_NUMBER)
		return a->len != b->len || memcmp(a->str, b->str, a->len) != 0;
	for (const struct json *x = a->first, *y = b->first; x; x = x->next) {
		const struct json *other = a->type == JSON_OBJECT ? json_get(b, x->key) : y;

		if (!other || json_differ(x, other))
			return 1;
		y = y->next;
	}
	return 0;
}

static int check_values(const struct rule_case *c, const struct buf *text, struct error *err)
{
	const struct json *wanted = json_get(c->node, "hardened");
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse("hardened", buf_cstr(text), text->len, 0, &doc, err);

	for (const struct json *w = wanted->first; r == 0 && w; w = w->next) {
		const struct json *found = json_at(doc, w->key);

		if (w->type == JSON_NULL ? found != NULL : !found || json_differ(w, found))
			r = BROKEN(err, "hardened, \"%s\" is %.*s", w->key,
				   found ? (int)(found->end - found->start) : 6,
				   found ? doc->text + found->start : "absent");
	}
	return r;
}

/* What was hardened is allowed as it is, and hardening changes it no more. */
static int check_again(const struct rule_case *c, const struct buf *once, struct error *err)
{
	const struct variant harden = { ACTION_HARDEN, DOOR_RUNTIME, NULL };
	_cleanup_judged_ struct judged judged = { 0 };
	_cleanup_buf_ struct buf twice = { 0 };
	struct rule_case again = *c;
	int r;

	again.config = *once;
	r = judge(&again, &harden, &judged, err);
	if (r == 0 && judged.candidate.decision.verdict != VERDICT_ALLOW)
		r = BROKEN(err, "what was hardened is %s",
			   verdict_name(judged.candidate.decision.verdict));
	if (r == 0)
		r = harden_config(&judged.candidate.subject, &judged.candidate.decision, &twice,
				  err);
	if (r == 0 && (twice.len != once->len || memcmp(twice.data, once->data, once->len) != 0))
		r = BROKEN(err, "hardening again changes the text");
	return r;
}

/* check_tree - hardened by the tree it is what was hardened by the text. */
static int check_tree(const struct judged *judged, const struct buf *text, struct error *err)
{
	_cleanup_candidate_ struct candidate by_text = { 0 }, by_tree = { 0 };
	const char *differs;
	int r = candidate_parse(judged->candidate.doc->name, text, &by_text, err);

	if (r == 0)
		r = harden_tree(&judged->candidate.subject, &judged->candidate.decision, &by_tree, err);
	differs = r == 0 ? same_hardened(&by_text, &by_tree) : NULL;
	return differs ? BROKEN(err, "hardened by the tree it differs: %s", differs) : r;
}

static int check_hardened(const struct rule_case *c, struct error *err)
{
	const struct variant harden = { ACTION_HARDEN, DOOR_RUNTIME, NULL };
	_cleanup_judged_ struct judged judged = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = judge(c, &harden, &judged, err);

	if (r == 0 && judged.candidate.decision.verdict != VERDICT_HARDEN)
		r = BROKEN(err, "with action harden it is %s",
			   verdict_name(judged.candidate.decision.verdict));
	if (r == 0)
		r = harden_config(&judged.candidate.subject, &judged.candidate.decision, &text,
				  err);
	if (r == 0)
		r = check_values(c, &text, err);
	if (r == 0)
		r = check_tree(&judged, &text, err);
	return r < 0 ? r : check_again(c, &text, err);
}

/* No remedy, or one that would not hold: it must not be let in as hardened. */
static int check_refused(const struct rule_case *c, struct error *err)
{
	const struct variant harden = { ACTION_HARDEN, DOOR_RUNTIME, NULL };
	_cleanup_judged_ struct judged judged = { 0 };
	_cleanup_candidate_ struct candidate tree = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error why = { 0 };
	int r = judge(c, &harden, &judged, err);

	if (r < 0 || (judged.candidate.decision.verdict != VERDICT_HARDEN &&
		      judged.candidate.decision.verdict != VERDICT_ALLOW))
		return r;
	if (harden_config(&judged.candidate.subject, &judged.candidate.decision, &text, &why) < 0 &&
	    harden_tree(&judged.candidate.subject, &judged.candidate.decision, &tree, &why) < 0)
		return 0;
	return BROKEN(err, "it should be refused, yet it was hardened");
}

/* What the other actions make of it. */
static int check_actions(const struct rule_case *c, struct error *err)
{
	const bool remedy = registry_rule(c->rule)->remedy != NULL;
	const struct variant warn = { ACTION_WARN, c->door, NULL };
	const struct variant at_hook = { ACTION_HARDEN, DOOR_HOOK, NULL };
	const struct variant at_precreate = { ACTION_HARDEN, DOOR_PRECREATE, NULL };
	int r = expect(c, &warn, VERDICT_ALLOW, err);

	if (r == 0 && remedy)
		r = expect(c, &at_hook, c->expect, err);
	if (r == 0 && c->hardens)
		r = expect(c, &at_precreate, VERDICT_HARDEN, err);
	return r;
}

int case_check(const struct rule_case *c, struct error *err)
{
	const bool remedy = registry_rule(c->rule)->remedy != NULL;
	const struct json *hardened = json_get(c->node, "hardened");
	int r = check_verdict(c, err);

	if (r == 0 && hardened && (!remedy || c->expect == VERDICT_ALLOW))
		r = error_set(err, -EINVAL,
			      "\"hardened\" needs a rule with a remedy, and a finding");
	if (r == 0)
		r = check_off(c, err);
	if (r == 0)
		r = check_actions(c, err);
	if (r == 0 && c->hardens)
		r = check_hardened(c, err);
	if (r == 0 && hardened && !c->hardens)
		r = check_refused(c, err);
	return r;
}

/* All that a decision says, to compare two of them. */
static int describe(const struct rule_case *c, const struct variant *variant, struct buf *out,
		    struct error *err)
{
	_cleanup_judged_ struct judged judged = { 0 };
	const struct findings *findings = &judged.candidate.decision.findings;
	int r = judge(c, variant, &judged, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < findings->n; i++) {
		const struct finding *f = &findings->v[i];

		buf_printf(out, "%d %s %s %s\n", f->unjudged, f->pointer, f->text,
			   f->value ? f->value : "");
		json_edits_print(out, &f->edits);
	}
	return buf_check(out, err);
}

int case_exercises(const struct rule_case *c, const char *param, struct error *err)
{
	const struct variant with = { ACTION_DENY, c->door, NULL };
	const struct variant without = { ACTION_DENY, c->door, param };
	const struct json *params = json_get(c->node, "params");
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 };
	int r;

	if (!params || !json_get(params, param))
		return 0;
	r = describe(c, &with, &a, err);
	if (r == 0)
		r = describe(c, &without, &b, err);
	return r < 0 ? r : strcmp(buf_cstr(&a), buf_cstr(&b)) != 0;
}
