/* SPDX-License-Identifier: Apache-2.0 */
/* What /proc and /sys let the container see and change. */
#include <cofferdam/rules.h>

#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

int check_sys_writable(const struct rule_input *in, struct findings *out, struct error *err)
{
	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(in->spec, i);
		const char *type = mount->type.v ? mount->type.v : "", *pointer;
		struct finding *f;

		if (strcmp(type, "sysfs") != 0 && strcmp(type, "cgroup") != 0 &&
		    strcmp(type, "cgroup2") != 0)
			continue;
		if (mount_readonly(mount))
			continue;
		f = mount_finding(in, out, err, i, "options", "%s is mounted writable", type);
		if (f && oci_mount_option(mount, "rrw"))
			continue;	/* to runc it would be the last word in any case */
		pointer = pointer_to(out, err, "/mounts/", i, "options/-");
		if (!f || !pointer || finding_edit(f, JSON_ADD, pointer, "\"ro\"", err) < 0)
			return err->code;
	}
	return 0;
}

/* A list of paths; engines write them clean. */
struct cover {
	const struct field_strs *list;
	bool clean;			/* each of them */
	size_t next;			/* behind the one found last: lists are written in one order */
};

/*
 * covers - whether a clean @entry hides or keeps what is at @path. Runtimes mount over
 * a folder, or bind it to itself: that reaches all on the file system of the folder, but
 * of "/" not even that, as the process stands below what is mounted there; and /proc is
 * a mount of its own.
 */
static bool covers(const char *entry, const char *path)
{
	return strcmp(entry, "/") != 0 && text_path_below(path, entry);
}

static struct cover cover_of(const struct field_strs *list)
{
	struct cover cover = { .list = list, .clean = true };

	for (size_t i = 0; cover.clean && i < list->n; i++)
		cover.clean = !list->v[i].v || text_path_looks_clean(list->v[i].v);
	return cover;
}

/* covered - whether @path or a folder above it is in the list. */
static bool covered(struct cover *cover, const char *path)
{
	const struct field_strs *list = cover->list;

	/* what a clean path starts with is clean */
	for (size_t i = 0; i < list->n; i++) {
		const size_t at = (cover->next + i) % list->n;

		if (list->v[at].v && covers(list->v[at].v, path)) {
			cover->next = at + 1;
			return true;
		}
	}
	for (size_t i = 0; !cover->clean && i < list->n; i++) {
		const char *entry = list->v[i].v ? list->v[i].v : "";
		_cleanup_free_ char *clean = text_path_clean(entry);

		/* ".." behind a symbolic link of the image leads elsewhere than its text */
		if (clean && clean[0] == '/' && !text_path_climbs(entry) && covers(clean, path))
			return true;
	}
	return false;
}

static int require(const struct rule_input *in, struct findings *out, struct error *err,
		   bool masked)
{
	const struct oci_linux *linux_ = &in->spec->linux_;
	const char *const *paths = rule_param(in, masked ? "masked" : "readonly")->list;
	const char *pointer = masked ? "/linux/maskedPaths" : "/linux/readonlyPaths";
	const char *append = masked ? "/linux/maskedPaths/-" : "/linux/readonlyPaths/-";
	struct cover hidden = cover_of(&linux_->masked_paths);
	struct cover kept = cover_of(&linux_->readonly_paths);
	_cleanup_buf_ struct buf missing = { 0 }, value = { 0 };
	struct finding *f = NULL;

	for (size_t i = 0; paths && paths[i]; i++) {
		if ((!masked && covered(&kept, paths[i])) || covered(&hidden, paths[i]))
			continue;
		if (!f)
			f = finding_add(in, out, err, pointer, "leaves open what should be %s",
					masked ? "hidden" : "read-only");
		if (!f)
			return err->code;
		if (!finding_sketched(f)) {
			buf_reset(&value);
			json_string(&value, paths[i]);
			if (buf_check(&value, err) < 0 ||
			    finding_edit(f, JSON_ADD, append, buf_cstr(&value), err) < 0)
				return err->code;
		}
		buf_str(&missing, missing.len ? ", " : "");
		buf_str(&missing, paths[i]);
	}
	if (!f)
		return 0;
	return buf_check(&missing, err) < 0 ? err->code
					    : finding_value(f, err, "%s", buf_cstr(&missing));
}

/* rootless - in a user namespace of its own that has no id of the host's root. */
static bool rootless(const struct fact_idmap *map)
{
	for (size_t i = 0; i < map->n; i++) {
		if (map->v[i].count > 0 && map->v[i].outside == 0)
			return false;
	}
	return map->n > 0;
}

static bool complete(struct cover *masked, struct cover *readonly, const char *const *paths)
{
	for (size_t i = 0; paths && paths[i]; i++) {
		if (!(readonly && covered(readonly, paths[i])) && !covered(masked, paths[i]))
			return false;
	}
	return true;
}

#define KEPT_MAX 64u	/* engines write six */

/* lies_above - whether the clean @path is a folder that holds @other. */
static bool lies_above(const char *path, const char *other)
{
	return text_path_below(other, path) && strcmp(other, path) != 0;
}

/* by_text - whether @path leads to what the kernel provides, and where its text says. */
static bool by_text(const char *path)
{
	static const char proc[] = "/proc/";
	const char *name = path + sizeof(proc) - 1;

	if (!text_path_looks_clean(path))
		return false;
	if (strncmp(path, proc, sizeof(proc) - 1) != 0)	/* elsewhere the image has links */
		return strcmp(path, "/proc") == 0 || text_path_below(path, "/sys");
	return (*name < '0' || *name > '9') && strncmp(name, "self", 4) != 0 &&
	       strncmp(name, "thread-self", 11) != 0;
}

/*
 * mark_mounted - put down in @below which of the clean entries of linux.readonlyPaths something of
 * the configuration is mounted below.
 */
static int mark_mounted(const struct rule_input *in, bool below[KEPT_MAX], struct error *err)
{
	const struct field_strs *list = &in->spec->linux_.readonly_paths;

	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		_cleanup_free_ char *made = NULL;
		const char *dest = mount_destination(oci_mount_at(in->spec, i), &made, err);

		if (!dest)
			return err->code;
		for (size_t n = 0; n < list->n && n < KEPT_MAX; n++)
			below[n] = below[n] || (list->v[n].v && lies_above(list->v[n].v, dest));
	}
	return 0;
}

/*
 * undoes - whether entry @n of linux.readonlyPaths takes back what is kept below it: crun binds
 * the folder to itself with all that is mounted there, and of that nothing stays read-only,
 * nosuid or nodev.
 */
static bool undoes(const struct rule_input *in, size_t n, const bool below[KEPT_MAX])
{
	const struct field_strs *list = &in->spec->linux_.readonly_paths;
	const char *path = list->v[n].v;

	if (!path)
		return false;
	if (n >= KEPT_MAX || below[n] || !by_text(path))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (list->v[i].v && lies_above(path, list->v[i].v))
			return true;
	}
	return false;
}

/* judge_undoing - the first entry that undoes. No remedy: without it less would be kept. */
static int judge_undoing(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_strs *list = &in->spec->linux_.readonly_paths;
	bool below[KEPT_MAX] = { false };

	if (mark_mounted(in, below, err) < 0)
		return err->code;
	for (size_t n = 0; n < list->n; n++) {
		const char *pointer;
		struct finding *f;

		if (!undoes(in, n, below))
			continue;
		pointer = pointer_to(out, err, "/linux/readonlyPaths/", n, NULL);
		if (!pointer)
			return err->code;
		f = finding_add(in, out, err, pointer,
				"may take back what is read-only below it: crun binds it anew, and that is writable then");
		return f ? finding_value(f, err, "%s", list->v[n].v) : err->code;
	}
	return 0;
}

int check_proc_unmasked(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_linux *linux_ = &in->spec->linux_;
	const struct fact_idmap *map = &in->facts->uid_map;
	struct cover masked = cover_of(&linux_->masked_paths);
	struct cover readonly = cover_of(&linux_->readonly_paths);
	int r = judge_undoing(in, out, err);

	if (r < 0)
		return r;
	if (complete(&masked, NULL, rule_param(in, "masked")->list) &&
	    complete(&masked, &readonly, rule_param(in, "readonly")->list))
		return 0;
	if (rule_param(in, "user_namespace_suffices")->number) {
		if (map->is != FACT_KNOWN)
			return rule_unjudged(in, out, err, "/linux/maskedPaths",
					     "what ids inside are on the host cannot be told: %s",
					     map->why ? map->why : "the map was not recorded");
		if (rootless(map) && rootless(&in->facts->gid_map))
			return 0;
	}
	r = require(in, out, err, true);
	return r < 0 ? r : require(in, out, err, false);
}

int check_sysctl(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_map *map = &in->spec->linux_.sysctl;

	for (size_t i = 0; i < map->n; i++) {
		const struct json *node = map->v[i].node;
		_cleanup_free_ char *name = node && node->key ? strdup(node->key) : strdup("");
		_cleanup_buf_ struct buf pointer = { 0 };
		struct finding *f;

		if (!name)
			return error_oom(err);
		/* sysctl(8) takes either separator. */
		for (char *c = name; *c; c++)
			*c = *c == '/' ? '.' : *c;
		if (rule_listed(in, "allow", name))
			continue;
		buf_str(&pointer, "/linux/sysctl/");
		json_pointer_token(&pointer, node && node->key ? node->key : "");
		if (buf_check(&pointer, err) < 0)
			return err->code;
		f = finding_add(in, out, err, buf_cstr(&pointer), "is not on the list of safe sysctls");
		if (!f || finding_value(f, err, "%s", map->v[i].v ? map->v[i].v : "") < 0)
			return err->code;
	}
	return 0;
}

int check_personality(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_personality *personality = &in->spec->linux_.personality;
	const char *domain = personality->domain.v;
	struct finding *f;

	if (personality->is != FIELD_PRESENT ||
	    ((!domain || strcmp(domain, "LINUX") == 0) && personality->flags.n == 0))
		return 0;
	f = finding_add(in, out, err, "/linux/personality",
			"sets an execution domain other than the default");
	return f ? finding_value(f, err, "%s", domain ? domain : "flags") : err->code;
}
