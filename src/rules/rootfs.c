/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

/*
 * scan - whether a mount already covers @place, and where the first mount
 * below it stands: a tmpfs must come before that one, or it would hide it.
 */
static int scan(const struct rule_input *in, const char *place, bool *ret_covered,
		size_t *first_below, struct error *err)
{
	*ret_covered = false;
	for (size_t i = 0; i < in->spec->mounts.n; i++) {
		_cleanup_free_ char *made = NULL;
		const char *dest = mount_destination(oci_mount_at(in->spec, i), &made, err);

		if (!dest)
			return err->code;
		if (strcmp(dest, "/") != 0 && text_path_below(place, dest)) {
			*ret_covered = true;
			return 0;
		}
		if (text_path_below(dest, place) && i < *first_below)
			*first_below = i;
	}
	return 0;
}

static int add_tmpfs(const struct rule_input *in, const char *place, size_t index,
		     struct finding *f, struct error *err)
{
	const uint64_t size = rule_param(in, "tmpfs_size")->number;
	_cleanup_buf_ struct buf pointer = { 0 }, mount = { 0 };

	if (index < in->spec->mounts.n)
		buf_printf(&pointer, "/mounts/%zu", index);
	else
		buf_str(&pointer, "/mounts/-");
	buf_str(&mount, "{\"destination\": ");
	json_string(&mount, place);
	buf_str(&mount, ", \"type\": \"tmpfs\", \"source\": \"tmpfs\", \"options\": "
			"[\"nosuid\", \"nodev\", \"mode=1777\"");
	if (size)
		buf_printf(&mount, ", \"size=%" PRIu64 "\"", size);
	buf_str(&mount, "]}");
	if (buf_check(&pointer, err) < 0 || buf_check(&mount, err) < 0)
		return err->code;
	return finding_edit(f, JSON_ADD, buf_cstr(&pointer), buf_cstr(&mount), err);
}

/*
 * Inserted at one index in turn, the later stands before the earlier, so the
 * list is walked from its end: what the policy names first is mounted first.
 */
static int add_all_tmpfs(const struct rule_input *in, struct finding *f, struct error *err)
{
	const char *const *places = rule_param(in, "tmpfs")->list;
	size_t n = 0, index = in->spec->mounts.n;
	_cleanup_free_ bool *covered = NULL;
	int r = 0;

	while (places && places[n])
		n++;
	covered = calloc(n + 1, sizeof(*covered));
	if (!covered)
		return error_oom(err);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = scan(in, places[i], &covered[i], &index, err);
	if (index == in->spec->mounts.n) {
		for (size_t i = 0; r == 0 && i < n; i++)
			r = covered[i] ? 0 : add_tmpfs(in, places[i], index, f, err);
		return r;
	}
	for (size_t i = n; r == 0 && i > 0; i--)
		r = covered[i - 1] ? 0 : add_tmpfs(in, places[i - 1], index, f, err);
	return r;
}

/* led - one of the policy's places that a link leads over the kernel's folders, or NULL. */
static const char *led(const struct rule_input *in)
{
	const char *const *places = rule_param(in, "tmpfs")->list;
	const struct fact_image *image = &in->facts->image;

	for (size_t i = 0; image->over && places && places[i]; i++) {
		if (strcmp(places[i], image->over) == 0)
			return places[i];
	}
	return NULL;
}

int check_rootfs_writable(const struct rule_input *in, struct findings *out,
			  struct error *err)
{
	const struct field_bool *set = &in->spec->root.readonly;
	const char *place = led(in);
	struct finding *f;
	int r;

	if (set->is == FIELD_PRESENT && set->v)
		return 0;
	f = finding_add(in, out, err, "/root/readonly", "the root filesystem is writable%s",
			place ? ", and a link leads a place for a tmpfs over what the kernel provides" : "");
	if (!f)
		return err->code;
	if (place)
		return finding_value(f, err, "%s -> %s", place, in->facts->image.over_at);
	if (in->spec->mounts.is == FIELD_WRONG)
		return 0;	/* no list to put a tmpfs in: it is denied */
	r = finding_edit(f, JSON_ADD, "/root/readonly", "true", err);
	return r < 0 || finding_sketched(f) ? r : add_all_tmpfs(in, f, err);
}
