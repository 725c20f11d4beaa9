/* SPDX-License-Identifier: Apache-2.0 */
/* Facts as JSON. Bytes that JSON cannot hold are written as in mountinfo, \ooo. */
#include "record-private.h"

#include <inttypes.h>
#include <string.h>
#include <sys/sysmacros.h>

static const char *const is_words[] = {
	[FACT_UNKNOWN] = "unknown",
	[FACT_KNOWN] = "known",
	[FACT_ABSENT] = "absent",
	[FACT_UNREADABLE] = "unreadable",
};

const char *fact_is_name(enum fact_is is)
{
	return is_words[is];
}

int fact_is_parse(const char *word, enum fact_is *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(is_words); i++) {
		if (strcmp(is_words[i], word) == 0) {
			*ret = (enum fact_is)i;
			return 0;
		}
	}
	return -EINVAL;
}

void record_member(struct buf *out, bool *first, const char *name)
{
	buf_str(out, *first ? "" : ", ");
	*first = false;
	buf_printf(out, "\"%s\": ", name);
}

void record_quote(struct buf *out, const char *s)
{
	json_string_shown(out, s);
}

void record_bytes(struct buf *out, const char *s)
{
	_cleanup_buf_ struct buf text = { 0 };

	octal_encode(&text, s);
	out->oom |= text.oom;
	json_quote_shown(out, buf_cstr(&text), text.len);
}

void record_is(struct buf *out, bool *first, enum fact_is is, const char *why)
{
	record_member(out, first, "is");
	record_quote(out, fact_is_name(is));
	if (why) {
		record_member(out, first, "why");
		record_bytes(out, why);
	}
}

static void print_ns(struct buf *out, const struct fact_ns *ns)
{
	bool first = true;

	buf_char(out, '{');
	if (ns->path) {
		record_member(out, &first, "path");
		record_quote(out, ns->path);
	}
	record_is(out, &first, ns->is, ns->why);
	if (ns->is == FACT_KNOWN) {
		record_member(out, &first, "device");
		buf_printf(out, "\"%u:%u\"", major(ns->dev), minor(ns->dev));
		record_member(out, &first, "inode");
		buf_printf(out, "%" PRIu64, ns->ino);
	}
	buf_char(out, '}');
}

static void print_set(struct buf *out, const char *name, const struct fact_ns v[NS_MAX])
{
	bool first = true;

	buf_printf(out, ",\n\"%s\": {\"namespaces\": {", name);
	for (size_t i = 0; i < NS_MAX; i++) {
		if (v[i].is == FACT_UNKNOWN)
			continue;
		buf_str(out, first ? "\n\t" : ",\n\t");
		first = false;
		buf_printf(out, "\"%s\": ", oci_ns_name((enum oci_ns)i));
		print_ns(out, &v[i]);
	}
	buf_str(out, first ? "}}" : "\n}}");
}

static void print_spot(struct buf *out, const struct fact_spot *spot)
{
	bool first = true;

	buf_char(out, '{');
	record_member(out, &first, "device");
	buf_printf(out, "\"%" PRIu32 ":%" PRIu32 "\"", spot->major, spot->minor);
	record_member(out, &first, "within");
	record_bytes(out, spot->within);
	if (spot->fstype) {
		record_member(out, &first, "fstype");
		record_bytes(out, spot->fstype);
	}
	buf_char(out, '}');
}

static void print_found(struct buf *out, bool *first, const struct fact_place *place)
{
	if (place->foreign) {
		record_member(out, first, "foreign");
		buf_str(out, "true");
	}
	if (place->mode) {
		record_member(out, first, "mode");
		buf_printf(out, "%" PRIu32, place->mode);
	}
	if (place->spot.within) {
		record_member(out, first, "spot");
		print_spot(out, &place->spot);
	}
	if (place->n_below == 0)
		return;
	record_member(out, first, "below");
	buf_char(out, '[');
	for (size_t i = 0; i < place->n_below; i++) {
		buf_str(out, i ? ",\n\t\t" : "\n\t\t");
		print_spot(out, &place->below[i]);
	}
	buf_char(out, ']');
}

void record_place(struct buf *out, const struct fact_place *place)
{
	bool first = true;

	buf_char(out, '{');
	if (place->path) {
		record_member(out, &first, "path");
		record_quote(out, place->path);
	}
	record_is(out, &first, place->is, place->why);
	if (place->real) {
		record_member(out, &first, "real");
		record_bytes(out, place->real);
	}
	print_found(out, &first, place);
	buf_char(out, '}');
}

/* Those without a path follow from config.json alone, and are not recorded. */
static void print_places(struct buf *out, const char *name, const struct fact_place *v, size_t n)
{
	bool first = true;

	buf_printf(out, ",\n\"%s\": [", name);
	for (size_t i = 0; i < n; i++) {
		if (!v[i].path || v[i].is == FACT_UNKNOWN)
			continue;
		buf_str(out, first ? "\n\t" : ",\n\t");
		first = false;
		record_place(out, &v[i]);
	}
	buf_str(out, first ? "]" : "\n]");
}

static void print_namespaces(struct buf *out, const struct facts *facts)
{
	bool first = true;

	buf_str(out, ",\n\"namespaces\": [");
	for (size_t i = 0; i < facts->n_namespaces; i++) {
		const struct fact_ns *ns = &facts->namespaces[i];

		if (!ns->path || ns->is == FACT_UNKNOWN)
			continue;
		buf_str(out, first ? "\n\t" : ",\n\t");
		first = false;
		print_ns(out, ns);
	}
	buf_str(out, first ? "]" : "\n]");
}

static void print_idmap(struct buf *out, const char *name, const struct fact_idmap *map)
{
	bool first = true;

	buf_printf(out, "\"%s\": {", name);
	record_is(out, &first, map->is, map->why);
	if (map->n > 0) {
		record_member(out, &first, "ranges");
		buf_char(out, '[');
	}
	for (size_t i = 0; i < map->n; i++)
		buf_printf(out, "%s{\"inside\": %" PRIu32 ", \"outside\": %" PRIu32
			   ", \"count\": %" PRIu32 "}", i ? ", " : "", map->v[i].inside,
			   map->v[i].outside, map->v[i].count);
	buf_str(out, map->n > 0 ? "]}" : "}");
}

/* "max" is an absent member. */
static void print_limit(struct buf *out, bool *first, const char *name, uint64_t value)
{
	if (value == UINT64_MAX)
		return;
	record_member(out, first, name);
	buf_printf(out, "%" PRIu64, value);
}

static void print_parent(struct buf *out, const struct fact_limits *parent)
{
	bool first = true;

	buf_str(out, ",\n\"parent\": {");
	record_is(out, &first, parent->is, parent->why);
	if (parent->cgroup) {
		record_member(out, &first, "cgroup");
		record_bytes(out, parent->cgroup);
	}
	if (parent->is == FACT_KNOWN) {
		print_limit(out, &first, "memory", parent->memory);
		print_limit(out, &first, "pids", parent->pids);
		print_limit(out, &first, "millicpu", parent->millicpu);
	}
	buf_char(out, '}');
}

void facts_print(struct buf *out, const struct facts *facts)
{
	buf_str(out, "{\n\"format\": 1");
	print_set(out, "host", facts->host);
	print_set(out, "container", facts->container);
	print_namespaces(out, facts);
	print_places(out, "mounts", facts->mounts, facts->n_mounts);
	print_places(out, "places", facts->places, facts->n_places);
	if (facts->rootfs.path && facts->rootfs.is != FACT_UNKNOWN) {
		buf_str(out, ",\n\"rootfs\": ");
		record_place(out, &facts->rootfs);
	}
	buf_str(out, ",\n\"idmaps\": {");
	print_idmap(out, "uid", &facts->uid_map);
	buf_str(out, ", ");
	print_idmap(out, "gid", &facts->gid_map);
	buf_char(out, '}');
	print_parent(out, &facts->parent);
	record_more(out, facts);
	if (facts->lsm) {
		buf_str(out, ",\n\"lsm\": ");
		record_quote(out, facts->lsm);
	}
	buf_str(out, "\n}\n");
}
