/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_BUNDLE_H
#define COFFERDAM_BUNDLE_H

/*
 * Bundles as wholes: a folder whose manifest.json names every file with its
 * digest, installed beside the active one and activated by one rename.
 *
 *	bundles/NAME -> .store/NAME/gen/N -> ../versions/VERSION
 *
 * Installed versions and older generations are never changed, so what was
 * opened stays whole, and rolling back is another rename.
 */

#include <cofferdam/digest.h>
#include <cofferdam/host.h>

#define BUNDLE_FILES_MAX 256		/* files in a bundle ... */
#define BUNDLE_BYTES_MAX (32u << 20)	/* ... and bytes of them all; of one: POLICY_FILE_MAX */
#define BUNDLE_DEPTH_MAX 8		/* folders in folders */
#define BUNDLE_FOLDERS_MAX 1024		/* folders that are looked into */

struct manifest_file {
	char *path;			/* relative, clean */
	char digest[DIGEST_MAX];
};

struct manifest {
	char *name, *version, *description;	/* description may be NULL */
	struct manifest_file *files;
	size_t n;
	char digest[DIGEST_MAX];	/* of manifest.json: the bundle's */
};

/* manifest_parse - the manifest.json @text called @path. */
int manifest_parse(const char *path, const struct buf *text, struct manifest *ret,
		   struct error *err) must_check;
void manifest_free(struct manifest *manifest);
#define _cleanup_manifest_ _cleanup_(manifest_free)

/* manifest_holds - whether a file is named that lies in @folder, or deeper. */
bool manifest_holds(const struct manifest *manifest, const char *folder);

/* manifest_find - the file @path, or NULL. */
const struct manifest_file *manifest_find(const struct manifest *manifest, const char *path);

/* manifest_check - whether @text is what the manifest says of @path; -ESTALE if not. */
int manifest_check(const struct manifest *manifest, const char *path, const struct buf *text,
		   struct error *err) must_check;

/*
 * bundle_verify - whether the folder @path is the bundle that its manifest says:
 * every file there, none besides, regular ones and folders alone. Unless @anyone,
 * only root and @owner may have been able to change them.
 */
int bundle_verify(const char *path, uid_t owner, bool anyone, struct manifest *ret,
		  struct error *err) must_check;

/* bundle_seal - write manifest.json of the folder @path, from its policy.json. */
int bundle_seal(const char *path, const char *version, struct manifest *ret,
		struct error *err) must_check;

/* Where a host keeps its bundles. */
struct store {
	char *bundles;			/* the path of bundles/ */
	uid_t owner;
	int bundles_fd, store_fd;	/* of it and of its .store; -1: there is none */
	int lock;			/* held while not -1 */
	const char *host_config;	/* the caller's; NULL: the default */
};

#define STORE_CLOSED { .bundles_fd = -1, .store_fd = -1, .lock = -1 }

/* store_open - the store of the host.json @host_config (NULL: the default), as it is. */
int store_open(const char *host_config, uid_t owner, struct store *ret,
	       struct error *err) must_check;
/* store_lock - make the store where it is missing, and wait for whoever changes it:
 * -EBUSY after five seconds. */
int store_lock(struct store *store, struct error *err) must_check;
void store_close(struct store *store);
#define _cleanup_store_ _cleanup_(store_close)

/*
 * store_install - verify @path and copy it into the store, by the digests of its
 * manifest. @digest, if not NULL, is what the bundle's must be, and then whoever
 * may have written the source. 1: that version was there already, alike.
 * -EEXIST: it is there with another content.
 */
int store_install(struct store *store, const char *path, const char *digest,
		  struct manifest *ret, struct error *err) must_check;

/*
 * store_activate - make @version (NULL: the only one) of @name the active one, once
 * it is verified, and all bundles of the host and the policies of its host.json, overlay
 * included, can be read with it.
 */
int store_activate(struct store *store, const char *name, const char *version,
		   struct manifest *ret, struct error *err) must_check;

/* store_rollback - go back to what was active before. */
int store_rollback(struct store *store, const char *name, struct manifest *ret,
		   struct error *err) must_check;

/* store_policy - the policy that @version of @name would be if it were active; -ENOENT: it is
 * not installed. */
int store_policy(const struct store *store, const char *name, const char *version,
		 struct policy **ret, struct error *err) must_check;

/* One row of the listing: an installed version, or a folder that is nobody's. */
struct stored {
	char *name, *version;		/* version NULL: a folder without one */
	bool active, previous;		/* previous: what rollback goes to */
	bool gone;			/* it is either, but somebody has removed it */
	char digest[DIGEST_MAX];	/* "" where the manifest cannot be read */
	char *description;		/* of the manifest; NULL: it has none */
};

struct stored_list {
	struct stored *v;
	size_t n;
};

int store_list(const struct store *store, struct stored_list *ret, struct error *err) must_check;
void stored_list_free(struct stored_list *list);

#endif
