/* SPDX-License-Identifier: Apache-2.0 */
/* manifest.json: what a bundle consists of. */
#include "policy-private.h"

#include <string.h>

#include <cofferdam/text.h>

#define VERSION_MAX 64

void manifest_free(struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->n; i++)
		free(manifest->files[i].path);
	free(manifest->files);
	free(manifest->name);
	free(manifest->version);
	free(manifest->description);
	*manifest = (struct manifest){ 0 };
}

/* plain - whether @s is of letters, digits and @more alone, and starts with no dot. */
static bool plain(const char *s, const char *more)
{
	for (const char *c = s; *c; c++) {
		const bool word = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
				  (*c >= '0' && *c <= '9');

		if (!word && !strchr(more, *c))
			return false;
	}
	return s[0] != '\0' && s[0] != '.';
}

bool policy_valid_name(const char *name)
{
	return strlen(name) <= 64 && plain(name, "._-");
}

int policy_name_read(const struct json_doc *doc, const struct json *node, const char *what,
		     struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, what, err);

	if (r < 0)
		return r;
	if (strchr(node->str, '/'))
		return strict_error(doc, node, err, "%s takes a bundle's name, not a path", what);
	if (strchr(node->str, '@'))
		return strict_error(doc, node, err,
				    "%s takes a bundle's name alone: its version is what cofferdam bundle activate makes the active one",
				    what);
	return policy_valid_name(node->str) ? 0 :
	       strict_error(doc, node, err,
			    "\"%s\" is no bundle's name (letters, digits, '.', '_', '-')", node->str);
}

bool manifest_valid_version(const char *version)
{
	return strlen(version) <= VERSION_MAX && plain(version, "._-+~");
}

int manifest_no_version(const char *version, struct error *err)
{
	return error_set(err, -EINVAL,
			 "\"%s\" is no version: one has 1 to %d letters, digits, '.', '_', '-', '+' and '~'",
			 version, VERSION_MAX);
}

/* A path that is the same file for whoever reads it, below the folder. */
static bool valid_path(const char *path)
{
	const char *part = path;

	if (strlen(path) > 255 || strcmp(path, MANIFEST) == 0)
		return false;
	for (;;) {
		_cleanup_free_ char *name = strndup(part, strcspn(part, "/"));

		/* so neither "", "." nor ".." */
		if (!name || !plain(name, "._-+"))
			return false;
		part += strlen(name);
		if (!*part)
			return true;
		part++;
	}
}

static int read_file(const struct json_doc *doc, const struct json *node,
		     struct manifest_file *ret, struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, "each digest", err);

	if (r < 0)
		return r;
	if (node->repeated)
		return strict_error(doc, node, err, "\"%s\" stands here a second time", node->key);
	if (!valid_path(node->key))
		return strict_error(doc, node, err,
				    "\"%s\": a file's path is relative, of letters, digits, '.', '_', '-' and '+', and no part starts with a dot",
				    node->key);
	if (!digest_valid(node->str))
		return strict_error(doc, node, err,
				    "a digest is \"sha256:\" and 64 digits in lower case");
	ret->path = strdup(node->key);
	if (!ret->path)
		return error_oom(err);
	memcpy(ret->digest, node->str, DIGEST_MAX);
	return 0;
}

static int by_path(const void *a, const void *b)
{
	const struct manifest_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int read_files(const struct json_doc *doc, const struct json *node, struct manifest *m,
		      struct error *err)
{
	int r = strict_type(doc, node, JSON_OBJECT, "files", err);

	if (r < 0)
		return r;
	if (node->count == 0 || node->count > BUNDLE_FILES_MAX)
		return strict_error(doc, node, err, "a bundle has 1 to %d files", BUNDLE_FILES_MAX);
	m->files = calloc(node->count, sizeof(*m->files));
	if (!m->files)
		return error_oom(err);
	for (const struct json *f = node->first; r == 0 && f; f = f->next)
		r = read_file(doc, f, &m->files[m->n++], err);
	if (r < 0)
		return r;
	qsort(m->files, m->n, sizeof(*m->files), by_path);
	return manifest_find(m, "policy.json") ? 0 :
	       strict_error(doc, node, err, "files names no policy.json");
}

static int read_string(const struct json_doc *doc, const struct json *node, char **ret,
		       struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, node->key, err);

	if (r < 0)
		return r;
	*ret = strdup(node->str);
	return *ret ? 0 : error_oom(err);
}

static int read_members(const struct json_doc *doc, struct manifest *m, struct error *err)
{
	static const char *const names[] = { "format", "name", "version", "description", "files",
					     NULL };
	int r = strict_known(doc, doc->root, names, err);

	for (const struct json *node = doc->root->first; r == 0 && node; node = node->next) {
		if (strcmp(node->key, "name") == 0) {
			r = read_string(doc, node, &m->name, err);
			if (r == 0 && !policy_valid_name(m->name))
				r = strict_error(doc, node, err, "no bundle's name");
		} else if (strcmp(node->key, "version") == 0) {
			r = read_string(doc, node, &m->version, err);
			if (r == 0 && !manifest_valid_version(m->version)) {
				struct error why = { 0 };

				(void)manifest_no_version(m->version, &why);
				r = strict_error(doc, node, err, "%s", why.text);
			}
		} else if (strcmp(node->key, "description") == 0) {
			r = read_string(doc, node, &m->description, err);
		} else if (strcmp(node->key, "files") == 0) {
			r = read_files(doc, node, m, err);
		}
	}
	return r;
}

int manifest_parse(const char *path, const struct buf *text, struct manifest *ret,
		   struct error *err)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse(path, buf_cstr(text), text->len, 0, &doc, err);

	if (r == 0)
		r = strict_format(doc, err);
	if (r == 0)
		r = read_members(doc, &m, err);
	if (r < 0)
		return r;
	if (!m.name || !m.version || !m.files)
		return strict_error(doc, doc->root, err, "\"%s\" is missing",
				    !m.name ? "name" : !m.version ? "version" : "files");
	digest_of(buf_cstr(text), text->len, m.digest);
	*ret = m;
	m = (struct manifest){ 0 };
	return 0;
}

const struct manifest_file *manifest_find(const struct manifest *manifest, const char *path)
{
	struct manifest_file key = { .path = NULL };
	_cleanup_free_ char *copy = strdup(path);

	key.path = copy;
	return copy ? bsearch(&key, manifest->files, manifest->n, sizeof(key), by_path) : NULL;
}

bool manifest_holds(const struct manifest *manifest, const char *folder)
{
	const size_t len = strlen(folder);

	for (size_t i = 0; i < manifest->n; i++) {
		const char *path = manifest->files[i].path;

		if (strncmp(path, folder, len) == 0 && path[len] == '/')
			return true;
	}
	return false;
}

int manifest_check(const struct manifest *manifest, const char *path, const struct buf *text,
		   struct error *err)
{
	const struct manifest_file *file = manifest_find(manifest, path);
	char digest[DIGEST_MAX];

	if (!file)
		return error_set(err, -ESTALE, "%s: the manifest of %s %s does not name it", path,
				 manifest->name, manifest->version);
	digest_of(buf_cstr(text), text->len, digest);
	if (strcmp(digest, file->digest) != 0)
		return error_set(err, -ESTALE,
				 "%s: not as the manifest of %s %s says: it has digest %s", path,
				 manifest->name, manifest->version, digest);
	return 0;
}
