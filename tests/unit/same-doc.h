/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_TEST_SAME_DOC_H
#define COFFERDAM_TEST_SAME_DOC_H

/* Whether two documents read alike, in all but where things stand in the text. */

#include <string.h>

#include <cofferdam/seccomp.h>
#include <cofferdam/verdict.h>

static inline bool alike_bytes(const char *a, size_t an, const char *b, size_t bn)
{
	return (!a && !b) || (a && b && an == bn && memcmp(a, b, an + 1) == 0);
}

/* what_differs - of two values alone, or NULL. */
static inline const char *what_differs(const struct json *a, const struct json *b)
{
	if (a->type != b->type || a->boolean != b->boolean)
		return "type";
	if (a->count != b->count || !a->first != !b->first || !a->next != !b->next)
		return "children";
	if (!a->parent != !b->parent || a->index != b->index)
		return "place among siblings";
	if (!alike_bytes(a->key, a->key_len, b->key, b->key_len))
		return "name";
	if (!alike_bytes(a->str, a->len, b->str, b->len))
		return "text";
	if (a->repeated != b->repeated)
		return "repeated";
	if (!a->sorted != !b->sorted)
		return "index";
	return NULL;
}

/* is_found - whether @node can be looked up in its parent, by its name or number. */
static inline bool is_found(const struct json_doc *doc, const struct json *node)
{
	_cleanup_buf_ struct buf pointer = { 0 };

	for (const struct json *n = node; n; n = n->parent) {
		if (n->repeated || (n->key && strlen(n->key) != n->key_len))
			return true;
	}
	json_pointer(&pointer, node);
	return json_at(doc, buf_cstr(&pointer)) == node;
}

/* same_doc_but - NULL, or what is not the same, leaving out @but (of @a, or NULL). */
static inline const char *same_doc_but(const struct json_doc *a, const struct json_doc *b,
				       const struct json *but)
{
	const struct json *m = a->root, *n = b->root;
	const char *what;

	if (a->repeated != b->repeated)
		return "number of repeated names";
	if (strcmp(a->name, b->name) != 0)
		return "name of the document";
	while (m) {
		what = m == but ? NULL : what_differs(m, n);
		if (what)
			return what;
		if (!is_found(a, m) || !is_found(b, n))
			return "what is found there";
		if (m->start > m->end || m->end > a->len || m->key_start > m->start)
			return "where it stands";
		if (m->first && m != but) {
			if (m->first->parent != m)
				return "parent";
			m = m->first;
			n = n->first;
			continue;
		}
		while (m && !m->next) {
			m = m->parent;
			n = n->parent;
		}
		if (m && m->next->start < m->start)
			return "order in the text";
		m = m ? m->next : NULL;
		n = m ? n->next : NULL;
	}
	return NULL;
}

static inline const char *same_doc(const struct json_doc *a, const struct json_doc *b)
{
	return same_doc_but(a, b, NULL);
}

/*
 * same_hardened - the same of a candidate hardened by the text and by the tree, where the tree may
 * have the default alone of the policy's profile that stands in the text.
 */
static inline const char *same_hardened(const struct candidate *text, const struct candidate *tree)
{
	const struct json *full = json_at(text->doc, "/linux/seccomp");
	const struct json *stub = json_at(tree->doc, "/linux/seccomp"), *action;
	const int profile = registry_param(registry_rule(RULE_SECCOMP_MISSING), "profile");
	const struct policy *policy = tree->subject.policy;
	const char *own;
	size_t len;

	if (!tree->subject.profile_kept)
		return same_doc(text->doc, tree->doc);
	action = full && stub ? json_get(stub, "defaultAction") : NULL;
	if (!action || stub->count != 1 || strcmp(full->key, stub->key) != 0 ||
	    full->index != stub->index || !json_same(json_get(full, "defaultAction"), action))
		return "the default of a profile";
	own = profile >= 0 ? policy->rules[RULE_SECCOMP_MISSING].params[profile].string : NULL;
	own = own ? policy_profile(policy, own, &len) : NULL;
	own = own ? own + strspn(own, " \n") : NULL;
	len = own ? strnlen(own, full->end - full->start) : 0;
	if (own && len == full->end - full->start &&
	    memcmp(text->doc->text + full->start, own, len) == 0)
		return same_doc_but(text->doc, tree->doc, full);
	return "a profile that is not the policy's";
}

#endif
