/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "policy-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#define BUNDLES_DIR SYSCONFDIR "/cofferdam/bundles"

struct profile {
	char *name;
	char *text;
	size_t len;
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
			struct error *err)
{
	struct policy_mem *mem = policy->mem;
	struct profile *profiles =
		reallocarray(mem->profiles, mem->n_profiles + 1, sizeof(*profiles));
	struct profile *p;

	if (!profiles)
		return error_oom(err);
	mem->profiles = profiles;
	p = &profiles[mem->n_profiles];
	p->name = strdup(name);
	if (!p->name)
		return error_oom(err);
	p->len = text->len;
	p->text = buf_steal(text);
	if (!p->text) {
		free(p->name);
		return error_oom(err);
	}
	mem->n_profiles++;
	return 0;
}

const char *policy_profile(const struct policy *policy, const char *name, size_t *ret_len)
{
	for (size_t i = policy->mem->n_profiles; i > 0; i--) {
		const struct profile *p = &policy->mem->profiles[i - 1];

		if (strcmp(p->name, name) == 0) {
			*ret_len = p->len;
			return p->text;
		}
	}
	return profile_shipped(name, ret_len);
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
			free(p->mem->profiles[i].name);
			free(p->mem->profiles[i].text);
		}
		free(p->mem->kept);
		free(p->mem->profiles);
		free(p->mem);
	}
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
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		policy->rules[i].action = rule->action[bundle];
		for (size_t p = 0; p < PARAMS_MAX; p++)
			policy->rules[i].params[p] = rule->params[p].value[bundle];
	}
	*ret = steal_ptr(policy);
	return 0;
}

/* Where a policy is looked for, and how deep "extends" has led. */
struct search {
	const char *bundles_dir;
	uid_t owner;
	unsigned depth;
};

static int load(const char *name, const struct search *search, struct policy **ret,
		struct error *err);

static int set_string(char **where, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_oom(err);
	free(*where);
	*where = copy;
	return 0;
}

/* read_base - the policy that @doc extends; "restricted" unless it says. */
static int read_base(const struct json_doc *doc, const struct search *search,
		     struct policy **ret, struct error *err)
{
	const struct json *extends = json_get(doc->root, "extends");
	struct search deeper = *search;
	int r;

	if (!extends)
		return policy_shipped(BUNDLE_RESTRICTED, ret, err);
	r = strict_type(doc, extends, JSON_STRING, "extends", err);
	if (r < 0)
		return r;
	if (strchr(extends->str, '/'))
		return strict_error(doc, extends, err, "extends takes a bundle's name, not a path");
	if (++deeper.depth > POLICY_EXTENDS_MAX)
		return strict_error(doc, extends, err,
				    "more than %d levels of extends; do two bundles extend each other?",
				    POLICY_EXTENDS_MAX);
	r = load(extends->str, &deeper, ret, err);
	if (r == -ENOENT) {
		struct error why = *err;

		return strict_error(doc, extends, err, "%s", why.text);
	}
	return r;
}

static int read_members(const struct json_doc *doc, uid_t owner, struct policy *policy,
			struct error *err)
{
	static const char *const names[] = { "format", "name", "description", "extends", "rules",
					     NULL };
	const struct json *m;
	int r = strict_known(doc, doc->root, names, err);

	if (r < 0)
		return r;
	m = json_get(doc->root, "description");
	if (m) {
		r = strict_type(doc, m, JSON_STRING, "description", err);
		if (r == 0)
			r = set_string(&policy->description, m->str, err);
	}
	m = json_get(doc->root, "name");
	if (r == 0 && !m)
		r = strict_error(doc, doc->root, err, "\"name\" is missing");
	if (r == 0)
		r = strict_type(doc, m, JSON_STRING, "name", err);
	if (r == 0)
		r = set_string(&policy->name, m->str, err);
	m = json_get(doc->root, "rules");
	if (r == 0 && m)
		r = strict_type(doc, m, JSON_OBJECT, "rules", err);
	if (r < 0 || !m)
		return r;
	for (const struct json *rule = m->first; r == 0 && rule; rule = rule->next) {
		if (rule->repeated)
			return strict_error(doc, rule, err, "\"%s\" stands here a second time",
					    rule->key);
		r = setting_read(doc, rule, owner, policy, err);
	}
	return r;
}

/* load_text - the policy.json @text of @path. */
static int load_text(const char *path, const struct buf *text, const struct search *search,
		     struct policy **ret, struct error *err)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_json_ struct json_doc *doc = NULL;
	char *slash;
	int r;

	r = json_parse(path, buf_cstr(text), text->len, JSON_COMMENTS, &doc, err);
	if (r == 0)
		r = strict_format(doc, err);
	if (r == 0)
		r = read_base(doc, search, &policy, err);
	if (r == 0)
		r = set_string(&policy->dir, path, err);
	if (r < 0)
		return r;
	slash = strrchr(policy->dir, '/');
	if (slash)
		*slash = '\0';
	r = read_members(doc, search->owner, policy, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(policy);
	return 0;
}

static int load_file(const char *path, const struct search *search, struct policy **ret,
		     struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read_trusted(path, search->owner, POLICY_FILE_MAX, &text, err);

	return r < 0 ? r : load_text(path, &text, search, ret, err);
}

static bool valid_name(const char *name)
{
	return name[0] != '\0' && name[0] != '.' && strlen(name) <= 64 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       strlen(name);
}

static int load(const char *name, const struct search *search, struct policy **ret,
		struct error *err)
{
	_cleanup_free_ char *path = NULL;
	enum bundle bundle;
	int r;

	if (bundle_parse(name, &bundle) == 0)
		return policy_shipped(bundle, ret, err);
	if (!valid_name(name))
		return error_set(err, -EINVAL,
				 "\"%s\" is no bundle's name (letters, digits, '.', '_', '-')", name);
	if (asprintf(&path, "%s/%s/policy.json", search->bundles_dir, name) < 0) {
		path = NULL;
		return error_oom(err);
	}
	r = load_file(path, search, ret, err);
	if (r == 0 && strcmp((*ret)->name, name) != 0) {
		r = error_set(err, -EINVAL, "%s: its \"name\" is \"%s\", but its folder's is \"%s\"", path,
			      (*ret)->name, name);
		policy_free(ret);
		return r;
	}
	if (r == -ENOENT)
		return error_set(err, -ENOENT,
				 "no policy \"%s\": %s does not exist, and the shipped ones are baseline, restricted and cis-docker",
				 name, path);
	return r;
}

/* load_path - PATH is a policy.json or the folder that holds one. */
static int load_path(const char *path, struct search *search, struct policy **ret,
		     struct error *err)
{
	_cleanup_free_ char *file = NULL, *dir = NULL, *bundles = NULL;
	const char *end = strrchr(path, '/');
	struct stat st;
	bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	file = folder ? NULL : strdup(path);
	dir = folder ? strdup(path) : strndup(path, (size_t)(end - path));
	if (folder && asprintf(&file, "%s/policy.json", path) < 0)
		file = NULL;
	if (!file || !dir || asprintf(&bundles, "%s/..", dir) < 0) {
		bundles = NULL;
		return error_oom(err);
	}
	search->bundles_dir = bundles;
	return load_file(file, search, ret, err);
}

int policy_load(const char *name, const char *bundles_dir, uid_t owner,
		struct policy **ret, struct error *err)
{
	struct search search = { bundles_dir ? bundles_dir : BUNDLES_DIR, owner, 0 };

	if (strchr(name, '/'))
		return load_path(name, &search, ret, err);
	return load(name, &search, ret, err);
}

int policy_read(const char *path, const struct buf *text, const char *bundles_dir,
		struct policy **ret, struct error *err)
{
	const struct search search = { bundles_dir, geteuid(), 0 };

	return load_text(path, text, &search, ret, err);
}
