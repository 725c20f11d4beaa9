/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_ADMITTED_H
#define COFFERDAM_ADMITTED_H

/*
 * What the runtime door let through, kept as long as the container lives: files
 * below /run/cofferdam/admitted that only root can look at.
 *
 *	pending.IDHASH.SUM	the door admitted this configuration for this id, and
 *				no runtime has made a container of it yet
 *	IDHASH.PID.START	the container whose init is process PID, started START
 *				clock ticks after boot (proc_pid_stat(5))
 *
 * IDHASH is a digest of the id, SUM a number that other configurations hardly have.
 * The hook, which runs when the runtime has made sure that the id is not taken,
 * turns the first into the second, and compares every byte of the configuration.
 * The content is JSON; its member "config" is the configuration, byte for byte.
 */

#include <sys/types.h>

#include <cofferdam/json.h>

/* admitted_dir - where the records are on this host. */
const char *admitted_dir(void);

struct admission {
	const char *id, *bundle;
	const char *engine, *runtime, *policy, *verdict;
	const char *config;		/* the final configuration */
	size_t len;
};

/* admitted_put - write the pending record; makes the folder where it is missing. */
int admitted_put(const char *dir, const struct admission *what, struct error *err) must_check;

/*
 * admitted_commit - the container @id, whose init is @pid, is about to run
 * @config. 0: that was admitted, and the record is the container's now (or was
 * before). -ENOENT: it was not.
 */
int admitted_commit(const char *dir, const char *id, int64_t pid, const struct buf *config,
		    struct error *err) must_check;

/*
 * admitted_config - the configuration that container @id was admitted with; its
 * init is @pid, started at @start. -ENOENT: there is no record of it.
 */
int admitted_config(const char *dir, const char *id, int64_t pid, uint64_t start,
		    struct buf *ret, struct error *err) must_check;

/* admitted_sweep - forget containers that are gone, and what was never started. */
void admitted_sweep(const char *dir);

#endif
