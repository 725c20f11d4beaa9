/* SPDX-License-Identifier: Apache-2.0 */
/* Policies from their files: each bundle's folder is opened once. */
#include "config.h"

#include "policy-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/text.h>

#define BUNDLES_DIR SYSCONFDIR "/cofferdam/bundles"

/* Where a policy is looked for, and how "extends" has led there. */
struct search {
	const char *bundles_dir;
	uid_t owner;
	unsigned depth;
	const char *name;		/* of the policy that extends, or NULL */
	const struct search *up;	/* what that one was reached by */
	const struct policy_instead *instead; /* or NULL */
	bool sealing;			/* its manifest may be of before: not looked at */
};

static int load(const char *name, const struct search *search, struct policy **ret,
		struct error *err);

/* check_cycle - that @extends is none of those that led here. */
static int check_cycle(const struct json_doc *doc, const struct json *extends,
		       const struct search *search, struct error *err)
{
	_cleanup_buf_ struct buf way = { 0 };

	for (const struct search *s = search; s && s->name; s = s->up) {
		buf_printf(&way, " <- %s", s->name);
		if (strcmp(s->name, extends->str) == 0)
			return strict_error(doc, extends, err, "bundles extend each other: %s%s",
					    extends->str, buf_cstr(&way));
	}
	return 0;
}

/* read_base - the policy that @doc extends; "restricted" unless it says. */
static int read_base(const struct json_doc *doc, const struct search *search,
		     struct policy **ret, struct error *err)
{
	const struct json *extends = json_get(doc->root, "extends");
	const struct json *name = json_get(doc->root, "name");
	struct search deeper = *search;
	int r;

	if (!extends)
		return policy_shipped(BUNDLE_RESTRICTED, ret, err);
	r = policy_name_read(doc, extends, "extends", err);
	if (r < 0)
		return r;
	deeper.sealing = false;
	deeper.name = name && name->type == JSON_STRING ? name->str : NULL;
	deeper.up = search;
	r = check_cycle(doc, extends, &deeper, err);
	if (r < 0)
		return r;
	if (++deeper.depth > POLICY_EXTENDS_MAX)
		return strict_error(doc, extends, err, "more than %d levels of extends",
				    POLICY_EXTENDS_MAX);
	r = load(extends->str, &deeper, ret, err);
	if (r == -ENOENT) {
		struct error why = *err;

		return strict_error(doc, extends, err, "%s", why.text);
	}
	return r;
}

int policy_file_open(struct policy_file *in, const struct json_doc *doc, struct policy *policy,
		     struct error *err)
{
	in->doc = doc;
	in->policy = policy;
	in->line = 1;
	in->name = policy_keep(policy, strdup(doc->name), err);
	return in->name ? 0 : err->code;
}

struct origin policy_at(struct policy_file *in, const struct json *node)
{
	const size_t to = node->key ? node->key_start : node->start;
	const char *text = in->doc->text;

	/* members come as they are written, but for a repeated one, which is refused */
	while (in->offset < to) {
		const char *end = memchr(text + in->offset, '\n', to - in->offset);

		in->line += end != NULL;
		in->offset = end ? (size_t)(end - text) + 1 : to;
	}
	return (struct origin){ in->name, in->line };
}

int rules_read(struct policy_file *in, const struct json *object, struct error *err)
{
	int r = 0;

	for (const struct json *m = object->first; r == 0 && m; m = m->next) {
		if (strcmp(m->key, "exemptions") == 0) {
			r = exemptions_read(in, m, err);
		} else if (strcmp(m->key, "audit") == 0) {
			r = strict_type(in->doc, m, JSON_BOOL, "audit", err);
			in->policy->audit = m->boolean;
			in->policy->audit_at = policy_at(in, m);
		} else if (strcmp(m->key, "rules") == 0) {
			r = strict_type(in->doc, m, JSON_OBJECT, "rules", err);
			for (const struct json *s = m->first; r == 0 && s; s = s->next) {
				if (s->repeated)
					return strict_error(in->doc, s, err,
							    "\"%s\" stands here a second time",
							    s->key);
				r = setting_read(in, s, err);
			}
		}
	}
	return r;
}

/* A bundle's folder: opened once, so it is one bundle whatever is activated meanwhile. */
struct folder {
	struct trusted_dir dir;
	struct manifest manifest;
	bool sealed;			/* there is a manifest */
};

/* name_bundle - put it among those that the policy was read from. */
static int name_bundle(const struct folder *folder, struct policy *policy, struct error *err)
{
	const struct manifest *m = &folder->manifest;
	struct bundle_id *id = &policy->bundles[policy->n_bundles];

	if (!folder->sealed || policy->n_bundles == ARRAY_SIZE(policy->bundles))
		return 0;
	id->name = policy_keep(policy, strdup(m->name), err);
	id->version = id->name ? policy_keep(policy, strdup(m->version), err) : NULL;
	id->digest = id->version ? policy_keep(policy, strdup(m->digest), err) : NULL;
	if (!id->digest)
		return err->code;
	policy->n_bundles++;
	return 0;
}

static int read_members(const struct json_doc *doc, const struct folder *folder,
			struct policy *policy, struct error *err)
{
	static const char *const names[] = { "format", "name", "description", "extends", "rules",
					     "exemptions", "audit", NULL };
	struct policy_file in = {
		.dir = &folder->dir, .manifest = folder->sealed ? &folder->manifest : NULL,
	};
	const struct json *m;
	int r = strict_known(doc, doc->root, names, err);

	if (r < 0)
		return r;
	/* the extended policy's says nothing of this one */
	free(steal_ptr(policy->description));
	m = json_get(doc->root, "description");
	if (m) {
		r = strict_type(doc, m, JSON_STRING, "description", err);
		if (r == 0)
			r = policy_set(&policy->description, m->str, err);
	}
	m = json_get(doc->root, "name");
	if (r == 0 && !m)
		r = strict_error(doc, doc->root, err, "\"name\" is missing");
	if (r == 0)
		r = strict_type(doc, m, JSON_STRING, "name", err);
	if (r == 0)
		r = policy_set(&policy->name, m->str, err);
	if (r == 0)
		r = policy_file_open(&in, doc, policy, err);
	if (r == 0)
		r = name_bundle(folder, policy, err);
	return r < 0 ? r : rules_read(&in, doc->root, err);
}

/* load_text - the policy.json @text called @path, which lies in @folder. */
static int load_text(const char *path, const struct buf *text, const struct folder *folder,
		     const struct search *search, struct policy **ret, struct error *err)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse(path, buf_cstr(text), text->len, JSON_COMMENTS, &doc, err);

	if (r == 0)
		r = strict_format(doc, err);
	if (r == 0)
		r = read_base(doc, search, &policy, err);
	if (r == 0)
		r = policy_set(&policy->dir, folder->dir.path, err);
	if (r == 0)
		r = read_members(doc, folder, policy, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(policy);
	return 0;
}

static void folder_free(struct folder *folder)
{
	close_fd(&folder->dir.fd);
	manifest_free(&folder->manifest);
}

/* read_manifest - of the folder, if there is one. */
static int read_manifest(struct folder *folder, struct stat *st, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *file = NULL;
	int r = file_read_below(&folder->dir, MANIFEST, POLICY_FILE_MAX, &text, st, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (asprintf(&file, "%s/" MANIFEST, folder->dir.path) < 0) {
		file = NULL;
		return error_oom(err);
	}
	r = manifest_parse(file, &text, &folder->manifest, err);
	folder->sealed = r == 0;
	return r;
}

/* load_once - the policy in the file @name of the folder @path, as it is now. */
static int load_once(const char *path, const char *name, const struct search *search,
		     struct policy **ret, struct error *err)
{
	_cleanup_(folder_free) struct folder folder = { .dir = { -1, path, search->owner } };
	struct stat st = { 0 }, sealed = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *file = NULL;
	int r;

	folder.dir.fd = file_open_trusted(path, O_PATH | O_DIRECTORY, search->owner, err);
	if (folder.dir.fd < 0)
		return folder.dir.fd;
	if (asprintf(&file, "%s/%s", path, name) < 0) {
		file = NULL;
		return error_oom(err);
	}
	/* another file than the bundle's own may be tried out beside it */
	r = search->sealing || strcmp(name, "policy.json") != 0 ? 0 :
	    read_manifest(&folder, &sealed, err);
	if (r == 0)
		r = file_read_below(&folder.dir, name, POLICY_FILE_MAX, &text, &st, err);
	if (r == 0 && folder.sealed)
		r = manifest_check(&folder.manifest, name, &text, err);
	if (r == -ESTALE)
		return error_context(err, "%s", path);
	if (r == 0)
		r = load_text(file, &text, &folder, search, ret, err);
	if (r < 0)
		return r;
	if ((*ret)->written < st.st_mtime)
		(*ret)->written = st.st_mtime;
	if ((*ret)->written < sealed.st_mtime)
		(*ret)->written = sealed.st_mtime;
	return 0;
}

/*
 * load_file - the policy in the file @name of the folder @path. Where links in the
 * folder lead to another one, as in a mounted ConfigMap, and it is exchanged
 * meanwhile, the manifest tells, and it is read again.
 */
static int load_file(const char *path, const char *name, const struct search *search,
		     struct policy **ret, struct error *err)
{
	int r = load_once(path, name, search, ret, err);

	return r == -ESTALE ? load_once(path, name, search, ret, err) : r;
}

static int load(const char *name, const struct search *search, struct policy **ret,
		struct error *err)
{
	_cleanup_free_ char *path = NULL;
	enum bundle bundle;
	int r;

	if (bundle_parse(name, &bundle) == 0)
		return policy_shipped(bundle, ret, err);
	if (!policy_valid_name(name))
		return error_set(err, -EINVAL,
				 "\"%s\" is no bundle's name (letters, digits, '.', '_', '-')", name);
	if (search->instead && strcmp(search->instead->name, name) == 0)
		path = strdup(search->instead->path);
	else if (asprintf(&path, "%s/%s", search->bundles_dir, name) < 0)
		path = NULL;
	if (!path)
		return error_oom(err);
	r = load_file(path, "policy.json", search, ret, err);
	if (r == 0 && strcmp((*ret)->name, name) != 0) {
		r = error_set(err, -EINVAL,
			      "%s/policy.json: its \"name\" is \"%s\", but its folder's is \"%s\"", path,
			      (*ret)->name, name);
		policy_free(ret);
		return r;
	}
	if (r == -ENOENT)
		return error_set(err, -ENOENT,
				 "no policy \"%s\": %s/policy.json does not exist, and the shipped ones are baseline, restricted and cis-docker",
				 name, path);
	return r;
}

/* load_path - PATH is a policy.json or the folder that holds one. */
static int load_path(const char *path, struct search *search, struct policy **ret,
		     struct error *err)
{
	_cleanup_free_ char *dir = NULL, *bundles = NULL;
	const char *end = strrchr(path, '/');
	struct stat st;
	const bool folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);

	dir = folder ? strdup(path) : strndup(path, (size_t)(end - path));
	if (!dir || asprintf(&bundles, "%s/..", dir) < 0) {
		bundles = NULL;
		return error_oom(err);
	}
	search->bundles_dir = bundles;
	search->sealing = true;		/* a folder that is worked on, not a host's */
	return load_file(*dir ? dir : "/", folder ? "policy.json" : end + 1, search, ret, err);
}

int policy_load(const char *name, const char *bundles_dir, uid_t owner,
		struct policy **ret, struct error *err)
{
	struct search search = {
		.bundles_dir = bundles_dir ? bundles_dir : BUNDLES_DIR, .owner = owner,
	};

	if (strchr(name, '/'))
		return load_path(name, &search, ret, err);
	return load(name, &search, ret, err);
}

int policy_load_instead(const char *name, const char *bundles_dir,
			const struct policy_instead *instead, struct policy **ret,
			struct error *err)
{
	const struct search search = {
		.bundles_dir = bundles_dir ? bundles_dir : BUNDLES_DIR, .owner = instead->owner,
		.instead = instead->name ? instead : NULL,
	};

	return load(name, &search, ret, err);
}

int policy_read(const char *path, const struct buf *text, const char *bundles_dir,
		struct policy **ret, struct error *err)
{
	_cleanup_free_ char *folder = strdup(path);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	const struct search search = { .bundles_dir = bundles_dir, .owner = geteuid() };
	struct folder at = { .dir = { -1, ".", geteuid() } };	/* it may be nowhere */

	if (!folder)
		return error_oom(err);
	if (slash) {
		*slash = '\0';
		at.dir.path = folder;
	}
	return load_text(path, text, &at, &search, ret, err);
}
