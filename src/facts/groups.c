/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's groups (group(5)). By the file, not NSS, which would load modules
 * into the hook and may ask a server.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#define GROUP_FILE_MAX (8u << 20)

void groups_free(struct fact_groups *groups)
{
	free(groups->why);
	for (size_t i = 0; i < groups->n; i++)
		free(groups->v[i].name);
	free(groups->v);
	*groups = (struct fact_groups){ 0 };
}

static int compare_names(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *)entry);
}

/* A group id in decimal; -EINVAL when it is none. */
static int parse_gid(const char *s, uint32_t *ret)
{
	uint64_t v = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return -EINVAL;
	}
	*ret = (uint32_t)v;
	return 0;
}

static int add_group(struct fact_groups *groups, const char *name, uint32_t gid,
		     struct error *err)
{
	struct fact_group *v = reallocarray(groups->v, groups->n + 1, sizeof(*v));

	if (!v)
		return error_oom(err);
	groups->v = v;
	v += groups->n;
	v->gid = gid;
	v->name = fact_strdup(name, err);
	if (!v->name)
		return -ENOMEM;
	groups->n++;
	return 0;
}

/* wanted - whether @name is one of the @n sorted names, or matches one that is a pattern. */
static bool wanted(const char *name, const char *const *names, size_t n)
{
	if (bsearch(name, names, n, sizeof(*names), compare_names))
		return true;
	for (size_t i = 0; i < n; i++) {
		if (strpbrk(names[i], "*?[\\") && text_glob(names[i], name))
			return true;
	}
	return false;
}

/* "name:password:gid:members" */
static int parse_line(char *line, const char *const *names, size_t n, struct fact_groups *ret,
		      struct error *err)
{
	char *password, *number, *end;
	uint32_t gid;

	password = strchr(line, ':');
	number = password ? strchr(password + 1, ':') : NULL;
	if (!number)
		return 0;
	*password = '\0';
	if (!wanted(line, names, n))
		return 0;
	end = strchr(++number, ':');
	if (end)
		*end = '\0';
	/* a line without a number is no group, to the C library either */
	if (parse_gid(number, &gid) < 0)
		return 0;
	return add_group(ret, line, gid, err);
}

int groups_parse(char *text, const char *const *names, size_t n, struct fact_groups *ret,
		 struct error *err)
{
	int r = 0;

	while (text && *text && n > 0 && r == 0) {
		char *end = strchr(text, '\n');

		if (end)
			*end++ = '\0';
		r = parse_line(text, names, n, ret, err);
		text = end;
	}
	if (r == 0)
		ret->is = FACT_KNOWN;
	return r;
}

int groups_gather(const char *const *names, size_t n, struct fact_groups *ret,
		  struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error why = { 0 };
	int r;

	if (n == 0) {
		ret->is = FACT_KNOWN;
		return 0;
	}
	r = file_read(AT_FDCWD, "/etc/group", false, GROUP_FILE_MAX, &text, NULL, &why);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r == -ENOENT) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	if (r < 0) {
		ret->is = FACT_UNREADABLE;
		return fact_why(&ret->why, err, "%s", why.text);
	}
	return groups_parse(text.data, names, n, ret, err);
}
