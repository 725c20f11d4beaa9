/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/capability.h>

#include <cofferdam/oci.h>

/* One of each part of the header's list: a name left out would move those behind it. */
static void test_numbers(void **state)
{
	(void)state;
	assert_int_equal(oci_capability("CAP_CHOWN"), CAP_CHOWN);
	assert_int_equal(oci_capability("CAP_DAC_READ_SEARCH"), CAP_DAC_READ_SEARCH);
	assert_int_equal(oci_capability("CAP_SETPCAP"), CAP_SETPCAP);
	assert_int_equal(oci_capability("CAP_NET_RAW"), CAP_NET_RAW);
	assert_int_equal(oci_capability("CAP_SYS_ADMIN"), CAP_SYS_ADMIN);
	assert_int_equal(oci_capability("CAP_SETFCAP"), CAP_SETFCAP);
	assert_int_equal(oci_capability("CAP_SYSLOG"), CAP_SYSLOG);
	assert_int_equal(oci_capability("CAP_AUDIT_READ"), CAP_AUDIT_READ);
	assert_int_equal(oci_capability("CAP_CHECKPOINT_RESTORE"), 40);
}

/* As many as the kernel's headers have, each found by its own name. */
static void test_all(void **state)
{
	int n = 0;

	(void)state;
	for (const char *name; (name = oci_capability_name(n)); n++)
		assert_int_equal(oci_capability(name), n);
	assert_true(n > CAP_LAST_CAP);
	assert_null(oci_capability_name(-1));
}

static void test_none(void **state)
{
	static const char *const none[] = {
		"", "CAP_", "CHOWN", "cap_chown", "CAP_CHOW", "CAP_CHOWNS", " CAP_CHOWN", "CAP_0",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(oci_capability(none[i]), -1);
	assert_int_equal(oci_capability("CAP_net_raw"), CAP_NET_RAW);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_none),
	};

	return cmocka_run_group_tests_name("capability", tests, NULL, NULL);
}
