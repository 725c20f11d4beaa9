/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What "restricted" must never let pass, read from the tree by hand: nothing
 * here goes through the tables and rules that it is to catch out.
 */
#include "fuzz.h"

#include <string.h>
#include <strings.h>

#include <cofferdam/text.h>

static bool is_text(const struct json *node, const char *text)
{
	return node && node->type == JSON_STRING && strcmp(node->str, text) == 0;
}

static bool has_text(const struct json *list, const char *text)
{
	for (const struct json *e = list ? list->first : NULL; e; e = e->next) {
		if (is_text(e, text))
			return true;
	}
	return false;
}

static bool is_true(const struct json_doc *doc, const char *pointer)
{
	const struct json *node = json_at(doc, pointer);

	return node && node->type == JSON_BOOL && node->boolean;
}

static void no_capability(const struct json_doc *doc)
{
	static const char *const sets[] = {
		"bounding", "effective", "inheritable", "permitted", "ambient",
	};
	const struct json *all = json_at(doc, "/process/capabilities");

	for (size_t i = 0; all && i < ARRAY_SIZE(sets); i++) {
		const struct json *set = json_get(all, sets[i]);

		for (const struct json *cap = set ? set->first : NULL; cap; cap = cap->next)
			property(is_text(cap, "CAP_NET_BIND_SERVICE"), "a capability");
	}
}

static void no_hook(const struct json_doc *doc)
{
	static const char *const stages[] = {
		"prestart", "createRuntime", "createContainer", "startContainer", "poststart",
		"poststop",
	};
	const struct json *all = json_at(doc, "/hooks");

	for (size_t i = 0; all && i < ARRAY_SIZE(stages); i++) {
		const struct json *list = json_get(all, stages[i]);

		property(!list || list->count == 0, "a %s hook", stages[i]);
	}
}

static void own_namespaces(const struct json_doc *doc)
{
	static const char *const types[] = { "pid", "network", "ipc", "uts", "mount" };
	const struct json *list = json_at(doc, "/linux/namespaces");

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		const struct json *e = list ? list->first : NULL;

		while (e && !is_text(json_get(e, "type"), types[i]))
			e = e->next;
		property(e, "a %s namespace", types[i]);
	}
}

static void no_host_folder(const struct json_doc *doc)
{
	static const char *const folders[] = {
		"/", "/etc", "/proc", "/sys", "/dev", "/usr", "/var/lib/containers",
	};
	const struct json *list = json_at(doc, "/mounts");

	for (const struct json *m = list ? list->first : NULL; m; m = m->next) {
		const struct json *source = json_get(m, "source"), *options = json_get(m, "options");
		_cleanup_free_ char *clean = NULL;

		if (!source || source->type != JSON_STRING ||
		    !(is_text(json_get(m, "type"), "bind") || has_text(options, "bind") ||
		      has_text(options, "rbind")))
			continue;
		clean = text_path_clean(source->str);
		for (size_t i = 0; clean && i < ARRAY_SIZE(folders); i++)
			property(strcmp(clean, folders[i]) != 0, "a mount of %s", clean);
	}
}

/* no_namesake - names that Go's decoder would take for a known one. */
static void no_namesake(const struct json *object)
{
	static const char *const names[] = {
		"process", "root", "mounts", "linux", "hooks", "annotations",
	};

	for (const struct json *m = object->first; m; m = m->next) {
		property(!m->repeated, "a repeated name");
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			property(strcasecmp(m->key, names[i]) != 0 ||
				 strcmp(m->key, names[i]) == 0, "a namesake: %s", m->key);
	}
}

void fuzz_strict(const struct json_doc *doc)
{
	const struct json *uid = json_at(doc, "/process/user/uid");
	const struct json *memory = json_at(doc, "/linux/resources/memory/limit");
	const struct json *seccomp = json_at(doc, "/linux/seccomp/defaultAction");

	property(doc->repeated == 0, "a repeated name");
	property(is_true(doc, "/process/noNewPrivileges"), "noNewPrivileges is true");
	property(is_true(doc, "/root/readonly"), "root.readonly is true");
	property(uid && uid->type == JSON_NUMBER && strtoull(uid->str, NULL, 10) > 0, "not root");
	property(!memory || memory->type == JSON_NULL || strtoll(memory->str, NULL, 10) > 0,
		 "memory is limited");
	property(seccomp && (is_text(seccomp, "SCMP_ACT_ERRNO") ||
			     strncmp(seccomp->str, "SCMP_ACT_KILL", 13) == 0 ||
			     is_text(seccomp, "SCMP_ACT_TRAP")), "an allow list");
	no_hook(doc);
	no_capability(doc);
	own_namespaces(doc);
	no_host_folder(doc);
	no_namesake(doc->root);
}
