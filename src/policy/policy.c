/* SPDX-License-Identifier: Apache-2.0 */
#include "policy-private.h"

#include <string.h>

struct profile {
	const char *name;		/* the value that names it: bundles may use one name for two */
	char *text;
	size_t len;
	struct seccomp_profile read;
};

/* What the settings point into. */
struct policy_mem {
	void **kept;
	size_t n_kept, cap_kept;
	struct profile *profiles;	/* newest last */
	size_t n_profiles;
};

void *policy_keep(struct policy *policy, void *p, struct error *err)
{
	struct policy_mem *mem = policy->mem;

	if (p && mem->n_kept == mem->cap_kept) {
		size_t cap = mem->cap_kept ? 2 * mem->cap_kept : 16;
		void **kept = reallocarray(mem->kept, cap, sizeof(*kept));

		if (!kept) {
			free(p);
			p = NULL;
		} else {
			mem->kept = kept;
			mem->cap_kept = cap;
		}
	}
	if (!p) {
		error_oom(err);
		return NULL;
	}
	mem->kept[mem->n_kept++] = p;
	return p;
}

int policy_keep_profile(struct policy *policy, const char *name, struct buf *text,
			struct seccomp_profile *read, struct error *err)
{
	struct policy_mem *mem = policy->mem;
	struct profile *profiles =
		reallocarray(mem->profiles, mem->n_profiles + 1, sizeof(*profiles));
	struct profile *p;

	if (!profiles)
		return error_oom(err);
	mem->profiles = profiles;
	p = &profiles[mem->n_profiles];
	p->name = name;
	p->len = text->len;
	p->text = buf_steal(text);
	if (!p->text)
		return error_oom(err);
	p->read = *read;
	*read = (struct seccomp_profile){ 0 };
	mem->n_profiles++;
	return 0;
}

const char *policy_profile(const struct policy *policy, const char *name, size_t *ret_len)
{
	for (size_t i = 0; i < policy->mem->n_profiles; i++) {
		const struct profile *p = &policy->mem->profiles[i];

		if (p->name == name) {
			*ret_len = p->len;
			return p->text;
		}
	}
	return profile_shipped(name, ret_len);
}

bool policy_profile_same(const struct policy *a, const char *in_a, const struct policy *b,
			 const char *in_b)
{
	size_t len_a = 0, len_b = 0;
	const char *one = in_a ? policy_profile(a, in_a, &len_a) : NULL;
	const char *two = in_b ? policy_profile(b, in_b, &len_b) : NULL;

	return one && two ? len_a == len_b && memcmp(one, two, len_a) == 0 : one == two;
}

const char *policy_profile_as(const struct policy *policy, const struct policy *other,
			      const char *name)
{
	size_t len;

	for (size_t i = 0; i < policy->mem->n_profiles; i++) {
		if (policy_profile_same(policy, policy->mem->profiles[i].name, other, name))
			return policy->mem->profiles[i].name;
	}
	return profile_shipped(name, &len) ? name : NULL;
}

const struct oci_seccomp *policy_profile_read(const struct policy *policy, const char *text)
{
	for (size_t i = 0; i < policy->mem->n_profiles; i++) {
		if (policy->mem->profiles[i].text == text)
			return seccomp_of(&policy->mem->profiles[i].read);
	}
	return NULL;
}

void policy_free(struct policy **policy)
{
	struct policy *p = *policy;

	if (!p)
		return;
	if (p->mem) {
		for (size_t i = 0; i < p->mem->n_kept; i++)
			free(p->mem->kept[i]);
		for (size_t i = 0; i < p->mem->n_profiles; i++) {
			free(p->mem->profiles[i].text);
			seccomp_profile_free(&p->mem->profiles[i].read);
		}
		free(p->mem->kept);
		free(p->mem->profiles);
		free(p->mem);
	}
	for (size_t i = 0; i < p->n_exemptions; i++)
		exemption_free(&p->exemptions[i]);
	free(p->exemptions);
	free(p->name);
	free(p->dir);
	free(p->description);
	free(p);
	*policy = NULL;
}

int policy_shipped(enum bundle bundle, struct policy **ret, struct error *err)
{
	_cleanup_policy_ struct policy *policy = calloc(1, sizeof(*policy));

	if (!policy)
		return error_oom(err);
	policy->mem = calloc(1, sizeof(*policy->mem));
	policy->name = strdup(bundle_name(bundle));
	policy->description = strdup(bundle_description(bundle));
	if (!policy->mem || !policy->name || !policy->description)
		return error_oom(err);
	policy->base = bundle;
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		policy->rules[i].action = rule->action[bundle];
		for (size_t p = 0; p < PARAMS_MAX; p++)
			policy->rules[i].params[p] = rule->params[p].value[bundle];
	}
	*ret = steal_ptr(policy);
	return 0;
}

int policy_set(char **where, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_oom(err);
	free(*where);
	*where = copy;
	return 0;
}
