/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs several commands in turn, A B C B A C ..., and prints the least, the
 * quartiles and the median of each one's wall time and the ratio of its median
 * to A's; and the median of the processor time of all its processes, which varies less
 * where a command waits for the kernel a lot, as a runtime does. The order is another one
 * in each round: what ran before decides what is in the caches, and who ran always behind
 * the same one would owe it its time.
 *
 *	interleave [-p PAUSE] ROUNDS STDIN-FILE NAME COMMAND... -- NAME COMMAND... [-- ...]
 *
 * With PAUSE each run waits up to so many microseconds first, by chance: the kernel takes a
 * container's namespaces and cgroups down when its runtime is gone already, beside the next run.
 * Each is started by vfork and execve with STDIN-FILE as its standard input
 * and /dev/null as its output; exit statuses are counted, not judged.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 8

struct contender {
	const char *name;
	char **argv;
	uint64_t *ns;
	uint64_t *cpu_us;
	int status;
};

extern char **environ;

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t us_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

/* cpu_us - of all processes that were waited for, by this one or by those. */
static uint64_t cpu_us(void)
{
	struct rusage used;

	(void)getrusage(RUSAGE_CHILDREN, &used);
	return us_of(&used.ru_utime) + us_of(&used.ru_stime);
}

static void run(struct contender *c, const char *in, int null, size_t round)
{
	const int fd = open(in, O_RDONLY | O_CLOEXEC);
	const uint64_t before = cpu_us(), start = now_ns();
	const pid_t pid = vfork();
	int status = 0;

	if (pid == 0) {
		(void)dup2(fd, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execve(c->argv[0], c->argv, environ);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0) {
		perror("interleave");
		exit(1);
	}
	c->ns[round] = now_ns() - start;
	c->cpu_us[round] = cpu_us() - before;
	c->status = status;
	(void)close(fd);
}

/* pause_below - for less than @us microseconds, by chance. */
static void pause_below(unsigned us, unsigned *seed)
{
	struct timespec t = { 0 };

	if (us == 0)
		return;
	t.tv_nsec = (long)((unsigned)rand_r(seed) % us) * 1000;
	(void)nanosleep(&t, NULL);
}

/* shuffle - put 0 to @n - 1 into an order of chance, the same chance in every run. */
static void shuffle(size_t *order, size_t n, unsigned *seed)
{
	for (size_t i = 0; i < n; i++)
		order[i] = i;
	for (size_t i = n; i > 1; i--) {
		const size_t other = (size_t)rand_r(seed) % i, last = order[i - 1];

		order[i - 1] = order[other];
		order[other] = last;
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void print(struct contender *c, size_t rounds, double *first)
{
	double median;

	qsort(c->ns, rounds, sizeof(*c->ns), by_value);
	qsort(c->cpu_us, rounds, sizeof(*c->cpu_us), by_value);
	median = (double)c->ns[rounds / 2] / 1000;
	if (*first == 0)
		*first = median;
	printf("| %-28s | %8.0f | %10.0f | %9.0f | %10.0f | %6.2f | %6ju | %4d |\n", c->name,
	       (double)c->ns[0] / 1000, (double)c->ns[rounds / 4] / 1000, median,
	       (double)c->ns[rounds * 3 / 4] / 1000,
	       median / *first, (uintmax_t)c->cpu_us[rounds / 2],
	       WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1);
}

int main(int argc, char **argv)
{
	const bool pauses = argc > 2 && strcmp(argv[1], "-p") == 0;
	const unsigned pause = pauses ? (unsigned)strtoul(argv[2], NULL, 10) : 0;
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct contender c[COMMANDS_MAX] = { { 0 } };
	double first = 0;
	size_t rounds, n = 0, order[COMMANDS_MAX];
	unsigned seed = 1;

	argc -= pauses ? 2 : 0;
	argv += pauses ? 2 : 0;
	rounds = argc > 4 ? strtoul(argv[1], NULL, 10) : 0;
	if (rounds == 0 || pause > 999999 || null < 0) {
		fprintf(stderr, "usage: interleave [-p PAUSE] ROUNDS STDIN-FILE NAME COMMAND... [-- NAME COMMAND...]\n");
		return 2;
	}
	for (int i = 3; i + 1 < argc && n < COMMANDS_MAX; i++) {
		c[n].name = argv[i];
		c[n].argv = &argv[i + 1];
		c[n].ns = calloc(rounds, sizeof(*c[n].ns));
		c[n].cpu_us = calloc(rounds, sizeof(*c[n].cpu_us));
		if (!c[n].ns || !c[n++].cpu_us)
			return 1;
		while (i < argc && strcmp(argv[i], "--") != 0)
			i++;
		if (i < argc)
			argv[i] = NULL;
	}
	for (size_t i = 0; i < n; i++)
		run(&c[i], argv[2], null, 0);
	for (size_t round = 0; round < rounds; round++) {
		shuffle(order, n, &seed);
		for (size_t i = 0; i < n; i++) {
			pause_below(pause, &seed);
			run(&c[order[i]], argv[2], null, round);
		}
	}
	printf("| %-28s | %8s | %10s | %9s | %10s | %6s | %6s | %4s |\n", "command", "least us",
	       "quartile 1", "median us", "quartile 3", "ratio", "cpu us", "exit");
	printf("|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		print(&c[i], rounds, &first);
	return 0;
}
