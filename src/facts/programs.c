/* SPDX-License-Identifier: Apache-2.0 */
/* The programs that config.json has the runtime run on the host: its hooks. */
#include "facts-private.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>
#include <cofferdam/text.h>

/* Engines write one or two. */
#define PROGRAMS_MAX 64

struct list {
	const char **v;
	size_t n;
};

static void program_free(struct fact_program *program)
{
	free(program->path);
	free(program->why);
	free(program->real);
	*program = (struct fact_program){ 0 };
}

void programs_free(struct facts *facts)
{
	for (size_t i = 0; i < facts->n_hooks; i++)
		program_free(&facts->hooks[i]);
	free(facts->hooks);
	facts->hooks = NULL;
	facts->n_hooks = 0;
}

void programs_close(struct programs *programs)
{
	for (size_t i = 0; i < PROGRAMS_KEPT; i++)
		program_free(&programs->kept[i]);
}

static int compare_programs(const void *va, const void *vb)
{
	const struct fact_program *a = va, *b = vb;

	return strcmp(a->path, b->path);
}

void programs_sort(struct fact_program *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), compare_programs);
}

static int compare_path(const void *key, const void *entry)
{
	const struct fact_program *program = entry;

	return strcmp(key, program->path);
}

const struct fact_program *facts_program(const struct facts *facts, const char *path)
{
	if (facts->n_hooks == 0)
		return NULL;
	return bsearch(path, facts->hooks, facts->n_hooks, sizeof(*facts->hooks), compare_path);
}

static int unreadable(struct fact_program *ret, struct error *err, const char *why)
{
	ret->is = FACT_UNREADABLE;
	return fact_why(&ret->why, err, "%s", why);
}

/* "/proc/PID/exe", as dockerd names itself. */
static bool is_exe(const char *path)
{
	const char *rest = path_behind_pid(path);

	return rest && strcmp(rest, "/exe") == 0;
}

/* Open it as the runtime would. A descriptor, -errno, or -EXDEV: it depends on who asks. */
static int open_program(const char *path)
{
	_cleanup_(walk_free) struct walk walk = { .fd = -1 };
	int r, fd = path_open(AT_FDCWD, path, 0, RESOLVE_NO_SYMLINKS);

	if (fd != -ELOOP && fd != -ENOSYS)
		return fd;
	r = path_walk(AT_FDCWD, path, &walk);
	if (r < 0)
		return r;
	if (walk.own)
		return -EXDEV;
	return walk.rest ? -ENOENT : steal_fd(&walk.fd);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_ino != 0 && a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Whether what is at the path is @st, and root's with all that leads to it. */
static int judge_trust(struct fact_program *ret, const struct stat *st, struct error *err)
{
	const char *path = is_exe(ret->path) ? ret->real : ret->path;
	struct error why = { 0 };
	_cleanup_close_ int fd = file_open_trusted(path, O_PATH, geteuid(), &why);
	struct stat found;

	if (fd == -ENOMEM)
		return error_oom(err);
	if (fd < 0)
		return fact_why(&ret->why, err, "%s", why.text);
	if (fstat(fd, &found) < 0)
		return fact_why_sys(&ret->why, err, errno);
	if (!same_file(st, &found))
		return fact_why(&ret->why, err, "the program is another file than the one at its "
				"path: it was replaced, or another mount namespace has it");
	if (!S_ISREG(found.st_mode))
		return fact_why(&ret->why, err, "it is not a regular file");
	ret->trusted = true;
	return 0;
}

static int look(const struct own_programs *own, struct fact_program *ret, struct error *err)
{
	_cleanup_close_ int fd = -1;
	struct stat st;
	int r;

	if (ret->path[0] != '/')
		return unreadable(ret, err, "the path is not absolute");
	fd = open_program(ret->path);
	if (fd == -ENOMEM)
		return error_oom(err);
	if (fd == -ENOENT || fd == -ENOTDIR) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	if (fd == -EXDEV)
		return unreadable(ret, err, "it leads through /proc/self, which is another thing "
				  "to each process");
	if (fd < 0 || fstat(fd, &st) < 0)
		return unreadable(ret, err, strerror(fd < 0 ? -fd : errno));
	r = fd_path(fd, &ret->real);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r < 0)
		return unreadable(ret, err, strerror(-r));
	ret->is = FACT_KNOWN;
	ret->own = same_file(&own->self, &st) || same_file(&own->hook, &st);
	/* What runs here and now as this hook need not be looked at for trust. */
	if (same_file(&own->self, &st)) {
		ret->trusted = true;
		return 0;
	}
	return judge_trust(ret, &st, err);
}

static int collect(const struct oci_hooks *hooks, struct list *ret, struct error *err)
{
	const struct field_list *const lists[] = {
		&hooks->prestart, &hooks->create_runtime, &hooks->create_container,
		&hooks->start_container, &hooks->poststart, &hooks->poststop,
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		n += lists[i]->n;
	if (n == 0)
		return 0;
	ret->v = calloc(n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(err);
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		const struct oci_hook *v = lists[i]->v;

		for (size_t j = 0; j < lists[i]->n; j++) {
			if (v[j].path.is == FIELD_PRESENT)
				ret->v[ret->n++] = v[j].path.v;
		}
	}
	return 0;
}

static char *copy_text(const char *s)
{
	return s ? strdup(s) : NULL;
}

/* copy - @from in place of @to. */
static int copy(const struct fact_program *from, struct fact_program *to, struct error *err)
{
	struct fact_program made = *from;

	made.path = copy_text(from->path);
	made.why = copy_text(from->why);
	made.real = copy_text(from->real);
	if (!made.path != !from->path || !made.why != !from->why || !made.real != !from->real) {
		program_free(&made);
		return error_oom(err);
	}
	program_free(to);
	*to = made;
	return 0;
}

/* look_once - engines write the same hooks into each configuration. */
static int look_once(struct programs *programs, struct fact_program *ret, struct error *err)
{
	int r;

	for (size_t i = 0; i < PROGRAMS_KEPT; i++) {
		const struct fact_program *kept = &programs->kept[i];

		if (kept->path && strcmp(kept->path, ret->path) == 0)
			return copy(kept, ret, err);
	}
	r = look(&programs->own, ret, err);
	if (r < 0 || !programs->keep)
		return r;
	return copy(ret, &programs->kept[programs->next_kept++ % PROGRAMS_KEPT], err);
}

static void find_own(struct own_programs *own)
{
	_cleanup_free_ char *beside = NULL;

	if (own->found)
		return;
	if (stat("/proc/self/exe", &own->self) < 0)
		own->self.st_ino = 0;
	beside = program_beside("cofferdam-hook");
	if ((!beside || stat(beside, &own->hook) < 0) &&
	    stat(LIBEXECDIR "/cofferdam-hook", &own->hook) < 0)
		own->hook.st_ino = 0;
	own->found = true;
}

int programs_gather(const struct oci_hooks *hooks, struct programs *programs,
		    struct facts *facts, struct error *err)
{
	_cleanup_(free_ptr) const char **owned = NULL;
	struct list list = { 0 };
	int r = collect(hooks, &list, err);

	owned = list.v;
	if (r < 0 || list.n == 0)
		return r;
	find_own(&programs->own);
	qsort(list.v, list.n, sizeof(*list.v), fact_compare);
	facts->hooks = calloc(list.n, sizeof(*facts->hooks));
	if (!facts->hooks)
		return error_oom(err);
	for (size_t i = 0; i < list.n && r == 0; i++) {
		struct fact_program *program = &facts->hooks[facts->n_hooks];

		if (i > 0 && strcmp(list.v[i], list.v[i - 1]) == 0)
			continue;
		program->path = fact_strdup(list.v[i], err);
		if (!program->path)
			return -ENOMEM;
		r = facts->n_hooks++ < PROGRAMS_MAX ? look_once(programs, program, err)
						    : unreadable(program, err, "there are too many hooks");
	}
	return r;
}
