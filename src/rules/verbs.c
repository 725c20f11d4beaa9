/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is asked of a container that runs already. The configuration that is judged
 * is then the admitted one, with the exec's process or the update's resources in
 * place of its own.
 */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include "rules-private.h"

/* An exec, beside the process that was admitted. */
struct pair {
	const struct oci_process *own, *exec;
};

static const struct pair *pair_of(const struct rule_input *in, struct pair *pair)
{
	static const struct oci_process none;

	pair->own = in->admitted ? &in->admitted->process : &none;
	pair->exec = &in->spec->process;
	return pair;
}

static int judge_capabilities(const struct rule_input *in, struct findings *out,
			      const struct pair *p, struct error *err)
{
	const struct oci_capabilities *exec = &p->exec->capabilities;
	const struct may_have may = { .own = &p->own->capabilities };
	_cleanup_buf_ struct buf names = { 0 };
	bool exceed = false;
	struct finding *f;
	int r;

	for (size_t i = 0; i < CAPABILITY_SETS; i++)
		exceed |= capabilities_exceed(exec, i, &may, &names);
	if (buf_check(&names, err) < 0)
		return err->code;
	if (!exceed)
		return 0;
	f = finding_add(in, out, err, "/process/capabilities",
			"more capabilities than the container's own process has");
	if (!f)
		return err->code;
	r = finding_value(f, err, "%s", buf_cstr(&names));
	for (size_t i = 0; r == 0 && i < CAPABILITY_SETS; i++)
		r = capabilities_drop(exec, i, &may, f, err);
	return r;
}

/* is_root - whether @uid is root inside, or is mapped to the host's. */
static bool is_root(const struct rule_input *in, const struct field_uint *uid)
{
	const uint64_t id = uid->is == FIELD_PRESENT ? uid->v : 0;
	uint64_t host;

	return id == 0 || (in->facts->uid_map.is == FACT_KNOWN &&
			   fact_id(&in->facts->uid_map, id, &host) == 0 && host == 0);
}

/* print_user - the admitted user, as JSON. */
static void print_user(struct buf *out, const struct oci_user *user)
{
	const struct json *gids = user->additional_gids.node;
	const char *separator = "";

	buf_printf(out, "{\"uid\": %" PRIu64 ", \"gid\": %" PRIu64, user->uid.v, user->gid.v);
	if (gids && gids->type == JSON_ARRAY) {
		buf_str(out, ", \"additionalGids\": [");
		for (const struct json *g = gids->first; g; g = g->next) {
			buf_printf(out, "%s%s", separator, g->type == JSON_NUMBER ? g->str : "0");
			separator = ", ";
		}
		buf_char(out, ']');
	}
	buf_char(out, '}');
}

static int judge_user(const struct rule_input *in, struct findings *out, const struct pair *p,
		      struct error *err)
{
	const struct oci_user *own = &p->own->user, *exec = &p->exec->user;
	const bool named = exec->is == FIELD_PRESENT;
	_cleanup_buf_ struct buf user = { 0 };
	struct finding *f;

	if (exec->uid.v == own->uid.v || is_root(in, &own->uid))
		return 0;
	if (exec->uid.v != 0 && in->facts->uid_map.is != FACT_KNOWN)
		return rule_unjudged(in, out, err, "/process/user",
				     "whom the user is on the host cannot be told: %s",
				     in->facts->uid_map.why ? in->facts->uid_map.why
							    : "the map was not recorded");
	if (!is_root(in, &exec->uid))
		return 0;
	f = finding_add(in, out, err, "/process/user",
			named ? "root, which the container's own process is not"
			      : "no user is named, so it would be root, which the container's own process is not");
	if (!f)
		return err->code;
	/* Who asks for root is refused, rather than being another than he asked for. */
	if (named)
		return finding_value(f, err, "uid %" PRIu64, exec->uid.v);
	print_user(&user, own);
	if (buf_check(&user, err) < 0)
		return err->code;
	return finding_edit(f, JSON_ADD, "/process/user", buf_cstr(&user), err);
}

/* has_group - whether @gid is among those of @user. */
static bool has_group(const struct oci_user *user, const char *gid)
{
	const struct json *gids = user->additional_gids.node;
	char own[32];

	(void)snprintf(own, sizeof(own), "%" PRIu64, user->gid.v);
	if (strcmp(own, gid) == 0)
		return true;
	for (const struct json *g = gids && gids->type == JSON_ARRAY ? gids->first : NULL; g;
	     g = g->next) {
		if (g->type == JSON_NUMBER && strcmp(g->str, gid) == 0)
			return true;
	}
	return false;
}

/* judge_group - group 0 alone: images give others to users, engines look them up. */
static int judge_group(const struct rule_input *in, struct findings *out, const struct pair *p,
		       struct error *err)
{
	struct finding *f;

	if (p->exec->user.is != FIELD_PRESENT || is_root(in, &p->own->user.uid) ||
	    !has_group(&p->exec->user, "0") || has_group(&p->own->user, "0"))
		return 0;
	f = finding_add(in, out, err, "/process/user",
			"in group 0, which the container's own process is not");
	return f ? finding_value(f, err, "gid %" PRIu64, p->exec->user.gid.v) : err->code;
}

static int judge_label(const struct rule_input *in, struct findings *out, struct error *err,
		       const char *member, const struct field_str *own,
		       const struct field_str *exec)
{
	_cleanup_buf_ struct buf pointer = { 0 }, value = { 0 };
	struct finding *f;

	/* Without one the exec has the container's. */
	if (!own->v || !own->v[0] || !exec->v || !exec->v[0] || strcmp(own->v, exec->v) == 0)
		return 0;
	buf_printf(&pointer, "/process/%s", member);
	json_string(&value, own->v);
	if (buf_check(&pointer, err) < 0 || buf_check(&value, err) < 0)
		return err->code;
	f = finding_add(in, out, err, buf_cstr(&pointer), "not the container's own");
	if (!f || finding_value(f, err, "%s", exec->v) < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, buf_cstr(&pointer), buf_cstr(&value), err);
}

/* judge_rlimits - one that is not named is the runtime's own, which holds no container. */
static int judge_rlimits(const struct rule_input *in, struct findings *out, const struct pair *p,
			 struct error *err)
{
	const struct oci_rlimit *own = p->own->rlimits.v;

	for (size_t i = 0; i < p->own->rlimits.n; i++) {
		const struct rlimit_max max = {
			.type = own[i].type.v, .hard = own[i].hard.v, .soft = own[i].soft.v,
		};
		const struct oci_rlimit *exec = max.type ? rlimit_find(p->exec, max.type) : NULL;
		struct finding *f;

		if (!max.type || rlimit_within(exec, &max))
			continue;
		f = finding_add(in, out, err, "/process/rlimits",
				exec ? "%s is above that of the container's own process"
				     : "%s is not set, as the container's own process has it",
				max.type);
		if (!f || (exec && finding_value(f, err, "%" PRIu64, exec->hard.v) < 0) ||
		    rlimit_lower(f, exec, &max, err) < 0)
			return err->code;
	}
	return 0;
}

static int judge_rest(const struct rule_input *in, struct findings *out, const struct pair *p,
		      struct error *err)
{
	const struct field_bool *nnp = &p->exec->no_new_privileges;
	const int64_t own = p->own->oom_score_adj.v, exec = p->exec->oom_score_adj.v;
	struct finding *f;
	int r = 0;

	if (p->own->no_new_privileges.v && !nnp->v) {
		f = finding_add(in, out, err, "/process/noNewPrivileges",
				"is not true, as the container's own is");
		r = f ? finding_edit(f, JSON_ADD, "/process/noNewPrivileges", "true", err)
		      : err->code;
	}
	if (r == 0 && p->exec->oom_score_adj.is == FIELD_PRESENT && exec < own) {
		char value[32];

		(void)snprintf(value, sizeof(value), "%" PRId64, own);
		f = finding_add(in, out, err, "/process/oomScoreAdj",
				"would be spared longer than the container's own process");
		if (!f || finding_value(f, err, "%" PRId64, exec) < 0)
			return err->code;
		r = finding_edit(f, JSON_REPLACE, "/process/oomScoreAdj", value, err);
	}
	return r;
}

int check_exec_exceeds(const struct rule_input *in, struct findings *out, struct error *err)
{
	struct pair pair;
	const struct pair *p = pair_of(in, &pair);
	int r = 0;

	if (in->created && !finding_add(in, out, err, "/process",
					"the container has not started: this process would be there before its own"))
		return err->code;
	r = judge_capabilities(in, out, p, err);
	if (r == 0)
		r = judge_user(in, out, p, err);
	if (r == 0)
		r = judge_group(in, out, p, err);
	if (r == 0)
		r = judge_label(in, out, err, "apparmorProfile", &p->own->apparmor_profile,
				&p->exec->apparmor_profile);
	if (r == 0)
		r = judge_label(in, out, err, "selinuxLabel", &p->own->selinux_label,
				&p->exec->selinux_label);
	if (r == 0)
		r = judge_rlimits(in, out, p, err);
	return r < 0 ? r : judge_rest(in, out, p, err);
}

int check_exec_denied(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_strs *args = &in->spec->process.args;
	const char *program = args->n > 0 && args->v[0].v ? args->v[0].v : "";
	struct finding *f;

	if (rule_listed(in, "except", program))
		return 0;
	f = finding_add(in, out, err, "/process", "this policy allows no exec");
	return f ? finding_value(f, err, "%s", program) : err->code;
}

int check_exec_terminal(const struct rule_input *in, struct findings *out, struct error *err)
{
	if (!in->spec->process.terminal.v)
		return 0;
	return finding_add(in, out, err, "/process/terminal", "a terminal is asked for") ? 0
											 : err->code;
}

int check_exec_user(const struct rule_input *in, struct findings *out, struct error *err)
{
	struct pair pair;
	const struct pair *p = pair_of(in, &pair);
	char uid[32];
	struct finding *f;

	(void)snprintf(uid, sizeof(uid), "%" PRIu64, p->exec->user.uid.v);
	if (p->exec->user.uid.v == p->own->user.uid.v || rule_listed(in, "allow", uid))
		return 0;
	f = finding_add(in, out, err, "/process/user",
			"not the container's own user, which is uid %" PRIu64, p->own->user.uid.v);
	return f ? finding_value(f, err, "uid %s", uid) : err->code;
}

/* judge_alone - what @rule finds in @spec. */
static int judge_alone(const struct rule_input *in, enum rule_id rule,
		       const struct oci_spec *spec, struct findings *ret, struct error *err)
{
	struct rule_input alone = *in;

	alone.id = rule;
	alone.spec = spec;
	return rules_judge(&alone, ret, err);
}

/*
 * other_period - whether a CPU limit that may not be above a maximum would be one of another
 * period than it was started with. Quota and period are set one after the other: of two updates
 * at the same moment, or of one that fails between, one's quota stays beside the other's period.
 */
static bool other_period(const struct rule_input *in)
{
	struct rule_input admitted = *in;

	admitted.id = RULE_CPU_LIMIT;
	admitted.spec = in->admitted;
	return in->admitted && rule_param(&admitted, "max")->number > 0 &&
	       cpu_period(in) != cpu_period(&admitted);
}

/* judge_kept - @rule must find nothing, unless it did in what was admitted. */
static int judge_kept(const struct rule_input *in, struct findings *out, enum rule_id rule,
		      struct error *err)
{
	_cleanup_(findings_free) struct findings now = { 0 }, before = { 0 };
	struct finding *f;
	int r = judge_alone(in, rule, in->spec, &now, err);
	const bool period = r == 0 && now.n == 0 && rule == RULE_CPU_LIMIT && other_period(in);

	if (r < 0 || (now.n == 0 && !period))
		return r;
	/* What was admitted without the limit, by whatever exemption, loses none. */
	if (in->admitted)
		r = judge_alone(in, rule, in->admitted, &before, err);
	if (r < 0 || (before.n > 0 && !before.v[0].unjudged))
		return r;
	f = finding_add(in, out, err, "/linux/resources",
			"what the policy wants of a start would hold no more: %s: %s",
			registry_rule(rule)->id, period ? "another period than it was started with"
							: now.v[0].text);
	if (!f)
		return err->code;
	f->unjudged = !period && now.v[0].unjudged;
	return 0;
}

int check_update_weakens(const struct rule_input *in, struct findings *out, struct error *err)
{
	static const enum rule_id kept[] = { RULE_MEMORY_LIMIT, RULE_PIDS_LIMIT, RULE_CPU_LIMIT,
					     RULE_DEVICES, RULE_DEVICE_CGROUP };
	int r = 0;

	if (in->on & ON_MOUNTS)
		return finding_add(in, out, err, "/mounts",
				   "mounts would be added to a running container") ? 0 : err->code;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kept); i++) {
		if (rule_listed(in, "keeps", registry_rule(kept[i])->id))
			r = judge_kept(in, out, kept[i], err);
	}
	return r;
}

int check_restore_denied(const struct rule_input *in, struct findings *out, struct error *err)
{
	const char *text = in->on & ON_CHECKPOINT
		? "a checkpoint holds the container's memory, and CRIU writes where its paths lead"
		: "what runs would come from a checkpoint, not from this configuration";

	if ((in->on & ON_CHECKPOINT) && !rule_param(in, "checkpoints")->number)
		return 0;
	return finding_add(in, out, err, "/process", "%s", text) ? 0 : err->code;
}
