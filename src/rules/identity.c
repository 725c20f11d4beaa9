/* SPDX-License-Identifier: Apache-2.0 */
/* Who the program is on the host, whatever number it has inside. */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include "rules-private.h"

int check_root_user(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_uint *uid = &in->spec->process.user.uid;
	const uint64_t id = uid->is == FIELD_PRESENT ? uid->v : 0;
	const struct fact_idmap *map = &in->facts->uid_map;
	uint64_t host = 0;
	struct finding *f;

	if (map->is != FACT_KNOWN)
		return rule_unjudged(in, out, err, "/process/user/uid",
				     "the id on the host cannot be told: %s", map->why ? map->why :
				     "the user namespace's map was not recorded");
	if (fact_id(map, id, &host) < 0) {
		f = finding_add(in, out, err, "/process/user/uid",
				"no range of the user namespace's map covers this id");
		if (!f)
			return err->code;
		f->unjudged = true;
		return finding_value(f, err, "%" PRIu64, id);
	}
	if (host != 0)
		return 0;
	if (id == 0)
		f = finding_add(in, out, err, "/process/user/uid",
				"the program runs as uid 0, which is the host's root");
	else
		f = finding_add(in, out, err, "/process/user/uid",
				"uid %" PRIu64 " inside is mapped to uid 0, the host's root", id);
	return f ? finding_value(f, err, "%" PRIu64, id) : err->code;
}

/* protected_range - the first range that reaches below @limit, or NULL. */
static const struct fact_idrange *protected_range(const struct fact_idmap *map, uint64_t limit)
{
	for (size_t i = 0; i < map->n; i++) {
		if (map->v[i].count > 0 && map->v[i].outside < limit)
			return &map->v[i];
	}
	return NULL;
}

static int judge_map(const struct rule_input *in, struct findings *out, struct error *err,
		     const struct fact_idmap *map, const char *pointer)
{
	const uint64_t limit = rule_param(in, "below")->number;
	const struct fact_idrange *range;
	struct finding *f;

	if (map->is != FACT_KNOWN)
		return rule_unjudged(in, out, err, pointer, "the map cannot be told: %s",
				     map->why ? map->why : "it was not recorded");
	range = protected_range(map, limit);
	if (!range)
		return 0;
	f = finding_add(in, out, err, pointer, "reaches ids of the host below %" PRIu64, limit);
	return f ? finding_value(f, err, "%" PRIu32 " inside is %" PRIu32 " on the host, %" PRIu32
				 " ids", range->inside, range->outside, range->count)
		 : err->code;
}

/* A range of an idmapped mount: whom files on the disk belong to, as the host sees it. */
struct disk_range {
	uint64_t disk, host, size;
};

/*
 * reaches - what a range gives away, or NULL. Whom the files are shown to belong to
 * can use them. And without a user namespace, where nobody else has chosen what the
 * program's ids are on the disk, it could make set-user-ID files of the host's root.
 */
static const char *reaches(const struct fact_idmap *own, uint64_t limit,
			   const struct disk_range *range)
{
	if (range->size == 0)
		return NULL;
	if (range->host < limit)
		return "files there are given ids of the host below";
	return own->n == 0 && range->disk < limit && range->disk != range->host
	       ? "what is made there belongs on the disk to ids of the host below" : NULL;
}

/* judge_mount_map - an idmapped mount (mount_setattr(2)) has ids of its own. */
static int judge_mount_map(const struct rule_input *in, struct findings *out,
			   struct error *err, size_t index, const struct field_list *list)
{
	const struct oci_mount *mount = oci_mount_at(in->spec, index);
	const struct fact_idmap *own = list == &mount->gid_mappings ? &in->facts->gid_map
								    : &in->facts->uid_map;
	const struct oci_idmap *maps = list->v;
	struct finding *f;

	for (size_t i = 0; i < list->n; i++) {
		const uint64_t limit = rule_param(in, "below")->number;
		const struct disk_range range = { maps[i].container_id.v, maps[i].host_id.v,
						  maps[i].size.v };
		const char *what = reaches(own, limit, &range);

		if (!what)
			continue;
		f = mount_finding(in, out, err, index, list->node->key, "%s %" PRIu64, what, limit);
		return f ? finding_value(f, err, "%" PRIu64 " there is %" PRIu64 ", %" PRIu64 " ids",
					 range.disk, range.host, range.size)
			 : err->code;
	}
	return 0;
}

static bool number_at(const char **at, char end, uint64_t *ret)
{
	char *stop;

	if (**at < '0' || **at > '9')
		return false;
	errno = 0;
	*ret = strtoull(*at, &stop, 10);
	if (errno != 0 || (end && *stop != end))
		return false;
	*at = stop + (end ? 1 : 0);
	return true;
}

/*
 * option_map - "uids=0-100000-10#10-200000-5;gids=..." (crun(1)): on the disk, on the
 * host, how many. NULL if no range gives anything away; what is not understood does.
 */
static const char *option_map(const struct rule_input *in, const char *at, uint64_t limit)
{
	static const char unknown[] = "the map is not understood; it might reach ids of the host below";

	for (bool more = true; more;) {
		const bool gids = strncmp(at, "gids=", 5) == 0;
		const struct fact_idmap *own = gids ? &in->facts->gid_map : &in->facts->uid_map;

		if (!gids && strncmp(at, "uids=", 5) != 0)
			return unknown;
		at += 4;
		do {
			struct disk_range range;
			const char *what;

			at++;
			if (!number_at(&at, '-', &range.disk) || !number_at(&at, '-', &range.host) ||
			    !number_at(&at, '\0', &range.size))
				return unknown;
			what = reaches(own, limit, &range);
			if (what)
				return what;
		} while (*at == '#');
		more = *at == ';';
		at += more;
	}
	return *at ? unknown : NULL;
}

/* judge_map_option - crun takes the map of a mount as an option, too. */
static int judge_map_option(const struct rule_input *in, struct findings *out,
			    struct error *err, size_t index)
{
	const struct oci_mount *mount = oci_mount_at(in->spec, index);

	for (size_t i = 0; i < mount->options.n; i++) {
		const char *option = mount->options.v[i].v ? mount->options.v[i].v : "";
		const char *map = option + (option[0] == 'r'), *what;
		uint64_t limit;
		struct finding *f;

		if (map[0] != 'i' || strncmp(map, "idmap=", 6) != 0)
			continue;
		limit = rule_param(in, "below")->number;
		what = option_map(in, map + 6, limit);
		if (!what)
			continue;
		f = mount_finding(in, out, err, index, "options", "%s %" PRIu64, what, limit);
		return f ? finding_value(f, err, "%s", option) : err->code;
	}
	return 0;
}

int check_protected_ids(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = judge_map(in, out, err, &in->facts->uid_map, "/linux/uidMappings");

	if (r == 0)
		r = judge_map(in, out, err, &in->facts->gid_map, "/linux/gidMappings");
	for (size_t i = 0; r == 0 && i < in->spec->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(in->spec, i);

		r = judge_mount_map(in, out, err, i, &mount->uid_mappings);
		if (r == 0)
			r = judge_mount_map(in, out, err, i, &mount->gid_mappings);
		if (r == 0)
			r = judge_map_option(in, out, err, i);
	}
	return r;
}

static int judge_group(const struct rule_input *in, struct findings *out, struct error *err,
		       const char *pointer, uint64_t id)
{
	const struct fact_groups *groups = &in->facts->groups;
	uint64_t host = 0;
	const char *name = NULL;
	struct finding *f;

	if (in->facts->gid_map.is != FACT_KNOWN ||
	    (groups->is != FACT_KNOWN && groups->is != FACT_ABSENT))
		return rule_unjudged(in, out, err, pointer, "the group on the host cannot be told: %s",
				     groups->why ? groups->why : "it was not recorded");
	if (fact_id(&in->facts->gid_map, id, &host) < 0)
		return 0;
	for (size_t i = 0; i < groups->n; i++) {
		if (groups->v[i].gid == host && rule_listed(in, "groups", groups->v[i].name))
			name = groups->v[i].name;
	}
	if (host != 0 && !name)
		return 0;
	f = finding_add(in, out, err, pointer, "is the host's group %s", host == 0 ? "root" : name);
	return f ? finding_value(f, err, "%" PRIu64, id) : err->code;
}

/* group_id - what is no id is taken for 0, as of uid and gid. */
static uint64_t group_id(const struct json *node)
{
	char *end;
	unsigned long long id;

	if (node->type != JSON_NUMBER || node->str[0] == '-')
		return 0;
	errno = 0;
	id = strtoull(node->str, &end, 10);
	return *end == '\0' && errno == 0 && id < UINT32_MAX ? id : 0;
}

int check_root_group(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_user *user = &in->spec->process.user;
	const struct json *gids = user->additional_gids.node;
	const uint64_t own = user->gid.is == FIELD_PRESENT ? user->gid.v : 0;
	int r = judge_group(in, out, err, "/process/user/gid", own);

	if (!gids || gids->type != JSON_ARRAY)
		return r;
	for (const struct json *gid = gids->first; r == 0 && gid; gid = gid->next) {
		_cleanup_buf_ struct buf pointer = { 0 };
		const uint64_t id = group_id(gid);

		/* engines list the primary group again (CVE-2022-36109): said once */
		if (id == own)
			continue;
		json_pointer(&pointer, gid);
		r = buf_check(&pointer, err);
		if (r == 0)
			r = judge_group(in, out, err, buf_cstr(&pointer), id);
	}
	return r;
}
