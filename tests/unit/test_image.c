/* SPDX-License-Identifier: Apache-2.0 */
/* Where links of the image lead: the working directory, and what is mounted. */
#include "facts-fixture.h"

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

/* Of a process that runs, its own root counts: here that of the test itself. */
static void assert_live_cwd(const char *cwd, const char *want)
{
	struct facts_source source = { .bundle_fd = dir_fd, .live = getpid() };
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *wanted = expand(want);
	struct error err = { 0 };

	buf_printf(&text, "{'root': {'path': 'none'}, 'process': {'cwd': '%s'}}", cwd);
	read_subject(&s, buf_cstr(&text));
	assert_int_equal(facts_gather(&s.spec, NULL, &source, &s.facts, &err), 0);
	assert_int_equal(s.facts.image.is, FACT_KNOWN);
	assert_string_equal(s.facts.image.cwd, wanted);
}

static void test_live_cwd(void **state)
{
	(void)state;
	make_dir("@/live");
	make_link("/proc/self/fd", "@/live/fd");
	make_link("../live", "@/live/self");
	assert_live_cwd("/", "/");
	assert_live_cwd("@/live/self/x", "@/live/x");
	assert_live_cwd("@/live/fd/9", "/proc/self/fd/9");
	assert_live_cwd("@/live/self/fd/../../1", "/proc/1");
	assert_live_cwd("/proc/thread-self/../..", "/");
	assert_live_cwd("/proc/1/root", "/proc/1/root");
}

static void test_cwd(void **state)
{
	char name[64], target[64];

	(void)state;
	make_dir("@/secret");
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

static void assert_over(const char *dest, const char *want)
{
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	const struct fact_image *image;

	buf_printf(&text, "{'root': {'path': 'rootfs'}, 'mounts': [{'destination': '/none'}, {},"
		   "{'destination': '/proc'}, {'destination': '%s'}]}", dest);
	s = gather(buf_cstr(&text), NULL, 0);
	image = &s.facts.image;
	assert_int_equal(image->is, FACT_KNOWN);
	if (want) {
		assert_non_null(image->over);
		assert_string_equal(image->over, dest);
		assert_string_equal(image->over_at, want);
	} else {
		assert_null(image->over);
		assert_null(image->over_at);
	}
}

static void test_over(void **state)
{
	(void)state;
	make_dir("@/rootfs/a");
	make_dir("@/rootfs/sys");
	make_link("/proc", "@/rootfs/p");
	make_link("../../dev/shm", "@/rootfs/a/up");
	make_link("/a", "@/rootfs/b");
	make_link("/", "@/rootfs/all");
	make_link("sys", "@/rootfs/s");
	assert_over("/p", "/proc");
	assert_over("p/sys/kernel", "/proc/sys/kernel");
	assert_over("/a/up", "/dev/shm");
	assert_over("/b/up/x", "/dev/shm/x");
	assert_over("//b/./up/..", "/dev");
	assert_over("/all", "/");
	assert_over("/s", "/sys");
	assert_over("/b/../p", "/proc");
	assert_over("/none/../p", "/proc");
	assert_over("/b/x", NULL);
	assert_over("/b/up/../../a", NULL);
	assert_over("/a", NULL);
	assert_over("/", NULL);	/* by its text, without a link */
	assert_over("/proc/sys", NULL);
	assert_over("", NULL);
}

/* assert_led - where the last of @mounts leads by a link, or NULL; and where @cwd does. */
static void assert_led(const char *mounts, const char *want, const char *cwd, const char *want_cwd)
{
	_cleanup_subject_ struct subject s = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	const struct fact_image *image;

	buf_printf(&text, "{'root': {'path': 'rootfs'}, 'process': {'cwd': '%s'}, 'mounts': [%s]}", cwd,
		   mounts);
	s = gather(buf_cstr(&text), NULL, 0);
	image = &s.facts.image;
	if (image->is != FACT_KNOWN)
		print_error("%s: %s\n", mounts, image->why ? image->why : "-");
	assert_int_equal(image->is, FACT_KNOWN);
	if (want)
		assert_string_equal(image->over_at ? image->over_at : "", want);
	else
		assert_null(image->over_at);
	assert_string_equal(image->cwd, want_cwd);
}

#define BIND(dest, source) "{'destination': '" dest "', 'type': 'bind', 'source': '" source "'}"
#define TMPFS(dest, option) \
	"{'destination': '" dest "', 'type': 'tmpfs', 'options': ['" option "']}"

static void test_volumes(void **state)
{
	(void)state;
	make_dir("@/rootfs/dev");
	make_dir("@/rootfs/x");
	make_link("../proc", "@/rootfs/dev/shm");
	make_link("/vol", "@/rootfs/alias");
	make_link("/proc/self/fd", "@/rootfs/x/fds");
	make_dir("@/vol/deep");
	make_link("/dev", "@/vol/dev");
	make_link("../x/fds", "@/vol/up");
	make_link("deep", "@/vol/in");
	make_link("@/vol", "@/named");
	/* what the image has on a /dev where nothing is mounted */
	assert_led(BIND("/dev/shm", "vol"), "/proc", "/", "/");
	assert_led(TMPFS("/dev", "ro") "," BIND("/dev/shm", "vol"), NULL, "/", "/");
	assert_led(TMPFS("/dev", "tmpcopyup") "," BIND("/dev/shm", "vol"), "/proc", "/", "/");
	/* an earlier bind, by its path, by one of the image, by a link to it on the host */
	assert_led(BIND("/vol", "vol") "," BIND("/vol/dev", "vol"), "/dev", "/", "/");
	assert_led(BIND("/vol", "vol") "," BIND("/alias/dev/x", "vol"), "/dev/x", "/", "/");
	assert_led(BIND("/alias", "named") "," BIND("/vol/dev", "vol"), "/dev", "/", "/");
	assert_led(BIND("/vol", "vol") "," BIND("/vol/up", "vol"), "/proc/self/fd", "/", "/");
	assert_led(BIND("/a/b", "vol") "," BIND("/a/b/../../x/fds", "vol"), "/proc/self/fd", "/", "/");
	assert_led(BIND("/x/b/c", "vol") "," BIND("/x/b/c/../../fds", "vol"), "/proc/self/fd", "/", "/");
	/* what hides it, or comes later, or has no links there */
	assert_led(BIND("/vol/dev", "vol") "," BIND("/vol", "vol"), NULL, "/", "/");
	assert_led(BIND("/vol", "vol") "," TMPFS("/vol", "ro") "," BIND("/vol/dev", "vol"), NULL, "/", "/");
	assert_led(BIND("/vol", "vol/deep") "," BIND("/vol/dev", "vol"), NULL, "/", "/");
	assert_led(BIND("/vol", "vol") "," BIND("/vol/in/dev", "vol"), NULL, "/", "/");
	assert_led(BIND("/vol", "none") "," BIND("/vol/dev", "vol"), NULL, "/", "/");
	assert_led(BIND("/vol", "file") "," BIND("/vol/dev", "vol"), NULL, "/", "/");
	assert_led("{'destination': '/vol', 'type': 'bind'}," BIND("/vol/dev", "vol"), NULL, "/", "/");
	/* the working directory */
	assert_led(BIND("/vol", "vol"), NULL, "/vol/up/7", "/proc/self/fd/7");
	assert_led(BIND("/vol", "vol"), NULL, "/alias/in", "/vol/deep");
	assert_led(BIND("/vol", "vol") "," BIND("/vol/up", "vol"), "/proc/self/fd", "/vol/up", "/proc/self/fd");
	assert_led(TMPFS("/x", "ro"), NULL, "/x/fds/7", "/x/fds/7");
	assert_led(TMPFS("/x", "ro"), NULL, "/x/y/../../alias", "/vol");
	assert_led(BIND("/", "vol"), NULL, "/x/fds", "/proc/self/fd");
}

/* What rootfs-writable would mount: as "restricted" hardens, and where it has to. */
static void test_remedy(void **state)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct error err = { 0 };

	(void)state;
	make_dir("@/rootfs/var");
	make_link("../proc", "@/rootfs/var/tmp");
	assert_int_equal(policy_shipped(BUNDLE_RESTRICTED, &policy, &err), 0);
	for (size_t i = 0; i < 4; i++) {
		static const char *const configs[] = {
			"{'root': {'path': 'rootfs'}}", "{'root': {'path': 'rootfs', 'readonly': true}}",
			"{'root': {'path': 'rootfs'}, 'mounts': [{'destination': '/var', 'type': 'tmpfs'}]}",
			"{'root': {'path': 'rootfs'}}",
		};
		_cleanup_subject_ struct subject s = gather(configs[i], i < 3 ? policy : NULL, 0);

		assert_int_equal(s.facts.image.is, FACT_KNOWN);
		if (i > 0) {
			assert_null(s.facts.image.over);
			continue;
		}
		assert_string_equal(s.facts.image.over, "/var/tmp");
		assert_string_equal(s.facts.image.over_at, "/proc");
	}
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
	make_dir("@/rootfs/sys");
	write_file("@/file", "", 0644);
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		_cleanup_subject_ struct subject one = gather(roots[i].text, NULL, 0);

		assert_int_equal(one.facts.image.is, roots[i].is);
		assert_null(one.facts.image.link);
		assert_null(one.facts.image.cwd);
	}
	make_dir("@/old/dev");
	make_link("/proc/self/comm", "@/old/dev/console");
	make_link("pts/ptmx", "@/old/dev/ptmx");
	s = gather("{'root': {'path': 'old'}}", NULL, 0);
	assert_string_equal(s.facts.image.link, "/dev/console");
	subject_free(&s);
	for (size_t i = 0; i < 2; i++) {
		s = gather(i ? "{'root': {'path': 'old'}, 'mounts': [{'destination': '/dev/'}]}"
			     : "{'root': {'path': 'old'}, 'mounts': [{}, {'destination': 'dev'}]}",
			   NULL, 0);
		assert_int_equal(s.facts.image.is, FACT_KNOWN);
		assert_null(s.facts.image.link);	/* it is not seen */
		subject_free(&s);
	}
	make_link("/etc", "@/rootfs/dev");
	s = gather(config, NULL, 0);
	assert_string_equal(s.facts.image.link, "/dev");
	subject_free(&s);
	make_link("nowhere", "@/rootfs/proc");
	s = gather(config, NULL, 0);
	assert_string_equal(s.facts.image.link, "/proc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_cwd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live_cwd, setup, teardown),
		cmocka_unit_test_setup_teardown(test_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_volumes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_remedy, setup, teardown),
		cmocka_unit_test_setup_teardown(test_image, setup, teardown),
	};

	return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
