/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>
#include <sys/utsname.h>

/*
 * Profiles as hosts have them: an OCI object, a config.json, or an engine's own
 * file, whose entries apply by capability, architecture and kernel.
 */

const char *const seccomp_caps_default[] = {
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP",
	"CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT", NULL
};

void seccomp_profile_free(struct seccomp_profile *profile)
{
	oci_spec_free(&profile->spec);
	json_free(&profile->doc);
	*profile = (struct seccomp_profile){ 0 };
}

static bool has_cap(const struct seccomp_scope *scope, const struct json *cap)
{
	for (size_t i = 0; scope->caps[i]; i++) {
		if (cap->type == JSON_STRING && strcmp(cap->str, scope->caps[i]) == 0)
			return true;
	}
	return false;
}

static bool has_arch(const struct seccomp_scope *scope, const struct json *arch)
{
	return arch->type == JSON_STRING && seccomp_arch_token(arch->str) == scope->audit_arch;
}

/* kernel_below - whether this kernel is older than "MAJOR.MINOR". */
static bool kernel_below(const char *wanted)
{
	unsigned major, minor, have_major, have_minor;
	struct utsname name;

	if (sscanf(wanted, "%u.%u", &major, &minor) != 2 || uname(&name) < 0 ||
	    sscanf(name.release, "%u.%u", &have_major, &have_minor) != 2)
		return false;
	return have_major < major || (have_major == major && have_minor < minor);
}

/* applies - includes: all of caps, one of arches. excludes: none of either. */
static bool applies(const struct json *entry, const struct seccomp_scope *scope)
{
	const struct json *in = json_get(entry, "includes"), *ex = json_get(entry, "excludes");
	const struct json *list, *kernel;
	bool one;

	list = in ? json_get(in, "caps") : NULL;
	for (const struct json *c = list ? list->first : NULL; c; c = c->next) {
		if (!has_cap(scope, c))
			return false;
	}
	list = in ? json_get(in, "arches") : NULL;
	one = !list || !list->first;
	for (const struct json *c = list ? list->first : NULL; c; c = c->next)
		one = one || has_arch(scope, c);
	kernel = in ? json_get(in, "minKernel") : NULL;
	if (!one || (kernel && kernel->type == JSON_STRING && kernel_below(kernel->str)))
		return false;
	list = ex ? json_get(ex, "caps") : NULL;
	for (const struct json *c = list ? list->first : NULL; c; c = c->next) {
		if (has_cap(scope, c))
			return false;
	}
	list = ex ? json_get(ex, "arches") : NULL;
	for (const struct json *c = list ? list->first : NULL; c; c = c->next) {
		if (has_arch(scope, c))
			return false;
	}
	kernel = ex ? json_get(ex, "minKernel") : NULL;
	return !kernel || kernel->type != JSON_STRING || kernel_below(kernel->str);
}

static void copy(struct buf *out, const struct json_doc *doc, const struct json *object,
		 const char *name)
{
	const struct json *node = json_get(object, name);

	if (node) {
		buf_printf(out, "\"%s\":", name);
		buf_add(out, doc->text + node->start, node->end - node->start);
		buf_char(out, ',');
	}
}

static void arches(struct buf *out, const struct json *map, const struct seccomp_scope *scope)
{
	const struct json *arch, *sub, *list;

	bool first = true;

	buf_str(out, "\"architectures\":[");
	for (const struct json *row = map->first; row; row = row->next) {
		arch = json_get(row, "architecture");
		if (!arch || !has_arch(scope, arch))
			continue;
		buf_str(out, first ? "" : ",");
		first = false;
		json_quote(out, arch->str, arch->len);
		list = json_get(row, "subArchitectures");
		sub = list ? list->first : NULL;
		for (; sub; sub = sub->next) {
			buf_char(out, ',');
			if (sub->type == JSON_STRING)
				json_quote(out, sub->str, sub->len);
		}
	}
	buf_str(out, "],");
}

/* An engine's file as the OCI object that the engine would make of it. */
static void resolve(struct buf *out, const struct json_doc *doc, const struct json *root,
		    const struct seccomp_scope *scope)
{
	const struct json *map = json_get(root, "archMap"), *calls = json_get(root, "syscalls");
	bool first = true;

	buf_str(out, "{");
	copy(out, doc, root, "defaultAction");
	copy(out, doc, root, "defaultErrnoRet");
	copy(out, doc, root, "flags");
	copy(out, doc, root, "listenerPath");
	if (map)
		arches(out, map, scope);
	else
		copy(out, doc, root, "architectures");
	buf_str(out, "\"syscalls\":[");
	for (const struct json *c = calls ? calls->first : NULL; c; c = c->next) {
		if (!applies(c, scope))
			continue;
		buf_str(out, first ? "" : ",");
		buf_add(out, doc->text + c->start, c->end - c->start);
		first = false;
	}
	buf_str(out, "]}");
}

int seccomp_profile_read(const char *name, const char *text, size_t len,
			 const struct seccomp_scope *scope, struct seccomp_profile *ret,
			 struct error *err)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf whole = { 0 };
	const struct json *root;
	int r;

	r = json_parse(name, text, len, 0, &doc, err);
	if (r < 0)
		return r;
	root = json_at(doc, "/linux/seccomp");
	if (!root)
		root = doc->root;
	if (root->type != JSON_OBJECT || !json_get(root, "defaultAction"))
		return error_set(err, -EINVAL,
				 "%s: neither a seccomp profile nor a config.json that has one", name);
	buf_str(&whole, "{\"linux\":{\"seccomp\":");
	if (json_get(root, "archMap"))
		resolve(&whole, doc, root, scope);
	else
		buf_add(&whole, doc->text + root->start, root->end - root->start);
	buf_str(&whole, "}}");
	r = buf_check(&whole, err);
	if (r == 0)
		r = json_parse(name, whole.data, whole.len, 0, &profile.doc, err);
	if (r == 0)
		r = oci_spec_read(profile.doc, &profile.spec, err);
	if (r == 0)
		r = notes_error(profile.doc, &profile.spec.notes, err);
	if (r < 0)
		return r;
	*ret = profile;
	profile = (struct seccomp_profile){ 0 };
	return 0;
}

static int replace_action(const struct json *action, struct json_edits *edits, struct error *err)
{
	_cleanup_buf_ struct buf pointer = { 0 };

	if (!action || action->type != JSON_STRING || strcmp(action->str, "SCMP_ACT_NOTIFY") != 0)
		return 0;
	json_pointer(&pointer, action);
	return json_edits_add(edits, JSON_REPLACE, buf_cstr(&pointer), "\"SCMP_ACT_TRACE\"", err);
}

/* The architectures that this host's kernel has a door for; the native one need
 * not be said. */
static int keep_doors(const struct json *list, uint32_t audit_arch, struct json_edits *edits,
		      struct error *err)
{
	_cleanup_buf_ struct buf kept = { 0 };
	uint32_t doors[4], token;
	const size_t n = seccomp_doors(audit_arch, doors, ARRAY_SIZE(doors));
	bool here, all = true;

	buf_char(&kept, '[');
	for (const struct json *a = list->first; a; a = a->next) {
		token = a->type == JSON_STRING ? seccomp_arch_token(a->str) : 0;
		/* What is no architecture stays, and is an error of its own. */
		here = token == 0 || (token == SCMP_ARCH_X32 && audit_arch == doors[0] &&
				      audit_arch == AUDIT_ARCH_X86_64);
		for (size_t d = 0; d < n; d++)
			here = here || doors[d] == token;
		all = all && here && a->type == JSON_STRING;
		if (!here || a->type != JSON_STRING)
			continue;
		buf_str(&kept, kept.len > 1 ? "," : "");
		json_quote(&kept, a->str, a->len);
	}
	buf_char(&kept, ']');
	return all ? 0 : json_edits_add(edits, JSON_REPLACE, "/linux/seccomp/architectures",
					buf_cstr(&kept), err);
}

int seccomp_profile_compile(const struct seccomp_profile *profile, uint32_t audit_arch,
			    struct seccomp_program *ret, struct error *err)
{
	const struct json *root = json_at(profile->doc, "/linux/seccomp"), *list;
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL, *own = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	int r = replace_action(json_get(root, "defaultAction"), &edits, err);

	list = json_get(root, "syscalls");
	for (const struct json *c = list ? list->first : NULL; c && r == 0; c = c->next)
		r = replace_action(json_get(c, "action"), &edits, err);
	list = json_get(root, "architectures");
	if (r == 0 && list && list->type == JSON_ARRAY)
		r = keep_doors(list, audit_arch, &edits, err);
	if (r == 0 && json_get(root, "listenerPath"))
		r = json_edits_add(&edits, JSON_REMOVE, "/linux/seccomp/listenerPath", NULL, err);
	/* as a rule there is nothing to change, and it is read where it stands */
	if (r == 0 && edits.n == 0 && profile->doc->repeated == 0)
		return seccomp_compile_node(profile->doc, root, audit_arch, ret, err);
	if (r == 0)
		r = json_apply(profile->doc, &edits, &text, err);
	if (r == 0)
		r = json_parse(profile->doc->name, buf_cstr(&text), text.len, 0, &doc, err);
	if (r < 0)
		return r;
	/* alone, as a member that stands twice elsewhere does not matter to it */
	root = json_at(doc, "/linux/seccomp");
	r = json_parse(doc->name, doc->text + root->start, root->end - root->start, 0, &own, err);
	return r < 0 ? r : seccomp_compile_node(own, own->root, audit_arch, ret, err);
}
