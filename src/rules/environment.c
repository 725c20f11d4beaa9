/* SPDX-License-Identifier: Apache-2.0 */
/* process.env. What a variable holds is never told: it may be a secret. */
#include <cofferdam/rules.h>

#include <string.h>

#include "rules-private.h"

#define NAME_MAX_LEN 256	/* no program looks for a longer one */

/* A name, in capitals as the rules' patterns are, cut from "NAME=VALUE". */
struct variable {
	char name[NAME_MAX_LEN + 1];
	char capitals[NAME_MAX_LEN + 1];
	const char *value;
};

/* variable_read - false where it is no variable, or one whose name is too long to matter. */
static bool variable_read(const char *entry, struct variable *ret)
{
	const char *equals = entry ? strchr(entry, '=') : NULL;
	const size_t n = equals ? (size_t)(equals - entry) : 0;

	if (n == 0 || n > NAME_MAX_LEN)
		return false;
	memcpy(ret->name, entry, n);
	ret->name[n] = '\0';
	for (size_t i = 0; i <= n; i++) {
		const char c = ret->name[i];

		ret->capitals[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	ret->value = equals + 1;
	return true;
}

static struct finding *env_finding(const struct rule_input *in, struct findings *out,
				   struct error *err, size_t index, const char *text)
{
	const char *pointer = pointer_to(out, err, "/process/env/", index, NULL);

	return pointer ? finding_add(in, out, err, pointer, "%s", text) : NULL;
}

/* bare - whether a hook would be started with the container's environment (runc up to 1.2). */
static bool bare(const struct field_list *hooks)
{
	const struct oci_hook *hook = hooks->v;

	for (size_t i = 0; i < hooks->n; i++) {
		if (hook[i].env.is != FIELD_PRESENT)
			return true;
	}
	return false;
}

int check_preload_env(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct field_strs *env = &in->spec->process.env;
	const struct oci_hooks *hooks = &in->spec->hooks;
	const bool hook = bare(&hooks->create_container) || bare(&hooks->start_container);

	for (size_t i = 0; i < env->n; i++) {
		struct variable variable;
		struct finding *f;

		if (!variable_read(env->v[i].v, &variable) || variable.value[0] == '\0' ||
		    !rule_listed(in, "names", variable.name))
			continue;
		f = env_finding(in, out, err, i, hook ?
				"a hook without \"env\" would be started with it, on the host" :
				"makes the dynamic linker load something else (ld.so(8))");
		if (!f || finding_value(f, err, "%s", variable.name) < 0)
			return err->code;
	}
	return 0;
}

/* What stands for no secret: nothing, a switch, a file that holds it. */
static bool holds_none(const char *value)
{
	static const char *const words[] = { "", "0", "1", "false", "no", "none", "off", "on",
					     "true", "yes" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (strcasecmp(value, words[i]) == 0)
			return true;
	}
	return strncmp(value, "/run/secrets/", 13) == 0 ||
	       strncmp(value, "/var/run/secrets/", 17) == 0;
}

static bool named_secret(const struct rule_input *in, const struct variable *variable)
{
	return rule_listed(in, "names", variable->capitals) &&
	       !rule_listed(in, "except", variable->capitals) && !holds_none(variable->value);
}

static int judge_secret(const struct rule_input *in, struct findings *out, struct error *err,
			size_t index)
{
	const char *entry = in->spec->process.env.v[index].v;
	const bool shapes = rule_param(in, "shapes")->number != 0;
	struct variable variable;
	const bool named = variable_read(entry, &variable);
	const char *shape = shapes ? secret_shape(entry) : NULL;
	_cleanup_free_ char *text = NULL;
	struct finding *f;

	if (!shape && !(named && named_secret(in, &variable)))
		return 0;
	if (asprintf(&text, shape ? "it looks like %s" : "is named like a secret",
		     shape) < 0) {
		text = NULL;
		return error_oom(err);
	}
	f = env_finding(in, out, err, index, text);
	if (!f)
		return err->code;
	/* Without a name, or with a secret for one, only its place is told. */
	if (!named || secret_shape(variable.name))
		return 0;
	return finding_value(f, err, "%s", variable.name);
}

int check_secret_env(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < in->spec->process.env.n; i++) {
		if (in->spec->process.env.v[i].v)
			r = judge_secret(in, out, err, i);
	}
	return r;
}
