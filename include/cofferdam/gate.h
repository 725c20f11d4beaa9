/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_GATE_H
#define COFFERDAM_GATE_H

/*
 * The exec gate. A supervisor holds the runtime's init process by ptrace(2)
 * until the runtime has done everything and the container's program is about
 * to run its first instruction; there it tightens what the policy wants
 * tightened, compares what the kernel enforces with what was admitted, and lets
 * go or kills. See docs/gate.md.
 */

#include <cofferdam/host.h>
#include <cofferdam/verdict.h>

/* gate_hardens - whether the gate has a kernel remedy for every edit of @f. */
bool gate_hardens(const struct subject *subject, const struct finding *f);

/* What became of it, told to the owner of the log in the supervisor. */
struct gate_outcome {
	const char *failure;		/* what is not as it must be, or NULL; several: "; " between */
	bool killed;			/* before its first instruction */
	const char *tightened;		/* JSON arrays of strings */
	const char *verified;
	const char *unverified;
	uint64_t held_us;		/* from the exec to here */
};

struct gate_call {
	const struct subject *subject;	/* what was admitted */
	const struct oci_spec *wanted;	/* the same, hardened; or subject->spec */
	/*
	 * What @wanted has to be, or NULL. Called in the hook while the supervisor
	 * arms, and once more in the supervisor while the runtime goes on: they
	 * share no memory.
	 */
	int (*harden)(void *arg, const struct oci_spec **ret, struct error *err);
	int rootfs;			/* root.path as it was judged (O_PATH), or -1 */
	bool tighten;			/* gate "enforce"; otherwise only verify */
	bool audit;			/* kill nothing, change nothing */
	bool rootless;			/* it is a user's own, who may have no cgroups to give */
	int64_t pid;			/* the runtime's init */
	const char *id;
	/*
	 * Called in the supervisor, once: before the program runs, or after it
	 * was killed. What it returns (negative: no record) decides with the rest.
	 */
	int (*record)(void *arg, const struct gate_outcome *outcome, struct error *err);
	void *arg;
};

/*
 * gate_arm - leave a supervisor behind that holds @call->pid; everything that
 * @call points to is copied by fork. 0 once every thread of it is held, or when
 * a supervisor with the same orders does already. Otherwise negative, and
 * nothing is left behind.
 */
int gate_arm(const struct gate_call *call, struct error *err) must_check;

/*
 * gate_await - until no supervisor holds @pid, a container's init, any more; eleven
 * seconds at most. It kills what is not alone, an exec that comes too soon and all.
 */
void gate_await(pid_t pid);

#endif
