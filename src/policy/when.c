/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an entry is for: matching. Reading is in when-read.c. */
#include <cofferdam/when.h>

#include <string.h>

#include <cofferdam/json.h>
#include <cofferdam/text.h>

static const char *const key_names[WHEN_MAX] = {
	[WHEN_IMAGE] = "image", [WHEN_IMAGE_ID] = "image_id", [WHEN_NAMESPACE] = "namespace",
	[WHEN_ID] = "id", [WHEN_BUNDLE] = "bundle", [WHEN_KIND] = "kind",
};

const char *when_key_name(enum when_key key)
{
	return key_names[key];
}

/*
 * podman and docker copy any annotation that their caller gives. containerd's
 * ids are its client's choice (ctr run IMAGE ID); elsewhere engines make them up.
 */
bool when_trusts(enum engine engine, enum when_key key)
{
	static const bool trusted[ENGINE_MAX][WHEN_MAX] = {
		[ENGINE_PODMAN] = { [WHEN_ID] = true, [WHEN_BUNDLE] = true },
		[ENGINE_DOCKER] = { [WHEN_ID] = true, [WHEN_BUNDLE] = true },
		[ENGINE_CRIO] = { [WHEN_IMAGE] = true, [WHEN_IMAGE_ID] = true,
				  [WHEN_NAMESPACE] = true, [WHEN_ID] = true, [WHEN_BUNDLE] = true,
				  [WHEN_KIND] = true },
		[ENGINE_CONTAINERD] = { [WHEN_IMAGE] = true, [WHEN_NAMESPACE] = true,
					[WHEN_BUNDLE] = true, [WHEN_KIND] = true },
	};

	return trusted[engine][key];
}

void labels_free(struct labels *labels)
{
	for (size_t i = 0; i < labels->n; i++) {
		free(labels->v[i].name);
		free(labels->v[i].value);
	}
	free(labels->v);
	*labels = (struct labels){ 0 };
}

static void list_free(char **list)
{
	for (char **s = list; s && *s; s++)
		free(*s);
	free(list);
}

void when_free(struct when *when)
{
	for (size_t i = 0; i < WHEN_MAX; i++)
		list_free(when->keys[i]);
	list_free(when->args);
	labels_free(&when->labels);
	*when = (struct when){ 0 };
}

static bool any_matches(char *const *patterns, const char *s)
{
	for (; s && *patterns; patterns++) {
		if (text_glob_image(*patterns, s))
			return true;
	}
	return false;
}

static bool args_match(char *const *patterns, const struct oci_spec *spec)
{
	const struct field_strs *args = &spec->process.args;

	for (size_t i = 0; i < args->n; i++, patterns++) {
		/* an argument is no path: "*" is anything */
		if (!*patterns || !args->v[i].v || !text_glob_any(*patterns, args->v[i].v))
			return false;
	}
	return !*patterns;
}

static const char *label(const struct labels *labels, const char *name)
{
	for (size_t i = 0; labels && i < labels->n; i++) {
		if (strcmp(labels->v[i].name, name) == 0)
			return labels->v[i].value;
	}
	return NULL;
}

static const char *value(const struct container *c, enum when_key key)
{
	switch (key) {
	case WHEN_IMAGE:
		return c->tells.image;
	case WHEN_IMAGE_ID:
		return c->tells.image_id;
	case WHEN_NAMESPACE:
		return c->tells.namespace_;
	case WHEN_ID:
		return c->id;
	case WHEN_BUNDLE:
		return c->bundle;
	case WHEN_KIND:
		/* every container of a pod is told its namespace */
		return c->tells.sandbox ? "sandbox" : c->tells.namespace_ ? "container" : NULL;
	case WHEN_MAX:
		break;
	}
	return NULL;
}

bool when_here(const struct when *when, const struct labels *labels)
{
	for (size_t i = 0; i < when->labels.n; i++) {
		const char *own = label(labels, when->labels.v[i].name);

		if (!own || !text_glob_any(when->labels.v[i].value, own))
			return false;
	}
	return true;
}

bool when_matches(const struct when *when, const struct container *container)
{
	if (when->some_engine && !when->engines[container->engine])
		return false;
	for (size_t i = 0; i < WHEN_MAX; i++) {
		if (when->keys[i] &&
		    !any_matches(when->keys[i], value(container, (enum when_key)i)))
			return false;
	}
	if (!when_here(when, container->labels))
		return false;
	return !when->args || (container->spec && args_match(when->args, container->spec));
}

/* tells - whether some string does not match; "*" and "*?/" are every string's. */
static bool tells(char *const *patterns)
{
	for (; *patterns; patterns++) {
		if (strspn(*patterns, "*?/") == strlen(*patterns))
			return false;
	}
	return true;
}

bool when_tells(const struct when *when, enum when_key key)
{
	return when->keys[key] && tells(when->keys[key]);
}

bool when_any(const struct when *when)
{
	for (size_t i = 0; i < WHEN_MAX; i++) {
		if (when->keys[i])
			return false;
	}
	return !when->some_engine && !when->args && when->labels.n == 0;
}

/* sandboxes - whether the kinds are that of pods' sandboxes alone. */
static bool sandboxes(char *const *kinds)
{
	while (*kinds && strcmp(*kinds, "sandbox") == 0)
		kinds++;
	return !*kinds;
}

bool when_all(const struct when *when)
{
	for (size_t i = 0; i < WHEN_MAX; i++) {
		if (when_tells(when, (enum when_key)i) &&
		    (i != WHEN_KIND || sandboxes(when->keys[i])))
			return false;
	}
	return true;
}

/* A comma, unless @first, and the name of a member. */
static void member(struct buf *out, bool *first, const char *name)
{
	buf_printf(out, "%s\"%s\": ", *first ? "" : ", ", name);
	*first = false;
}

static void print_list(struct buf *out, char *const *list)
{
	buf_char(out, '[');
	for (size_t i = 0; list[i]; i++) {
		buf_str(out, i ? ", " : "");
		json_string(out, list[i]);
	}
	buf_char(out, ']');
}

static void print_engines(struct buf *out, const struct when *when)
{
	bool first = true;

	buf_char(out, '[');
	for (size_t i = 0; i < ENGINE_MAX; i++) {
		if (!when->engines[i])
			continue;
		buf_printf(out, "%s\"%s\"", first ? "" : ", ", engine_name((enum engine)i));
		first = false;
	}
	buf_char(out, ']');
}

void when_print(struct buf *out, const struct when *when)
{
	bool first = true;

	buf_str(out, "{ ");
	if (when->some_engine) {
		member(out, &first, "engine");
		print_engines(out, when);
	}
	for (size_t i = 0; i < WHEN_MAX; i++) {
		if (!when->keys[i])
			continue;
		member(out, &first, key_names[i]);
		print_list(out, when->keys[i]);
	}
	if (when->args) {
		member(out, &first, "args");
		print_list(out, when->args);
	}
	if (when->labels.n > 0)
		member(out, &first, "labels");
	for (size_t i = 0; i < when->labels.n; i++) {
		buf_str(out, i ? ", " : "{ ");
		json_string(out, when->labels.v[i].name);
		buf_str(out, ": ");
		json_string(out, when->labels.v[i].value);
	}
	buf_str(out, when->labels.n > 0 ? " } }" : " }");
}
