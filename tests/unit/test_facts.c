/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Facts against a real kernel: bind mounts, overlays, stacked mounts and
 * namespaces are made here, in a mount namespace of the test's own.
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
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "../../src/facts/facts-private.h"

static char top[64];		/* this test's folder */
static int top_fd = -1;
static bool privileged;		/* root, in a mount namespace of our own */

#define NEED_ROOT do { \
	if (!privileged) { \
		print_message("[  SKIPPED ] needs root and unshare(2) of mounts\n"); \
		skip(); \
	} \
} while (0)

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

static void make_file(const char *path, const char *text)
{
	_cleanup_free_ char *p = expand(path);
	_cleanup_close_ int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static void make_link(const char *target, const char *path)
{
	_cleanup_free_ char *t = expand(target), *p = expand(path);

	check(symlink(t, p));
}

static void do_mount(const char *source, const char *target, const char *type,
		     unsigned long flags, const char *data)
{
	_cleanup_free_ char *s = expand(source), *t = expand(target), *d = expand(data);

	check(mount(s, t, type, flags, d));
}

static void bind(const char *source, const char *target)
{
	do_mount(source, target, "", MS_BIND | MS_REC, "");
}

static int remove_tree(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf --one-file-system %s", top);
	return system(command) == 0 ? 0 : -1;
}

static int setup(void **state)
{
	(void)state;
	alarm(60);	/* a test that hangs must fail */
	(void)snprintf(top, sizeof(top), "/tmp/cofferdam-facts.XXXXXX");
	if (!mkdtemp(top))
		return -1;
	if (privileged && mount("facts", top, "tmpfs", 0, "mode=755") < 0)
		return -1;
	top_fd = open(top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return top_fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)close(top_fd);
	top_fd = -1;
	if (privileged && umount2(top, MNT_DETACH) < 0)
		return -1;
	return remove_tree();
}

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
	bind("@/src/sub", "@/alias");
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
	bind("/proc/sys", "@/d/t/sub");
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

struct child {
	pid_t pid;
	int go;			/* closed: it ends */
};

/* A process in new namespaces of its own, with a tmpfs on @. */
static struct child start_child(int flags)
{
	struct child c = { 0 };
	int ready[2], go[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(go[1]);
		if (unshare(flags) < 0)
			_exit(1);
		if ((flags & CLONE_NEWNS) && !(flags & CLONE_NEWUSER) &&
		    mount("foreign", top, "tmpfs", 0, "") < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	c.go = go[1];
	return c;
}

static void end_child(const struct child *c)
{
	(void)close(c->go);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
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

/* A configuration and its facts. */
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

/* @text: JSON in single quotes, with @ for the folder. */
static void read_subject(struct subject *s, const char *text)
{
	_cleanup_free_ char *json = expand(text);
	struct error err = { 0 };

	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	assert_int_equal(json_parse("config.json", json, strlen(json), 0, &s->doc, &err), 0);
	assert_int_equal(oci_spec_read(s->doc, &s->spec, &err), 0);
}

static struct subject gather(const char *text, const struct policy *policy, int64_t pid)
{
	struct facts_source source = { .bundle_fd = top_fd, .pid = pid };
	struct subject s = { 0 };
	struct error err = { 0 };

	read_subject(&s, text);
	assert_int_equal(facts_gather(&s.spec, policy, &source, &s.facts, &err), 0);
	return s;
}

#define _cleanup_subject_ _cleanup_(subject_free)

static void test_mounts(void **state)
{
	_cleanup_subject_ struct subject s = { 0 };
	const struct fact_place *m;

	(void)state;
	make_dir("@/d");
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

static void test_policy(void **state)
{
	static const char *const sockets[] = { "/run/x.sock", "/etc", "/run/x.sock", NULL };
	static const char *const folders[] = { "/usr", "/etc", NULL };
	struct policy policy = { 0 };
	struct subject s;

	(void)state;
	for (size_t i = 0; i < RULE_MAX; i++)
		policy.rules[i].action = ACTION_OFF;
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

	policy.rules[RULE_SENSITIVE_MOUNT].action = ACTION_HARDEN;
	s = gather("{'mounts': [{'source': '/none', 'type': 'bind'}]}", &policy, 0);
	assert_int_equal(s.facts.n_places, 3);
	subject_free(&s);
	/* nothing to compare them with */
	s = gather("{'mounts': [{'source': 'tmpfs', 'type': 'tmpfs'}]}", &policy, 0);
	assert_int_equal(s.facts.n_places, 0);
	subject_free(&s);

	s = gather("{}", NULL, 0);
	assert_true(s.facts.n_places > 30);
	for (size_t i = 1; i < s.facts.n_places; i++)
		assert_true(strcmp(s.facts.places[i - 1].path, s.facts.places[i].path) < 0);
	subject_free(&s);
}

/* --- namespaces --- */

static bool ns_same(const struct fact_ns *a, const struct fact_ns *b)
{
	assert_int_equal(a->is, FACT_KNOWN);
	assert_int_equal(b->is, FACT_KNOWN);
	return a->dev == b->dev && a->ino == b->ino;
}

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
	bind(path, "@/pin");
	bind("/proc/self/ns/ipc", "@/own");
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

#define MAPS "'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]," \
	"'gidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]"

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
	bind(text, "@/user");
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

/* --- cgroups --- */

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
	struct fact_limits l = { .cgroup = strdup(cgroup) };
	struct error err = { 0 };

	assert_int_equal(limits_read(root, v2, &l, &err), 0);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_octal),
		cmocka_unit_test(test_mountinfo),
		cmocka_unit_test(test_mountinfo_malformed),
		cmocka_unit_test(test_idmap_text),
		cmocka_unit_test(test_cgroup_parent),
		cmocka_unit_test_setup_teardown(test_symlinks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_missing, setup, teardown),
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
		cmocka_unit_test_setup_teardown(test_mounts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_policy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_namespaces, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pinned, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gone_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idmaps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_idmaps_of_process, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v2, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_v1, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cgroup_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_record, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_unmatched, setup, teardown),
		cmocka_unit_test_setup_teardown(test_load_strict, setup, teardown),
	};

	privileged = geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
		     mount("", "/", "", MS_REC | MS_PRIVATE, NULL) == 0;
	return cmocka_run_group_tests_name("facts", tests, NULL, NULL);
}
