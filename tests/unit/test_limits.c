/* SPDX-License-Identifier: Apache-2.0 */
/* The limits of the cgroup above the container's. */
#include "facts-fixture.h"

static void test_cgroup_parent(void **state)
{
	static const struct cgroup_case cases[] = {
		{ "/a/b/c", "/a/b" }, { "a/b/c", "/a/b" }, { "/c", "" }, { "c", "" }, { "/", "" },
		{ "//a/./b//c/", "/a/b" }, { "/../../a/../b/c", "/b" }, { "../../x", "" },
		{ "a.slice:crio:id", "/a.slice" }, { ":x:y", "/system.slice" }, { "-.slice:x:y", "" },
		{ "a-b-c.slice:x:y", "/a.slice/a-b.slice/a-b-c.slice" },
		{ "/a.slice:x:y/z", "/a.slice:x:y" }, { "/a:b:c", "" }, { "a:b:c:d", "" },
		{ "a:b:c", NULL }, { "a--b.slice:x:y", NULL }, { "-a.slice:x:y", NULL },
		{ "a-.slice:x:y", NULL }, { ".slice:x:y", NULL }, { "a.slicex:x:y", NULL },
	};

	(void)state;
	check_cgroups(limits_parent, cases, ARRAY_SIZE(cases));
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

/* pids_of - the limit of @cgroup, with what @all keeps. */
static uint64_t pids_of(struct cgroups *all, const char *cgroup)
{
	struct fact_limits l = { .cgroup = strdup(cgroup) };
	struct error err = { 0 };
	uint64_t pids;

	assert_int_equal(limits_read(all, &l, &err), 0);
	assert_string_equal(l.cgroup, cgroup);
	pids = l.is == FACT_KNOWN ? l.pids : 0;
	free(l.cgroup);
	return pids;
}

/* For many configurations the parent that was read last is not read again; for one it is. */
static void test_kept(void **state)
{
	_cleanup_free_ char *root = expand("@");
	struct cgroups kept = { .root = root, .v2 = true, .keep = true };
	struct cgroups looks = { .root = root, .v2 = true };

	(void)state;
	for (int i = 0; i < 2; i++) {
		make_dir(i ? "@/a" : "@/b");
		make_file(i ? "@/a/memory.max" : "@/b/memory.max", "max\n");
		make_file(i ? "@/a/cpu.max" : "@/b/cpu.max", "max 100000\n");
		make_file(i ? "@/a/pids.max" : "@/b/pids.max", i ? "10\n" : "20\n");
	}
	assert_int_equal(pids_of(&kept, "/a"), 10);
	assert_int_equal(pids_of(&looks, "/a"), 10);
	make_file("@/a/pids.max", "30\n");
	assert_int_equal(pids_of(&kept, "/a"), 10);
	assert_int_equal(pids_of(&looks, "/a"), 30);
	assert_int_equal(pids_of(&kept, "/b"), 20);
	assert_int_equal(pids_of(&kept, "/none"), 0);
	assert_int_equal(pids_of(&kept, "/b"), 20);
	assert_int_equal(pids_of(&kept, "/a"), 30);
	cgroups_close(&kept);
	cgroups_close(&looks);
}

static void test_cgroup_v2(void **state)
{
	struct fact_limits l;

	(void)state;
	make_file("@/memory.max", "1\n");	/* the root's does not count */
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
	make_dir("@/memory/a/b");
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
	static const struct { const char *config; enum fact_is is; } cases[] = {
		{ "{'linux': {'cgroupsPath': '/cofferdam-no-such/x/y'}}", FACT_ABSENT },
		{ "{'linux': {'cgroupsPath': '/only'}}", FACT_ABSENT },
		{ "{'linux': {'cgroupsPath': 7}}", FACT_UNREADABLE }, { "{'linux': {}}", FACT_ABSENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_subject_ struct subject s = gather(cases[i].config, NULL, 0);

		assert_int_equal(s.facts.parent.is, cases[i].is);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_parent),
		cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_live, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
