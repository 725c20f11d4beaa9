/* SPDX-License-Identifier: Apache-2.0 */
#include "record-private.h"

#define ROW(type, member, kind_) { .name = #member, .kind = kind_, \
	.offset = offsetof(struct type, member) }
#define STATE(type) { .name = "is", .kind = FIELD_STR, .offset = offsetof(struct type, state) }
#define OBJECT(type, member, table) { .name = #member, .kind = FIELD_OBJECT, \
	.offset = offsetof(struct type, member), .sub = table }
#define LIST_OF(type, member, table, entry) { .name = #member, .kind = FIELD_LIST, \
	.offset = offsetof(struct type, member), .sub = table, .size = sizeof(struct entry) }
#define NAMESPACE(ns, word) { .name = word, .kind = FIELD_OBJECT, \
	.offset = offsetof(struct rec_set, v) + (ns) * sizeof(struct rec_ns), .sub = ns_table }
#define END { .name = NULL }

static const struct field ns_table[] = {
	ROW(rec_ns, path, FIELD_STR),
	STATE(rec_ns),
	ROW(rec_ns, why, FIELD_STR),
	ROW(rec_ns, device, FIELD_STR),
	ROW(rec_ns, inode, FIELD_UINT),
	END
};

static const struct field set_table[] = {
	NAMESPACE(NS_CGROUP, "cgroup"),
	NAMESPACE(NS_IPC, "ipc"),
	NAMESPACE(NS_MOUNT, "mount"),
	NAMESPACE(NS_NETWORK, "network"),
	NAMESPACE(NS_PID, "pid"),
	NAMESPACE(NS_TIME, "time"),
	NAMESPACE(NS_USER, "user"),
	NAMESPACE(NS_UTS, "uts"),
	END
};

static const struct field process_table[] = {
	OBJECT(rec_process, namespaces, set_table),
	END
};

static const struct field spot_table[] = {
	ROW(rec_spot, device, FIELD_STR),
	ROW(rec_spot, within, FIELD_STR),
	ROW(rec_spot, fstype, FIELD_STR),
	END
};

static const struct field place_table[] = {
	ROW(rec_place, path, FIELD_STR),
	STATE(rec_place),
	ROW(rec_place, why, FIELD_STR),
	ROW(rec_place, real, FIELD_STR),
	ROW(rec_place, foreign, FIELD_BOOL),
	ROW(rec_place, mode, FIELD_U32),
	OBJECT(rec_place, spot, spot_table),
	LIST_OF(rec_place, below, spot_table, rec_spot),
	END
};

static const struct field range_table[] = {
	ROW(rec_range, inside, FIELD_U32),
	ROW(rec_range, outside, FIELD_U32),
	ROW(rec_range, count, FIELD_U32),
	END
};

static const struct field idmap_table[] = {
	STATE(rec_idmap),
	ROW(rec_idmap, why, FIELD_STR),
	LIST_OF(rec_idmap, ranges, range_table, rec_range),
	END
};

static const struct field idmaps_table[] = {
	OBJECT(rec_idmaps, uid, idmap_table),
	OBJECT(rec_idmaps, gid, idmap_table),
	END
};

static const struct field limits_table[] = {
	STATE(rec_limits),
	ROW(rec_limits, why, FIELD_STR),
	ROW(rec_limits, cgroup, FIELD_STR),
	ROW(rec_limits, memory, FIELD_UINT),
	ROW(rec_limits, pids, FIELD_UINT),
	ROW(rec_limits, millicpu, FIELD_UINT),
	END
};

static const struct field cgroup_table[] = {
	STATE(rec_cgroup),
	ROW(rec_cgroup, why, FIELD_STR),
	ROW(rec_cgroup, v2, FIELD_BOOL),
	ROW(rec_cgroup, others, FIELD_U32),
	END
};

static const struct field program_table[] = {
	ROW(rec_program, path, FIELD_STR),
	STATE(rec_program),
	ROW(rec_program, why, FIELD_STR),
	ROW(rec_program, real, FIELD_STR),
	ROW(rec_program, trusted, FIELD_BOOL),
	ROW(rec_program, own, FIELD_BOOL),
	END
};

static const struct field group_table[] = {
	ROW(rec_group, name, FIELD_STR),
	ROW(rec_group, gid, FIELD_U32),
	END
};

static const struct field groups_table[] = {
	STATE(rec_list),
	ROW(rec_list, why, FIELD_STR),
	LIST_OF(rec_list, list, group_table, rec_group),
	END
};

static const struct field sockets_table[] = {
	STATE(rec_list),
	ROW(rec_list, why, FIELD_STR),
	LIST_OF(rec_list, list, place_table, rec_place),
	END
};

static const struct field image_table[] = {
	STATE(rec_image),
	ROW(rec_image, why, FIELD_STR),
	ROW(rec_image, link, FIELD_STR),
	ROW(rec_image, cwd, FIELD_STR),
	ROW(rec_image, over, FIELD_STR),
	ROW(rec_image, over_at, FIELD_STR),
	END
};

static const struct field core_table[] = {
	STATE(rec_core),
	ROW(rec_core, pipe, FIELD_BOOL),
	END
};

static const struct field label_table[] = {
	ROW(rec_label, label, FIELD_STR),
	STATE(rec_label),
	ROW(rec_label, why, FIELD_STR),
	ROW(rec_label, says, FIELD_STR),
	END
};

static const struct field lsm_table[] = {
	STATE(rec_lsm),
	ROW(rec_lsm, why, FIELD_STR),
	ROW(rec_lsm, permissive, FIELD_BOOL),
	{ .name = "labels", .kind = FIELD_LIST, .offset = offsetof(struct rec_lsm, labels),
	  .sub = label_table, .size = sizeof(struct rec_label), .unique = "label" },
	END
};

const struct field rec_facts_table[] = {
	ROW(rec_facts, format, FIELD_UINT),
	OBJECT(rec_facts, host, process_table),
	OBJECT(rec_facts, container, process_table),
	LIST_OF(rec_facts, namespaces, ns_table, rec_ns),
	LIST_OF(rec_facts, mounts, place_table, rec_place),
	LIST_OF(rec_facts, places, place_table, rec_place),
	OBJECT(rec_facts, rootfs, place_table),
	OBJECT(rec_facts, idmaps, idmaps_table),
	OBJECT(rec_facts, parent, limits_table),
	OBJECT(rec_facts, cgroup, cgroup_table),
	{ .name = "hooks", .kind = FIELD_LIST, .offset = offsetof(struct rec_facts, hooks),
	  .sub = program_table, .size = sizeof(struct rec_program), .unique = "path" },
	OBJECT(rec_facts, groups, groups_table),
	OBJECT(rec_facts, sockets, sockets_table),
	OBJECT(rec_facts, image, image_table),
	OBJECT(rec_facts, core, core_table),
	OBJECT(rec_facts, selinux, lsm_table),
	OBJECT(rec_facts, apparmor, lsm_table),
	ROW(rec_facts, lsm, FIELD_STR),
	END
};
