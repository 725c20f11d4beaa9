/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resource limits and the order in which the kernel kills when memory ends,
 * by /proc/PID/limits and oom_score_adj (proc(5)): prlimit(2) would need
 * CAP_SYS_RESOURCE for another user's process.
 */
#include "gate-private.h"

#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>

/* getrlimit(2): the kernel's numbers, by the specification's names, and its lines. */
static const struct {
	const char *name, *line;
} rlimit_names[] = {
	[RLIMIT_CPU] = { "RLIMIT_CPU", "Max cpu time" },
	[RLIMIT_FSIZE] = { "RLIMIT_FSIZE", "Max file size" },
	[RLIMIT_DATA] = { "RLIMIT_DATA", "Max data size" },
	[RLIMIT_STACK] = { "RLIMIT_STACK", "Max stack size" },
	[RLIMIT_CORE] = { "RLIMIT_CORE", "Max core file size" },
	[RLIMIT_RSS] = { "RLIMIT_RSS", "Max resident set" },
	[RLIMIT_NPROC] = { "RLIMIT_NPROC", "Max processes" },
	[RLIMIT_NOFILE] = { "RLIMIT_NOFILE", "Max open files" },
	[RLIMIT_MEMLOCK] = { "RLIMIT_MEMLOCK", "Max locked memory" },
	[RLIMIT_AS] = { "RLIMIT_AS", "Max address space" },
	[RLIMIT_LOCKS] = { "RLIMIT_LOCKS", "Max file locks" },
	[RLIMIT_SIGPENDING] = { "RLIMIT_SIGPENDING", "Max pending signals" },
	[RLIMIT_MSGQUEUE] = { "RLIMIT_MSGQUEUE", "Max msgqueue size" },
	[RLIMIT_NICE] = { "RLIMIT_NICE", "Max nice priority" },
	[RLIMIT_RTPRIO] = { "RLIMIT_RTPRIO", "Max realtime priority" },
	[RLIMIT_RTTIME] = { "RLIMIT_RTTIME", "Max realtime timeout" },
};

int rlimit_number(const char *name)
{
	for (int i = 0; i < (int)ARRAY_SIZE(rlimit_names); i++) {
		if (strcmp(rlimit_names[i].name, name) == 0)
			return i;
	}
	return -EINVAL;
}

static const char *limit_word(const char *at, uint64_t *ret)
{
	char *end;

	at += strspn(at, " ");
	if (strncmp(at, "unlimited", strlen("unlimited")) == 0) {
		*ret = UINT64_MAX;
		return at + strlen("unlimited");
	}
	*ret = strtoull(at, &end, 10);
	return end == at ? NULL : end;
}

/* limit_line - "Max open files            1024                 4096                 files" */
static bool limit_line(const struct buf *text, int number, uint64_t *soft, uint64_t *hard)
{
	const char *line = rlimit_names[number].line;
	const char *at = strstr(buf_cstr(text), line);

	at = at ? limit_word(at + strlen(line), soft) : NULL;
	return at && limit_word(at, hard);
}

static void verify_oom_score(struct gate *g)
{
	const struct field_int *score = &g->call->wanted->process.oom_score_adj;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	char *end;
	long is;

	if (score->is != FIELD_PRESENT)
		return;
	if (file_read_kernel(g->proc, "oom_score_adj", 64, &text, &err) < 0) {
		mismatch(g, "%s", err.text);
		return;
	}
	is = strtol(buf_cstr(&text), &end, 10);
	if (end == buf_cstr(&text) || is < score->v)
		mismatch(g, "its oom_score_adj is %ld, where %" PRId64 " was admitted", is, score->v);
	else
		note(&g->verified, "oom_score_adj");
}

void verify_rlimits(struct gate *g)
{
	const struct field_list *list = &g->call->wanted->process.rlimits;
	const struct oci_rlimit *wanted = list->v;
	_cleanup_buf_ struct buf text = { 0 };
	const size_t before = g->failure.len;
	struct error err = { 0 };

	verify_oom_score(g);
	if (list->n == 0)
		return;
	if (file_read_kernel(g->proc, "limits", 1u << 16, &text, &err) < 0) {
		mismatch(g, "%s", err.text);
		return;
	}
	for (size_t i = 0; i < list->n; i++) {
		const char *type = wanted[i].type.v;
		const int number = type ? rlimit_number(type) : -EINVAL;
		uint64_t soft = 0, hard = 0;

		/* the runtime would have refused a name that it does not know */
		if (number < 0 || !limit_line(&text, number, &soft, &hard))
			note(&g->unverified, "resource limit %s", type ? type : "without a name");
		else if (soft > wanted[i].soft.v || hard > wanted[i].hard.v)
			mismatch(g, "%s is %" PRIu64 " of at most %" PRIu64 ", where %" PRIu64
				 " of %" PRIu64 " were admitted", type, soft, hard,
				 wanted[i].soft.v, wanted[i].hard.v);
	}
	if (g->failure.len == before)
		note(&g->verified, "resource limits");
}
