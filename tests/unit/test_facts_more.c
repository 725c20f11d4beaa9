/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts of cgroups, hooks, sockets, groups and images: against the kernel's own
 * cgroups, sockets that are really bound, and trees that are really there.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../src/facts/facts-private.h"

#define UNIFIED CGROUP_ROOT "/unified"

static char top[64];
static int top_fd = -1;

static void check(int r)
{
	if (r != 0)
		print_error("%s: %s\n", top, strerror(errno));
	assert_int_equal(r, 0);
}

/* "@/x" is x in this test's folder. */
static char *expand(const char *text)
{
	struct buf out = { 0 };

	for (; *text; text++) {
		if (*text == '@')
			buf_str(&out, top);
		else
			buf_char(&out, *text);
	}
	return buf_steal(&out);
}

static void make_dir(const char *path)
{
	_cleanup_free_ char *p = expand(path);

	check(mkdir(p, 0755));
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	_cleanup_free_ char *p = expand(path);
	_cleanup_close_ int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		print_error("%s: %s\n", p, strerror(errno));
	assert_true(fd >= 0);
	check(fchmod(fd, mode));
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void make_link(const char *target, const char *path)
{
	_cleanup_free_ char *t = expand(target), *p = expand(path);

	check(symlink(t, p));
}

static int setup(void **state)
{
	(void)state;
	alarm(120);	/* a test that hangs must fail */
	(void)snprintf(top, sizeof(top), "/tmp/cofferdam-more.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	top_fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return top_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	(void)close(top_fd);
	(void)snprintf(command, sizeof(command), "rm -rf --one-file-system %s", top);
	return system(command) == 0 ? 0 : -1;
}

struct subject {
	struct json_doc *doc;
	struct oci_spec spec;
	struct facts facts;
};

static void subject_free(struct subject *s)
{
	facts_free(&s->facts);
	oci_spec_free(&s->spec);
	json_free(&s->doc);
}

#define _cleanup_subject_ _cleanup_(subject_free)

/* @text: JSON in single quotes, with @ for the folder. */
static struct subject gather(const char *text, const struct policy *policy, int64_t pid)
{
	struct facts_source source = { .bundle_fd = top_fd, .pid = pid };
	_cleanup_free_ char *json = expand(text);
	struct subject s = { 0 };
	struct error err = { 0 };

	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	assert_int_equal(json_parse("config.json", json, strlen(json), 0, &s.doc, &err), 0);
	assert_int_equal(oci_spec_read(s.doc, &s.spec, &err), 0);
	assert_int_equal(facts_gather(&s.spec, policy, &source, &s.facts, &err), 0);
	return s;
}

/* --- processes and cgroups --- */

static void __attribute__((noreturn)) wait_forever(void)
{
	for (;;)
		pause();
}

/* A process that waits, with @flags of clone(2); 0 where that is not permitted. */
static pid_t start_child(unsigned long flags)
{
	pid_t pid;

	if (flags && unshare((int)flags) < 0)
		return 0;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		wait_forever();
	}
	return pid;
}

static void end_child(pid_t pid)
{
	check(kill(pid, SIGKILL));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

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
		pid = start_child(CLONE_NEWPID);
		if (write(fds[1], &pid, sizeof(pid)) != sizeof(pid))
			_exit(1);
		wait_forever();
	}
	assert_int_equal(read(fds[0], &pid, sizeof(pid)), sizeof(pid));
	(void)close(fds[0]);
	(void)close(fds[1]);
	return pid;
}

struct cgroups {
	char *dirs[16];
	size_t n;
};

static void cgroups_free(struct cgroups *c)
{
	while (c->n > 0) {
		/* who was killed leaves it a moment later */
		for (int i = 0; i < 200 && rmdir(c->dirs[c->n - 1]) < 0 && errno == EBUSY; i++)
			(void)usleep(10000);
		free(c->dirs[--c->n]);
	}
}

#define _cleanup_cgroups_ _cleanup_(cgroups_free)

static bool make_cgroup(struct cgroups *c, const char *dir)
{
	if (mkdir(dir, 0755) < 0)
		return false;
	c->dirs[c->n++] = strdup(dir);
	return true;
}

static void put(const char *dir, pid_t pid)
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
	_cleanup_cgroups_ struct cgroups c = { 0 };
	struct cgroup_query q = { .root = root, .v2 = v2, .path = name };
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
	other = start_child(0);
	put(below, other);
	assert_members(&q, FACT_KNOWN, 1);
	pid = start_container(&between);
	assert_true(pid > 0);
	put(dir, pid);
	assert_members(&q, FACT_KNOWN, 2);
	q.pid = pid;
	assert_members(&q, FACT_KNOWN, 1);
	put(below, getpid());
	assert_members(&q, FACT_KNOWN, 2);
	(void)snprintf(below, sizeof(below), "%.*s", (int)(strlen(dir) - strlen(name)), dir);
	put(below, getpid());
	/* of two in one pid namespace, only the one it is about is its own */
	q.pid = other;
	assert_members(&q, FACT_KNOWN, 1);
	q.shared = true;
	assert_members(&q, FACT_KNOWN, 1);
	q.pid = getpid();
	assert_members(&q, FACT_KNOWN, 2);
	end_child(other);
	end_child(between);
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
	const char *root = access(CGROUP_ROOT "/cgroup.controllers", F_OK) == 0 ? CGROUP_ROOT
										: UNIFIED;
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
	struct cgroup_query q = { .root = root, .path = "/a" };
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
	q.root = "/none";
	assert_members(&q, FACT_UNREADABLE, 0);
	q.root = root;
	q.pid = INT32_MAX;	/* it has ended */
	assert_members(&q, FACT_UNREADABLE, 0);
}

static void test_cgroup_own(void **state)
{
	static const struct { const char *path, *own; } cases[] = {
		{ "/a/b", "/a/b" }, { "a/b", "/a/b" }, { "/", "/" }, { "/a/../..//b/", "/b" },
		{ "a-b.slice:crio:id", "/a.slice/a-b.slice/crio-id.scope" },
		{ ":x:y", "/system.slice/x-y.scope" }, { "-.slice:x:y", "/x-y.scope" },
		{ "/a:b:c", "/a:b:c" }, { "x.slice::y", "/x.slice/-y.scope" },
	};
	static const char *const invalid[] = { "a:b:c", "a.slice:x:y.slice" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *own = NULL;
		const char *why = NULL;

		assert_int_equal(cgroup_own(cases[i].path, &own, &why), 0);
		assert_string_equal(own, cases[i].own);
	}
	for (size_t i = 0; i < ARRAY_SIZE(invalid); i++) {
		char *own = NULL;
		const char *why = NULL;

		assert_int_equal(cgroup_own(invalid[i], &own, &why), -EINVAL);
		assert_non_null(why);
	}
}

static void assert_cgroup(const char *text, int64_t pid, enum fact_is is, uint32_t others)
{
	_cleanup_subject_ struct subject s = gather(text, NULL, pid);
	const struct fact_cgroup *c = &s.facts.cgroup;

	if (c->is != is)
		print_error("%s: %d %s\n", text, c->is, c->why ? c->why : "");
	assert_int_equal(c->is, is);
	assert_int_equal(c->others, others);
	assert_int_equal(c->v2, access(CGROUP_ROOT "/cgroup.controllers", F_OK) == 0);
}

static void test_cgroup_gathered(void **state)
{
	_cleanup_cgroups_ struct cgroups c = { 0 };
	const bool v2 = access(CGROUP_ROOT "/cgroup.controllers", F_OK) == 0;
	char dir[128], literal[128], plain[256], systemd[256], joined[256];
	pid_t pid;

	(void)state;
	assert_cgroup("{}", 0, FACT_ABSENT, 0);
	assert_cgroup("{'linux': {'cgroupsPath': ''}}", 0, FACT_ABSENT, 0);
	assert_cgroup("{'linux': {'cgroupsPath': 5}}", 0, FACT_UNREADABLE, 0);
	assert_cgroup("{'linux': {'cgroupsPath': '/cofferdam-none/x'}}", 0, FACT_ABSENT, 0);
	assert_cgroup("{'linux': {'cgroupsPath': 'x:y:z'}}", 0, FACT_UNREADABLE, 0);
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
	pid = start_child(0);
	put(dir, pid);
	(void)snprintf(plain, sizeof(plain),
		       "{'linux': {'cgroupsPath': '/cft%d.slice/eng-id.scope'}}", getpid());
	(void)snprintf(systemd, sizeof(systemd), "{'linux': {'cgroupsPath': 'cft%d.slice:eng:id'}}",
		       getpid());
	assert_cgroup(plain, 0, FACT_KNOWN, 1);
	assert_cgroup(systemd, 0, FACT_KNOWN, 1);
	/* the host's pid namespace: its own process, and none but that */
	assert_cgroup(plain, pid, FACT_KNOWN, 0);
	assert_cgroup(plain, getpid(), FACT_KNOWN, 1);
	(void)snprintf(joined, sizeof(joined), "{'linux': {'namespaces': [{'type': 'pid'}],"
		       "'cgroupsPath': '/cft%d.slice/eng-id.scope'}}", getpid());
	assert_cgroup(joined, getpid(), FACT_KNOWN, 0);
	(void)snprintf(joined, sizeof(joined), "{'linux': {'namespaces': [{'type': 'pid',"
		       " 'path': '/proc/1/ns/pid'}],"
		       "'cgroupsPath': '/cft%d.slice/eng-id.scope'}}", getpid());
	assert_cgroup(joined, getpid(), FACT_KNOWN, 1);
	/* the same text, by a runtime that does not use systemd */
	put(literal, pid);
	assert_cgroup(systemd, 0, FACT_KNOWN, 0);
	(void)snprintf(systemd, sizeof(systemd),
		       "{'linux': {'cgroupsPath': 'cft%d.slice:other:id'}}", getpid());
	assert_cgroup(systemd, 0, FACT_KNOWN, 1);
	end_child(pid);
}

/* --- hooks --- */

static const struct fact_program *program(const struct subject *s, const char *path)
{
	_cleanup_free_ char *p = expand(path);
	const struct fact_program *found = facts_program(&s->facts, p);

	if (!found)
		print_error("%s\n", p);
	assert_non_null(found);
	assert_string_equal(found->path, p);
	assert_int_equal(found->why != NULL, found->is == FACT_UNREADABLE ||
			 (found->is == FACT_KNOWN && !found->trusted));
	return found;
}

static void assert_program(const struct subject *s, const char *path, const char *real,
			   bool trusted)
{
	const struct fact_program *p = program(s, path);
	_cleanup_free_ char *want = expand(real);

	if (p->is != FACT_KNOWN || p->trusted != trusted)
		print_error("%s: %d %s\n", path, p->is, p->why ? p->why : "trusted");
	assert_int_equal(p->is, FACT_KNOWN);
	assert_string_equal(p->real, want);
	assert_int_equal(p->trusted, trusted);
}

static void test_hooks(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	char text[2048], exe[64], deleted[64];
	_cleanup_free_ char *copy = expand("@/copy"), *self = NULL;
	/* by two steps, which valgrind does not bend to its own ends */
	_cleanup_close_ int proc = open("/proc/self", O_PATH | O_CLOEXEC);
	_cleanup_close_ int exe_fd = openat(proc, "exe", O_PATH | O_CLOEXEC);
	pid_t pid;

	(void)state;
	assert_int_equal(fd_path(exe_fd, &self), 0);
	(void)snprintf(exe, sizeof(exe), "/proc/%d/exe", getpid());
	make_dir("@/d");
	make_dir("@/open");
	write_file("@/d/hook", "#!/bin/sh\n", 0755);
	write_file("@/d/loose", "#!/bin/sh\n", 0775);
	write_file("@/open/hook", "#!/bin/sh\n", 0755);
	check(fchmodat(top_fd, "open", 0777, 0));
	make_link("d/hook", "@/link");
	make_link("../d/hook", "@/open/link");
	make_link("nowhere", "@/dangling");
	/* a program whose file is no longer there */
	(void)snprintf(text, sizeof(text), "cp /bin/sleep %s", copy);
	assert_int_equal(system(text), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execl(copy, "sleep", "60", (char *)NULL);
		_exit(1);
	}
	(void)snprintf(deleted, sizeof(deleted), "/proc/%d/exe", pid);
	for (int i = 0; i < 500; i++) {
		_cleanup_free_ char *now = realpath(deleted, NULL);

		if (now && strcmp(now, copy) == 0)
			break;
		(void)usleep(10000);
	}
	check(unlink(copy));
	(void)snprintf(text, sizeof(text),
		       "{'hooks': {'prestart': [{'path': '@/d/hook'}, {'path': '@/d/hook'}, {'path': '%s'}],"
		       "'createRuntime': [{'path': '@/link'}, {'path': '@/open/link'}, {'path': 7}, {}],"
		       "'createContainer': [{'path': '@/open/hook'}, {'path': '@/d/loose'}, {'path': '%s'}],"
		       "'startContainer': [{'path': '@/none'}, {'path': '@/dangling'}],"
		       "'poststart': [{'path': 'd/hook'}, {'path': '/proc/self/exe'}, {'path': ''}],"
		       "'poststop': [{'path': '@/d'}, {'path': '@/d/hook/x'}, {'path': '%s'}]}}",
		       exe, self, deleted);
	s = gather(text, NULL, 0);
	end_child(pid);
	assert_int_equal(s.facts.n_hooks, 15);
	assert_program(&s, "@/d/hook", "@/d/hook", true);
	assert_program(&s, "@/link", "@/d/hook", true);
	assert_program(&s, "@/open/link", "@/d/hook", false);
	assert_program(&s, "@/open/hook", "@/open/hook", false);
	assert_program(&s, "@/d/loose", "@/d/loose", false);
	assert_program(&s, "@/d", "@/d", false);
	assert_int_equal(program(&s, "@/none")->is, FACT_ABSENT);
	assert_int_equal(program(&s, "@/dangling")->is, FACT_ABSENT);
	assert_int_equal(program(&s, "@/d/hook/x")->is, FACT_ABSENT);
	assert_int_equal(program(&s, "d/hook")->is, FACT_UNREADABLE);
	assert_int_equal(program(&s, "")->is, FACT_UNREADABLE);
	assert_int_equal(program(&s, "/proc/self/exe")->is, FACT_UNREADABLE);
	assert_int_equal(program(&s, exe)->is, FACT_KNOWN);
	assert_string_equal(program(&s, exe)->real, self);
	assert_true(program(&s, exe)->own);
	assert_true(program(&s, self)->own);
	assert_int_equal(program(&s, exe)->trusted, program(&s, self)->trusted);
	assert_false(program(&s, "@/d/hook")->own);
	assert_int_equal(program(&s, deleted)->is, FACT_KNOWN);
	assert_false(program(&s, deleted)->trusted);
	assert_null(facts_program(&s.facts, "/other"));
}

static void test_hooks_of_others(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_free_ char *file = expand("@/hook"), *dir = expand("@/dir");

	(void)state;
	if (geteuid() != 0) {
		print_message("[  SKIPPED ] needs root\n");
		skip();
	}
	write_file("@/hook", "#!/bin/sh\n", 0755);
	make_dir("@/dir");
	write_file("@/dir/hook", "#!/bin/sh\n", 0755);
	check(chown(file, 1000, 0));
	check(chown(dir, 1000, 0));
	s = gather("{'hooks': {'prestart': [{'path': '@/hook'}, {'path': '@/dir/hook'}]}}", NULL, 0);
	assert_program(&s, "@/hook", "@/hook", false);
	assert_program(&s, "@/dir/hook", "@/dir/hook", false);
	assert_non_null(strstr(program(&s, "@/hook")->why, "1000"));
}

static void test_many_hooks(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_buf_ struct buf text = { 0 };

	(void)state;
	buf_str(&text, "{'hooks': {'prestart': [{'path': '/bin/sh'}");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, ", {'path': '/z%d'}", i);
	buf_str(&text, "]}}");
	s = gather(buf_cstr(&text), NULL, 0);
	assert_int_equal(s.facts.n_hooks, 101);
	assert_int_equal(facts_program(&s.facts, "/bin/sh")->is, FACT_KNOWN);
	assert_int_equal(facts_program(&s.facts, "/z0")->is, FACT_ABSENT);
	assert_int_equal(facts_program(&s.facts, "/z99")->is, FACT_UNREADABLE);
}

/* --- sockets --- */

static int bind_socket(const char *path)
{
	_cleanup_free_ char *p = expand(path);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && strlen(p) < sizeof(address.sun_path));
	memcpy(address.sun_path, p, strlen(p));
	check(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
	check(listen(fd, 1));
	return fd;
}

static const struct fact_place *socket_at(const struct facts *facts, const char *path)
{
	_cleanup_free_ char *p = expand(path);

	for (size_t i = 0; i < facts->sockets.n; i++) {
		if (strcmp(facts->sockets.v[i].path, p) == 0)
			return &facts->sockets.v[i];
	}
	return NULL;
}

static void test_sockets(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0/cofferdam-abstract" };
	_cleanup_free_ char *gone = expand("@/gone");
	_cleanup_close_ int a = -1, b = -1, c = -1, d = -1, e = -1, f = -1;
	const struct fact_place *p;

	(void)state;
	make_dir("@/d");
	make_dir("@/d/sub");
	make_link("d", "@/link");
	a = bind_socket("@/d/a.sock");
	b = bind_socket("@/link/b sock");
	c = bind_socket("@/gone");
	check(unlink(gone));
	d = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	check(bind(d, (const struct sockaddr *)&abstract,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 21)));
	e = bind_socket("@/d/sub/line\nbreak");
	f = bind_socket("@/d/\xff\\040");
	s = gather("{'mounts': [{'source': '@/d', 'type': 'bind', 'destination': '/d'},"
		   "{'source': '@/link/b sock', 'type': 'bind', 'destination': '/b'},"
		   "{'source': '@/d/sub', 'type': 'bind', 'destination': '/s'}]}", NULL, 0);
	assert_int_equal(s.facts.sockets.is, FACT_KNOWN);
	p = socket_at(&s.facts, "@/d/a.sock");
	assert_non_null(p);
	assert_int_equal(p->is, FACT_KNOWN);
	assert_true(S_ISSOCK(p->mode));
	assert_true(spot_below(&p->spot, &s.facts.mounts[0].spot));
	assert_false(spot_below(&p->spot, &s.facts.mounts[1].spot));
	assert_false(spot_below(&p->spot, &s.facts.mounts[2].spot));
	p = socket_at(&s.facts, "@/link/b sock");
	assert_non_null(p);
	assert_true(spot_below(&p->spot, &s.facts.mounts[0].spot));
	assert_true(spot_below(&p->spot, &s.facts.mounts[1].spot));
	assert_null(socket_at(&s.facts, "@/gone"));
	assert_null(socket_at(&s.facts, "@/d/sub/line"));
	assert_non_null(socket_at(&s.facts, "@/d/\xff\\040"));
	for (size_t i = 0; i < s.facts.sockets.n; i++)
		assert_int_equal(s.facts.sockets.v[i].path[0], '/');
}

/* Only where a bind has to be compared with them. */
static void test_sockets_needed(void **state)
{
	struct policy policy = { 0 };
	struct subject s;

	(void)state;
	for (size_t i = 0; i < RULE_MAX; i++)
		policy.rules[i].action = ACTION_OFF;
	policy.rules[RULE_HOST_SOCKET].action = ACTION_DENY;
	s = gather("{'mounts': [{'source': 'tmpfs', 'type': 'tmpfs'}]}", &policy, 0);
	assert_int_equal(s.facts.sockets.is, FACT_UNKNOWN);
	assert_int_equal(s.facts.cgroup.is, FACT_UNKNOWN);
	assert_int_equal(s.facts.groups.is, FACT_UNKNOWN);
	assert_int_equal(s.facts.image.is, FACT_UNKNOWN);
	assert_int_equal(s.facts.core_is, FACT_UNKNOWN);
	subject_free(&s);
	s = gather("{'mounts': [{'source': '@', 'type': 'bind'}],"
		   " 'hooks': {'prestart': [{'path': '/bin/sh'}]}}", &policy, 0);
	assert_int_equal(s.facts.sockets.is, FACT_KNOWN);
	assert_int_equal(s.facts.n_hooks, 0);
	subject_free(&s);
}

static void parse_sockets(const char *text, enum fact_is is, size_t n)
{
	struct places places = { .bundle_fd = top_fd };
	_cleanup_free_ char *copy = expand(text);
	struct fact_sockets sockets = { 0 };
	struct error err = { 0 };

	assert_int_equal(sockets_parse(&places, copy, &sockets, &err), 0);
	if (sockets.is != is || sockets.n != n)
		print_error("%d %zu, wanted %d %zu\n", sockets.is, sockets.n, is, n);
	assert_int_equal(sockets.is, is);
	assert_int_equal(sockets.n, n);
	sockets_free(&sockets);
	places_free(&places);
}

#define HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define LINE "0000000000000000: 00000002 00000000 00010000 0001 01    12"

static void test_sockets_text(void **state)
{
	_cleanup_close_ int a = -1;
	_cleanup_buf_ struct buf many = { 0 };

	(void)state;
	make_dir("@/d");
	a = bind_socket("@/d/a");
	write_file("@/d/file", "", 0644);
	parse_sockets("", FACT_KNOWN, 0);
	parse_sockets(HEAD, FACT_KNOWN, 0);
	parse_sockets(HEAD LINE "\n" LINE " @/d/a\n", FACT_KNOWN, 1);
	parse_sockets(HEAD LINE " @/d/a\n" LINE " @/d/a", FACT_KNOWN, 1);
	parse_sockets(HEAD LINE " d/a\n" LINE " @/d/\n" LINE " /\n" LINE " \n", FACT_KNOWN, 0);
	parse_sockets(HEAD LINE " @/d/file\n" LINE " @/none/x\n" LINE " @/d/a/x\n", FACT_KNOWN, 0);
	parse_sockets(HEAD "rubbish\n\n/x\n1 2 3 4 5 6 7 8\n", FACT_KNOWN, 0);
	buf_str(&many, HEAD);
	for (int i = 0; i <= 8192; i++)
		buf_printf(&many, LINE " @/d/x%d\n", i);
	parse_sockets(buf_cstr(&many), FACT_UNREADABLE, 0);
}

/* --- groups --- */

static void test_groups_text(void **state)
{
	static const char *const names[] = { "adm", "disk", "docker", "x\xff" };
	char text[] = "root:x:0:\ndisk:x:6:a,b\ndockerx:x:7:\ndocker:x:998\n:x:1:\nadm:x:\n"
		      "disk:x:4294967296:\nadm:x:-1:\nadm\nx\xff::4294967295:\ndisk:!:60:\nadm:x:4x:";
	struct fact_groups g = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(groups_parse(text, names, ARRAY_SIZE(names), &g, &err), 0);
	assert_int_equal(g.is, FACT_KNOWN);
	assert_int_equal(g.n, 4);
	assert_string_equal(g.v[0].name, "disk");
	assert_int_equal(g.v[0].gid, 6);
	assert_string_equal(g.v[1].name, "docker");
	assert_int_equal(g.v[1].gid, 998);
	assert_true(g.v[2].gid == UINT32_MAX);
	assert_int_equal(g.v[3].gid, 60);
	groups_free(&g);
}

static void test_groups(void **state)
{
	static const char *const names[] = { "tty", "cofferdam-none", "root", NULL };
	int param = registry_param(registry_rule(RULE_ROOT_GROUP), "groups");
	struct policy policy = { 0 };
	_cleanup_subject_ struct subject s = { 0 };

	(void)state;
	assert_true(param >= 0);
	for (size_t i = 0; i < RULE_MAX; i++)
		policy.rules[i].action = ACTION_OFF;
	policy.rules[RULE_ROOT_GROUP].action = ACTION_WARN;
	policy.rules[RULE_ROOT_GROUP].params[param].list = names;
	s = gather("{}", &policy, 0);
	assert_int_equal(s.facts.groups.is, FACT_KNOWN);
	assert_int_equal(s.facts.groups.n, 2);
	assert_string_equal(s.facts.groups.v[0].name, "root");
	assert_int_equal(s.facts.groups.v[0].gid, 0);
}

/* --- the image --- */

static void assert_cwd(const char *cwd, enum fact_is is, const char *want)
{
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	const struct fact_image *image;

	buf_printf(&text, "{'root': {'path': 'rootfs'}, 'process': {'cwd': '%s'}}", cwd);
	s = gather(buf_cstr(&text), NULL, 0);
	image = &s.facts.image;
	if (image->is != is || (want && (!image->cwd || strcmp(image->cwd, want) != 0)))
		print_error("%s: %d %s %s\n", cwd, image->is, image->cwd ? image->cwd : "-",
			    image->why ? image->why : "");
	assert_int_equal(image->is, is);
	if (want)
		assert_string_equal(image->cwd, want);
	else
		assert_null(image->cwd);
}

static void test_cwd(void **state)
{
	char name[64], target[64];

	(void)state;
	make_dir("@/secret");
	make_dir("@/rootfs");
	make_dir("@/rootfs/a");
	make_dir("@/rootfs/a/b");
	make_dir("@/rootfs/etc");
	write_file("@/rootfs/etc/file", "", 0644);
	make_link("/proc/self/fd", "@/rootfs/fd");
	make_link("../../../../../proc", "@/rootfs/a/up");
	make_link("/fd/7", "@/rootfs/a/b/chain");
	make_link("a/./b/../b/", "@/rootfs/rel");
	make_link("../secret", "@/rootfs/out");
	make_link("/", "@/rootfs/root");
	make_link("loop", "@/rootfs/loop");
	make_link("grow/x", "@/rootfs/grow");
	make_link("missing/../fd", "@/rootfs/sly");
	make_link("@/secret", "@/rootfs/abs");
	assert_cwd("/", FACT_KNOWN, "/");
	assert_cwd("/a/b", FACT_KNOWN, "/a/b");
	assert_cwd("//a/./b/../", FACT_KNOWN, "/a");
	assert_cwd("/../../a", FACT_KNOWN, "/a");
	assert_cwd("/fd/9", FACT_KNOWN, "/proc/self/fd/9");
	assert_cwd("/a/up/1", FACT_KNOWN, "/proc/1");
	assert_cwd("/rel/chain", FACT_KNOWN, "/proc/self/fd/7");
	assert_cwd("/rel/..", FACT_KNOWN, "/a");
	assert_cwd("/out/x", FACT_KNOWN, "/secret/x");
	assert_cwd("/root/root/a", FACT_KNOWN, "/a");
	assert_cwd("/none/x/y", FACT_KNOWN, "/none/x/y");
	assert_cwd("/none/x/../../fd", FACT_KNOWN, "/proc/self/fd");
	assert_cwd("/none/../../../a/up", FACT_KNOWN, "/proc");
	assert_cwd("/sly", FACT_KNOWN, "/proc/self/fd");
	assert_cwd("/etc/file", FACT_KNOWN, "/etc/file");
	assert_cwd("/etc/file/x", FACT_KNOWN, "/etc/file/x");
	assert_cwd("/etc/file/../../fd", FACT_KNOWN, "/proc/self/fd");
	assert_cwd("/loop", FACT_UNREADABLE, NULL);
	assert_cwd("/a/../grow/y", FACT_UNREADABLE, NULL);
	assert_cwd("a/b", FACT_KNOWN, "a/b");
	assert_cwd("", FACT_KNOWN, "");
	{
		_cleanup_free_ char *want = expand("@/secret");

		assert_cwd("/abs", FACT_KNOWN, want);
	}
	/* 40 links are followed, not one more */
	for (int i = 0; i < 41; i++) {
		(void)snprintf(name, sizeof(name), "@/rootfs/l%d", i);
		(void)snprintf(target, sizeof(target), "l%d", i + 1);
		make_link(target, name);
	}
	make_dir("@/rootfs/l41");
	assert_cwd("/l1", FACT_KNOWN, "/l41");
	assert_cwd("/l0", FACT_UNREADABLE, NULL);
}

static void test_image(void **state)
{
	static const char config[] = "{'root': {'path': 'rootfs'}}";
	static const struct { const char *text; enum fact_is is; } roots[] = {
		{ "{}", FACT_ABSENT }, { "{'root': {'path': 'none'}}", FACT_ABSENT },
		{ "{'root': {'path': 5}}", FACT_UNREADABLE },
		{ "{'root': {'path': 'file'}}", FACT_ABSENT },
		{ "{'root': {'path': '@/rootfs'}}", FACT_KNOWN }, { config, FACT_KNOWN },
	};
	_cleanup_subject_ struct subject s = { 0 };

	(void)state;
	make_dir("@/rootfs");
	make_dir("@/rootfs/sys");
	write_file("@/file", "", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		_cleanup_subject_ struct subject one = gather(roots[i].text, NULL, 0);

		assert_int_equal(one.facts.image.is, roots[i].is);
		assert_null(one.facts.image.link);
		assert_null(one.facts.image.cwd);
	}
	make_link("/etc", "@/rootfs/dev");
	s = gather(config, NULL, 0);
	assert_string_equal(s.facts.image.link, "/dev");
	subject_free(&s);
	make_link("nowhere", "@/rootfs/proc");
	s = gather(config, NULL, 0);
	assert_string_equal(s.facts.image.link, "/proc");
}

static void test_core(void **state)
{
	_cleanup_subject_ struct subject s = gather("{}", NULL, 0);
	char first = 0;
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);

	(void)state;
	if (fd >= 0) {
		assert_true(read(fd, &first, 1) >= 0);
		(void)close(fd);
		assert_int_equal(s.facts.core_is, FACT_KNOWN);
	}
	assert_int_equal(s.facts.core_pipe, first == '|');
}

/* --- recordings --- */

#define RECORDED "{'root': {'path': 'rootfs'}, 'process': {'cwd': '/w'}," \
	"'hooks': {'prestart': [{'path': '@/hook'}, {'path': '@/none'}, {'path': 'rel'}]," \
	"'poststop': [{'path': '/bin/sh'}]}," \
	"'mounts': [{'source': '@', 'type': 'bind', 'destination': '/x'}]," \
	"'linux': {'cgroupsPath': '/cofferdam/none'}}"

static void test_record(void **state)
{
	_cleanup_close_ int a = -1;
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_facts_ struct facts f = { 0 };
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 };
	struct error err = { 0 };

	(void)state;
	make_dir("@/rootfs");
	make_link("x\xff\\", "@/rootfs/w");
	make_link("y", "@/rootfs/dev");
	write_file("@/hook", "", 0777);
	a = bind_socket("@/s\xfe");
	s = gather(RECORDED, NULL, 0);
	assert_string_equal(s.facts.image.cwd, "/x\xff\\");
	s.facts.core_pipe = true;
	facts_print(&first, &s.facts);
	if (facts_load("f", first.data, first.len, &s.spec, &f, &err) < 0)
		fail_msg("%s", err.text);
	facts_print(&second, &f);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	assert_int_equal(f.cgroup.is, s.facts.cgroup.is);
	assert_int_equal(f.cgroup.v2, s.facts.cgroup.v2);
	assert_int_equal(f.n_hooks, 4);
	for (size_t i = 0; i < f.n_hooks; i++) {
		const struct fact_program *p = facts_program(&s.facts, f.hooks[i].path);

		assert_non_null(p);
		assert_int_equal(p->is, f.hooks[i].is);
		assert_int_equal(p->trusted, f.hooks[i].trusted);
		assert_int_equal(p->own, f.hooks[i].own);
		assert_int_equal(!p->why, !f.hooks[i].why);
		assert_int_equal(!p->real, !f.hooks[i].real);
	}
	assert_int_equal(f.groups.is, FACT_KNOWN);
	assert_int_equal(f.groups.n, s.facts.groups.n);
	for (size_t i = 0; i < f.groups.n; i++)
		assert_int_equal(f.groups.v[i].gid, s.facts.groups.v[i].gid);
	assert_int_equal(f.sockets.n, s.facts.sockets.n);
	assert_non_null(socket_at(&f, "@/s\xfe"));
	assert_true(spot_below(&socket_at(&f, "@/s\xfe")->spot, &f.mounts[0].spot));
	assert_string_equal(f.image.cwd, "/x\xff\\");
	assert_string_equal(f.image.link, "/dev");
	assert_int_equal(f.core_is, s.facts.core_is);
	assert_true(f.core_pipe);
}

/* What gathering on this host need not meet. */
static void test_record_rest(void **state)
{
	static const char text[] =
		"{\"format\": 1,"
		"\"cgroup\": {\"is\": \"known\", \"v2\": true, \"others\": 4294967295},"
		"\"groups\": {\"is\": \"unreadable\", \"why\": \"w\"},"
		"\"sockets\": {\"is\": \"unreadable\", \"why\": \"w\"},"
		"\"image\": {\"is\": \"unreadable\", \"why\": \"w\"},"
		"\"core\": {\"is\": \"absent\"}}";
	_cleanup_subject_ struct subject s = gather("{}", NULL, 0);
	_cleanup_facts_ struct facts f = { 0 }, again = { 0 };
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(facts_load("f", text, strlen(text), &s.spec, &f, &err), 0);
	assert_true(f.cgroup.others == UINT32_MAX);
	assert_true(f.cgroup.v2);
	assert_int_equal(f.groups.is, FACT_UNREADABLE);
	assert_string_equal(f.sockets.why, "w");
	assert_int_equal(f.core_is, FACT_ABSENT);
	facts_print(&first, &f);
	assert_int_equal(facts_load("f", first.data, first.len, &s.spec, &again, &err), 0);
	facts_print(&second, &again);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
}

static void test_load_strict(void **state)
{
	static const struct { const char *text, *where; } cases[] = {
		{ "'cgroup': {'v2': true}", "\"is\" is missing" },
		{ "'cgroup': {'is': 'known'}", "\"others\"" },
		{ "'cgroup': {'is': 'absent', 'others': 1}", "\"others\"" },
		{ "'cgroup': {'is': 'known', 'others': 4294967296}", "/cgroup/others" },
		{ "'cgroup': {'is': 'unreadable'}", "\"why\"" },
		{ "'cgroup': {'is': 'absent', 'v3': true}", "v3" },
		{ "'hooks': [{'is': 'absent'}]", "\"path\" is missing" },
		{ "'hooks': [{'path': '/a', 'is': 'known', 'trusted': true}]", "\"real\"" },
		{ "'hooks': [{'path': '/a', 'is': 'known', 'real': '/a'}]", "\"why\"" },
		{ "'hooks': [{'path': '/a', 'is': 'known', 'real': '/a', 'trusted': true,"
		  " 'why': 'x'}]", "\"why\"" },
		{ "'hooks': [{'path': '/a', 'is': 'absent', 'own': true}]", "\"own\"" },
		{ "'hooks': [{'path': '/a', 'is': 'absent'}, {'path': '/a', 'is': 'absent'}]",
		  "/hooks/1" },
		{ "'groups': {'is': 'known', 'list': [{'name': 'a'}]}", "/groups/list/0" },
		{ "'groups': {'is': 'known', 'list': [{'name': 'a', 'gid': -1}]}", "gid" },
		{ "'sockets': {'is': 'known', 'list': [{'is': 'absent'}]}", "\"path\" is missing" },
		{ "'sockets': {'is': 'known', 'list': [{'path': '/a', 'is': 'known'}]}", "\"real\"" },
		{ "'image': {'is': 'absent', 'link': '/dev'}", "\"link\"" },
		{ "'core': {'is': 'x'}", "/core/is" },
		{ "'core': {'is': 'known', 'pipe': 1}", "/core/pipe" },
	};
	_cleanup_subject_ struct subject s = gather("{}", NULL, 0);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf text = { 0 };
		struct facts f = { 0 };
		struct error err = { 0 };
		int r;

		buf_printf(&text, "{'format': 1, %s}", cases[i].text);
		for (size_t j = 0; j < text.len; j++)
			text.data[j] = text.data[j] == '\'' ? '"' : text.data[j];
		r = facts_load("f", text.data, text.len, &s.spec, &f, &err);
		if (r >= 0 || !strstr(err.text, cases[i].where))
			print_error("%s: %d %s\n", cases[i].text, r, err.text);
		assert_true(r < 0);
		assert_non_null(strstr(err.text, cases[i].where));
		assert_null(f.hooks);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_members_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_members_shaped, setup, teardown),
		cmocka_unit_test(test_cgroup_own),
		cmocka_unit_test_setup_teardown(test_cgroup_gathered, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hooks_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets_needed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets_text, setup, teardown),
		cmocka_unit_test(test_groups_text),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cwd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_image, setup, teardown),
		cmocka_unit_test_setup_teardown(test_core, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_strict, setup, teardown),
	};

	return cmocka_run_group_tests_name("facts_more", tests, NULL, NULL);
}
