/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook door. MUST: read standard input once, bounded in size and time;
 * judge the config.json of the bundle that the state names, which MUST be the
 * working directory; refuse unless everything was judged and allowed; write
 * the record before answering; in audit mode refuse nothing.
 */
#include "hook.h"

#include <fcntl.h>

#include <cofferdam/admitted.h>
#include <cofferdam/file.h>

#include "limits.h"
#include "run.h"

/* A state has a few hundred bytes; annotations may make it larger. */
#define STATE_MAX (1u << 20)

static int read_state(struct json_doc **ret_doc, struct oci_state *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read_stream(STDIN_FILENO, "state on standard input", STATE_MAX,
				 INPUT_WAIT_MS, &text, err);

	if (r == 0)
		r = json_parse("state on standard input", buf_cstr(&text), text.len, 0, ret_doc,
			       err);
	return r < 0 ? r : oci_state_read(*ret_doc, ret, err);
}

/*
 * open_bundle - the state's bundle, if it is the working directory as well. It may be a
 * link: runc names what $PWD says; then it is known by its own name, in @ret_name.
 */
static int open_bundle(struct run *run, char **ret_name, struct error *err)
{
	const int flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
	struct stat named, here;
	int fd = open(run->bundle, flags | O_NOFOLLOW);
	const bool link = fd < 0 && errno == ENOTDIR;

	if (link)
		fd = open(run->bundle, flags);
	if (fd < 0)
		return error_sys(err, errno, "%s: the state's bundle cannot be opened",
				 run->bundle);
	run->bundle_fd = fd;
	if (fstat(fd, &named) < 0 || stat(".", &here) < 0)
		return error_sys(err, errno, "%s: the state's bundle", run->bundle);
	if (named.st_dev != here.st_dev || named.st_ino != here.st_ino)
		return error_set(err, -EXDEV,
				 "%s: the state's bundle is not the working directory, so the configuration that the runtime read is not known",
				 run->bundle);
	if (!link)
		return 0;
	if (fd_path(fd, ret_name) < 0)
		return error_set(err, -EIO, "%s: its path cannot be told", run->bundle);
	run->bundle = *ret_name;
	return 0;
}

static int parse(struct run *run, const struct buf *text, struct error *err)
{
	_cleanup_free_ char *name = NULL;

	if (asprintf(&name, "%s/config.json", run->bundle) < 0) {
		name = NULL;
		return error_oom(err);
	}
	process_heap_fill(text->len);
	return candidate_parse(name, text, &run->candidate, err);
}

/* check_admitted - where a runtime door is installed, it must have let this through. */
static int check_admitted(const struct run *run, const struct buf *text, struct error *err)
{
	const struct hook_call *call = run->call;
	int r;

	if (!call->admitted && !call->veto && !run->host->unadmitted_deny)
		return 0;
	r = admitted_commit(admitted_dir(), run->id, run->pid, text, err);
	if (r == -ENOENT && !call->admitted && !call->veto)
		return error_context(err, "host.json, unadmitted: deny");
	return r;
}

/*
 * leave - end with @status. All that is held goes with the process, in one piece,
 * unless a sanitizer is to see that it could have been freed.
 */
static int leave(int status)
{
	if (!HOOK_SANITIZED)
		_exit(status);
	return status;
}

int hook_run(const struct hook_call *call)
{
	_cleanup_json_ struct json_doc *state_doc = NULL;
	_cleanup_state_ struct oci_state state = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_free_ char *name = NULL;
	_cleanup_(run_free) struct run run;
	struct error err = { 0 };
	int r = run_begin(&run, call, &err);

	if (r == 0)
		r = read_state(&state_doc, &state, &err);
	if (r == 0) {
		run.id = state.id.v;
		run.bundle = state.bundle.v;
		run.pid = state.pid.v;
		r = open_bundle(&run, &name, &err);
	}
	if (r == 0) {
		r = file_read(run.bundle_fd, "config.json", true, FILE_CONFIG_MAX, &text, NULL, &err);
		if (r < 0)
			r = error_context(&err, "%s", run.bundle);
	}
	if (r == 0)
		r = check_admitted(&run, &text, &err);
	/* what the door admitted, it has parsed */
	if (r == 0 && call->veto)
		return 0;
	if (r == 0)
		r = parse(&run, &text, &err);
	if (r == 0)
		r = run_judge(&run, DOOR_HOOK, &err);
	if (r == 0 && run_arm(&run, &err) < 0) {
		run.unarmed = true;
		run.judged = run_audit(&run);
	} else if (r < 0) {
		run.judged = false;
	}
	return leave(run_conclude(&run, &err));
}
