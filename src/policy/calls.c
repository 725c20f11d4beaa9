/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <endian.h>
#include <string.h>

#include <cofferdam/policy.h>

/*
 * A profile by the names of system calls. It may come from whoever starts the
 * container, so what is asked of it many times is looked up in a sorted table.
 */

/* key_of - the first eight bytes of @name as a number, which sorts as they do. */
static uint64_t key_of(const char *name, size_t len)
{
	uint64_t key = 0;

	memcpy(&key, name, len < sizeof(key) ? len : sizeof(key));
	return be64toh(key);
}

/* by_name - as strcmp(3). Few names share as much as the key. */
static int by_name(const struct seccomp_call *a, const struct seccomp_call *b)
{
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return a->key & 0xff ? strcmp(a->name + sizeof(a->key), b->name + sizeof(b->key)) : 0;
}

/* merge_two - the sorted @cut first rows of @v, which @spare has room for, and the sorted rest. */
static void merge_two(struct seccomp_call *v, size_t cut, size_t n, struct seccomp_call *spare)
{
	const struct seccomp_call *a = spare, *a_end = spare + cut, *b = v + cut, *b_end = v + n;

	memcpy(spare, v, cut * sizeof(*v));
	for (; a < a_end && b < b_end; v++)
		*v = by_name(a, b) <= 0 ? *a++ : *b++;
	memcpy(v, a, (size_t)(a_end - a) * sizeof(*v));
}

/*
 * sort_rows - the names of an entry most often stand in order, and one entry has nearly all: what
 * is in order around the middle is not cut. It goes 2 log2(n) calls deep: of a call and the one
 * inside it, one has half of the rows at most.
 */
static void sort_rows(struct seccomp_call *v, size_t n, struct seccomp_call *spare)
{
	size_t from = n / 2, to = from + 1, cut;

	while (to < n && by_name(&v[to - 1], &v[to]) <= 0)
		to++;
	while (from > 0 && by_name(&v[from - 1], &v[from]) <= 0)
		from--;
	cut = to < n ? to : from;
	if (cut == 0)
		return;
	sort_rows(v, cut, spare);
	sort_rows(v + cut, n - cut, spare);
	merge_two(v, cut, n, spare);
}

static int sort(struct seccomp_calls *calls, struct error *err)
{
	_cleanup_free_ struct seccomp_call *spare = malloc(calls->n * sizeof(*spare) + 1);

	if (!spare)
		return error_oom(err);
	sort_rows(calls->v, calls->n, spare);
	return 0;
}

/* merge - one row a name, of the sorted @v. */
static size_t merge(struct seccomp_call *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && by_name(&v[kept - 1], &v[i]) == 0)
			v[kept - 1].let = v[i].let > v[kept - 1].let ? v[i].let : v[kept - 1].let;
		else
			v[kept++] = v[i];
	}
	return kept;
}

/* add - an entry's name, whose other entries most often stand beside it. */
static void add(struct seccomp_calls *calls, const struct field_str *name, enum seccomp_let let)
{
	const struct seccomp_call call = { name->v, key_of(name->v, name->node->len), let };
	struct seccomp_call *last = calls->n > 0 ? &calls->v[calls->n - 1] : NULL;

	if (!last || by_name(last, &call) != 0)
		calls->v[calls->n++] = call;
	else if (last->let < let)
		last->let = let;
}

enum seccomp_let seccomp_rule_let(const struct oci_seccomp_rule *rule)
{
	const char *action = rule->action.v;

	if (profile_refuses(action))
		return LET_NEVER;
	if (!action || (strcmp(action, "SCMP_ACT_ALLOW") != 0 && strcmp(action, "SCMP_ACT_LOG") != 0))
		return LET_DELEGATED;
	return rule->args.n > 0 ? LET_SOMETIMES : LET_ALWAYS;
}

int seccomp_calls_read(const struct oci_seccomp *seccomp, struct seccomp_calls *ret,
		       struct error *err)
{
	const struct oci_seccomp_rule *rules = seccomp->syscalls.v;
	_cleanup_calls_ struct seccomp_calls calls = {
		.rest = profile_refuses(seccomp->default_action.v) ? LET_NEVER : LET_ALWAYS,
		.of = seccomp,
	};
	size_t n = 0;

	for (size_t i = 0; i < seccomp->syscalls.n; i++)
		n += rules[i].names.n;
	calls.v = reallocarray(NULL, n + 1, sizeof(*calls.v));
	if (!calls.v)
		return error_oom(err);
	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		const enum seccomp_let let = seccomp_rule_let(&rules[i]);

		for (size_t k = 0; k < rules[i].names.n; k++) {
			if (rules[i].names.v[k].v)
				add(&calls, &rules[i].names.v[k], let);
		}
	}
	if (sort(&calls, err) < 0)
		return err->code;
	calls.n = merge(calls.v, calls.n);
	*ret = calls;
	calls.v = NULL;
	return 0;
}

void seccomp_calls_free(struct seccomp_calls *calls)
{
	free(calls->v);
	*calls = (struct seccomp_calls){ 0 };
}

enum seccomp_let seccomp_calls_let(const struct seccomp_calls *calls, const char *name)
{
	const struct seccomp_call key = { .name = name, .key = key_of(name, strlen(name)) };
	size_t low = 0, high = calls->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		const int r = by_name(&key, &calls->v[middle]);

		if (r == 0)
			return calls->v[middle].let;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return calls->rest;
}
