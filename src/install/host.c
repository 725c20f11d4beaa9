/* SPDX-License-Identifier: Apache-2.0 */
/*
 * host.json. Where there is none, one is written that only watches: without it
 * everything that does not satisfy "restricted" would be refused from one moment to
 * the next. One that is there is the administrator's; only "enforce" is put into it,
 * when that is asked for.
 */
#include "install-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/host.h>

int host_here(const struct tree *tree, struct host **ret, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r = tree_look(tree, HOST_JSON, &st);

	if (r == -ENOENT)
		return 0;
	path = tree_outside(tree, HOST_JSON, err);
	if (!path)
		return err->code;
	r = host_load(path, geteuid(), ret, err);
	return r < 0 ? r : 1;
}

/* The folder in which the log is made with the first record. */
static int log_makeable(const struct tree *tree, const struct log_config *log, struct error *err)
{
	_cleanup_free_ char *inside = strdup(log->file), *folder = NULL;
	char *slash = inside ? strrchr(inside, '/') : NULL;
	_cleanup_close_ int fd = -1;

	if (!slash)
		return error_oom(err);
	slash[slash == inside] = '\0';
	folder = tree_outside(tree, inside, err);
	if (!folder)
		return err->code;
	fd = file_open_trusted(folder, O_PATH | O_DIRECTORY, log->owner, err);
	if (fd < 0)
		return err->code;
	return faccessat(fd, ".", W_OK, 0) < 0 ? error_sys(err, errno, "%s", folder) : 0;
}

int log_usable(const struct tree *tree, const struct log_config *log, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (!log->file)
		return 0;
	if (tree_look(tree, log->file, &st) == -ENOENT)
		return log_makeable(tree, log, err);
	path = tree_outside(tree, log->file, err);
	if (!path)
		return err->code;
	fd = file_open_trusted(path, O_WRONLY | O_APPEND, log->owner, err);
	return fd < 0 ? err->code : 0;
}

static void fresh(struct buf *out, bool enforce)
{
	buf_printf(out,
		   "// Written by \"cofferdam install\"; cofferdam-policy(5) has every member.\n"
		   "{\n"
		   "  \"format\": 1,\n"
		   "  // audit refuses nothing and records what would be; then: enforce\n"
		   "  \"mode\": \"%s\",\n"
		   "  // first match wins\n"
		   "  \"policies\": [ { \"use\": \"restricted\" } ],\n"
		   "  \"log\": { \"file\": \"/var/log/cofferdam.jsonl\" }\n"
		   "}\n", enforce ? "enforce" : "audit");
}

/* The text with its mode put to "enforce"; nothing in @ret: that is its mode. */
static int enforced(const struct buf *text, struct buf *ret, struct error *err)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct json *mode;
	int r = json_parse(HOST_JSON, buf_cstr(text), text->len, JSON_COMMENTS, &doc, err);

	if (r < 0)
		return r;
	mode = json_get(doc->root, "mode");
	/* without the member it is what it is to be */
	if (!mode || (mode->type == JSON_STRING && strcmp(mode->str, "enforce") == 0))
		return 0;
	r = json_edits_add(&edits, JSON_REPLACE, "/mode", "\"enforce\"", err);
	if (r == 0)
		r = json_apply(doc, &edits, ret, err);
	return r;
}

static int enforce(struct change *change, struct buf *text, struct error *err)
{
	_cleanup_buf_ struct buf new = { 0 };
	int r = enforced(text, &new, err);

	return r < 0 || new.len == 0 ? r : change_step(change, text, &new, err);
}

/* One that was lost is as it was activated, which may have been to enforce. */
static int bring_back(struct plan *plan, const struct change *known, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 }, new = { 0 };
	int r = 0;

	buf_str(&text, known->after);
	if (plan->enforce)
		r = enforced(&text, &new, err);
	if (r == 0)
		r = plan_whole(plan, ENGINE_UNKNOWN, HOST_JSON, new.len > 0 ? &new : &text, err);
	if (r == 0)
		plan_note(plan, ENGINE_UNKNOWN, "%s was gone, and is written as it was installed", HOST_JSON);
	return r;
}

/* Whether the text only watches. */
static bool audits(const struct buf *text)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct json *mode;
	struct error ignored;

	if (json_parse(HOST_JSON, buf_cstr(text), text->len, JSON_COMMENTS, &doc, &ignored) < 0)
		return false;
	mode = json_get(doc->root, "mode");
	return mode && mode->type == JSON_STRING && strcmp(mode->str, "audit") == 0;
}

int plan_host(struct plan *plan, struct error *err)
{
	const struct change *known = installed_find(&plan->state, CHANGE_FILE, HOST_JSON);
	_cleanup_buf_ struct buf text = { 0 }, base = { 0 };
	bool ours = known && !known->before;
	struct change *c = NULL;
	int r = tree_read(&plan->tree, HOST_JSON, &text, NULL, err);

	if (r < 0 && r != -ENOENT)
		return r;
	if (r == -ENOENT && known)
		return bring_back(plan, known, err);
	if (r == -ENOENT || (ours && plan->enforce && strcmp(buf_cstr(&text), known->after) == 0)) {
		buf_reset(&text);
		fresh(&text, plan->enforce);
		r = plan_whole(plan, ENGINE_UNKNOWN, HOST_JSON, &text, err);
	} else if (plan->enforce && audits(&text)) {
		r = plan_file(plan, ENGINE_UNKNOWN, HOST_JSON, &c, &base, err);
		if (r == 0)
			r = enforce(c, &base, err);
		if (r == 0)
			r = plan_file_end(plan, c, &base, err);
	} else if (audits(&text)) {
		plan_note(plan, ENGINE_UNKNOWN, "%s says audit: nothing is refused yet, and what would be is "
			  "in its log; then: cofferdam install --enforce", HOST_JSON);
		return 0;
	} else {
		return 0;
	}
	if (r == 0)
		plan_note(plan, ENGINE_UNKNOWN, plan->enforce ?
			  "containers that the policy does not allow are refused from now on; prove it: "
			  "cofferdam doctor --canary" :
			  "mode audit: nothing is refused yet, and what would be is in "
			  "/var/log/cofferdam.jsonl; then: cofferdam install --enforce");
	return r;
}
