/* SPDX-License-Identifier: Apache-2.0 */
/* The five sets of capabilities, and what is too much in them. */
#include "rules-private.h"

#include <string.h>

#define NAMES_MAX 4096u			/* bytes of names that are kept for showing */

static const struct {
	const char *name;
	size_t member;
} sets[CAPABILITY_SETS] = {
	{ "bounding", offsetof(struct oci_capabilities, bounding) },
	{ "effective", offsetof(struct oci_capabilities, effective) },
	{ "permitted", offsetof(struct oci_capabilities, permitted) },
	{ "inheritable", offsetof(struct oci_capabilities, inheritable) },
	{ "ambient", offsetof(struct oci_capabilities, ambient) },
};

const char *capability_set(size_t i)
{
	return sets[i].name;
}

static const struct field_strs *set_of(const struct oci_capabilities *caps, size_t i)
{
	return (const void *)((const char *)caps + sets[i].member);
}

static bool may_hold(const struct may_have *may, size_t i, const char *name)
{
	const struct field_strs *own = may->own ? set_of(may->own, i) : NULL;

	for (size_t k = 0; may->list && may->list[k]; k++) {
		if (strcmp(may->list[k], name) == 0)
			return true;
	}
	for (size_t k = 0; own && k < own->n; k++) {
		if (own->v[k].v && strcmp(own->v[k].v, name) == 0)
			return true;
	}
	return false;
}

bool names_mention(const struct buf *names, const char *name)
{
	const char *at = buf_cstr(names), *end = at + names->len;
	const size_t len = strlen(name);

	while (len > 0 && at && (size_t)(end - at) >= len) {
		if ((at[len] == ',' || at[len] == '\0') && memcmp(at, name, len) == 0)
			return true;
		at = memchr(at, ' ', (size_t)(end - at));
		at += at ? 1 : 0;
	}
	return false;
}

/* named - whether set @i has at @k what an earlier one has there, too. */
static bool named(const struct oci_capabilities *caps, size_t i, size_t k,
		  const struct may_have *may)
{
	const char *name = set_of(caps, i)->v[k].v;

	while (i-- > 0) {
		const struct field_strs *set = set_of(caps, i);

		if (k < set->n && set->v[k].v && strcmp(set->v[k].v, name) == 0 &&
		    (!may->own || !may_hold(may, i, name)))
			return true;
	}
	return false;
}

bool capability_set_repeats(const struct oci_capabilities *caps, size_t i)
{
	const struct field_strs *set = set_of(caps, i), *before = i > 0 ? set_of(caps, i - 1) : NULL;
	size_t k = 0;

	if (!before || set->n != before->n)
		return false;
	while (k < set->n && set->v[k].v && before->v[k].v && strcmp(set->v[k].v, before->v[k].v) == 0)
		k++;
	return k == set->n;
}

bool capabilities_exceed(const struct oci_capabilities *caps, size_t i,
			 const struct may_have *may, struct buf *names)
{
	const struct field_strs *set = set_of(caps, i);
	bool exceed = false;

	for (size_t k = 0; k < set->n; k++) {
		const char *name = set->v[k].v;

		if (name && may_hold(may, i, name))
			continue;
		exceed = true;
		if (name && names->len < NAMES_MAX && !named(caps, i, k, may) &&
		    !names_mention(names, name)) {
			buf_str(names, names->len ? ", " : "");
			buf_str(names, name);
		}
	}
	return exceed;
}

int capabilities_drop(const struct oci_capabilities *caps, size_t i,
		      const struct may_have *may, struct finding *f, struct error *err)
{
	const struct field_strs *set = set_of(caps, i);
	_cleanup_buf_ struct buf pointer = { 0 }, kept = { 0 };
	size_t n = 0;

	buf_char(&kept, '[');
	for (size_t k = 0; k < set->n; k++) {
		const char *name = set->v[k].v;

		if (!name || !may_hold(may, i, name)) {
			if (finding_sketch(f))
				return 0;
			continue;
		}
		buf_str(&kept, n++ ? ", " : "");
		json_string(&kept, name);
	}
	buf_char(&kept, ']');
	if (n == set->n)
		return 0;
	buf_printf(&pointer, "/process/capabilities/%s", sets[i].name);
	if (buf_check(&pointer, err) < 0 || buf_check(&kept, err) < 0)
		return err->code;
	return finding_edit(f, JSON_REPLACE, buf_cstr(&pointer), buf_cstr(&kept), err);
}
