/* SPDX-License-Identifier: Apache-2.0 */
/* What runc and crun keep of a container, and the process that it is. */
#include <cofferdam/door.h>

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#include "door-private.h"

#define STAT_MAX 4096u			/* proc_pid_stat(5) has some 350 bytes */

int process_started(int64_t pid, uint64_t *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	char name[64];
	const char *at;
	int r;

	(void)snprintf(name, sizeof(name), "/proc/%" PRId64 "/stat", pid);
	r = file_read_kernel(AT_FDCWD, name, STAT_MAX, &text, err);
	if (r < 0)
		return r;
	/* Field 22, counted behind the name, which may hold anything. */
	at = strrchr(buf_cstr(&text), ')');
	if (at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
		return error_set(err, -ESRCH, "%s: the process has ended", name);
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	if (!at || sscanf(at, " %" SCNu64, ret) != 1)
		return error_set(err, -EBADMSG, "%s: not understood", name);
	return 0;
}

void container_state_free(struct container_state *state)
{
	free(state->bundle);
	*state = (struct container_state){ 0 };
}

/* is_here - whether @pwd is a name of the working directory. */
static bool is_here(const char *pwd)
{
	struct stat named, here;

	return pwd && pwd[0] == '/' && stat(pwd, &named) == 0 && stat(".", &here) == 0 &&
	       named.st_dev == here.st_dev && named.st_ino == here.st_ino;
}

/* clean_absolute - as filepath.Abs() of Go, which takes $PWD for the working directory
 * if it is one of its names, links and ".." in it and all. */
static char *clean_absolute(const char *path, const char *pwd)
{
	const bool absolute = path[0] == '/';
	_cleanup_free_ char *here = absolute ? NULL : is_here(pwd) ? strdup(pwd) : getcwd(NULL, 0);
	_cleanup_free_ char *whole = NULL;

	if (absolute)
		return text_path_clean(path);
	if (!here || asprintf(&whole, "%s/%s", here, path) < 0) {
		whole = NULL;
		return NULL;
	}
	return text_path_clean(whole);
}

char *container_root(const struct command_line *command, const char *xdg, const char *pwd)
{
	const char *given = command_value(command, OPTION_ROOT);
	const bool crun = command->runtime == RUNTIME_CRUN;
	char *root = NULL;

	/* runc cleans the text, crun leaves it to the kernel: they part at "link/..";
	 * an empty one is the working directory to runc, and an error to crun */
	if (given)
		return crun ? strdup(given) : clean_absolute(given, pwd);
	if (!xdg || !xdg[0])
		return strdup(crun ? "/run/crun" : "/run/runc");
	return asprintf(&root, "%s/%s", xdg, runtime_name(command->runtime)) < 0 ? NULL : root;
}

static const char *string_at(const struct json *node)
{
	return node && node->type == JSON_STRING ? node->str : NULL;
}

static int number_at(const struct json *node, uint64_t *ret)
{
	char *end;

	if (!node || node->type != JSON_NUMBER || node->str[0] == '-')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(node->str, &end, 10);
	return *end == '\0' && errno == 0 ? 0 : -EINVAL;
}

/* bundle_label - runc keeps "bundle=PATH" among its labels; the last is its own. */
static const char *bundle_label(const struct json_doc *doc)
{
	const struct json *labels = json_at(doc, "/config/labels");
	const char *bundle = NULL;

	for (const struct json *l = labels ? labels->first : NULL; l; l = l->next) {
		if (l->type == JSON_STRING && strncmp(l->str, "bundle=", 7) == 0)
			bundle = l->str + 7;
	}
	return bundle;
}

static int state_read(enum runtime runtime, const struct json_doc *doc,
		      struct container_state *ret, struct error *err)
{
	const bool crun = runtime == RUNTIME_CRUN;
	const char *bundle = crun ? string_at(json_get(doc->root, "bundle")) : bundle_label(doc);
	uint64_t pid;

	if (number_at(json_get(doc->root, crun ? "pid" : "init_process_pid"), &pid) < 0 ||
	    number_at(json_get(doc->root, crun ? "process-start-time" : "init_process_start"),
		      &ret->start) < 0 || !bundle)
		return error_set(err, -EBADMSG, "%s: not understood", doc->name);
	ret->pid = (int64_t)pid;
	ret->bundle = strdup(bundle);
	return ret->bundle ? 0 : error_oom(err);
}

int container_state(const struct container_place *place, const char *id,
		    struct container_state *ret, struct error *err)
{
	const enum runtime runtime = place->runtime;
	_cleanup_container_ struct container_state state = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf path = { 0 }, fifo = { 0 }, text = { 0 };
	struct stat st;
	int r;

	buf_printf(&path, "%s/%s/%s", place->root, id,
		   runtime == RUNTIME_CRUN ? "status" : "state.json");
	/* both keep it there until the start */
	buf_printf(&fifo, "%s/%s/exec.fifo", place->root, id);
	r = buf_check(&path, err);
	if (r == 0)
		r = buf_check(&fifo, err);
	if (r == 0)
		r = place->trusting
		  ? file_read(AT_FDCWD, buf_cstr(&path), true, FILE_CONFIG_MAX, &text, NULL, err)
		  : file_read_trusted(buf_cstr(&path), place->owner, FILE_CONFIG_MAX, &text, NULL,
				      err);
	if (r == 0)
		r = json_parse(buf_cstr(&path), buf_cstr(&text), text.len, 0, &doc, err);
	if (r == 0)
		r = state_read(runtime, doc, &state, err);
	if (r < 0)
		return r;
	state.created = lstat(buf_cstr(&fifo), &st) == 0;
	*ret = state;
	state = (struct container_state){ 0 };
	return 0;
}
