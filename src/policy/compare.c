/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

/*
 * Two filters are compared system call by system call. With the architecture
 * and the number fixed, what is left of a filter is a tree of conditions on
 * arguments. Every path through A that allows is followed into B; if B refuses
 * at the end, and words exist for which all conditions of both hold, those words
 * are a call that A allows and B does not.
 */

#define CONDS_MAX 512
#define STEPS_MAX 2000000u		/* instructions for one system call */
#define NUMBERS 1024u			/* system call numbers looked at */

struct walk {
	const struct seccomp_program *a, *b;
	struct seccomp_data fixed;	/* arch and nr */
	struct cond conds[CONDS_MAX];
	size_t n;
	unsigned steps;
	bool unknown;			/* gave up somewhere */
	bool found;
	bool some_allowed, some_refused;	/* by A */
	uint32_t words[WORDS];		/* the witness */
	uint32_t used;
	uint32_t answer;
	struct error *err;
	int failed;
};

struct state {				/* where a path is: small, it is on the stack */
	bool in_b;
	size_t pc;
	unsigned word;			/* what the accumulator holds: (word & mask), */
	uint32_t mask;
	bool known;			/* or the number in mask */
};

static void follow(struct walk *w, struct state s);

/* assume - add a condition and go on, if it can hold at all. */
static void assume(struct walk *w, const struct cond *c, struct state s)
{
	uint32_t words[WORDS] = { 0 };

	if (w->n == CONDS_MAX) {
		w->unknown = true;
		return;
	}
	w->conds[w->n++] = *c;
	if (solve(w->conds, w->n, words) != SOLVED_NO)
		follow(w, s);
	w->n--;
}

static void witness(struct walk *w, uint32_t answer)
{
	memset(w->words, 0, sizeof(w->words));
	if (solve(w->conds, w->n, w->words) == SOLVED_UNKNOWN) {
		w->unknown = true;
		return;
	}
	w->used = 0;
	for (size_t i = 0; i < w->n; i++) {
		/* the low words: little-endian */
		if (w->conds[i].word >= 4 && w->conds[i].word % 2 == 0)
			w->used |= 1u << (w->conds[i].word - 4) / 2;
	}
	w->answer = answer;
	w->found = true;
}

static void decided(struct walk *w, const struct state *s, uint32_t action)
{
	const bool passes = seccomp_passes(action);

	if (s->in_b) {
		if (!passes)
			witness(w, action);
		return;
	}
	*(passes ? &w->some_allowed : &w->some_refused) = true;
	if (passes && w->b)
		follow(w, (struct state){ .in_b = true, .known = true });
}

static void branch(struct walk *w, const struct sock_filter *in, struct state s)
{
	struct cond c = { .word = s.word, .mask = s.mask, .value = in->k };

	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		c.op = COND_EQ;
		break;
	case BPF_JGT:
		c.op = COND_GT;
		break;
	case BPF_JGE:
		c.op = COND_GE;
		break;
	default:
		c.op = COND_SET;
		break;
	}
	s.pc += 1u + in->jt;
	assume(w, &c, s);
	s.pc += (size_t)in->jf - in->jt;
	c.negated = true;
	if (!w->found)
		assume(w, &c, s);
}

static void load(const struct walk *w, const struct sock_filter *in, struct state *s)
{
	*s = (struct state){ .in_b = s->in_b, .pc = s->pc + 1, .word = in->k / 4,
			     .mask = UINT32_MAX };
	if (in->k == offsetof(struct seccomp_data, nr)) {
		s->known = true;
		s->mask = (uint32_t)w->fixed.nr;
	} else if (in->k == offsetof(struct seccomp_data, arch)) {
		s->known = true;
		s->mask = w->fixed.arch;
	}
}

/* follow - one path; recursion only at conditions, of which CONDS_MAX are kept. */
static void follow(struct walk *w, struct state s)
{
	const struct seccomp_program *f = s.in_b ? w->b : w->a;

	while (!w->failed && !w->found && s.pc < f->n) {
		const struct sock_filter *in = &f->v[s.pc];

		if (++w->steps > STEPS_MAX) {
			w->unknown = true;
			return;
		}
		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k % 4 || in->k / 4 >= WORDS)
				goto bad;
			load(w, in, &s);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			s.mask &= in->k;
			s.pc++;
			break;
		case BPF_JMP | BPF_JA:
			s.pc += 1u + in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			if (!s.known) {
				branch(w, in, s);
				return;
			}
			s.pc += 1u + (seccomp_jumps(in, s.mask) ? in->jt : in->jf);
			break;
		case BPF_RET | BPF_K:
			decided(w, &s, in->k);
			return;
		default:
			goto bad;
		}
	}
	if (w->failed || w->found)
		return;
bad:
	w->failed = error_set(w->err, -EINVAL, "filter %c: instruction %zu is not understood",
			      s.in_b ? 'B' : 'A', s.pc);
}

/* look - one system call. @b may be NULL: then only what A does is asked. @low:
 * of calls whose arguments have 32 bits. */
static int look(struct walk *w, const struct seccomp_program *a, const struct seccomp_program *b,
		bool low, uint32_t nr)
{
	w->a = a;
	w->b = b;
	w->fixed.nr = (int)nr;
	w->n = w->steps = 0;
	for (unsigned i = 0; low && i < SECCOMP_ARG_MAX; i++)
		w->conds[w->n++] = (struct cond){ .word = 5 + 2 * i, .op = COND_EQ,
						  .mask = UINT32_MAX };
	w->unknown = w->found = w->some_allowed = w->some_refused = false;
	w->failed = 0;
	follow(w, (struct state){ .known = true });
	return w->failed;
}

static char *name_of(uint32_t arch, uint32_t nr)
{
	const bool x32 = arch == AUDIT_ARCH_X86_64 && (nr & X32_BIT);
	const uint32_t token = x32 ? SCMP_ARCH_X32 : arch;
	char *known = seccomp_syscall_resolve_num_arch(token, (int)nr), *name;
	const char *door = "";

	if (x32)
		door = "x32:";
	else if (arch == AUDIT_ARCH_I386)
		door = "x86:";
	else if (arch == AUDIT_ARCH_ARM)
		door = "arm:";
	if ((known ? asprintf(&name, "%s%s", door, known)
		   : asprintf(&name, "%s#%u", door, (unsigned)(nr & ~X32_BIT))) < 0)
		name = NULL;
	free(known);
	return name;
}

static int excess_add(struct seccomp_excesses *out, const struct walk *w,
		      enum seccomp_excess_kind kind, struct error *err)
{
	struct seccomp_excess *grown, *e;
	const uint32_t nr = (uint32_t)w->fixed.nr;

	if (out->n == out->cap) {
		const size_t cap = out->cap ? out->cap * 2 : 64;

		grown = reallocarray(out->v, cap, sizeof(*grown));
		if (!grown)
			return error_oom(err);
		out->v = grown;
		out->cap = cap;
	}
	e = &out->v[out->n];
	*e = (struct seccomp_excess){ .arch = w->fixed.arch, .nr = nr, .kind = kind,
				      .answer = w->answer, .used = w->used };
	e->name = name_of(e->arch, nr);
	if (!e->name)
		return error_oom(err);
	out->n++;
	memcpy(&e->witness, w->words, sizeof(e->witness));
	e->witness.nr = (int)nr;
	e->witness.arch = e->arch;
	return 0;
}

static void tally(const struct walk *w, bool named, size_t *allowed, size_t *always)
{
	if (!named || !(w->some_allowed || w->unknown))
		return;
	(*allowed)++;
	if (!w->some_refused && !w->unknown)
		(*always)++;
}

struct comparing {
	const struct seccomp_program *a, *b;
	uint32_t native;
	struct seccomp_excesses *out;
	struct walk *walk;
};

static int compare_one(const struct comparing *c, uint32_t arch, uint32_t nr, struct error *err)
{
	struct seccomp_excesses *out = c->out;
	struct walk *w = c->walk;
	_cleanup_free_ char *known = NULL;
	bool native = arch == c->native && !(nr & X32_BIT), some_b, a_all;
	int r;

	if (native) {
		known = seccomp_syscall_resolve_num_arch(arch, (int)nr);
		native = known != NULL;
	}
	w->fixed.arch = arch;
	r = look(w, c->b, NULL, false, nr);
	if (r < 0)
		return r;
	some_b = w->some_allowed || w->unknown;
	tally(w, native, &out->allowed_b, &out->always_b);
	r = look(w, c->a, NULL, false, nr);
	if (r < 0)
		return r;
	a_all = !w->some_refused && !w->unknown;
	tally(w, native, &out->allowed_a, &out->always_a);
	r = look(w, c->a, c->b, true, nr);
	if (r == 0 && w->found)
		return excess_add(out, w, a_all && !some_b ? EXCESS_ALWAYS : EXCESS_SOMETIMES, err);
	if (r == 0)
		r = look(w, c->a, c->b, false, nr);
	if (r == 0 && w->found)
		return excess_add(out, w, EXCESS_HIGH, err);
	return r == 0 && w->unknown ? excess_add(out, w, EXCESS_UNKNOWN, err) : r;
}

void seccomp_excesses_free(struct seccomp_excesses *excesses)
{
	for (size_t i = 0; i < excesses->n; i++)
		free(excesses->v[i].name);
	free(excesses->v);
	*excesses = (struct seccomp_excesses){ 0 };
}

int seccomp_compare(const struct seccomp_program *a, const struct seccomp_program *b,
		    uint32_t audit_arch, struct seccomp_excesses *ret, struct error *err)
{
	_cleanup_excesses_ struct seccomp_excesses found = { 0 };
	_cleanup_free_ struct walk *walk = calloc(1, sizeof(*walk));
	const struct comparing c = { .a = a, .b = b, .native = audit_arch, .out = &found,
				     .walk = walk };
	uint32_t doors[4];
	const size_t n = seccomp_doors(audit_arch, doors, ARRAY_SIZE(doors));
	int r = 0;

	if (!walk)
		return error_oom(err);
	walk->err = err;
	for (size_t d = 0; d < n; d++) {
		for (uint32_t nr = 0; nr < NUMBERS && r == 0; nr++)
			r = compare_one(&c, doors[d], nr, err);
	}
	for (uint32_t nr = 0; audit_arch == AUDIT_ARCH_X86_64 && nr < NUMBERS && r == 0; nr++)
		r = compare_one(&c, audit_arch, nr | X32_BIT, err);
	if (r < 0)
		return r;
	*ret = found;
	found = (struct seccomp_excesses){ 0 };
	return 0;
}
