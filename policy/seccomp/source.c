/* SPDX-License-Identifier: Apache-2.0 */
#include "source.h"

#include <seccomp.h>
#include <stdarg.h>
#include <string.h>

#include <cofferdam/file.h>

struct reader {
	struct source *s;
	const char *path;
	unsigned line;
	char **reason;			/* of the group or profile being read */
	struct error *err;
};


static int __attribute__((format(printf, 2, 3))) bad(const struct reader *rd, const char *fmt, ...)
{
	_cleanup_free_ char *what = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&what, fmt, ap) < 0)
		what = NULL;
	va_end(ap);
	return error_set(rd->err, -EINVAL, "%s:%u: %s", rd->path, rd->line, what ? what : "");
}

static int errno_of(const char *name)
{
	for (int e = 1; e < 200; e++) {
		const char *known = strerrorname_np(e);

		if (known && strcmp(known, name) == 0)
			return e;
	}
	return -1;
}

/* grow - one zeroed element more */
static void *grow(void *v, size_t n, size_t size)
{
	char *grown = reallocarray(v, n + 1, size);

	if (grown)
		memset(grown + n * size, 0, size);
	return grown;
}

static struct group *group(const struct reader *rd)
{
	return rd->s->n_groups ? &rd->s->groups[rd->s->n_groups - 1] : NULL;
}

static int read_profile(struct reader *rd, char *rest)
{
	struct source *s = rd->s;
	char *at, *name = strtok_r(rest, " \t", &at), *flag = strtok_r(NULL, " \t", &at);

	if (!name || s->n_profiles == PROFILES_MAX || (flag && strcmp(flag, "32-bit") != 0))
		return bad(rd, "profile NAME [32-bit]");
	s->profiles[s->n_profiles].name = name;
	s->profiles[s->n_profiles].doors = flag != NULL;
	rd->reason = &s->profiles[s->n_profiles++].reason;
	return 0;
}

/* read_scope - "only A B" or "except A B" or nothing, before the colon. */
static int read_scope(struct reader *rd, struct group *g, char *word, char **at)
{
	const struct source *s = rd->s;
	const unsigned all = (1u << s->n_profiles) - 1;
	unsigned named = 0;
	const bool except = word && strcmp(word, "except") == 0;

	g->profiles = all;
	if (!word)
		return 0;
	if (!except && strcmp(word, "only") != 0)
		return bad(rd, "\"%s\" is neither \"only\" nor \"except\"", word);
	while ((word = strtok_r(NULL, " \t", at))) {
		size_t p = 0;

		while (p < s->n_profiles && strcmp(s->profiles[p].name, word) != 0)
			p++;
		if (p == s->n_profiles)
			return bad(rd, "there is no profile \"%s\"", word);
		named |= 1u << p;
	}
	g->profiles = except ? all & ~named : named;
	return 0;
}

static int read_group(struct reader *rd, char *line)
{
	struct source *s = rd->s;
	char *colon = strchr(line, ':'), *at, *kind, *word;
	struct group *grown = grow(s->groups, s->n_groups, sizeof(*grown)), *g;

	if (!grown)
		return error_oom(rd->err);
	s->groups = grown;
	g = &grown[s->n_groups++];
	if (!colon)
		return bad(rd, "a group's title is missing");
	*colon = '\0';
	g->title = colon + 1 + strspn(colon + 1, " ");
	rd->reason = &g->reason;
	kind = strtok_r(line, " \t", &at);
	g->when = kind && strcmp(kind, "when") == 0;
	word = strtok_r(NULL, " \t", &at);
	if (kind && strcmp(kind, "deny") == 0) {
		g->errnum = word ? errno_of(word) : -1;
		if (g->errnum < 0)
			return bad(rd, "deny ERRNO: \"%s\" is no errno", word ? word : "");
		word = strtok_r(NULL, " \t", &at);
	} else if (!kind || (!g->when && strcmp(kind, "allow") != 0)) {
		return bad(rd, "\"%s\" is none of profile, allow, deny, when", kind ? kind : "");
	}
	return read_scope(rd, g, word, &at);
}

static int read_reason(struct reader *rd, const char *text)
{
	char *joined;

	if (!rd->reason)
		return bad(rd, "a reason for what?");
	if (asprintf(&joined, "%s%s%s", *rd->reason ? *rd->reason : "", *rd->reason ? " " : "",
		     text) < 0)
		return error_oom(rd->err);
	free(*rd->reason);
	*rd->reason = joined;
	return 0;
}

/* Every name has to be one that libseccomp knows: others would vanish silently. */
static int check_name(const struct reader *rd, const char *name)
{
	return seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR
		? bad(rd, "libseccomp knows no system call \"%s\"", name) : 0;
}

static int read_names(struct reader *rd, struct group *g, char *line)
{
	char *at;
	int r = 0;

	for (char *name = strtok_r(line, " \t", &at); name && r == 0; name = strtok_r(NULL, " \t", &at)) {
		const char **grown = grow(g->names, g->n_names, sizeof(*grown));

		if (!grown)
			return error_oom(rd->err);
		g->names = grown;
		grown[g->n_names++] = name;
		r = check_name(rd, name);
	}
	return r;
}

static int read_number(const struct reader *rd, const char *word, uint32_t *ret)
{
	char *end = NULL;
	const unsigned long v = word ? strtoul(word, &end, 0) : 0;

	if (!word || end == word || *end || v > UINT32_MAX)
		return bad(rd, "\"%s\" is no 32-bit number", word ? word : "");
	*ret = (uint32_t)v;
	return 0;
}

static int read_test(struct reader *rd, struct rule *rule, char **at)
{
	struct test *t = &rule->tests[rule->n_tests];
	uint32_t arg = 0;
	const char *word;
	int r = read_number(rd, strtok_r(NULL, " \t", at), &arg);

	if (r < 0)
		return r;
	if (arg >= TESTS_MAX || rule->n_tests == TESTS_MAX)
		return bad(rd, "there are six arguments");
	*t = (struct test){ .arg = arg, .mask = UINT32_MAX };
	word = strtok_r(NULL, " \t", at);
	if (word && strcmp(word, "not") == 0) {
		(void)strtok_r(NULL, " \t", at);
		while (r == 0 && (word = strtok_r(NULL, " \t", at)) && rule->n_values < VALUES_MAX)
			r = read_number(rd, word, &rule->values[rule->n_values++]);
		return rule->n_values ? r : bad(rd, "not in VALUE...");
	}
	if (word && strcmp(word, "&") == 0) {
		r = read_number(rd, strtok_r(NULL, " \t", at), &t->mask);
		word = strtok_r(NULL, " \t", at);
	}
	if (r == 0 && (!word || strcmp(word, "==") != 0))
		return bad(rd, "a test needs ==");
	if (r == 0)
		r = read_number(rd, strtok_r(NULL, " \t", at), &t->value);
	if (r == 0 && (t->value & ~t->mask))
		return bad(rd, "the value has bits that the mask takes away");
	for (size_t i = 0; i < rule->n_tests; i++) {
		if (rule->tests[i].arg == arg)
			return bad(rd, "argument %u is tested twice, which a runtime reads as \"or\"", arg);
	}
	rule->n_tests++;
	return r;
}

static int read_rule(struct reader *rd, struct group *g, char *line)
{
	struct rule *grown = grow(g->rules, g->n_rules, sizeof(*grown)), *rule;
	char *at, *word;
	int r;

	if (!grown)
		return error_oom(rd->err);
	g->rules = grown;
	rule = &grown[g->n_rules++];
	rule->name = strtok_r(line, " \t", &at);
	word = strtok_r(NULL, " \t", &at);
	if (!rule->name || !word)
		return bad(rd, "NAME ACTION TEST");
	rule->errnum = strcmp(word, "allow") == 0 ? 0 : errno_of(word);
	if (rule->errnum < 0)
		return bad(rd, "\"%s\" is neither allow nor an errno", word);
	r = check_name(rd, rule->name);
	do {
		if (r == 0)
			r = read_test(rd, rule, &at);
	} while (r == 0 && (word = strtok_r(NULL, " \t", &at)) && strcmp(word, "and") == 0);
	return r;
}

static int read_line(struct reader *rd, char *line)
{
	struct group *g = group(rd);
	char *text = line + strspn(line, " \t");

	if (!*text || *text == '#')
		return 0;
	if (*text == '|' && text > line)
		return read_reason(rd, text + 1 + strspn(text + 1, " "));
	if (text > line && g)
		return g->when ? read_rule(rd, g, text) : read_names(rd, g, text);
	if (strncmp(text, "profile ", 8) == 0)
		return read_profile(rd, text + 8);
	return read_group(rd, text);
}

/* times - how often a group names a system call, in its list or in its rules. */
static size_t times(const struct group *g, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < g->n_names; i++)
		n += strcmp(g->names[i], name) == 0;
	for (size_t i = 0; i < g->n_rules; i++)
		n += strcmp(g->rules[i].name, name) == 0;
	return n;
}

/* A name that stands in a list stands nowhere else in the same profile: see README.md. */
static int check_once(const struct source *s, struct error *err)
{
	for (size_t a = 0; a < s->n_groups; a++) {
		const struct group *g = &s->groups[a];

		for (size_t i = 0; i < g->n_names * s->n_groups; i++) {
			const char *name = g->names[i / s->n_groups];
			const struct group *other = &s->groups[i % s->n_groups];

			if ((other->profiles & g->profiles) &&
			    times(other, name) > (other == g ? 1u : 0u))
				return error_set(err, -EINVAL, "%s stands in \"%s\" and in \"%s\"",
						 name, g->title, other->title);
		}
	}
	return 0;
}

int source_read(int dir, const char *path, struct source *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct reader rd = { .s = ret, .path = path, .err = err };
	char *at, *next;
	int r = file_read(dir, path, true, 1u << 20, &text, NULL, err);

	if (r < 0)
		return r;
	ret->text = buf_steal(&text);
	if (!ret->text)
		return error_oom(err);
	for (at = ret->text; at && r == 0; at = next) {
		next = strchr(at, '\n');
		if (next)
			*next++ = '\0';
		rd.line++;
		r = read_line(&rd, at);
	}
	return r < 0 ? r : check_once(ret, err);
}

void source_free(struct source *s)
{
	for (size_t i = 0; i < s->n_profiles; i++)
		free(s->profiles[i].reason);
	for (size_t i = 0; i < s->n_groups; i++) {
		free(s->groups[i].reason);
		free(s->groups[i].names);
		free(s->groups[i].rules);
	}
	free(s->groups);
	free(s->text);
}
