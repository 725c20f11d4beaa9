/* SPDX-License-Identifier: Apache-2.0 */
/* Engines that run: since when, whose, and what they were told otherwise than by their files. */
#include "doctor-private.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#define SECOND 1000000000LL

/*
 * When it was @ticks, of which a second has @hertz, after the boot, in seconds since the
 * epoch. Both clocks' parts of a second count: without them it would be a second later or
 * earlier at one moment than at another.
 */
static time_t since_boot(unsigned long long ticks, long hertz)
{
	struct timespec now = { 0 }, up = { 0 };
	unsigned long long hz = (unsigned long long)hertz;
	long long passed = (long long)(ticks / hz) * SECOND + (long long)(ticks % hz) * (SECOND / hertz);

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)clock_gettime(CLOCK_BOOTTIME, &up);
	return (time_t)(((now.tv_sec - up.tv_sec) * SECOND + now.tv_nsec - up.tv_nsec + passed) / SECOND);
}

/* proc_pid_stat(5): the name in brackets, then fields from the third on. */
time_t doctor_started(const char *pid, const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	char text[512] = "", *field, *open_bracket;
	unsigned long long ticks;
	long hertz = sysconf(_SC_CLK_TCK);

	if (!isdigit((unsigned char)pid[0]) || asprintf(&path, "/proc/%s/stat", pid) < 0) {
		path = NULL;
		return 0;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return 0;
	open_bracket = strchr(text, '(');
	field = strrchr(text, ')');
	if (!open_bracket || !field || hertz <= 0)
		return 0;
	*field++ = '\0';
	if (name && strcmp(open_bracket + 1, name) != 0)
		return 0;
	for (int i = 3; i < 22 && field; i++)
		field = strchr(field + 1, ' ');
	if (!field)
		return 0;
	ticks = strtoull(field, NULL, 10);
	return since_boot(ticks, hertz);
}

/* A process of this host by an engine's name. */
struct process {
	long pid;
	time_t since;
	uid_t uid;
};

/* What runs in a container has a process namespace of its own, and is that one's affair. */
static bool of_host(const char *pid)
{
	_cleanup_free_ char *path = NULL;
	struct stat its, ours;

	if (asprintf(&path, "/proc/%s/ns/pid", pid) < 0)
		path = NULL;
	return !path || stat(path, &its) < 0 || stat("/proc/self/ns/pid", &ours) < 0 ||
	       (its.st_dev == ours.st_dev && its.st_ino == ours.st_ino);
}

/* The next one in @proc: 1; 0: no more. */
static int next_process(DIR *proc, enum engine engine, struct process *ret)
{
	static const char *const names[ENGINE_MAX] = {
		[ENGINE_PODMAN] = "podman", [ENGINE_CRIO] = "crio",
		[ENGINE_CONTAINERD] = "containerd", [ENGINE_DOCKER] = "dockerd",
	};
	const struct dirent *entry;

	while (proc && dir_next(proc, &entry) > 0) {
		time_t since = doctor_started(entry->d_name, names[engine]);
		struct stat st;

		if (!since || fstatat(dirfd(proc), entry->d_name, &st, 0) < 0 || !of_host(entry->d_name))
			continue;
		*ret = (struct process){ .pid = strtol(entry->d_name, NULL, 10), .since = since,
					 .uid = st.st_uid };
		return 1;
	}
	return 0;
}

/* strings - the next of those, each ended by a zero, that @all holds; NULL: no more. */
static const char *strings(const struct buf *all, const char *at)
{
	const char *next = at ? at + strlen(at) + 1 : all->data;

	return all->len > 0 && next < all->data + all->len ? next : NULL;
}

static int of_process(long pid, const char *what, struct buf *ret)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	struct error err;

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	/* it ends with a zero of its own, unless it was changed */
	return fd < 0 || file_read_stream(fd, path, 256u << 10, 1000, ret, &err) < 0 ? -EIO : 0;
}

const char *option_value(const char *arg, const char *next, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (!name || arg[0] != '-')
		return NULL;
	arg += arg[1] == '-' ? 2 : 1;
	if (strncmp(arg, name, len) != 0)
		return NULL;
	return arg[len] == '=' ? arg + len + 1 : arg[len] == '\0' ? next : NULL;
}

/* dockerd starts a containerd for itself, which has no CRI service. */
static bool is_dockers(const struct buf *line)
{
	for (const char *arg = strings(line, NULL); arg; arg = strings(line, arg)) {
		const char *value = option_value(arg, strings(line, arg), "config");

		if (value && (text_path_below(value, "/run/docker") ||
			      text_path_below(value, "/var/run/docker")))
			return true;
	}
	return false;
}

time_t doctor_since(enum engine engine, long *ret_pid)
{
	_cleanup_dir_ DIR *proc = engine == ENGINE_PODMAN ? NULL : opendir("/proc");
	struct process p;
	time_t first = 0;

	while (next_process(proc, engine, &p) > 0) {
		_cleanup_buf_ struct buf line = { 0 };

		if (p.uid != geteuid() || (first && p.since >= first) ||
		    (of_process(p.pid, "cmdline", &line) == 0 && is_dockers(&line)))
			continue;
		first = p.since;
		*ret_pid = p.pid;
	}
	return first;
}

/* --- what goes before files, on the command line and in the environment --- */

#define FILES (1u << INSTALL_HOOK | 1u << INSTALL_PRECREATE | 1u << INSTALL_RUNTIME)

static const struct told {
	enum engine engine;
	const char *option, *letter, *variable;
	unsigned int doors;		/* which it would undo */
	enum { UNLESS_IS, UNLESS_HOLDS, UNLESS_NAME } how;
	const char *ours;
} tolds[] = {
	/* crio(8) */
	{ ENGINE_CRIO, "config", "c", "CONTAINER_CONFIG", FILES, UNLESS_IS, "/etc/crio/crio.conf" },
	{ ENGINE_CRIO, "config-dir", "d", NULL, FILES, UNLESS_IS, "/etc/crio/crio.conf.d" },
	{ ENGINE_CRIO, "hooks-dir", NULL, "CONTAINER_HOOKS_DIR", 1u << INSTALL_HOOK, UNLESS_HOLDS,
	  SYSCONFDIR "/cofferdam/hooks.d/crio" },
	{ ENGINE_CRIO, "runtimes", NULL, "CONTAINER_RUNTIMES", 1u << INSTALL_RUNTIME, UNLESS_HOLDS,
	  LIBEXECDIR "/crio/" },
	{ ENGINE_CONTAINERD, "config", "c", NULL, 1u << INSTALL_RUNTIME, UNLESS_IS,
	  "/etc/containerd/config.toml" },
	/* dockerd(8); the variable is BuildKit's */
	{ ENGINE_DOCKER, "config-file", NULL, NULL, 1u << INSTALL_RUNTIME, UNLESS_IS,
	  "/etc/docker/daemon.json" },
	{ ENGINE_DOCKER, "default-runtime", NULL, NULL, 1u << INSTALL_RUNTIME, UNLESS_IS, DOCKER_RUNTIME },
	{ ENGINE_DOCKER, "add-runtime", NULL, NULL, 1u << INSTALL_RUNTIME, UNLESS_HOLDS,
	  LIBEXECDIR "/docker/" },
	{ ENGINE_DOCKER, NULL, NULL, "DOCKER_BUILDKIT_RUNC_COMMAND", 1u << INSTALL_DIVERT, UNLESS_HOLDS,
	  LIBEXECDIR "/docker/" },
	/* podman(1), containers.conf(5) */
	{ ENGINE_PODMAN, "hooks-dir", NULL, NULL, 1u << INSTALL_HOOK, UNLESS_HOLDS,
	  "/etc/containers/oci/hooks.d" },
	{ ENGINE_PODMAN, "hooks-dir", NULL, NULL, 1u << INSTALL_PRECREATE, UNLESS_HOLDS,
	  SYSCONFDIR "/cofferdam/hooks.d/podman-precreate" },
	{ ENGINE_PODMAN, "runtime", NULL, NULL, 1u << INSTALL_RUNTIME, UNLESS_NAME, LIBEXECDIR "/podman/" },
	{ ENGINE_PODMAN, NULL, NULL, "CONTAINERS_CONF", FILES, UNLESS_IS,
	  "/etc/containers/containers.conf" },
	{ ENGINE_PODMAN, NULL, NULL, "CONTAINERS_CONF_OVERRIDE", FILES, UNLESS_IS, "" },
};

/* Whether what it was told undoes a door that is installed. */
static bool undoes(const struct doctor *d, const struct told *t, const char *value)
{
	bool installed = false;

	for (int door = 0; door < INSTALL_DOOR_MAX; door++)
		installed |= (t->doors & 1u << door) && d->state.doors[t->engine][door];
	if (!installed)
		return false;
	switch (t->how) {
	case UNLESS_HOLDS:
		return !strstr(value, t->ours);
	case UNLESS_NAME:
		return strchr(value, '/') && !strstr(value, t->ours);
	case UNLESS_IS:
		break;
	}
	return strcmp(value, t->ours) != 0;
}

static void told(struct doctor *d, const struct told *t, long pid, const char *value)
{
	static const char *const names[ENGINE_MAX] = {
		[ENGINE_PODMAN] = "podman", [ENGINE_CRIO] = "CRI-O",
		[ENGINE_CONTAINERD] = "containerd", [ENGINE_DOCKER] = "dockerd",
	};

	if (undoes(d, t, value))
		remark(d, REMARK_FAULT, "bypass", t->engine, "take it from what starts it (a unit, a service), "
		       "say it in its file, and run cofferdam install again",
		       "%s (pid %ld) was started with %s %s, which goes before its files", names[t->engine],
		       pid, t->variable && !t->option ? t->variable : t->option, value);
}

static void told_by_line(struct doctor *d, enum engine engine, long pid, const struct buf *line)
{
	for (size_t i = 0; i < ARRAY_SIZE(tolds); i++) {
		const struct told *t = &tolds[i];

		for (const char *arg = strings(line, NULL); t->engine == engine && arg;
		     arg = strings(line, arg)) {
			const char *next = strings(line, arg);
			const char *value = option_value(arg, next, t->option);

			value = value ? value : option_value(arg, next, t->letter);
			if (value)
				told(d, t, pid, value);
		}
	}
}

static void told_by_variable(struct doctor *d, enum engine engine, long pid, const struct buf *all)
{
	for (size_t i = 0; i < ARRAY_SIZE(tolds); i++) {
		struct told t = tolds[i];
		size_t len = t.variable ? strlen(t.variable) : 0;

		t.option = NULL;
		for (const char *e = strings(all, NULL); t.engine == engine && len && e; e = strings(all, e)) {
			if (strncmp(e, t.variable, len) == 0 && e[len] == '=')
				told(d, &t, pid, e + len + 1);
		}
	}
}

void doctor_told(struct doctor *d, enum engine engine)
{
	_cleanup_dir_ DIR *proc = opendir("/proc");
	bool rootless = false;
	struct process p;

	while (next_process(proc, engine, &p) > 0) {
		_cleanup_buf_ struct buf line = { 0 }, environment = { 0 };

		if (p.uid != geteuid()) {
			if (!rootless)
				remark(d, REMARK_WARNING, "rootless", engine,
				       "let only those run it who may choose their containers' limits themselves",
				       "the user %u runs it (pid %ld): no door covers what is started so",
				       p.uid, p.pid);
			rootless = true;
			continue;
		}
		if (of_process(p.pid, "cmdline", &line) < 0 || is_dockers(&line))
			continue;
		told_by_line(d, engine, p.pid, &line);
		if (of_process(p.pid, "environ", &environment) == 0)
			told_by_variable(d, engine, p.pid, &environment);
	}
}
