/* SPDX-License-Identifier: Apache-2.0 */
/*
 * podman's precreate stage: the configuration that podman is about to give the
 * runtime comes on standard input, the one to give it goes to standard output.
 * MUST: print a whole configuration or nothing; print the input byte for byte
 * where nothing is to be changed, and always in audit mode.
 */
#include "hook.h"

#include <fcntl.h>
#include <limits.h>

#include <cofferdam/file.h>
#include <cofferdam/harden.h>

#include "run.h"

static const char name[] = "config.json on standard input";

static int judge(struct run *run, struct buf *text, struct error *err)
{
	int r = file_read_stream(STDIN_FILENO, name, FILE_CONFIG_MAX, INPUT_WAIT_MS, text, err);

	if (r < 0)
		return r;
	/* the bundle, or where podman's caller was (4.3), whom no policy is to be chosen by */
	run->bundle_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (run->bundle_fd < 0)
		return error_sys(err, errno, "the working directory");
	r = candidate_parse(name, text, &run->candidate, err);
	return r < 0 ? r : run_judge(run, DOOR_PRECREATE, err);
}

/* harden - @text as it is to be used; a remedy that fails leaves nothing judged. */
static int harden(struct run *run, struct buf *text, struct error *err)
{
	_cleanup_buf_ struct buf hardened = { 0 };
	int r;

	if (run->candidate.decision.verdict != VERDICT_HARDEN || run_audit(run))
		return 0;
	r = harden_config(&run->candidate.subject, &run->candidate.decision, &hardened, err);
	if (r < 0) {
		run->judged = false;
		return r;
	}
	buf_reset(text);
	buf_add(text, hardened.data, hardened.len);
	r = buf_check(text, err);
	run->hardened = r == 0;
	return r;
}

int precreate_run(const struct hook_call *call)
{
	_cleanup_buf_ struct buf text = { 0 };
	_cleanup_(run_free) struct run run;
	struct error err = { 0 };
	int status, r = run_begin(&run, call, &err);

	if (r == 0)
		r = judge(&run, &text, &err);
	if (r == 0)
		r = harden(&run, &text, &err);
	status = run_conclude(&run, &err);
	if (status != 0)
		return status;
	/* podman stops the container if what it gets is no whole configuration. */
	return file_write_all(STDOUT_FILENO, buf_cstr(&text), text.len, &err) < 0;
}
