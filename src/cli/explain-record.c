/* SPDX-License-Identifier: Apache-2.0 */
/* Records of the log, told to a person. Nothing in them is trusted. */
#include "explain.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/lines.h>
#include <cofferdam/text.h>

#define SHOWN_MAX 400u		/* bytes of a string of the record */
#define SHOWN_FINDINGS 5u	/* findings of one rule */
#define SHOWN_STRANGE 8u	/* rules that this version does not know */

static void put(struct buf *out, const char *label, const char *s)
{
	if (!s)
		return;
	buf_str(out, label);
	text_escape(out, s, strlen(s), SHOWN_MAX);
}

void named_policy_free(struct named_policy *named)
{
	policy_free(&named->policy);
	free(named->name);
}

/*
 * choice_of - the entry of host.json for the policy that the record names: the one that its
 * container falls to, as far as the record tells, or else the first.
 */
static const struct host_choice *choice_of(const struct host *host, const struct log_entry *e)
{
	const struct container c = {
		.engine = e->engine.v ? engine_parse(e->engine.v) : ENGINE_UNKNOWN,
		.id = e->id.v, .bundle = e->bundle.v, .labels = &host->labels,
		.tells = { .namespace_ = e->namespace_.v, .image = e->image.v,
			   .image_id = e->image_id.v },
	};
	const struct host_choice *choice = host_choose(host, &c);

	if (choice && strcmp(choice->use, e->policy.v) == 0)
		return choice;
	for (size_t i = 0; i < host->n_choices; i++) {
		if (strcmp(host->choices[i].use, e->policy.v) == 0)
			return &host->choices[i];
	}
	return NULL;
}

/*
 * look_up - the policy that a record names: a bundle's name, never a path, which
 * whoever wrote the line could have chosen.
 */
static const struct policy *look_up(struct named_policy *named, const struct log_entry *e)
{
	static const char set[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	struct cli_options options = *named->options;
	const struct host_choice *choice;
	const char *name = e->policy.v;
	struct error err;

	if (!name || name[0] == '.' || !*name || strspn(name, set) != strlen(name))
		return NULL;
	choice = named->host ? choice_of(named->host, e) : NULL;
	if (named->name && strcmp(named->name, name) == 0 && named->choice == choice)
		return named->policy;
	named_policy_free(named);
	named->policy = NULL;
	named->choice = choice;
	named->name = strdup(name);
	if (!named->name)
		return NULL;
	/* as the host uses it, with its overlay, if it still does */
	if (choice && host_use(named->host, choice, geteuid(), &named->policy, &err) == 0)
		return named->policy;
	options.policy = name;
	if (cli_policy(&options, &named->policy, &err) < 0)
		named->policy = NULL;
	return named->policy;
}

static void head(struct buf *out, const struct log_entry *e)
{
	static const char *const words[OUTCOME_MAX] = {
		"refused", "would have been refused", "started, hardened",
		"would have been hardened", "started, exempt", "started, with warnings", "started",
	};

	put(out, "", e->time.v ? e->time.v : "(no time)");
	buf_printf(out, ": %s", words[entry_outcome(e, NULL)]);
	put(out, " by policy ", e->policy.v);
	put(out, ", mode ", e->mode.v);
	put(out, "\n  container  ", e->id.v);
	put(out, "\n  bundle     ", e->bundle.v);
	put(out, "\n  engine     ", e->engine.v);
	put(out, "\n  namespace  ", e->namespace_.v);
	put(out, "\n  image      ", e->image.v);
	put(out, "\n  image id   ", e->image_id.v);
	put(out, "\n  judged by  ", e->program.v);
	put(out, e->refused.v && strcmp(e->program.v ? e->program.v : "", "cofferdam-gate") == 0 ?
	    "\n  killed for " : "\n  failed     ", e->failure.v);
	buf_char(out, '\n');
}

static void finding(struct buf *out, const struct log_entry *e, const struct log_finding *f)
{
	static const char *const words[OUTCOME_MAX] = {
		[OUTCOME_REFUSED] = "refused", [OUTCOME_WOULD_REFUSE] = "would be refused",
		[OUTCOME_HARDENED] = "hardened", [OUTCOME_WOULD_HARDEN] = "would be hardened",
		[OUTCOME_EXEMPT] = "exempt", [OUTCOME_WARNED] = "warned",
	};

	buf_printf(out, "  %s", words[entry_outcome(e, f)]);
	if (f->decides.v && strcmp(f->decides.v, verdict_name(VERDICT_UNJUDGED)) == 0)
		buf_str(out, ", as it could not be judged");
	put(out, ": ", f->message.v);
	put(out, "\n    at     ", f->pointer.v && *f->pointer.v ? f->pointer.v : NULL);
	put(out, "\n    found  ", f->value.v);
	put(out, "\n    exempt ", f->exempt.v);
	put(out, "\n    exempt until it expired: ", f->expired.v);
	buf_char(out, '\n');
}

static bool is_of(const struct log_finding *f, const struct rule *rule)
{
	return f->rule.v && strcmp(f->rule.v, rule->id) == 0;
}

/* of_rule - all that the record has of one rule, and the rule itself. */
static void of_rule(struct buf *out, const struct log_entry *e, enum rule_id id,
		    const struct policy *policy)
{
	const struct rule *rule = registry_rule(id);
	size_t n = 0;

	for (size_t i = 0; i < e->findings.n; i++) {
		const struct log_finding *f = entry_finding_at(e, i);

		if (!is_of(f, rule))
			continue;
		if (n == 0)
			buf_printf(out, "\n%s: %s\n", rule->id, rule->title);
		if (n++ < SHOWN_FINDINGS)
			finding(out, e, f);
	}
	if (n == 0)
		return;
	if (n > SHOWN_FINDINGS)
		buf_printf(out, "  and %zu more like it\n", n - SHOWN_FINDINGS);
	buf_printf(out, "  Why: %s\n", rule->why);
	if (rule->pss || rule->cis || rule->refs) {
		buf_str(out, "  See: ");
		rule_references(out, rule);
		buf_char(out, '\n');
	}
	rule_advice(out, rule);
	if (policy) {
		buf_str(out, "  The policy, as it is on this host now:\n");
		rule_setting(out, policy, id, "    ");
	}
}

/* strange - what a later version has found, or somebody else has written. */
static void strange(struct buf *out, const struct log_entry *e)
{
	size_t shown = 0;
	struct error err;
	enum rule_id id;

	for (size_t i = 0; i < e->findings.n && shown < SHOWN_STRANGE; i++) {
		const struct log_finding *f = entry_finding_at(e, i);

		if (f->rule.v && registry_find(f->rule.v, &id, &err) == 0)
			continue;
		put(out, "\n", f->rule.v ? f->rule.v : "(no rule)");
		buf_str(out, ": no rule of this version\n");
		finding(out, e, f);
		shown++;
	}
}

void explain_record(struct buf *out, const struct log_entry *entry, struct named_policy *named)
{
	const struct policy *policy = look_up(named, entry);

	head(out, entry);
	for (size_t i = 0; i < RULE_MAX; i++)
		of_rule(out, entry, (enum rule_id)i, policy);
	strange(out, entry);
	if (entry->omitted.v > 0)
		buf_printf(out, "\n%" PRIu64 " more findings did not fit into the record: cofferdam check shows all\n",
			   entry->omitted.v);
	if (entry->policy.v && !policy && entry->findings.n > 0)
		buf_str(out, "\nThe policy is not on this host, or cannot be read.\n");
}

/* explain_lines - each record of @fd. Returns how many, or negative. */
static int explain_lines(int fd, struct named_policy *named, size_t *ret_other,
			 struct error *err)
{
	_cleanup_lines_ struct lines lines = { .fd = fd };
	const char *text;
	size_t len;
	int r, told = 0;

	while ((r = lines_next(&lines, &text, &len, err)) != 0) {
		_cleanup_log_entry_ struct log_entry entry = { 0 };
		_cleanup_buf_ struct buf out = { 0 };

		if (r < 0 && r != -E2BIG)
			return r;
		r = r == -E2BIG ? -EINVAL : entry_read(text, len, &entry, err);
		if (r == -ENOMEM)
			return r;
		if (r < 0) {
			*ret_other += 1;
			continue;
		}
		if (told > 0)
			buf_char(&out, '\n');
		explain_record(&out, &entry, named);
		if (cli_print(&out, STATUS_ALLOWED) != STATUS_ALLOWED)
			return error_set(err, -EIO, "nothing more can be told");
		told += told < INT32_MAX;
	}
	return told;
}

int explain_records(const struct cli_options *options, const char *path)
{
	_cleanup_host_ struct host *host = NULL;
	_cleanup_named_ struct named_policy named = { .options = options };
	_cleanup_close_ int fd = -1;
	size_t other = 0;
	struct error err;
	int told;

	if (log_open(path, &fd, &err) < 0)
		return cli_fail(&err);
	/* without one, records are told by themselves */
	(void)!host_load(options->host_config, geteuid(), &host, &err);
	named.host = host;
	told = explain_lines(fd, &named, &other, &err);
	if (told < 0)
		(void)error_context(&err, "%s", path);
	else if (told == 0)
		told = error_set(&err, -ENOENT, "%s: no record of the log", path);
	if (told < 0)
		return cli_fail(&err);
	if (other > 0)
		(void)fprintf(stderr, "cofferdam: %zu lines are no records\n", other);
	return STATUS_ALLOWED;
}
