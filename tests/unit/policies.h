/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of policies and host.json: a folder of them. Compiled into each. */
#ifndef TESTS_UNIT_POLICIES_H
#define TESTS_UNIT_POLICIES_H

#include <fcntl.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/host.h>

#include "folder.h"

/* put_named - put @text, with HEAD's name replaced by the folder's. */
static inline void put_named(const char *path, const char *name, const char *text)
{
	static const char placeholder[] = "\"name\": \"p\"";
	const char *at_name = strstr(text, placeholder);
	_cleanup_buf_ struct buf whole = { 0 };

	if (!at_name) {
		put(path, text, 0600);
		return;
	}
	buf_add(&whole, text, (size_t)(at_name - text));
	buf_printf(&whole, "\"name\": \"%s\"", name);
	buf_str(&whole, at_name + sizeof(placeholder) - 1);
	put(path, buf_cstr(&whole), 0600);
}

static inline void put_bundle(const char *name, const char *text)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "bundles/%s", name);
	assert_true(mkdir(at(path), 0700) == 0 || errno == EEXIST);
	(void)snprintf(path, sizeof(path), "bundles/%s/policy.json", name);
	put_named(path, name, text);
}

static inline int load_err(const char *name, struct policy **ret, struct error *err)
{
	return policy_load(name, at("bundles"), geteuid(), ret, err);
}

static inline void load(const char *name, struct policy **ret)
{
	struct error err = { 0 };

	if (load_err(name, ret, &err) < 0)
		fail_msg("%s: %s", name, err.text);
}

#define HEAD "{\"format\": 1, \"name\": \"p\", "
#define RULES(text) HEAD "\n\"rules\": {" text "}}"

struct bad {
	const char *text;
	const char *where;		/* line:column, or NULL */
	const char *what;
};

static inline void assert_bad(const struct bad *bad, int r, const struct error *err,
			      const char *path)
{
	char where[256];

	if (r == 0)
		fail_msg("accepted: %s", bad->text);
	assert_int_equal(err->code, r);
	(void)snprintf(where, sizeof(where), "%s:%s%s", path, bad->where ? bad->where : "",
		       bad->where ? ": " : "");
	if (!strstr(err->text, bad->where ? where : bad->what) || !strstr(err->text, bad->what))
		fail_msg("%s\n  gives: %s\n  not: %s ... %s", bad->text, err->text, where,
			 bad->what);
}

#define STRANGER 12345

static inline int setup(void **state)
{
	(void)state;
	(void)umask(077);
	return folder_make() < 0 ? -1 : mkdir(at("bundles"), 0700);
}

static inline int teardown(void **state)
{
	(void)state;
	return folder_remove();
}

#endif
