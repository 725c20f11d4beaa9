/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORE_PRIVATE_H
#define STORE_PRIVATE_H

/* Shared by what walks bundles' folders and what keeps them. */

#include "policy-private.h"

/* bundle_open - the bundle's folder, to be read; @anyone: whoever may have written it. */
int bundle_open(const char *path, uid_t owner, bool anyone, struct error *err) must_check;

/* A walk that compares with the manifest, and may hand on what is right. */
struct bundle_check {
	struct manifest *manifest;	/* zeroed; filled */
	uid_t owner;
	bool anyone;
	int (*take)(struct bundle_check *check, const char *path, const struct buf *text,
		    struct error *err);	/* or NULL */
	int (*folder)(struct bundle_check *check, const char *path, struct error *err);
	int to;				/* for take and folder */
	const struct buf *text;		/* private: manifest.json */
	bool seen[BUNDLE_FILES_MAX];	/* private */
};

int bundle_check(struct bundle_check *check, int fd, struct error *err) must_check;

#define STORE ".store"
#define STORE_LOCK "lock"		/* beside the bundles' folders, so none has this name */
#define STORE_LINK ".link."		/* what begins so is about to be renamed */
#define STORE_GENERATIONS_MAX 1000000u

/* store_dir - the folder .store/NAME/SUB, made if @make. */
int store_dir(const struct store *store, const char *name, const char *sub, bool make,
	      struct error *err) must_check;

/* store_active - the generation of @name that is active: 0: none. -EEXIST: there is
 * something that is not the store's. */
int store_active(const struct store *store, const char *name, unsigned *ret,
		 struct error *err) must_check;

/* store_version - malloc'd: the version that generation @n of @name is; -ENOENT. */
int store_version(const struct store *store, const char *name, unsigned n, char **ret,
		  struct error *err) must_check;

/* sync_folder - what is in it is there after a crash. */
int sync_folder(int fd, const char *name, struct error *err) must_check;

#endif
