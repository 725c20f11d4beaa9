/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy asks of the host itself, whatever the configuration. */
#include "facts-private.h"

#include <fcntl.h>
#include <string.h>

unsigned facts_needed(const struct policy *policy)
{
	unsigned needed = policy ? 0 : FACT_ALL;

	for (size_t i = 0; policy && i < RULE_MAX; i++) {
		if (policy->rules[i].action != ACTION_OFF)
			needed |= registry_rule((enum rule_id)i)->facts;
	}
	return needed;
}

struct paths {
	const char **v;
	size_t n;
	size_t cap;
};

static int add_list(struct paths *paths, const char *const *list, struct error *err)
{
	for (; list && *list; list++) {
		if (paths->n == paths->cap) {
			size_t cap = paths->cap ? paths->cap * 2 : 64;
			const char **v = reallocarray(paths->v, cap, sizeof(*v));

			if (!v)
				return error_oom(err);
			paths->v = v;
			paths->cap = cap;
		}
		paths->v[paths->n++] = *list;
	}
	return 0;
}

/* Which lists are wanted. */
struct wanted {
	unsigned facts;			/* of rules that want all of these */
	unsigned without;		/* ... and none of these */
	enum param_kind kind;
	bool readonly;			/* those for read-only mounts, too */
};

/* for_readonly - of what may be mounted read-only, and so asked of read-only mounts alone. */
static bool for_readonly(const struct param *param)
{
	return strcmp(param->name, "allow_readonly") == 0;
}

/* All such lists of one rule; without a policy, those of all shipped bundles. */
static int add_rule(struct paths *paths, const struct policy *policy, enum rule_id id,
		    const struct wanted *wanted, struct error *err)
{
	const struct rule *rule = registry_rule(id);
	int r = 0;

	for (size_t i = 0; i < PARAMS_MAX && rule->params[i].name && r == 0; i++) {
		if (rule->params[i].kind != wanted->kind ||
		    (for_readonly(&rule->params[i]) && !wanted->readonly))
			continue;
		if (policy)
			r = add_list(paths, policy->rules[id].params[i].list, err);
		for (size_t j = 0; !policy && j < BUNDLE_MAX && r == 0; j++)
			r = add_list(paths, rule->params[i].value[j].list, err);
	}
	return r;
}

/* add_rules - those of all enabled rules, sorted. */
static int add_rules(struct paths *paths, const struct policy *policy,
		     const struct wanted *wanted, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < RULE_MAX && r == 0; i++) {
		const unsigned facts = registry_rule((enum rule_id)i)->facts;

		if ((facts & wanted->facts) == wanted->facts && !(facts & wanted->without) &&
		    (!policy || policy->rules[i].action != ACTION_OFF))
			r = add_rule(paths, policy, (enum rule_id)i, wanted, err);
	}
	if (r == 0 && paths->n > 1)
		qsort(paths->v, paths->n, sizeof(*paths->v), fact_compare);
	return r;
}

int gather_places(const struct policy *policy, unsigned of, struct places *places,
		  struct facts *facts, struct error *err)
{
	_cleanup_(free_ptr) const char **owned = NULL;
	struct paths paths = { 0 };
	const struct wanted wanted = {
		.facts = FACT_PLACES, .without = of & OF_MOUNTS ? 0 : FACT_MOUNTS, .kind = PARAM_PATHS,
		.readonly = of & OF_READONLY,
	};
	int r = add_rules(&paths, policy, &wanted, err);

	owned = paths.v;
	if (r < 0 || paths.n == 0)
		return r;
	facts->places = calloc(paths.n, sizeof(*facts->places));
	if (!facts->places)
		return error_oom(err);
	for (size_t i = 0; i < paths.n && r == 0; i++) {
		if (i > 0 && strcmp(paths.v[i], paths.v[i - 1]) == 0)
			continue;
		r = place_resolve(places, paths.v[i], &facts->places[facts->n_places++], err);
		if (r == 0)	/* an alias of what is mounted below it gives it away as well */
			r = place_below(places, &facts->places[facts->n_places - 1], err);
	}
	return r;
}

int gather_groups(const struct policy *policy, struct facts *facts, struct error *err)
{
	_cleanup_(free_ptr) const char **owned = NULL;
	struct paths names = { 0 };
	int r = add_rules(&names, policy, &(const struct wanted){ .facts = FACT_GROUPS, .kind = PARAM_NAMES }, err);

	owned = names.v;
	return r < 0 ? r : groups_gather(names.v, names.n, &facts->groups, err);
}

#define LISTS_MAX 16u			/* of paths; those of more are looked up each time */

struct facts_host {
	struct facts facts;		/* host, places, groups, sockets and which LSM is on */
	struct places places;		/* the mount table */
	struct fact_listed listed[LISTS_MAX];
	size_t n_listed;
};

static int keep_list(struct facts_host *host, const char *const *list, struct error *err)
{
	struct fact_listed *kept = &host->listed[host->n_listed];
	size_t n = 0;

	while (list && list[n])
		n++;
	if (n == 0 || host->n_listed == LISTS_MAX)
		return 0;
	kept->v = calloc(n, sizeof(kept->v[0]));
	if (!kept->v)
		return error_oom(err);
	for (size_t i = 0; i < n; i++)
		kept->v[i] = facts_place(&host->facts, list[i]);
	kept->list = list;
	host->n_listed++;
	return 0;
}

/* keep_lists - so that rules need not look for a path that they compare each mount with. */
static int keep_lists(struct facts_host *host, const struct policy *policy, struct error *err)
{
	int r = 0;

	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		if (!(rule->facts & FACT_PLACES))
			continue;
		for (size_t k = 0; k < PARAMS_MAX && rule->params[k].name && r == 0; k++) {
			if (rule->params[k].kind == PARAM_PATHS)
				r = keep_list(host, policy->rules[i].params[k].list, err);
		}
	}
	return r;
}

static int gather_host(const struct policy *policy, struct facts_host *host, struct error *err)
{
	const unsigned needed = host->facts.needed = facts_needed(policy);
	int r = 0;

	if (needed & (FACT_NAMESPACES | FACT_IDMAPS))
		r = namespaces_own(host->facts.host, err);
	if (needed & FACT_CORE)
		core_gather(&host->facts);
	if (r == 0 && (needed & FACT_GROUPS))
		r = gather_groups(policy, &host->facts, err);
	if (r == 0 && (needed & FACT_PLACES))
		r = gather_places(policy, OF_MOUNTS | OF_READONLY, &host->places, &host->facts, err);
	if (r == 0 && policy)
		r = keep_lists(host, policy, err);
	if (r == 0 && (needed & FACT_SOCKETS))
		r = sockets_gather(&host->places, &host->facts.sockets, err);
	if (r == 0 && (needed & FACT_SELINUX))
		r = selinux_state(&host->facts.selinux, err);
	if (r == 0 && (needed & FACT_APPARMOR))
		r = apparmor_state(&host->facts.apparmor, err);
	return r == 0 ? places_table(&host->places, err) : r;
}

void facts_host_free(struct facts_host **host)
{
	if (!*host)
		return;
	facts_free(&(*host)->facts);
	for (size_t i = 0; i < (*host)->n_listed; i++)
		free((*host)->listed[i].v);
	places_free(&(*host)->places);
	free(*host);
	*host = NULL;
}

int facts_host_gather(const struct policy *policy, struct facts_host **ret, struct error *err)
{
	_cleanup_(facts_host_free) struct facts_host *host = calloc(1, sizeof(*host));
	int r;

	if (!host)
		return error_oom(err);
	host->places = (struct places){ .bundle_fd = AT_FDCWD, .below_left = BELOW_MAX };
	r = gather_host(policy, host, err);
	if (r == 0)
		*ret = steal_ptr(host);
	return r;
}

/* lsm_lend - which is enabled; why that cannot be told, each finds for itself. */
static void lsm_lend(const struct fact_lsm *from, struct fact_lsm *to)
{
	if (from->is != FACT_UNREADABLE)
		*to = (struct fact_lsm){ .is = from->is, .permissive = from->permissive };
}

void host_lend(const struct facts_host *host, struct facts *facts, struct places *places)
{
	facts->needed = host->facts.needed;
	memcpy(facts->host, host->facts.host, sizeof(facts->host));
	facts->places = host->facts.places;
	facts->n_places = host->facts.n_places;
	facts->listed = host->listed;
	facts->n_listed = host->n_listed;
	facts->groups = host->facts.groups;
	facts->sockets = host->facts.sockets;
	facts->core_is = host->facts.core_is;
	facts->core_pipe = host->facts.core_pipe;
	lsm_lend(&host->facts.selinux, &facts->selinux);
	lsm_lend(&host->facts.apparmor, &facts->apparmor);
	facts->borrowed = true;
	/* Without a table this one tries for itself: why it cannot be read is then its own. */
	if (!host->places.table_why && !places->table_read) {
		places->table = host->places.table;
		places->table_read = places->table_lent = true;
	}
}
