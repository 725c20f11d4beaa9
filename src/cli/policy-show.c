/* SPDX-License-Identifier: Apache-2.0 */
/* cofferdam policy show and diff: what is in force, and where it was written. */
#include "explain.h"

#include <string.h>
#include <unistd.h>

#include <cofferdam/differ.h>
#include <cofferdam/text.h>

#define AT_COLUMN 52		/* where places stand */
#define VALUE_MAX 400		/* bytes of a value shown */

struct showing {
	const struct policy *policy;
	const struct subject *subject;	/* the container, or NULL */
	const struct host_choice *choice; /* what chose the policy, or NULL */
	const struct host *host;	/* whose mode counts, or NULL */
	struct exempting exempt[RULE_MAX];
};

/* place - append where a value was written, at its column. */
static void place(struct buf *out, size_t start, const struct showing *s, const struct origin *at)
{
	const size_t width = out->len - start;

	buf_printf(out, "%*s", width < AT_COLUMN ? (int)(AT_COLUMN - width) : 1, "");
	setting_place(out, s->policy, at);
	buf_char(out, '\n');
}

static void show_rule(struct buf *out, const struct showing *s, enum rule_id id)
{
	size_t start;

	for (struct rule_row row = { 0 }; rule_row(s->policy, id, &row); ) {
		start = out->len;
		if (row.at == &s->policy->rules[id].action_at)
			buf_str(out, registry_rule(id)->id);
		else
			buf_printf(out, "    %s", row.name);
		buf_printf(out, ": %s", buf_cstr(&row.value));
		out->oom |= row.value.oom;
		place(out, start, s, row.at);
	}
	if (s->exempt[id].by) {
		start = out->len;
		buf_str(out, "    exempt: ");
		text_escape(out, s->exempt[id].by->reason, strlen(s->exempt[id].by->reason),
			    VALUE_MAX);
		place(out, start, s, &s->exempt[id].by->at);
	}
}

static void show_exemption(struct buf *out, const struct showing *s, const struct exemption *e)
{
	bool applies = false, expired = false, behind;
	_cleanup_buf_ struct buf text = { 0 };
	const size_t start = out->len;
	struct container c;

	if (s->subject) {
		c = subject_container(s->subject);
		expired = e->expires && policy_now(s->policy, &behind) >= e->until;
		applies = when_matches(&e->when, &c) && !expired;
	}
	buf_printf(out, "exemption: %s%s", !s->subject ? "" : applies ? "applies: " :
		   expired ? "expired: " : "not for it: ", "");
	text_escape(out, e->reason, strlen(e->reason), VALUE_MAX);
	place(out, start, s, &e->at);
	exemption_print(&text, e, " ");
	buf_str(out, "    ");
	text_escape(out, buf_cstr(&text), text.len, VALUE_MAX);
	buf_char(out, '\n');
	out->oom |= text.oom;
}

static int show_effective(struct showing *s)
{
	_cleanup_buf_ struct buf out = { 0 };
	size_t start = 0;
	bool behind;

	if (s->subject) {
		const struct container c = subject_container(s->subject);

		policy_exempts(s->policy, &c, policy_now(s->policy, &behind), s->exempt);
	}
	if (s->host && s->host->mode == MODE_AUDIT)
		buf_str(&out, "mode: audit: this host refuses nothing\n");
	start = out.len;
	buf_str(&out, "policy: ");
	cli_foreign(&out, s->policy->name);
	buf_str(&out, s->policy->audit ? ", only audited" : "");
	if (s->choice)
		place(&out, start, s, &s->choice->at);
	else
		buf_char(&out, '\n');
	if (s->policy->audit_at.file) {
		start = out.len;
		buf_printf(&out, "    audit: %s", s->policy->audit ? "true" : "false");
		place(&out, start, s, &s->policy->audit_at);
	}
	for (size_t i = 0; i < RULE_MAX; i++)
		show_rule(&out, s, (enum rule_id)i);
	for (size_t i = 0; i < s->policy->n_exemptions; i++)
		show_exemption(&out, s, &s->policy->exemptions[i]);
	return cli_print(&out, STATUS_ALLOWED);
}

static int show(const struct cli_options *options, const char *name)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options named = *options;
	struct error err;

	named.policy = name;
	if (cli_policy(&named, &policy, &err) < 0)
		return cli_fail(&err);
	policy_print(&out, policy);
	return cli_print(&out, STATUS_ALLOWED);
}

/* show_for - the policy that the options or host.json choose for options->config. */
static int show_for(const struct cli_options *options)
{
	_cleanup_policies_ struct policies policies = { 0 };
	_cleanup_candidate_ struct candidate c = { 0 };
	_cleanup_input_ struct input input = { .dir_fd = -1 };
	struct subject how = {
		.engine = options->engine, .id = options->id, .bundle = options->bundle,
		.spec = &c.spec,
	};
	struct showing s = { .subject = options->config ? &how : NULL };
	struct container container;
	struct error err;

	if (policies_load(options, &policies, &err) < 0)
		return cli_fail(&err);
	if (options->config && (input_read(options->config, &input, &err) < 0 ||
				candidate_parse(input.name, &input.text, &c, &err) < 0))
		return cli_fail(&err);
	if (policies_for(&policies, &how, &s.policy, &err) < 0)
		return cli_fail(&err);
	if (!policies.named) {
		container = subject_container(&how);
		s.choice = host_choose(policies.host, &container);
		s.host = policies.host;
	}
	return show_effective(&s);
}

int policy_show(const struct command *self, const struct cli_options *options, int argc,
		char **argv)
{
	struct cli_options named = *options;

	if (argc > 1 || (argc == 0 && !options->effective))
		return cli_usage(self, "policy show takes one policy");
	if (options->config && !options->effective)
		return cli_usage(self, "--for goes with --effective");
	if (!options->effective)
		return show(options, argv[0]);
	if (argc == 0 && !options->config)
		return cli_usage(self, "show --effective takes a policy, or --for a configuration");
	if (argc == 1)
		named.policy = argv[0];
	return show_for(&named);
}

struct differing {
	struct buf out;
	size_t count[DIFFERS_MAX];
	bool json;
};

static void say(void *arg, const struct difference *d)
{
	struct differing *all = arg;
	struct buf *out = &all->out;

	all->count[d->differs]++;
	if (all->json) {
		buf_printf(out, "{\"format\":1,\"differs\":\"%s\"", differs_name(d->differs));
		json_member(out, "what", d->what);
		json_member(out, "a", d->a);
		json_member(out, "b", d->b);
		buf_str(out, "}\n");
		return;
	}
	buf_printf(out, "%-8s  %s: ", differs_name(d->differs), d->what);
	if (!d->b)
		buf_str(out, "no longer ");
	if (d->a)
		text_escape(out, d->a, strlen(d->a), VALUE_MAX);
	if (d->a && d->b)
		buf_str(out, " -> ");
	else if (d->b)
		buf_str(out, "new ");
	if (d->b)
		text_escape(out, d->b, strlen(d->b), VALUE_MAX);
	buf_char(out, '\n');
}

int policy_diff(const struct cli_options *options, const char *a, const char *b)
{
	_cleanup_policy_ struct policy *first = NULL, *second = NULL;
	struct differing all = { 0 };
	struct cli_options named = *options;
	struct error err;
	int status;

	all.json = options->format && strcmp(options->format, "json") == 0;
	named.policy = a;
	if (cli_policy(&named, &first, &err) < 0)
		return cli_fail(&err);
	named.policy = b;
	if (cli_policy(&named, &second, &err) < 0)
		return cli_fail(&err);
	if (policy_differ(first, second, say, &all, &err) < 0) {
		buf_free(&all.out);
		return cli_fail(&err);
	}
	if (!all.json) {
		/* as they were called: two versions of a policy have one name */
		cli_foreign(&all.out, a);
		buf_str(&all.out, " to ");
		cli_foreign(&all.out, b);
		buf_printf(&all.out, ": %zu stricter, %zu laxer, %zu that cannot be told\n",
			   all.count[DIFFERS_STRICTER], all.count[DIFFERS_LAXER],
			   all.count[DIFFERS_EITHER]);
	}
	status = cli_print(&all.out, all.count[DIFFERS_LAXER] + all.count[DIFFERS_EITHER] ?
				     STATUS_DENIED : STATUS_ALLOWED);
	buf_free(&all.out);
	return status;
}
