/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes what is generated from profiles.def: the OCI profiles, the same as
 * filters and by names, and the table for people. For the build machine only.
 *
 *	generate write SOURCE-FOLDER	(re)write the files that differ
 *	generate check SOURCE-FOLDER	tell, as TAP, whether any does
 */
#include "source.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/seccomp.h>

static const struct {
	const char *name, *only;
	struct lets_arch audit;
} arches[] = {
	{ "x86_64", "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\"",
	  { "AUDIT_ARCH_X86_64", AUDIT_ARCH_X86_64 } },
	{ "aarch64", "\"SCMP_ARCH_AARCH64\", \"SCMP_ARCH_ARM\"",
	  { "AUDIT_ARCH_AARCH64", AUDIT_ARCH_AARCH64 } },
};

/* --- OCI JSON --- */

static void action_json(struct buf *out, int errnum)
{
	if (errnum == 0)
		buf_str(out, "\"action\": \"SCMP_ACT_ALLOW\"");
	else
		buf_printf(out, "\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": %d", errnum);
}

static void names_json(struct buf *out, const struct group *g)
{
	size_t column = 6;

	buf_str(out, "    { \"names\": [\n      ");
	for (size_t i = 0; i < g->n_names; i++) {
		const size_t width = strlen(g->names[i]) + 4;

		if (i > 0)
			buf_char(out, ',');
		if (i > 0 && column + width > 88) {
			buf_str(out, "\n      ");
			column = 6;
		} else if (i > 0) {
			buf_char(out, ' ');
		}
		buf_printf(out, "\"%s\"", g->names[i]);
		column += width;
	}
	buf_str(out, "\n    ], ");
	action_json(out, g->errnum);
	buf_str(out, " }");
}

static void test_json(struct buf *out, const struct test *t)
{
	buf_printf(out, "{\"index\": %u, \"value\": %u, \"valueTwo\": %u, \"op\": \"SCMP_CMP_MASKED_EQ\"}",
		   t->arg, t->mask, t->value);
}

static void rule_json(struct buf *out, const char *name, int errnum, const struct test *tests,
		      size_t n)
{
	buf_printf(out, "    { \"names\": [\"%s\"], ", name);
	action_json(out, errnum);
	buf_str(out, ",\n      \"args\": [");
	for (size_t i = 0; i < n; i++) {
		buf_str(out, i ? ",\n               " : "");
		test_json(out, &tests[i]);
	}
	buf_str(out, "] }");
}

/*
 * Everything but some values, as tests that libseccomp does not lose: values that
 * differ in a bit on which all of those agree; then, of those that agree on all
 * such bits, each that is not one of them.
 */
static void complement_json(struct buf *out, const struct rule *r)
{
	uint32_t agree = UINT32_MAX, free_bits;
	const char *between = "";

	for (size_t i = 1; i < r->n_values; i++)
		agree &= ~(r->values[0] ^ r->values[i]);
	for (uint32_t bit = 1; bit; bit <<= 1) {
		const struct test t = { r->tests[0].arg, bit, ~r->values[0] & bit };

		if (!(agree & bit))
			continue;
		buf_str(out, between);
		rule_json(out, r->name, r->errnum, &t, 1);
		between = ",\n";
	}
	free_bits = 0;
	do {
		const uint32_t value = (r->values[0] & agree) | free_bits;
		const struct test t = { r->tests[0].arg, UINT32_MAX, value };
		bool excluded = false;

		for (size_t i = 0; i < r->n_values; i++)
			excluded = excluded || r->values[i] == value;
		if (!excluded) {
			buf_str(out, between);
			rule_json(out, r->name, r->errnum, &t, 1);
			between = ",\n";
		}
		free_bits = (free_bits - ~agree) & ~agree;
	} while (free_bits);
}

static void profile_json(struct buf *out, const struct source *s, size_t profile,
			 const char *architectures)
{
	const char *between = "";

	buf_str(out, "{\n  \"defaultAction\": \"SCMP_ACT_ERRNO\",\n  \"defaultErrnoRet\": 38,\n");
	if (s->profiles[profile].doors)
		buf_printf(out, "  \"architectures\": [%s],\n", architectures);
	buf_str(out, "  \"syscalls\": [\n");
	for (size_t i = 0; i < s->n_groups; i++) {
		const struct group *g = &s->groups[i];

		if (!(g->profiles & 1u << profile))
			continue;
		if (g->n_names > 0) {
			buf_str(out, between);
			names_json(out, g);
			between = ",\n";
		}
		for (size_t n = 0; n < g->n_rules; n++) {
			const struct rule *r = &g->rules[n];

			buf_str(out, between);
			if (r->n_values)
				complement_json(out, r);
			else
				rule_json(out, r->name, r->errnum, r->tests, r->n_tests);
			between = ",\n";
		}
	}
	buf_str(out, "\n  ]\n}\n");
}

/* --- filters --- */

struct listing {
	struct buf *out;
	size_t n;
};

static void statement(struct listing *l, uint16_t code, unsigned jt, unsigned jf, uint32_t k)
{
	buf_printf(l->out, "%s{ 0x%02x, %u, %u, 0x%x },", l->n++ % 4 ? " " : "\n\t", code, jt, jf, k);
}

/*
 * The kernel remembers which calls pass whatever their arguments are, and asks the
 * filter about the others alone, every time. So what is allowed but for a few values
 * (ioctl: many a program's most frequent call) is answered before all else; what
 * is not allowed here goes on into the filter, which says why not.
 */
static void shortcut(struct listing *l, const struct rule *r, uint32_t arch)
{
	const unsigned rest = (unsigned)r->n_values + 2;	/* past the RET, from JEQ nr */
	const int nr = seccomp_syscall_resolve_name_arch(arch, r->name);
	const size_t low = offsetof(struct seccomp_data, args) +
			   r->tests[0].arg * sizeof(uint64_t);	/* little-endian */

	statement(l, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
	statement(l, BPF_JMP | BPF_JEQ | BPF_K, 0, rest + 2, arch);
	statement(l, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, nr));
	statement(l, BPF_JMP | BPF_JEQ | BPF_K, 0, rest, (uint32_t)nr);
	statement(l, BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)low);
	for (size_t i = 0; i < r->n_values; i++)
		statement(l, BPF_JMP | BPF_JEQ | BPF_K, (unsigned)(r->n_values - i), 0,
			  r->values[i]);
	statement(l, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
}

static void shortcuts(struct listing *l, const struct source *s, size_t profile, uint32_t arch)
{
	for (size_t i = 0; i < s->n_groups; i++) {
		const struct group *g = &s->groups[i];

		for (size_t n = 0; n < g->n_rules && g->profiles & 1u << profile; n++) {
			if (g->rules[n].n_values && g->rules[n].errnum == 0)
				shortcut(l, &g->rules[n], arch);
		}
	}
}

static int program(struct buf *out, const struct source *s, size_t profile, size_t arch,
		   struct error *err)
{
	_cleanup_seccomp_ struct seccomp_program filter = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct listing listing = { .out = out };
	const char *name = s->profiles[profile].name;
	int r;

	profile_json(&text, s, profile, arches[arch].only);
	r = seccomp_compile(name, buf_cstr(&text), text.len, arches[arch].audit.arch, &filter, err);
	if (r < 0)
		return r;
	buf_printf(out, "static const struct sock_filter %s_%s[] = {", name, arches[arch].name);
	shortcuts(&listing, s, profile, arches[arch].audit.arch);
	for (size_t i = 0; i < filter.n; i++)
		statement(&listing, filter.v[i].code, filter.v[i].jt, filter.v[i].jf, filter.v[i].k);
	buf_str(out, "\n};\n\n");
	return 0;
}

static int programs(struct buf *out, const struct source *s, struct error *err)
{
	const struct scmp_version *v = seccomp_version();
	int r = 0;

	buf_printf(out, "/* SPDX-License-Identifier: Apache-2.0 */\n"
			"/* Generated from policy/seccomp/profiles.def with libseccomp %u.%u.%u */\n\n",
		   v->major, v->minor, v->micro);
	for (size_t p = 0; p < s->n_profiles; p++) {
		for (size_t a = 0; a < ARRAY_SIZE(arches) && r == 0; a++)
			r = program(out, s, p, a, err);
	}
	buf_str(out, "static const struct program programs[] = {\n");
	for (size_t p = 0; p < s->n_profiles; p++) {
		for (size_t a = 0; a < ARRAY_SIZE(arches); a++)
			buf_printf(out, "\t{ \"%s\", %s, %s_%s, ARRAY_SIZE(%s_%s) },\n",
				   s->profiles[p].name, arches[a].audit.audit, s->profiles[p].name,
				   arches[a].name, s->profiles[p].name, arches[a].name);
	}
	buf_str(out, "};\n");
	return r;
}

/* --- the table --- */

static void answer(struct buf *out, const struct group *g)
{
	if (g->when)
		buf_str(out, "by argument");
	else if (g->errnum == 0)
		buf_str(out, "allowed");
	else
		buf_str(out, strerrorname_np(g->errnum));
}

static void table(struct buf *out, const struct source *s)
{
	const unsigned all = (1u << s->n_profiles) - 1;

	buf_str(out, "<!-- Generated from policy/seccomp/profiles.def: make seccomp -->\n\n");
	for (size_t p = 0; p < s->n_profiles; p++)
		buf_printf(out, "- **`%s`**: %s\n", s->profiles[p].name, s->profiles[p].reason);
	buf_str(out, "\n| what | answer | profiles | why | system calls |\n| --- | --- | --- | --- | --- |\n");
	for (size_t i = 0; i < s->n_groups; i++) {
		const struct group *g = &s->groups[i];

		buf_printf(out, "| %s | ", g->title);
		answer(out, g);
		buf_str(out, " | ");
		if (g->profiles == all)
			buf_str(out, "all");
		for (size_t p = 0; p < s->n_profiles && g->profiles != all; p++) {
			if (g->profiles & 1u << p)
				buf_printf(out, "%s ", s->profiles[p].name);
		}
		buf_printf(out, " | %s | ", g->reason);
		for (size_t n = 0; n < g->n_names; n++)
			buf_printf(out, "`%s` ", g->names[n]);
		for (size_t n = 0; n < g->n_rules; n++) {
			if (n == 0 || strcmp(g->rules[n].name, g->rules[n - 1].name) != 0)
				buf_printf(out, "`%s` ", g->rules[n].name);
		}
		buf_str(out, "|\n");
	}
	buf_str(out, "\nEverything else is answered ENOSYS.\n");
}

/* --- files --- */

static unsigned tests, failures;

/* same - but for the version of libseccomp: another one may order a filter
 * differently, which the unit tests judge by what it does. */
static bool same(const struct buf *old, const struct buf *new, bool filters)
{
	const char *a = buf_cstr(old), *b = buf_cstr(new);

	if (old->len == new->len && memcmp(a, b, new->len) == 0)
		return true;
	a = filters ? strstr(a, "libseccomp ") : NULL;
	b = a ? strstr(b, "libseccomp ") : NULL;
	return b && strcspn(a, "\n") + 1 > 0 &&
	       (strcspn(a, "\n") != strcspn(b, "\n") || strncmp(a, b, strcspn(a, "\n")) != 0);
}

static int settle(bool write, int dir, const char *path, const struct buf *text,
		  struct error *err)
{
	_cleanup_buf_ struct buf old = { 0 };
	_cleanup_close_ int fd = -1;
	bool current;
	int r = buf_check(text, err);

	if (r < 0)
		return r;
	current = file_read(dir, path, true, 1u << 22, &old, NULL, err) == 0 &&
		  (write ? old.len == text->len && memcmp(old.data, text->data, old.len) == 0
			 : same(&old, text, strstr(path, ".inc") != NULL));
	if (!write) {
		printf("%sok %u - %s is what profiles.def says%s\n", current ? "" : "not ", ++tests,
		       path, current ? "" : ": run make seccomp");
		failures += !current;
		return 0;
	}
	if (current)
		return 0;
	printf("writing %s\n", path);
	fd = openat(dir, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return error_sys(err, errno, "%s", path);
	return file_write_all(fd, text->data, text->len, err);
}

static int generate(bool write, int dir, const struct source *s, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 }, lets = { 0 }, rows = { 0 };
	char path[128];
	int r = 0;

	buf_str(&lets, "/* SPDX-License-Identifier: Apache-2.0 */\n"
		"/* Generated from policy/seccomp/profiles.def */\n\n");
	buf_str(&rows, "static const struct lets lets[] = {\n");
	for (size_t p = 0; p < s->n_profiles && r == 0; p++) {
		buf_reset(&text);
		profile_json(&text, s, p,
			     "\"SCMP_ARCH_X86_64\", \"SCMP_ARCH_X86\", \"SCMP_ARCH_AARCH64\", \"SCMP_ARCH_ARM\"");
		(void)snprintf(path, sizeof(path), "policy/seccomp/%s.json", s->profiles[p].name);
		r = settle(write, dir, path, &text, err);
		if (r == 0)
			r = lets_names(&lets, s->profiles[p].name, &text, err);
		for (size_t a = 0; a < ARRAY_SIZE(arches) && r == 0; a++)
			r = lets_row(&rows, s->profiles[p].name, &text, &arches[a].audit, err);
	}
	buf_printf(&lets, "%s};\n", buf_cstr(&rows));
	if (r == 0)
		r = settle(write, dir, "src/policy/lets.inc", &lets, err);
	buf_reset(&text);
	if (r == 0)
		r = programs(&text, s, err);
	if (r == 0)
		r = settle(write, dir, "src/policy/programs.inc", &text, err);
	buf_reset(&text);
	table(&text, s);
	return r < 0 ? r : settle(write, dir, "docs/seccomp-table.md", &text, err);
}

int main(int argc, char **argv)
{
	_cleanup_(source_free) struct source s = { 0 };
	_cleanup_close_ int dir = -1;
	struct error err = { 0 };
	bool write;
	int r;

	if (argc != 3 || (strcmp(argv[1], "write") != 0 && strcmp(argv[1], "check") != 0)) {
		(void)fprintf(stderr, "usage: generate write|check SOURCE-FOLDER\n");
		return 2;
	}
	write = strcmp(argv[1], "write") == 0;
	dir = open(argv[2], O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = dir < 0 ? error_sys(&err, errno, "%s", argv[2])
		    : source_read(dir, "policy/seccomp/profiles.def", &s, &err);
	if (r == 0)
		r = generate(write, dir, &s, &err);
	if (r < 0) {
		(void)fprintf(stderr, "generate: %s\n", err.text);
		return 1;
	}
	if (!write)
		printf("1..%u\n", tests);
	return failures > 0;
}
