/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child for the container's mounts, forked long before the exec, so that the
 * program waits neither for that nor for the copying of pages that comes after.
 * It waits in memory that it shares with its parent, by futex(2): first for the
 * exec, at which it reads what there is and enters the mount namespace, beside
 * its parent; then for the word that it may change something. After that it waits
 * where it came from for its end, which takes longer than all it did. It ends with
 * its parent. Should it end before, by somebody's hand, another one is forked at
 * the exec; should it end at its work, that has failed.
 */
#include "gate-private.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <cofferdam/process.h>
#include <cofferdam/text.h>

#include "mounts-private.h"

/* A file system that never answers must not keep it for ever. */
#define WORK_DEADLINE_S 5

/* How often its parent looks whether it is still there. */
#define GLANCE_NS 20000000

enum word {
	WORD_WAIT,
	WORD_LOOK,
	WORD_WORK,
};

struct helper_shared {
	uint32_t word;			/* enum word; it only grows */
	uint32_t done;			/* 1: it is, and as err says */
	uint32_t left;			/* 1: and has left the container */
	struct error err;
	bool flags[];			/* by mount of the configuration: it lacked some */
};

static size_t shared_size(const struct gate *g)
{
	return sizeof(struct helper_shared) + g->call->wanted->mounts.n;
}

static uint32_t get(const uint32_t *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void put(uint32_t *at, uint32_t value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
	(void)syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* await - until @at may be another than @seen, or for @most; false: that cannot be had. */
static bool await(const uint32_t *at, uint32_t seen, const struct timespec *most)
{
	return syscall(SYS_futex, at, FUTEX_WAIT, seen, most, NULL, 0) == 0 || errno == EAGAIN ||
	       errno == EINTR || errno == ETIMEDOUT;
}

static void await_word(const struct helper_shared *shared, enum word wanted)
{
	uint32_t word;

	while ((word = get(&shared->word)) < (uint32_t)wanted) {
		if (!await(&shared->word, word, NULL))
			_exit(1);
	}
}

/* leave - the container's mounts: no folder and no descriptor of them stays in use. */
static void leave(struct inside *in, int home)
{
	if (setns(home, CLONE_NEWNS) < 0)
		_exit(1);
	(void)close(in->root);
	inside_close(in);
	(void)alarm(0);
}

__attribute__((noreturn)) static void be_helper(struct gate *g, pid_t parent)
{
	struct helper_shared *shared = g->helper.shared;
	struct inside in;
	int home, r;

	home = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	inside_init(&in, g);
	in.lacked = shared->flags;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	(void)signal(SIGALRM, SIG_DFL);
	if (get(&shared->word) == WORD_WAIT) {
		/* the runtime has its own work to do meanwhile */
		settle_pace(0, false);
		settle_title("waiting to mount for", g->call->id);
		tmpfs_make(&in);
		settle_pace(0, true);
	}
	await_word(shared, WORD_LOOK);
	(void)alarm(WORK_DEADLINE_S);
	r = inside_look(&in, &shared->err);
	if (r == 0) {
		await_word(shared, WORD_WORK);
		r = inside_work(&in, &shared->err);
	}
	put(&shared->done, 1);
	leave(&in, home);
	put(&shared->left, 1);
	settle_pace(0, false);
	for (;;)
		(void)pause();
}

static int start(struct gate *g, enum word word, struct error *err)
{
	struct helper *h = &g->helper;
	const pid_t own = getpid();

	if (!h->shared) {
		void *shared = mmap(NULL, shared_size(g), PROT_READ | PROT_WRITE,
				    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

		if (shared == MAP_FAILED)
			return error_sys(err, errno, "mmap");
		h->shared = shared;
	}
	put(&h->shared->word, (uint32_t)word);
	h->pid = fork();
	if (h->pid == 0)
		be_helper(g, own);
	if (h->pid > 0)
		return 0;
	h->pid = 0;
	return error_sys(err, errno, "fork");
}

void helper_prepare(struct gate *g)
{
	struct error err = { 0 };

	if (g->call->tighten && !g->call->audit && wants_mounts(&g->wants))
		(void)start(g, WORD_WAIT, &err);
}

void helper_gone(struct gate *g, pid_t pid)
{
	if (pid == g->helper.pid)
		g->helper.pid = 0;
}

void helper_wake(struct gate *g)
{
	if (g->helper.pid > 0)
		put(&g->helper.shared->word, WORD_LOOK);
}

int helper_work(struct gate *g, struct error *err)
{
	int r = 0;

	if (g->helper.pid > 0) {
		put(&g->helper.shared->word, WORD_WORK);
		return 0;
	}
	/* what a runtime left out shows only now */
	if (!wants_mounts(&g->wants))
		r = missing_flags(g, NULL, err);
	return r == 0 && wants_mounts(&g->wants) ? start(g, WORD_WORK, err) : r;
}

static void tell(struct gate *g)
{
	static const char *const kinds[] = {
		[WANT_TMPFS] = "tmpfs on", [WANT_FLAGS] = "mount flags at",
		[WANT_MASK] = "hidden", [WANT_READONLY] = "read-only",
	};
	const struct oci_spec *spec = g->call->wanted;

	if (g->wants.root_readonly)
		note(&g->tightened, "read-only root");
	for (size_t i = 0; i < g->wants.n_mounts; i++)
		note(&g->tightened, "%s %s", kinds[g->wants.mounts[i].kind], g->wants.mounts[i].path);
	for (size_t i = 0; i < spec->mounts.n; i++) {
		if (g->helper.shared->flags[i])
			note(&g->tightened, "%s %s", kinds[WANT_FLAGS],
			     oci_mount_at(spec, i)->destination.v);
	}
}

int helper_result(struct gate *g, struct error *err)
{
	const struct timespec glance = { .tv_nsec = GLANCE_NS };
	const uint64_t end = now_us() + (WORK_DEADLINE_S + 1) * UINT64_C(1000000);
	struct helper *h = &g->helper;

	if (h->pid == 0)
		return 0;
	while (!get(&h->shared->done) && h->pid > 0 && now_us() < end) {
		if (!await(&h->shared->done, 0, &glance))
			break;
		if (!get(&h->shared->done) && waitpid(h->pid, NULL, WNOHANG) == h->pid)
			h->pid = 0;
	}
	/* it may have been done just before it ended */
	if (!get(&h->shared->done))
		return error_set(err, -ETIMEDOUT, "the container's mounts could not be worked on in time");
	if (h->shared->err.code < 0)
		return error_set(err, h->shared->err.code, "%s", h->shared->err.text);
	tell(g);
	return 0;
}

bool helper_left(const struct gate *g)
{
	return g->helper.pid == 0 || get(&g->helper.shared->left);
}

void helper_end(struct gate *g)
{
	struct helper *h = &g->helper;

	if (h->pid > 0)
		(void)kill(h->pid, SIGKILL);
	while (h->pid > 0 && waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}
