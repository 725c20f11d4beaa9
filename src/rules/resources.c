/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of the cgroup. On cgroup v2 linux.resources.unified is applied last,
 * so what stands there is the limit, whatever the typed member says. With version 1
 * runc refuses it, and crun may leave it out.
 */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

/* The limit that a configuration sets; UINT64_MAX is none. */
struct limit {
	const char *what;		/* "memory", for messages */
	const char *unified;		/* the cgroup v2 file that may override it */
	char pointer[64];		/* where it stands, or should */
	uint64_t value;
	uint64_t parent;		/* likewise, of the cgroup above */
	enum param_kind kind;		/* how to print it */
};

static const char *unified_value(const struct rule_input *in, const char *file)
{
	const struct field_map *map = &in->spec->linux_.resources.unified;
	const char *value = NULL;

	if (in->facts->cgroup.is != FACT_UNKNOWN && !in->facts->cgroup.v2)
		return NULL;
	for (size_t i = 0; i < map->n; i++) {
		if (map->v[i].node && map->v[i].node->key && strcmp(map->v[i].node->key, file) == 0)
			value = map->v[i].v ? map->v[i].v : "";
	}
	return value;
}

/*
 * From here on the kernel takes a memory limit for "max" (page_counter.h:
 * PAGE_COUNTER_MAX pages; rounded down to the largest page size, 64 KiB).
 */
#define MEMORY_UNLIMITED ((uint64_t)INT64_MAX & ~UINT64_C(0xffff))

/* parse_u64 - digits alone; anything else ("max", "") is no limit. */
static uint64_t parse_u64(const char *s, size_t len)
{
	uint64_t v = 0;

	if (len == 0 || len > 19)
		return UINT64_MAX;
	for (size_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return UINT64_MAX;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	return v;
}

/* cpu_share - thousandths of a CPU from microseconds a period; at least 1. */
static uint64_t cpu_share(uint64_t quota, uint64_t period)
{
	uint64_t share;

	if (quota == UINT64_MAX || period == 0 || period == UINT64_MAX)
		return UINT64_MAX;
	if (quota > UINT64_MAX / 1000)
		return UINT64_MAX;
	share = quota * 1000 / period;
	return share ? share : 1;
}

/* "QUOTA PERIOD", "max PERIOD", or "QUOTA", which leaves the period (cgroup-v2.rst, cpu.max). */
uint64_t cpu_period(const struct rule_input *in)
{
	const struct field_uint *period = &in->spec->linux_.resources.cpu.period;
	const char *file = unified_value(in, "cpu.max");
	const char *named = file ? strchr(file, ' ') : NULL;

	if (named)
		return parse_u64(named + 1, strlen(named + 1));
	/* 100 ms is the kernel's default (sched-bwc.rst) */
	return period->is == FIELD_PRESENT && period->v ? period->v : 100000;
}

static void take_unified(const struct rule_input *in, struct limit *limit)
{
	const char *value = unified_value(in, limit->unified);

	if (!value)
		return;
	(void)snprintf(limit->pointer, sizeof(limit->pointer), "/linux/resources/unified/%s",
		       limit->unified);
	limit->value = limit->kind == PARAM_CPU
		     ? cpu_share(parse_u64(value, strcspn(value, " ")), cpu_period(in))
		     : parse_u64(value, strlen(value));
}

static int set_default(const struct rule_input *in, const struct limit *limit,
		       struct finding *f, struct error *err)
{
	const uint64_t value = rule_param(in, "default")->number;
	_cleanup_buf_ struct buf text = { 0 };
	const bool unified = strstr(limit->pointer, "/unified/") != NULL;
	int r = 0;

	if (value == 0)
		return 0;
	if (limit->kind == PARAM_CPU && !unified) {
		r = finding_edit(f, JSON_ADD, "/linux/resources/cpu/period", "100000", err);
		buf_printf(&text, "%" PRIu64, value * 100);
	} else if (limit->kind == PARAM_CPU) {
		buf_printf(&text, "\"%" PRIu64 " 100000\"", value * 100);
	} else {
		buf_printf(&text, unified ? "\"%" PRIu64 "\"" : "%" PRIu64, value);
	}
	if (r == 0)
		r = buf_check(&text, err);
	return r < 0 ? r : finding_edit(f, JSON_ADD, limit->pointer, buf_cstr(&text), err);
}

/* parent_limits - whether a limit above is enough: 1, 0, or -ENODATA. */
static int parent_limits(const struct rule_input *in, const struct limit *limit)
{
	const struct fact_limits *parent = &in->facts->parent;
	const uint64_t max = rule_param(in, "max")->number;

	if (!rule_param(in, "parent_counts")->number || parent->is == FACT_ABSENT)
		return 0;
	if (parent->is != FACT_KNOWN)
		return -ENODATA;
	return limit->parent != UINT64_MAX && (max == 0 || limit->parent <= max);
}

static int no_limit(const struct rule_input *in, struct findings *out, struct error *err,
		    const struct limit *limit)
{
	const struct fact_limits *parent = &in->facts->parent;
	int enough = parent_limits(in, limit);
	struct finding *f;

	if (enough > 0)
		return 0;
	if (enough < 0)
		return rule_unjudged(in, out, err, limit->pointer,
				     "no %s limit here, and that of the parent cgroup cannot be told: %s",
				     limit->what, parent->why ? parent->why : "it was not recorded");
	f = finding_add(in, out, err, limit->pointer, "no %s limit", limit->what);
	return f ? set_default(in, limit, f, err) : err->code;
}

static int judge(const struct rule_input *in, struct findings *out, struct error *err,
		 const struct limit *limit)
{
	const uint64_t max = rule_param(in, "max")->number;
	const struct param_value top = { .number = max }, found = { .number = limit->value };
	_cleanup_buf_ struct buf top_text = { 0 }, found_text = { 0 };
	struct finding *f;

	if (limit->value == UINT64_MAX)
		return no_limit(in, out, err, limit);
	if (max == 0 || limit->value <= max)
		return 0;
	param_print(&top_text, limit->kind, &top);
	param_print(&found_text, limit->kind, &found);
	if (buf_check(&top_text, err) < 0 || buf_check(&found_text, err) < 0)
		return err->code;
	f = finding_add(in, out, err, limit->pointer, "the %s limit is above the policy's %s",
			limit->what, buf_cstr(&top_text));
	if (!f || finding_value(f, err, "%s", buf_cstr(&found_text)) < 0)
		return err->code;
	return set_default(in, limit, f, err);
}

/* positive - the value of a limit member: absent, 0 and negative are none. */
static uint64_t positive(const struct field_int *field)
{
	return field->is == FIELD_PRESENT && field->v > 0 ? (uint64_t)field->v : UINT64_MAX;
}

#define SWAP_TEXT "swap is without limit, so the memory limit only moves the load to the disk"

static int unified_swap(const struct rule_input *in, struct findings *out, struct error *err)
{
	static const char pointer[] = "/linux/resources/unified/memory.swap.max";
	const char *value = unified_value(in, "memory.swap.max");
	struct finding *f;

	if (!value || parse_u64(value, strlen(value)) < MEMORY_UNLIMITED)
		return 0;
	f = finding_add(in, out, err, pointer, SWAP_TEXT);
	if (!f || finding_value(f, err, "%s", value) < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, pointer, "\"0\"", err);
}

static int unlimited_swap(const struct rule_input *in, struct findings *out,
			  struct error *err)
{
	static const char pointer[] = "/linux/resources/memory/swap";
	const struct oci_memory *memory = &in->spec->linux_.resources.memory;
	_cleanup_buf_ struct buf limit = { 0 };
	struct finding *f;

	/*
	 * -1 by the specification; no other negative number is a limit either. It is one of
	 * memory and swap together: runtimes take the memory's off for cgroup v2.
	 */
	if (memory->swap.is != FIELD_PRESENT ||
	    (memory->swap.v >= 0 && (uint64_t)memory->swap.v < MEMORY_UNLIMITED / 2))
		return 0;
	f = finding_add(in, out, err, pointer, SWAP_TEXT);
	if (!f || finding_value(f, err, "%" PRId64, memory->swap.v) < 0)
		return err->code;
	if (positive(&memory->limit) >= MEMORY_UNLIMITED)
		return finding_edit(f, JSON_REMOVE, pointer, NULL, err);
	buf_printf(&limit, "%" PRId64, memory->limit.v);
	if (buf_check(&limit, err) < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, pointer, buf_cstr(&limit), err);
}

static int disabled_oom_killer(const struct rule_input *in, struct findings *out,
			       struct error *err)
{
	static const char pointer[] = "/linux/resources/memory/disableOOMKiller";
	const struct field_bool *disabled = &in->spec->linux_.resources.memory.disable_oom_killer;
	struct finding *f;

	if (disabled->is != FIELD_PRESENT || !disabled->v)
		return 0;
	f = finding_add(in, out, err, pointer,
			"at its limit the container would hang with what it holds instead of ending");
	if (!f || finding_value(f, err, "true") < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, pointer, "false", err);
}

int check_memory_limit(const struct rule_input *in, struct findings *out, struct error *err)
{
	struct limit limit = {
		.what = "memory", .unified = "memory.max", .kind = PARAM_SIZE,
		.pointer = "/linux/resources/memory/limit",
		.value = positive(&in->spec->linux_.resources.memory.limit),
		.parent = in->facts->parent.memory,
	};
	int r;

	take_unified(in, &limit);
	if (limit.value >= MEMORY_UNLIMITED)
		limit.value = UINT64_MAX;
	r = judge(in, out, err, &limit);
	if (r == 0)
		r = unlimited_swap(in, out, err);
	if (r == 0)
		r = unified_swap(in, out, err);
	return r < 0 ? r : disabled_oom_killer(in, out, err);
}

int check_pids_limit(const struct rule_input *in, struct findings *out, struct error *err)
{
	struct limit limit = {
		.what = "process", .unified = "pids.max", .kind = PARAM_COUNT,
		.pointer = "/linux/resources/pids/limit",
		.value = positive(&in->spec->linux_.resources.pids.limit),
		.parent = in->facts->parent.pids,
	};

	take_unified(in, &limit);
	return judge(in, out, err, &limit);
}

static bool unified_set(const struct rule_input *in, const char *file)
{
	const char *value = unified_value(in, file);

	return value && *value;
}

/* shared - CPU shares, or a set of CPUs, in place of a quota. */
static bool shared(const struct rule_input *in)
{
	const struct oci_cpu *cpu = &in->spec->linux_.resources.cpu;

	return cpu->shares.v > 0 ||
	       (cpu->cpus.v && cpu->cpus.v[0]) || unified_set(in, "cpu.weight") ||
	       unified_set(in, "cpuset.cpus");
}

int check_cpu_limit(const struct rule_input *in, struct findings *out, struct error *err)
{
	struct limit limit = {
		.what = "CPU", .unified = "cpu.max", .kind = PARAM_CPU,
		.pointer = "/linux/resources/cpu/quota",
		.value = cpu_share(positive(&in->spec->linux_.resources.cpu.quota), cpu_period(in)),
		.parent = in->facts->parent.millicpu,
	};

	take_unified(in, &limit);
	if (limit.value == UINT64_MAX && rule_param(in, "shares_count")->number && shared(in))
		return 0;
	return judge(in, out, err, &limit);
}
