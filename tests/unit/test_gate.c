/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <cofferdam/gate.h>

/* hardens - whether a finding of @rule with edits of these members is one for the gate. */
static bool hardens(enum rule_id rule, const char *const *pointers)
{
	struct finding f = { .rule = rule };
	struct error err = { 0 };
	bool result;

	for (; *pointers; pointers++)
		assert_int_equal(json_edits_add(&f.edits, JSON_ADD, *pointers, "1", &err), 0);
	result = gate_hardens(NULL, &f);
	json_edits_free(&f.edits);
	return result;
}

#define EDITS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void covered(void **state)
{
	(void)state;
	assert_true(hardens(RULE_CAPABILITIES, EDITS("/process/capabilities/bounding",
						     "/process/capabilities/effective")));
	assert_true(hardens(RULE_ROOTFS_WRITABLE, EDITS("/root/readonly", "/mounts/-", "/mounts/12")));
	assert_true(hardens(RULE_SECCOMP_MISSING, EDITS("/linux/seccomp")));
	assert_true(hardens(RULE_MEMORY_LIMIT, EDITS("/linux/resources/memory/limit")));
	assert_true(hardens(RULE_CPU_LIMIT, EDITS("/linux/resources/unified/cpu.max")));
}

/* One edit that the gate cannot make true, and the whole finding is the hook's to deny. */
static void refused(void **state)
{
	(void)state;
	assert_false(hardens(RULE_CAPABILITIES, EDITS("/process/capabilitiesX")));
	assert_false(hardens(RULE_CAPABILITIES, EDITS("/process/capabilities/bounding", "/root/path")));
	assert_false(hardens(RULE_SECCOMP_MISSING,
			     EDITS("/annotations/run.oci.seccomp_bpf_data")));
	assert_false(hardens(RULE_MEMORY_LIMIT, EDITS("/linux/resources/memory/swap")));
	assert_false(hardens(RULE_MEMORY_LIMIT, EDITS("/linux/resources/memory/limits")));
	assert_false(hardens(RULE_ROOTFS_WRITABLE, EDITS("/root/readonly", "/mounts/x")));
	assert_false(hardens(RULE_ROOT_USER, EDITS("/process/user/uid")));
	/* without edits there is nothing to make true */
	assert_false(hardens(RULE_CAPABILITIES, (const char *const[]){ NULL }));
}

static void remedies(void **state)
{
	(void)state;
	assert_non_null(gate_remedy(RULE_ROOTFS_WRITABLE));
	assert_null(gate_remedy(RULE_HOST_PID));
	for (size_t i = 0; i < RULE_MAX; i++) {
		/* what no door can harden, the gate cannot either */
		if (!registry_rule((enum rule_id)i)->remedy)
			assert_null(gate_remedy((enum rule_id)i));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covered), cmocka_unit_test(refused), cmocka_unit_test(remedies),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
