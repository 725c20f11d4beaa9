/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-fixture.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define UNIFIED CGROUP_ROOT "/unified"

static bool is_v2(void)
{
	return access(CGROUP_ROOT "/cgroup.controllers", F_OK) == 0;
}

/* --- processes and cgroups --- */

/*
 * A child in a pid namespace of its own, and one more in it. unshare(2) would
 * change all later children of ours, so one in between makes them.
 */
static pid_t start_container(pid_t *ret_between)
{
	int fds[2];
	pid_t pid = 0;

	check(pipe2(fds, O_CLOEXEC));
	*ret_between = fork();
	assert_true(*ret_between >= 0);
	if (*ret_between == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		pid = start_waiting(CLONE_NEWPID);
		if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		wait_forever();
	}
	assert_int_equal(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(fds[0]);
	(void)close(fds[1]);
	return pid;
}

struct made {
	char *dirs[16];
	size_t n;
};

static void cgroups_free(struct made *c)
{
	while (c->n > 0) {
		/* who was killed leaves it a moment later */
		for (int i = 0; i < 200 && rmdir(c->dirs[c->n - 1]) < 0 && errno == EBUSY; i++)
			(void)usleep(10000);
		free(c->dirs[--c->n]);
	}
}

#define _cleanup_cgroups_ _cleanup_(cgroups_free)

static bool make_cgroup(struct made *c, const char *dir)
{
	if (mkdir(dir, 0755) < 0)
		return false;
	c->dirs[c->n++] = strdup(dir);
	return true;
}

static void join(const char *dir, pid_t pid)
{
	char path[512], text[32];

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	(void)snprintf(text, sizeof(text), "%d", pid);
	write_file(path, text, 0644);
}

static void assert_members(const struct cgroup_query *query, enum fact_is is, uint32_t others)
{
	struct fact_cgroup c = { 0 };
	struct error err = { 0 };

	assert_int_equal(cgroup_members(query, &c, &err), 0);
	cgroups_close(query->all);
	if (c.is != is || c.others != others)
		print_error("%s: %d %u %s, wanted %d %u\n", query->path, c.is, c.others,
			    c.why ? c.why : "", is, others);
	assert_int_equal(c.is, is);
	assert_int_equal(c.others, others);
	assert_int_equal(c.why != NULL, is == FACT_UNREADABLE);
	free(c.why);
}

static void members_of(const char *root, bool v2, const char *dir, const char *name)
{
	_cleanup_cgroups_ struct made c = { 0 };
	struct cgroups all = { .root = root, .v2 = v2 };
	struct cgroup_query q = { .all = &all, .path = name };
	char below[256];
	pid_t between = 0, pid, other;

	if (geteuid() != 0 || !make_cgroup(&c, dir)) {
		print_message("[  SKIPPED ] %s: %s\n", dir, strerror(errno));
		skip();
	}
	assert_members(&q, FACT_KNOWN, 0);
	(void)snprintf(below, sizeof(below), "%s/below", dir);
	assert_true(make_cgroup(&c, below));
	assert_members(&q, FACT_KNOWN, 0);
	other = start_waiting(0);
	join(below, other);
	assert_members(&q, FACT_KNOWN, 1);
	pid = start_container(&between);
	assert_true(pid > 0);
	join(dir, pid);
	assert_members(&q, FACT_KNOWN, 2);
	q.pid = pid;
	assert_members(&q, FACT_KNOWN, 1);
	join(below, getpid());
	assert_members(&q, FACT_KNOWN, 2);
	(void)snprintf(below, sizeof(below), "%.*s", (int)(strlen(dir) - strlen(name)), dir);
	join(below, getpid());
	/* of two in one pid namespace, only the one it is about is its own */
	q.pid = other;
	assert_members(&q, FACT_KNOWN, 1);
	q.shared = true;
	assert_members(&q, FACT_KNOWN, 1);
	q.pid = getpid();
	assert_members(&q, FACT_KNOWN, 2);
	end_waiting(other);
	end_waiting(between);
	(void)kill(pid, SIGKILL);
}

static void test_members_v1(void **state)
{
	char dir[128], name[64];

	(void)state;
	(void)snprintf(name, sizeof(name), "/cofferdam-test-%d", getpid());
	(void)snprintf(dir, sizeof(dir), "%s/pids%s", CGROUP_ROOT, name);
	members_of(CGROUP_ROOT, false, dir, name);
}

static void test_members_v2(void **state)
{
	const char *root = is_v2() ? CGROUP_ROOT : UNIFIED;
	char dir[128], name[64];

	(void)state;
	(void)snprintf(name, sizeof(name), "/cofferdam-test-%d", getpid());
	(void)snprintf(dir, sizeof(dir), "%s%s", root, name);
	members_of(root, true, dir, name);
}

/* Hierarchies that a test can shape as it likes. */
static void test_members_shaped(void **state)
{
	_cleanup_free_ char *root = expand("@");
	struct cgroups all = { .root = root };
	struct cgroup_query q = { .all = &all, .path = "/a" };
	_cleanup_buf_ struct buf many = { 0 };

	(void)state;
	make_dir("@/memory");
	make_dir("@/pids");
	make_dir("@/cpu,cpuacct");
	make_link("cpu,cpuacct", "@/cpu");
	assert_members(&q, FACT_ABSENT, 0);
	make_dir("@/memory/a");
	write_file("@/memory/a/cgroup.procs", "", 0644);
	assert_members(&q, FACT_KNOWN, 0);
	make_dir("@/cpu/a");
	write_file("@/cpu/a/cgroup.procs", "1\n2\n3\n", 0644);
	assert_members(&q, FACT_KNOWN, 3);
	write_file("@/memory/a/cgroup.procs", "7\n", 0644);
	assert_members(&q, FACT_KNOWN, 3);
	for (int i = 0; i < 4096; i++)
		buf_printf(&many, "%d\n", 100000 + i);
	write_file("@/cpu/a/cgroup.procs", buf_cstr(&many), 0644);
	assert_members(&q, FACT_KNOWN, 4096);
	buf_str(&many, "5\n");
	write_file("@/cpu/a/cgroup.procs", buf_cstr(&many), 0644);
	assert_members(&q, FACT_UNREADABLE, 0);
	write_file("@/cpu/a/cgroup.procs", "1\nx\n", 0644);
	assert_members(&q, FACT_UNREADABLE, 0);
	write_file("@/cpu/a/cgroup.procs", "", 0644);
	for (int i = 0; i < 600; i++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "@/cpu/a/%d", i);
		make_dir(name);
		(void)snprintf(name, sizeof(name), "@/cpu/a/%d/cgroup.procs", i);
		write_file(name, "", 0644);
	}
	assert_members(&q, FACT_UNREADABLE, 0);
	/* nothing leads out */
	make_dir("@/outside");
	write_file("@/outside/cgroup.procs", "1\n", 0644);
	make_link("../outside", "@/pids/link");
	q.path = "/link";
	assert_members(&q, FACT_UNREADABLE, 0);
	q.path = "/a";
	all.root = "/none";
	assert_members(&q, FACT_UNREADABLE, 0);
	all.root = root;
	q.pid = INT32_MAX;	/* it has ended */
	assert_members(&q, FACT_UNREADABLE, 0);
}

static void test_cgroup_own(void **state)
{
	static const struct cgroup_case cases[] = {
		{ "/a/b", "/a/b" }, { "a/b", "/a/b" }, { "/", "/" }, { "/a/../..//b/", "/b" },
		{ "a-b.slice:crio:id", "/a.slice/a-b.slice/crio-id.scope" },
		{ ":x:y", "/system.slice/x-y.scope" }, { "-.slice:x:y", "/x-y.scope" },
		{ "/a:b:c", "/a:b:c" }, { "x.slice::y", "/x.slice/-y.scope" },
		{ "a:b:c", NULL }, { "a.slice:x:y.slice", NULL },
	};

	(void)state;
	check_cgroups(cgroup_own, cases, ARRAY_SIZE(cases));
}

/* assert_cgroup - of the process @pid, in the cgroup that such a configuration names. */
static void __attribute__((format(printf, 4, 5)))
assert_cgroup(int64_t pid, enum fact_is is, uint32_t others, const char *format, ...)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_subject_ struct subject s = { 0 };
	const struct fact_cgroup *c = &s.facts.cgroup;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&text, format, args) >= 0);
	va_end(args);
	s = gather(text, NULL, pid);
	if (c->is != is)
		print_error("%s: %d %s\n", text, c->is, c->why ? c->why : "");
	assert_int_equal(c->is, is);
	assert_int_equal(c->others, others);
	assert_int_equal(c->v2, is_v2());
}

/* For many configurations, what is missing stays missing, and only that. */
static void test_kept(void **state)
{
	_cleanup_free_ char *root = expand("@");
	struct cgroups all = { .root = root, .keep = true };
	int fd;

	(void)state;
	make_dir("@/memory/a");
	assert_int_equal(cgroups_root(&all), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(cgroups_open(&all, HIERARCHY_MEMORY, "a/b/c"), -ENOENT);
		assert_int_equal(cgroups_open(&all, HIERARCHY_MEMORY, "b/c"), -ENOENT);
		assert_int_equal(cgroups_open(&all, HIERARCHY_PIDS, "a"), -ENOENT);
	}
	make_dir("@/memory/b");
	make_dir("@/memory/bb");
	assert_int_equal(cgroups_open(&all, HIERARCHY_MEMORY, "b/d"), -ENOENT);
	assert_int_equal(cgroups_open(&all, HIERARCHY_MEMORY, "b"), -ENOENT);
	fd = cgroups_open(&all, HIERARCHY_MEMORY, "bb");
	assert_true(fd >= 0);
	(void)close(fd);
	make_dir("@/memory/a/b");
	fd = cgroups_open(&all, HIERARCHY_MEMORY, "a/b");
	assert_true(fd >= 0);
	(void)close(fd);
	cgroups_close(&all);
	/* and a door looks each time */
	all.keep = false;
	assert_int_equal(cgroups_root(&all), 0);
	assert_int_equal(cgroups_open(&all, HIERARCHY_MEMORY, "c"), -ENOENT);
	make_dir("@/memory/c");
	fd = cgroups_open(&all, HIERARCHY_MEMORY, "c");
	assert_true(fd >= 0);
	(void)close(fd);
	cgroups_close(&all);
}

static uint32_t others(struct cgroups *all)
{
	const struct cgroup_query query = { .all = all, .path = "/top/x/y" };
	struct fact_cgroup cgroup = { 0 };
	struct error err;

	assert_int_equal(cgroups_version(all), 0);
	assert_int_equal(cgroup_members(&query, &cgroup, &err), 0);
	assert_int_not_equal(cgroup.is, FACT_UNREADABLE);
	return cgroup.others;
}

/* For many configurations, an empty cgroup above them is asked once, one with processes each time. */
static void test_kept_empty(void **state)
{
	_cleanup_free_ char *root = expand("@");
	struct cgroups all = { .root = root, .keep = true }, looks = { .root = root };

	(void)state;
	make_dir("@/memory/top");
	make_file("@/memory/top/cgroup.procs", "");
	assert_int_equal(others(&all), 0);
	make_file("@/memory/top/cgroup.procs", "1\n");
	assert_int_equal(others(&all), 0);
	assert_int_equal(others(&looks), 1);
	cgroups_close(&all);
	assert_int_equal(others(&all), 1);
	make_file("@/memory/top/cgroup.procs", "");
	assert_int_equal(others(&all), 0);
	cgroups_close(&all);
	cgroups_close(&looks);
}

/* What podman --cgroups=split makes in a service: itself and conmon are beside, and not above. */
static void test_split(void **state)
{
	_cleanup_free_ char *root = expand("@");
	struct cgroups all = { .root = root };
	const struct cgroup_query q = { .all = &all, .path = "/system.slice/x.service/libpod-payload-1" };

	(void)state;
	make_dir("@/pids/system.slice/x.service/runtime");
	make_file("@/pids/system.slice/cgroup.procs", "");
	make_file("@/pids/system.slice/x.service/cgroup.procs", "");
	make_file("@/pids/system.slice/x.service/runtime/cgroup.procs", "1\n2\n");
	assert_members(&q, FACT_ABSENT, 0);
	make_file("@/pids/system.slice/x.service/cgroup.procs", "1\n");
	assert_members(&q, FACT_KNOWN, 1);
}

/* By whichever hierarchies limits hold, its own process is where it is, and nowhere else. */
static void test_cgroup_holds(void **state)
{
	const struct cgroups v1 = { .v2 = false }, v2 = { .v2 = true };
	bool known = is_v2();

	(void)state;
	assert_false(cgroup_holds(known ? &v2 : &v1, "/cofferdam-none", getpid()));
	assert_false(cgroup_holds(&v1, "/cofferdam-none", getpid()));
	assert_false(cgroup_holds(&v2, "/cofferdam-none", getpid()));
	assert_true(cgroup_holds(known ? &v2 : &v1, "/", getpid()));
	/* no such process */
	assert_false(cgroup_holds(&v1, "/", INT32_MAX));
	assert_false(cgroup_holds(&v2, "/", INT32_MAX));
}

#define IN_SLICE(below) "{'linux': {'cgroupsPath': '/cft%d.slice" below "'}}"
#define BY_SYSTEMD(prefix) "{'linux': {'cgroupsPath': 'cft%d.slice:" prefix ":id'}}"

static void test_cgroup_gathered(void **state)
{
	_cleanup_cgroups_ struct made c = { 0 };
	const bool v2 = is_v2();
	char dir[128], literal[128], plain[128];
	pid_t pid;

	(void)state;
	assert_cgroup(0, FACT_ABSENT, 0, "{}");
	assert_cgroup(0, FACT_ABSENT, 0, "{'linux': {'cgroupsPath': ''}}");
	assert_cgroup(0, FACT_UNREADABLE, 0, "{'linux': {'cgroupsPath': 5}}");
	assert_cgroup(0, FACT_ABSENT, 0, "{'linux': {'cgroupsPath': '/cofferdam-none/x'}}");
	assert_cgroup(0, FACT_UNREADABLE, 0, "{'linux': {'cgroupsPath': 'x:y:z'}}");
	(void)snprintf(plain, sizeof(plain), "%s%s/cft%d.slice", CGROUP_ROOT, v2 ? "" : "/pids",
		       getpid());
	(void)snprintf(dir, sizeof(dir), "%.90s/eng-id.scope", plain);
	(void)snprintf(literal, sizeof(literal), "%s%s/cft%d.slice:other:id", CGROUP_ROOT,
		       v2 ? "" : "/pids", getpid());
	if (geteuid() != 0 || !make_cgroup(&c, plain) || !make_cgroup(&c, dir) ||
	    !make_cgroup(&c, literal)) {
		print_message("[  SKIPPED ] cgroups cannot be made: %s\n", strerror(errno));
		skip();
	}
	pid = start_waiting(0);
	join(dir, pid);
	assert_cgroup(0, FACT_KNOWN, 1, IN_SLICE("/eng-id.scope"), getpid());
	assert_cgroup(0, FACT_KNOWN, 1, BY_SYSTEMD("eng"), getpid());
	/* the host's pid namespace: its own process, and none but that */
	assert_cgroup(pid, FACT_KNOWN, 0, IN_SLICE("/eng-id.scope"), getpid());
	assert_cgroup(getpid(), FACT_KNOWN, 1, IN_SLICE("/eng-id.scope"), getpid());
	assert_cgroup(getpid(), FACT_KNOWN, 0, "{'linux': {'namespaces': [{'type': 'pid'}],"
		      "'cgroupsPath': '/cft%d.slice/eng-id.scope'}}", getpid());
	assert_cgroup(getpid(), FACT_KNOWN, 1, "{'linux': {'namespaces': [{'type': 'pid',"
		      " 'path': '/proc/1/ns/pid'}],"
		      "'cgroupsPath': '/cft%d.slice/eng-id.scope'}}", getpid());
	/* in it, and below that, whether those are there or not */
	assert_cgroup(0, FACT_KNOWN, 1, IN_SLICE("/eng-id.scope/x"), getpid());
	assert_cgroup(pid, FACT_ABSENT, 0, IN_SLICE("/eng-id.scope/x"), getpid());
	assert_cgroup(0, FACT_KNOWN, 1, IN_SLICE("/eng-id.scope/x/y"), getpid());
	assert_cgroup(0, FACT_ABSENT, 0, IN_SLICE("/x"), getpid());
	/* the same text, by a runtime that does not use systemd */
	join(literal, pid);
	assert_cgroup(0, FACT_KNOWN, 0, BY_SYSTEMD("eng"), getpid());
	assert_cgroup(0, FACT_KNOWN, 1, BY_SYSTEMD("other"), getpid());
	end_waiting(pid);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cgroup_holds),
		cmocka_unit_test_setup_teardown(test_members_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members_shaped, setup, teardown),
		cmocka_unit_test(test_cgroup_own),
		cmocka_unit_test_setup_teardown(test_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(test_split, setup, teardown),
		cmocka_unit_test_setup_teardown(test_kept_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_gathered, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("cgroups", tests, NULL, NULL);
}
