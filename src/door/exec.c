/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process that an exec's options make, as runc (exec.go) and crun (exec.c)
 * make it: runc changes the process of config.json, crun begins with nothing but
 * falls back to config.json's for what is absent.
 */
#include <cofferdam/door.h>

#include <stdint.h>
#include <string.h>

#include "door-private.h"

struct making {
	const struct command_line *command;
	const struct json_doc *doc;	/* the process to begin with */
	struct json_edits edits;
	unsigned made;			/* parents that an edit has added, a bit each */
};

static int add(struct making *m, const char *pointer, const char *value, struct error *err)
{
	return json_edits_add(&m->edits, JSON_ADD, pointer, value, err);
}

static int add_string(struct making *m, const char *pointer, const char *value,
		      struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	json_string(&text, value);
	return buf_check(&text, err) < 0 ? err->code : add(m, pointer, buf_cstr(&text), err);
}

/* parent - make @pointer where it is missing; each has a number of its own. */
static int parent(struct making *m, unsigned number, const char *pointer, const char *empty,
		  struct error *err)
{
	const struct json *node = json_at(m->doc, pointer);

	if ((node && node->type != JSON_NULL) || (m->made & 1u << number))
		return 0;
	m->made |= 1u << number;
	return add(m, pointer, empty, err);
}

/* id_of - a uid or gid as both take it: any integer, of which 32 bits are kept. */
static int id_of(const char *text, const char *end, uint32_t *ret, struct error *err)
{
	char *stop;
	long long id;

	errno = 0;
	id = strtoll(text, &stop, 10);
	if (stop == text || stop != end || errno != 0)
		return error_set(err, -EINVAL, "\"%s\": no number of a user or group", text);
	*ret = (uint32_t)id;
	return 0;
}

static int add_id(struct making *m, const char *pointer, uint32_t id, struct error *err)
{
	char value[16];

	(void)snprintf(value, sizeof(value), "%u", id);
	return add(m, pointer, value, err);
}

/* add_user - "UID" or "UID:GID" */
static int add_user(struct making *m, const char *user, struct error *err)
{
	const char *colon = strchr(user, ':');
	uint32_t id;
	int r = parent(m, 0, "/user", "{}", err);

	if (r == 0)
		r = id_of(user, colon ? colon : user + strlen(user), &id, err);
	if (r == 0)
		r = add_id(m, "/user/uid", id, err);
	if (r == 0 && colon)
		r = id_of(colon + 1, colon + 1 + strlen(colon + 1), &id, err);
	if (r == 0 && colon)
		r = add_id(m, "/user/gid", id, err);
	return r;
}

/* add_gids - one, or several with commas (urfave/cli's Int64Slice). */
static int add_gids(struct making *m, const char *gids, struct error *err)
{
	int r = parent(m, 0, "/user", "{}", err);

	if (r == 0)
		r = parent(m, 1, "/user/additionalGids", "[]", err);
	while (r == 0 && *gids) {
		const size_t n = strcspn(gids, ",");
		uint32_t id;

		r = id_of(gids, gids + n, &id, err);
		if (r == 0)
			r = add_id(m, "/user/additionalGids/-", id, err);
		gids += n;
		gids += *gids == ',';
	}
	return r;
}

/* add_cap - to all sets: newer runtimes leave some out, which is less. */
static int add_cap(struct making *m, const char *cap, struct error *err)
{
	static const char *const sets[] = { "bounding", "effective", "permitted", "inheritable",
					    "ambient" };
	int r = parent(m, 2, "/capabilities", "{}", err);

	for (unsigned i = 0; r == 0 && i < ARRAY_SIZE(sets); i++) {
		_cleanup_buf_ struct buf list = { 0 }, end = { 0 };

		/* runc never touches this one; crun 1.8 does */
		if (m->command->runtime == RUNTIME_RUNC && strcmp(sets[i], "inheritable") == 0)
			continue;
		buf_printf(&list, "/capabilities/%s", sets[i]);
		buf_printf(&end, "/capabilities/%s/-", sets[i]);
		r = buf_check(&list, err);
		if (r == 0)
			r = buf_check(&end, err);
		if (r == 0)
			r = parent(m, 3 + i, buf_cstr(&list), "[]", err);
		if (r == 0)
			r = add_string(m, buf_cstr(&end), cap, err);
	}
	return r;
}

/* add_caps - both split at commas up to some release, and no capability has one. */
static int add_caps(struct making *m, const char *caps, struct error *err)
{
	_cleanup_free_ char *copy = strdup(caps);
	char *save = NULL;
	int r = copy ? 0 : error_oom(err);

	for (char *cap = copy ? strtok_r(copy, ",", &save) : NULL; r == 0 && cap;
	     cap = strtok_r(NULL, ",", &save))
		r = add_cap(m, cap, err);
	return r;
}

static int add_env(struct making *m, const char *entry, struct error *err)
{
	int r = parent(m, 8, "/env", "[]", err);

	return r < 0 ? r : add_string(m, "/env/-", entry, err);
}

static int add_option(struct making *m, const struct command_option *option, struct error *err)
{
	const char *value = option->value;

	switch (option->id) {
	case OPTION_CWD:
		return value[0] ? add_string(m, "/cwd", value, err) : 0;
	case OPTION_ENV:
		return add_env(m, value, err);
	case OPTION_USER:
		return value[0] ? add_user(m, value, err) : 0;
	case OPTION_GIDS:
		return add_gids(m, value, err);
	case OPTION_CAP:
		return add_caps(m, value, err);
	case OPTION_LABEL:
		return value[0] ? add_string(m, "/selinuxLabel", value, err) : 0;
	case OPTION_APPARMOR:
		return value[0] ? add_string(m, "/apparmorProfile", value, err) : 0;
	case OPTION_NO_NEW_PRIVS:
		return add(m, "/noNewPrivileges", option->on ? "true" : "false", err);
	default:
		return 0;
	}
}

static int add_args(struct making *m, struct error *err)
{
	_cleanup_buf_ struct buf list = { 0 };

	buf_char(&list, '[');
	for (size_t i = 1; i < m->command->n_args; i++) {
		buf_str(&list, i > 1 ? ", " : "");
		json_string(&list, m->command->args[i]);
	}
	buf_char(&list, ']');
	return buf_check(&list, err) < 0 ? err->code : add(m, "/args", buf_cstr(&list), err);
}

/* begin - the process before the options. */
static void begin(const struct command_line *command, const struct json_doc *config, struct buf *out)
{
	const struct json *process = json_get(config->root, "process");
	const struct json *env = process ? json_get(process, "env") : NULL;

	if (command->runtime == RUNTIME_RUNC && process && process->type == JSON_OBJECT) {
		buf_add(out, config->text + process->start, process->end - process->start);
		return;
	}
	buf_str(out, "{\"cwd\": \"/\"");
	/* with --env newer ones keep the container's, too; without, all do */
	if (command->runtime == RUNTIME_CRUN && command_value(command, OPTION_ENV) && env &&
	    env->type == JSON_ARRAY) {
		buf_str(out, ", \"env\": ");
		buf_add(out, config->text + env->start, env->end - env->start);
	}
	buf_char(out, '}');
}

static int make(struct making *m, struct buf *ret, struct error *err)
{
	int r = add_args(m, err);

	if (r == 0)
		r = add(m, "/terminal", command_on(m->command, OPTION_TTY) ? "true" : "false", err);
	for (size_t i = 0; r == 0 && i < m->command->n_options; i++)
		r = add_option(m, &m->command->options[i], err);
	return r < 0 ? r : json_apply(m->doc, &m->edits, ret, err);
}

int door_exec_process(const struct command_line *command, const struct json_doc *config,
		      struct buf *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct making m = { .command = command };
	int r;

	begin(command, config, &text);
	r = buf_check(&text, err);
	if (r == 0)
		r = json_parse("process", buf_cstr(&text), text.len, 0, &doc, err);
	m.doc = doc;
	if (r == 0)
		r = make(&m, ret, err);
	json_edits_free(&m.edits);
	return r;
}

/* apply_one - @text with one value added. */
static int apply_one(const struct buf *text, const char *pointer, const char *value,
		     struct buf *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_edits_ struct json_edits edits = { 0 };
	int r = json_parse("the admitted configuration", buf_cstr(text), text->len, 0, &doc, err);

	if (r == 0)
		r = json_edits_add(&edits, JSON_ADD, pointer, value, err);
	return r < 0 ? r : json_apply(doc, &edits, ret, err);
}

int door_exec_config(const struct buf *admitted, const struct buf *process, struct buf *ret,
		     struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse("the process file", buf_cstr(process), process->len, 0, &doc, err);

	if (r == 0 && doc->root->type != JSON_OBJECT)
		r = error_set(err, -EINVAL, "the process file is no object");
	return r < 0 ? r : apply_one(admitted, "/process", buf_cstr(process), ret, err);
}
