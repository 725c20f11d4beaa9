/* SPDX-License-Identifier: Apache-2.0 */
/* The maps of user namespaces (user_namespaces(7)). */
#include "facts-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include <cofferdam/file.h>

/* The kernel allows 340 lines of at most 33 bytes. */
#define IDMAP_FILE_MAX (64u << 10)

static bool parse_u32(const char **at, uint32_t *ret)
{
	uint64_t v = 0;
	const char *s = *at;

	s += strspn(s, " ");
	if (*s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	*at = s;
	*ret = (uint32_t)v;
	return true;
}

int idmap_parse(const char *text, struct fact_idmap *ret)
{
	struct fact_idrange *v;
	size_t lines = 0, n = 0;

	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	if (lines == 0)
		return -EINVAL;
	v = calloc(lines, sizeof(*v));
	if (!v)
		return -ENOMEM;
	for (; n < lines; n++) {
		if (!parse_u32(&text, &v[n].inside) || !parse_u32(&text, &v[n].outside) ||
		    !parse_u32(&text, &v[n].count) || *text++ != '\n')
			break;
	}
	if (n < lines || *text) {
		free(v);
		return -EINVAL;
	}
	ret->v = v;
	ret->n = n;
	return 0;
}

static int idmap_unreadable(struct fact_idmap *map, struct error *err, const char *why)
{
	map->is = FACT_UNREADABLE;
	return fact_why(&map->why, err, "%s", why);
}

/* @file of the process @pid, "uid_map" or "gid_map". */
static int idmap_read(const char *pid, const char *file, struct fact_idmap *ret,
		      struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error why = { 0 };
	char path[64];
	int r;

	if (snprintf(path, sizeof(path), "/proc/%s/%s", pid, file) >= (int)sizeof(path))
		return idmap_unreadable(ret, err, "no such process");
	r = file_read_kernel(AT_FDCWD, path, IDMAP_FILE_MAX, &text, &why);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return idmap_unreadable(ret, err, why.text);
	/* an empty map is one that is not written yet: it must not look like none */
	r = text.len == 0 ? -EINVAL : idmap_parse(buf_cstr(&text), ret);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return idmap_unreadable(ret, err, text.len == 0 ? "the map is not written yet" :
					"the map is malformed");
	ret->is = FACT_KNOWN;
	return 0;
}

static bool range_from(const struct oci_idmap *from, struct fact_idrange *ret)
{
	if (from->is != FIELD_PRESENT || from->container_id.is == FIELD_WRONG ||
	    from->host_id.is == FIELD_WRONG || from->size.is == FIELD_WRONG ||
	    from->container_id.v > UINT32_MAX || from->host_id.v > UINT32_MAX ||
	    from->size.v > UINT32_MAX)
		return false;
	/* absent ones are 0 to both runtimes */
	ret->inside = (uint32_t)from->container_id.v;
	ret->outside = (uint32_t)from->host_id.v;
	ret->count = (uint32_t)from->size.v;
	return true;
}

static int idmap_from_spec(const struct field_list *list, struct fact_idmap *ret,
			   struct error *err)
{
	const struct oci_idmap *v = list->v;

	if (list->is == FIELD_WRONG)
		return idmap_unreadable(ret, err, "the mappings are not a list");
	if (list->n == 0)
		return idmap_unreadable(ret, err, "the user namespace has no mappings");
	ret->v = calloc(list->n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(err);
	ret->n = list->n;
	for (size_t i = 0; i < list->n; i++) {
		if (!range_from(&v[i], &ret->v[i]))
			return idmap_unreadable(ret, err, "a mapping is not of three 32-bit numbers");
	}
	ret->is = FACT_KNOWN;
	return 0;
}

/* The PID of "/proc/PID/ns/user", into @ret. */
static bool proc_pid(const char *path, char ret[24])
{
	const char *rest = path_behind_pid(path);

	return rest && strcmp(rest, "/ns/user") == 0 &&
	       snprintf(ret, 24, "%.*s", (int)(rest - path) - 6, path + 6) < 24;
}

static int both_unreadable(struct facts *facts, struct error *err, const char *why)
{
	int r = idmap_unreadable(&facts->uid_map, err, why);

	return r < 0 ? r : idmap_unreadable(&facts->gid_map, err, why);
}

static int both_of(struct facts *facts, const char *pid, struct error *err)
{
	int r = idmap_read(pid, "uid_map", &facts->uid_map, err);

	return r < 0 ? r : idmap_read(pid, "gid_map", &facts->gid_map, err);
}

/* KNOWN and empty: ids inside are ids outside. */
static int no_maps(struct facts *facts)
{
	facts->uid_map.is = FACT_KNOWN;
	facts->gid_map.is = FACT_KNOWN;
	return 0;
}

/* The process exists: its own maps are the truth. */
static int idmaps_of_process(int64_t pid, struct facts *facts, struct error *err)
{
	const struct fact_ns *host = &facts->host[NS_USER], *own = &facts->container[NS_USER];
	char name[24];

	if (own->is == FACT_ABSENT && host->is == FACT_ABSENT)
		return no_maps(facts);
	if (own->is != FACT_KNOWN || host->is != FACT_KNOWN)
		return both_unreadable(facts, err, "its user namespace is not known");
	if (fact_ns_same(own, host))
		return no_maps(facts);
	(void)snprintf(name, sizeof(name), "%" PRId64, pid);
	return both_of(facts, name, err);
}

int idmaps_gather(const struct oci_spec *spec, int64_t pid, struct facts *facts,
		  struct error *err)
{
	const struct oci_namespace *entry = oci_ns_find(spec, NS_USER);
	const struct fact_ns *joined;
	char name[24];
	int r;

	if (pid > 0)
		return idmaps_of_process(pid, facts, err);
	/* runtimes ignore mappings without a user namespace */
	if (!entry)
		return no_maps(facts);
	joined = &facts->namespaces[entry - oci_ns_at(spec, 0)];
	if (joined->is == FACT_UNREADABLE)
		return both_unreadable(facts, err, "its user namespace cannot be read");
	if (joined->is == FACT_KNOWN && fact_ns_same(joined, &facts->host[NS_USER]))
		return no_maps(facts);
	if (joined->is == FACT_KNOWN && proc_pid(joined->path, name))
		return both_of(facts, name, err);
	/* a pinned namespace (CRI-O) does not show its maps; CRI-O repeats them */
	r = idmap_from_spec(&spec->linux_.uid_mappings, &facts->uid_map, err);
	return r < 0 ? r : idmap_from_spec(&spec->linux_.gid_mappings, &facts->gid_map, err);
}

int fact_id(const struct fact_idmap *map, uint64_t id, uint64_t *ret)
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
