/* SPDX-License-Identifier: Apache-2.0 */
/* Who the program is on the host, whatever number it has inside. */
#include <cofferdam/rules.h>

#include <inttypes.h>

/* map_id - 0 and the id on the host, or -ENOENT where no range covers it. */
static int map_id(const struct fact_idmap *map, uint64_t id, uint64_t *ret)
{
	if (map->n == 0) {
		*ret = id;
		return 0;
	}
	for (size_t i = 0; i < map->n; i++) {
		const struct fact_idrange *range = &map->v[i];

		if (id >= range->inside && id - range->inside < range->count) {
			*ret = range->outside + (id - range->inside);
			return 0;
		}
	}
	return -ENOENT;
}

int check_root_user(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_uint *uid = &in->spec->process.user.uid;
	const uint64_t id = uid->is == FIELD_PRESENT ? uid->v : 0;
	const struct fact_idmap *map = &in->facts->uid_map;
	uint64_t host = 0;
	struct finding *f;

	if (map->is != FACT_KNOWN) {
		f = finding_add(in, out, err, "/process/user/uid",
				"the id on the host cannot be told: %s",
				map->why ? map->why : "the user namespace's map was not recorded");
		if (!f)
			return err->code;
		f->unjudged = true;
		return 0;
	}
	if (map_id(map, id, &host) < 0) {
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
