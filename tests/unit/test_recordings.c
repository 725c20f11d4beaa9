/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-fixture.h"

/* --- recordings --- */

static int load(struct subject *s, const char *text, struct facts *ret, struct error *err)
{
	_cleanup_free_ char *json = expand(text);

	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	return facts_load("facts.json", json, strlen(json), &s->spec, ret, err);
}

#define RECORDED "{'root': {'path': 'd'}, 'mounts': [" \
	"{'source': '@', 'type': 'bind'}, {'source': 'proc', 'type': 'proc'}," \
	"{'source': '@/odd', 'type': 'bind'}, {'source': '@/none/x', 'type': 'bind'}," \
	"{'source': '@/loop', 'type': 'bind'}, {'type': 'bind'}, {'source': '@', 'type': 'bind'}]," \
	"'linux': {'cgroupsPath': '/a/b', 'namespaces': [{'type': 'pid'}," \
	"{'type': 'ipc', 'path': '/proc/self/ns/ipc'}, {'type': 'uts', 'path': '@/none'}," \
	"{'type': 'user'}], " MAPS "}}"

static void assert_recorded(int64_t pid)
{
	_cleanup_subject_ struct subject s = gather(RECORDED, NULL, pid);
	_cleanup_facts_ struct facts loaded = { 0 };
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 };
	struct error err = { 0 };

	facts_print(&first, &s.facts);
	assert_int_equal(facts_load("f", first.data, first.len, &s.spec, &loaded, &err), 0);
	facts_print(&second, &loaded);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
	assert_int_equal(loaded.n_mounts, s.facts.n_mounts);
	for (size_t i = 0; i < loaded.n_mounts; i++) {
		const struct fact_place *a = &loaded.mounts[i], *b = &s.facts.mounts[i];

		assert_int_equal(a->is, b->is);
		assert_int_equal(a->mode, b->mode);
		assert_int_equal(a->n_below, b->n_below);
		assert_int_equal(!a->real, !b->real);
		if (a->real)
			assert_string_equal(a->real, b->real);
		if (a->spot.within)
			assert_true(spot_below(&a->spot, &b->spot));
	}
	for (size_t i = 0; i < loaded.n_namespaces; i++)
		assert_int_equal(loaded.namespaces[i].is, s.facts.namespaces[i].is);
	for (size_t i = 0; i < NS_MAX; i++) {
		assert_int_equal(loaded.host[i].is, s.facts.host[i].is);
		assert_true(loaded.host[i].dev == s.facts.host[i].dev);
		assert_true(loaded.container[i].ino == s.facts.container[i].ino);
	}
	assert_int_equal(loaded.n_places, s.facts.n_places);
	assert_non_null(facts_place(&loaded, "/etc"));
	assert_int_equal(loaded.uid_map.is, FACT_KNOWN);
	assert_int_equal(loaded.rootfs.is, FACT_ABSENT);
	assert_string_equal(loaded.lsm, s.facts.lsm);
	if (privileged)
		assert_int_equal(loaded.mounts[0].n_below, 1);
}

static void test_record(void **state)
{
	(void)state;
	make_dir("@/\xff\n\\040 odd");
	make_link("\xff\n\\040 odd", "@/odd");
	make_link("loop", "@/loop");
	if (privileged) {
		make_dir("@/t");
		do_mount("t", "@/t", "tmpfs", 0, "");
	}
	assert_recorded(0);
	assert_recorded(getpid());
}

/* The same container, edited: more mounts, in other places, and fewer namespaces. */
#define EDITED "{'root': {'path': 'd'}, 'mounts': [" \
	"{'source': 'tmpfs', 'type': 'tmpfs'}, {'source': '@/new', 'type': 'bind'}," \
	"{'source': '@', 'type': 'bind'}, {'source': 'proc', 'type': 'proc'}," \
	"{'source': '@/odd', 'type': 'bind', 'options': ['ro']}," \
	"{'source': '@/loop', 'type': 'bind'}, {'type': 'bind'}, {'source': '@', 'type': 'bind'}]," \
	"'linux': {'cgroupsPath': '/a/b', 'namespaces': [{'type': 'uts', 'path': '@/none'}," \
	"{'type': 'user'}], " MAPS "}}"

static void assert_text(const char *a, const char *b)
{
	assert_int_equal(!a, !b);
	if (a)
		assert_string_equal(a, b);
}

/* Without the way through the recording they are what they would be with it. */
static void assert_again(int64_t pid)
{
	_cleanup_subject_ struct subject was = gather(RECORDED, NULL, pid), is = { 0 };
	_cleanup_facts_ struct facts loaded = { 0 }, again = { 0 };
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 }, third = { 0 };
	struct error err = { 0 };

	read_subject(&is, EDITED);
	facts_print(&first, &was.facts);
	assert_int_equal(facts_load("f", first.data, first.len, &is.spec, &loaded, &err), 0);
	assert_int_equal(facts_again(&was.facts, &is.spec, &again, &err), 0);
	facts_print(&second, &loaded);
	facts_print(&third, &again);
	assert_string_equal(buf_cstr(&second), buf_cstr(&third));
	assert_true(again.lent);
	assert_int_equal(again.n_mounts, 8);
	assert_int_equal(again.n_mounts, loaded.n_mounts);
	for (size_t i = 0; i < again.n_mounts; i++) {
		const struct fact_place *a = &again.mounts[i], *b = &loaded.mounts[i];

		assert_int_equal(a->is, b->is);
		assert_text(a->path, b->path);
		assert_text(a->why, b->why);
		assert_text(a->real, b->real);
		assert_text(a->spot.within, b->spot.within);
		assert_int_equal(a->n_below, b->n_below);
	}
	assert_int_equal(again.mounts[1].is, FACT_UNKNOWN);
	assert_int_equal(again.mounts[2].is, FACT_KNOWN);
	assert_int_equal(again.n_namespaces, 2);
	for (size_t i = 0; i < again.n_namespaces; i++) {
		assert_int_equal(again.namespaces[i].is, loaded.namespaces[i].is);
		assert_text(again.namespaces[i].path, loaded.namespaces[i].path);
	}
	assert_ptr_equal(again.places, was.facts.places);
	assert_ptr_not_equal(again.mounts[2].real, was.facts.mounts[0].real);
}

static void test_again(void **state)
{
	(void)state;
	make_dir("@/\xff\n\\040 odd");
	make_link("\xff\n\\040 odd", "@/odd");
	make_link("loop", "@/loop");
	assert_again(0);
	assert_again(getpid());
}

static void test_load_unmatched(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_facts_ struct facts f = { 0 };
	struct error err = { 0 };

	(void)state;
	read_subject(&s, RECORDED);
	assert_int_equal(load(&s, "{'format': 1, 'mounts': [{'path': '@/odd', 'is': 'known',"
			      "'real': '/x', 'mode': 16877, 'spot': {'device': '8:1', 'within': '/'}}],"
			      "'namespaces': [{'path': '@/none', 'is': 'known', 'device': '0:4',"
			      " 'inode': 12}]}", &f, &err), 0);
	assert_int_equal(f.n_mounts, 7);
	assert_int_equal(f.mounts[0].is, FACT_UNKNOWN);
	assert_int_equal(f.mounts[2].is, FACT_KNOWN);
	assert_int_equal(f.mounts[2].spot.major, 8);
	assert_int_equal(f.mounts[5].is, FACT_UNREADABLE);
	assert_int_equal(f.namespaces[0].is, FACT_ABSENT);
	assert_int_equal(f.namespaces[1].is, FACT_UNKNOWN);
	assert_int_equal(f.namespaces[2].is, FACT_KNOWN);
	assert_int_equal(f.namespaces[2].ino, 12);
	assert_int_equal(f.uid_map.is, FACT_UNKNOWN);
	assert_int_equal(f.parent.is, FACT_UNKNOWN);
	assert_int_equal(f.rootfs.is, FACT_UNKNOWN);
	assert_null(facts_place(&f, "/etc"));
}

static void test_load_strict(void **state)
{
	static const struct { const char *text, *where; } cases[] = {
		{ "{", "facts.json:1:" },
		{ "[]", "facts.json:1:1: " },
		{ "{}", "\"format\" must be 1" },
		{ "{'format': 2}", "facts.json:1:12: /format: " },
		{ "{'format': 1,\n 'hosts': {}}", "facts.json:2:" },
		{ "{'format': 1, 'lsm': 5}", "facts.json:1:22: " },
		{ "{'format': 1, 'lsm': 'a', 'lsm': 'b'}", "facts.json:1:" },
		{ "{'format': 1, 'places': [{'path': '/a', 'is': 'knwon'}]}", "/places/0/is" },
		{ "{'format': 1, 'places': [{'path': '/a'}]}", "\"is\" is missing" },
		{ "{'format': 1, 'places': [{'is': 'unknown'}]}", "\"path\" is missing" },
		{ "{'format': 1, 'places': [{'path': '/a', 'is': 'known'}]}", "\"real\"" },
		{ "{'format': 1, 'places': [{'path': '/a', 'is': 'absent', 'real': '/a'}]}", "\"spot\"" },
		{ "{'format': 1, 'places': [{'path': '/a', 'is': 'unreadable'}]}", "\"why\"" },
		{ "{'format': 1, 'mounts': [{'path': '/a', 'is': 'known', 'real': '/a', 'spot':"
		  "{'device': '8', 'within': '/'}}]}", "MAJOR:MINOR" },
		{ "{'format': 1, 'mounts': [{'path': '/a', 'is': 'known', 'real': '/a', 'spot':"
		  "{'device': '8:1'}}]}", "\"within\"" },
		{ "{'format': 1, 'host': {'namespaces': {'pid': {'is': 'known', 'device': '0:4'}}}}",
		  "\"inode\"" },
		{ "{'format': 1, 'host': {'namespaces': {'pids': {}}}}", "facts.json:1:" },
		{ "{'format': 1, 'idmaps': {'uid': {'is': 'known', 'ranges': [{'inside': 1}]}}}",
		  "/idmaps/uid/ranges/0" },
		{ "{'format': 1, 'idmaps': {'uid': {'is': 'known', 'ranges': [{'inside': 4294967296,"
		  "'outside': 0, 'count': 1}]}}}", "facts.json:1:" },
		{ "{'format': 1, 'parent': {'is': 'known', 'memory': -1}}", "facts.json:1:" },
	};
	_cleanup_subject_ struct subject s = { 0 };

	(void)state;
	read_subject(&s, RECORDED);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct facts f = { 0 };
		struct error err = { 0 };
		int r = load(&s, cases[i].text, &f, &err);

		if (r >= 0 || !strstr(err.text, cases[i].where))
			print_error("%s: %d %s\n", cases[i].text, r, err.text);
		assert_true(r < 0);
		assert_non_null(strstr(err.text, cases[i].where));
		assert_null(f.places);
	}
}

/* What load-more.c reads. */
#define RECORDED_MORE "{'root': {'path': 'rootfs'}, 'process': {'cwd': '/w'}," \
	"'hooks': {'prestart': [{'path': '@/hook'}, {'path': '@/none'}, {'path': 'rel'}]," \
	"'poststop': [{'path': '/bin/sh'}]}," \
	"'mounts': [{'source': '@', 'type': 'bind', 'destination': '/x'}, {'destination': '/p'}]," \
	"'linux': {'cgroupsPath': '/cofferdam/none'}}"

static void test_record_more(void **state)
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
	make_link("/proc/\xff", "@/rootfs/p");
	write_file("@/hook", "", 0777);
	a = bind_socket("@/s\xfe");
	s = gather(RECORDED_MORE, NULL, 0);
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
	assert_string_equal(f.image.over, "/p");
	assert_string_equal(f.image.over_at, "/proc/\xff");
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
		"\"core\": {\"is\": \"absent\"},"
		"\"selinux\": {\"is\": \"known\", \"permissive\": true, \"labels\": ["
		"{\"label\": \"a:b:c\", \"is\": \"known\", \"says\": \"a:b:d\"},"
		"{\"label\": \"x\", \"is\": \"absent\"},"
		"{\"label\": \"y\", \"is\": \"unreadable\", \"why\": \"w\"}]},"
		"\"apparmor\": {\"is\": \"unreadable\", \"why\": \"w\"}}";
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
	assert_int_equal(f.selinux.is, FACT_KNOWN);
	assert_true(f.selinux.permissive);
	assert_int_equal(f.selinux.n, 3);
	assert_string_equal(facts_label(&f.selinux, "a:b:c")->says, "a:b:d");
	assert_int_equal(facts_label(&f.selinux, "x")->is, FACT_ABSENT);
	assert_string_equal(facts_label(&f.selinux, "y")->why, "w");
	assert_null(facts_label(&f.selinux, "z"));
	assert_int_equal(f.apparmor.is, FACT_UNREADABLE);
	assert_string_equal(f.apparmor.why, "w");
	facts_print(&first, &f);
	assert_int_equal(facts_load("f", first.data, first.len, &s.spec, &again, &err), 0);
	facts_print(&second, &again);
	assert_string_equal(buf_cstr(&first), buf_cstr(&second));
}

static void test_load_strict_more(void **state)
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
		{ "'selinux': {'is': 'absent', 'permissive': true}", "\"permissive\"" },
		{ "'selinux': {'is': 'absent', 'labels': [{'label': 'a', 'is': 'absent'}]}",
		  "\"labels\"" },
		{ "'selinux': {'is': 'known', 'labels': [{'is': 'absent'}]}", "\"label\" is missing" },
		{ "'selinux': {'is': 'known', 'labels': [{'label': 'a', 'is': 'known'}]}", "\"says\"" },
		{ "'apparmor': {'is': 'known', 'labels': [{'label': 'a', 'is': 'absent',"
		  " 'says': 'b'}]}", "\"says\"" },
		{ "'apparmor': {'is': 'known', 'labels': [{'label': 'a', 'is': 'absent'},"
		  " {'label': 'a', 'is': 'absent'}]}", "/apparmor/labels/1" },
		{ "'apparmor': {'is': 'unreadable'}", "\"why\"" },
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
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_again, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_unmatched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_strict, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_strict_more, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("recordings", tests, NULL, NULL);
}
