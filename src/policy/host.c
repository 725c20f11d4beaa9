/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <cofferdam/host.h>

#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#include "policy-private.h"

const char *mode_name(enum mode mode)
{
	return mode == MODE_AUDIT ? "audit" : "enforce";
}

const char *gate_use_name(enum gate_use use)
{
	static const char *const names[] = { "enforce", "verify", "off" };

	return names[use];
}

void host_free(struct host **host)
{
	struct host *h = *host;

	if (!h)
		return;
	for (size_t i = 0; i < h->n_choices; i++) {
		free(h->choices[i].use);
		when_free(&h->choices[i].when);
	}
	labels_free(&h->labels);
	json_free(&h->doc);
	for (size_t i = 0; i < ENGINE_MAX; i++)
		host_engine_free(&h->engines[i]);
	free(h->choices);
	free(h->log.file);
	free(h->path);
	free(h);
	*host = NULL;
}

static int read_log(const struct json_doc *doc, const struct json *log, struct host *host,
		    struct error *err)
{
	static const char *const names[] = { "file", "journald", "syslog", "on_failure", NULL };
	static const char *const failures[] = { "deny", "ignore", NULL };
	int r = strict_type(doc, log, JSON_OBJECT, "log", err);

	if (r == 0)
		r = strict_known(doc, log, names, err);
	for (const struct json *m = log->first; r == 0 && m; m = m->next) {
		if (strcmp(m->key, "file") == 0) {
			r = strict_type(doc, m, JSON_STRING, "file", err);
			if (r == 0 && m->str[0] != '/')
				r = strict_error(doc, m, err, "file must be an absolute path");
			if (r == 0) {
				host->log.file = strdup(m->str);
				r = host->log.file ? 0 : error_oom(err);
			}
		} else if (strcmp(m->key, "on_failure") == 0) {
			r = strict_word(doc, m, failures, err);
			if (r >= 0) {
				host->log.on_failure_ignore = r == 1;
				r = 0;
			}
		} else {
			r = strict_type(doc, m, JSON_BOOL, m->key, err);
			if (strcmp(m->key, "journald") == 0)
				host->log.journald = m->boolean;
			else
				host->log.syslog = m->boolean;
		}
	}
	return r;
}

static int read_choice(const struct json_doc *doc, const struct json *entry,
		       struct host_choice *choice, struct error *err)
{
	static const char *const names[] = { "when", "use", "audit", NULL };
	const struct json *when, *use, *audit;
	int r = strict_type(doc, entry, JSON_OBJECT, "each entry", err);

	if (r == 0)
		r = strict_known(doc, entry, names, err);
	if (r < 0)
		return r;
	when = json_get(entry, "when");
	use = json_get(entry, "use");
	if (!use)
		return strict_error(doc, entry, err, "\"use\" is missing: the policy's name");
	r = policy_name_read(doc, use, "use", err);
	if (r < 0)
		return r;
	choice->use = strdup(use->str);
	if (!choice->use)
		return error_oom(err);
	audit = json_get(entry, "audit");
	r = audit ? strict_type(doc, audit, JSON_BOOL, "audit", err) : 0;
	choice->audit = audit && audit->boolean;
	choice->any = !when;
	return r == 0 && when ? when_read(doc, when, &choice->when, err) : r;
}

static int read_choices(const struct json_doc *doc, const struct json *list,
			struct host *host, struct error *err)
{
	struct policy_file in = { .doc = doc, .name = host->path, .line = 1 };
	int r = strict_type(doc, list, JSON_ARRAY, "policies", err);

	if (r < 0)
		return r;
	if (list->count == 0)
		return strict_error(doc, list, err, "policies is empty; write [{\"use\": \"restricted\"}]");
	host->choices = calloc(list->count, sizeof(*host->choices));
	if (!host->choices)
		return error_oom(err);
	for (const struct json *e = list->first; e; e = e->next) {
		host->choices[host->n_choices].at = policy_at(&in, e);
		r = read_choice(doc, e, &host->choices[host->n_choices++], err);
		if (r < 0)
			return r;
		if (!e->next && !host->choices[host->n_choices - 1].any)
			return strict_error(doc, e, err,
					    "the last of policies must have no \"when\", so that every container has a policy");
	}
	return 0;
}

/* check_overlay - its own members; what they say is read onto each policy. */
static int check_overlay(const struct json_doc *doc, const struct json *overlay,
			 struct error *err)
{
	static const char *const names[] = { "rules", "exemptions", NULL };
	int r = strict_type(doc, overlay, JSON_OBJECT, "overlay", err);

	return r < 0 ? r : strict_known(doc, overlay, names, err);
}

static int read_members(const struct json_doc *doc, struct host *host, struct error *err)
{
	static const char *const names[] = { "format", "mode", "gate", "labels", "policies", "overlay",
					     "log", "engines", "unadmitted", NULL };
	static const char *const unadmitted[] = { "judge", "deny", NULL };
	static const char *const modes[] = { "enforce", "audit", NULL };
	static const char *const gates[] = { "enforce", "verify", "off", NULL };
	int r = strict_known(doc, doc->root, names, err);

	for (const struct json *m = doc->root->first; r >= 0 && m; m = m->next) {
		if (strcmp(m->key, "mode") == 0) {
			r = strict_word(doc, m, modes, err);
			if (r >= 0)
				host->mode = r == 1 ? MODE_AUDIT : MODE_ENFORCE;
		} else if (strcmp(m->key, "gate") == 0) {
			r = strict_word(doc, m, gates, err);
			if (r >= 0)
				host->gate = (enum gate_use)r;
		} else if (strcmp(m->key, "policies") == 0) {
			r = read_choices(doc, m, host, err);
		} else if (strcmp(m->key, "labels") == 0) {
			r = labels_read(doc, m, &host->labels, err);
		} else if (strcmp(m->key, "overlay") == 0) {
			r = check_overlay(doc, m, err);
			host->overlay = m;
		} else if (strcmp(m->key, "log") == 0) {
			r = read_log(doc, m, host, err);
		} else if (strcmp(m->key, "engines") == 0) {
			r = host_engines_read(doc, m, host, err);
		} else if (strcmp(m->key, "unadmitted") == 0) {
			r = strict_word(doc, m, unadmitted, err);
			host->unadmitted_deny = r == 1;
		}
	}
	return r < 0 ? r : 0;
}

/* A host that does not say otherwise tells syslog, if there is one. */
static void default_log(struct host *host)
{
	host->log.syslog = true;
	host->log.on_failure_ignore = true;
}

int host_read(const char *path, const struct buf *text, struct host **ret, struct error *err)
{
	_cleanup_host_ struct host *host = calloc(1, sizeof(*host));
	int r;

	if (!host)
		return error_oom(err);
	host->path = strdup(path);
	if (!host->path)
		return error_oom(err);
	r = json_parse(host->path, buf_cstr(text), text->len, JSON_COMMENTS, &host->doc, err);
	if (r == 0)
		r = strict_format(host->doc, err);
	if (r == 0 && !json_get(host->doc->root, "log"))
		default_log(host);
	if (r == 0)
		r = read_members(host->doc, host, err);
	if (r < 0)
		return r;
	*ret = steal_ptr(host);
	return 0;
}

/* host_defaults - of a host without a host.json. */
static int host_defaults(struct host **ret, struct error *err)
{
	struct host *host = calloc(1, sizeof(*host));

	if (!host)
		return error_oom(err);
	default_log(host);
	*ret = host;
	return 0;
}

int host_load(const char *path, uid_t owner, struct host **ret, struct error *err)
{
	const char *file = path ? path : HOST_FILE;
	_cleanup_buf_ struct buf text = { 0 };
	struct stat st;
	int r = file_read_trusted(file, owner, POLICY_FILE_MAX, &text, &st, err);

	if (r == -ENOENT && !path)
		return host_defaults(ret, err);
	if (r == 0)
		r = host_read(file, &text, ret, err);
	if (r < 0)
		return r;
	(*ret)->log.owner = owner;
	(*ret)->written = st.st_mtime;
	return 0;
}

/* bundles_of - the folder "bundles" beside host.json; NULL where there is none: the default. */
static int bundles_of(const struct host *host, char **ret, struct error *err)
{
	const char *slash = host->path ? strrchr(host->path, '/') : NULL;

	if (host->path && asprintf(ret, "%.*sbundles", slash ? (int)(slash - host->path) + 1 : 0,
				   host->path) < 0) {
		*ret = NULL;
		return error_oom(err);
	}
	return 0;
}

int host_bundle(const struct host *host, const char *name, uid_t owner,
		struct policy **ret, struct error *err)
{
	_cleanup_free_ char *bundles = NULL;
	int r = bundles_of(host, &bundles, err);

	return r < 0 ? r : policy_load(name, bundles, owner, ret, err);
}

/* lay_over - read the host's own rules and exemptions onto @policy. */
static int lay_over(const struct host *host, struct policy *policy, struct error *err)
{
	struct policy_file in = { 0 };
	int r;

	if (policy->written < host->written)
		policy->written = host->written;
	if (!host->overlay)
		return 0;
	r = policy_file_open(&in, host->doc, policy, err);
	return r < 0 ? r : rules_read(&in, host->overlay, err);
}

const struct host_choice *host_choose(const struct host *host, const struct container *container)
{
	for (size_t i = 0; i < host->n_choices; i++) {
		if (when_matches(&host->choices[i].when, container))
			return &host->choices[i];
	}
	return NULL;
}

size_t host_choices(const struct host *host)
{
	return host->n_choices ? host->n_choices : 1;
}

const struct host_choice *host_choice(const struct host *host, size_t i)
{
	return host->n_choices ? &host->choices[i] : NULL;
}

int host_use(const struct host *host, const struct host_choice *choice, uid_t owner,
	     struct policy **ret, struct error *err)
{
	return host_use_instead(host, choice, &(const struct policy_instead){ .owner = owner }, ret,
				err);
}

int host_use_instead(const struct host *host, const struct host_choice *choice,
		     const struct policy_instead *instead, struct policy **ret, struct error *err)
{
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_free_ char *bundles = NULL;
	int r = bundles_of(host, &bundles, err);

	if (r == 0)
		r = policy_load_instead(choice ? choice->use : "restricted", bundles, instead, &policy,
					err);
	if (r == -ENOENT && choice)
		r = error_context(err, "%s:%u", choice->at.file, choice->at.line);
	if (r == 0)
		r = lay_over(host, policy, err);
	if (r < 0)
		return r;
	if (choice && choice->audit) {
		policy->audit = true;
		policy->audit_at.line = choice->at.line;
		policy->audit_at.file = policy_keep(policy, strdup(choice->at.file), err);
		if (!policy->audit_at.file)
			return err->code;
	}
	*ret = steal_ptr(policy);
	return 0;
}

int host_policy(const struct host *host, const struct container *container, uid_t owner,
		struct policy **ret, struct error *err)
{
	return host_use(host, host_choose(host, container), owner, ret, err);
}
