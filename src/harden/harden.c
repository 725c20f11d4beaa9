/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/harden.h>

#include <ctype.h>
#include <string.h>

#include <cofferdam/seccomp.h>

#define DEPTH_MAX 8	/* of a list that a remedy inserts into */

/* Whether the edit puts an element into a list, which moves those behind it. */
static bool inserts(const struct json_doc *doc, const struct json_edit *edit)
{
	const char *token = strrchr(edit->pointer, '/');
	_cleanup_free_ char *parent = NULL;
	const struct json *node;

	if (edit->op != JSON_ADD || !token)
		return false;
	if (strcmp(token, "/-") == 0)
		return true;
	if (!isdigit((unsigned char)token[1]))
		return false;
	parent = strndup(edit->pointer, (size_t)(token - edit->pointer));
	node = parent ? json_at(doc, parent) : NULL;
	return node && node->type == JSON_ARRAY;
}

static bool added(const struct json_edits *edits, const char *pointer)
{
	for (size_t i = 0; i < edits->n; i++) {
		if (edits->v[i].op != JSON_REMOVE && strcmp(edits->v[i].pointer, pointer) == 0)
			return true;
	}
	return false;
}

/* add_parents - what RFC 6902 wants to exist before @pointer can be added. */
static int add_parents(const struct json_doc *doc, const char *pointer,
		       struct json_edits *edits, struct error *err)
{
	_cleanup_free_ char *prefix = strdup(pointer);
	int r;

	if (!prefix)
		return error_oom(err);
	for (char *slash = *prefix ? strchr(prefix + 1, '/') : NULL; slash;
	     slash = strchr(slash + 1, '/')) {
		const struct json *node;

		*slash = '\0';
		node = json_at(doc, prefix);
		if ((!node || node->type == JSON_NULL) && !added(edits, prefix)) {
			r = json_edits_lend(edits, JSON_ADD, prefix, slash[1] == '-' ? "[]" : "{}",
					    err);
			if (r < 0)
				return r;
		}
		*slash = '/';
	}
	return 0;
}

/* depth - 0 unless the edit inserts; else how deep the list lies, at least 1. */
static unsigned depth(const struct json_doc *doc, const struct json_edit *edit)
{
	unsigned slashes = 0;

	if (!inserts(doc, edit))
		return 0;
	for (const char *c = edit->pointer; *c; c++)
		slashes += *c == '/';
	return slashes < DEPTH_MAX ? slashes : DEPTH_MAX;
}

static int copy_edits(const struct subject *subject, const struct decision *decision,
		      unsigned at_depth, struct json_edits *edits, struct error *err)
{
	for (size_t i = 0; i < decision->findings.n; i++) {
		const struct json_edits *from = &decision->findings.v[i].edits;

		if (decision->each[i] != VERDICT_HARDEN)
			continue;
		for (size_t e = 0; e < from->n; e++) {
			const struct json_edit *edit = &from->v[e];
			int r = 0;

			if (depth(subject->doc, edit) != at_depth)
				continue;
			if (edit->op == JSON_ADD)
				r = add_parents(subject->doc, edit->pointer, edits, err);
			if (r == 0)
				r = json_edits_lend(edits, edit->op, edit->pointer, edit->value,
						    err);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int harden_edits(const struct subject *subject, const struct decision *decision,
		 struct json_edits *ret, struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	/*
	 * Insertions last, and into the deepest lists first: until then every
	 * pointer means what the rule saw.
	 */
	int r = copy_edits(subject, decision, 0, &edits, err);

	for (unsigned d = DEPTH_MAX; r == 0 && d > 0; d--)
		r = copy_edits(subject, decision, d, &edits, err);
	if (r < 0)
		return r;
	*ret = edits;
	memset(&edits, 0, sizeof(edits));
	return 0;
}

/* judge_again - the result must hold by the same facts and policy. */
static int judge_again(const struct subject *before, const struct subject *how,
		       struct candidate *c, struct error *err)
{
	/* Added mounts shift indices, so the facts are matched anew, by path. */
	int r = facts_again(before->facts, &c->spec, &c->facts, err);

	if (r == 0)
		r = candidate_judge(c, how, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->decision.findings.n; i++) {
		if (c->decision.each[i] != VERDICT_ALLOW)
			return error_set(err, -ENOTRECOVERABLE,
					 "%s: still not within the policy after hardening: %s: %s",
					 before->doc->name,
					 registry_rule(c->decision.findings.v[i].rule)->id,
					 c->decision.findings.v[i].text);
	}
	return 0;
}

/* harden_text - the text too, which is what is judged: whoever gets it has to read it. */
static int harden_text(const struct subject *subject, const struct decision *decision,
		       struct buf *text, struct candidate *c, struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	int r = harden_edits(subject, decision, &edits, err);

	edits.known = true;
	if (r == 0)
		r = json_apply(subject->doc, &edits, text, err);
	if (r == 0)
		r = candidate_parse(subject->doc->name, text, c, err);
	return r < 0 ? r : judge_again(subject, subject, c, err);
}

int harden_config(const struct subject *subject, const struct decision *decision,
		  struct buf *ret, struct error *err)
{
	_cleanup_candidate_ struct candidate c = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = harden_text(subject, decision, &text, &c, err);

	if (r < 0)
		return r;
	*ret = text;
	memset(&text, 0, sizeof(text));
	return 0;
}

int harden_candidate(const struct subject *subject, const struct decision *decision,
		     struct candidate *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	return harden_text(subject, decision, &text, ret, err);
}

/*
 * lend_profile - where the edits put in a profile of which all is known, leave it at
 * what the rules have to read of it: it is large, and the same every time.
 */
static bool lend_profile(const struct policy *policy, struct json_edits *edits)
{
	static const char place[] = "/linux/seccomp";
	struct json_edit *last = NULL;

	for (size_t i = 0; i < edits->n; i++) {
		struct json_edit *edit = &edits->v[i];
		const size_t len = strnlen(edit->pointer, sizeof(place) - 1);

		/* not if there is an edit of what it is in, or in it, afterwards */
		if (strcmp(edit->pointer, place) == 0)
			last = edit;
		else if (strncmp(edit->pointer, place, len) == 0)
			last = NULL;
	}
	if (!last || !profile_kept(policy, last->value))
		return false;
	last->value = "{\"defaultAction\": \"" PROFILE_DEFAULT "\"}";
	return true;
}

int harden_tree(const struct subject *subject, const struct decision *decision,
		struct candidate *ret, struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	struct subject how = *subject;
	int r = harden_edits(subject, decision, &edits, err);

	if (r == 0) {
		how.profile_kept = lend_profile(subject->policy, &edits);
		r = candidate_edit(subject->doc, &edits, ret, err);
	}
	return r < 0 ? r : judge_again(subject, &how, ret, err);
}
