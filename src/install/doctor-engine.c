/* SPDX-License-Identifier: Apache-2.0 */
/* An engine's side: what is registered, what an update or a restart did, who goes past it. */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/file.h>

/* Everything that was made for it is as it was made. */
static bool in_place(struct doctor *d, enum engine engine)
{
	bool good = true;

	for (size_t i = 0; i < d->state.n; i++) {
		const struct change *c = &d->state.v[i];
		const char *what = c->engine == engine ? change_amiss(&d->tree, c) : NULL;

		if (!what)
			continue;
		good = false;
		remark(d, REMARK_FAULT, "registration", engine, "run cofferdam install, which mends that",
		       "%s%s %s", d->tree.name, c->path, what);
	}
	return good;
}

/* Who can change one of these can take the door away, or put another program there. */
static void owners(struct doctor *d, enum engine engine)
{
	for (size_t i = 0; i < d->state.n; i++) {
		const struct change *c = &d->state.v[i];
		struct error err;

		if (c->engine != engine || c->kind == CHANGE_FOLDER || !tree_has(&d->tree, c->path))
			continue;
		if (tree_trusted(&d->tree, c->path, &err) < 0 ||
		    (c->kind == CHANGE_DIVERT && tree_has(&d->tree, c->beside) &&
		     tree_trusted(&d->tree, c->beside, &err) < 0))
			remark(d, REMARK_FAULT, "owner", engine, "do that, and see who did it", "%s", err.text);
	}
}

/* Each line of what the installer has to say. */
static void notes(struct doctor *d, enum engine engine, const struct plan *plan)
{
	_cleanup_buf_ struct buf text = { 0 };
	char *rest;

	plan_notes(&text, plan);
	rest = text.len > 0 && !text.oom ? text.data : NULL;
	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		const char *colon = strstr(line, ": ");

		/* those of the host, of restarts, and of what is not there are judged by themselves */
		if (!colon || strncmp(line, engine_name(engine), (size_t)(colon - line)) != 0 ||
		    strncmp(colon + 2, "restart ", 8) == 0 || strncmp(colon + 2, "is not installed", 16) == 0)
			continue;
		if (strstr(colon, "; host.json ")) {
			remark(d, REMARK_WARNING, "program", engine, "name it there, or leave it", "%s", colon + 2);
			continue;
		}
		remark(d, REMARK_WARNING, "bypass", engine,
		       strstr(colon, "--door divert") ? "cofferdam install --engine NAME --door divert" :
		       "take it out of the engine's configuration, or judge what uses it otherwise",
		       "%s", colon + 2);
	}
}

/* Lines, and those that are indented below them, as one. */
static void one_line(struct buf *lines)
{
	char *to = lines->data, *from = lines->data;
	size_t left = lines->len;

	while (left > 0 && lines->data[left - 1] == '\n')
		left--;
	for (size_t n; left > 0; from += n, left -= n) {
		n = *from == '\n' || *from == ' ' ? strspn(from, "\n ") : 1;
		n = n < left ? n : left;
		*to++ = n == 1 && *from != '\n' ? *from : ' ';
	}
	if (!to)
		return;
	*to = '\0';
	lines->len = (size_t)(to - lines->data);
}

/* What the installer would do now is nothing, or it is not in force. */
static void in_force(struct doctor *d, enum engine engine)
{
	for (int door = 0; door < INSTALL_DOOR_MAX; door++) {
		struct install_want want = { .root = d->tree.name[0] ? d->tree.name : NULL,
					     .door_given = true, .door = (enum install_door)door };
		_cleanup_plan_ struct plan *plan = NULL;
		_cleanup_buf_ struct buf lines = { 0 };
		struct error err;

		if (!d->state.doors[engine][door])
			continue;
		want.engines[engine] = true;
		if (install_plan(&want, &plan, &err) < 0) {
			remark(d, REMARK_FAULT, "registration", engine, "mend that, then run cofferdam install again",
			       "%s", err.text);
			return;
		}
		plan_print_engine(&lines, plan, engine);
		one_line(&lines);
		if (lines.len > 0)
			remark(d, REMARK_FAULT, "registration", engine, "run cofferdam install, which mends that",
			       "the door %s is not in force any more: %s", install_door_name(want.door),
			       buf_cstr(&lines));
		else
			remark(d, REMARK_GOOD, "registration", engine, NULL, "the door %s is in place",
			       install_door_name(want.door));
		notes(d, engine, plan);
	}
}

/* --- what runs since before the change --- */

static void running(struct doctor *d, enum engine engine)
{
	long pid = 0;
	time_t since = doctor_since(engine, &pid);

	for (size_t i = 0; since && i < d->state.n; i++) {
		const struct change *c = &d->state.v[i];
		struct stat st;

		if (c->engine != engine || c->kind != CHANGE_FILE ||
		    tree_look(&d->tree, c->path, &st) < 0 || !doctor_missed(st.st_ctime, since))
			continue;
		remark(d, REMARK_FAULT, "restart", engine, "restart it",
		       "%s (pid %ld) runs since before %s was changed", engine_name(engine), pid, c->path);
		break;
	}
}

/* --- diverting --- */

static void diverted(struct doctor *d, enum engine engine)
{
	for (size_t i = 0; i < d->state.n; i++) {
		const struct change *c = &d->state.v[i];
		_cleanup_free_ char *mend = NULL;

		if (c->kind != CHANGE_DIVERT || c->engine != engine)
			continue;
		for (int e = ENGINE_UNKNOWN + 1; e < ENGINE_MAX; e++) {
			if (e != (int)engine && installed_uses(&d->state, (enum engine)e))
				remark(d, REMARK_WARNING, "shared", engine,
				       "give each engine a runtime of its own (--door runtime), too",
				       "%s is judged as %s's whoever calls it, also %s", c->path,
				       engine_name(engine), engine_name((enum engine)e));
		}
		if (divert_by_dpkg(&d->tree, c->path) != 0)
			continue;
		if (asprintf(&mend, "dpkg-divert --local --no-rename --divert %s --add %s", c->beside,
			     c->path) < 0)
			mend = NULL;
		remark(d, REMARK_WARNING, "update", engine, mend,
		       "the next update of its package takes %s from the door", c->path);
	}
}

/* --- who may speak to the daemon is root --- */

void doctor_socket(struct doctor *d, enum engine engine, const char *path, const char *can)
{
	struct stat st;

	if (tree_look(&d->tree, path, &st) < 0)
		return;
	if (st.st_mode & S_IWOTH)
		remark(d, REMARK_FAULT, "socket", engine, "run chmod o-w on it",
		       "everyone can write to %s, and who can is root on this host", path);
	else if ((st.st_mode & S_IWGRP) && st.st_gid != 0)
		remark(d, REMARK_WARNING, "socket", engine, "keep that group empty",
		       "the members of group %u can write to %s: they are root on this host, and %s",
		       st.st_gid, path, can);
	else
		remark(d, REMARK_GOOD, "socket", engine, NULL, "%s is root's alone; who can write to it %s",
		       path, can);
}

static void sockets(struct doctor *d, enum engine engine)
{
	static const char *const paths[ENGINE_MAX] = {
		[ENGINE_PODMAN] = "/run/podman/podman.sock", [ENGINE_CRIO] = "/run/crio/crio.sock",
		[ENGINE_CONTAINERD] = "/run/containerd/containerd.sock",
		[ENGINE_DOCKER] = "/run/docker.sock",
	};

	doctor_socket(d, engine, paths[engine], "can choose a runtime");
	if (engine == ENGINE_CONTAINERD)
		doctor_nri(d);
}

void doctor_engine(struct doctor *d, enum engine engine)
{
	bool there = where_engine(&d->tree, engine), used = installed_uses(&d->state, engine);
	bool hooked;

	if (!there && !used)
		return;
	hooked = doctor_hooks(d, engine);
	if (!used && hooked)
		remark(d, REMARK_WARNING, "registration", engine, "cofferdam install --engine NAME",
		       "it has Cofferdam's hook by hand, and no door is installed for it");
	else if (!used)
		remark(d, REMARK_FAULT, "registration", engine, "cofferdam install --engine NAME, or take NAME off this host",
		       "it is on this host, and what it starts is not looked at");
	else if (!there)
		remark(d, REMARK_WARNING, "registration", engine, "cofferdam uninstall --engine NAME",
		       "it is registered, and not on this host");
	if (used && in_place(d, engine))
		in_force(d, engine);
	if (used && d->live)
		running(d, engine);
	if (d->live)
		doctor_told(d, engine);
	owners(d, engine);
	diverted(d, engine);
	sockets(d, engine);
	doctor_others(d, engine);
	if (engine == ENGINE_PODMAN && used && !d->state.doors[engine][INSTALL_DIVERT])
		remark(d, REMARK_WARNING, "bypass", engine,
		       "mind who is root; --door divert covers podman --runtime PATH, too",
		       "root can leave the door out: podman --hooks-dir, --runtime PATH, CONTAINERS_CONF");
}
