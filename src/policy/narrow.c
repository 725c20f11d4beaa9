/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile within another: what passes it passes both. MUST: keep nothing whose
 * conditions cannot be compared; cost no more than the one's size times the other's
 * number of entries, which is the policy's.
 */
#include "seccomp-private.h"

#include <inttypes.h>
#include <string.h>

#include <cofferdam/policy.h>

/* One of an entry's conditions; both equalities are one with a mask. */
struct condition {
	uint64_t index, mask, value;
	const char *other;		/* another comparison's name, whose operands these are */
};

static bool number(const struct json *arg, const char *name, uint64_t *ret)
{
	const struct json *node = json_get(arg, name);

	*ret = 0;
	if (!node || node->type == JSON_NULL)
		return true;
	if (node->type != JSON_NUMBER)
		return false;
	/* thousands of them, most of one digit: strtoull(3) took a quarter of it all */
	for (const char *s = node->str; *s; s++) {
		if (*s < '0' || *s > '9' || __builtin_mul_overflow(*ret, UINT64_C(10), ret) ||
		    __builtin_add_overflow(*ret, (uint64_t)(*s - '0'), ret))
			return false;
	}
	return true;
}

static bool condition(const struct json *arg, struct condition *ret)
{
	const struct json *op = arg->type == JSON_OBJECT ? json_get(arg, "op") : NULL;
	uint64_t index, value, two;

	if (!op || op->type != JSON_STRING || !number(arg, "index", &index) ||
	    !number(arg, "value", &value) || !number(arg, "valueTwo", &two))
		return false;
	*ret = (struct condition){ .index = index, .mask = UINT64_MAX, .value = value };
	if (strcmp(op->str, "SCMP_CMP_MASKED_EQ") == 0) {
		ret->mask = value;
		ret->value = two;
	} else if (strcmp(op->str, "SCMP_CMP_EQ") != 0) {
		ret->mask = two;
		ret->other = op->str;
	}
	return true;
}

/* means - whether whatever meets @a meets @b. */
static bool means(const struct condition *a, const struct condition *b)
{
	if (a->index != b->index)
		return false;
	if (!a->other && !b->other)
		return (a->mask & b->mask) == b->mask && (a->value & b->mask) == b->value;
	if (!a->other && strcmp(b->other, "SCMP_CMP_NE") == 0)
		return (b->value & a->mask) != a->value;
	return a->other && b->other && strcmp(a->other, b->other) == 0 && a->mask == b->mask &&
	       a->value == b->value;
}

/* met_by - whether one of @list (NULL: none) means @wanted. */
static bool met_by(const struct json *list, const struct condition *wanted)
{
	struct condition one;

	for (const struct json *arg = list ? list->first : NULL; arg; arg = arg->next) {
		if (condition(arg, &one) && means(&one, wanted))
			return true;
	}
	return false;
}

/* one_each - no argument is compared twice, which runtimes read in different ways. */
static bool one_each(const struct json *list)
{
	unsigned seen = 0;
	struct condition one;

	for (const struct json *arg = list ? list->first : NULL; arg; arg = arg->next) {
		if (!condition(arg, &one) || one.index > 5 || (seen & 1u << one.index))
			return false;
		seen |= 1u << one.index;
	}
	return true;
}

/* narrower - whether whatever meets all of @a meets all of @b. */
static bool narrower(const struct json *a, const struct json *b)
{
	struct condition wanted;

	if (!one_each(a) || !one_each(b))
		return false;
	for (const struct json *arg = b ? b->first : NULL; arg; arg = arg->next) {
		if (!condition(arg, &wanted) || !met_by(a, &wanted))
			return false;
	}
	return true;
}

static bool rule_names(const struct oci_seccomp_rule *rule, const char *name)
{
	for (size_t i = 0; i < rule->names.n; i++) {
		if (rule->names.v[i].v && strcmp(rule->names.v[i].v, name) == 0)
			return true;
	}
	return false;
}

/* own_lets - whether an entry of @within lets @name whenever @args (NULL: always) are met. */
static bool own_lets(const struct seccomp_calls *within, const char *name,
		     const struct json *args)
{
	const struct oci_seccomp_rule *rules = within->of->syscalls.v;

	switch (seccomp_calls_let(within, name)) {
	case LET_ALWAYS:
		return true;
	case LET_SOMETIMES:
		break;
	default:
		return false;
	}
	for (size_t i = 0; i < within->of->syscalls.n; i++) {
		if (seccomp_rule_let(&rules[i]) == LET_SOMETIMES && rule_names(&rules[i], name) &&
		    narrower(args, rules[i].args.node))
			return true;
	}
	return false;
}

static void copy(struct buf *out, const struct json_doc *doc, const struct json *node)
{
	if (node->key) {
		json_quote(out, node->key, node->key_len);
		buf_char(out, ':');
	}
	buf_add(out, doc->text + node->start, node->end - node->start);
}

/* An entry of the policy's profile. */
struct entry {
	const struct json *node, *args;
	const struct json *names;	/* that it lets through; or NULL */
};

static struct entry entry_of(const struct json *node)
{
	const struct json *action = json_get(node, "action");
	const bool lets = action && action->type == JSON_STRING && !profile_refuses(action->str);

	return (struct entry){ node, json_get(node, "args"), lets ? json_get(node, "names") : NULL };
}

/* some_names - the names of an entry that @within itself lets; how many there are. */
static size_t some_names(struct buf *out, const struct json_doc *doc, const struct entry *entry,
			 const struct seccomp_calls *within)
{
	size_t n = 0;

	for (const struct json *name = entry->names->first; name; name = name->next) {
		if (name->type != JSON_STRING || !own_lets(within, name->str, entry->args))
			continue;
		buf_str(out, n++ ? "," : "\"names\":[");
		copy(out, doc, name);
	}
	buf_str(out, n ? "]" : "");
	return n;
}

/* print_entry - without the names that @within does not let; false when none is left. */
static bool print_entry(struct buf *out, const struct json_doc *doc, const struct entry *entry,
			const struct seccomp_calls *within)
{
	if (!entry->names) {
		copy(out, doc, entry->node);
		return true;
	}
	buf_char(out, '{');
	if (some_names(out, doc, entry, within) == 0)
		return false;
	for (const struct json *m = entry->node->first; m; m = m->next) {
		if (m == entry->names)
			continue;
		buf_char(out, ',');
		copy(out, doc, m);
	}
	buf_char(out, '}');
	return true;
}

/* adds - whether @args let @name through less than the policy's do, and not just as much. */
static bool adds(const struct entry *entries, const char *name, const struct json *args)
{
	bool less = false;

	for (const struct entry *e = entries; e->node; e++) {
		for (const struct json *n = e->names ? e->names->first : NULL; n; n = n->next) {
			if (n->type != JSON_STRING || strcmp(n->str, name) != 0 ||
			    !narrower(args, e->args))
				continue;
			if (narrower(e->args, args))
				return false;	/* the policy's own entry is there */
			less = true;
		}
	}
	return less;
}

static void print_own(struct buf *out, const char *name, const struct oci_seccomp_rule *rule)
{
	const struct oci_seccomp_arg *args = rule->args.v;

	buf_str(out, "{\"names\":[");
	json_string(out, name);
	buf_str(out, "],\"action\":");
	json_string(out, rule->action.v);
	buf_str(out, ",\"args\":[");
	for (size_t i = 0; i < rule->args.n; i++) {
		buf_printf(out, "%s{\"index\":%" PRIu64 ",\"value\":%" PRIu64 ",\"valueTwo\":%" PRIu64
			   ",\"op\":", i ? "," : "", args[i].index.v, args[i].value.v,
			   args[i].value_two.v);
		json_string(out, args[i].op.v);
		buf_char(out, '}');
	}
	buf_str(out, "]}");
}

/* own_entries - those of @within that let through less of a name than the policy does. */
static void own_entries(struct buf *out, const struct entry *entries,
			const struct seccomp_calls *within, const char *between)
{
	const struct oci_seccomp_rule *rules = within->of->syscalls.v;

	for (size_t i = 0; i < within->of->syscalls.n; i++) {
		const struct json *args = rules[i].args.node;

		if (seccomp_rule_let(&rules[i]) != LET_SOMETIMES || !one_each(args))
			continue;
		for (size_t k = 0; k < rules[i].names.n; k++) {
			const char *name = rules[i].names.v[k].v;

			if (!name || seccomp_calls_let(within, name) != LET_SOMETIMES ||
			    !adds(entries, name, args))
				continue;
			buf_str(out, between);
			print_own(out, name, &rules[i]);
			between = ",";
		}
	}
}

static int print_entries(struct buf *out, const struct json_doc *doc, const struct json *list,
			 const struct seccomp_calls *within)
{
	_cleanup_free_ struct entry *entries = calloc(list->count + 1, sizeof(*entries));
	_cleanup_buf_ struct buf one = { 0 };
	const char *between = "";
	size_t n = 0;

	if (!entries)
		return -ENOMEM;
	buf_str(out, "\"syscalls\":[");
	for (const struct json *e = list->first; e; e = e->next) {
		entries[n] = entry_of(e);
		buf_reset(&one);
		if (!print_entry(&one, doc, &entries[n++], within))
			continue;
		buf_str(out, between);
		buf_add(out, buf_cstr(&one), one.len);
		between = ",";
		out->oom = out->oom || one.oom;
	}
	own_entries(out, entries, within, between);
	buf_char(out, ']');
	return 0;
}

int seccomp_within(const char *text, size_t len, const struct seccomp_calls *within,
		   struct buf *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const char *between = "";
	int r = json_parse("the policy's seccomp profile", text, len, JSON_KNOWN, &doc, err);

	if (r < 0)
		return r;
	buf_char(ret, '{');
	for (const struct json *m = doc->root->first; m; m = m->next) {
		buf_str(ret, between);
		between = ",";
		if (strcmp(m->key, "syscalls") == 0 && m->type == JSON_ARRAY)
			r = print_entries(ret, doc, m, within);
		else
			copy(ret, doc, m);
		if (r < 0)
			return error_oom(err);
	}
	buf_char(ret, '}');
	return buf_check(ret, err);
}
