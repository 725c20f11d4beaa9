/* SPDX-License-Identifier: Apache-2.0 */
/* What would put a container's program in front of all others (sched(7)). */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include "rules-private.h"

/* The policies that let others run too; SCHED_FIFO, SCHED_RR, SCHED_DEADLINE do not. */
static bool shares(const char *policy)
{
	static const char *const sharing[] = { "SCHED_OTHER", "SCHED_BATCH", "SCHED_ISO",
					       "SCHED_IDLE" };

	for (size_t i = 0; i < ARRAY_SIZE(sharing); i++) {
		if (strcmp(policy, sharing[i]) == 0)
			return true;
	}
	return false;
}

static int judge_scheduler(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_scheduler *scheduler = &in->spec->process.scheduler;
	const int64_t least = (int64_t)rule_param(in, "nice")->number;
	struct finding *f;

	if (scheduler->policy.v && !shares(scheduler->policy.v)) {
		f = finding_add(in, out, err, "/process/scheduler/policy",
				"is a real-time policy, or none that is known");
		return f ? finding_value(f, err, "%s", scheduler->policy.v) : err->code;
	}
	if (scheduler->nice.is != FIELD_PRESENT || scheduler->nice.v >= least)
		return 0;
	f = finding_add(in, out, err, "/process/scheduler/nice",
			"takes the processor from others, beyond the policy's %" PRId64, least);
	return f ? finding_value(f, err, "%" PRId64, scheduler->nice.v) : err->code;
}

static int judge_io(const struct rule_input *in, struct findings *out, struct error *err)
{
	const char *class = in->spec->process.io_priority.class_.v;
	struct finding *f;

	if (!class || strcmp(class, "IOPRIO_CLASS_BE") == 0 ||
	    strcmp(class, "IOPRIO_CLASS_IDLE") == 0)
		return 0;
	f = finding_add(in, out, err, "/process/ioPriority/class",
			"is the real-time class, or none that is known");
	return f ? finding_value(f, err, "%s", class) : err->code;
}

static int judge_cpu(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_int *runtime = &in->spec->linux_.resources.cpu.realtime_runtime;
	struct finding *f;

	/* negative is no limit (the kernel's documentation of sched-rt-group) */
	if (runtime->v == 0)
		return 0;
	f = finding_add(in, out, err, "/linux/resources/cpu/realtimeRuntime",
			"gives the cgroup real-time processor time");
	return f ? finding_value(f, err, "%" PRId64, runtime->v) : err->code;
}

/* judge_promotion - io.prio.class makes the requests of all in a cgroup v2 real-time ones. */
static int judge_promotion(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_map *map = &in->spec->linux_.resources.unified;
	struct finding *f;

	for (size_t i = 0; i < map->n; i++) {
		const char *value = map->v[i].v ? map->v[i].v : "";

		/* promote-to-rt, and none-to-rt before Linux 6.5 (cgroup-v2.rst) */
		if (!map->v[i].node->key || strcmp(map->v[i].node->key, "io.prio.class") != 0 ||
		    !strstr(value, "-to-rt"))
			continue;
		f = finding_add(in, out, err, "/linux/resources/unified/io.prio.class",
				"makes what it reads and writes real-time");
		return f ? finding_value(f, err, "%s", value) : err->code;
	}
	return 0;
}

/*
 * asks_for - what the programs of the container may ask for themselves with this limit, or
 * NULL: RLIMIT_NICE is 20 less the nice value that may be taken (getrlimit(2)).
 */
static const char *asks_for(const struct rule_input *in, const struct oci_rlimit *rlimit)
{
	const int64_t least = (int64_t)rule_param(in, "nice")->number;
	const uint64_t most = rlimit->hard.v > rlimit->soft.v ? rlimit->hard.v : rlimit->soft.v;
	const char *type = rlimit->type.v ? rlimit->type.v : "";

	if (strcmp(type, "RLIMIT_RTPRIO") == 0 && most > 0)
		return "lets its programs choose a real-time policy";
	if (strcmp(type, "RLIMIT_NICE") == 0 && most > (uint64_t)(20 - least))
		return "lets its programs take the processor from others";
	return NULL;
}

static int judge_rlimit(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_rlimit *rlimits = in->spec->process.rlimits.v;
	struct finding *f;

	for (size_t i = 0; i < in->spec->process.rlimits.n; i++) {
		const char *what = asks_for(in, &rlimits[i]), *pointer;

		if (!what)
			continue;
		pointer = pointer_to(out, err, "/process/rlimits/", i, NULL);
		if (!pointer)
			return err->code;
		f = finding_add(in, out, err, pointer, "%s", what);
		if (!f || finding_value(f, err, "%s %" PRIu64, rlimits[i].type.v, rlimits[i].hard.v) < 0)
			return err->code;
	}
	return 0;
}

int check_realtime(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = judge_scheduler(in, out, err);

	if (r == 0)
		r = judge_io(in, out, err);
	/* the cgroup is the container's, not an exec's */
	if (r == 0 && in->on != ON_EXEC)
		r = judge_cpu(in, out, err);
	if (r == 0 && in->on != ON_EXEC)
		r = judge_promotion(in, out, err);
	return r < 0 ? r : judge_rlimit(in, out, err);
}
