/* SPDX-License-Identifier: Apache-2.0 */
/* cofferdam bundle: policies as wholes that are installed, activated, rolled back. */
#include "cli.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cofferdam/bundle.h>
#include <cofferdam/text.h>

#define DESCRIPTION_SHOWN 100		/* bytes */

/* told - what was done to which bundle, in one line. */
static int told(const char *what, const struct manifest *m)
{
	_cleanup_buf_ struct buf out = { 0 };

	buf_printf(&out, "%s %s: %s (%s)\n", m->name, m->version, what, m->digest);
	return cli_print(&out, STATUS_ALLOWED);
}

static int verify(const struct cli_options *options, const char *path)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_policy_ struct policy *policy = NULL;
	struct cli_options named = *options;
	_cleanup_free_ char *folder = NULL;
	struct error err;

	if (bundle_verify(path, geteuid(), false, &m, &err) < 0)
		return cli_fail(&err);
	if (asprintf(&folder, "%s/.", path) < 0) {
		folder = NULL;
		(void)error_oom(&err);
		return cli_fail(&err);
	}
	named.policy = folder;
	if (cli_policy(&named, &policy, &err) < 0)
		return cli_fail(&err);
	if (strcmp(policy->name, m.name) != 0) {
		(void)error_set(&err, -EINVAL, "%s: policy.json is \"%s\", the manifest is of \"%s\"",
				path, policy->name, m.name);
		return cli_fail(&err);
	}
	return told("ok", &m);
}

static int seal(const char *path, const char *version)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	struct error err;

	return bundle_seal(path, version, &m, &err) < 0 ? cli_fail(&err) : told("sealed", &m);
}

static int install(const struct cli_options *options, const char *path)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_store_ struct store store = STORE_CLOSED;
	struct error err;
	int r;

	if (options->digest && !digest_valid(options->digest)) {
		(void)error_set(&err, -EINVAL, "--digest takes sha256:HEX, not \"%s\"",
				options->digest);
		return cli_fail(&err);
	}
	(void)umask(022);	/* the hook of a rootless engine reads it too */
	r = store_open(options->host_config, geteuid(), &store, &err);
	if (r == 0)
		r = store_lock(&store, &err);
	if (r == 0)
		r = store_install(&store, path, options->digest, &m, &err);
	return r < 0 ? cli_fail(&err) : told(r ? "is installed already" : "installed", &m);
}

/* uses - whether what @choice of host.json chooses is read from the bundle @name, too. */
static bool uses(const struct host *host, const struct host_choice *choice, const char *name)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct error why;

	if (host_use(host, choice, geteuid(), &policy, &why) < 0)
		return strcmp(choice ? choice->use : "", name) == 0;
	for (size_t i = 0; i < policy->n_bundles; i++) {
		if (strcmp(policy->bundles[i].name, name) == 0)
			return true;
	}
	return false;
}

/* note_unused - of a bundle that is active and for nobody. */
static void note_unused(const struct cli_options *options, const char *name)
{
	_cleanup_host_ struct host *host = NULL;
	struct error why;

	if (host_load(options->host_config, geteuid(), &host, &why) < 0)
		return;
	for (size_t i = 0; i < host_choices(host); i++) {
		if (uses(host, host_choice(host, i), name))
			return;
	}
	(void)fprintf(stderr, "cofferdam: no container falls to %s yet: name it in the \"policies\" of host.json, or "
		      "activate what extends it\n", name);
}

static int change(const struct cli_options *options, const char *what, const char *operand)
{
	_cleanup_manifest_ struct manifest m = { 0 };
	_cleanup_store_ struct store store = STORE_CLOSED;
	_cleanup_free_ char *name = strdup(operand);
	const bool back = strcmp(what, "rollback") == 0;
	char *at = name ? strchr(name, '@') : NULL;
	struct error err;
	int r = name ? 0 : error_oom(&err);

	(void)umask(022);	/* the hook of a rootless engine reads it too */
	if (at)
		*at++ = '\0';
	if (r == 0 && back && at)
		r = error_set(&err, -EINVAL, "rollback goes to what was active before; to choose, activate it");
	if (r == 0)
		r = store_open(options->host_config, geteuid(), &store, &err);
	if (r == 0)
		r = store_lock(&store, &err);
	if (r == 0)
		r = back ? store_rollback(&store, name, &m, &err) :
			   store_activate(&store, name, at, &m, &err);
	if (r < 0)
		return cli_fail(&err);
	note_unused(options, name);
	return told(back ? "active again" : "active", &m);
}

static void list_text(struct buf *out, const struct stored *s)
{
	buf_printf(out, "%-24s %-16s %-9s %s", s->name, s->version ? s->version : "(a folder)",
		   s->active ? "active" : s->previous ? "previous" : "-",
		   s->gone ? "removed: install it again, or activate another" :
		   !s->version && !s->active ? "never read: its name is a shipped policy's" :
		   s->digest[0] ? s->digest : "no manifest");
	if (s->description) {
		buf_str(out, "  ");
		text_escape(out, s->description, strlen(s->description), DESCRIPTION_SHOWN);
	}
	buf_char(out, '\n');
}

static void list_json(struct buf *out, const struct stored *s)
{
	buf_str(out, "{\"format\":1");
	json_member(out, "name", s->name);
	json_member(out, "version", s->version);
	buf_printf(out, ",\"active\":%s,\"previous\":%s,\"removed\":%s", s->active ? "true" : "false",
		   s->previous ? "true" : "false", s->gone ? "true" : "false");
	json_member(out, "digest", s->digest[0] ? s->digest : NULL);
	json_member(out, "description", s->description);
	buf_str(out, "}\n");
}

static int list(const struct cli_options *options)
{
	const bool json = options->format && strcmp(options->format, "json") == 0;
	_cleanup_store_ struct store store = STORE_CLOSED;
	struct stored_list all = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	struct error err;

	if (store_open(options->host_config, geteuid(), &store, &err) < 0 ||
	    store_list(&store, &all, &err) < 0)
		return cli_fail(&err);
	if (!json)
		buf_printf(&out, "%-24s %-16s %-9s %s\n", "NAME", "VERSION", "STATE",
			   "DIGEST  DESCRIPTION");
	for (size_t i = 0; i < all.n; i++) {
		if (json)
			list_json(&out, &all.v[i]);
		else
			list_text(&out, &all.v[i]);
	}
	stored_list_free(&all);
	return cli_print(&out, STATUS_ALLOWED);
}

/* takes - the options of a word of the command, by their letters. */
static const char *takes(const char *what)
{
	if (strcmp(what, "install") == 0)
		return "hG";
	if (strcmp(what, "list") == 0)
		return "hf";
	return "h";
}

int cmd_bundle(const struct command *self, int argc, char **argv)
{
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "hfG", &options);
	const char *what;
	int n, status;

	if (first < 0)
		return ~first;
	if (options.format && strcmp(options.format, "text") != 0 &&
	    strcmp(options.format, "json") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	what = first < argc ? argv[first] : "";
	n = argc - first - 1;
	status = cli_only(self, &options, what, takes(what));
	if (status)
		return status;
	if (strcmp(what, "list") == 0 && n == 0)
		return list(&options);
	if (strcmp(what, "verify") == 0 && n == 1)
		return verify(&options, argv[first + 1]);
	if (strcmp(what, "seal") == 0 && n == 2)
		return seal(argv[first + 1], argv[first + 2]);
	if (strcmp(what, "install") == 0 && n == 1)
		return install(&options, argv[first + 1]);
	if ((strcmp(what, "activate") == 0 || strcmp(what, "rollback") == 0) && n == 1)
		return change(&options, what, argv[first + 1]);
	return cli_usage(self, "bundle takes verify DIR, seal DIR VERSION, install DIR, list, activate NAME[@VERSION] or rollback NAME");
}
