/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <seccomp.h>
#include <string.h>

#define CAPS_MAX 64

struct seccomp_job {
	struct seccomp_scope scope;
	char *words;			/* --caps, cut up */
	const char *caps[CAPS_MAX + 1];
	bool json, bpf;
};

/* --- show --- */

static const struct sock_filter refuse_all[] = {
	{ BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS },
};

static void show_list(struct buf *out, const struct seccomp_excesses *e, const char *what,
		      enum seccomp_excess_kind kind)
{
	size_t column = 0;

	buf_printf(out, "\n%s:\n", what);
	for (size_t i = 0; i < e->n; i++) {
		const size_t width = strlen(e->v[i].name) + 1;

		if (e->v[i].kind != kind)
			continue;
		if (column == 0 || column + width > 96) {
			buf_str(out, column ? "\n " : " ");
			column = 1;
		}
		buf_printf(out, " %s", e->v[i].name);
		column += width;
	}
	buf_char(out, '\n');
}

static int show(const struct seccomp_job *job, const char *name)
{
	struct seccomp_program nothing;
	_cleanup_excesses_ struct seccomp_excesses e = { 0 };
	_cleanup_given_ struct given g = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	const struct json *node;
	struct error err;
	struct sock_filter copy[ARRAY_SIZE(refuse_all)];
	const struct sock_filter *embedded;
	size_t n;

	if (given_read(&job->scope, name, true, &g, &err) < 0)
		return cli_fail(&err);
	if (job->json && g.profile.doc) {
		node = json_at(g.profile.doc, "/linux/seccomp");
		buf_add(&out, g.profile.doc->text + node->start, node->end - node->start);
		buf_char(&out, '\n');
		return cli_print(&out, STATUS_ALLOWED);
	}
	if (job->bpf) {
		/* of a shipped profile what the gate loads */
		embedded = profile_program(name, job->scope.audit_arch, &n);
		if (embedded)
			buf_add(&out, embedded, n * sizeof(*embedded));
		else
			buf_add(&out, g.program.v, g.program.n * sizeof(*g.program.v));
		return cli_print(&out, STATUS_ALLOWED);
	}
	memcpy(copy, refuse_all, sizeof(copy));
	nothing = (struct seccomp_program){ .v = copy, .n = ARRAY_SIZE(copy) };
	if (seccomp_compare(&g.program, &nothing, job->scope.audit_arch, &e, &err) < 0)
		return cli_fail(&err);
	cli_foreign(&out, name);
	buf_printf(&out, ": allows %zu system calls, %zu of them by their arguments; the filter has %zu instructions\n",
		   e.allowed_a, e.allowed_a - e.always_a, g.program.n);
	show_list(&out, &e, "allowed", EXCESS_ALWAYS);
	show_list(&out, &e, "allowed by their arguments", EXCESS_SOMETIMES);
	return cli_print(&out, STATUS_ALLOWED);
}

/* --- compare --- */

static void excess_args(struct buf *out, const struct seccomp_excess *e)
{
	unsigned last = 0;

	for (unsigned i = 0; i < SECCOMP_ARG_MAX; i++) {
		if (e->used & 1u << i || e->witness.args[i])
			last = i + 1;
	}
	for (unsigned i = 0; i < last; i++) {
		buf_str(out, i ? ", " : "");
		if (e->used & 1u << i || e->witness.args[i])
			buf_printf(out, "%#llx", (unsigned long long)e->witness.args[i]);
		else
			buf_char(out, '_');
	}
}

/* answer_text - what the other profile says to it, which ends the line. */
static void answer_text(struct buf *out, const char *other, uint32_t answer)
{
	buf_str(out, "  (");
	cli_foreign(out, other);
	buf_str(out, ": ");
	seccomp_action_print(out, answer);
	buf_str(out, ")\n");
}

static void excess_text(struct buf *out, const struct seccomp_excess *e, const char *other)
{
	buf_printf(out, "  %s", e->name);
	if (e->kind == EXCESS_UNKNOWN) {
		buf_str(out, "  (could not be told)\n");
		return;
	}
	if (e->kind != EXCESS_ALWAYS) {
		buf_str(out, e->kind == EXCESS_HIGH ? ", with bits that an int does not have, for example ("
						    : ", for example (");
		excess_args(out, e);
		buf_char(out, ')');
	}
	answer_text(out, other, e->answer);
}

/* door - the part of a name that says through which other door it comes, or 0. */
static size_t door(const struct seccomp_excess *e)
{
	const char *colon = strchr(e->name, ':');

	return colon ? (size_t)(colon - e->name) : 0;
}

/* through - how many of the calls from @e on come through the same door, all killed. */
static size_t through(const struct seccomp_excess *e, size_t n)
{
	size_t i = 0;

	while (door(e) && i < n && door(&e[i]) == door(e) &&
	       strncmp(e[i].name, e->name, door(e)) == 0 && e[i].kind != EXCESS_UNKNOWN &&
	       e[i].answer == e->answer)
		i++;
	return i;
}

static void excesses_text(struct buf *out, const struct seccomp_excesses *e, const char *a,
			  const char *b)
{
	size_t same;

	cli_foreign(out, a);
	buf_str(out, " allows, and ");
	cli_foreign(out, b);
	buf_printf(out, " does not: %zu\n", e->n);
	for (size_t i = 0; i < e->n; i++) {
		same = through(&e->v[i], e->n - i);
		if (same < 16) {
			excess_text(out, &e->v[i], b);
			continue;
		}
		buf_printf(out, "  %zu calls through the %.*s door", same, (int)door(&e->v[i]),
			   e->v[i].name);
		answer_text(out, b, e->v[i].answer);
		i += same - 1;
	}
}

static void excesses_json(struct buf *out, const struct seccomp_excesses *e)
{
	static const char *const kinds[] = { "always", "sometimes", "high", "unknown" };

	buf_char(out, '[');
	for (size_t i = 0; i < e->n; i++) {
		buf_str(out, i ? ",{\"call\":" : "{\"call\":");
		json_string(out, e->v[i].name);
		buf_printf(out, ",\"when\":\"%s\",\"args\":[", kinds[e->v[i].kind]);
		for (unsigned n = 0; n < SECCOMP_ARG_MAX; n++)
			buf_printf(out, "%s%llu", n ? "," : "", (unsigned long long)e->v[i].witness.args[n]);
		buf_str(out, "],\"other\":\"");
		seccomp_action_print(out, e->v[i].answer);
		buf_str(out, "\"}");
	}
	buf_char(out, ']');
}

static int compare(const struct seccomp_job *job, const char *a_name, const char *b_name)
{
	_cleanup_excesses_ struct seccomp_excesses more = { 0 }, less = { 0 };
	_cleanup_given_ struct given a = { 0 }, b = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	struct error err;

	if (given_read(&job->scope, a_name, true, &a, &err) < 0 || given_read(&job->scope, b_name, true, &b, &err) < 0 ||
	    seccomp_compare(&a.program, &b.program, job->scope.audit_arch, &more, &err) < 0 ||
	    seccomp_compare(&b.program, &a.program, job->scope.audit_arch, &less, &err) < 0)
		return cli_fail(&err);
	if (job->json) {
		buf_printf(&out, "{\"format\":1,\"allowed\":[%zu,%zu],\"always\":[%zu,%zu],\"more\":",
			   more.allowed_a, more.allowed_b, more.always_a, more.always_b);
		excesses_json(&out, &more);
		buf_str(&out, ",\"less\":");
		excesses_json(&out, &less);
		buf_str(&out, "}\n");
	} else {
		cli_foreign(&out, a_name);
		buf_printf(&out, " allows %zu system calls (%zu whatever their arguments), ",
			   more.allowed_a, more.always_a);
		cli_foreign(&out, b_name);
		buf_printf(&out, " %zu (%zu)\n\n", more.allowed_b, more.always_b);
		excesses_text(&out, &more, a_name, b_name);
		buf_char(&out, '\n');
		excesses_text(&out, &less, b_name, a_name);
	}
	return cli_print(&out, more.n ? STATUS_DENIED : STATUS_ALLOWED);
}

/* --- lint --- */

static int lint(const struct seccomp_job *job, const char *name)
{
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	_cleanup_lints_ struct seccomp_lints lints = { 0 };
	_cleanup_given_ struct given g = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	int status = STATUS_ALLOWED;
	struct error err;

	if (given_read(&job->scope, name, false, &g, &err) < 0)
		return cli_fail(&err);
	if (!g.profile.doc) {
		(void)error_set(&err, -EINVAL, "%s: a compiled filter cannot be read back", name);
		return cli_fail(&err);
	}
	if (seccomp_calls_read(seccomp_of(&g.profile), &calls, &err) < 0 ||
	    seccomp_lint(&calls, job->scope.audit_arch, &lints, &err) < 0)
		return cli_fail(&err);
	for (size_t i = 0; i < lints.n; i++) {
		const struct seccomp_lint *l = &lints.v[i];

		if (seccomp_trap_opens(l->trap))
			status = STATUS_DENIED;
		cli_foreign(&out, name);
		buf_printf(&out, ": %s: %s: %s: %s\n",
			   seccomp_trap_opens(l->trap) ? "opens" : "notice",
			   seccomp_trap_name(l->trap), l->pointer, l->text);
	}
	if (lints.n == 0) {
		cli_foreign(&out, name);
		buf_str(&out, ": ok\n");
	}
	return cli_print(&out, status);
}

/* --- the command --- */

static int set_caps(struct seccomp_job *job, const char *list)
{
	size_t n = 0;
	char *at;

	if (!list) {
		job->scope.caps = seccomp_caps_default;
		return 0;
	}
	job->scope.caps = job->caps;
	if (strcmp(list, "none") == 0)
		return 0;
	job->words = strdup(list);
	if (!job->words)
		return -ENOMEM;
	for (char *w = strtok_r(job->words, ",", &at); w; w = strtok_r(NULL, ",", &at)) {
		if (n == CAPS_MAX || strncmp(w, "CAP_", 4) != 0)
			return -EINVAL;
		job->caps[n++] = w;
	}
	return 0;
}

static void job_free(struct seccomp_job *job)
{
	free(job->words);
}

static int run(const struct command *self, const struct seccomp_job *job, int argc, char **argv)
{
	int status = STATUS_ALLOWED;

	if (strcmp(argv[0], "compare") == 0 && argc == 3)
		return compare(job, argv[1], argv[2]);
	if (strcmp(argv[0], "show") == 0 && argc == 2)
		return show(job, argv[1]);
	if (strcmp(argv[0], "lint") != 0)
		return cli_usage(self, "seccomp takes show PROFILE, compare A B or lint PROFILE...");
	for (int i = 1; i < argc; i++)
		status = cli_worst(status, lint(job, argv[i]));
	return status;
}

int cmd_seccomp(const struct command *self, int argc, char **argv)
{
	_cleanup_(job_free) struct seccomp_job job = { .scope.audit_arch = seccomp_native() };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "fac", &options);

	if (first < 0)
		return ~first;
	if (argc - first < 2)
		return cli_usage(self, "what to do, and with which profile?");
	job.json = options.format && strcmp(options.format, "json") == 0;
	job.bpf = options.format && strcmp(options.format, "bpf") == 0 &&
		  strcmp(argv[first], "show") == 0;
	if (options.format && !job.json && !job.bpf && strcmp(options.format, "text") != 0)
		return cli_usage(self, "--format takes text, json or, for show, bpf, not \"%s\"",
				 options.format);
	if (options.arch)
		job.scope.audit_arch = seccomp_arch_resolve_name(options.arch);
	if (!job.scope.audit_arch)
		return cli_usage(self, "--arch: libseccomp knows no architecture \"%s\"", options.arch);
	if (set_caps(&job, options.caps) < 0)
		return cli_usage(self, "--caps takes names such as CAP_CHOWN, separated by commas, or none");
	return run(self, &job, argc - first, argv + first);
}
