/* SPDX-License-Identifier: Apache-2.0 */
/* /proc/PID/status, and what of it must be so (proc_pid_status(5)). */
#include "gate-private.h"

#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>

/* A line of it: @n numbers, which go to @at in struct status. */
static const struct line {
	const char *name;
	size_t at, n;
	int base;
	bool may_lack;
} lines[] = {
	{ "Uid", offsetof(struct status, uid), 4, 10, false },
	{ "Gid", offsetof(struct status, gid), 4, 10, false },
	{ "NoNewPrivs", offsetof(struct status, nnp), 1, 10, false },
	{ "Seccomp", offsetof(struct status, seccomp), 1, 10, false },
	{ "TracerPid", offsetof(struct status, tracer), 1, 10, false },
	{ "Threads", offsetof(struct status, threads), 1, 10, false },
	{ "CapInh", offsetof(struct status, caps[SET_INHERITABLE]), 1, 16, false },
	{ "CapPrm", offsetof(struct status, caps[SET_PERMITTED]), 1, 16, false },
	{ "CapEff", offsetof(struct status, caps[SET_EFFECTIVE]), 1, 16, false },
	{ "CapBnd", offsetof(struct status, caps[SET_BOUNDING]), 1, 16, false },
	{ "CapAmb", offsetof(struct status, caps[SET_AMBIENT]), 1, 16, false },
	{ "Seccomp_filters", offsetof(struct status, filters), 1, 10, true },
};

#define FILTERS_LINE (ARRAY_SIZE(lines) - 1)

static bool numbers(const char *at, int base, uint64_t *ret, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char *end;

		at += strspn(at, " \t");
		ret[i] = strtoull(at, &end, base);
		if (end == at)
			return false;
		at = end;
	}
	return true;
}

static void read_groups(const char *at, struct status *st)
{
	st->groups_known = true;
	for (;;) {
		char *end;
		unsigned long v;

		at += strspn(at, " \t");
		if (*at == '\n' || *at == '\0')
			return;
		v = strtoul(at, &end, 10);
		if (end == at || st->n_groups == ARRAY_SIZE(st->groups)) {
			st->groups_known = false;
			return;
		}
		st->groups[st->n_groups++] = (uint32_t)v;
		at = end;
	}
}

/* read_line - what stands behind "NAME:", in @seen which of them came; the first of a name. */
static void read_line(const char *line, struct status *st, bool seen[ARRAY_SIZE(lines)])
{
	const size_t len = strcspn(line, ":\n");

	if (line[len] != ':')
		return;
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (strncmp(lines[i].name, line, len) != 0 || lines[i].name[len])
			continue;
		if (!seen[i])
			seen[i] = numbers(line + len + 1, lines[i].base,
					  (uint64_t *)(void *)((char *)st + lines[i].at), lines[i].n);
		return;
	}
	if (len == 6 && strncmp(line, "Groups", len) == 0 && !st->groups_known && st->n_groups == 0)
		read_groups(line + len + 1, st);
	if (len != 5 || strncmp(line, "NSpid", len) != 0)
		return;
	for (const char *at = line + len + 1; *at != '\n' && *at;
	     at += strcspn(at + 1, "\t\n") + 1)
		st->pid_one = strtoul(at + 1, NULL, 10) == 1;
}

int status_read(const struct gate *g, struct status *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	bool seen[ARRAY_SIZE(lines)] = { false };
	struct status st = { 0 };
	int r = file_read_kernel(g->proc, "status", 1u << 20, &text, err);

	if (r < 0)
		return r;
	for (const char *line = buf_cstr(&text); *line; line += *line == '\n') {
		read_line(line, &st, seen);
		line += strcspn(line, "\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		if (!seen[i] && !lines[i].may_lack)
			return error_set(err, -EINVAL,
					 "the kernel's status of the process cannot be understood");
	}
	st.has_filters = seen[FILTERS_LINE];
	*ret = st;
	return 0;
}

/* Whether the program's user is root in its user namespace, so that execve(2) gives it
 * all that its bounding set allows (capabilities(7)). */
static bool inner_root(const struct gate *g)
{
	return g->call->wanted->process.user.uid.v == 0;
}

uint64_t status_allowed(const struct gate *g)
{
	const uint64_t *caps = g->wants.caps;

	if (inner_root(g))
		return caps[SET_BOUNDING] | caps[SET_INHERITABLE];
	return caps[SET_PERMITTED] | caps[SET_AMBIENT];
}

/* host_id - @id as the host sees it, by the container's own map. */
static bool host_id(const struct fact_idmap *map, uint64_t id, uint64_t *ret)
{
	return map->is == FACT_KNOWN && fact_id(map, id, ret) == 0;
}

static void verify_ids(struct gate *g, const struct status *st)
{
	const struct oci_user *user = &g->call->wanted->process.user;
	const struct facts *facts = g->call->subject->facts;
	const bool setid = st->uid[0] != st->uid[1] || st->uid[0] != st->uid[2] ||
			   st->gid[0] != st->gid[1] || st->gid[0] != st->gid[2];
	uint64_t uid = 0, gid = 0;

	if (setid && (g->wants.nnp || st->nnp))
		mismatch(g, "the program is set-user-ID or set-group-ID and took another identity: effective uid %" PRIu64
			 ", gid %" PRIu64, st->uid[1], st->gid[1]);
	else if (setid)
		note(&g->unverified, "effective ids: the program is set-user-ID or set-group-ID");
	if (!host_id(&facts->uid_map, user->uid.v, &uid) || !host_id(&facts->gid_map, user->gid.v, &gid)) {
		note(&g->unverified, "ids: the user namespace's map was not known");
		return;
	}
	if (st->uid[0] != uid || st->gid[0] != gid)
		mismatch(g, "it runs as uid %" PRIu64 " gid %" PRIu64 " of the host, where %" PRIu64
			 " and %" PRIu64 " were admitted", st->uid[0], st->gid[0], uid, gid);
	else
		note(&g->verified, "ids");
}

static bool group_listed(const struct gate *g, uint32_t group, bool *ret_known)
{
	const struct oci_user *user = &g->call->wanted->process.user;
	const struct fact_idmap *map = &g->call->subject->facts->gid_map;
	uint64_t id = 0;

	*ret_known = host_id(map, user->gid.v, &id);
	if (*ret_known && id == group)
		return true;
	if (!user->additional_gids.node)
		return false;
	for (const struct json *n = user->additional_gids.node->first; n; n = n->next) {
		if (n->type == JSON_NUMBER && host_id(map, strtoull(n->str, NULL, 10), &id) &&
		    id == group)
			return true;
	}
	return false;
}

static void verify_groups(struct gate *g, const struct status *st)
{
	bool known = true;

	for (size_t i = 0; st->groups_known && i < st->n_groups; i++) {
		if (group_listed(g, st->groups[i], &known))
			continue;
		if (!known)
			break;
		/* crun keeps the caller's groups where it may not set them */
		mismatch(g, "it is in group %" PRIu32 " of the host, which was not admitted",
			 st->groups[i]);
		return;
	}
	if (st->groups_known && known)
		note(&g->verified, "groups");
	else
		note(&g->unverified, "groups");
}

static void verify_caps(struct gate *g, const struct status *st)
{
	static const char *const names[SET_MAX] = {
		"inheritable", "permitted", "effective", "bounding", "ambient",
	};
	const uint64_t held = status_allowed(g);
	bool good = true;

	for (size_t i = 0; i < SET_MAX; i++) {
		const uint64_t allowed = i == SET_PERMITTED || i == SET_EFFECTIVE ? held
									  : g->wants.caps[i];
		const uint64_t excess = st->caps[i] & ~allowed;

		if (excess == 0)
			continue;
		good = false;
		if (i == SET_BOUNDING && st->nnp)
			note(&g->unverified, "bounding set: %#" PRIx64
			     " could not be taken from it without CAP_SETPCAP, or by its SELinux domain; no_new_privs keeps it without effect",
			     excess);
		else
			mismatch(g, "capabilities %#" PRIx64 " in the %s set were not admitted", excess,
				 names[i]);
	}
	if (good)
		note(&g->verified, "capabilities");
}

static void verify_filters(struct gate *g, const struct status *st)
{
	const bool own = filter_of_runtime(g);
	const bool ours = g->wants.filter && g->call->tighten && !g->call->audit;
	/* those of the engine come first, the runtime's next, the gate's last */
	const uint64_t least = g->filters_armed + own + ours;

	if (!own && !ours)
		return;
	if (st->seccomp != 2) {
		mismatch(g, "no seccomp filter is in force");
	} else if (!st->has_filters) {
		note(&g->unverified, "the number of filters: this kernel does not tell it");
	} else if (st->filters < least || (ours && st->filters != g->filters_before + 1)) {
		mismatch(g, "%" PRIu64 " filters are in force where %" PRIu64 " were wanted",
			 st->filters, ours && g->filters_before + 1 > least ? g->filters_before + 1
									    : least);
	} else {
		note(&g->verified, "seccomp");
		if (own)
			filter_compare(g, g->filters_armed, st->filters - ours);
	}
}

void verify_process(struct gate *g)
{
	struct error err = { 0 };
	struct status st;

	if (status_read(g, &st, &err) < 0) {
		mismatch(g, "%s", err.text);
		return;
	}
	verify_ids(g, &st);
	verify_groups(g, &st);
	verify_caps(g, &st);
	verify_filters(g, &st);
	if (g->wants.nnp && !st.nnp)
		mismatch(g, "no_new_privs is not set");
	else if (st.nnp)
		note(&g->verified, "no_new_privs");
	if (st.threads != 1)
		mismatch(g, "the program has %" PRIu64 " threads at its start", st.threads);
}
