/* SPDX-License-Identifier: Apache-2.0 */
/* The mount table, and the places that mounts make of others. */
#include <limits.h>

#include "place-resolve.h"

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
			       "35 40 0:4 net:[4026531840] /a\\012b/c rw - nsfs nsfs rw\n"
			       "2147483647 30 4294967295:4294967295 / /z rw - x x x\n", &t, &err), 0);
	assert_int_equal(t.n, 4);
	row = mounts_find(&t, INT_MAX);
	assert_non_null(row);
	assert_true(row->major == UINT32_MAX && row->minor == UINT32_MAX);
	assert_null(mounts_find(&t, 31));
	row = mounts_find(&t, 40);
	assert_non_null(row);
	assert_string_equal(row->root, "/sub vol");
	assert_string_equal(row->super, "y");
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
		"30 20 :1 / / rw - e x y\n", "30 20 8: / / rw - e x y\n", "30 20 8:4294967296 / / rw - e x y\n",
		"2147483648 20 8:1 / / rw - e x y\n",
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

static void test_alias(void **state)
{
	(void)state;
	NEED_ROOT;
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

/* layers - those that are looked at, of an overlay mounted at @point with @super: their ends. */
static void assert_layers(const char *point, const char *super, enum fact_is is, const char *want)
{
	struct places places = { .bundle_fd = dir_fd, .below_left = BELOW_MAX };
	_cleanup_(place_free) struct fact_place place = { 0 };
	_cleanup_free_ char *root = expand("@/root"), *options = expand(super), *at = expand(point);
	_cleanup_buf_ struct buf ends = { 0 };
	struct mount_row *row = NULL;
	struct error err = { 0 };

	assert_int_equal(place_resolve(&places, root, &place, &err), 0);
	/* as if what lies there were an overlay; what its layers lie on stays as it is */
	for (size_t i = 0; i < places.table.n; i++)
		row = places.table.rows[i].id == places.mount ? &places.table.rows[i] : row;
	assert_non_null(row);
	row->fstype = "overlay";
	row->super = options;
	if (*at)
		row->point = at;
	assert_int_equal(place_layers(&places, &place, &err), 0);
	assert_int_equal(place.is, is);
	for (size_t i = 0; i < place.n_below; i++) {
		buf_str(&ends, strrchr(place.below[i].within, '/') + 1);
		buf_char(&ends, ' ');
	}
	assert_string_equal(buf_cstr(&ends), want);
	places_free(&places);
}

static void test_layers(void **state)
{
	(void)state;
	make_dir("@/root");
	make_dir("@/a");
	make_dir("@/b:, \\");
	make_link("a", "@/to-a");
	make_link("loop", "@/loop");
	assert_layers("", "", FACT_KNOWN, "");
	assert_layers("", "rw,index=off,lowerdir=@/a", FACT_KNOWN, "a ");
	assert_layers("", "rw,lowerdir=@/to-a:@/none::@/b\\134:\\054\\040\\134\\134,upperdir=@/root,"
		      "workdir=@/a", FACT_KNOWN, "a none b:, \\ root ");
	assert_layers("", "ro,lowerdir+=@/b:\\054\\040\\134,datadir+=@/a", FACT_KNOWN, "b:, \\ a ");
	assert_layers("", "rw,lowerdir=l/X:5/fs:../x,xlowerdir=@/a,lowerdir", FACT_KNOWN, "");
	assert_layers("", "rw,lowerdir=@/a:@/loop:@/root", FACT_UNREADABLE, "a ");
	/* what engines made where nobody else can; nothing further below */
	assert_layers("", "rw,lowerdir=/usr/lib/containers/storage/overlay/l/X:/usr/x/overlay/ID/diff",
		      FACT_KNOWN, "");
	assert_layers("", "rw,lowerdir=/usr/overlay/ID/diff/none:/usr/none/ID/diff", FACT_KNOWN,
		      "none diff ");
	assert_layers("@/store/ID/merged", "rw,lowerdir=@/store/l/X:@/store/5/diff", FACT_KNOWN, "");
	assert_layers("@/store/ID/merged", "rw,lowerdir=@/store/l/X/link", FACT_UNREADABLE, "");
	assert_layers("", "ro,lowerdir=/var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/"
		      "snapshots/7/fs", FACT_KNOWN, "");
}

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
		cmocka_unit_test_setup_teardown(test_alias, setup, teardown),
		cmocka_unit_test_setup_teardown(test_stacked, setup, teardown),
		cmocka_unit_test_setup_teardown(test_below, setup, teardown),
		cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
		cmocka_unit_test_setup_teardown(test_layers, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
	};

	privileged = own_mounts();
	return cmocka_run_group_tests_name("places-mounts", tests, NULL, NULL);
}
