/* SPDX-License-Identifier: Apache-2.0 */
/* Which policy an input is judged by: the one named, or what host.json says. */
#include "cli.h"

#include <string.h>
#include <unistd.h>

#include <cofferdam/bundle.h>

/* shipped_or_path - whether the name needs nothing of the host's. */
static bool shipped_or_path(const char *name)
{
	enum bundle shipped;

	return strchr(name, '/') || bundle_parse(name, &shipped) == 0;
}

/* hint_path - of a name that no bundle has: it may have been meant as a path. */
static int hint_path(const char *name, struct error *err)
{
	const struct error why = *err;

	if (access(name, F_OK) < 0)
		return why.code;
	return error_set(err, why.code, "%s; for the one in this folder write \"./%s\"", why.text, name);
}

/* installed - of NAME@VERSION, with the @at: a version in the store, active or not. */
static int installed(const struct cli_options *options, const char *at, struct policy **ret,
		     struct error *err)
{
	_cleanup_free_ char *name = strndup(options->policy, (size_t)(at - options->policy));
	_cleanup_store_ struct store store = STORE_CLOSED;
	int r = name ? store_open(options->host_config, geteuid(), &store, err) : error_oom(err);

	return r < 0 ? r : store_policy(&store, name, at + 1, ret, err);
}

int cli_policy(const struct cli_options *options, struct policy **ret, struct error *err)
{
	_cleanup_host_ struct host *host = NULL;
	const char *at;
	int r;

	/* so a host.json that is none's to read is no hindrance */
	if (shipped_or_path(options->policy))
		return policy_load(options->policy, NULL, geteuid(), ret, err);
	at = strchr(options->policy, '@');
	if (at)
		return installed(options, at, ret, err);
	r = host_load(options->host_config, geteuid(), &host, err);
	if (r < 0)
		return r;
	r = host_bundle(host, options->policy, geteuid(), ret, err);
	return r == -ENOENT ? hint_path(options->policy, err) : r;
}

int policies_load(const struct cli_options *options, struct policies *ret, struct error *err)
{
	_cleanup_policies_ struct policies all = { 0 };
	struct error why;
	int r = 0;

	if (options->policy)
		r = cli_policy(options, &all.named, err);
	/* its labels count for a policy that is named, too */
	if (r == 0 && (!options->policy || options->host_config ||
		       !shipped_or_path(options->policy)))
		r = host_load(options->host_config, geteuid(), &all.host, err);
	if (r < 0)
		return r;
	if (!all.named) {
		all.chosen = calloc(host_choices(all.host), sizeof(*all.chosen));
		if (!all.chosen)
			return error_oom(err);
		/* one that is missing hinders nobody who does not fall to it */
		for (size_t i = 0; i < host_choices(all.host); i++)
			(void)!host_use(all.host, host_choice(all.host, i), geteuid(), &all.chosen[i],
					&why);
	}
	*ret = all;
	all = (struct policies){ 0 };
	return 0;
}

void policies_free(struct policies *policies)
{
	for (size_t i = 0; policies->chosen && i < host_choices(policies->host); i++)
		policy_free(&policies->chosen[i]);
	free(policies->chosen);
	policy_free(&policies->named);
	host_free(&policies->host);
}

int policies_for(const struct policies *policies, struct subject *subject,
		 const struct policy **ret, struct error *err)
{
	const struct host *host = policies->host;
	const struct host_choice *chosen;
	struct container container;
	struct policy *again = NULL;
	size_t i;
	int r;

	subject->labels = host ? &host->labels : NULL;
	if (policies->named) {
		*ret = policies->named;
		return 0;
	}
	container = subject_container(subject);
	chosen = host_choose(host, &container);
	i = chosen ? (size_t)(chosen - host->choices) : 0;
	if (!policies->chosen[i]) {
		r = host_use(host, chosen, geteuid(), &again, err);
		policy_free(&again);
		return r < 0 ? r : error_set(err, -EAGAIN, "policy %s changed while it was read",
					     chosen ? chosen->use : "restricted");
	}
	*ret = policies->chosen[i];
	return 0;
}
