/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "policy-private.h"

#include <seccomp.h>
#include <string.h>

#include <cofferdam/seccomp.h>

/* The shipped profiles' bytes, as they are in policy/seccomp. */
#define EMBED(name)								\
	__asm__(".pushsection .rodata, \"a\"\n"				\
		"profile_" #name "_start: .incbin \"" POLICYDIR "/seccomp/" #name ".json\"\n" \
		"profile_" #name "_end: .byte 0\n"				\
		".popsection");							\
	extern const char profile_##name##_start[], profile_##name##_end[]

EMBED(hardened);
EMBED(compat32);
EMBED(build);

static const struct shipped {
	const char *name, *start, *end;
} shipped[] = {
	{ "hardened", profile_hardened_start, profile_hardened_end },
	{ "compat32", profile_compat32_start, profile_compat32_end },
	{ "build", profile_build_start, profile_build_end },
};

const char *profile_name(size_t i)
{
	return i < ARRAY_SIZE(shipped) ? shipped[i].name : NULL;
}

const char *profile_shipped(const char *name, size_t *ret_len)
{
	for (size_t i = 0; i < ARRAY_SIZE(shipped); i++) {
		if (strcmp(name, shipped[i].name) == 0) {
			*ret_len = (size_t)(shipped[i].end - shipped[i].start);
			return shipped[i].start;
		}
	}
	return NULL;
}

bool profile_refuses(const char *action)
{
	static const char prefix[] = "SCMP_ACT_";
	static const char *const refusing[] = { "ERRNO", "KILL", "KILL_PROCESS", "KILL_THREAD",
						"TRAP" };

	/* most let through, and the rest differ in what follows */
	if (!action || strncmp(action, prefix, strlen(prefix)) != 0)
		return false;
	action += strlen(prefix);
	for (size_t i = 0; i < ARRAY_SIZE(refusing); i++) {
		if (action[0] == refusing[i][0] && strcmp(action, refusing[i]) == 0)
			return true;
	}
	return false;
}

#define BEFORE "{\"linux\":{\"seccomp\":"
#define AFTER "}}"

/* alone - whether @doc, BEFORE @len bytes AFTER, holds one value there and nothing beside it. */
static bool alone(const struct json_doc *doc, size_t len)
{
	const struct json *linux_ = doc->root->first, *value = linux_->first;
	size_t end = value->end;

	while (end < doc->len && strchr(" \t\r\n", doc->text[end]))
		end++;
	return doc->root->count == 1 && linux_->count == 1 && end == strlen(BEFORE) + len;
}

/* wrap - a profile is read as the linux.seccomp of a configuration that has no more. */
static int wrap(const char *name, const char *text, size_t len, struct json_doc **ret,
		struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL, *own = NULL;
	_cleanup_buf_ struct buf whole = { 0 };
	struct error why = { 0 };
	int r;

	buf_str(&whole, BEFORE);
	buf_add(&whole, text, len);
	buf_str(&whole, AFTER);
	if (buf_check(&whole, err) < 0)
		return err->code;
	r = json_parse(name, whole.data, whole.len, 0, &doc, err);
	if (r == 0 && alone(doc, len)) {
		*ret = steal_ptr(doc);
		return 0;
	}
	if (r == -ENOMEM)
		return r;
	/* it is no JSON of its own, which says what is wrong, and where; or lies too deep */
	if (json_parse(name, text, len, 0, &own, &why) < 0)
		*err = why;
	else if (r == 0)
		(void)error_set(err, -EINVAL, "%s: not one value", name);
	return err->code;
}

static int check_names(const char *name, const struct oci_seccomp *seccomp, struct error *err)
{
	const struct oci_seccomp_rule *rules = seccomp->syscalls.v;

	for (size_t i = 0; i < seccomp->syscalls.n; i++) {
		for (size_t n = 0; n < rules[i].names.n; n++) {
			const char *call = rules[i].names.v[n].v;

			if (call && seccomp_syscall_resolve_name(call) == __NR_SCMP_ERROR)
				return error_set(err, -EINVAL,
						 "%s: /syscalls/%zu/names/%zu: libseccomp on this host knows no system call \"%s\"; the runtime would leave it out silently",
						 name, i, n, call);
		}
	}
	return 0;
}

int profile_read(const char *name, const char *text, size_t len, struct seccomp_profile *ret,
		 struct error *err)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	const struct oci_seccomp *seccomp = seccomp_of(&profile);
	int r = wrap(name, text, len, &profile.doc, err);

	if (r == 0)
		r = oci_spec_read(profile.doc, &profile.spec, err);
	if (r == 0)
		r = notes_error(profile.doc, &profile.spec.notes, err);
	if (r < 0)
		return r;
	if (seccomp->is != FIELD_PRESENT)
		return error_set(err, -EINVAL, "%s: not an OCI seccomp object", name);
	if (!profile_refuses(seccomp->default_action.v))
		return error_set(err, -EINVAL,
				 "%s: /defaultAction must refuse (SCMP_ACT_ERRNO): a profile that allows by default is no allow list",
				 name);
	if (seccomp->listener_path.is != FIELD_ABSENT)
		return error_set(err, -EINVAL,
				 "%s: /listenerPath hands decisions to another process", name);
	r = check_names(name, seccomp, err);
	if (r < 0)
		return r;
	*ret = profile;
	profile = (struct seccomp_profile){ 0 };
	return 0;
}
