/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command lines of runc and crun: each line here was given to the runtime
 * itself, or follows from its parser's source.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cofferdam/door.h>

#define ARGS_MAX 24

/* A line cut at its blanks: "_" stands for an empty argument. */
struct line {
	char text[512];
	char *argv[ARGS_MAX];
	int argc;
};

static void cut(struct line *line, const char *text)
{
	char *save = NULL;

	(void)snprintf(line->text, sizeof(line->text), "runtime %s", text);
	line->argc = 0;
	for (char *word = strtok_r(line->text, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		assert_true(line->argc < ARGS_MAX - 1);
		line->argv[line->argc++] = strcmp(word, "_") == 0 ? word + 1 : word;
	}
	line->argv[line->argc] = NULL;
}

static int parse(struct line *line, const char *text, struct command_line *command, enum runtime as)
{
	struct error err;

	cut(line, text);
	return command_parse(as, line->argc, line->argv, command, &err);
}

static const char *or_none(const char *s)
{
	return s ? s : "-";
}

/* What a line comes to: "VERB id=ID bundle=BUNDLE ..." */
static void tell(const struct command_line *c, char *out, size_t size)
{
	(void)snprintf(out, size, "%s id=%s n=%zu bundle=%s root=%s log=%s process=%s%s",
		       or_none(c->word), c->n_args ? c->args[0] : "-", c->n_args,
		       or_none(command_value(c, OPTION_BUNDLE)),
		       or_none(command_value(c, OPTION_ROOT)), or_none(command_value(c, OPTION_LOG)),
		       or_none(command_value(c, OPTION_PROCESS)), c->harmless ? " harmless" : "");
}

struct case_row {
	const char *line, *told;	/* told NULL: not understood */
};

static void check(enum runtime as, const struct case_row *rows)
{
	for (; rows->line; rows++) {
		_cleanup_command_ struct command_line command = { 0 };
		struct line line;
		char told[512];
		int r = parse(&line, rows->line, &command, as);

		if (!rows->told) {
			if (r != -EINVAL)
				fail_msg("%s %s: was understood", runtime_name(as), rows->line);
			continue;
		}
		if (r < 0)
			fail_msg("%s %s: was not understood", runtime_name(as), rows->line);
		tell(&command, told, sizeof(told));
		if (strcmp(told, rows->told) != 0)
			fail_msg("%s %s:\n  got    %s\n  wanted %s", runtime_name(as), rows->line,
				 told, rows->told);
	}
}

static void test_runc(void **state)
{
	static const struct case_row rows[] = {
		{ "run a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "--root /r create --bundle /b --pid-file p a",
		  "create id=a n=1 bundle=/b root=/r log=- process=-" },
		{ "-root /r -log=l create -bundle=/b a",
		  "create id=a n=1 bundle=/b root=/r log=l process=-" },
		{ "create -b /b a", "create id=a n=1 bundle=/b root=- log=- process=-" },
		{ "create --b /b a", "create id=a n=1 bundle=/b root=- log=- process=-" },
		{ "create --b=/b=c a", "create id=a n=1 bundle=/b=c root=- log=- process=-" },
		/* the last counts */
		{ "create -b /a --bundle /b a", "create id=a n=1 bundle=/b root=- log=- process=-" },
		/* urfave/cli puts flags in front */
		{ "create a --bundle /b", "create id=a n=1 bundle=/b root=- log=- process=-" },
		{ "run -d a -b /b", "run id=a n=1 bundle=/b root=- log=- process=-" },
		{ "run -- a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "run a --", "run id=a n=1 bundle=- root=- log=- process=-" },
		/* a value may begin with a dash, and be empty */
		{ "run --bundle --keep a", "run id=a n=1 bundle=--keep root=- log=- process=-" },
		{ "run --bundle -- a", "run id=a n=1 bundle=-- root=- log=- process=-" },
		{ "run --bundle= a", "run id=a n=1 bundle= root=- log=- process=-" },
		{ "run --bundle _ a", "run id=a n=1 bundle= root=- log=- process=-" },
		{ "run --detach=false a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "run --detach=perhaps a", NULL },
		{ NULL, NULL },
	};

	(void)state;
	check(RUNTIME_RUNC, rows);
}

/* An id that is a verb, a verb that is a value; and what is said behind them. */
static void test_runc_words(void **state)
{
	static const struct case_row rows[] = {
		{ "run create", "run id=create n=1 bundle=- root=- log=- process=-" },
		{ "--log create state a", "state id=- n=0 bundle=- root=- log=create process=-" },
		{ "-- create a", "create id=a n=1 bundle=- root=- log=- process=-" },
		/* 3 takes the global ones after the verb */
		{ "run --root /r a", "run id=a n=1 bundle=- root=/r log=- process=-" },
		{ "run --help a", "run id=a n=1 bundle=- root=- log=- process=- harmless" },
		{ "run a -h", "run id=a n=1 bundle=- root=- log=- process=- harmless" },
		{ "run --help --help=false a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "--help run a", "- id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "-v run a", "- id=- n=0 bundle=- root=- log=- process=- harmless" },
		/* after the verb it is no such thing */
		{ "run -v a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "--help=false run a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "", "- id=- n=0 bundle=- root=- log=- process=-" },
		{ "run", "run id=- n=0 bundle=- root=- log=- process=-" },
		{ "state --nothing a", "state id=- n=0 bundle=- root=- log=- process=-" },
		{ "exec a ls -b /b", "exec id=a n=4 bundle=- root=- log=- process=-" },
		{ "exec -p /p a", "exec id=a n=1 bundle=- root=- log=- process=/p" },
		{ "exec --process=/p -d a ls", "exec id=a n=2 bundle=- root=- log=- process=/p" },
		{ "exec -t -u 0 a ls -- -l", "exec id=a n=4 bundle=- root=- log=- process=-" },
		{ "exec -- a -- ls", "exec id=a n=3 bundle=- root=- log=- process=-" },
		{ NULL, NULL },
	};

	(void)state;
	check(RUNTIME_RUNC, rows);
}

/* 1 and 3 do not read these alike, or neither takes them; beside each what is clear. */
static void test_runc_doubtful(void **state)
{
	static const struct case_row rows[] = {
		{ "run - --bundle /b", NULL },
		{ "run ---bundle /b a", NULL },
		{ "create --version --", NULL },
		{ "create --debug -- a", NULL },
		{ "create --root --", NULL },
		{ "create --bundle -- --debug a", "create id=a n=1 bundle=-- root=- log=- process=-" },
		{ "--root -- create a", "create id=a n=1 bundle=- root=-- log=- process=-" },
		{ "--debug create -- a", "create id=a n=1 bundle=- root=- log=- process=-" },
		{ "exec a -- ls", NULL },
		{ "exec a _ --process /p", NULL },
		{ "exec a \t --process /p", NULL },
		{ "exec a \xe2\x80\x8a --process /p", NULL },
		{ "\t--root /r create a", NULL },
		{ "\xc2\xa0--root=/r create a", NULL },
		{ "\t-- create a", NULL },
		{ "_ create a", NULL },
		{ "create --bundle=/b\t a", NULL },
		{ "create --bundle=/b\xe3\x80\x80 a", NULL },
		{ "create --bundle=/\xe3\x80\x80/b a",
		  "create id=a n=1 bundle=/\xe3\x80\x80/b root=- log=- process=-" },
		{ "run --no-such a", NULL },
		{ "run --bund /b a", NULL },
		{ "run -db /b a", NULL },
		{ "run --bundle", NULL },
		{ "--no-such run a", NULL },
		{ "run --config /c a", NULL },
		/* crun's verb alone */
		{ "mounts add a f", "mounts id=- n=0 bundle=- root=- log=- process=-" },
		{ "run a/b", NULL },
		{ "run _", NULL },
		{ "run ..", NULL },
		{ NULL, NULL },
	};

	(void)state;
	check(RUNTIME_RUNC, rows);
}

static void test_crun(void **state)
{
	static const struct case_row rows[] = {
		{ "run a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "--root /r create --bundle /b a",
		  "create id=a n=1 bundle=/b root=/r log=- process=-" },
		/* argp's abbreviations */
		{ "--roo /r run a", NULL },
		{ "--root=/r --cgroup-m=cgroupfs run a",
		  "run id=a n=1 bundle=- root=/r log=- process=-" },
		{ "create --bun /b a", "create id=a n=1 bundle=/b root=- log=- process=-" },
		{ "create --b=/b a", "create id=a n=1 bundle=/b root=- log=- process=-" },
		{ "create --no a", NULL },
		{ "create --p x a", NULL },
		{ "exec --proces /p a", NULL },
		{ "exec --process-l l a ls", "exec id=a n=2 bundle=- root=- log=- process=-" },
		{ "exec --process /p a", "exec id=a n=1 bundle=- root=- log=- process=/p" },
		{ "--log=l run a", "run id=a n=1 bundle=- root=- log=l process=-" },
		{ "--lo=l run a", NULL },
		/* letters */
		{ "run -b /b a", "run id=a n=1 bundle=/b root=- log=- process=-" },
		{ "run -b/b a", "run id=a n=1 bundle=/b root=- log=- process=-" },
		{ "run -db /b a", "run id=a n=1 bundle=/b root=- log=- process=-" },
		{ "run -db/b a", "run id=a n=1 bundle=/b root=- log=- process=-" },
		{ "exec -tfalse -p/p a", "exec id=a n=1 bundle=- root=- log=- process=/p" },
		{ "exec --tty -p/p a", "exec id=a n=1 bundle=- root=- log=- process=/p" },
		{ "exec --tty=no a ls", "exec id=a n=2 bundle=- root=- log=- process=-" },
		/* in order: after the id there are no options */
		{ "run a --bundle /b", "run id=a n=3 bundle=- root=- log=- process=-" },
		{ "exec a ls -p /p", "exec id=a n=4 bundle=- root=- log=- process=-" },
		{ "run -- a", "run id=a n=1 bundle=- root=- log=- process=-" },
		{ "run -- -b", "run id=-b n=1 bundle=- root=- log=- process=-" },
		{ "run --bundle -d a", "run id=a n=1 bundle=-d root=- log=- process=-" },
		{ "run - a", "run id=- n=2 bundle=- root=- log=- process=-" },
		/* what prints does so when it is met */
		{ "--version run a", "- id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "--vers run a", "- id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "-V", "- id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "run --help a", "run id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "run -? a", "run id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "run --usa a", "run id=- n=0 bundle=- root=- log=- process=- harmless" },
		{ "run --help=no a", NULL },
		{ "run -h a", NULL },
		{ "run -bundle /b a", "run id=/b n=2 bundle=undle root=- log=- process=-" },
		{ "run --bundle", NULL },
		{ "run -b", NULL },
		{ "run --no-such a", NULL },
		{ "exec -g 5 a ls", NULL },
		{ "mounts add a f", "mounts id=add n=3 bundle=- root=- log=- process=-" },
		{ NULL, NULL },
	};

	(void)state;
	check(RUNTIME_CRUN, rows);
}

static void test_values(void **state)
{
	_cleanup_command_ struct command_line command = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&line, "run -f /c -d x", &command, RUNTIME_CRUN), 0);
	assert_string_equal(command_value(&command, OPTION_CONFIG), "/c");
	assert_false(command_on(&command, OPTION_TTY));
	command_free(&command);
	assert_int_equal(parse(&line, "exec --tty x sh", &command, RUNTIME_RUNC), 0);
	assert_true(command_on(&command, OPTION_TTY));
	command_free(&command);
	assert_int_equal(parse(&line, "exec --tty --tty=f x sh", &command, RUNTIME_RUNC), 0);
	assert_false(command_on(&command, OPTION_TTY));
}

/* What was read before the part that is not understood is there: --log tells where to say so. */
static void test_log_of_refused(void **state)
{
	_cleanup_command_ struct command_line command = { 0 };
	struct line line;

	(void)state;
	assert_int_equal(parse(&line, "--log /l --log-format json run --no-such a", &command,
			       RUNTIME_RUNC), -EINVAL);
	assert_string_equal(command_value(&command, OPTION_LOG), "/l");
	assert_string_equal(command_value(&command, OPTION_LOG_FORMAT), "json");
	assert_int_equal(command.verb, VERB_RUN);
}

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

/* --- what an exec's options make, and an update's --- */

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

/* Where a container is looked for. */
static void test_root(void **state)
{
	static const struct {
		const char *line, *xdg, *pwd, *root;
		enum runtime as;
	} rows[] = {
		{ "exec a", NULL, NULL, "/run/runc", RUNTIME_RUNC },
		{ "exec a", "", NULL, "/run/crun", RUNTIME_CRUN },
		{ "exec a", "/x", NULL, "/x/runc", RUNTIME_RUNC },
		{ "exec a", "/x", NULL, "/x/crun", RUNTIME_CRUN },
		{ "--root /r/../s exec a", "/x", NULL, "/s", RUNTIME_RUNC },
		{ "--root /r/../s exec a", "/x", NULL, "/r/../s", RUNTIME_CRUN },
		{ "--root /r --root /s exec a", NULL, NULL, "/s", RUNTIME_RUNC },
		/* to runc the working directory, and nowhere to crun */
		{ "--root _ exec a", "/x", NULL, "/tmp", RUNTIME_RUNC },
		{ "--root= exec a", NULL, NULL, "/tmp", RUNTIME_RUNC },
		{ "--root s exec a", NULL, NULL, "/tmp/s", RUNTIME_RUNC },
		{ "--root _ exec a", "/x", NULL, "", RUNTIME_CRUN },
		/* "$PWD/.." is a text to runc, if $PWD is the working directory */
		{ "--root ../s exec a", NULL, "/proc/self/cwd", "/proc/self/s", RUNTIME_RUNC },
		{ "--root s exec a", NULL, "/tmp/../tmp/.", "/tmp/s", RUNTIME_RUNC },
		{ "--root s exec a", NULL, "/usr", "/tmp/s", RUNTIME_RUNC },
		{ "--root s exec a", NULL, ".", "/tmp/s", RUNTIME_RUNC },
		{ "--root ../s exec a", NULL, "/proc/self/cwd", "../s", RUNTIME_CRUN },
	};

	(void)state;
	assert_int_equal(chdir("/tmp"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_command_ struct command_line command = { 0 };
		_cleanup_free_ char *root = NULL;
		struct line line;

		assert_int_equal(parse(&line, rows[i].line, &command, rows[i].as), 0);
		root = container_root(&command, rows[i].xdg, rows[i].pwd);
		assert_string_equal(root, rows[i].root);
	}
}

static void test_ids(void **state)
{
	static const char *const good[] = { "a", "A-b_c+d.e", "..a", "0", "a,b" };
	static const char *const bad[] = { "", ".", "..", "a b", "a/b", "\xc3\xa9", "a\nb", "{}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++)
		assert_true(command_id_valid(good[i]));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(command_id_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runc), cmocka_unit_test(test_runc_words),
		cmocka_unit_test(test_runc_doubtful),
		cmocka_unit_test(test_crun),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_log_of_refused),
		cmocka_unit_test(test_with_process),
		cmocka_unit_test(test_exec_process),
		cmocka_unit_test(test_exec_no_process),
		cmocka_unit_test(test_exec_bad),
		cmocka_unit_test(test_update),
		cmocka_unit_test(test_update_twice),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
