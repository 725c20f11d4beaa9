/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-fixture.h"

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

/* start_deleted - a program whose file is no longer there; @ret is how /proc names it. */
static pid_t start_deleted(char ret[64])
{
	_cleanup_free_ char *copy = expand("@/copy"), *command = NULL;
	pid_t pid;

	assert_true(asprintf(&command, "cp /bin/sleep %s", copy) > 0);
	assert_int_equal(system(command), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execl(copy, "sleep", "60", (char *)NULL);
		_exit(1);
	}
	(void)snprintf(ret, 64, "/proc/%d/exe", pid);
	for (int i = 0; i < 500; i++) {
		_cleanup_free_ char *now = realpath(ret, NULL);

		if (now && strcmp(now, copy) == 0)
			break;
		(void)usleep(10000);
	}
	check(unlink(copy));
	return pid;
}

static void test_hooks(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	char text[2048], exe[64], deleted[64];
	_cleanup_free_ char *self = NULL;
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
	check(fchmodat(dir_fd, "open", 0777, 0));
	make_link("d/hook", "@/link");
	make_link("../d/hook", "@/open/link");
	make_link("nowhere", "@/dangling");
	pid = start_deleted(deleted);
	(void)snprintf(text, sizeof(text),
		       "{'hooks': {'prestart': [{'path': '@/d/hook'}, {'path': '@/d/hook'}, {'path': '%s'}],"
		       "'createRuntime': [{'path': '@/link'}, {'path': '@/open/link'}, {'path': 7}, {}],"
		       "'createContainer': [{'path': '@/open/hook'}, {'path': '@/d/loose'}, {'path': '%s'}],"
		       "'startContainer': [{'path': '@/none'}, {'path': '@/dangling'}],"
		       "'poststart': [{'path': 'd/hook'}, {'path': '/proc/self/exe'}, {'path': ''}],"
		       "'poststop': [{'path': '@/d'}, {'path': '@/d/hook/x'}, {'path': '%s'}]}}",
		       exe, self, deleted);
	s = gather(text, NULL, 0);
	end_waiting(pid);
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

static void test_sockets(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	struct sockaddr_un abstract = { .sun_family = AF_UNIX, .sun_path = "\0/cofferdam-abstract" };
	_cleanup_free_ char *gone = expand("@/gone");
	_cleanup_close_ int a = -1, b = -1, c = -1, d = -1, e = -1, f = -1;
	const struct fact_place *p;

	(void)state;
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
	struct places places = { .bundle_fd = dir_fd };
	_cleanup_free_ char *copy = expand(text);
	struct fact_sockets sockets = { 0 };
	struct error err = { 0 };

	assert_int_equal(sockets_parse(&places, copy, &sockets, &err), 0);
	if (sockets.is != is || sockets.n != n)
		print_error("%d %zu, wanted %d %zu\n", sockets.is, sockets.n, is, n);
	assert_int_equal(sockets.is, is);
	assert_int_equal(sockets.n, n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(sockets.v[i].is, strstr(text, "self/") ? FACT_UNREADABLE : FACT_KNOWN);
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
	/* whose descriptor, whose folder, nobody can tell */
	parse_sockets(HEAD LINE " /proc/self/fd/13/a\n" LINE " /proc/thread-self/cwd/a\n",
		      FACT_KNOWN, 2);
	parse_sockets(HEAD LINE " /proc/self\n" LINE " /proc/selfish/a\n", FACT_KNOWN, 0);
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

/* A name of the policy may be a pattern. */
static void test_groups_patterns(void **state)
{
	static const char *const names[] = { "[ab]dm", "disk", "dock*" };
	char text[] = "adm:x:4:\ndisk:x:6:\ndoc:x:7:\ndocker:x:998:\ndocker-b:x:999:\ncdm:x:5:\n";
	struct fact_groups g = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(groups_parse(text, names, ARRAY_SIZE(names), &g, &err), 0);
	assert_int_equal(g.n, 4);
	assert_int_equal(g.v[0].gid, 4);
	assert_int_equal(g.v[1].gid, 6);
	assert_int_equal(g.v[2].gid, 998);
	assert_int_equal(g.v[3].gid, 999);
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

/* --- core dumps --- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hooks_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_hooks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets_needed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sockets_text, setup, teardown),
		cmocka_unit_test(test_groups_text),
		cmocka_unit_test(test_groups_patterns),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_core, setup, teardown),
	};

	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
