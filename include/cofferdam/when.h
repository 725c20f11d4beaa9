/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_WHEN_H
#define COFFERDAM_WHEN_H

/*
 * "when": which containers an entry of host.json or an exemption is for. Only
 * what somebody else than the container's author has written is asked: the
 * engine as registered, what that engine writes itself, the id and the bundle
 * path that it chose, and the labels of host.json. What the caller of an engine
 * could forge there is refused as the file is read.
 */

#include <cofferdam/engine.h>

/* Names and values: host.json's "labels", or patterns on them in "when". */
struct label {
	char *name, *value;
};

struct labels {
	struct label *v;
	size_t n;
};

/* labels_read - read an object of strings; labels_free() @ret in any case. */
int labels_read(const struct json_doc *doc, const struct json *node, struct labels *ret,
		struct error *err) must_check;
void labels_free(struct labels *labels);

/* A container, as far as policies tell one from another. */
struct container {
	enum engine engine;		/* as registered */
	const char *id;			/* as the runtime was given it; NULL: not known */
	const char *bundle;		/* the bundle's absolute path; NULL: not known */
	const struct oci_spec *spec;
	const struct labels *labels;	/* of the host; NULL: none */
	struct engine_tells tells;	/* of @spec */
};

enum when_key {
	WHEN_IMAGE,
	WHEN_IMAGE_ID,
	WHEN_NAMESPACE,
	WHEN_ID,
	WHEN_BUNDLE,
	WHEN_KIND,			/* "sandbox" or "container", of a pod */
	WHEN_MAX
};

/* when_key_name - "image", "image_id", "namespace", "id", "bundle", "kind". */
const char *when_key_name(enum when_key key);

/* when_trusts - whether nobody but @engine can have written @key there. */
bool when_trusts(enum engine engine, enum when_key key);

/* Zeroed it matches every container. */
struct when {
	bool some_engine;		/* only of those in engines */
	bool engines[ENGINE_MAX];
	char **keys[WHEN_MAX];		/* patterns, ended by NULL; NULL: not asked */
	char **args;			/* one pattern an argument; NULL: not asked */
	struct labels labels;
};

void when_free(struct when *when);

/* when_matches - whether @container is meant. What is not known matches nothing. */
bool when_matches(const struct when *when, const struct container *container);

/* when_tells - whether @key is asked, by patterns that some strings do not match. */
bool when_tells(const struct when *when, enum when_key key);

/* when_any - whether it asks nothing at all. */
bool when_any(const struct when *when);

/* when_here - whether a host with these labels (NULL: none) has any that it is for. */
bool when_here(const struct when *when, const struct labels *labels);

/* when_all - whether nothing but engine and labels tells containers apart; to be no sandbox
 * is no difference. */
bool when_all(const struct when *when);

/* when_print - append it as JSON: the object that reads alike. */
void when_print(struct buf *out, const struct when *when);

#endif
