/* SPDX-License-Identifier: Apache-2.0 */
/* One recorded namespace or place. */
#include "record-private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/sysmacros.h>

int load_bad(const struct loader *l, const struct json *node, const char *fmt, ...)
{
	_cleanup_buf_ struct buf pointer = { 0 };
	unsigned line, column;
	char what[256];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	json_where(l->doc, node->start, &line, &column);
	json_pointer(&pointer, node);
	return error_set(l->err, -EINVAL, "%s:%u:%u: %s: %s", l->doc->name, line, column,
			 buf_cstr(&pointer), what);
}

int load_state(const struct loader *l, const struct json *node,
	       const struct field_str *state, enum fact_is *ret)
{
	if (state->is != FIELD_PRESENT)
		return load_bad(l, node, "\"is\" is missing");
	if (fact_is_parse(state->v, ret) < 0)
		return load_bad(l, state->node, "must be known, absent, unreadable or unknown");
	return 0;
}

int load_bytes(const struct loader *l, const struct field_str *from, char **ret)
{
	if (from->is != FIELD_PRESENT)
		return 0;
	*ret = fact_strdup(from->v, l->err);
	if (!*ret)
		return -ENOMEM;
	octal_decode(*ret);
	return 0;
}

int load_why(const struct loader *l, const struct json *node, enum fact_is is,
	     const struct field_str *from, char **ret)
{
	if ((is == FACT_UNREADABLE) != (from->is == FIELD_PRESENT))
		return load_bad(l, node, "\"why\" goes with unreadable, and with nothing else");
	return load_bytes(l, from, ret);
}

int load_known(const struct loader *l, const struct json *node, const struct field_str *state,
	       const struct field_str *why, enum fact_is *ret, char **ret_why)
{
	int r = load_state(l, node, state, ret);

	return r < 0 ? r : load_why(l, node, *ret, why, ret_why);
}

static int load_device(const struct loader *l, const struct json *node,
		       const struct field_str *from, uint32_t ret[2])
{
	const char *s = from->v;

	if (from->is != FIELD_PRESENT)
		return load_bad(l, node, "\"device\" is missing");
	for (size_t i = 0; i < 2; i++) {
		uint64_t v = 0;
		const char *start = s;

		for (; *s >= '0' && *s <= '9' && v <= UINT32_MAX; s++)
			v = v * 10 + (uint64_t)(*s - '0');
		if (s == start || v > UINT32_MAX || *s != (i == 0 ? ':' : '\0'))
			return load_bad(l, from->node, "must be MAJOR:MINOR");
		ret[i] = (uint32_t)v;
		s++;
	}
	return 0;
}

int load_ns(const struct loader *l, const struct rec_ns *from, struct fact_ns *ret)
{
	uint32_t device[2];
	int r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);

	if (r < 0 || ret->is != FACT_KNOWN)
		return r;
	if (from->inode.is != FIELD_PRESENT)
		return load_bad(l, from->node, "\"inode\" is missing");
	r = load_device(l, from->node, &from->device, device);
	if (r < 0)
		return r;
	ret->dev = makedev(device[0], device[1]);
	ret->ino = from->inode.v;
	return 0;
}

static int load_spot(const struct loader *l, const struct rec_spot *from, struct fact_spot *ret)
{
	uint32_t device[2];
	int r = load_device(l, from->node, &from->device, device);

	if (r < 0)
		return r;
	if (from->within.is != FIELD_PRESENT)
		return load_bad(l, from->node, "\"within\" is missing");
	ret->major = device[0];
	ret->minor = device[1];
	r = load_bytes(l, &from->within, &ret->within);
	return r < 0 ? r : load_bytes(l, &from->fstype, &ret->fstype);
}

static int load_below(const struct loader *l, const struct field_list *from,
		      struct fact_place *ret)
{
	const struct rec_spot *v = from->v;
	int r = 0;

	if (from->n == 0)
		return 0;
	ret->below = calloc(from->n, sizeof(*ret->below));
	if (!ret->below)
		return error_oom(l->err);
	ret->n_below = from->n;
	for (size_t i = 0; i < from->n && r == 0; i++)
		r = load_spot(l, &v[i], &ret->below[i]);
	return r;
}

int load_place(const struct loader *l, const struct rec_place *from,
	       struct fact_place *ret)
{
	int r = load_known(l, from->node, &from->state, &from->why, &ret->is, &ret->why);

	if (r < 0)
		return r;
	if ((ret->is == FACT_KNOWN || ret->is == FACT_ABSENT) &&
	    (from->real.is != FIELD_PRESENT || from->spot.is != FIELD_PRESENT))
		return load_bad(l, from->node, "\"real\" or \"spot\" is missing");
	ret->foreign = from->foreign.v;
	ret->mode = (uint32_t)from->mode.v;
	r = load_bytes(l, &from->real, &ret->real);
	if (r == 0 && from->spot.is == FIELD_PRESENT)
		r = load_spot(l, &from->spot, &ret->spot);
	return r < 0 ? r : load_below(l, &from->below, ret);
}
