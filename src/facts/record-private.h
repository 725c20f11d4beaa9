/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_RECORD_PRIVATE_H
#define COFFERDAM_RECORD_PRIVATE_H

#include "facts-private.h"

/* The version of the recording's shape. */
#define FACTS_FORMAT 1

const char *fact_is_name(enum fact_is is);
/* fact_is_parse - 0, or -EINVAL. */
int fact_is_parse(const char *word, enum fact_is *ret) must_check;

/* A recording as it is read: fields.h tables, in load-table.c. */
struct rec_ns {
	const struct json *node;
	enum field_is is;
	struct field_str path, state, why, device;
	struct field_uint inode;
};

struct rec_set {
	const struct json *node;
	enum field_is is;
	struct rec_ns v[NS_MAX];
};

struct rec_process {
	const struct json *node;
	enum field_is is;
	struct rec_set namespaces;
};

struct rec_spot {
	const struct json *node;
	enum field_is is;
	struct field_str device, within, fstype;
};

struct rec_place {
	const struct json *node;
	enum field_is is;
	struct field_str path, state, why, real;
	struct field_bool foreign;
	struct field_uint mode;
	struct rec_spot spot;
	struct field_list below;		/* struct rec_spot */
};

struct rec_range {
	const struct json *node;
	enum field_is is;
	struct field_uint inside, outside, count;
};

struct rec_idmap {
	const struct json *node;
	enum field_is is;
	struct field_str state, why;
	struct field_list ranges;		/* struct rec_range */
};

struct rec_idmaps {
	const struct json *node;
	enum field_is is;
	struct rec_idmap uid, gid;
};

struct rec_limits {
	const struct json *node;
	enum field_is is;
	struct field_str state, why, cgroup;
	struct field_uint memory, pids, millicpu;
};

struct rec_facts {
	const struct json *node;
	enum field_is is;
	struct field_uint format;
	struct rec_process host, container;
	struct field_list namespaces;		/* struct rec_ns */
	struct field_list mounts, places;	/* struct rec_place */
	struct rec_place rootfs;
	struct rec_idmaps idmaps;
	struct rec_limits parent;
	struct field_str lsm;
};

extern const struct field rec_facts_table[];

struct loader {
	const struct json_doc *doc;
	struct error *err;
};

/* load_bad - "NAME:LINE:COLUMN: /pointer: what". Returns -EINVAL. */
int load_bad(const struct loader *l, const struct json *node, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

int load_state(const struct loader *l, const struct json *node,
	       const struct field_str *state, enum fact_is *ret) must_check;

/* load_why - the reason, which goes with unreadable and nothing else. */
int load_why(const struct loader *l, const struct json *node, enum fact_is is,
	     const struct field_str *from, char **ret) must_check;

/* load_bytes - a string as it was before octal_encode(); absent leaves NULL. */
int load_bytes(const struct loader *l, const struct field_str *from, char **ret) must_check;

/* load_ns, load_place - all but the path. */
int load_ns(const struct loader *l, const struct rec_ns *from, struct fact_ns *ret) must_check;
int load_place(const struct loader *l, const struct rec_place *from,
	       struct fact_place *ret) must_check;

#endif
