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

struct rec_cgroup {
	const struct json *node;
	enum field_is is;
	struct field_str state, why;
	struct field_bool v2;
	struct field_uint others;
};

struct rec_program {
	const struct json *node;
	enum field_is is;
	struct field_str path, state, why, real;
	struct field_bool trusted, own;
};

struct rec_group {
	const struct json *node;
	enum field_is is;
	struct field_str name;
	struct field_uint gid;
};

/* Groups, sockets: what is known, and a list. */
struct rec_list {
	const struct json *node;
	enum field_is is;
	struct field_str state, why;
	struct field_list list;			/* struct rec_group, struct rec_place */
};

struct rec_image {
	const struct json *node;
	enum field_is is;
	struct field_str state, why, link, cwd, over, over_at;
};

struct rec_core {
	const struct json *node;
	enum field_is is;
	struct field_str state;
	struct field_bool pipe;
};

struct rec_label {
	const struct json *node;
	enum field_is is;
	struct field_str label, state, why, says;
};

struct rec_lsm {
	const struct json *node;
	enum field_is is;
	struct field_str state, why;
	struct field_bool permissive;
	struct field_list labels;		/* struct rec_label */
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
	struct rec_cgroup cgroup;
	struct field_list hooks;		/* struct rec_program */
	struct rec_list groups, sockets;
	struct rec_image image;
	struct rec_core core;
	struct rec_lsm selinux, apparmor;
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

/* load_known - both. */
int load_known(const struct loader *l, const struct json *node, const struct field_str *state,
	       const struct field_str *why, enum fact_is *ret, char **ret_why) must_check;

/* load_bytes - a string as it was before octal_encode(); absent leaves NULL. */
int load_bytes(const struct loader *l, const struct field_str *from, char **ret) must_check;

/* load_ns, load_place - all but the path. */
int load_ns(const struct loader *l, const struct rec_ns *from, struct fact_ns *ret) must_check;
int load_place(const struct loader *l, const struct rec_place *from,
	       struct fact_place *ret) must_check;

/* load_more - cgroup, hooks, groups, sockets, image, core and security modules. */
int load_more(const struct loader *l, const struct rec_facts *rec, struct facts *ret) must_check;

/* --- writing --- */

/* record_member - ", " before all but the first, then the name. */
void record_member(struct buf *out, bool *first, const char *name);
void record_quote(struct buf *out, const char *s);
/* record_bytes - a string that may hold any byte. */
void record_bytes(struct buf *out, const char *s);
/* record_is - the members that every fact has; @why may be NULL. */
void record_is(struct buf *out, bool *first, enum fact_is is, const char *why);
void record_place(struct buf *out, const struct fact_place *place);
/* record_more - what load_more() reads. */
void record_more(struct buf *out, const struct facts *facts);

#endif
