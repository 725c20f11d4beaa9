/* SPDX-License-Identifier: Apache-2.0 */
/* What the command line of an exec or an update makes of what was admitted. */
#include "command-line.h"

static void joined(char **args, char *out, size_t size)
{
	size_t len = 0;

	out[0] = '\0';
	for (; *args; args++)
		len += (size_t)snprintf(out + len, size - len, "%s%s", len ? " " : "", *args);
}

static void test_with_process(void **state)
{
	static const struct {
		enum runtime as;
		const char *line, *wanted;
	} rows[] = {
		{ RUNTIME_RUNC, "--root /r exec -u 0 -d -t --cap CAP_X --pid-file /p --cwd / a ls -l",
		  "runtime --root /r exec --detach=true --pid-file /p --process FILE a" },
		{ RUNTIME_RUNC, "exec -p old --console-socket s a",
		  "runtime exec --console-socket s --process FILE a" },
		{ RUNTIME_CRUN, "--root /r exec -du0 --no-new-p --pid-f /p a ls",
		  "runtime --root /r exec --detach --pid-file=/p --process=FILE a" },
		{ RUNTIME_RUNC, "exec -d -- -l ls", "runtime exec --detach=true --process FILE -- -l" },
		{ RUNTIME_CRUN, "exec -- -l ls", "runtime exec --process=FILE -- -l" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_free_ char **args = NULL;
		struct line line;
		char text[512];

		assert_int_equal(parse(&line, rows[i].line, &command, rows[i].as), 0);
		args = command_with_process(&command, line.argv, "FILE");
		assert_non_null(args);
		joined(args, text, sizeof(text));
		assert_string_equal(text, rows[i].wanted);
	}
}

static struct json_doc *parsed(const char *text)
{
	struct json_doc *doc = NULL;
	struct error err;

	if (json_parse("test", text, strlen(text), 0, &doc, &err) < 0)
		fail_msg("%s", err.text);
	return doc;
}

/* assert_alike - the same JSON, but for blanks between its parts (no value has one). */
static void assert_alike(const char *got, const char *wanted)
{
	const char *a = got, *b = wanted;

	do {
		a += strspn(a, " ");
		b += strspn(b, " ");
		if (*a != *b)
			fail_msg("got    %s\nwanted %s", got, wanted);
	} while (*a++ && *b++);
}

#define PROCESS "{\"process\":{\"user\":{\"uid\":7,\"gid\":8},\"cwd\":\"/w\",\"env\":[\"P=q\"]," \
	"\"capabilities\":{\"bounding\":[\"CAP_A\"]},\"noNewPrivileges\":true,\"x\":1}}"

static void test_exec_process(void **state)
{
	static const struct {
		enum runtime as;
		const char *line, *wanted;
	} rows[] = {
		{ RUNTIME_RUNC, "exec a ls -l",
		  "{\"user\":{\"uid\":7,\"gid\":8},\"cwd\":\"/w\",\"env\":[\"P=q\"],\"capabilities\":{"
		  "\"bounding\":[\"CAP_A\"]},\"noNewPrivileges\":true,\"x\":1,\"args\":[\"ls\", \"-l\"],"
		  "\"terminal\":false}" },
		{ RUNTIME_RUNC, "exec -t -u 4294967297:5 -g 3,4 --cwd /v -e A=b --cap CAP_B "
		  "--no-new-privs=false --apparmor p --process-label l a x",
		  "{\"user\":{\"uid\":1,\"gid\":5,\"additionalGids\":[3,4]},\"cwd\":\"/v\",\"env\":["
		  "\"P=q\",\"A=b\"],\"capabilities\":{\"bounding\":[\"CAP_A\",\"CAP_B\"],\"effective\":["
		  "\"CAP_B\"],\"permitted\":[\"CAP_B\"],\"ambient\":[\"CAP_B\"]},\"noNewPrivileges\":false,"
		  "\"x\":1,\"args\":[\"x\"],\"terminal\":true,\"apparmorProfile\":\"p\","
		  "\"selinuxLabel\":\"l\"}" },
		/* crun takes nothing of the container's but where it falls back to it */
		{ RUNTIME_CRUN, "exec a x",
		  "{\"cwd\": \"/\", \"args\": [\"x\"], \"terminal\": false}" },
		{ RUNTIME_CRUN, "exec --tty=no -eA=b --cap=CAP_B -u 1 a x",
		  "{\"cwd\": \"/\", \"env\": [\"P=q\",\"A=b\"], \"args\": [\"x\"], \"terminal\": false, "
		  "\"capabilities\": {\"bounding\": [\"CAP_B\"], \"effective\": [\"CAP_B\"], \"permitted\": "
		  "[\"CAP_B\"], \"inheritable\": [\"CAP_B\"], \"ambient\": [\"CAP_B\"]}, \"user\": "
		  "{\"uid\": 1}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_json_ struct json_doc *config = parsed(PROCESS);
		_cleanup_buf_ struct buf process = { 0 };
		struct error err;
		struct line line;

		assert_int_equal(parse(&line, rows[i].line, &command, rows[i].as), 0);
		if (door_exec_process(&command, config, &process, &err) < 0)
			fail_msg("%s: %s", rows[i].line, err.text);
		assert_alike(buf_cstr(&process), rows[i].wanted);
	}
}

/* A configuration without a process: what is missing is not taken from anywhere. */
static void test_exec_no_process(void **state)
{
	static const char *const configs[] = { "{}", "{\"process\":null}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_json_ struct json_doc *config = parsed(configs[i]);
		_cleanup_buf_ struct buf process = { 0 };
		struct error err;
		struct line line;

		assert_int_equal(parse(&line, "exec a x", &command, RUNTIME_RUNC), 0);
		assert_int_equal(door_exec_process(&command, config, &process, &err), 0);
		assert_alike(buf_cstr(&process), "{\"cwd\":\"/\",\"args\":[\"x\"],\"terminal\":false}");
	}
}

static void test_exec_bad(void **state)
{
	static const char *const lines[] = { "exec -u root a x", "exec -u 1:x a x", "exec -g 1,a b x",
					     "exec -u 1x a x", "exec -u 99999999999999999999 a x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_json_ struct json_doc *config = parsed(PROCESS);
		_cleanup_buf_ struct buf process = { 0 };
		struct error err;
		struct line line;

		assert_int_equal(parse(&line, lines[i], &command, RUNTIME_RUNC), 0);
		assert_int_equal(door_exec_process(&command, config, &process, &err), -EINVAL);
	}
}

static void test_update(void **state)
{
	static const struct {
		const char *line, *file, *wanted;	/* NULL: -EINVAL */
	} rows[] = {
		{ "update a", NULL, "{\"a\":1}" },
		{ "update --pids-limit 0 --memory= a", NULL, "{\"a\":1}" },
		{ "update --pids-limit -1 a", NULL,
		  "{\"a\":1,\"linux\":{\"resources\":{\"pids\":{\"limit\":-1}}}}" },
		{ "update --memory 1g --memory-swap 5 --memory-reservation 1KiB a", NULL,
		  "{\"a\":1,\"linux\":{\"resources\":{\"memory\":{\"limit\":1073741824,\"swap\":5,"
		  "\"reservation\":1024}}}}" },
		{ "update --cpu-quota 5 --cpuset-cpus 0-1 a", NULL,
		  "{\"a\":1,\"linux\":{\"resources\":{\"cpu\":{\"quota\":5,\"cpus\":\"0-1\"}}}}" },
		/* the same words as in a configuration, and no numbers; with a file, too */
		{ "update --l3-cache-schema L3:0=f --mem-bw-schema= a", NULL,
		  "{\"a\":1,\"linux\":{\"intelRdt\":{\"l3CacheSchema\":\"L3:0=f\"}}}" },
		{ "update --mem-bw-schema MB:0=20 --pids-limit 5 -r f a", "{}",
		  "{\"a\":1,\"linux\":{\"intelRdt\":{\"memBwSchema\":\"MB:0=20\"}}}" },
		{ "update --cpu-quota 5 --cpuset-cpus= a", NULL,
		  "{\"a\":1,\"linux\":{\"resources\":{\"cpu\":{\"quota\":5}}}}" },
		{ "update --memory 1x a", NULL, NULL },
		{ "update --pids-limit 1k a", NULL, NULL },
		{ "update --memory 9999999999g a", NULL, NULL },
		/* of a file: what is 0, null or empty stays as it is, and options are nothing */
		{ "update --pids-limit -1 -r f a",
		  "{\"memory\":{\"limit\":0,\"swap\":null},\"cpu\":{\"cpus\":\"\",\"quota\":7},\"devices\":[1]}",
		  "{\"a\":1,\"linux\":{\"resources\":{\"cpu\":{\"quota\":7},\"devices\":[1]}}}" },
		{ "update -r f a", "{\"unified\":{\"memory.max\":\"max\"}}",
		  "{\"a\":1,\"linux\":{\"resources\":{\"unified\":{\"memory.max\":\"max\"}}}}" },
		{ "update -r f a", "[]", NULL },
		{ "update -r f a", "{\"cpu\":{\"quota\":1},\"cpu\":{\"quota\":-1}}", NULL },
		{ "update -r f a", "{", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_buf_ struct buf admitted = { 0 }, file = { 0 }, config = { 0 };
		struct error err;
		struct line line;
		int r;

		buf_str(&admitted, "{\"a\":1}");
		buf_str(&file, rows[i].file ? rows[i].file : "");
		assert_int_equal(parse(&line, rows[i].line, &command, RUNTIME_RUNC), 0);
		r = door_update_config(&command, &admitted, &(const struct door_update){
			.resources = rows[i].file ? &file : NULL }, &config, &err);
		if (!rows[i].wanted) {
			if (r >= 0)
				fail_msg("%s: was accepted", rows[i].line);
			continue;
		}
		if (r < 0)
			fail_msg("%s: %s", rows[i].line, err.text);
		assert_alike(buf_cstr(&config), rows[i].wanted);
	}
}

/* Of two values crun takes the first and runc the last. */
static void test_update_twice(void **state)
{
	static const struct {
		const char *line, *wanted;
		enum runtime as;
	} rows[] = {
		{ "update --pids-limit 1 --pids-limit 2 a",
		  "{\"linux\":{\"resources\":{\"pids\":{\"limit\":2}}}}", RUNTIME_RUNC },
		{ "update --pids-limit 1 --pids-limit 2 a", NULL, RUNTIME_CRUN },
		{ "update --memory 1 --pids-limit 2 --blkio-weight 3 --blkio-weight 3 a",
		  "{\"linux\":{\"resources\":{\"memory\":{\"limit\":1},\"pids\":{\"limit\":2}}}}",
		  RUNTIME_CRUN },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_buf_ struct buf admitted = { 0 }, config = { 0 };
		struct error err;
		struct line line;
		int r;

		buf_str(&admitted, "{}");
		assert_int_equal(parse(&line, rows[i].line, &command, rows[i].as), 0);
		r = door_update_config(&command, &admitted, &(const struct door_update){ 0 }, &config,
				       &err);
		assert_int_equal(r, rows[i].wanted ? 0 : -EINVAL);
		if (r == 0)
			assert_alike(buf_cstr(&config), rows[i].wanted);
	}
}

/* What was admitted for a file of cgroup v2 does not hide what is set of it now. */
static void test_update_unified(void **state)
{
	static const struct {
		const char *file, *wanted;
	} rows[] = {
		{ "{\"pids\":{\"limit\":-1}}",
		  "{\"unified\":{\"cpu.max\":\"1 2\",\"io.max\":\"\"},\"pids\":{\"limit\":-1}}" },
		{ "{\"cpu\":{\"quota\":-1},\"memory\":{\"swap\":5}}",
		  "{\"unified\":{\"pids.max\":\"3\",\"io.max\":\"\"},"
		  "\"cpu\":{\"quota\":-1},\"memory\":{\"swap\":5}}" },
		{ "{\"pids\":{\"limit\":-1},\"unified\":{\"pids.max\":\"4\"}}",
		  "{\"unified\":{\"pids.max\":\"4\",\"cpu.max\":\"1 2\",\"io.max\":\"\"},"
		  "\"pids\":{\"limit\":-1}}" },
		{ "{\"pids\":{\"limit\":0}}",
		  "{\"unified\":{\"pids.max\":\"3\",\"cpu.max\":\"1 2\",\"io.max\":\"\"}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_buf_ struct buf admitted = { 0 }, file = { 0 }, config = { 0 }, all = { 0 };
		struct error err;
		struct line line;

		buf_str(&admitted, "{\"linux\":{\"resources\":{\"unified\":"
			"{\"pids.max\":\"3\",\"cpu.max\":\"1 2\",\"io.max\":\"\"}}}}");
		buf_str(&file, rows[i].file);
		buf_printf(&all, "{\"linux\":{\"resources\":%s}}", rows[i].wanted);
		assert_int_equal(parse(&line, "update -r f a", &command, RUNTIME_CRUN), 0);
		if (door_update_config(&command, &admitted,
				       &(const struct door_update){ .resources = &file }, &config,
				       &err) < 0)
			fail_msg("%s: %s", rows[i].file, err.text);
		assert_alike(buf_cstr(&config), buf_cstr(&all));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_with_process),
		cmocka_unit_test(test_exec_process),
		cmocka_unit_test(test_exec_no_process),
		cmocka_unit_test(test_exec_bad),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_twice),
		cmocka_unit_test(test_update_unified),
	};

	return cmocka_run_group_tests_name("change", tests, NULL, NULL);
}
