/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <cofferdam/gate.h>

#include "../../src/gate/gate-private.h"

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

/* admitted - whether a line of devices.list is within the rules of a config.json. */
static bool admitted(const char *rules, const char *line)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_spec_ struct oci_spec spec = { 0 };
	_cleanup_free_ char *text = NULL;
	struct device_rule rule = { 0 };
	struct error err = { 0 };

	assert_true(asprintf(&text, "{\"linux\":{\"resources\":{\"devices\":[%s]}}}", rules) > 0);
	assert_int_equal(json_parse("t", text, strlen(text), 0, &doc, &err), 0);
	assert_int_equal(oci_spec_read(doc, &spec, &err), 0);
	assert_true(device_rule_parse(line, &rule));
	return device_admitted(&spec.linux_.resources, &rule);
}

#define NONE "{\"allow\": false, \"access\": \"rwm\"}"
#define FUSE "{\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"rw\"}"
#define NO_FUSE "{\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"w\"}"

static void devices(void **state)
{
	struct device_rule rule;

	(void)state;
	/* what runtimes add in any case, and no more */
	assert_true(admitted(NONE, "c *:* m"));
	assert_true(admitted(NONE, "c 1:3 rwm"));
	assert_true(admitted(NONE, "c 136:* rwm\n"));
	assert_false(admitted(NONE, "c *:* rm"));
	assert_false(admitted(NONE, "b 1:3 rwm"));
	assert_false(admitted(NONE, "c 1:1 r"));
	assert_false(admitted(NONE, "a *:* rwm"));
	/* what the configuration allows, for as long as it does */
	assert_true(admitted(NONE "," FUSE, "c 10:229 rwm"));
	assert_false(admitted(NONE "," FUSE, "c 10:* rw"));
	assert_false(admitted(FUSE "," NONE, "c 10:229 r"));
	assert_true(admitted(NONE "," FUSE "," NO_FUSE, "c 10:229 r"));
	assert_false(admitted(NONE "," FUSE "," NO_FUSE, "c 10:229 w"));
	assert_true(admitted("{\"allow\": true, \"access\": \"r\"}", "a *:* rwm"));
	/* lines that the kernel does not write */
	assert_false(device_rule_parse("", &rule));
	assert_false(device_rule_parse("d 1:3 r", &rule));
	assert_false(device_rule_parse("c 1 r", &rule));
	assert_false(device_rule_parse("c -1:3 r", &rule));
	assert_false(device_rule_parse("c 1:3 rx", &rule));
}

static void unified(void **state)
{
	(void)state;
	assert_int_equal(unified_holds("memory.max", "104857600", "104857600\n"), 1);
	assert_int_equal(unified_holds("memory.max", "104857601", "104857600\n"), 1);
	assert_int_equal(unified_holds("memory.max", "104857600", "max\n"), 0);
	assert_int_equal(unified_holds("memory.max", "max", "104857600\n"), 1);
	assert_int_equal(unified_holds("pids.max", "10", "11\n"), 0);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "50000 100000\n"), 1);
	assert_int_equal(unified_holds("cpu.max", "50000", "50000 100000\n"), 1);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "25000 50000\n"), 1);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "50000 50000\n"), 0);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "max 100000\n"), 0);
	assert_int_equal(unified_holds("cpu.max", "max 100000", "50000 100000\n"), 1);
	/* what is stricter here is not known */
	assert_int_equal(unified_holds("io.weight", "100", "200\n"), -EINVAL);
	assert_int_equal(unified_holds("memory.min", "0", "4096\n"), -EINVAL);
}

static void rlimit_names(void **state)
{
	(void)state;
	assert_int_equal(rlimit_number("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	assert_int_equal(rlimit_number("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	assert_int_equal(rlimit_number("NOFILE"), -EINVAL);
	assert_int_equal(rlimit_number(""), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covered), cmocka_unit_test(refused), cmocka_unit_test(remedies),
		cmocka_unit_test(devices), cmocka_unit_test(unified),
		cmocka_unit_test(rlimit_names),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
