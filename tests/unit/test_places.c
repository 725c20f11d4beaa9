/* SPDX-License-Identifier: Apache-2.0 */
#include "facts-fixture.h"

/* --- the mount table --- */

static void test_octal(void **state)
{
	static const char *const texts[] = {
		"", "plain", "a b", "tab\tnew\nline", "back\\slash", "\\040", "\\", "\\\\0",
		"\xff\xfe", "gr\xc3\xbc\xc3\x9f", "\xc3", "mixed\\\x80\\101\n",
	};
	char decoded[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_buf_ struct buf b = { 0 };

		octal_encode(&b, texts[i]);
		(void)snprintf(decoded, sizeof(decoded), "%s", buf_cstr(&b));
		octal_decode(decoded);
		assert_string_equal(decoded, texts[i]);
	}
	(void)snprintf(decoded, sizeof(decoded), "%s", "\\040\\011\\012\\134\\000\\777\\4");
	octal_decode(decoded);
	assert_string_equal(decoded, " \t\n\\\\000\\777\\4");
}

static int parse(const char *text, struct mount_table *ret, struct error *err)
{
	_cleanup_buf_ struct buf b = { 0 };

	buf_str(&b, text);
	return mounts_parse(&b, ret, err);
}

static void test_mountinfo(void **state)
{
	_cleanup_(mounts_free) struct mount_table t = { 0 };
	const struct mount_row *row;
	struct error err = { 0 };

	(void)state;
	assert_int_equal(parse("30 20 8:1 / / rw - ext4 /dev/sda1 rw\n"
			       "40 30 0:50 /sub\\040vol /a\\012b rw,x shared:1 master:2 - btrfs x y\n"
			       "35 40 0:4 net:[4026531840] /a\\012b/c rw - nsfs nsfs rw\n", &t, &err), 0);
	assert_int_equal(t.n, 3);
	assert_null(mounts_find(&t, 31));
	row = mounts_find(&t, 40);
	assert_non_null(row);
	assert_string_equal(row->root, "/sub vol");
	assert_string_equal(row->point, "/a\nb");
	assert_string_equal(row->fstype, "btrfs");
	assert_int_equal(row->minor, 50);
	row = mounts_find(&t, 35);
	assert_string_equal(row->root, "net:[4026531840]");
	assert_true(mounts_hangs_on(&t, row, 30, "/"));
	assert_true(mounts_hangs_on(&t, row, 30, "/a\nb"));
	assert_false(mounts_hangs_on(&t, row, 30, "/a\nb/c"));
	assert_true(mounts_hangs_on(&t, row, 40, "/a\nb"));
	assert_false(mounts_hangs_on(&t, row, 35, "/a\nb"));
}

static void test_mountinfo_malformed(void **state)
{
	static const char *const texts[] = {
		"", "\n", "30 20 8:1 / /\n", "30 20 8:1 / / rw ext4 x y\n", "x 20 8:1 / / rw - e x y\n",
		"30 20 8 / / rw - e x y\n", "30 20 8:1x / / rw - e x y\n",
		"30 99999999999999999999 8:1 / / rw - e x y\n", "30 20 8:1 / / rw -\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct mount_table t = { 0 };
		struct error err = { 0 };

		assert_int_equal(parse(texts[i], &t, &err), -EINVAL);
		assert_null(t.rows);
		assert_true(err.text[0]);
	}
}

/* --- places --- */

static struct fact_place resolve(const char *path)
{
	struct places places = { .bundle_fd = top_fd, .below_left = BELOW_MAX };
	struct fact_place place = { 0 };
	_cleanup_free_ char *p = expand(path);
	struct error err = { 0 };

	assert_int_equal(place_resolve(&places, p, &place, &err), 0);
	assert_int_equal(place_below(&places, &place, &err), 0);
	assert_string_equal(place.path, p);
	if (place.is == FACT_UNREADABLE)
		assert_non_null(place.why);
	else
		assert_null(place.why);
	places_free(&places);
	return place;
}

static void assert_place(const char *path, enum fact_is is, const char *real)
{
	_cleanup_(place_free) struct fact_place p = resolve(path);
	_cleanup_free_ char *want = expand(real);

	if (p.is != is || strcmp(p.real ? p.real : "", want) != 0)
		print_error("%s: %d %s, wanted %d %s (%s)\n", path, p.is, p.real, is, want,
			    p.why ? p.why : "");
	assert_int_equal(p.is, is);
	assert_string_equal(p.real, want);
	assert_false(p.foreign);
	assert_int_equal(p.mode == 0, is == FACT_ABSENT);
}

static void assert_unreadable(const char *path)
{
	_cleanup_(place_free) struct fact_place p = resolve(path);

	if (p.is != FACT_UNREADABLE)
		print_error("%s: %d %s\n", path, p.is, p.real);
	assert_int_equal(p.is, FACT_UNREADABLE);
}

/* Whether both name one place, by whatever path. */
static bool same(const char *a, const char *b)
{
	_cleanup_(place_free) struct fact_place pa = resolve(a), pb = resolve(b);

	assert_true(pa.is == FACT_KNOWN || pa.is == FACT_ABSENT);
	assert_int_equal(pa.is, pb.is);
	return spot_below(&pa.spot, &pb.spot) && spot_below(&pb.spot, &pa.spot);
}

static void test_symlinks(void **state)
{
	(void)state;
	make_dir("@/d");
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
	struct places places = { .bundle_fd = top_fd };
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
	struct places places = { .bundle_fd = top_fd, .below_left = BELOW_MAX };
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
	make_dir("@/d");
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
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_free_ char *before = expand(paths[i]);

		for (size_t j = 0; j < ARRAY_SIZE(paths); j++) {
			struct places places = { .bundle_fd = top_fd, .below_left = BELOW_MAX };
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
	assert_int_equal(chdir(top), 0);
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

static void test_alias(void **state)
{
	(void)state;
	NEED_ROOT;
	make_dir("@/src");
	make_dir("@/src/sub");
	make_file("@/src/sub/f", "x");
	make_dir("@/alias");
	do_bind("@/src/sub", "@/alias");
	assert_place("@/alias/f", FACT_KNOWN, "@/alias/f");
	assert_true(same("@/alias", "@/src/sub"));
	assert_true(same("@/alias/f", "@/src/sub/f"));
	assert_true(same("@/alias/none", "@/src/sub/none"));
	assert_false(same("@/alias", "@/src"));
	{
		_cleanup_(place_free) struct fact_place a = resolve("@/alias"), s = resolve("@/src");

		assert_true(spot_below(&a.spot, &s.spot));
		assert_false(spot_below(&s.spot, &a.spot));
	}
}

static void test_stacked(void **state)
{
	_cleanup_close_ int lower = -1;
	_cleanup_free_ char *d = expand("@/d");
	char path[64];

	(void)state;
	NEED_ROOT;
	make_dir("@/d");
	do_mount("one", "@/d", "tmpfs", 0, "");
	make_dir("@/d/x");
	do_mount("inner", "@/d/x", "tmpfs", 0, "");
	lower = open(d, O_PATH | O_CLOEXEC);
	do_mount("two", "@/d", "tmpfs", 0, "");
	make_dir("@/d/x");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), lower);
	assert_place(path, FACT_KNOWN, "@/d");
	assert_false(same(path, "@/d"));
	assert_false(same("@/d/x", "@/d"));
	{
		_cleanup_(place_free) struct fact_place up = resolve("@/d"), low = resolve(path),
						       all = resolve("@");

		assert_int_equal(up.n_below, 0);
		/* what is mounted over it would be copied as well */
		assert_int_equal(low.n_below, 1);
		assert_int_equal(all.n_below, 3);
	}
}

static void test_below(void **state)
{
	(void)state;
	NEED_ROOT;
	make_dir("@/d");
	make_dir("@/d/t");
	make_dir("@/dx");
	make_file("@/f", "");
	do_mount("t", "@/d/t", "tmpfs", 0, "");
	make_dir("@/d/t/sub");
	do_bind("/proc/sys", "@/d/t/sub");
	do_mount("no", "@/dx", "tmpfs", 0, "");
	{
		_cleanup_(place_free) struct fact_place d = resolve("@/d"), t = resolve("@/d/t"),
						       f = resolve("@/f"), s = resolve("/proc/sys");

		assert_int_equal(d.n_below, 2);
		assert_true(spot_below(&d.below[0], &t.spot));
		assert_true(spot_below(&d.below[1], &s.spot));
		assert_string_equal(d.below[1].fstype, "proc");
		assert_string_equal(d.below[1].within, "/sys");
		assert_int_equal(t.n_below, 1);
		assert_int_equal(f.n_below, 0);
	}
}

static void test_overlay(void **state)
{
	(void)state;
	NEED_ROOT;
	make_dir("@/low");
	make_dir("@/up");
	make_dir("@/work");
	make_dir("@/all");
	make_file("@/low/f", "x");
	do_mount("overlay", "@/all", "overlay", 0, "lowerdir=@/low,upperdir=@/up,workdir=@/work");
	{
		_cleanup_(place_free) struct fact_place p = resolve("@/all/f");

		assert_int_equal(p.is, FACT_KNOWN);
		assert_string_equal(p.spot.fstype, "overlay");
		assert_string_equal(p.spot.within, "/f");
	}
	assert_false(same("@/all/f", "@/low/f"));
}

/* --- other processes --- */

static void test_foreign(void **state)
{
	struct child c;
	char path[128];

	(void)state;
	NEED_ROOT;
	c = start_child(CLONE_NEWNS);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/@", c.pid);
	{
		_cleanup_(place_free) struct fact_place p = resolve(path), own = resolve("@");

		assert_int_equal(p.is, FACT_KNOWN);
		assert_true(p.foreign);
		assert_false(own.foreign);
		assert_string_equal(p.spot.within, "");
		assert_false(spot_below(&p.spot, &own.spot));
		assert_int_not_equal(p.spot.minor, own.spot.minor);
		assert_int_equal(p.n_below, 0);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/root/@/none", c.pid);
	{
		_cleanup_(place_free) struct fact_place p = resolve(path);

		assert_int_equal(p.is, FACT_ABSENT);
		assert_true(p.foreign);
	}
	end_child(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octal),
		cmocka_unit_test(test_mountinfo),
		cmocka_unit_test(test_mountinfo_malformed),
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
		cmocka_unit_test_setup_teardown(test_alias, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stacked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_below, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
	};

	privileged = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		     mount("", "/", "", MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
