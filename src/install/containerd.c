/* SPDX-License-Identifier: Apache-2.0 */
/*
 * containerd's CRI service: the BinaryName of every runtime handler that runc serves.
 * A drop-in by "imports" would be no drop-in: containerd 1.6 takes the whole section
 * of a plugin from the file that is read last, and forgets the rest of it (tried). So
 * config.toml itself is edited, in lines.
 */
#include "install-private.h"

#include <string.h>

#include <cofferdam/text.h>

#define CONFIG "/etc/containerd/config.toml"

/* A handler in the text at hand. */
struct handler {
	const struct toml *doc;
	const char *path;		/* of its table */
	bool there;			/* anything of it */
	const struct toml_entry *options;	/* the table */
	const struct toml_entry *binary, *type, *shim;
};

/* below - "PATH.NAME", malloc'd */
static char *below(const char *path, const char *name)
{
	char *ret = NULL;

	return asprintf(&ret, "%s" TOML_SEP "%s", path, name) < 0 ? NULL : ret;
}

static int handler_read(const struct toml *doc, const char *path, struct handler *ret,
			struct error *err)
{
	_cleanup_free_ char *options = below(path, "options");
	_cleanup_free_ char *binary = options ? below(options, "BinaryName") : NULL;
	_cleanup_free_ char *type = below(path, "runtime_type");
	_cleanup_free_ char *shim = below(path, "runtime_path");
	struct handler h = { .doc = doc, .path = path };

	if (!binary || !type || !shim)
		return error_oom(err);
	h.options = toml_find(doc, TOML_TABLE, options);
	h.binary = toml_find(doc, TOML_VALUE, binary);
	h.type = toml_find(doc, TOML_VALUE, type);
	h.shim = toml_find(doc, TOML_VALUE, shim);
	for (size_t i = 0; i < doc->n; i++) {
		const struct toml_entry *e = &doc->v[i];

		h.there |= toml_below(e->path, path);
		if (!h.binary && !h.options && e->kind == TOML_VALUE &&
		    toml_below(e->path, options) && strcmp(e->path, options) != 0)
			return error_set(err, -EINVAL, "%s: the options of a runtime are not written as a "
					 "[table] of their own, and are not edited here; set BinaryName by "
					 "hand (docs/engines/containerd.md)", doc->name);
	}
	*ret = h;
	return h.binary ? 0 : toml_plain(doc, binary, err);
}

/* Which of the door's programs takes the place; NULL: none, as @why says. */
static int door_for(const struct handler *h, const char **ret, struct buf *why, struct error *err)
{
	_cleanup_buf_ struct buf said = { 0 };
	const char *name;
	int r;

	*ret = NULL;
	if (h->type) {
		r = toml_string(h->doc, h->type, &said, err);
		if (r < 0)
			return r;
		if (said.len > 0 && strcmp(buf_cstr(&said), "io.containerd.runc.v2") != 0 &&
		    strcmp(buf_cstr(&said), "io.containerd.runc.v1") != 0) {
			buf_printf(why, "is of type %s", buf_cstr(&said));
			return 0;
		}
	}
	/* since 1.7: a program in the place of the shim that the type names */
	buf_reset(&said);
	r = h->shim ? toml_string(h->doc, h->shim, &said, err) : 0;
	if (r == 0 && said.len > 0)
		buf_printf(why, "is served by %s", buf_cstr(&said));
	if (r < 0 || said.len > 0)
		return r;
	r = h->binary ? toml_string(h->doc, h->binary, &said, err) : 0;
	if (r < 0)
		return r;
	name = text_path_base(buf_cstr(&said));
	if (strcmp(name, "crun") == 0)
		*ret = LIBEXECDIR "/containerd/crun";
	else if (said.len == 0 || strcmp(name, "runc") == 0)
		*ret = LIBEXECDIR "/containerd/runc";
	else
		buf_printf(why, "runs %s", buf_cstr(&said));
	return 0;
}

/* A table's name as text. */
static void put_table(struct buf *out, const char *path, const char *indent)
{
	_cleanup_free_ char *parts = strdup(path);
	char *rest = parts;

	buf_printf(out, "%s[", indent);
	for (const char *part; rest && (part = strsep(&rest, TOML_SEP));) {
		if (part != parts)
			buf_char(out, '.');
		toml_key(out, part);
	}
	out->oom |= !parts;
	buf_str(out, "]\n");
}

static void put_binary(struct buf *out, const char *indent, const char *door)
{
	buf_printf(out, "%sBinaryName = ", indent);
	toml_quote(out, door);
	buf_char(out, '\n');
}

/* Tables that are not there yet, for the end of the text. */
static void put_tables(const struct handler *h, const char *door, struct buf *out)
{
	_cleanup_free_ char *options = below(h->path, "options");

	buf_str(out, "\n# The next lines are by \"cofferdam install\".\n");
	if (!h->there) {
		put_table(out, h->path, "");
		buf_str(out, "  runtime_type = \"io.containerd.runc.v2\"\n");
	}
	out->oom |= !options;
	put_table(out, options ? options : "", "  ");
	put_binary(out, "    ", door);
}

/* The text with @door as the handler's binary. */
static void edited(const struct handler *h, const struct buf *text, const char *door,
		   struct buf *out)
{
	const char *all = buf_cstr(text);

	if (h->binary) {
		buf_add(out, all, h->binary->value);
		toml_quote(out, door);
		buf_str(out, all + h->binary->value_end);
		return;
	}
	if (h->options) {
		size_t blank = strspn(all + h->options->start, " \t");
		_cleanup_buf_ struct buf indent = { 0 };

		buf_add(&indent, all + h->options->start, blank);
		buf_str(&indent, "  ");
		buf_add(out, all, h->options->end);
		if (h->options->end > 0 && all[h->options->end - 1] != '\n')
			buf_char(out, '\n');
		put_binary(out, buf_cstr(&indent), door);
		buf_str(out, all + h->options->end);
		out->oom |= indent.oom;
		return;
	}
	buf_add(out, all, text->len);
	if (text->len > 0 && all[text->len - 1] != '\n')
		buf_char(out, '\n');
	put_tables(h, door, out);
}

/* One handler: 1 if @text was edited. */
static int edit_handler(struct plan *plan, struct change *change, const char *path,
			struct buf *text, struct error *err)
{
	_cleanup_buf_ struct buf new = { 0 }, why = { 0 }, shown = { 0 };
	_cleanup_toml_ struct toml doc = { 0 };
	const char *door = NULL;
	struct handler h = { 0 };
	int r = toml_parse(CONFIG, text, &doc, err);

	if (r == 0)
		r = handler_read(&doc, path, &h, err);
	if (r == 0)
		r = door_for(&h, &door, &why, err);
	if (r < 0)
		return r;
	if (!door) {
		toml_show(&shown, path);
		plan_note(plan, ENGINE_CONTAINERD, "%s %s and does not pass the door",
			  buf_cstr(&shown), buf_cstr(&why));
		return 0;
	}
	r = plan_needs(plan, ENGINE_CONTAINERD, strrchr(door, '/') + 1, err);
	if (r < 0)
		return r;
	edited(&h, text, door, &new);
	return change_step(change, text, &new, err);
}

/* The plugin that has the handlers, as this version of the file calls it. */
static int plugin_of(const struct toml *doc, const char **ret, struct error *err)
{
	const struct toml_entry *version = toml_find(doc, TOML_VALUE, "version");
	char said = version ? doc->text[version->value] : '1';

	if (version && version->value_end - version->value != 1)
		said = '?';
	if (!version && doc->n == 0)
		said = '2';	/* an empty file, to which the version will be added */
	switch (said) {
	case '1':
		*ret = "plugins" TOML_SEP "cri";
		return 0;
	case '2':
		*ret = "plugins" TOML_SEP "io.containerd.grpc.v1.cri";
		return 0;
	case '3':
	case '4':
		*ret = "plugins" TOML_SEP "io.containerd.cri.v1.runtime";
		return 0;
	default:
		return error_set(err, -EINVAL, "%s: a version that is not known here (1 to 4 are)",
				 CONFIG);
	}
}

/* An imported file that speaks of the plugin takes the place of all that is said here. */
static int check_import(const struct plan *plan, const char *pattern, const char *plugin,
			struct error *err)
{
	_cleanup_free_ char *folder = strdup(pattern);
	char *slash = folder ? strrchr(folder, '/') : NULL;
	_cleanup_paths_ struct paths files = { 0 };
	int r = 0;

	if (!folder)
		return error_oom(err);
	if (!slash || slash == folder || strpbrk(slash + 1 + (slash[1] == '*'), "*?[") ||
	    strcspn(folder, "*?[") < (size_t)(slash - folder))
		return error_set(err, -EINVAL, "%s: imports \"%s\", which is not understood here; write "
				 "whole paths, or FOLDER/*.toml", CONFIG, pattern);
	*slash = '\0';
	if (slash[1] == '*')
		r = where_conf(&plan->tree, folder, slash + 2, &files, err);
	else
		r = paths_add(&files, pattern, err);
	for (size_t i = 0; r == 0 && i < files.n; i++) {
		_cleanup_toml_ struct toml doc = { 0 };
		_cleanup_buf_ struct buf text = { 0 };

		r = tree_follow(&plan->tree, files.v[i], &text, err);
		if (r == 0)
			r = toml_parse(files.v[i], &text, &doc, err);
		for (size_t k = 0; r == 0 && k < doc.n; k++) {
			if (toml_below(doc.v[k].path, plugin))
				r = error_set(err, -EINVAL, "%s is imported and sets the CRI plugin, too: what "
					      "it says takes the place of what %s says; move it there",
					      files.v[i], CONFIG);
		}
		r = r == -ENOENT ? 0 : r;
	}
	return r;
}

/* Each string of a list at the top of the file. */
static int each_string(const struct plan *plan, const struct toml *doc, const char *key,
		       const char *plugin, struct error *err)
{
	const struct toml_entry *list = toml_find(doc, TOML_VALUE, key);
	_cleanup_buf_ struct buf one = { 0 };
	size_t at = 0;
	int r = list ? 1 : 0;

	while (r > 0) {
		r = toml_next_string(doc, list, &at, &one, err);
		if (r <= 0)
			break;
		if (strcmp(key, "imports") == 0 && check_import(plan, buf_cstr(&one), plugin, err) < 0)
			return err->code;
		if (strcmp(key, "disabled_plugins") == 0 &&
		    (strcmp(buf_cstr(&one), "cri") == 0 || strstr(buf_cstr(&one), ".cri")))
			return error_set(err, -EOPNOTSUPP, "%s disables the CRI plugin, whose runtimes these "
					 "are; what ctr, nerdctl and Docker start only --door divert covers",
					 CONFIG);
	}
	return r;
}

/* The tables of handlers in the text, and runc's, which containerd has of itself. */
static int handlers_of(const struct toml *doc, const char *plugin, struct paths *ret,
		       struct error *err)
{
	_cleanup_free_ char *service = below(plugin, "containerd");
	_cleanup_free_ char *all = service ? below(service, "runtimes") : NULL;
	_cleanup_free_ char *runc = all ? below(all, "runc") : NULL;
	/* older ways to say the same, which win where they are set */
	static const char *const old[] = { "default_runtime", "untrusted_workload_runtime" };
	int r = runc ? paths_add(ret, runc, err) : error_oom(err);

	for (size_t i = 0; r == 0 && i < doc->n; i++) {
		const char *path = doc->v[i].path, *end;
		_cleanup_free_ char *one = NULL;

		if (!toml_below(path, all) || !path[strlen(all)])
			continue;
		end = strchr(path + strlen(all) + 1, TOML_SEPARATOR);
		one = end ? strndup(path, (size_t)(end - path)) : strdup(path);
		r = one ? paths_add(ret, one, err) : error_oom(err);
	}
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(old); i++) {
		_cleanup_free_ char *one = below(service, old[i]);
		_cleanup_free_ char *type = one ? below(one, "runtime_type") : NULL;
		const struct toml_entry *e = type ? toml_find(doc, TOML_VALUE, type) : NULL;

		if (e && e->value_end - e->value > 2)
			r = paths_add(ret, one, err);
	}
	return r;
}

/* With another file on its command line what is written here is not read. */
static int check_unit(const struct plan *plan, struct error *err)
{
	static const struct unit_option file = { "config", "c" };
	_cleanup_buf_ struct buf said = { 0 };
	int r = unit_says(&plan->tree, "containerd", &file, &said, err);

	if (r > 0 && strcmp(buf_cstr(&said), CONFIG) != 0)
		return error_set(err, -EINVAL, "containerd.service starts containerd with --config %s, and what is "
				 "edited here is %s; start it with that, or use --door divert", buf_cstr(&said),
				 CONFIG);
	return r < 0 ? r : 0;
}

/* What the file says before anything is planned: which handlers there are to edit. */
static int look(struct plan *plan, struct paths *ret, bool *ret_empty, struct error *err)
{
	_cleanup_toml_ struct toml doc = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	const char *plugin = NULL;
	int r = tree_read(&plan->tree, CONFIG, &text, NULL, err);

	if (r == 0 || r == -ENOENT)
		r = toml_parse(CONFIG, &text, &doc, err);
	if (r == 0)
		r = plugin_of(&doc, &plugin, err);
	if (r == 0)
		r = each_string(plan, &doc, "disabled_plugins", plugin, err);
	if (r == 0)
		r = each_string(plan, &doc, "imports", plugin, err);
	*ret_empty = doc.n == 0;
	return r < 0 ? r : handlers_of(&doc, plugin, ret, err);
}

int plan_containerd(struct plan *plan, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_paths_ struct paths handlers = { 0 };
	struct change *change = NULL;
	bool empty = false;
	int r;

	if (!plan->state.doors[ENGINE_CONTAINERD][INSTALL_RUNTIME])
		return 0;
	r = check_unit(plan, err);
	if (r == 0)
		r = look(plan, &handlers, &empty, err);
	if (r == 0)
		r = plan_links(plan, ENGINE_CONTAINERD, err);
	if (r == 0)
		r = plan_needs(plan, ENGINE_CONTAINERD, "runc", err);
	if (r == 0)
		r = plan_file(plan, ENGINE_CONTAINERD, CONFIG, &change, &text, err);
	if (r == 0 && empty) {
		_cleanup_buf_ struct buf new = { 0 };

		buf_str(&new, "version = 2\n");
		buf_add(&new, buf_cstr(&text), text.len);
		r = change_step(change, &text, &new, err);
	}
	for (size_t i = 0; r == 0 && i < handlers.n; i++)
		r = edit_handler(plan, change, handlers.v[i], &text, err);
	return r < 0 ? r : plan_file_end(plan, change, &text, err);
}
