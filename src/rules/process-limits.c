/* SPDX-License-Identifier: Apache-2.0 */
/* Per-process limits, the OOM killer's score, and which cgroup it all lands in. */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

const struct oci_rlimit *rlimit_find(const struct oci_process *process, const char *type)
{
	const struct oci_rlimit *rlimits = process->rlimits.v;

	for (size_t i = 0; i < process->rlimits.n; i++) {
		if (rlimits[i].type.v && strcmp(rlimits[i].type.v, type) == 0)
			return &rlimits[i];
	}
	return NULL;
}

static uint64_t lower(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

int rlimit_lower(struct finding *f, const struct oci_rlimit *old, const struct rlimit_max *max,
		 struct error *err)
{
	_cleanup_buf_ struct buf pointer = { 0 }, value = { 0 };
	const bool known = old && old->hard.is == FIELD_PRESENT && old->soft.is == FIELD_PRESENT;
	const uint64_t hard = known ? lower(old->hard.v, max->hard) : max->hard;
	const uint64_t soft = lower(known ? lower(old->soft.v, max->soft) : max->soft, hard);

	if (finding_sketch(f))
		return 0;
	buf_str(&pointer, "/process/rlimits/");
	if (old)
		buf_printf(&pointer, "%u", old->node->index);
	else
		buf_char(&pointer, '-');
	buf_str(&value, "{\"type\": ");
	json_string(&value, max->type);
	buf_printf(&value, ", \"hard\": %" PRIu64 ", \"soft\": %" PRIu64 "}", hard, soft);
	if (buf_check(&pointer, err) < 0 || buf_check(&value, err) < 0)
		return err->code;
	return finding_edit(f, old ? JSON_REPLACE : JSON_ADD, buf_cstr(&pointer), buf_cstr(&value),
			    err);
}

static int set_core(struct finding *f, const struct oci_rlimit *old, struct error *err)
{
	static const char value[] = "{\"type\": \"RLIMIT_CORE\", \"hard\": 1, \"soft\": 1}";
	_cleanup_buf_ struct buf pointer = { 0 };

	if (!old)
		return finding_edit(f, JSON_ADD, "/process/rlimits/-", value, err);
	buf_printf(&pointer, "/process/rlimits/%u", old->node->index);
	if (buf_check(&pointer, err) < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, buf_cstr(&pointer), value, err);
}

bool rlimit_within(const struct oci_rlimit *rlimit, const struct rlimit_max *max)
{
	return rlimit && rlimit->hard.is != FIELD_WRONG && rlimit->soft.is != FIELD_WRONG &&
	       rlimit->hard.v <= max->hard && rlimit->soft.v <= max->soft;
}

static int judge_rlimit(const struct rule_input *in, struct findings *out, struct error *err,
			const char *type, uint64_t number)
{
	const struct oci_rlimit *rlimit = rlimit_find(&in->spec->process, type);
	const struct rlimit_max max = { .type = type, .hard = number, .soft = number };
	struct finding *f;

	if (rlimit_within(rlimit, &max))
		return 0;
	f = finding_add(in, out, err, "/process/rlimits", rlimit ? "%s is above the policy's maximum"
								: "%s is not set", type);
	if (!f)
		return err->code;
	if (rlimit && finding_value(f, err, "%" PRIu64, rlimit->hard.v) < 0)
		return err->code;
	return rlimit_lower(f, rlimit, &max, err);
}

/*
 * A core dump piped to a program of the host runs that program as the host's
 * root. RLIMIT_CORE is not enforced for it (core(5)), 0 included; the one
 * value that keeps the kernel from it is 1 (do_coredump() in fs/coredump.c).
 */
static int judge_core(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_rlimit *core = rlimit_find(&in->spec->process, "RLIMIT_CORE");
	struct finding *f;

	if (in->facts->core_is != FACT_KNOWN)
		return rule_unjudged(in, out, err, "/process/rlimits",
				     "where the host sends core dumps was not recorded");
	if (!in->facts->core_pipe || (core && core->hard.v == 1 && core->soft.v == 1))
		return 0;
	f = finding_add(in, out, err, "/process/rlimits",
			"the host pipes core dumps to a program, from which only 1 as RLIMIT_CORE keeps");
	return f ? set_core(f, core, err) : err->code;
}

int check_rlimits(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = judge_rlimit(in, out, err, "RLIMIT_NOFILE", rule_param(in, "nofile")->number);

	if (r == 0)
		r = judge_rlimit(in, out, err, "RLIMIT_NPROC", rule_param(in, "nproc")->number);
	return r < 0 ? r : judge_core(in, out, err);
}

int check_oom_score(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_int *score = &in->spec->process.oom_score_adj;
	const int64_t min = (int64_t)rule_param(in, "min")->number;
	struct finding *f;

	if (score->is != FIELD_PRESENT || score->v >= min)
		return 0;
	f = finding_add(in, out, err, "/process/oomScoreAdj",
			"the kernel would kill the host's programs before this one");
	return f ? finding_value(f, err, "%" PRId64, score->v) : err->code;
}

/* in_scope - whether the clean @folder lies in a scope that an engine makes for a container. */
static bool in_scope(const char *folder)
{
	static const char *const prefixes[] = { "cri-containerd-", "crio-", "docker-", "libpod-" };

	for (const char *name = folder + 1, *end; (end = strchr(name, '/')); name = end + 1) {
		if (end - name < 6 || strncmp(end - 6, ".scope", 6) != 0)
			continue;
		for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
			if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
				return true;
		}
	}
	return false;
}

/* misplaced - what is wrong with the path as such, or NULL; -ENOMEM by @ret_oom. */
static const char *misplaced(const struct rule_input *in, const char *path, bool *ret_oom)
{
	const char *const *allow = rule_param(in, "allow")->list;
	_cleanup_free_ char *folder = NULL;
	const char *why = NULL;
	const int r = cgroup_own(path, &folder, &why);

	*ret_oom = r == -ENOMEM;
	if (r < 0)
		return why;
	if (text_path_climbs(path))
		return "climbs with \"..\"";
	if (strcmp(folder, "/") == 0)
		return "is the root cgroup, where no limit holds";
	if (in_scope(folder))
		return "lies in another container's";
	for (size_t i = 0; allow && allow[i]; i++) {
		if (strcmp(folder, allow[i]) == 0)
			return "is the one that holds all containers";
		if (text_path_below(folder, allow[i]))
			return NULL;
	}
	return "lies outside the policy's cgroups";
}

/*
 * judge_files - linux.resources.unified takes any file of a cgroup v2, and what is not a
 * controller's is no limit: cgroup.procs takes a process of the host into the cgroup, to
 * be frozen and killed with it. A partition takes its CPUs from all others.
 */
static int judge_files(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_map *map = &in->spec->linux_.resources.unified;

	for (size_t i = 0; i < map->n; i++) {
		const char *file = map->v[i].node && map->v[i].node->key ? map->v[i].node->key : "";
		_cleanup_buf_ struct buf pointer = { 0 };
		struct finding *f;

		if (strncmp(file, "cgroup.", 7) != 0 && strcmp(file, "cpuset.cpus.partition") != 0)
			continue;
		buf_str(&pointer, "/linux/resources/unified/");
		json_pointer_token(&pointer, file);
		if (buf_check(&pointer, err) < 0)
			return err->code;
		f = finding_add(in, out, err, buf_cstr(&pointer),
				"is no limit of the container's, but reaches what others have");
		if (!f || finding_value(f, err, "%s", map->v[i].v ? map->v[i].v : "") < 0)
			return err->code;
	}
	return 0;
}

/*
 * judge_group - a group of resctrl that is named may be others', or of all: what is set
 * for it is set for them. One that is not named is the container's own.
 */
static int judge_group(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_intel_rdt *rdt = &in->spec->linux_.intel_rdt;
	const char *name = rdt->clos_id.v, *what = NULL;
	struct finding *f;

	if (!name || name[0] == '\0')
		return 0;
	if (strcmp(name, "/") != 0 && (strchr(name, '/') || strcmp(name, ".") == 0 ||
				       strcmp(name, "..") == 0))
		what = "is no name of a resource group";
	else if ((rdt->l3_cache_schema.v && rdt->l3_cache_schema.v[0]) || rdt->schemata.n > 0 ||
		 (rdt->mem_bw_schema.v && rdt->mem_bw_schema.v[0]))
		what = "is a resource group that others may be in, and would be set anew for them";
	if (!what)
		return 0;
	f = finding_add(in, out, err, "/linux/intelRdt/closID", "%s", what);
	return f ? finding_value(f, err, "%s", name) : err->code;
}

/* judge_place - linux.cgroupsPath. */
static int judge_place(const struct rule_input *in, struct findings *out, struct error *err)
{
	static const char pointer[] = "/linux/cgroupsPath";
	const char *path = in->spec->linux_.cgroups_path.v;
	const struct fact_cgroup *cgroup = &in->facts->cgroup;
	const char *what;
	struct finding *f;
	bool oom;

	if (!path || path[0] == '\0')
		return 0;	/* the runtime makes one of its own */
	what = misplaced(in, path, &oom);
	if (oom)
		return error_oom(err);
	if (!what && (cgroup->is == FACT_UNKNOWN || cgroup->is == FACT_UNREADABLE))
		return rule_unjudged(in, out, err, pointer, "who else is in it cannot be told: %s",
				     cgroup->why ? cgroup->why : "it was not recorded");
	if (!what && cgroup->others == 0)
		return 0;
	f = finding_add(in, out, err, pointer, "%s", what ? what : "is the cgroup of other processes, or lies in it");
	return f ? finding_value(f, err, "%s", path) : err->code;
}

int check_cgroup_path(const struct rule_input *in, struct findings *out, struct error *err)
{
	/* an update moves nothing; the container's own processes are there by then */
	int r = in->on == ON_UPDATE ? 0 : judge_place(in, out, err);

	if (r == 0)
		r = judge_group(in, out, err);
	return r < 0 ? r : judge_files(in, out, err);
}
