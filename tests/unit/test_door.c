/* SPDX-License-Identifier: Apache-2.0 */
/* What the runtime door keeps and adds: digests, records, its own hooks. */
#include "files.h"

#include <glob.h>
#include <inttypes.h>
#include <unistd.h>

#include <cofferdam/door.h>
#include <cofferdam/sha256.h>

#include "../../src/door/door-private.h"

#define HOOK "/usr/libexec/cofferdam/cofferdam-hook"

static void check_digest(const char *text, size_t times, const char *want)
{
	char hex[SHA256_HEX];
	struct sha256 s;

	sha256_begin(&s);
	for (size_t i = 0; i < times; i++)
		sha256_add(&s, text, strlen(text));
	sha256_end(&s, hex);
	assert_string_equal(hex, want);
}

/* The examples of FIPS 180-2, and what sha256sum(1) says of lengths around a block's. */
static void test_sha256(void **state)
{
	(void)state;
	check_digest("", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_digest("abc", 1,
		     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
		     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	check_digest("a", 1000000,
		     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	check_digest("a", 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	check_digest("a", 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
}

/* --- records --- */

static char records[128];

static int records_setup(void **state)
{
	if (file_setup(state) < 0)
		return -1;
	(void)snprintf(records, sizeof(records), "%s/run/admitted", dir_path);
	return 0;
}

static void admit(const char *id, const char *config)
{
	const struct admission what = {
		.id = id, .bundle = "/b", .engine = "podman", .runtime = "/usr/bin/runc",
		.policy = "restricted", .verdict = "harden", .config = config,
		.len = strlen(config),
	};
	struct error err;

	if (admitted_put(records, &what, &err) < 0)
		fail_msg("%s", err.text);
}

static int commit(const char *id, const char *config)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;

	buf_str(&text, config);
	return admitted_commit(records, id, getpid(), &text, &err);
}

/* started - when this process did, as its own stat file says */
static uint64_t started(void)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;
	uint64_t start = 0;

	assert_int_equal(file_read(AT_FDCWD, "/proc/self/stat", false, 4096, &text, NULL, &err), 0);
	assert_int_equal(sscanf(strrchr(buf_cstr(&text), ')') + 1,
				" %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s"
				" %*s %*s %*s %" SCNu64, &start), 1);
	return start;
}

static int config_of(const char *id, uint64_t start, struct buf *ret)
{
	struct error err;

	return admitted_config(records, id, getpid(), start, ret, &err);
}

static void test_admitted(void **state)
{
	static const char config[] = "{\"a\": 1,\n \"unknown\" : [ 2 ]}\n";
	_cleanup_buf_ struct buf got = { 0 };
	struct stat st;

	(void)state;
	need_root();
	assert_int_equal(commit("one", config), -ENOENT);
	admit("one", config);
	assert_int_equal(stat(records, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	/* not another id's, not another configuration */
	assert_int_equal(commit("two", config), -ENOENT);
	assert_int_equal(commit("one", "{\"a\": 1,\n \"unknown\" : [ 3 ]}\n"), -ENOENT);
	assert_int_equal(config_of("one", started(), &got), -ENOENT);
	assert_int_equal(commit("one", config), 0);
	/* the second hook of the same container */
	assert_int_equal(commit("one", config), 0);
	assert_int_equal(commit("one", "{}"), -ENOENT);
	assert_int_equal(config_of("one", started(), &got), 0);
	assert_string_equal(buf_cstr(&got), config);
	/* a later process of the same number is another container */
	assert_int_equal(config_of("one", started() + 1, &got), -ENOENT);
	/* whoever deletes says nothing about it: the process lives */
	admitted_sweep(records);
	assert_int_equal(config_of("one", started(), &got), 0);
}

/* What a record says to whoever reads it, beside the configuration. */
static void test_admitted_head(void **state)
{
	static const char *const members[] = {
		"\"id\":\"one\",\n", "\"bundle\":\"/b\",\n", "\"engine\":\"podman\",\n",
		"\"runtime\":\"/usr/bin/runc\",\n", "\"policy\":\"restricted\",\n",
		"\"verdict\":\"harden\",\n", "\"time\":\"20", "\"config\":{\"a\":1}",
	};
	_cleanup_buf_ struct buf text = { 0 };
	char pattern[PATH_MAX];
	struct error err;
	glob_t found;

	(void)state;
	need_root();
	admit("one", "{\"a\":1}");
	(void)snprintf(pattern, sizeof(pattern), "%s/pending.*", records);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	assert_int_equal(found.gl_pathc, 1);
	assert_int_equal(file_read(AT_FDCWD, found.gl_pathv[0], false, 4096, &text, NULL, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		assert_non_null(strstr(buf_cstr(&text), members[i]));
	globfree(&found);
}

/* A name that no container may have names no file. */
static void test_admitted_names(void **state)
{
	static const char *const ids[] = { "../../x", "a/b", "", "{\"\n", "." };
	_cleanup_buf_ struct buf got = { 0 };

	(void)state;
	need_root();
	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		admit(ids[i], "{}");
		assert_int_equal(commit(ids[i], "{}"), 0);
		assert_int_equal(config_of(ids[i], started(), &got), 0);
	}
}

static void pending_path(char path[PATH_MAX], const char *id, const char *config)
{
	char name[ADMITTED_NAME];

	admitted_pending(name, id, config, strlen(config));
	assert_true(snprintf(path, PATH_MAX, "%s/%s", records, name) < PATH_MAX);
}

/* The name of a record finds it; that it is the one, its bytes say. */
static void test_admitted_compares(void **state)
{
	static const char *const others[] = {
		"{\"a\":2}", "{\"a\":1} ", " {\"a\":1}", "{\"a\":1}\n", "{}", "", "{\"x\":{\"a\":1}}",
		"{\"x\":\n\"config\":{\"a\":1}", "{\"a\":1}}\n",
	};
	static const char config[] = "{\"a\":1}";
	_cleanup_buf_ struct buf got = { 0 };
	char from[PATH_MAX], to[PATH_MAX];

	(void)state;
	need_root();
	pending_path(to, "one", config);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		pending_path(from, "one", others[i]);
		assert_string_not_equal(from, to);
		admit("one", others[i]);
		assert_int_equal(rename(from, to), 0);
		assert_int_equal(commit("one", config), -ENOENT);
		/* nor does it become this container's */
		assert_int_equal(config_of("one", started(), &got), -ENOENT);
		assert_int_equal(commit("one", others[i]), -ENOENT);
	}
	admit("one", config);
	assert_int_equal(commit("one", config), 0);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		assert_int_equal(commit("one", others[i]), -ENOENT);
	assert_int_equal(commit("one", config), 0);
}

/* What stands in the id or in the configuration does not move where that begins. */
static void test_admitted_whole(void **state)
{
	static const char *const ids[] = { "\n\"config\":{}}\n", "\",\n\"config\":{},\n\"x\":\"" };
	static const char *const configs[] = {
		"{\"x\":{\n\"config\":{}}}\n", "\n\"config\":{}", "{}}\n", "{\"a\":\"\xff\"}",
	};
	_cleanup_buf_ struct buf got = { 0 };

	(void)state;
	need_root();
	for (size_t i = 0; i < ARRAY_SIZE(ids) * ARRAY_SIZE(configs); i++) {
		const char *id = ids[i / ARRAY_SIZE(configs)];
		const char *config = configs[i % ARRAY_SIZE(configs)];

		admit(id, config);
		assert_int_equal(commit(id, config), 0);
		assert_int_equal(config_of(id, started(), &got), 0);
		assert_string_equal(buf_cstr(&got), config);
	}
}

static void test_admitted_broken(void **state)
{
	static const char *const texts[] = {
		"", "{", "}\n", "{\"format\":1,\n", "{\"format\":1,\n}\n", "\n\"config\":{}}\n",
		"{\"format\":2,\n\"config\":{}}\n", "{\"format\":1,\n\"config\":{}",
		"{\"format\":1,\n\"config\":",
	};
	char path[PATH_MAX];

	(void)state;
	need_root();
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_close_ int fd = -1;

		admit("one", "{}");
		pending_path(path, "one", "{}");
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
		assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
		assert_int_equal(commit("one", "{}"), -EBADMSG);
	}
	admit("one", "{}");
	assert_int_equal(commit("one", "{}"), 0);
}

static void test_admitted_untrusted(void **state)
{
	static const char config[] = "{}";
	_cleanup_buf_ struct buf got = { 0 };

	(void)state;
	need_root();
	admit("one", config);
	assert_int_equal(chown(records, STRANGER, STRANGER), 0);
	assert_int_equal(commit("one", config), -EPERM);
	assert_int_equal(config_of("one", started(), &got), -EPERM);
	assert_int_equal(chown(records, 0, 0), 0);
	assert_int_equal(commit("one", config), 0);
}

static size_t count_records(void)
{
	struct error err;
	_cleanup_close_ int fd = file_open_trusted(records, O_RDONLY | O_DIRECTORY, 0, &err);
	_cleanup_dir_ DIR *dir = dir_open(fd);
	const struct dirent *entry;
	size_t n = 0;

	while (dir && dir_next(dir, &entry) == 1)
		n++;
	return n;
}

static void test_sweep(void **state)
{
	char path[PATH_MAX];
	struct timespec old[2] = { { .tv_sec = time(NULL) - 7200 }, { .tv_sec = time(NULL) - 7200 } };

	(void)state;
	need_root();
	admit("alive", "{}");
	assert_int_equal(commit("alive", "{}"), 0);
	admit("soon", "{}");
	admit("never", "{}");
	admitted_sweep(records);
	assert_int_equal(count_records(), 3);
	/* a process that is not there, one that is another by now, and one nobody started */
	(void)snprintf(path, sizeof(path), "%s/%032d.4194999.5", records, 0);
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	(void)snprintf(path, sizeof(path), "%s/%032d.%d.%" PRIu64, records, 0, getpid(),
		       started() + 1);
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	(void)snprintf(path, sizeof(path), "%s/pending.%032d.%016d", records, 0, 0);
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	assert_int_equal(utimensat(AT_FDCWD, path, old, 0), 0);
	/* and what is no record */
	(void)snprintf(path, sizeof(path), "%s/stray", records);
	assert_true(close(open(path, O_CREAT | O_WRONLY, 0600)) == 0);
	assert_int_equal(count_records(), 7);
	admitted_sweep(records);
	assert_int_equal(count_records(), 4);
}

/* --- own hooks --- */

static void hooked(const char *text, struct buf *ret)
{
	const struct door_hook how = { .path = HOOK, .engine = ENGINE_DOCKER };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err;

	if (json_parse("test", text, strlen(text), 0, &doc, &err) < 0 ||
	    door_hooks(doc, &how, ret, &err) < 0)
		fail_msg("%s", err.text);
}

#define OWN(stage, flag) \
	"{\"path\": \"" HOOK "\", \"args\": [\"cofferdam-hook\", \"" stage \
	"\", \"--engine\", \"docker\", \"" flag "\"], \"env\": [\"PATH=/usr/bin:/bin\"], \"timeout\": 30}"
#define GATE OWN("createRuntime", "--admitted")
#define FOREIGN "{\"path\":\"/usr/bin/dockerd\", \"x\":  1}"

static void test_hooks(void **state)
{
	static const struct {
		const char *before, *after;
	} rows[] = {
		{ "{}", "{\"hooks\": {\"createRuntime\": [" GATE "]}}" },
		{ "{\"hooks\":null,\"x\":1}", "{\"hooks\":{\"createRuntime\":[" GATE "]},\"x\":1}" },
		{ "{\"hooks\":{\"poststop\":[" FOREIGN "]}}",
		  "{\"hooks\":{\"poststop\":[" FOREIGN "],\"createRuntime\":[" GATE "]}}" },
		/* others of createRuntime: ours first and last */
		{ "{\"hooks\":{\"createRuntime\":[" FOREIGN "]}}",
		  "{\"hooks\":{\"createRuntime\":[" OWN("createRuntime", "--veto") ", " FOREIGN ", "
		  GATE "]}}" },
		/* what has no path, or one that is no text, is a stranger's */
		{ "{\"hooks\":{\"createRuntime\":[{},{\"path\":{}}]}}",
		  "{\"hooks\":{\"createRuntime\":[" OWN("createRuntime", "--veto") ", {}, {\"path\":{}}, "
		  GATE "]}}" },
		/* prestart comes before all of them */
		{ "{\"hooks\":{\"prestart\":[" FOREIGN "],\"createRuntime\":[" FOREIGN "]}}",
		  "{\"hooks\":{\"prestart\":[" OWN("prestart", "--veto") ", " FOREIGN
		  "],\"createRuntime\":[" FOREIGN ", " GATE "]}}" },
		/* a registration of our own, of another kind, is replaced */
		{ "{\"hooks\":{\"createRuntime\":[{\"path\":\"" HOOK "\",\"args\":[\"x\"]}, " FOREIGN "]}}",
		  "{\"hooks\":{\"createRuntime\":[" OWN("createRuntime", "--veto") ", " FOREIGN ", "
		  GATE "]}}" },
		{ "{\"hooks\":{\"prestart\":[{\"path\":\"" HOOK "\"}]}}",
		  "{\"hooks\":{\"prestart\":[],\"createRuntime\":[" GATE "]}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf once = { 0 }, twice = { 0 };

		hooked(rows[i].before, &once);
		assert_string_equal(buf_cstr(&once), rows[i].after);
		/* what is so already comes back byte for byte */
		hooked(buf_cstr(&once), &twice);
		assert_string_equal(buf_cstr(&twice), buf_cstr(&once));
	}
}

/* --- what runtimes keep --- */

static void test_state(void **state)
{
	struct container_place runc = { .runtime = RUNTIME_RUNC, .root = dir_path, .owner = getuid() };
	struct container_place crun = { .runtime = RUNTIME_CRUN, .root = dir_path, .owner = getuid() };
	struct container_state c = { 0 };
	struct error err;

	(void)state;
	assert_int_equal(container_state(&runc, "a", &c, &err), -ENOENT);
	make_dir("a", 0700);
	put("a/state.json", "{\"init_process_pid\":12,\"init_process_start\":345,\"config\":"
		 "{\"labels\":[\"bundle=/forged\",\"x=y\",\"bundle=/real\"]}}", 0600);
	assert_int_equal(container_state(&runc, "a", &c, &err), 0);
	assert_int_equal(c.pid, 12);
	assert_int_equal(c.start, 345);
	assert_false(c.created);
	assert_string_equal(c.bundle, "/real");
	container_state_free(&c);
	assert_int_equal(container_state(&crun, "a", &c, &err), -ENOENT);
	put("a/status", "{\"pid\":13,\"process-start-time\":6,\"bundle\":\"/b\"}", 0600);
	put("a/exec.fifo", "", 0600);
	assert_int_equal(container_state(&crun, "a", &c, &err), 0);
	assert_int_equal(c.pid, 13);
	assert_true(c.created);
	assert_string_equal(c.bundle, "/b");
	container_state_free(&c);
	put("a/status", "{\"pid\":-13,\"process-start-time\":6,\"bundle\":\"/b\"}", 0600);
	assert_int_equal(container_state(&crun, "a", &c, &err), -EBADMSG);
	put("a/status", "{\"pid\":\"13\",\"process-start-time\":6,\"bundle\":\"/b\"}", 0600);
	assert_int_equal(container_state(&crun, "a", &c, &err), -EBADMSG);
	/* what others can write to says nothing, unless nobody asks */
	assert_int_equal(fchmodat(dir_fd, "a", 0777, 0), 0);
	assert_int_equal(container_state(&runc, "a", &c, &err), -EPERM);
	runc.trusting = true;
	assert_int_equal(container_state(&runc, "a", &c, &err), 0);
	container_state_free(&c);
}

static void test_error_line(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	door_error_line(&out, "json", "a \"b\"\n");
	assert_ptr_equal(strstr(buf_cstr(&out), "{\"level\":\"error\",\"msg\":\"a \\\"b\\\"\\n\",\"time\":\""),
			 out.data);
	assert_int_equal(out.data[out.len - 1], '}');
	buf_reset(&out);
	door_error_line(&out, NULL, "a");
	assert_non_null(strstr(buf_cstr(&out), "\" level=error msg=\"a\""));
	assert_int_equal(strncmp(buf_cstr(&out), "time=\"20", 8), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),
		cmocka_unit_test_setup_teardown(test_admitted, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_admitted_head, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_admitted_names, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_admitted_compares, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_admitted_whole, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_admitted_broken, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_admitted_untrusted, records_setup, file_teardown),
		cmocka_unit_test_setup_teardown(test_sweep, records_setup, file_teardown),
		cmocka_unit_test(test_hooks),
		cmocka_unit_test_setup_teardown(test_state, file_setup, file_teardown),
		cmocka_unit_test(test_error_line),
	};

	return cmocka_run_group_tests_name("door", tests, NULL, NULL);
}
