/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remedies that only the process itself can apply: no_new_privs, the filter,
 * capabilities, resource limits. The filter comes before the capabilities are
 * lowered: a sibling in a shared pid namespace may write to this process's
 * memory only while it holds as much as the process does.
 */
#include "gate-private.h"

#include <inttypes.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#endif

/* In the scratch memory: small structures first, then the filter. */
#define SCRATCH_FILTER 256u

/*
 * The runtime's filter may refuse the injected calls. The kernel can set it
 * aside for a tracer that has none itself; elsewhere the calls have to pass it.
 */
static void suspend_seccomp(struct gate *g)
{
	const unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_SUSPEND_SECCOMP |
				      (g->call->audit ? 0 : PTRACE_O_EXITKILL);

	(void)ptrace(PTRACE_SETOPTIONS, g->pid, NULL, (void *)options);
}

static int drop_bounding(struct gate *g, const struct status *st, struct error *err)
{
	const uint64_t excess = st->caps[SET_BOUNDING] & ~g->wants.caps[SET_BOUNDING];
	const bool may = (st->caps[SET_EFFECTIVE] >> CAP_SETPCAP) & 1;
	int r = 0;

	/*
	 * Without CAP_SETPCAP nobody can, nor where the security module forbids its
	 * use; no_new_privs then keeps it without effect, which verify_caps() looks at.
	 */
	for (unsigned int cap = 0; may && r == 0 && cap < 64; cap++) {
		const uint64_t args[6] = { PR_CAPBSET_DROP, cap };

		if ((excess >> cap) & 1)
			r = inject_must(g, "prctl(PR_CAPBSET_DROP)", g->abi->prctl, args, err);
	}
	if (r == -EPERM) {
		*err = (struct error){ 0 };
		return 0;
	}
	return r;
}

static int set_nnp(struct gate *g, struct error *err)
{
	const uint64_t args[6] = { PR_SET_NO_NEW_PRIVS, 1 };

	if (inject_start(g, g->abi->prctl, args, err) < 0)
		return err->code;
	/* its limits are set by now */
	verify_cgroups(g);
	return inject_good(inject_result(g, err), "prctl(PR_SET_NO_NEW_PRIVS)", err);
}

/*
 * filter_proven - whether the filter that stands on top is ours, byte for byte.
 * A count proves nothing: the memory that it was loaded from may have been
 * written to by somebody else at the last moment.
 */
static int filter_proven(struct gate *g, struct error *err)
{
	_cleanup_seccomp_ struct seccomp_program found = { 0 };
	/* the index counts from the oldest: the new one is behind those before it */
	int r = filter_read(g, g->filters_before, &found, err);

	if (r == 0 && (found.n != g->program.n ||
		       memcmp(found.v, g->program.v, found.n * sizeof(*found.v)) != 0))
		return error_set(err, -EBADMSG,
				 "the filter that the kernel took is not the one that the gate loaded");
	return r;
}

static int load_filter(struct gate *g, const struct scratch *s, const struct status *st,
		       struct error *err)
{
	struct {
		uint16_t len;
		uint16_t pad;
		uint32_t address;
	} prog32 = { .len = (uint16_t)g->program.n,
		     .address = (uint32_t)(s->address + SCRATCH_FILTER) };
	struct {
		uint16_t len;
		uint16_t pad[3];
		uint64_t address;
	} prog64 = { .len = (uint16_t)g->program.n, .address = s->address + SCRATCH_FILTER };
	const uint64_t args[6] = { SECCOMP_SET_MODE_FILTER, g->program.flags, s->address };
	int r = scratch_put(g, s->address + SCRATCH_FILTER, g->program.v,
		    g->program.n * sizeof(*g->program.v), err);

	if (r == 0)
		r = g->abi->word == 4 ? scratch_put(g, s->address, &prog32, sizeof(prog32), err)
				      : scratch_put(g, s->address, &prog64, sizeof(prog64), err);
	if (r == 0)
		r = inject_start(g, g->abi->seccomp, args, err);
	if (r < 0)
		return r;
	/* the kernel compiles it now, in the process */
	verify_around(g);
	r = inject_good(inject_result(g, err), "seccomp(2)", err);
	if (r == 0)
		r = filter_proven(g, err);
	if (r != -ENOTSUP)
		return r;
	if (!st->pid_one)
		return error_set(err, -ENOTSUP,
				 "the filter cannot be read back here, and others share its pid namespace");
	note(&g->unverified, "the content of the filter: this kernel, or a filter on the engine, keeps it from being read back");
	return 0;
}

static int clear_ambient(struct gate *g, const struct status *st, struct error *err)
{
	const uint64_t excess = st->caps[SET_AMBIENT] & ~g->wants.caps[SET_AMBIENT];
	int r = 0;

	for (unsigned int cap = 0; r == 0 && cap < 64; cap++) {
		const uint64_t args[6] = { PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, cap };

		if ((excess >> cap) & 1)
			r = inject_must(g, "prctl(PR_CAP_AMBIENT)", g->abi->prctl, args, err);
	}
	return r;
}

static int lower_caps(struct gate *g, const struct scratch *s, const struct status *st,
		      uint64_t allowed, struct error *err)
{
	const uint64_t inheritable = st->caps[SET_INHERITABLE] & g->wants.caps[SET_INHERITABLE];
	const uint64_t permitted = st->caps[SET_PERMITTED] & allowed;
	const uint64_t effective = st->caps[SET_EFFECTIVE] & permitted;
	struct {
		struct __user_cap_header_struct header;
		struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	} block = { .header = { .version = _LINUX_CAPABILITY_VERSION_3 } };
	const uint64_t args[6] = { s->address, s->address + sizeof(block.header) };
	int r;

	if (permitted == st->caps[SET_PERMITTED] && effective == st->caps[SET_EFFECTIVE] &&
	    inheritable == st->caps[SET_INHERITABLE])
		return 0;
	for (unsigned int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		block.data[i].permitted = (uint32_t)(permitted >> (32 * i));
		block.data[i].effective = (uint32_t)(effective >> (32 * i));
		block.data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
	}
	r = scratch_put(g, s->address, &block, sizeof(block), err);
	return r < 0 ? r : inject_must(g, "capset(2)", g->abi->capset, args, err);
}

/* lower_rlimit - to the lower of what it is and what it has to be; and read again. */
static int lower_rlimit(struct gate *g, const struct scratch *s, const struct want_rlimit *want,
			struct error *err)
{
	const uint64_t ask[6] = { 0, (uint64_t)want->resource, 0, s->address };
	const uint64_t set[6] = { 0, (uint64_t)want->resource, s->address, 0 };
	struct rlimit64 now, is;
	int r = inject_must(g, "prlimit64(2)", g->abi->prlimit64, ask, err);

	if (r == 0)
		r = scratch_get(g, s->address, &now, sizeof(now), err);
	if (r < 0)
		return r;
	if (now.rlim_max > want->limit.rlim_max)
		now.rlim_max = want->limit.rlim_max;
	if (now.rlim_cur > want->limit.rlim_cur)
		now.rlim_cur = want->limit.rlim_cur;
	if (now.rlim_cur > now.rlim_max)
		now.rlim_cur = now.rlim_max;
	r = scratch_put(g, s->address, &now, sizeof(now), err);
	if (r == 0)
		r = inject_must(g, "prlimit64(2)", g->abi->prlimit64, set, err);
	if (r == 0)
		r = inject_must(g, "prlimit64(2)", g->abi->prlimit64, ask, err);
	if (r == 0)
		r = scratch_get(g, s->address, &is, sizeof(is), err);
	if (r == 0 && (is.rlim_cur > want->limit.rlim_cur || is.rlim_max > want->limit.rlim_max))
		return error_set(err, -EBADMSG, "resource limit %d was not lowered", want->resource);
	return r;
}

/* all - with the scratch memory in place, in the order that the head of this file explains. */
static int apply(struct gate *g, const struct scratch *s, const struct status *st,
		 uint64_t allowed, struct error *err)
{
	int r = drop_bounding(g, st, err);

	if (r == 0)
		r = set_nnp(g, err);
	if (r == 0 && g->wants.filter)
		r = load_filter(g, s, st, err);
	if (r == 0)
		r = clear_ambient(g, st, err);
	if (r == 0)
		r = lower_caps(g, s, st, allowed, err);
	for (size_t i = 0; r == 0 && i < g->wants.n_rlimits; i++)
		r = lower_rlimit(g, s, &g->wants.rlimits[i], err);
	return r;
}

static void tell(struct gate *g, const struct status *st, uint64_t allowed)
{
	if ((st->caps[SET_BOUNDING] & ~g->wants.caps[SET_BOUNDING]) ||
	    (st->caps[SET_PERMITTED] & ~allowed) ||
	    (st->caps[SET_INHERITABLE] & ~g->wants.caps[SET_INHERITABLE]) ||
	    (st->caps[SET_AMBIENT] & ~g->wants.caps[SET_AMBIENT]))
		note(&g->tightened, "capabilities");
	if (!st->nnp)
		note(&g->tightened, "no_new_privs");
	if (g->wants.filter)
		note(&g->tightened, "seccomp filter");
	if (g->wants.n_rlimits)
		note(&g->tightened, "resource limits");
}

/* changes - whether anything of the process has to. */
static bool changes(const struct gate *g)
{
	const struct wants *w = &g->wants;
	const struct status *st = &g->was;

	return (w->nnp && !st->nnp) || w->filter || w->n_rlimits > 0 ||
	       (st->caps[SET_BOUNDING] & ~w->caps[SET_BOUNDING]) ||
	       (st->caps[SET_PERMITTED] & ~status_allowed(g)) ||
	       (st->caps[SET_INHERITABLE] & ~w->caps[SET_INHERITABLE]) ||
	       (st->caps[SET_AMBIENT] & ~w->caps[SET_AMBIENT]);
}

int process_leave(struct gate *g, struct error *err)
{
	return g->wants.filter || g->wants.n_rlimits > 0 ? inject_leave(g, err) : 0;
}

int process_look(struct gate *g, struct error *err)
{
	int r = status_read(g, &g->was, err);

	if (r < 0)
		return r;
	g->filters_before = g->was.filters;
	return changes(g) && !g->resumed ? inject_leave(g, err) : 0;
}

int tighten_process(struct gate *g, struct error *err)
{
	_cleanup_(scratch_free) struct scratch s = { 0 };
	const struct status *st = &g->was;
	const uint64_t allowed = status_allowed(g);
	int r;

	if (!changes(g))
		return 0;
	r = inject_begin(g, err);
	if (r < 0)
		return r;
	suspend_seccomp(g);
	r = site_find(g, err);
	if (r == 0)
		r = scratch_begin(g, SCRATCH_FILTER + g->program.n * sizeof(*g->program.v), &s,
				  err);
	if (r == 0)
		r = apply(g, &s, st, allowed, err);
	if (r == 0)
		r = scratch_end(g, &s, err);
	if (r == 0)
		r = inject_end(g, err);
	if (r == 0)
		tell(g, st, allowed);
	return r;
}
