/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_POOL_H
#define CLI_POOL_H

/*
 * Many inputs on as many threads as there are processors: judged beside each
 * other, told in the order in which they were given, a bounded number at a time.
 */

#include <pthread.h>

#include "cli.h"

#define POOL_AHEAD 16u			/* inputs a thread that may wait to be told */

struct job {
	char *path;
	const struct error *failed;	/* why nothing can be judged there, or NULL */
	struct buf out, err;		/* for standard output and standard error */
	int status;
	bool done;			/* private */
};

/* One for each call of cmd_check; start zeroed but for work, context and threads. */
struct pool {
	void (*work)(void *context, struct job *job);	/* on any thread, several at once */
	void *context;
	unsigned threads;		/* 0: as many as processors are available */
	bool separate;			/* for people: an empty line between outputs, and a sum */
	/* private */
	struct job *jobs;		/* a ring of @size */
	size_t size, added, taken, told;
	size_t by_status[STATUS_UNJUDGED + 1];	/* of those that were told */
	int status;
	unsigned started, idle;
	bool tried, watched, closing, broken;
	const struct job *awaited;	/* by the thread that tells */
	pthread_t *ids;
	pthread_mutex_t lock;
	pthread_cond_t work_there, job_done;
	int64_t shown_ms;		/* when progress was last shown */
	char *room;			/* what stdio collects in; NULL: its own */
};

/*
 * pool_add - judge @path, or tell of it that it @failed (NULL: it did not). Both
 * are copied. The first input is judged at once, so that a single one costs no
 * thread, as is standard input ("-"), so that it is read in its turn.
 */
void pool_add(struct pool *pool, const char *path, const struct error *failed);

/* pool_settle - wait until all that was added is told. */
void pool_settle(struct pool *pool);

/* pool_finish - the same, end the threads, and return the worst status. */
int pool_finish(struct pool *pool);

#endif
