/* SPDX-License-Identifier: Apache-2.0 */
/* The CRI-O that runs: what it was told otherwise than by files, and what it lost sight of. */
#include "doctor-private.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/file.h>

/*
 * CRI-O watches the folders that it finds when it starts, by their inodes: of one that
 * was made anew or moved since, it runs no hook any more. What was put into it changes
 * both of its times; a move changes one.
 */
void doctor_watched(struct doctor *d, const char *folder)
{
	_cleanup_close_ int fd = tree_fd(&d->tree, folder, O_PATH | O_DIRECTORY);
	struct statx st = { 0 };
	long pid = 0;
	time_t since = doctor_since(ENGINE_CRIO, &pid);
	bool made, moved;

	if (!since || fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0)
		return;
	/* a second or two are what the clocks differ in */
	made = (st.stx_mask & STATX_BTIME) && st.stx_btime.tv_sec > since + 1;
	moved = st.stx_ctime.tv_sec > since + 1 &&
		(!(st.stx_mask & STATX_BTIME) || st.stx_ctime.tv_sec != st.stx_mtime.tv_sec ||
		 st.stx_ctime.tv_nsec != st.stx_mtime.tv_nsec);
	if (made || moved)
		remark(d, REMARK_FAULT, "restart", ENGINE_CRIO, "restart it",
		       "%s was %s since CRI-O started (pid %ld): it runs none of its hooks", folder,
		       made ? "made" : "moved or changed", pid);
}

/* crio(8): what goes before its files, on the command line and in the environment. */
static const struct told {
	const char *option, *letter, *variable;
	enum install_door door;		/* which it would undo; INSTALL_DOOR_MAX: every one */
	const char *ours;		/* ... unless it says this */
} tolds[] = {
	{ "config", "c", "CONTAINER_CONFIG", INSTALL_DOOR_MAX, "/etc/crio/crio.conf" },
	{ "config-dir", "d", NULL, INSTALL_DOOR_MAX, "/etc/crio/crio.conf.d" },
	{ "hooks-dir", NULL, "CONTAINER_HOOKS_DIR", INSTALL_HOOK, SYSCONFDIR "/cofferdam/hooks.d/crio" },
	{ "runtimes", NULL, "CONTAINER_RUNTIMES", INSTALL_RUNTIME, LIBEXECDIR "/crio/" },
};

/* value_of - what @arg says of an option, if it is that; @next is the argument behind it. */
static const char *value_of(const char *arg, const char *next, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	if (!name || arg[0] != '-')
		return NULL;
	arg += arg[1] == '-' ? 2 : 1;
	if (strncmp(arg, name, len) != 0)
		return NULL;
	return arg[len] == '=' ? arg + len + 1 : arg[len] == '\0' ? next : NULL;
}

static void told(struct doctor *d, const struct told *what, const char *by, const char *value)
{
	const bool *doors = d->state.doors[ENGINE_CRIO];
	bool undoes = what->door == INSTALL_DOOR_MAX ? doors[INSTALL_HOOK] || doors[INSTALL_RUNTIME]
						     : doors[what->door];

	/* the files of that very name, or a list in which ours is one */
	if (!undoes || (what->door == INSTALL_DOOR_MAX ? strcmp(value, what->ours) == 0
						       : strstr(value, what->ours) != NULL))
		return;
	remark(d, REMARK_FAULT, "bypass", ENGINE_CRIO, "take it from CRI-O's unit, say it in crio.conf, and "
	       "run cofferdam install again", "CRI-O was started with %s %s, which goes before its files",
	       by, value);
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

void doctor_crio(struct doctor *d)
{
	_cleanup_buf_ struct buf line = { 0 }, environment = { 0 };
	long pid = 0;

	if (!doctor_since(ENGINE_CRIO, &pid) || of_process(pid, "cmdline", &line) < 0 ||
	    of_process(pid, "environ", &environment) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(tolds); i++) {
		const struct told *t = &tolds[i];
		const size_t len = t->variable ? strlen(t->variable) : 0;

		for (const char *arg = strings(&line, NULL); arg; arg = strings(&line, arg)) {
			const char *next = strings(&line, arg), *value = value_of(arg, next, t->option);

			value = value ? value : value_of(arg, next, t->letter);
			if (value)
				told(d, t, t->option, value);
		}
		for (const char *e = strings(&environment, NULL); len && e; e = strings(&environment, e)) {
			if (strncmp(e, t->variable, len) == 0 && e[len] == '=')
				told(d, t, t->variable, e + len + 1);
		}
	}
}
