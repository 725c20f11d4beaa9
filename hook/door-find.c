/* SPDX-License-Identifier: Apache-2.0 */
/* Who calls, and whom for: from the path that was executed, never from arguments. */
#include "door.h"

#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#include "limits.h"

/* Links between what engines execute and the folder that says which engine. */
#define LINKS_MAX 8

/* Where distributions put runtimes; host.json may say otherwise. */
static const char *const places[] = { "/usr/bin/", "/usr/sbin/", "/usr/local/bin/",
				      "/usr/local/sbin/" };

/* name_at - "runc" or "crun" if that is the last component of @path; else NULL. */
static const char *name_at(const char *path)
{
	const char *base = text_path_base(path);

	if (strcmp(base, "runc") == 0)
		return "runc";
	return strcmp(base, "crun") == 0 ? "crun" : NULL;
}

/* engine_at - the engine that the folder of @path is named after. */
static enum engine engine_at(const char *path)
{
	const char *end = strrchr(path, '/');
	const char *start = end;
	_cleanup_free_ char *folder = NULL;

	while (start && start > path && start[-1] != '/')
		start--;
	folder = start ? strndup(start, (size_t)(end - start)) : NULL;
	return folder ? engine_parse(folder) : ENGINE_UNKNOWN;
}

/* follow - one symbolic link of @path; false when it is none. */
static bool follow(char **path)
{
	_cleanup_free_ char *to = NULL;
	const char *slash = strrchr(*path, '/');
	char *next = NULL;

	if (link_read(AT_FDCWD, *path, &to) < 0)
		return false;
	if (to[0] == '/')
		next = strdup(to);
	else if (asprintf(&next, "%.*s%s", slash ? (int)(slash - *path) + 1 : 0, *path, to) < 0)
		next = NULL;
	if (!next)
		return false;
	free(*path);
	*path = next;
	return true;
}

void door_settle(struct doorway *door)
{
	const struct sigaction ignore = { .sa_handler = SIG_IGN };

	process_heap();
	/* closed again by execve(2), where they were closed before */
	process_descriptors(O_CLOEXEC);
	(void)sigaction(SIGPIPE, &ignore, &door->pipe);
	(void)sigaction(SIGXFSZ, &ignore, &door->size);
	door->xdg = getenv("XDG_RUNTIME_DIR");
	door->user = getenv("USER");
	door->pwd = getenv("PWD");
	door->call.stage = "";
	door->call.say = door_say;
	door->run.bundle_fd = -1;
	/* the runtime gets @envp; nothing here is to be steered by it */
	(void)clearenv();
	(void)setenv("TZ", "UTC0", 1);
}

/* executed - the path that execve(2) was given, made absolute; NULL: out of memory. */
static char *executed(void)
{
	const char *path = (const char *)getauxval(AT_EXECFN);
	_cleanup_free_ char *here = NULL, *whole = NULL;

	if (!path || path[0] == '/')
		return path ? strdup(path) : NULL;
	here = getcwd(NULL, 0);
	if (!here || asprintf(&whole, "%s/%s", here, path) < 0)
		return NULL;
	return text_path_clean(whole);
}

void door_who(struct doorway *door)
{
	_cleanup_free_ char *path = executed();

	for (int i = 0; path && i < LINKS_MAX; i++) {
		const char *name = name_at(path);

		if (name && !door->called)
			door->called = name;
		door->call.engine = engine_at(path);
		if (name && door->call.engine != ENGINE_UNKNOWN)
			return;
		if (!follow(&path))
			break;
	}
	door->call.engine = ENGINE_UNKNOWN;
}

/* is_self - whether the program @st is the one that runs. */
static bool is_self(const struct stat *st)
{
	struct stat self;

	return stat("/proc/self/exe", &self) == 0 && self.st_dev == st->st_dev &&
	       self.st_ino == st->st_ino;
}

static char *search_as(const char *name, const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char *path = NULL;
		struct stat st;

		if (asprintf(&path, "%s%s%s", places[i], name, suffix) < 0)
			return NULL;
		if (access(path, X_OK) == 0 && stat(path, &st) == 0 && !is_self(&st))
			return path;
		free(path);
	}
	return NULL;
}

/*
 * search - where distributions have it, or where cofferdam install keeps one whose
 * place the door has taken. That first: an update may have put another there.
 */
static char *search(const char *name)
{
	char *path = search_as(name, ".cofferdam");

	return path ? path : search_as(name, "");
}

static int check_real(const struct doorway *door, struct error *err)
{
	_cleanup_close_ int fd = file_open_trusted(door->real, O_PATH, process_owner(door->run.rootless), err);
	struct stat st;

	if (fd < 0)
		return error_context(err, "the real runtime %s", door->real);
	if (fstat(fd, &st) < 0)
		return error_sys(err, errno, "the real runtime %s", door->real);
	if (is_self(&st))
		return error_set(err, -ELOOP,
				 "the real runtime %s is Cofferdam's own; name the other in host.json (engines, runtime)",
				 door->real);
	if (!S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return error_set(err, -EACCES, "the real runtime %s is no program", door->real);
	return 0;
}

int door_find(struct doorway *door, struct error *err)
{
	const char *configured;

	configured = host_runtime(door->run.host, door->call.engine, door->called);
	door->real = configured ? strdup(configured) : search(door->called ? door->called : "runc");
	if (!door->real)
		return error_set(err, -ENOENT,
				 "no real %s is found; name it in host.json (engines, runtime)",
				 door->called ? door->called : "runc");
	return check_real(door, err);
}
