/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command lines of runc and crun: each line here was given to the runtime
 * itself, or follows from its parser's source.
 */
#include "command-line.h"

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
		cmocka_unit_test(test_runc),
		cmocka_unit_test(test_runc_words),
		cmocka_unit_test(test_runc_doubtful),
		cmocka_unit_test(test_crun),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_log_of_refused),
		cmocka_unit_test(test_root),
		cmocka_unit_test(test_ids),
	};

	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
