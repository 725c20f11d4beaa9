/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICY_PRIVATE_H
#define POLICY_PRIVATE_H

/* Shared by the readers of policy files: strict reading with places. */

#include <cofferdam/bundle.h>
#include <cofferdam/file.h>
#include <cofferdam/host.h>
#include <cofferdam/seccomp.h>
#include <cofferdam/strict.h>

/* when_read - read "when" into @ret, a zeroed struct; when_free() it in any case. */
int when_read(const struct json_doc *doc, const struct json *node, struct when *ret,
	      struct error *err) must_check;

/*
 * A file as settings and exemptions are read from it, from its start to its end:
 * lines are counted on, so that places cost one pass over the text.
 */
struct policy_file {
	const struct json_doc *doc;
	struct policy *policy;		/* what is read into */
	const char *name;		/* what origins say; owned by the policy */
	const struct trusted_dir *dir;	/* where profiles lie; NULL: only shipped ones */
	const struct manifest *manifest; /* what they must be; NULL: there is none */
	size_t offset;			/* private: the place reached ... */
	unsigned line;			/* ... and its line, from 1 */
};

/* policy_file_open - start reading @doc into @policy; the rest is the caller's. */
int policy_file_open(struct policy_file *in, const struct json_doc *doc, struct policy *policy,
		     struct error *err) must_check;

/* policy_at - where @node is written. */
struct origin policy_at(struct policy_file *in, const struct json *node);

/* exemptions_read - add those of the list @node to the policy. */
int exemptions_read(struct policy_file *in, const struct json *node,
		    struct error *err) must_check;
void exemption_free(struct exemption *exemption);

/* policy_set - replace the string at @where by a copy of @value. */
int policy_set(char **where, const char *value, struct error *err) must_check;

/* rules_read - the members "rules", "exemptions" and "audit" of @object. */
int rules_read(struct policy_file *in, const struct json *object, struct error *err) must_check;

/* policy_read - as policy_load(), of the @text that stands in a file @path. */
int policy_read(const char *path, const struct buf *text, const char *bundles_dir,
		struct policy **ret, struct error *err) must_check;

/* policy_keep - hand a malloc'd pointer to the policy; NULL is out of memory. */
void *policy_keep(struct policy *policy, void *p, struct error *err);

/* policy_keep_profile - give the policy a profile: its text and @read are taken over. @name is
 * the value of the parameter itself, which the policy keeps. */
int policy_keep_profile(struct policy *policy, const char *name, struct buf *text,
			struct seccomp_profile *read, struct error *err) must_check;

/* setting_read - read one member of "rules" into the policy's setting. */
int setting_read(struct policy_file *in, const struct json *member,
		 struct error *err) must_check;

/* device_like - whether a device could be called so, "c 10:229", or the pattern match one. */
bool device_like(const char *name);

#define MANIFEST "manifest.json"

/* policy_name_read - that the string @node, the member @what, can be a bundle's name. */
int policy_name_read(const struct json_doc *doc, const struct json *node, const char *what,
		     struct error *err) must_check;
/* manifest_valid_version - whether it can be a version's. */
bool manifest_valid_version(const char *version);
/* manifest_no_version - the error for one that cannot be. */
int manifest_no_version(const char *version, struct error *err);

/* A folder to be read in place of the bundle @name (NULL: of none), and whose files may be read. */
struct policy_instead {
	const char *name, *path;
	uid_t owner;
};

/* policy_load_instead - policy_load() by name, and host_use(), as if @instead were active. */
int policy_load_instead(const char *name, const char *bundles_dir,
			const struct policy_instead *instead, struct policy **ret,
			struct error *err) must_check;
int host_use_instead(const struct host *host, const struct host_choice *choice,
		     const struct policy_instead *instead, struct policy **ret,
		     struct error *err) must_check;

/* host_read - as host_load(), of the @text that stands in a file @path. */
int host_read(const char *path, const struct buf *text, struct host **ret,
	      struct error *err) must_check;

/* host_engines_read - the member "engines". */
int host_engines_read(const struct json_doc *doc, const struct json *node, struct host *host,
		      struct error *err) must_check;
void host_engine_free(struct host_engine *engine);

#endif
