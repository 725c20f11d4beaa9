/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/secontext.h>

#include "config.h"
#include "unit.h"

#ifdef HAVE_SELINUX
#include <selinux/context.h>
#endif

static const char *const good[] = {
	"system_u:system_r:container_t:s0:c1,c2",
	"system_u:object_r:container_file_t:s0",
	"u:r:t",
	"u:r:t:s0-s0:c0.c1023",
	"u:r:t:s0:c1-s0:c1,c2",
	"u:r:t:System Low",
	"user.with-odd_:r:t:s0",
};

static const char *const bad[] = {
	"", ":", "::", ":::", "nonsense", "u", "u:", "u:r", "u:r:", ":r:t", "u::t", "u:r:t:",
	"u r:r:t", "u:r r:t", "u:r:t t", "u:r:t\n", "u:r:t:s0\n", "u:r:\tt", "u:r:t:s0:c1:c2:c3:c4",
};

static void test_good(void **state)
{
	struct error err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		_cleanup_secontext_ struct secontext c = { 0 };
		char text[128];

		assert_int_equal(secontext_parse(good[i], &c, &err), 0);
		(void)snprintf(text, sizeof(text), "%s:%s:%s%s%s", c.user, c.role, c.type,
			       c.level ? ":" : "", c.level ? c.level : "");
		assert_string_equal(text, good[i]);
	}
}

static void test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct secontext c = { 0 };
		struct error err = { 0 };

		if (secontext_parse(bad[i], &c, &err) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
		assert_null(c.user);
		assert_non_null(strstr(err.text, "not a SELinux context"));
	}
}

static void test_categories(void **state)
{
	static const struct { const char *level; unsigned int n; } levels[] = {
		{ NULL, 0 }, { "s0", 0 }, { "s0:c5", 1 }, { "s0:c1,c2", 2 }, { "s0:c1.c3,c7", 4 },
		{ "s0-s0:c0.c1023", 1024 }, { "s0:c0.c1023", 1024 }, { "s0:c1-s0:c1,c2", 2 },
		{ "s0:c1,c2-s15", 0 }, { "s0:", 0 }, { "s0:x", 0 }, { "s0:c3.c1", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		assert_int_equal(secontext_categories(levels[i].level), levels[i].n);
}

/* What context_new(3) takes and what it makes of it, but for empty parts. */
static void test_like_libselinux(void **state)
{
	(void)state;
#ifdef HAVE_SELINUX
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		_cleanup_secontext_ struct secontext c = { 0 };
		struct error err = { 0 };
		context_t theirs = context_new(good[i]);

		assert_non_null(theirs);
		assert_int_equal(secontext_parse(good[i], &c, &err), 0);
		assert_string_equal(c.user, context_user_get(theirs));
		assert_string_equal(c.role, context_role_get(theirs));
		assert_string_equal(c.type, context_type_get(theirs));
		if (c.level)
			assert_string_equal(c.level, context_range_get(theirs));
		else
			assert_null(context_range_get(theirs));
		context_free(theirs);
	}
#else
	skip();
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_categories),
		cmocka_unit_test(test_like_libselinux),
	};

	return cmocka_run_group_tests_name("context", tests, NULL, NULL);
}
