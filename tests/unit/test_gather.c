/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-fixture.h"
#include "kernel-has.h"

/* --- mounts and the policy --- */

static void test_mounts(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	const struct fact_place *m;

	(void)state;
	make_dir("@/d/e");
	make_link("d/e", "@/link");
	s = gather("{'root': {'path': 'd'}, 'mounts': ["
		   "{'destination': '/a', 'source': '@/link', 'type': 'bind'},"
		   "{'destination': '/b', 'source': 'tmpfs', 'type': 'tmpfs'},"
		   "{'destination': '/c', 'source': 'd/e', 'options': ['rbind']},"
		   "{'destination': '/d', 'type': 'bind'},"
		   "{'destination': '/e', 'source': 7, 'type': 'bind'},"
		   "{'destination': '/f', 'source': '', 'type': 'bind'},"
		   "{'destination': '/g', 'source': 'link/../e', 'type': 'bind'},"
		   "{'destination': '/h', 'source': 'd/../d', 'type': 'bind'},"
		   "{'destination': '/i', 'source': '@/none', 'type': 'bind'}]}", NULL, 0);
	assert_int_equal(s.facts.n_mounts, 9);
	m = s.facts.mounts;
	assert_int_equal(m[0].is, FACT_KNOWN);
	assert_true(S_ISDIR(m[0].mode));
	assert_true(spot_below(&m[0].spot, &m[2].spot));
	assert_int_equal(m[1].is, FACT_UNKNOWN);
	assert_int_equal(m[3].is, FACT_UNREADABLE);
	assert_int_equal(m[4].is, FACT_UNREADABLE);
	assert_int_equal(m[5].is, FACT_UNREADABLE);
	/* @/d/e to the kernel, @/e to who cleans first */
	assert_int_equal(m[6].is, FACT_UNREADABLE);
	assert_non_null(strstr(m[6].why, "differ"));
	assert_int_equal(m[7].is, FACT_KNOWN);
	assert_int_equal(m[8].is, FACT_ABSENT);
	assert_int_equal(s.facts.rootfs.is, FACT_KNOWN);
	assert_string_equal(s.facts.rootfs.real, m[7].real);
	assert_non_null(s.facts.lsm);
}

static bool ns_same(const struct fact_ns *a, const struct fact_ns *b)
{
	assert_int_equal(a->is, FACT_KNOWN);
	assert_int_equal(b->is, FACT_KNOWN);
	return a->dev == b->dev && a->ino == b->ino;
}

/* all_off - a policy of which a test switches some rules on. */
static struct policy all_off(void)
{
	struct policy policy = { 0 };

	for (size_t i = 0; i < RULE_MAX; i++)
		policy.rules[i].action = ACTION_OFF;
	return policy;
}

/* What no rule needs is not gathered. */
static void test_policy(void **state)
{
	const struct policy policy = all_off();
	struct subject s;

	(void)state;
	s = gather("{'mounts': [{'source': '/etc', 'type': 'bind'}],"
		   " 'linux': {'namespaces': [{'type': 'pid', 'path': '/proc/self/ns/pid'}],"
		   " 'cgroupsPath': '/a/b'}}", &policy, 0);
	assert_int_equal(s.facts.n_places, 0);
	assert_int_equal(s.facts.mounts[0].is, FACT_UNKNOWN);
	assert_int_equal(s.facts.host[NS_PID].is, FACT_UNKNOWN);
	assert_int_equal(s.facts.namespaces[0].is, FACT_UNKNOWN);
	assert_int_equal(s.facts.uid_map.is, FACT_UNKNOWN);
	assert_int_equal(s.facts.parent.is, FACT_UNKNOWN);
	assert_null(s.facts.lsm);
	subject_free(&s);

	s = gather("{}", NULL, 0);
	assert_int_equal(s.facts.host[NS_PID].is, FACT_KNOWN);
	assert_true(s.facts.n_places > 30);
	for (size_t i = 1; i < s.facts.n_places; i++)
		assert_true(strcmp(s.facts.places[i - 1].path, s.facts.places[i].path) < 0);
	subject_free(&s);
}

static void test_policy_places(void **state)
{
	static const char *const sockets[] = { "/run/x.sock", "/etc", "/run/x.sock", NULL };
	static const char *const folders[] = { "/usr", "/etc", NULL };
	static const char *const readonly[] = { "/etc/hosts", NULL };
	struct policy policy = all_off();
	struct subject s;

	(void)state;
	policy.rules[RULE_ENGINE_SOCKET].action = ACTION_WARN;
	policy.rules[RULE_ENGINE_SOCKET].params[0].list = sockets;
	policy.rules[RULE_SENSITIVE_MOUNT].params[0].list = folders;
	s = gather("{'mounts': [{'source': '/etc', 'type': 'bind'}]}", &policy, 0);
	assert_int_equal(s.facts.n_places, 2);
	assert_non_null(facts_place(&s.facts, "/etc"));
	assert_non_null(facts_place(&s.facts, "/run/x.sock"));
	assert_null(facts_place(&s.facts, "/usr"));
	assert_int_equal(facts_place(&s.facts, "/etc")->n_below, 0);
	assert_int_equal(s.facts.mounts[0].is, FACT_KNOWN);
	subject_free(&s);

	/* what may be mounted read-only, where something is */
	policy.rules[RULE_SENSITIVE_MOUNT].action = ACTION_HARDEN;
	policy.rules[RULE_SENSITIVE_MOUNT].params[1].list = readonly;
	s = gather("{'mounts': [{'source': '/none', 'type': 'bind', 'options': ['rw']},"
		   "{'source': 'tmpfs', 'type': 'tmpfs', 'options': ['ro']}]}", &policy, 0);
	assert_int_equal(s.facts.n_places, 3);
	assert_null(facts_place(&s.facts, "/etc/hosts"));
	subject_free(&s);
	for (size_t i = 0; i < 2; i++) {
		s = gather(i ? "{'mounts': [{'source': '/none', 'options': ['rbind', 'rro', 'rw']}]}"
			     : "{'mounts': [{'source': '/none', 'type': 'bind', 'options': ['ro']}]}",
			   &policy, 0);
		assert_int_equal(s.facts.n_places, 4);
		assert_non_null(facts_place(&s.facts, "/etc/hosts"));
		subject_free(&s);
	}
	policy.rules[RULE_SENSITIVE_MOUNT].params[1].list = NULL;
	s = gather("{'mounts': [{'source': '/none', 'type': 'bind'}]}", &policy, 0);
	assert_int_equal(s.facts.n_places, 3);
	subject_free(&s);
	/* nothing to compare them with */
	s = gather("{'mounts': [{'source': 'tmpfs', 'type': 'tmpfs'}]}", &policy, 0);
	assert_int_equal(s.facts.n_places, 0);
	subject_free(&s);
}

/* The host's namespaces are for what is joined, and for what runs. */
static void test_policy_namespaces(void **state)
{
	struct policy policy = all_off();
	struct subject s;

	(void)state;
	policy.rules[RULE_HOST_PID].action = ACTION_DENY;
	s = gather("{'linux': {'namespaces': [{'type': 'pid'}, {'type': 'ipc', 'path': ''}]}}", &policy, 0);
	assert_int_equal(s.facts.host[NS_PID].is, FACT_UNKNOWN);
	subject_free(&s);
	s = gather("{'linux': {'namespaces': [{'type': 'ipc'}, {'type': 'pid', 'path': '/proc/self/ns/pid'}]}}",
		   &policy, 0);
	assert_true(ns_same(&s.facts.host[NS_PID], &s.facts.namespaces[1]));
	subject_free(&s);
	s = gather("{}", &policy, getpid());
	assert_true(ns_same(&s.facts.host[NS_PID], &s.facts.container[NS_PID]));
	subject_free(&s);
}

/* printed - the facts of @text that @policy needs, looked up anew, or by what @seen knows. */
static char *printed(const char *text, const struct policy *policy, const struct facts_host *host,
		     struct facts_seen *seen)
{
	_cleanup_subject_ struct subject s = { 0 };
	struct facts_source source = { .bundle_fd = dir_fd, .host = host, .seen = seen };
	struct buf out = { 0 };
	struct error err = { 0 };

	read_subject(&s, text);
	assert_int_equal(facts_gather(&s.spec, policy, &source, &s.facts, &err), 0);
	facts_print(&out, &s.facts);
	return buf_steal(&out);
}

static void assert_as_unseen(const char *text, const struct policy *policy,
			     const struct facts_host *host, struct facts_seen *seen)
{
	_cleanup_free_ char *anew = printed(text, policy, NULL, NULL);
	_cleanup_free_ char *kept = printed(text, policy, host, seen);

	assert_non_null(anew);
	assert_string_equal(kept, anew);
}

/* What one configuration was told serves the next: the same, whatever was asked before. */
static void test_seen(void **state)
{
	static const char one[] = "{'root': {'path': 'rootfs'}, 'mounts': ["
		"{'source': '@/d/none/x', 'type': 'bind'}, {'source': '@/none/y', 'type': 'bind'},"
		"{'source': '@/d/none', 'type': 'bind'}, {'source': '@/d/nonesuch', 'type': 'bind'},"
		"{'source': 'd/none/z', 'type': 'bind'}, {'source': '@/link/none', 'type': 'bind'},"
		"{'source': '@/file/below', 'type': 'bind'}, {'source': '@/d', 'type': 'bind'}],"
		"'hooks': {'poststop': [{'path': '@/file'}, {'path': '@/d/hook'}, {'path': 'x'}]},"
		"'linux': {'cgroupsPath': '/cofferdam-none/pod/one', 'namespaces': ["
		"{'type': 'network', 'path': '@/none/y'}, {'type': 'ipc', 'path': '@/none/z'},"
		"{'type': 'uts', 'path': '@/file/below'}, {'type': 'pid', 'path': '@/d/none'},"
		"{'type': 'user', 'path': '/none'}]}}";
	static const char own[] = "{'linux': {'namespaces': [{'type': 'user', 'path': 'own/file'},"
		"{'type': 'uts', 'path': '@/gone/file'}]}}";
	static const char *const places[] = { "/etc", "/none", NULL };
	_cleanup_(facts_host_free) struct facts_host *host = NULL;
	struct facts_seen *seen = facts_seen_new();
	struct policy policy = all_off();
	struct error err = { 0 };
	_cleanup_free_ char *before = NULL, *after = NULL, *anew = NULL;
	char many[4096];

	(void)state;
	assert_non_null(seen);
	/* not what others change meanwhile: every socket that a program of the host listens at */
	policy.rules[RULE_ENGINE_SOCKET].action = ACTION_DENY;
	policy.rules[RULE_ENGINE_SOCKET].params[0].list = places;
	policy.rules[RULE_ROOTFS_HOST].action = ACTION_DENY;
	policy.rules[RULE_PIDS_LIMIT].action = ACTION_DENY;
	policy.rules[RULE_FOREIGN_HOOKS].action = ACTION_DENY;
	policy.rules[RULE_FOREIGN_NAMESPACE].action = ACTION_DENY;
	assert_int_equal(facts_host_gather(&policy, &host, &err), 0);
	make_dir("@/d");
	make_file("@/file", "");
	make_link("d", "@/link");
	make_dir("@/gone");
	make_file("@/gone/file", "");
	for (int i = 0; i < 2; i++)
		assert_as_unseen(one, &policy, host, seen);
	/* more folders and names than are remembered */
	for (int i = 0; i < 24; i++) {
		(void)snprintf(many, sizeof(many), "@/d/%d", i % 8);
		if (i < 8)
			make_dir(many);
		(void)snprintf(many, sizeof(many), "{'mounts': ["
			       "{'source': '@/d/%d/none/%d', 'type': 'bind'},"
			       "{'source': '@/none%d/%d', 'type': 'bind'}],"
			       "'hooks': {'poststop': [{'path': '@/d/%d'}, {'path': '/bin/true'}]},"
			       "'linux': {'cgroupsPath': '/cofferdam-none%d/%d', 'namespaces': ["
			       "{'type': 'network', 'path': '@/gone%d/%d'},"
			       "{'type': 'ipc', 'path': '@/d/%d'}]}}",
			       i % 8, i, i, i, i % 8, i % 3, i, i % 6, i, i % 8);
		assert_as_unseen(many, &policy, host, seen);
		assert_as_unseen(one, &policy, host, seen);
	}
	/* of each bundle anew, and not of a folder whose name only starts like it */
	assert_as_unseen(own, &policy, NULL, seen);
	make_dir("@/own");
	make_file("@/own/file", "");
	assert_as_unseen(own, &policy, NULL, seen);
	/* it is not looked for again: whoever has to must not use it */
	before = printed(one, &policy, host, seen);
	make_dir("@/none");
	make_file("@/none/y", "");
	after = printed(one, &policy, host, seen);
	anew = printed(one, &policy, host, NULL);
	/* by openat2(2): every walk looks anew */
	assert_string_equal(after, openat2_there() ? before : anew);
	assert_string_not_equal(anew, before);
	facts_seen_free(&seen);
	assert_null(seen);
}

/* --- namespaces --- */

static void test_namespaces(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	const struct fact_ns *v;
	char text[1024];

	(void)state;
	make_file("@/fake", "");
	make_dir("@/ns");
	(void)snprintf(text, sizeof(text), "/proc/%d/ns/uts", getpid());
	make_link(text, "@/link");
	(void)snprintf(text, sizeof(text), "{'linux': {'namespaces': ["
		       "{'type': 'pid'}, {'type': 'network', 'path': '/proc/%d/ns/net'},"
		       "{'type': 'ipc', 'path': '@/fake'}, {'type': 'mount', 'path': '@/none'},"
		       "{'type': 'uts', 'path': 'link'}, {'type': 'cgroup', 'path': ''},"
		       "{'type': 'user', 'path': 5}, {'type': 'time', 'path': '/proc/self/ns/time'},"
		       "{'type': 'x', 'path': '/proc/self/fd/0'}]}}", getpid());
	s = gather(text, NULL, 0);
	v = s.facts.namespaces;
	assert_int_equal(s.facts.n_namespaces, 9);
	for (size_t i = 0; i < NS_MAX; i++)
		assert_int_equal(s.facts.container[i].is, FACT_UNKNOWN);
	assert_int_equal(v[0].is, FACT_ABSENT);
	assert_true(ns_same(&v[1], &s.facts.host[NS_NETWORK]));
	assert_false(ns_same(&v[1], &s.facts.host[NS_UTS]));
	assert_int_equal(v[2].is, FACT_UNREADABLE);
	assert_string_equal(v[2].why, "not a namespace file");
	assert_int_equal(v[3].is, FACT_UNREADABLE);
	assert_true(ns_same(&v[4], &s.facts.host[NS_UTS]));
	assert_int_equal(v[5].is, FACT_ABSENT);
	assert_int_equal(v[6].is, FACT_UNREADABLE);
	if (s.facts.host[NS_TIME].is == FACT_KNOWN)
		assert_true(ns_same(&v[7], &s.facts.host[NS_TIME]));
	assert_int_equal(v[8].is, FACT_UNREADABLE);
}

static void test_pinned(void **state)
{
	static const char config[] = "{'linux': {'namespaces': ["
		"{'type': 'network', 'path': '@/pin'}, {'type': 'ipc', 'path': '@/own'}]}}";
	_cleanup_subject_ struct subject by_path = { 0 }, by_pid = { 0 };
	const struct fact_ns *joined, *host, *container;
	struct child c;
	char path[64];

	(void)state;
	NEED_ROOT;
	make_file("@/pin", "");
	make_file("@/own", "");
	c = start_child(CLONE_NEWNET | CLONE_NEWIPC);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", c.pid);
	do_bind(path, "@/pin");
	do_bind("/proc/self/ns/ipc", "@/own");
	by_path = gather(config, NULL, 0);
	by_pid = gather(config, NULL, c.pid);
	end_child(&c);
	joined = by_path.facts.namespaces;
	host = by_path.facts.host;
	container = by_pid.facts.container;
	assert_false(ns_same(&joined[0], &host[NS_NETWORK]));
	assert_true(ns_same(&joined[0], &container[NS_NETWORK]));
	assert_true(ns_same(&joined[1], &host[NS_IPC]));
	assert_false(ns_same(&container[NS_IPC], &host[NS_IPC]));
	assert_true(ns_same(&container[NS_PID], &host[NS_PID]));
	/* the process itself says more than the paths that led to it */
	assert_int_equal(by_pid.facts.namespaces[0].is, FACT_UNKNOWN);
}

static void test_ns_text(void **state)
{
	static const char *const others[] = {
		"", "net", "net:", "net:[", "net:[]", "net:[0]", "net:[4026531840", "net:[4026531840]x",
		"net:[x]", "net:[-1]", "net:[4026531840 ]", "net:(4026531840]", "net=[4026531840]", "ner:[4026531840]",
		"pid:[4026531840]", "/net:[4026531840]", "net:[99999999999999999999]",
	};
	uint64_t inode = 7;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(namespace_inode(others[i], "net", &inode), -ENODATA);
	assert_int_equal(inode, 7);
	assert_int_equal(namespace_inode("net:[4026531840]", "net", &inode), 0);
	assert_true(inode == 4026531840);
}

/* It has no namespaces any more, and that is not what a kernel without them would show. */
static void test_ended_process(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	const pid_t pid = fork();
	siginfo_t info;

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_true(pid > 0);
	check(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	s = gather("{}", NULL, pid);
	check(waitpid(pid, NULL, 0) == pid ? 0 : -1);
	assert_int_equal(s.facts.container[NS_NETWORK].is, FACT_UNREADABLE);
	assert_int_equal(s.facts.container[NS_MOUNT].is, FACT_UNREADABLE);
}

static void test_gone_process(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	struct child c = start_child(0);

	(void)state;
	end_child(&c);
	s = gather("{}", NULL, c.pid);
	for (size_t i = 0; i < NS_MAX; i++)
		assert_int_equal(s.facts.container[i].is, FACT_UNREADABLE);
	assert_int_equal(s.facts.uid_map.is, FACT_UNREADABLE);
	assert_int_equal(s.facts.gid_map.is, FACT_UNREADABLE);
}

/* --- id maps --- */

static void assert_idmaps(const char *text, int64_t pid, enum fact_is is, size_t n)
{
	_cleanup_subject_ struct subject s = gather(text, NULL, pid);

	if (s.facts.uid_map.is != is)
		print_error("%s: %s\n", text, s.facts.uid_map.why ? s.facts.uid_map.why : "known");
	assert_int_equal(s.facts.uid_map.is, is);
	assert_int_equal(s.facts.gid_map.is, is);
	if (is == FACT_KNOWN)
		assert_int_equal(s.facts.uid_map.n, n);
}

static void test_idmaps(void **state)
{
	(void)state;
	assert_idmaps("{}", 0, FACT_KNOWN, 0);
	/* without a user namespace mappings are ignored */
	assert_idmaps("{'linux': {" MAPS "}}", 0, FACT_KNOWN, 0);
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user'}], " MAPS "}}", 0, FACT_KNOWN, 1);
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user'}]}}", 0, FACT_UNREADABLE, 0);
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user'}], 'uidMappings': [{'size': -1}],"
		      "'gidMappings': [{'hostID': 4294967296}]}}", 0, FACT_UNREADABLE, 0);
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user', 'path': '@/none'}], " MAPS "}}",
		      0, FACT_UNREADABLE, 0);
	/* the host's own, whatever mappings are claimed */
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user', 'path': '/proc/self/ns/user'}], "
		      MAPS "}}", 0, FACT_KNOWN, 0);
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user'}], " MAPS "}}", getpid(),
		      FACT_KNOWN, 0);
}

static void write_map(pid_t pid, const char *name, const char *text)
{
	char path[64];
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void test_idmaps_of_process(void **state)
{
	char text[256];
	struct child c;

	(void)state;
	NEED_ROOT;
	make_file("@/user", "");
	c = start_child(CLONE_NEWUSER);
	/* not written yet is not the same as none */
	assert_idmaps("{}", c.pid, FACT_UNREADABLE, 0);
	write_map(c.pid, "uid_map", "0 100000 1000\n5000 0 1\n");
	write_map(c.pid, "gid_map", "0 200000 1000\n");
	{
		_cleanup_subject_ struct subject s = gather("{}", NULL, c.pid);

		assert_int_equal(s.facts.uid_map.is, FACT_KNOWN);
		assert_int_equal(s.facts.uid_map.n, 2);
		assert_int_equal(s.facts.uid_map.v[1].inside, 5000);
		assert_int_equal(s.facts.uid_map.v[1].outside, 0);
		assert_int_equal(s.facts.uid_map.v[1].count, 1);
		assert_int_equal(s.facts.gid_map.v[0].outside, 200000);
	}
	/* joined by path: the process's maps, not the ones claimed */
	(void)snprintf(text, sizeof(text), "{'linux': {'namespaces': [{'type': 'user', "
		       "'path': '/proc/%d/ns/user'}], 'uidMappings': []}}", c.pid);
	{
		_cleanup_subject_ struct subject s = gather(text, NULL, 0);

		assert_int_equal(s.facts.uid_map.is, FACT_KNOWN);
		assert_int_equal(s.facts.uid_map.n, 2);
	}
	(void)snprintf(text, sizeof(text), "/proc/%d/ns/user", c.pid);
	do_bind(text, "@/user");
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user', 'path': '@/user'}]}}", 0,
		      FACT_UNREADABLE, 0);
	assert_idmaps("{'linux': {'namespaces': [{'type': 'user', 'path': '@/user'}], " MAPS "}}",
		      0, FACT_KNOWN, 1);
	end_child(&c);
}

static void test_idmap_text(void **state)
{
	static const char *const malformed[] = {
		"", "0 0", "0 0\n", "0 0 1", "0 0 1 2\n", "0 0 x\n", "0 0 4294967296\n", "0 0 -1\n",
		"0 0 1\n\n", "0 0 1\nx",
	};
	struct fact_idmap map = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++)
		assert_int_equal(idmap_parse(malformed[i], &map), -EINVAL);
	assert_null(map.v);
	assert_int_equal(idmap_parse("         0          0 4294967295\n", &map), 0);
	assert_int_equal(map.n, 1);
	assert_int_equal(map.v[0].count, 4294967295u);
	free(map.v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy_places, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy_namespaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(test_namespaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned, setup, teardown),
		cmocka_unit_test(test_ns_text),
		cmocka_unit_test_setup_teardown(test_ended_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idmaps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idmaps_of_process, setup, teardown),
		cmocka_unit_test(test_idmap_text),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
