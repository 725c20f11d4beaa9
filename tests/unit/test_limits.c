/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the cgroup above the container's. */
#include "facts-fixture.h"

static void test_cgroup_parent(void **state)
{
	static const struct { const char *path, *parent; } cases[] = {
		{ "/a/b/c", "/a/b" }, { "a/b/c", "/a/b" }, { "/c", NULL }, { "c", NULL }, { "/", NULL },
		{ "//a/./b//c/", "/a/b" }, { "/../../a/../b/c", "/b" }, { "../../x", NULL },
		{ "a.slice:crio:id", "/a.slice" }, { ":x:y", "/system.slice" }, { "-.slice:x:y", NULL },
		{ "a-b-c.slice:x:y", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "/a.slice:x:y/z", "/a.slice:x:y" }, { "/a:b:c", NULL }, { "a:b:c:d", NULL },
	};
	static const char *const invalid[] = {
		"a:b:c", "a--b.slice:x:y", "-a.slice:x:y", "a-.slice:x:y", ".slice:x:y", "a.slicex:x:y",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *parent = NULL;
		const char *why = NULL;

		assert_int_equal(limits_parent(cases[i].path, &parent, &why), 0);
		if (cases[i].parent)
			assert_string_equal(parent, cases[i].parent);
		else
			assert_null(parent);
	}
	for (size_t i = 0; i < ARRAY_SIZE(invalid); i++) {
		char *parent = NULL;
		const char *why = NULL;

		assert_int_equal(limits_parent(invalid[i], &parent, &why), -EINVAL);
		assert_non_null(why);
	}
}

static struct fact_limits limits(const char *cgroup, bool v2)
{
	_cleanup_free_ char *root = expand("@");
	struct cgroups all = { .root = root, .v2 = v2 };
	struct fact_limits l = { .cgroup = strdup(cgroup) };
	struct error err = { 0 };

	assert_int_equal(limits_read(&all, &l, &err), 0);
	cgroups_close(&all);
	free(l.cgroup);
	l.cgroup = NULL;
	return l;
}

static void test_cgroup_v2(void **state)
{
	struct fact_limits l;

	(void)state;
	make_file("@/memory.max", "1\n");	/* the root's does not count */
	make_dir("@/a");
	make_dir("@/a/b");
	make_dir("@/a/b/c");
	make_file("@/a/memory.max", "1073741824\n");
	make_file("@/a/pids.max", "100\n");
	make_file("@/a/cpu.max", "max 100000\n");
	make_file("@/a/b/memory.max", "max\n");
	make_file("@/a/b/pids.max", "max\n");
	make_file("@/a/b/cpu.max", "33333 100000\n");
	make_file("@/a/b/c/pids.max", "200\n");
	l = limits("/a/b/c", true);
	assert_int_equal(l.is, FACT_KNOWN);
	assert_int_equal(l.memory, 1073741824);
	assert_int_equal(l.pids, 100);
	assert_int_equal(l.millicpu, 334);
	l = limits("/a", true);
	assert_true(l.millicpu == UINT64_MAX);
	assert_int_equal(limits("/a/x", true).is, FACT_ABSENT);
	make_file("@/a/cpu.max", "nonsense\n");
	l = limits("/a/b", true);
	assert_int_equal(l.is, FACT_UNREADABLE);
	free(l.why);
	/* no symbolic links in there */
	make_link("a", "@/link");
	l = limits("/link", true);
	assert_int_equal(l.is, FACT_UNREADABLE);
	free(l.why);
}

static void test_cgroup_v1(void **state)
{
	struct fact_limits l;

	(void)state;
	make_dir("@/memory");
	make_dir("@/memory/a");
	make_dir("@/memory/a/b");
	make_dir("@/cpu,cpuacct");
	make_dir("@/cpu,cpuacct/a");
	make_dir("@/cpu,cpuacct/a/b");
	make_link("cpu,cpuacct", "@/cpu");
	make_file("@/memory/a/memory.limit_in_bytes", "1000000\n");
	make_file("@/memory/a/b/memory.limit_in_bytes", "9223372036854771712\n");
	make_file("@/cpu/a/cpu.cfs_quota_us", "-1\n");
	make_file("@/cpu/a/b/cpu.cfs_quota_us", "150000\n");
	make_file("@/cpu/a/b/cpu.cfs_period_us", "100000\n");
	l = limits("/a/b", false);
	assert_int_equal(l.is, FACT_KNOWN);
	assert_int_equal(l.memory, 1000000);
	assert_true(l.pids == UINT64_MAX);
	assert_int_equal(l.millicpu, 1500);
	make_file("@/memory/a/memory.use_hierarchy", "0\n");
	l = limits("/a/b", false);
	assert_true(l.memory == UINT64_MAX);
	assert_int_equal(limits("/x", false).is, FACT_ABSENT);
}

/* The kernel's own hierarchy, whichever it is. */
static void test_cgroup_live(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };

	(void)state;
	s = gather("{'linux': {'cgroupsPath': '/cofferdam-no-such/x/y'}}", NULL, 0);
	assert_int_equal(s.facts.parent.is, FACT_ABSENT);
	subject_free(&s);
	s = gather("{'linux': {'cgroupsPath': '/only'}}", NULL, 0);
	assert_int_equal(s.facts.parent.is, FACT_ABSENT);
	subject_free(&s);
	s = gather("{'linux': {'cgroupsPath': 7}}", NULL, 0);
	assert_int_equal(s.facts.parent.is, FACT_UNREADABLE);
	subject_free(&s);
	s = gather("{'linux': {}}", NULL, 0);
	assert_int_equal(s.facts.parent.is, FACT_ABSENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_parent),
		cmocka_unit_test_setup_teardown(test_cgroup_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_live, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
