/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <string.h>

#include <cofferdam/policy.h>

/*
 * A profile by the names of system calls. It may come from whoever starts the
 * container, so what is asked of it many times is looked up in a sorted table.
 */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct seccomp_call *)a)->name, ((const struct seccomp_call *)b)->name);
}

/* longest_run - how many rows stand in order, the most in one place, from *@ret on. */
static size_t longest_run(const struct seccomp_call *v, size_t n, size_t *ret)
{
	size_t best = 0, from = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && by_name(&v[i - 1], &v[i]) <= 0)
			continue;
		if (i - from > best) {
			best = i - from;
			*ret = from;
		}
		from = i;
	}
	return best;
}

/* sort - most names stand in one entry, and in order: only the others are sorted. */
static int sort(struct seccomp_call *v, size_t n, struct error *err)
{
	_cleanup_free_ struct seccomp_call *rest = NULL;
	size_t from = 0, run = longest_run(v, n, &from), left = n - run;

	rest = calloc(left + 1, sizeof(*rest));
	if (!rest)
		return error_oom(err);
	memcpy(rest, v, from * sizeof(*v));
	memcpy(rest + from, v + from + run, (left - from) * sizeof(*v));
	memmove(v, v + from, run * sizeof(*v));
	qsort(rest, left, sizeof(*rest), by_name);
	while (left > 0) {
		const bool later = run > 0 && by_name(&v[run - 1], &rest[left - 1]) > 0;

		v[--n] = later ? v[--run] : rest[--left];
	}
	return 0;
}

/* merge - one row a name, of the sorted @v. */
static size_t merge(struct seccomp_call *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (kept > 0 && strcmp(v[kept - 1].name, v[i].name) == 0)
			v[kept - 1].let = v[i].let > v[kept - 1].let ? v[i].let : v[kept - 1].let;
		else
			v[kept++] = v[i];
	}
	return kept;
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
	calls.v = calloc(n + 1, sizeof(*calls.v));
	if (!calls.v)
		return error_oom(err);
	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		const enum seccomp_let let = seccomp_rule_let(&rules[i]);

		for (size_t k = 0; k < rules[i].names.n; k++) {
			if (rules[i].names.v[k].v)
				calls.v[calls.n++] = (struct seccomp_call){ rules[i].names.v[k].v, let };
		}
	}
	if (sort(calls.v, calls.n, err) < 0)
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
	const struct seccomp_call key = { .name = name };
	const struct seccomp_call *found = bsearch(&key, calls->v, calls->n, sizeof(key), by_name);

	return found ? found->let : calls->rest;
}
