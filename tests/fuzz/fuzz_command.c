/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command line of the runtime door, an argument a line behind the runtime's name:
 * read as the runtime's own parser reads it, in every release, or refused.
 */
#include "command.h"

#include <string.h>

#include <cofferdam/text.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

#define PROCESS_FILE "/proc/self/fd/9"

/* A line; each argument in memory of its own, so that reading past it is seen. */
struct line {
	enum runtime runtime;
	int argc;
	char *argv[READ_ARGS_MAX + 1];
};

static void line_free(struct line *line)
{
	for (int i = 0; i < line->argc; i++)
		free(line->argv[i]);
}

static void cut(const struct buf *text, struct line *ret)
{
	const char *at = buf_cstr(text);

	ret->runtime = runtime_named(at);
	while (ret->argc < READ_ARGS_MAX) {
		const size_t len = strcspn(at, "\n");

		ret->argv[ret->argc] = strndup(at, len);
		property(ret->argv[ret->argc], "out of memory");
		ret->argc++;
		if (!at[len] || !at[len + 1])
			return;
		at += len + 1;
	}
}

static bool judged(const struct command_line *command)
{
	return command->verb != VERB_OTHER && !command->harmless && command->n_args > 0;
}

/* is_read - what one parser that acts makes of the line is what the door made of it. */
static void is_read(const struct command_line *command, const struct reading *reading,
		    const char *parser)
{
	if (!command || !reading->acts)
		return;
	property(judged(command), "%s would act: it is judged", parser);
	property(alike(command, &reading->command), "%s reads it as the door does", parser);
}

/* odd - releases differ in what they do behind it: a lone "-", a blank program. */
static bool odd(const struct command_line *command)
{
	const char *program = command->n_args > 1 ? command->args[1] : "a";

	return strcmp(command->args[0], "-") == 0 ||
	       (command->verb == VERB_EXEC && (program[0] <= ' ' || program[0] > '~'));
}

/* is_needed - nothing is refused that all read alike, unless it is odd. */
static void is_needed(const struct command_line *command, const struct reading *one,
		      const struct reading *other)
{
	if (one->acts && other->acts && alike(&one->command, &other->command) &&
	    command_id_valid(one->command.args[0]) && !odd(&one->command))
		property(command, "what all releases read alike is understood");
}

/* compare - @command is NULL where the door refused. */
static void compare(enum runtime runtime, int argc, char **argv,
		    const struct command_line *command)
{
	_cleanup_reading_ struct reading one = { 0 }, other = { 0 };

	if (runtime == RUNTIME_CRUN) {
		read_argp(argc, argv, &one);
		is_read(command, &one, "argp");
		property(!one.acts || command, "what argp takes is understood");
		property(one.acts || !command || !judged(command),
			 "what is judged is what argp takes");
		return;
	}
	read_go1(argc, argv, &one);
	read_go3(argc, argv, &other);
	is_read(command, &one, "urfave/cli 1");
	is_read(command, &other, "urfave/cli 3");
	is_needed(command, &one, &other);
}

/* makes - an option that a process file takes the place of. */
static bool makes(const struct command_option *option)
{
	static const char *const names[] = { "process", "cwd", "env", "tty", "user", "additional-gids",
					     "cap", "process-label", "apparmor", "no-new-privs" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!option->global && strcmp(option->name, names[i]) == 0)
			return true;
	}
	return false;
}

/* with_process - the line that is handed on instead: without the process, but for its file. */
static void with_process(struct line *line, const struct command_line *command)
{
	_cleanup_free_ char **argv = command_with_process(command, line->argv, PROCESS_FILE);
	_cleanup_command_ struct command_line now = { 0 };
	struct error err;
	size_t at = 0;
	int argc = 0;

	property(argv, "out of memory");
	for (; argv[argc]; argc++)
		property(argc > command->verb_at || argv[argc] == line->argv[argc],
			 "up to the verb it is the same");
	property(command_parse(line->runtime, argc, argv, &now, &err) == 0, "%s", err.text);
	property(judged(&now) && now.verb == VERB_EXEC && now.n_args == 1 &&
		 strcmp(now.args[0], command->args[0]) == 0, "an exec in the same container");
	for (size_t i = 0; i < command->n_options; i++) {
		const struct command_option *was = &command->options[i], *is;

		if (makes(was) || (was->id == OPTION_HELP && !was->global))
			continue;
		property(at < now.n_options, "--%s is kept", was->name);
		is = &now.options[at++];
		/* argp's --HANG waits for a debugger; how long is nobody's concern */
		property(strcmp(is->name, was->name) == 0 &&
			 (is->on == was->on || strcmp(is->name, "HANG") == 0) &&
			 is->global == was->global && !is->value == !was->value &&
			 (!is->value || strcmp(is->value, was->value) == 0), "--%s is as it was",
			 was->name);
	}
	property(at + 1 == now.n_options &&
		 strcmp(command_value(&now, OPTION_PROCESS), PROCESS_FILE) == 0,
		 "the file, and nothing else");
	if (argc <= READ_ARGS_MAX)	/* letters become arguments of their own */
		compare(line->runtime, argc, argv, &now);
}

/* process_of - what an exec's options make has the arguments that were given. */
static void process_of(const struct command_line *command)
{
	static const char text[] = "{\"process\": {\"args\": [\"old\"], \"env\": [\"A=b\"], "
				   "\"user\": {\"uid\": 1}}}";
	_cleanup_json_ struct json_doc *config = NULL, *doc = NULL;
	_cleanup_buf_ struct buf made = { 0 };
	const struct json *arg;
	struct error err;

	property(json_parse("config", text, strlen(text), 0, &config, &err) == 0, "%s", err.text);
	if (door_exec_process(command, config, &made, &err) < 0)
		return;
	property(json_parse("process", buf_cstr(&made), made.len, 0, &doc, &err) == 0, "%s",
		 err.text);
	property(doc->repeated == 0, "each name once");
	arg = json_at(doc, "/args");
	property(arg && arg->type == JSON_ARRAY && arg->count == command->n_args - 1,
		 "as many arguments as were given");
	arg = arg->first;
	for (size_t i = 1; i < command->n_args; i++, arg = arg->next)
		property(arg->type == JSON_STRING &&
			 (text_valid_utf8(command->args[i], strlen(command->args[i])) >= 0 ||
			  strcmp(arg->str, command->args[i]) == 0), "argument %zu", i);
}

static void update_of(const struct command_line *command)
{
	_cleanup_buf_ struct buf admitted = { 0 }, config = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err;

	buf_str(&admitted, "{\"linux\": {\"resources\": {\"pids\": {\"limit\": 1}}}}");
	if (door_update_config(command, &admitted, &(const struct door_update){ 0 }, &config, &err) == 0)
		property(json_parse("config", buf_cstr(&config), config.len, 0, &doc, &err) == 0,
			 "%s", err.text);
}

/* told - a refusal can be written to the log, in any form, in one line. */
static void told(const struct command_line *command, const struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf out = { 0 };
	struct error ignored;

	door_error_line(&out, "json", err->text);
	property(json_parse("log", buf_cstr(&out), out.len, 0, &doc, &ignored) == 0, "%s",
		 ignored.text);
	buf_reset(&out);
	door_error_line(&out, command_value(command, OPTION_LOG_FORMAT), err->text);
	property(!strchr(buf_cstr(&out), '\n'), "one line");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(line_free) struct line line = { 0 };
	_cleanup_command_ struct command_line command = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;
	int r;

	fuzz_text(data, size, &text);
	cut(&text, &line);
	r = command_parse(line.runtime, line.argc, line.argv, &command, &err);
	property(r == 0 || r == -EINVAL, "only a line that is not understood is refused");
	if (r < 0)
		told(&command, &err);
	compare(line.runtime, line.argc, line.argv, r < 0 ? NULL : &command);
	if (r < 0 || !judged(&command))
		return 0;
	if (command.verb == VERB_EXEC && command_id_valid(command.args[0])) {
		with_process(&line, &command);
		process_of(&command);
	} else if (command.verb == VERB_UPDATE) {
		update_of(&command);
	}
	return 0;
}

/* --- the mutator: whole arguments, most of them options of some verb --- */

static void option_of(enum verb verb, uint64_t *seed, struct buf *out)
{
	static const char *const values[] = { "", "=", "=/b", "=/b ", "=true", "=f", "\n/b", "\n--",
					      "\n-b", "\n0", "\n1:2", "\n", " ", "=no" };
	const struct option_row *rows = option_rows(verb);
	size_t n = 0;

	while (rows[n].name)
		n++;
	rows += fuzz_random(seed, n);
	if (rows->letter && fuzz_random(seed, 3) == 0)
		buf_printf(out, "-%c", rows->letter);
	else
		buf_printf(out, "%s%.*s", fuzz_random(seed, 4) ? "--" : "-",
			   (int)strlen(rows->name) - (fuzz_random(seed, 4) ? 0 : 1), rows->name);
	buf_str(out, values[fuzz_random(seed, ARRAY_SIZE(values))]);
}

static void new_argument(uint64_t *seed, struct buf *out)
{
	static const char *const words[] = { "--", "-", "", " ", " --", "a", "b", "---", "-=", "--=",
					     "create", "run", "exec", "update", "restore", "delete",
					     "checkpoint", "mounts", "kill", " create", " --bundle",
					     "\xc2\xa0--root", "-dt", "-db", "\xe2\x80\x83" };

	if (fuzz_random(seed, 3) == 0)
		buf_str(out, words[fuzz_random(seed, ARRAY_SIZE(words))]);
	else
		option_of(fuzz_random(seed, 3) ? (enum verb)fuzz_random(seed, VERB_MAX) : VERB_OTHER,
			  seed, out);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint64_t random = (fuzz_seed(data, size) ^ (seed * 0x9e3779b97f4a7c15u)) | 1;
	_cleanup_buf_ struct buf text = { 0 }, out = { 0 };
	const char *at, *end;
	size_t lines = 1;

	if (fuzz_random(&random, 4) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	fuzz_text(data, size, &text);
	for (at = buf_cstr(&text); (at = strchr(at, '\n')); at++)
		lines++;
	at = buf_cstr(&text);
	/* the first line is the runtime's name */
	for (lines = fuzz_random(&random, lines); lines > 0; lines--)
		at = strchr(at, '\n') + 1;
	end = at + strcspn(at, "\n");
	buf_add(&out, buf_cstr(&text), (size_t)((at == buf_cstr(&text) ? end : at) - buf_cstr(&text)));
	if (at == buf_cstr(&text))
		buf_char(&out, '\n');
	new_argument(&random, &out);
	if (fuzz_random(&random, 2) && at != buf_cstr(&text))
		buf_str(&out, end);		/* instead of it */
	else
		buf_printf(&out, "\n%s", at == buf_cstr(&text) ? end + (*end != '\0') : at);
	if (out.oom || out.len > max_size)
		return LLVMFuzzerMutate(data, size, max_size);
	memcpy(data, buf_cstr(&out), out.len);
	return out.len;
}
