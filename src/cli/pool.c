/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <inttypes.h>
#include <malloc.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include <cofferdam/process.h>

#define PROGRESS_MS 200
#define ROOM (64u << 10)	/* of many results: stdio's own holds less than one */
#define KEEP_BYTES (32 << 20)	/* what malloc(3) keeps rather than give back and ask for again */

static unsigned processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : (unsigned)n < POOL_THREADS_MAX ? (unsigned)n : POOL_THREADS_MAX;
}

/* erase, show - how many were judged, where a person looks on and nothing else is shown. */
static void erase(struct pool *pool)
{
	if (pool->shown_ms)
		(void)fputs("\r\033[K", stderr);
	pool->shown_ms = 0;
}

static void show(struct pool *pool)
{
	const int64_t now = (int64_t)(now_us() / 1000);

	if (now - pool->shown_ms < PROGRESS_MS)
		return;
	pool->shown_ms = now;
	(void)fprintf(stderr, "\r%zu judged", pool->told);
	(void)fflush(stderr);
}

/* flush - standard output; a failure there is the status of it all. */
static void flush(struct pool *pool)
{
	struct error err;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return;
	if (!pool->broken) {
		(void)error_sys(&err, errno, "standard output");
		pool->status = cli_worst(pool->status, cli_fail(&err));
	}
	pool->broken = true;
}

/* tell - the results of @job, and be done with it. */
static void tell(struct pool *pool, struct job *job)
{
	struct error err;

	if (job->err.len > 0) {
		erase(pool);
		flush(pool);	/* in the order in which they are told */
		(void)fwrite(job->err.data, 1, job->err.len, stderr);
	}
	if (pool->separate && pool->told > 0 && job->out.len > 0)
		(void)fputc('\n', stdout);
	if (buf_check(&job->out, &err) < 0)
		job->status = cli_fail(&err);
	else if (job->out.len > 0)	/* what fails here is seen when it is flushed */
		(void)fwrite(job->out.data, 1, job->out.len, stdout);
	pool->status = cli_worst(pool->status, job->status);
	pool->by_status[job->status]++;
	free(job->path);
	free((void *)(uintptr_t)job->failed);	/* pool_add()'s copy */
	buf_free(&job->out);
	buf_free(&job->err);
	*job = (struct job){ 0 };
	pool->told++;
	if (pool->watched)
		show(pool);
}

static void *run(void *argument)
{
	struct pool *pool = argument;

	(void)pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct job *job;

		while (pool->taken == pool->added && !pool->closing) {
			pool->idle++;
			(void)pthread_cond_wait(&pool->work_there, &pool->lock);
			pool->idle--;
		}
		if (pool->taken == pool->added)
			break;
		job = &pool->jobs[pool->taken++ % pool->size];
		(void)pthread_mutex_unlock(&pool->lock);
		pool->work(pool->context, job);
		(void)pthread_mutex_lock(&pool->lock);
		job->done = true;
		if (pool->awaited == job)
			(void)pthread_cond_signal(&pool->job_done);
	}
	(void)pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* await - until @job is done; the lock is held before and after. */
static void await(struct pool *pool, const struct job *job)
{
	if (job->done)
		return;
	/* nothing more to tell for now: what was told is to be seen */
	(void)pthread_mutex_unlock(&pool->lock);
	flush(pool);
	(void)pthread_mutex_lock(&pool->lock);
	pool->awaited = job;
	while (!job->done)
		(void)pthread_cond_wait(&pool->job_done, &pool->lock);
	pool->awaited = NULL;
}

/* tell_oldest - wait for it; the lock is held before and after, but not while it is told. */
static void tell_oldest(struct pool *pool)
{
	struct job *job = &pool->jobs[pool->told % pool->size];

	await(pool, job);
	(void)pthread_mutex_unlock(&pool->lock);
	tell(pool, job);
	(void)pthread_mutex_lock(&pool->lock);
}

/*
 * make_room - what is ready is told as soon as may be. A full ring has to wait, and
 * waits until half of it is done: to wake up for each would cost more than the rest.
 */
static void make_room(struct pool *pool)
{
	const size_t half = pool->size / 2;

	while (pool->told < pool->added && pool->jobs[pool->told % pool->size].done)
		tell_oldest(pool);
	if (pool->added - pool->told < pool->size)
		return;
	await(pool, &pool->jobs[(pool->told + half - 1) % pool->size]);
	while (pool->added - pool->told > half)
		tell_oldest(pool);
}

/* collect - results of many inputs, to be written at once. A person is to see each line. */
static void collect(struct pool *pool)
{
	flush(pool);
	pool->room = isatty(STDOUT_FILENO) ? NULL : malloc(ROOM);
	if (pool->room)
		(void)setvbuf(stdout, pool->room, _IOFBF, ROOM);
}

/* collect_no_more - after the last. */
static void collect_no_more(struct pool *pool)
{
	flush(pool);
	if (pool->room)
		(void)setvbuf(stdout, NULL, _IONBF, 0);
	free(pool->room);
	pool->room = NULL;
}

/* start - the threads, fewer or none where there can be no more. */
static void start(struct pool *pool)
{
	const unsigned n = pool->threads ? pool->threads : processors();

	pool->tried = true;
	collect(pool);
	pool->watched = isatty(STDERR_FILENO) && !isatty(STDOUT_FILENO);
	/* What one input took serves the next: else each would be mapped and cleared anew. */
	(void)mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
	(void)mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);
	if (n < 2)
		return;
	pool->size = (size_t)n * POOL_AHEAD;
	pool->jobs = calloc(pool->size, sizeof(*pool->jobs));
	pool->ids = calloc(n, sizeof(*pool->ids));
	if (!pool->jobs || !pool->ids)
		return;
	pool->added = pool->taken = pool->told;
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->work_there, NULL);
	(void)pthread_cond_init(&pool->job_done, NULL);
	while (pool->started < n &&
	       pthread_create(&pool->ids[pool->started], NULL, run, pool) == 0)
		pool->started++;
}

static void judge_here(struct pool *pool, struct job *job)
{
	pool->work(pool->context, job);
	tell(pool, job);
	if (pool->started == 0)
		return;
	/* the ring's places go by what was added */
	(void)pthread_mutex_lock(&pool->lock);
	pool->added = pool->taken = pool->told;
	(void)pthread_mutex_unlock(&pool->lock);
}

/* out_of_memory - of what cannot even be put down. */
static void out_of_memory(struct pool *pool)
{
	struct error err;

	(void)error_oom(&err);
	pool->status = cli_worst(pool->status, cli_fail(&err));
}

static void hand_over(struct pool *pool, const struct job *job)
{
	(void)pthread_mutex_lock(&pool->lock);
	make_room(pool);
	pool->jobs[pool->added++ % pool->size] = *job;
	if (pool->idle > 0)
		(void)pthread_cond_signal(&pool->work_there);
	(void)pthread_mutex_unlock(&pool->lock);
}

void pool_add(struct pool *pool, const char *path, const struct error *failed)
{
	_cleanup_free_ struct error *why = failed ? malloc(sizeof(*why)) : NULL;
	_cleanup_free_ char *copy = strdup(path);
	struct job job = { 0 };

	if (!copy || (failed && !why)) {
		out_of_memory(pool);
		return;
	}
	if (why)
		*why = *failed;
	if (pool->told == 1 && !pool->tried)
		start(pool);
	job.path = steal_ptr(copy);
	job.failed = steal_ptr(why);
	if (pool->started > 0 && strcmp(path, "-") != 0) {
		hand_over(pool, &job);
		return;
	}
	pool_settle(pool);
	if (strcmp(path, "-") == 0)
		flush(pool);	/* who writes there may read what comes here */
	judge_here(pool, &job);
}

void pool_settle(struct pool *pool)
{
	if (pool->started == 0)
		return;
	(void)pthread_mutex_lock(&pool->lock);
	while (pool->told < pool->added)
		tell_oldest(pool);
	(void)pthread_mutex_unlock(&pool->lock);
}

int pool_finish(struct pool *pool)
{
	pool_settle(pool);
	if (pool->started > 0) {
		(void)pthread_mutex_lock(&pool->lock);
		pool->closing = true;
		(void)pthread_cond_broadcast(&pool->work_there);
		(void)pthread_mutex_unlock(&pool->lock);
	}
	for (unsigned i = 0; i < pool->started; i++)
		(void)pthread_join(pool->ids[i], NULL);
	if (pool->started > 0) {
		(void)pthread_cond_destroy(&pool->job_done);
		(void)pthread_cond_destroy(&pool->work_there);
		(void)pthread_mutex_destroy(&pool->lock);
	}
	erase(pool);
	if (pool->separate && pool->told > 1)
		(void)printf("\n%zu configurations: %zu would start, %zu denied, %zu could not be judged\n",
			     pool->told, pool->by_status[STATUS_ALLOWED], pool->by_status[STATUS_DENIED],
			     pool->by_status[STATUS_UNJUDGED]);
	collect_no_more(pool);
	free(pool->jobs);
	free(pool->ids);
	pool->jobs = NULL;
	pool->ids = NULL;
	return pool->status;
}
