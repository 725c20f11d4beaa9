/* SPDX-License-Identifier: Apache-2.0 */
#include "place-resolve.h"

static void test_symlinks(void **state)
{
	(void)state;
	make_dir("@/d/e");
	make_file("@/d/f", "x");
	make_link("d", "@/rel");
	make_link("@/d/e", "@/abs");
	make_link("rel/f", "@/chain");
	make_link("../..", "@/d/e/up");
	assert_place("@/d/f", FACT_KNOWN, "@/d/f");
	assert_place("@/rel/f", FACT_KNOWN, "@/d/f");
	assert_place("@//rel/./f", FACT_KNOWN, "@/d/f");
	assert_place("@/abs", FACT_KNOWN, "@/d/e");
	assert_place("@/chain", FACT_KNOWN, "@/d/f");
	assert_place("@/abs/up/d/f", FACT_KNOWN, "@/d/f");
	assert_place("@/abs/..", FACT_KNOWN, "@/d");
	assert_place("rel/f", FACT_KNOWN, "@/d/f");
	assert_place("d/../d/f", FACT_KNOWN, "@/d/f");
	assert_place("/", FACT_KNOWN, "/");
	assert_place("@/d/", FACT_KNOWN, "@/d");
	assert_unreadable("");
}

static void test_missing(void **state)
{
	(void)state;
	make_dir("@/d");
	make_file("@/f", "x");
	make_link("nowhere", "@/dangling");
	make_link("@/d/none/deep", "@/far");
	make_link("dangling/more", "@/twice");
	make_link("d", "@/rel");
	assert_place("@/none", FACT_ABSENT, "@/none");
	assert_place("@/none/a/b/c", FACT_ABSENT, "@/none/a/b/c");
	assert_place("@/d/none", FACT_ABSENT, "@/d/none");
	assert_place("none/x", FACT_ABSENT, "@/none/x");
	assert_place("@/dangling", FACT_ABSENT, "@/nowhere");
	assert_place("@/dangling/x", FACT_ABSENT, "@/nowhere/x");
	assert_place("@/far", FACT_ABSENT, "@/d/none/deep");
	assert_place("@/far/x//y/.", FACT_ABSENT, "@/d/none/deep/x/y");
	assert_place("@/twice", FACT_ABSENT, "@/nowhere/more");
	assert_place("@/rel/none/x", FACT_ABSENT, "@/d/none/x");
	assert_place("@/f/x", FACT_ABSENT, "@/f/x");
	/* who cleans the path before use gets there */
	assert_place("@/none/../f", FACT_KNOWN, "@/f");
	assert_place("@/rel/none/../../f", FACT_KNOWN, "@/f");
	assert_place("@/f/", FACT_KNOWN, "@/f");
	assert_true(same("@/far", "@/d/none/deep"));
	assert_false(same("@/far", "@/d/none/other"));
}

static void test_many_missing(void **state)
{
	struct places places = { .bundle_fd = dir_fd };
	static const char *const paths[] = {
		"@/a", "@/a/b", "@/a/b/c", "@/ab", "@/b/c/d", "@/b/c/d/e", "@/b/x", "@/d/x/y",
		"@/d/x/z", "@/d/y", "@/e", "/no-such-cofferdam", "/no-such-cofferdam/x",
	};

	(void)state;
	make_dir("@/d");
	make_dir("@/b");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_(place_free) struct fact_place alone = resolve(paths[i]), p = { 0 };
		_cleanup_free_ char *path = expand(paths[i]);
		struct error err = { 0 };

		assert_int_equal(place_resolve(&places, path, &p, &err), 0);
		assert_int_equal(p.is, FACT_ABSENT);
		assert_string_equal(p.real, path);
		assert_string_equal(p.spot.within, alone.spot.within);
		assert_int_equal(p.spot.minor, alone.spot.minor);
		assert_non_null(p.spot.fstype);
	}
	places_free(&places);
}

static void assert_same_place(const struct fact_place *a, const struct fact_place *b)
{
	if (a->is != b->is || strcmp(a->real ? a->real : "", b->real ? b->real : "") != 0)
		print_error("%s: %d %s, alone %d %s\n", a->path, a->is, a->real, b->is, b->real);
	assert_int_equal(a->is, b->is);
	assert_int_equal(a->foreign, b->foreign);
	assert_int_equal(a->mode, b->mode);
	assert_int_equal(a->n_below, b->n_below);
	if (a->is == FACT_UNREADABLE)
		return;
	assert_string_equal(a->real, b->real);
	assert_string_equal(a->spot.within, b->spot.within);
	assert_int_equal(a->spot.major, b->spot.major);
	assert_int_equal(a->spot.minor, b->spot.minor);
}

static void assert_as_walked(const char *path, const struct fact_place *place)
{
	_cleanup_buf_ struct buf other = { 0 };

	buf_printf(&other, "/%s", path);
	{
		_cleanup_(place_free) struct fact_place walked = resolve(buf_cstr(&other));

		assert_same_place(place, &walked);
	}
}

/* Nor that there are more folders than are kept open, and some that are not there. */
static void test_many_folders(void **state)
{
	struct places places = { .bundle_fd = dir_fd, .below_left = BELOW_MAX };
	struct error err = { 0 };
	char path[32];

	(void)state;
	for (unsigned i = 0; i < 2 * PARENTS_MAX; i += 2) {
		(void)snprintf(path, sizeof(path), "@/d%u", i);
		make_dir(path);
		(void)snprintf(path, sizeof(path), "@/d%u/f", i);
		make_file(path, "x");
	}
	for (unsigned i = 0; i < 20 * PARENTS_MAX; i++) {
		const char *const names[] = { "f", "none", "none/x", "none2/y/z" };
		_cleanup_(place_free) struct fact_place alone = { 0 }, p = { 0 };
		_cleanup_free_ char *full = NULL;

		(void)snprintf(path, sizeof(path), "@/d%u/%s", i * 7 % (2 * PARENTS_MAX),
			       names[i / 5 % ARRAY_SIZE(names)]);
		full = expand(path);
		alone = resolve(path);
		assert_int_equal(place_resolve(&places, full, &p, &err), 0);
		assert_int_not_equal(p.is, FACT_UNREADABLE);
		assert_same_place(&p, &alone);
	}
	places_free(&places);
}

/* make_maze - folders, and links of all kinds into and out of them. */
static void make_maze(void)
{
	make_dir("@/d/e");
	make_dir("@/d/e2");
	make_file("@/d/e/f", "x");
	make_file("@/f", "x");
	make_link("f", "@/d/e/g");
	make_link("d", "@/rel");
	make_link("../d/e", "@/d/up");
	make_link("nowhere", "@/dangling");
	make_link("loop", "@/loop");
	make_link("@/d/none/deep", "@/far");
	make_link("@/d/e", "@/abs");
	make_link("rel", "@/two");
	make_link(".//d/./e/", "@/slash");
	make_link("/proc/self", "@/self");
	make_link("/proc/1", "@/pid");
	make_link("d/../d/e", "@/dots");
	make_link("/", "@/root");
	make_link("f", "@/file");
	make_link("abs/../e2", "@/turn");
	make_link("../../d/e", "@/d/e2/back");
	make_link("d/e2/back", "@/back");
	make_link("d", "@/long0");
	for (unsigned i = 0; i < 12; i++) {
		char name[16], target[16];

		(void)snprintf(name, sizeof(name), i < 11 ? "@/long%u" : "@/long", i + 1);
		(void)snprintf(target, sizeof(target), "long%u", i);
		make_link(target, name);
	}
	make_dir("@/m");
	if (privileged)
		do_bind("@/d", "@/m");
}

/* What was looked at before changes nothing of what is found. */
static void test_any_order(void **state)
{
	static const char *const paths[] = {
		"@", "@/d", "@/d/e", "@/d/e/f", "@/d/e/g", "@/d/e2", "@/d/e/f/x", "@/rel", "@/rel/e",
		"@/rel/e/f", "@/d/up", "@/d/up/f", "@/d/none", "@/d/none/x", "@/d/none/x/y",
		"@/d/none2/x", "@/none/d/e", "@/rel/none", "@/dangling", "@/dangling/x", "@/loop",
		"@/loop/x", "@/m", "@/m/e", "@/m/none", "@/m/none/x", "d/e", "@//d/./e", "@/d/../f",
		"@/none/../f", "/", "/none-such", "/none-such/x", "/proc/self", "/proc/self/ns",
		"/proc/1", "/dev/null", "/sys", "@/far/x", "@/abs/f", "@/two/e/f", "@/two/none/x",
		"@/slash", "@/slash/x", "@/self", "@/self/ns", "@/pid", "@/dots/f", "@/dots/none",
		"@/root", "@/root/none-such", "@/file/x", "@/long/e/f", "@/back/f", "/dev/fd",
		"/dev/stdin", "/bin", "/bin/sh", "/etc/mtab", "/etc/localtime", "/var/run/none-such/x",
		"/var/lock", "@/turn", "@/turn/x",
	};

	(void)state;
	make_maze();
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *before = expand(paths[i]);

		for (size_t j = 0; j < ARRAY_SIZE(paths); j++) {
			struct places places = { .bundle_fd = dir_fd, .below_left = BELOW_MAX };
			_cleanup_(place_free) struct fact_place alone = resolve(paths[j]), a = { 0 },
								b = { 0 };
			_cleanup_free_ char *path = expand(paths[j]);
			struct error err = { 0 };

			assert_int_equal(place_resolve(&places, before, &a, &err), 0);
			assert_int_equal(place_resolve(&places, path, &b, &err), 0);
			assert_int_equal(place_below(&places, &b, &err), 0);
			assert_same_place(&b, &alone);
			/* a path that is not clean is left to the kernel, and to a walk */
			if (i == 0 && path[0] == '/')
				assert_as_walked(path, &alone);
			places_free(&places);
		}
	}
}

static void test_loops(void **state)
{
	_cleanup_buf_ struct buf deep = { 0 };

	(void)state;
	make_link("loop", "@/loop");
	make_link("b", "@/a");
	make_link("a", "@/b");
	make_link("grow/x", "@/grow");
	assert_unreadable("@/loop");
	assert_unreadable("@/a/x");
	assert_unreadable("@/grow");
	buf_str(&deep, "@");
	for (size_t i = 0; i < 1000; i++)
		buf_str(&deep, "/x");
	assert_int_equal(buf_check(&deep, &(struct error){ 0 }), 0);
	{
		_cleanup_(place_free) struct fact_place p = resolve(buf_cstr(&deep));

		assert_int_equal(p.is, FACT_ABSENT);
	}
	for (size_t i = 0; i < 2000; i++)
		buf_str(&deep, "/x");
	assert_unreadable(buf_cstr(&deep));
}

static void test_names(void **state)
{
	static const char *const names[] = {
		"@/a b", "@/new\nline", "@/back\\slash", "@/tab\t#", "@/x (deleted)", "@/\xff\xfe",
		"@/\\040",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_buf_ struct buf path = { 0 };

		make_dir(names[i]);
		assert_place(names[i], FACT_KNOWN, names[i]);
		buf_printf(&path, "@/link%zu", i);
		make_link(names[i], buf_cstr(&path));
		assert_place(buf_cstr(&path), FACT_KNOWN, names[i]);
		buf_str(&path, "/none");
		{
			_cleanup_(place_free) struct fact_place p = resolve(buf_cstr(&path));

			assert_int_equal(p.is, FACT_ABSENT);
		}
		if (privileged) {	/* escapes of mountinfo */
			do_mount("facts", names[i], "tmpfs", 0, "");
			assert_place(names[i], FACT_KNOWN, names[i]);
			assert_false(same(names[i], "@"));
		}
	}
}

/* Looked at, but never opened: a FIFO would block and a device may act. */
static void test_fifo(void **state)
{
	_cleanup_free_ char *p = expand("@/fifo");

	(void)state;
	check(mkfifo(p, 0600));
	assert_place("@/fifo", FACT_KNOWN, "@/fifo");
}

static void test_proc(void **state)
{
	char path[128];

	(void)state;
	make_dir("@/d");
	assert_place("/proc", FACT_KNOWN, "/proc");
	assert_place("/proc/sys/kernel", FACT_KNOWN, "/proc/sys/kernel");
	assert_unreadable("/proc/self");
	assert_unreadable("/proc/self/root/etc");
	assert_unreadable("/proc/self/cwd");
	assert_unreadable("/proc/thread-self/status");
	assert_unreadable("/proc/mounts");
	make_link("/proc/self/mountinfo", "@/sly");
	assert_unreadable("@/sly");
	make_link("/proc/self/none/x", "@/slier");
	assert_unreadable("@/slier");
	(void)snprintf(path, sizeof(path), "/proc/%d/root/@/d", getpid());
	assert_place(path, FACT_KNOWN, "@/d");
	(void)snprintf(path, sizeof(path), "/proc/%d/root/@/d/none", getpid());
	assert_place(path, FACT_ABSENT, "@/d/none");
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", getpid());
	assert_int_equal(chdir(dir_path), 0);
	assert_place(path, FACT_KNOWN, "@");
	assert_int_equal(chdir("/"), 0);
}

static void test_deleted(void **state)
{
	_cleanup_free_ char *d = expand("@/d");
	char path[64];

	(void)state;
	make_dir("@/d");
	{
		_cleanup_close_ int fd = open(d, O_PATH | O_CLOEXEC);

		check(rmdir(d));
		(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
		assert_place(path, FACT_KNOWN, "@/d");
	}
}

/* What is not known of mounts leaves a place unreadable, and a link one that is not followed. */
static void test_no_table(void **state)
{
	static const char *const why = "the table is not there";
	struct places places = { .table_read = true };
	_cleanup_(place_free) struct fact_place place = { 0 }, named = { 0 }, none = { 0 };
	_cleanup_free_ char *path = expand("@/link"), *file = expand("@/file");
	_cleanup_close_ int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char target[PATH_MAX];
	struct error err = { 0 };
	int mount = -1;

	(void)state;
	make_file("@/file", "x");
	make_link("file", "@/link");
	assert_true(fd >= 0);
	/* one that names a mount that is not in the table */
	assert_int_equal(place_is_link(path, &mount), 1);
	assert_int_equal(place_link(&places, mount, path, target), -ELOOP);
	assert_int_equal(fact_why(&places.table_why, &err, "%s", why), 0);
	assert_int_equal(place_of_fd(&places, fd, NULL, &place, &err), 0);
	assert_int_equal(place.is, FACT_UNREADABLE);
	assert_string_equal(place.why, why);
	assert_int_equal(place_at(&places, AT_FDCWD, "/", &none, &err), -ENODATA);
	free(steal_ptr(places.table_why));
	places.table_read = false;
	/* what a path was found by is its name, whatever /proc calls it */
	assert_int_equal(place_of_fd(&places, fd, strdup("/some/where"), &named, &err), 0);
	assert_string_equal(named.real, "/some/where");
	/* and now that there is a table */
	assert_int_equal(place_link(&places, mount, path, target), 0);
	assert_string_equal(target, "file");
	assert_int_equal(place_link(&places, mount, file, target), -ELOOP);
	places_free(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_symlinks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_folders, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_loops, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_fifo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_proc, setup, teardown),
		cmocka_unit_test_setup_teardown(test_deleted, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_table, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
