/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook door. MUST: read standard input once, bounded in size and time;
 * judge the config.json of the bundle that the state names, which MUST be the
 * working directory; refuse unless everything was judged and allowed; write
 * the record before answering; in audit mode refuse nothing.
 */
#include "hook.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>

#include <cofferdam/file.h>
#include <cofferdam/report.h>
#include <cofferdam/text.h>

#include "limits.h"
#include "tell.h"

/* A state has a few hundred bytes; annotations may make it larger. */
#define STATE_MAX (1u << 20)
/* Runtimes write the state at once; a reader must not hang for a silent one. */
#define STATE_WAIT_MS 900
/* What runc shows its user of one hook, in one line, without becoming a wall. */
#define LINE_MAX_BYTES 1800

struct run {
	const struct hook_call *call;
	struct host *host;
	struct policy *policy;
	struct json_doc *state_doc;
	struct oci_state state;
	int bundle_fd;
	struct candidate candidate;
	bool judged;
	uint64_t start_us;
};

static uint64_t now_us(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void run_free(struct run *run)
{
	candidate_free(&run->candidate);
	close_fd(&run->bundle_fd);
	oci_state_free(&run->state);
	json_free(&run->state_doc);
	policy_free(&run->policy);
	host_free(&run->host);
}

static int read_state(struct run *run, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read_stream(STDIN_FILENO, "state on standard input", STATE_MAX,
				 STATE_WAIT_MS, &text, err);

	if (r == 0)
		r = json_parse("state on standard input", buf_cstr(&text), text.len, 0,
			       &run->state_doc, err);
	return r < 0 ? r : oci_state_read(run->state_doc, &run->state, err);
}

/* open_bundle - the state's bundle, if it is the working directory as well. */
static int open_bundle(struct run *run, struct error *err)
{
	const char *path = run->state.bundle.v;
	struct stat named, here;
	int fd = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return error_sys(err, errno, "%s: the state's bundle cannot be opened", path);
	run->bundle_fd = fd;
	if (fstat(fd, &named) < 0 || stat(".", &here) < 0)
		return error_sys(err, errno, "%s: the state's bundle", path);
	if (named.st_dev != here.st_dev || named.st_ino != here.st_ino)
		return error_set(err, -EXDEV,
				 "%s: the state's bundle is not the working directory, so the configuration that the runtime read is not known",
				 path);
	return 0;
}

static int read_config(struct run *run, struct error *err)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	int r;

	if (asprintf(&name, "%s/config.json", run->state.bundle.v) < 0) {
		name = NULL;
		return error_oom(err);
	}
	r = file_read(run->bundle_fd, "config.json", true, FILE_CONFIG_MAX, &text, NULL, err);
	if (r < 0)
		return error_context(err, "%s", run->state.bundle.v);
	return candidate_parse(name, &text, &run->candidate, err);
}

static int judge(struct run *run, struct error *err)
{
	struct facts_source source = { .bundle_fd = -1, .engine = run->call->engine };
	struct subject how = { .engine = run->call->engine, .door = DOOR_HOOK };
	int r = read_state(run, err);

	if (r == 0)
		r = open_bundle(run, err);
	if (r == 0)
		r = read_config(run, err);
	if (r == 0)
		r = host_policy(run->host, run->call->engine, geteuid(), &run->policy, err);
	if (r < 0)
		return r;
	source.bundle_fd = run->bundle_fd;
	source.pid = run->state.pid.v;
	r = facts_gather(&run->candidate.spec, run->policy, &source, &run->candidate.facts, err);
	process_judged();
	if (r < 0)
		return r;
	how.policy = run->policy;
	r = candidate_judge(&run->candidate, &how, err);
	run->judged = r == 0;
	return r;
}

static enum engine words_engine(const struct run *run)
{
	return run->call->engine != ENGINE_UNKNOWN ? run->call->engine
						   : engine_guess(&run->candidate.spec);
}

/* write_record - 0, or negative when the host wants a record and has none. */
static int write_record(const struct run *run, struct record *record, struct error *err)
{
	static const struct log_config none;
	const struct log_config *log = run->host ? &run->host->log : &none;
	_cleanup_free_ char *program = NULL;
	_cleanup_buf_ struct buf line = { 0 };
	int r;

	if (asprintf(&program, "cofferdam-hook%s%s", run->call->stage[0] ? " " : "",
		     run->call->stage) < 0) {
		program = NULL;
		return error_oom(err);
	}
	record->program = program;
	record->id = run->state.id.v;
	record->bundle = run->state.bundle.v;
	record->pid = run->state.pid.v;
	record->mode = run->host ? run->host->mode : MODE_ENFORCE;
	record->took_us = now_us() - run->start_us;
	record_json(&line, record);
	r = buf_check(&line, err);
	if (r == 0)
		r = log_write(log, line.data, line.len, err);
	return r < 0 && !log->on_failure_ignore ? r : 0;
}

/* conclude - write the record, tell a refusal, and return the exit status. */
static int conclude(const struct run *run, const struct error *failure)
{
	const bool audit = run->host && run->host->mode == MODE_AUDIT;
	const bool allowed = run->judged && run->candidate.decision.verdict == VERDICT_ALLOW;
	const struct report report = {
		.subject = &run->candidate.subject, .decision = &run->candidate.decision,
		.name = "config.json", .words = engine_wording(words_engine(run)),
	};
	struct record record = {
		.failure = run->judged ? NULL : failure->text,
		.report = run->judged ? &report : NULL,
		.refused = !allowed && !audit,
	};
	_cleanup_buf_ struct buf line = { 0 };
	struct error err;

	if (run->judged)
		report_line(&line, &report, LINE_MAX_BYTES);
	else
		buf_printf(&line, "cofferdam: refused, could not judge: %s", failure->text);
	if (write_record(run, &record, &err) < 0) {
		buf_reset(&line);
		buf_printf(&line, "cofferdam: %s, the record cannot be written: %s",
			   audit ? "audit" : "refused", err.text);
		tell(buf_cstr(&line), run->state.pid.v);
		return audit ? 0 : 1;
	}
	if (record.refused)
		tell(line.oom ? "cofferdam: refused, out of memory" : buf_cstr(&line),
		     run->state.pid.v);
	return record.refused;
}

int hook_run(const struct hook_call *call)
{
	_cleanup_(run_free) struct run run = {
		.call = call, .bundle_fd = -1, .start_us = now_us(),
	};
	struct error err = { 0 };
	int r = host_load(call->host_config, geteuid(), &run.host, &err);

	if (r == 0)
		(void)judge(&run, &err);
	return conclude(&run, &err);
}
