/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-fixture.h"

static void test_profiles(void **state)
{
	static const char text[] =
		"docker-default (enforce)\n"
		"docker-default//child (complain)\n"
		"a b (c) (kill)\n"
		"web (unconfined)\n"
		"/usr/sbin/cupsd (complain)\n"
		"broken\n"
		"half (\n"
		"last (enforce)";
	static const struct { const char *name, *mode; } cases[] = {
		{ "docker-default", "enforce" }, { "docker-default//child", "complain" },
		{ "a b (c)", "kill" }, { "web", "unconfined" }, { "/usr/sbin/cupsd", "complain" },
		{ "last", "enforce" }, { "docker", NULL }, { "default", NULL }, { "broken", NULL },
		{ "half", NULL }, { "a b", NULL }, { "docker-default (enforce)", NULL }, { "(", NULL },
		{ "web (unconfined)\n/usr/sbin/cupsd", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_label_ struct fact_label label = { 0 };
		struct error err = { 0 };

		assert_int_equal(profiles_find(text, cases[i].name, &label, &err), 0);
		assert_int_equal(label.is, cases[i].mode ? FACT_KNOWN : FACT_ABSENT);
		if (cases[i].mode)
			assert_string_equal(label.says, cases[i].mode);
		else
			assert_null(label.says);
	}
}

/* As this host is: what is named twice is asked once. */
static void test_gather_labels(void **state)
{
	_cleanup_subject_ struct subject s = gather(
		"{'process': {'selinuxLabel': 'nonsense', 'apparmorProfile': 'cofferdam-none'},"
		" 'linux': {'mountLabel': 'nonsense'}}", NULL, 0);
	const bool selinux = access("/sys/fs/selinux/enforce", F_OK) == 0;
	const struct fact_label *label = facts_label(&s.facts.selinux, "nonsense");

	(void)state;
	assert_int_equal(s.facts.selinux.is, selinux ? FACT_KNOWN : FACT_ABSENT);
	assert_int_equal(s.facts.selinux.n, selinux);
	assert_int_equal(label != NULL, selinux);
	if (label)
		assert_true(label->is == FACT_ABSENT || label->is == FACT_UNREADABLE);
	if (s.facts.apparmor.is == FACT_ABSENT)
		assert_int_equal(s.facts.apparmor.n, 0);
	else
		assert_true(facts_label(&s.facts.apparmor, "cofferdam-none")->is != FACT_KNOWN);
	assert_int_equal(strncmp(s.facts.lsm, "selinux", 7) == 0, selinux);
}

/* No kernel is asked of what no context can be. */
static void test_ask(void **state)
{
	_cleanup_label_ struct fact_label label = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(label_ask("", &label, &err), 0);
	assert_int_equal(label.is, access("/sys/fs/selinux/context", F_OK) == 0 ? FACT_ABSENT
										: FACT_UNREADABLE);
	assert_int_equal(label.why != NULL, label.is == FACT_UNREADABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_profiles, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gather_labels, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ask, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("lsm", tests, NULL, NULL);
}
