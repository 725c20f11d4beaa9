/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

/*
 * Conditions of filters look at one word each, so every word is solved alone:
 * a satisfiability problem of 32 variables, whose clauses are two masks. A
 * clause with one bit left fixes that bit; when none is left, one is tried both
 * ways. Filters that people write need no trial at all or one.
 */

#define CLAUSES_MAX 4096
#define TRIALS_MAX 4096

struct problem {
	struct clause v[CLAUSES_MAX];
	size_t n;
	bool overflow, never;
	unsigned trials;
};

static void clause(struct problem *p, uint32_t pos, uint32_t neg)
{
	if (pos == 0 && neg == 0)
		p->never = true;
	else if (p->n == CLAUSES_MAX)
		p->overflow = true;
	else
		p->v[p->n++] = (struct clause){ pos, neg };
}

static void equal(struct problem *p, uint32_t mask, uint32_t value, bool negated)
{
	if (negated) {
		if ((value & ~mask) == 0)
			clause(p, mask & ~value, mask & value);
		return;
	}
	if (value & ~mask)
		p->never = true;
	for (uint32_t bit = 1; bit; bit <<= 1) {
		if (mask & bit)
			clause(p, value & bit, ~value & bit);
	}
}

/*
 * x >= value: for every bit that value has, x has it too or has a higher one
 * that value has not. x <= value likewise, with clear bits.
 */
static void at_least(struct problem *p, uint32_t mask, uint32_t value)
{
	for (unsigned i = 0; i < 32; i++) {
		const uint32_t bit = 1u << i;

		if (value & bit)
			clause(p, mask & (bit | (~value & ~(bit | (bit - 1)))), 0);
	}
}

static void at_most(struct problem *p, uint32_t mask, uint32_t value)
{
	for (unsigned i = 0; i < 32; i++) {
		const uint32_t bit = 1u << i, above = value & ~(bit | (bit - 1));

		/* A bit outside the mask is clear already. */
		if (!(value & bit) && (mask & bit) && !(above & ~mask))
			clause(p, 0, bit | above);
	}
}

static void add(struct problem *p, const struct cond *c)
{
	switch (c->op) {
	case COND_EQ:
		equal(p, c->mask, c->value, c->negated);
		break;
	case COND_GT:
		if (c->negated)
			at_most(p, c->mask, c->value);
		else if (c->value == UINT32_MAX)
			p->never = true;
		else
			at_least(p, c->mask, c->value + 1);
		break;
	case COND_GE:
		if (!c->negated)
			at_least(p, c->mask, c->value);
		else if (c->value == 0)
			p->never = true;
		else
			at_most(p, c->mask, c->value - 1);
		break;
	case COND_SET:
		if (c->negated)
			equal(p, c->mask & c->value, 0, false);
		else
			clause(p, c->mask & c->value, 0);
		break;
	}
}

/* propagate - fix what has to be; false when that contradicts itself. */
static bool propagate(const struct problem *p, uint32_t *set, uint32_t *clear, size_t *ret_open)
{
	bool changed = true;

	while (changed) {
		changed = false;
		*ret_open = p->n;
		for (size_t i = 0; i < p->n; i++) {
			const uint32_t pos = p->v[i].pos & ~*clear, neg = p->v[i].neg & ~*set;

			if ((p->v[i].pos & *set) || (p->v[i].neg & *clear))
				continue;
			if (pos == 0 && neg == 0)
				return false;
			if (__builtin_popcount(pos) + __builtin_popcount(neg) == 1) {
				*set |= pos;
				*clear |= neg;
				changed = true;
			} else if (*ret_open == p->n) {
				*ret_open = i;
			}
		}
	}
	return true;
}

/* Bounded: each level fixes a bit. */
static enum solved search(struct problem *p, uint32_t set, uint32_t clear, uint32_t *ret)
{
	uint32_t pos, neg, bit;
	enum solved first;
	size_t open;

	if (++p->trials > TRIALS_MAX)
		return SOLVED_UNKNOWN;
	if (!propagate(p, &set, &clear, &open))
		return SOLVED_NO;
	if (open == p->n) {
		*ret = set;
		return SOLVED_YES;
	}
	pos = p->v[open].pos & ~clear;
	neg = p->v[open].neg & ~set;
	bit = pos ? pos & -pos : neg & -neg;
	first = search(p, pos ? set | bit : set, pos ? clear : clear | bit, ret);
	if (first != SOLVED_NO)
		return first;
	return search(p, pos ? set : set | bit, pos ? clear | bit : clear, ret);
}

enum solved solve(const struct cond *conds, size_t n, uint32_t ret[WORDS])
{
	_cleanup_free_ struct problem *p = NULL;
	enum solved all = SOLVED_YES, one;
	uint32_t used = 0;

	for (size_t i = 0; i < n; i++)
		used |= 1u << conds[i].word;
	if (!used)
		return SOLVED_YES;
	p = malloc(sizeof(*p));
	if (!p)
		return SOLVED_UNKNOWN;
	for (unsigned word = 0; word < WORDS; word++) {
		if (!(used & 1u << word))
			continue;
		p->n = p->trials = 0;
		p->overflow = p->never = false;
		for (size_t i = 0; i < n; i++) {
			if (conds[i].word == word)
				add(p, &conds[i]);
		}
		one = p->never ? SOLVED_NO : search(p, 0, 0, &ret[word]);
		if (one == SOLVED_NO)
			return SOLVED_NO;
		if (one == SOLVED_UNKNOWN || p->overflow)
			all = SOLVED_UNKNOWN;
	}
	return all;
}
