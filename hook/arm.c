/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hook's part of the exec gate: what the configuration would be once
 * hardened is what the gate has to make true, and its outcome is a record.
 */
#include "run.h"

#include <fcntl.h>
#include <inttypes.h>

#include <cofferdam/gate.h>
#include <cofferdam/harden.h>

/* record_gate - the gate's own record, written by its supervisor. */
static int record_gate(void *arg, const struct gate_outcome *outcome, struct error *err)
{
	const struct run *run = arg;
	const struct report report = run_report(run);
	_cleanup_buf_ struct buf gate = { 0 };
	struct record record = {
		.failure = outcome->failure, .report = &report, .refused = outcome->killed,
	};

	buf_printf(&gate, "{\"use\":\"%s\",\"held_us\":%" PRIu64
		   ",\"tightened\":%s,\"verified\":%s,\"unverified\":%s}",
		   gate_use_name(run->host->gate), outcome->held_us, outcome->tightened,
		   outcome->verified, outcome->unverified);
	if (buf_check(&gate, err) < 0)
		return err->code;
	record.gate = buf_cstr(&gate);
	return run_record(run, &record, "cofferdam-gate", err);
}

/* harden - what the gate has to make true. */
static int harden(void *arg, const struct oci_spec **ret, struct error *err)
{
	struct run *run = arg;
	int r = harden_tree(&run->candidate.subject, &run->candidate.decision, &run->wanted, err);

	if (r == 0)
		*ret = &run->wanted.spec;
	return r;
}

int run_arm(struct run *run, struct error *err)
{
	const struct field_str *root = &run->candidate.spec.root.path;
	const enum verdict verdict = run->candidate.decision.verdict;
	_cleanup_close_ int rootfs = -1;
	struct gate_call call = {
		.subject = &run->candidate.subject, .wanted = &run->candidate.spec,
		.tighten = run->host->gate == GATE_ENFORCE, .audit = run_audit(run),
		.rootless = run->rootless, .pid = run->pid, .id = run->id, .record = record_gate, .arg = run,
	};
	int r;

	if (run->host->gate == GATE_OFF || (!call.audit && verdict < VERDICT_HARDEN))
		return 0;
	if (verdict == VERDICT_HARDEN && !call.audit)
		call.harden = harden;
	if (root->v)
		rootfs = openat(run->bundle_fd, root->v, O_PATH | O_DIRECTORY | O_CLOEXEC);
	call.rootfs = rootfs;
	r = gate_arm(&call, err);
	run->hardened = r == 0;
	return r;
}
