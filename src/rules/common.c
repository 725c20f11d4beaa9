/* SPDX-License-Identifier: Apache-2.0 */
#include "rules-private.h"

#include <stdarg.h>
#include <string.h>

#include <cofferdam/text.h>

const char *pointer_to(struct findings *out, struct error *err, const char *list, size_t index,
		       const char *member)
{
	buf_reset(&out->pointer);
	buf_str(&out->pointer, list);
	buf_number(&out->pointer, index);
	if (member) {
		buf_char(&out->pointer, '/');
		buf_str(&out->pointer, member);
	}
	return buf_check(&out->pointer, err) < 0 ? NULL : buf_cstr(&out->pointer);
}

int rule_unjudged(const struct rule_input *in, struct findings *out, struct error *err,
		  const char *pointer, const char *fmt, ...)
{
	struct finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = finding_vadd(in, out, err, pointer, NULL, fmt, ap);
	va_end(ap);
	if (!f)
		return err->code;
	f->unjudged = true;
	return 0;
}

bool rule_listed(const struct rule_input *in, const char *param, const char *name)
{
	return text_globbed(rule_param(in, param)->list, name);
}

bool mount_readonly(const struct oci_mount *mount)
{
	bool ro = false;

	for (size_t i = 0; i < mount->options.n; i++) {
		const char *option = mount->options.v[i].v;

		if (!option || option[0] != 'r')
			continue;
		/* runc applies the recursive words after all others, wherever they stand */
		if (strcmp(option, "rrw") == 0)
			return false;
		if (strcmp(option, "ro") == 0 || strcmp(option, "rro") == 0)
			ro = true;
		else if (strcmp(option, "rw") == 0)
			ro = false;
	}
	return ro;
}

static char *clean_destination(const char *path, struct error *err)
{
	_cleanup_buf_ struct buf rooted = { 0 };
	char *clean;

	/* Both runtimes take a relative destination from the root of the image. */
	if (path[0] != '/') {
		buf_char(&rooted, '/');
		buf_str(&rooted, path);
		path = buf_cstr(&rooted);
	}
	clean = rooted.oom ? NULL : text_path_clean(path);
	if (!clean)
		error_oom(err);
	return clean;
}

const char *mount_destination(const struct oci_mount *mount, char **ret_made, struct error *err)
{
	const char *path = mount->destination.v ? mount->destination.v : "";

	if (path[0] == '/' && text_path_looks_clean(path))
		return path;
	return *ret_made = clean_destination(path, err);
}

/* mount_part - the mount's member, or the mount; NULL where names are repeated: the first counts. */
static const struct json *mount_part(const struct rule_input *in, size_t index,
				     const char *member)
{
	const struct json *mount = oci_mount_at(in->spec, index)->node, *part;

	if (in->doc->repeated > 0)
		return NULL;
	part = json_get(mount, member);
	return part ? part : mount;
}

struct finding *mount_finding(const struct rule_input *in, struct findings *out,
			      struct error *err, size_t index, const char *member,
			      const char *fmt, ...)
{
	const char *pointer = pointer_to(out, err, "/mounts/", index, member);
	struct finding *f;
	va_list ap;

	if (!pointer)
		return NULL;
	va_start(ap, fmt);
	f = finding_vadd(in, out, err, pointer, mount_part(in, index, member), fmt, ap);
	va_end(ap);
	return f;
}

int mount_unjudged(const struct rule_input *in, struct findings *out, struct error *err,
		   size_t index, const char *what)
{
	const struct fact_place *source = mount_source(in, index);
	struct finding *f = mount_finding(in, out, err, index, "source", "%s cannot be told: %s", what,
					  source->why ? source->why : "it was not recorded");

	if (!f)
		return err->code;
	f->unjudged = true;
	return 0;
}
