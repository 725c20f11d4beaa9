/* SPDX-License-Identifier: Apache-2.0 */
/* What a TOML text says, once it has been read. */
#include "install-private.h"

#include <string.h>

void toml_free(struct toml *doc)
{
	for (size_t i = 0; i < doc->n; i++)
		free(doc->v[i].path);
	free(doc->v);
	*doc = (struct toml){ 0 };
}

const struct toml_entry *toml_find(const struct toml *doc, enum toml_kind kind, const char *path)
{
	for (size_t i = 0; i < doc->n; i++) {
		if (doc->v[i].kind == kind && !doc->v[i].in_array &&
		    strcmp(doc->v[i].path, path) == 0)
			return &doc->v[i];
	}
	return NULL;
}

bool toml_below(const char *path, const char *above)
{
	size_t n = strlen(above);

	return strncmp(path, above, n) == 0 && (path[n] == '\0' || path[n] == TOML_SEPARATOR);
}

bool toml_in_list(const struct toml *doc, const char *path)
{
	for (size_t i = 0; i < doc->n; i++) {
		if (doc->v[i].kind == TOML_ARRAY_TABLE && toml_below(path, doc->v[i].path))
			return true;
	}
	return false;
}

int toml_plain(const struct toml *doc, const char *path, struct error *err)
{
	for (size_t i = 0; i < doc->n; i++) {
		const struct toml_entry *e = &doc->v[i];
		_cleanup_buf_ struct buf shown = { 0 };

		if (e->kind == TOML_TABLE || !toml_below(path, e->path))
			continue;
		toml_show(&shown, e->path);
		return error_set(err, -EINVAL, "%s: \"%s\" is written in a way that is not edited "
				 "here; write it as a [table]", doc->name, buf_cstr(&shown));
	}
	return 0;
}

void toml_show(struct buf *out, const char *path)
{
	for (; *path; path++)
		buf_char(out, *path == TOML_SEPARATOR ? '.' : *path);
}

void toml_quote(struct buf *out, const char *s)
{
	/* JSON's escapes are among TOML's */
	json_string(out, s);
}

void toml_key(struct buf *out, const char *part)
{
	if (!*part || part[strspn(part, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")])
		toml_quote(out, part);
	else
		buf_str(out, part);
}

void toml_list(struct buf *out, const struct paths *list)
{
	buf_char(out, '[');
	for (size_t i = 0; i < list->n; i++) {
		buf_str(out, i ? ", " : "");
		toml_quote(out, list->v[i]);
	}
	buf_str(out, "]\n");
}
