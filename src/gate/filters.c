/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's seccomp filters, read back from the kernel. The runtime's own
 * is compared with what linux.seccomp says: both runtimes compile it by
 * libseccomp, so that the same text gives the same instructions.
 */
#include "gate-private.h"

#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#ifndef PTRACE_SECCOMP_GET_FILTER
#define PTRACE_SECCOMP_GET_FILTER 0x420c
#endif

#define DEADLINE_S 5

/* What a child made of linux.seccomp: compiling takes a while, during which
 * the runtime must not wait for its tracer. */
struct expected {
	size_t n;
	struct sock_filter v[BPF_MAXINSNS];
	struct error err;
};

int filter_read(const struct gate *g, unsigned long index, struct seccomp_program *ret,
		struct error *err)
{
	_cleanup_seccomp_ struct seccomp_program found = { 0 };
	long n = ptrace((enum __ptrace_request)PTRACE_SECCOMP_GET_FILTER, g->pid, (void *)index,
			NULL);

	if (n > 0 && n <= BPF_MAXINSNS) {
		found.v = calloc((size_t)n, sizeof(*found.v));
		if (!found.v)
			return error_oom(err);
		found.n = (size_t)n;
		n = ptrace((enum __ptrace_request)PTRACE_SECCOMP_GET_FILTER, g->pid,
			   (void *)index, found.v);
	}
	if (n < 0 && (errno == EACCES || errno == EINVAL || errno == EIO || errno == EMEDIUMTYPE))
		return error_set(err, -ENOTSUP,
				 "this kernel, or a filter on the engine, keeps it from being read back");
	if (n <= 0 || (size_t)n != found.n)
		return error_sys(err, n < 0 ? errno : EPROTO, "filter %lu", index);
	*ret = found;
	found = (struct seccomp_program){ 0 };
	return 0;
}

static int compile(const struct gate *g, struct seccomp_program *ret, struct error *err)
{
	/* which is only read */
	const struct seccomp_profile profile = {
		.doc = (struct json_doc *)(uintptr_t)g->call->subject->doc,
	};

	return seccomp_profile_compile(&profile, arch_audit(), ret, err);
}

__attribute__((noreturn)) static void work(const struct gate *g, struct expected *out)
{
	_cleanup_seccomp_ struct seccomp_program program = { 0 };

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* whoever reads this waits for the runtime, which has its own work to do */
	settle_pace(0, false);
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(DEADLINE_S);
	if (compile(g, &program, &out->err) == 0 && program.n <= ARRAY_SIZE(out->v)) {
		memcpy(out->v, program.v, program.n * sizeof(*program.v));
		out->n = program.n;
	}
	_exit(0);
}

bool filter_of_runtime(const struct gate *g)
{
	const struct oci_seccomp *seccomp = &g->call->subject->spec->linux_.seccomp;

	/* to runc, one that says nothing is none */
	return seccomp->is == FIELD_PRESENT && seccomp->default_action.v;
}

void filter_expect(struct gate *g)
{
	void *shared;

	if (!filter_of_runtime(g))
		return;
	shared = mmap(NULL, sizeof(*g->expected), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (shared == MAP_FAILED)
		return;
	g->expected = shared;
	g->compiler = fork();
	if (g->compiler == 0)
		work(g, g->expected);
}

bool filter_refuses(const struct sock_filter *v, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t far = i + 1;

		switch (BPF_CLASS(v[i].code)) {
		case BPF_RET:
			if (BPF_RVAL(v[i].code) != BPF_K || seccomp_passes(v[i].k))
				return false;
			continue;
		case BPF_JMP:
			if (BPF_OP(v[i].code) == BPF_JA)
				far += v[i].k;
			else
				far += v[i].jt > v[i].jf ? v[i].jt : v[i].jf;
			break;
		}
		if (far > n)
			return false;
	}
	return true;
}

/* excess_text - the first call that @found lets through and @wanted does not, or "";
 * names that this libseccomp does not have may be known to the runtime's. */
static int excess_text(const struct seccomp_program *found, const struct seccomp_program *wanted,
		       struct buf *ret, bool *ret_sure, struct error *err)
{
	_cleanup_excesses_ struct seccomp_excesses excess = { 0 };
	int r = seccomp_compare(found, wanted, arch_audit(), &excess, err);

	*ret_sure = false;
	for (size_t i = 0; r == 0 && i < excess.n && !*ret_sure; i++) {
		const struct seccomp_excess *e = &excess.v[i];

		*ret_sure = (e->kind == EXCESS_ALWAYS || e->kind == EXCESS_SOMETIMES) &&
			    !strchr(e->name, '#');
		if (*ret_sure || ret->len == 0) {
			buf_reset(ret);
			buf_str(ret, e->name);
		}
	}
	return r;
}

/* holds - whether the filter at @index lets through nothing that @wanted does not. */
static int holds(const struct gate *g, unsigned long index, const struct seccomp_program *wanted,
		 struct buf *excess, bool *ret_sure, struct error *err)
{
	_cleanup_seccomp_ struct seccomp_program found = { 0 };
	int r = filter_read(g, index, &found, err);

	*ret_sure = false;
	if (r < 0)
		return r;
	if (found.n >= wanted->n && memcmp(found.v + (found.n - wanted->n), wanted->v,
					   wanted->n * sizeof(*wanted->v)) == 0 &&
	    filter_refuses(found.v, found.n - wanted->n))
		return 0;
	return excess_text(&found, wanted, excess, ret_sure, err);
}

static int await(struct gate *g, struct error *err)
{
	if (!g->expected || g->compiler < 0)
		return error_oom(err);
	/* the program waits for it now */
	if (g->compiler > 0 && waitpid(g->compiler, NULL, WNOHANG) == 0)
		settle_pace(g->compiler, true);
	while (g->compiler > 0 && waitpid(g->compiler, NULL, 0) < 0 && errno == EINTR)
		;
	g->compiler = 0;
	if (g->expected->n > 0)
		return 0;
	if (g->expected->err.code < 0)
		return error_set(err, g->expected->err.code, "%s", g->expected->err.text);
	return error_set(err, -ETIMEDOUT, "the profile could not be compiled in time");
}

/* One of the filters above those that the process had when it was armed. */
void filter_compare(struct gate *g, unsigned long first, unsigned long end)
{
	struct seccomp_program wanted = { 0 };
	_cleanup_buf_ struct buf excess = { 0 };
	struct error err = { 0 };
	int r = await(g, &err);
	bool sure = false;

	if (r == 0)
		wanted = (struct seccomp_program){ .v = g->expected->v, .n = g->expected->n };
	for (unsigned long i = first; r == 0 && i < end; i++) {
		buf_reset(&excess);
		r = holds(g, i, &wanted, &excess, &sure, &err);
		if (r == 0 && excess.len == 0 && !excess.oom) {
			note(&g->verified, "the runtime's filter against linux.seccomp");
			return;
		}
	}
	if (r == -ENOMEM || excess.oom)
		mismatch(g, "the runtime's filter cannot be compared: out of memory");
	else if (r < 0)
		note(&g->unverified, "the content of the runtime's filter: %s", err.text);
	else if (sure)
		mismatch(g, "the runtime's filter allows %s, which linux.seccomp does not",
			 buf_cstr(&excess));
	else
		note(&g->unverified, "the content of the runtime's filter: cannot tell whether %s is meant",
		     buf_cstr(&excess));
}
