/* SPDX-License-Identifier: Apache-2.0 */
/* Another program, with a deadline. */
#include "doctor-private.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cofferdam/file.h>
#include <cofferdam/process.h>

#define SAID_MAX (64u << 10)

/* Standard input: a file in memory, so that nobody has to be waited for. */
static int input_fd(const struct buf *input, struct error *err)
{
	_cleanup_close_ int fd = memfd_create("cofferdam-input", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return error_sys(err, errno, "memfd_create");
	r = input ? file_write_all(fd, input->data, input->len, err) : 0;
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = error_sys(err, errno, "memfd");
	return r < 0 ? r : steal_fd(&fd);
}

/* What engines need of the environment, so that what is tried is what the host does. */
static char **environment(void)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static const char *const kept[] = { "HOME", "CONTAINERS_CONF", "DOCKER_HOST", "CONTAINERD_ADDRESS",
					    "XDG_RUNTIME_DIR", "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	char **v = calloc(ARRAY_SIZE(kept) + 2, sizeof(*v));
	size_t n = 0;

	if (!v)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		const char *value = getenv(kept[i]);

		if (value && asprintf(&v[n], "%s=%s", kept[i], value) < 0)
			v[n] = NULL;
		n += v[n] != NULL;
	}
	v[n] = path;
	return v;
}

static void environment_free(char ***v)
{
	/* the last is static */
	for (size_t i = 0; *v && (*v)[i] && (*v)[i + 1]; i++)
		free((*v)[i]);
	free(*v);
}

/* posix_spawnp(3) would search the PATH of whoever called us. */
static char *find(const char *name, struct error *err)
{
	struct tree tree __attribute__((cleanup(tree_close))) = { .fd = -1 };
	char *path = NULL;

	if (strchr(name, '/'))
		path = strdup(name);
	else if (tree_open(NULL, &tree, err) == 0)
		path = where_program(&tree, name);
	if (!path)
		(void)error_set(err, -ENOENT, "%s: not in one of the usual folders", name);
	return path;
}

static int start(const char *const *argv, int in, int out, pid_t *ret, struct error *err)
{
	char **env __attribute__((cleanup(environment_free))) = environment();
	_cleanup_free_ char *path = find(argv[0], err);
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	int r;

	if (!path)
		return err->code;
	if (!env)
		return error_oom(err);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return error_oom(err);
	if (posix_spawnattr_init(&attr) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return error_oom(err);
	}
	r = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
	/* a group of its own, so that it can be ended with what it started */
	if (r == 0)
		r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	if (r == 0)
		r = posix_spawn(ret, path, &actions, &attr, (char *const *)(const void *)argv, env);
	(void)posix_spawnattr_destroy(&attr);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? 0 : error_sys(err, r, "%s", argv[0]);
}

int spawn_run(const char *const *argv, const struct buf *input, int deadline_ms,
		struct buf *ret, int *ret_status, struct error *err)
{
	_cleanup_close_ int in = input_fd(input, err), from = -1, to = -1;
	const uint64_t end_ms = now_us() / 1000 + (uint64_t)deadline_ms;
	int ends[2], status = 0, r;
	pid_t pid, done = 0;

	if (in < 0)
		return in;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return error_sys(err, errno, "pipe");
	from = ends[0];
	to = ends[1];
	r = start(argv, in, to, &pid, err);
	if (r < 0)
		return r;
	close_fd(&to);
	to = -1;
	r = file_read_stream(from, argv[0], SAID_MAX, deadline_ms, ret, err);
	/* it may have closed its ends and live on */
	while (r == 0 && (done = waitpid(pid, &status, WNOHANG)) == 0) {
		if (now_us() / 1000 > end_ms)
			r = error_set(err, -ETIMEDOUT, "%s: does not end", argv[0]);
		else
			(void)poll(NULL, 0, 5);
	}
	if (done == pid) {
		*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		return r;
	}
	(void)kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return r;
}
