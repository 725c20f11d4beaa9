/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>

#include <cofferdam/gate.h>
#include <cofferdam/process.h>

#include "limits.h"
#include "tell.h"

/* What runc shows its user of one hook, in one line, without becoming a wall. */
#define LINE_MAX_BYTES 1800

int run_begin(struct run *run, const struct hook_call *call, struct error *err)
{
	memset(run, 0, sizeof(*run));
	run->call = call;
	run->bundle_fd = -1;
	run->start_us = now_us();
	run->rootless = process_rootless();
	return host_load(call->host_config, process_owner(run->rootless), &run->host, err);
}

void run_free(struct run *run)
{
	candidate_free(&run->wanted);
	candidate_free(&run->candidate);
	close_fd(&run->bundle_fd);
	policy_free(&run->policy);
	host_free(&run->host);
}

bool run_audit(const struct run *run)
{
	return run->host && (run->host->mode == MODE_AUDIT ||
			     (run->policy && run->policy->audit));
}

/*
 * asked - a copy of @policy with the rules that judge none of @on off; it owns nothing.
 * @ret_any: whether any other is on.
 */
static struct policy *asked(const struct policy *policy, unsigned on, bool *ret_any)
{
	struct policy *copy = malloc(sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *policy;
	*ret_any = false;
	for (size_t i = 0; i < RULE_MAX; i++) {
		if (!(rule_on(registry_rule((enum rule_id)i)) & on))
			copy->rules[i].action = ACTION_OFF;
		*ret_any |= copy->rules[i].action != ACTION_OFF;
	}
	return copy;
}

int run_judge(struct run *run, enum door door, struct error *err)
{
	const struct facts_source source = {
		.bundle_fd = run->bundle_fd, .engine = run->call->engine,
		.engine_bundle = run->bundle, .pid = run->pid, .cgroup_by = run->cgroup_by,
		.live = run->on & ON_EXEC && !run->created ? run->pid : 0,
	};
	struct subject how = {
		.engine = run->call->engine, .door = door, .bundle = run->bundle,
		.id = run->id, .labels = &run->host->labels, .spec = &run->candidate.spec,
		.host_config = run->call->host_config,
		.on = run->on, .admitted = run->admitted, .created = run->created,
	};
	const struct container container = subject_container(&how);
	_cleanup_free_ struct policy *looks = NULL;
	int r = host_policy(run->host, &container, process_owner(run->rootless), &run->policy,
			    err);

	if (r < 0)
		return r;
	looks = asked(run->policy, run->on ? run->on : ON_START, &run->asks);
	if (!looks)
		return error_oom(err);
	r = facts_gather(&run->candidate.spec, looks, &source, &run->candidate.facts, err);
	if (door != DOOR_RUNTIME)
		process_judged(door == DOOR_HOOK && run->host->gate != GATE_OFF);
	if (r < 0)
		return r;
	how.policy = run->policy;
	if (door == DOOR_HOOK && run->host->gate == GATE_ENFORCE)
		how.hardens = gate_hardens;
	r = candidate_judge(&run->candidate, &how, err);
	run->judged = r == 0;
	return r;
}

struct report run_report(const struct run *run)
{
	return (struct report){
		.subject = &run->candidate.subject, .decision = &run->candidate.decision,
		.name = "config.json",
		.words = engine_wording(run->call->engine, &run->candidate.spec),
	};
}

int run_record(const struct run *run, struct record *record, const char *name,
	       struct error *err)
{
	static const struct log_config none;
	const struct log_config *log = run->host ? &run->host->log : &none;
	_cleanup_free_ char *program = NULL;
	_cleanup_buf_ struct buf line = { 0 };
	/* the supervisor's arguments are gone: ps shows something else there */
	const bool gate = strcmp(name, "cofferdam-gate") == 0;
	int r;

	if (asprintf(&program, "%s%s%s", name, !gate && run->call->stage[0] ? " " : "",
		     gate ? "" : run->call->stage) < 0) {
		program = NULL;
		return error_oom(err);
	}
	record->program = program;
	record->id = run->id;
	record->bundle = run->bundle;
	record->pid = run->pid;
	record->mode = run_audit(run) ? MODE_AUDIT : MODE_ENFORCE;
	record->rootless = run->rootless;
	record->took_us = now_us() - run->start_us;
	record_json(&line, record);
	r = buf_check(&line, err);
	if (r == 0)
		r = log_write(log, line.data, line.len, err);
	return r < 0 && !log->on_failure_ignore ? r : 0;
}

static bool allows(const struct run *run)
{
	const enum verdict verdict = run->candidate.decision.verdict;

	return run->judged &&
	       (verdict == VERDICT_ALLOW || (verdict == VERDICT_HARDEN && run->hardened));
}

/* say - to whoever has to hear of a refusal at this stage. */
static void say(const struct run *run, const char *line)
{
	if (run->call->say)
		run->call->say(run->call, line);
	else if (strcmp(run->call->stage, "precreate") == 0)
		tell_caller(line);
	else
		tell(line, run->pid);
}

int run_conclude(const struct run *run, const struct error *failure)
{
	const struct report report = run_report(run);
	struct record record = {
		.failure = run->judged ? NULL : failure->text,
		.report = run->judged ? &report : NULL,
		.refused = !allows(run) && !run_audit(run),
	};
	_cleanup_buf_ struct buf line = { 0 }, gate = { 0 };
	struct error err;

	/* audit mode, and no gate: that is worth knowing before it is enforced */
	if (run->judged && run->unarmed) {
		buf_str(&gate, "{\"failure\":");
		json_string(&gate, failure->text);
		buf_char(&gate, '}');
		record.gate = buf_cstr(&gate);
	}
	if (run->judged)
		report_line(&line, &report, LINE_MAX_BYTES);
	else
		buf_printf(&line, "cofferdam: refused, could not judge: %s", failure->text);
	if (run_record(run, &record, run->call->say ? "cofferdam-runtime" : "cofferdam-hook",
		       &err) < 0) {
		buf_reset(&line);
		buf_printf(&line, "cofferdam: %s, the record cannot be written: %s",
			   run_audit(run) ? "audit" : "refused", err.text);
		say(run, buf_cstr(&line));
		return run_audit(run) ? 0 : 1;
	}
	if (record.refused)
		say(run, line.oom ? "cofferdam: refused, out of memory" : buf_cstr(&line));
	return record.refused;
}
