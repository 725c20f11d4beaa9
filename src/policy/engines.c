/* SPDX-License-Identifier: Apache-2.0 */
/* host.json: the runtimes that the runtime door puts itself in front of. */
#include <string.h>

#include <cofferdam/text.h>

#include "policy-private.h"

void host_engine_free(struct host_engine *engine)
{
	free(engine->any);
	free(engine->runc);
	free(engine->crun);
	*engine = (struct host_engine){ 0 };
}

static int read_path(const struct json_doc *doc, const struct json *node, char **ret,
		     struct error *err)
{
	int r = strict_type(doc, node, JSON_STRING, node->key, err);

	if (r < 0)
		return r;
	if (node->str[0] != '/')
		return strict_error(doc, node, err, "%s must be an absolute path", node->key);
	*ret = strdup(node->str);
	return *ret ? 0 : error_oom(err);
}

/* read_runtime - one path, or one for each name that the door is called by. */
static int read_runtime(const struct json_doc *doc, const struct json *node,
			struct host_engine *ret, struct error *err)
{
	static const char *const names[] = { "runc", "crun", NULL };
	int r;

	if (node->type != JSON_OBJECT)
		return read_path(doc, node, &ret->any, err);
	r = strict_known(doc, node, names, err);
	for (const struct json *m = node->first; r == 0 && m; m = m->next)
		r = read_path(doc, m, m->key[0] == 'r' ? &ret->runc : &ret->crun, err);
	return r;
}

int host_engines_read(const struct json_doc *doc, const struct json *node, struct host *host,
		      struct error *err)
{
	static const char *const members[] = { "runtime", NULL };
	const char *names[ENGINE_MAX] = { NULL };
	int r = strict_type(doc, node, JSON_OBJECT, "engines", err);

	for (size_t i = 0; i < ENGINE_MAX - 1; i++)
		names[i] = engine_names()[i];
	if (r == 0)
		r = strict_known(doc, node, names, err);
	for (const struct json *m = node->first; r == 0 && m; m = m->next) {
		r = strict_type(doc, m, JSON_OBJECT, m->key, err);
		if (r == 0)
			r = strict_known(doc, m, members, err);
		if (r == 0 && m->first)
			r = read_runtime(doc, m->first, &host->engines[engine_parse(m->key)], err);
	}
	return r;
}

/* of_family - whether a program of that path is what @name says, by its own name. */
static bool of_family(const char *path, const char *name)
{
	return strncmp(text_path_base(path), name, strlen(name)) == 0;
}

const char *host_runtime(const struct host *host, enum engine engine, const char *name)
{
	const struct host_engine *e = host ? &host->engines[engine] : NULL;
	const char *own = NULL;

	if (!e)
		return NULL;
	if (!name)
		return e->any ? e->any : e->runc && !e->crun ? e->runc : !e->runc ? e->crun : NULL;
	own = strcmp(name, "crun") == 0 ? e->crun : e->runc;
	return own ? own : e->any && of_family(e->any, name) ? e->any : NULL;
}
