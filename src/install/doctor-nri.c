/* SPDX-License-Identifier: Apache-2.0 */
/*
 * NRI: plugins that change what containerd's CRI service is to start, before the runtime
 * sees it. One of them, hook-injector, gives containers the hooks of two hooks directories.
 * containerd goes on without a plugin that ended, or that does not answer in time.
 */
#include "doctor-private.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/text.h>

#define CONFIG "/etc/containerd/config.toml"
#define NRI "plugins" TOML_SEP "io.containerd.nri.v1.nri" TOML_SEP
#define INJECTOR "hook-injector"

/* What config.toml says of it, or what containerd has of itself. */
static void setting(struct doctor *d, const char *key, const char *usual, struct buf *ret)
{
	_cleanup_toml_ struct toml doc = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	const struct toml_entry *said = NULL;
	struct error ignored;	/* a file that cannot be read is another check's */

	if (tree_read(&d->tree, CONFIG, &text, NULL, &ignored) == 0 &&
	    toml_parse(CONFIG, &text, &doc, &ignored) == 0)
		said = toml_find(&doc, TOML_VALUE, key);
	if (!said || toml_string(&doc, said, ret, &ignored) < 0 || ret->len == 0) {
		buf_reset(ret);
		buf_str(ret, usual);
	}
}

static int plugins(struct doctor *d, struct paths *ret, struct error *err)
{
	_cleanup_buf_ struct buf folder = { 0 };

	setting(d, NRI "plugin_path", "/opt/nri/plugins", &folder);
	return where_conf(&d->tree, buf_cstr(&folder), "", ret, err);
}

/* Whether the program of process @pid is called so, whatever stands before or behind it. */
static bool runs(const char *pid, const char *name)
{
	_cleanup_free_ char *path = NULL;
	char program[512] = "";

	if (!isdigit((unsigned char)pid[0]) || asprintf(&path, "/proc/%s/exe", pid) < 0) {
		path = NULL;
		return false;
	}
	return readlink(path, program, sizeof(program) - 1) > 0 &&
	       strstr(text_path_base(program), name);
}

/* The process of the plugin: 0 is none. */
static long injector(const struct doctor *d, time_t *ret_since)
{
	_cleanup_dir_ DIR *proc = d->live ? opendir("/proc") : NULL;
	const struct dirent *entry;

	while (proc && dir_next(proc, &entry) > 0) {
		if (!runs(entry->d_name, INJECTOR))
			continue;
		*ret_since = doctor_started(entry->d_name, NULL);
		return strtol(entry->d_name, NULL, 10);
	}
	return 0;
}

/* Whether anything suggests that containers are to have hooks so. */
static bool wanted(struct doctor *d, const struct paths *folders)
{
	_cleanup_paths_ struct paths files = { 0 };
	struct error ignored;
	time_t since;

	if (injector(d, &since))
		return true;
	if (plugins(d, &files, &ignored) == 0) {
		for (size_t i = 0; i < files.n; i++) {
			if (strstr(text_path_base(files.v[i]), INJECTOR))
				return true;
		}
	}
	paths_free(&files);
	for (size_t i = 0; i < folders->n; i++) {
		if (where_conf(&d->tree, folders->v[i], ".json", &files, &ignored) < 0)
			return true;
	}
	for (size_t i = 0; i < files.n; i++) {
		_cleanup_buf_ struct buf text = { 0 };

		if (tree_read(&d->tree, files.v[i], &text, NULL, &ignored) == 0 &&
		    strstr(buf_cstr(&text), PROGRAM_HOOK) && strstr(buf_cstr(&text), "\"containerd\""))
			return true;
	}
	return false;
}

int nri_hooks_folders(struct doctor *d, struct paths *ret, struct error *err)
{
	/* compiled into the plugin */
	int r = paths_add(ret, "/usr/share/containers/oci/hooks.d", err);

	if (r == 0)
		r = paths_add(ret, "/etc/containers/oci/hooks.d", err);
	if (r == 0 && !wanted(d, ret))
		paths_free(ret);
	return r;
}

bool doctor_injected(struct doctor *d, size_t ours, time_t newest)
{
	const bool *doors = d->state.doors[ENGINE_CONTAINERD];
	bool judged = doors[INSTALL_RUNTIME] || doors[INSTALL_DIVERT];
	time_t since = 0;
	long pid = injector(d, &since);

	if (ours == 0)
		return false;
	if (d->live && !pid) {
		remark(d, judged ? REMARK_WARNING : REMARK_FAULT, "hooks", ENGINE_CONTAINERD,
		       "start NRI's plugin " INJECTOR ", or run cofferdam install --engine containerd",
		       "a hook of Cofferdam's is registered for NRI, whose plugin " INJECTOR
		       " does not run: containers have no hook");
		return false;
	}
	if (pid && doctor_missed(newest, since))
		remark(d, REMARK_WARNING, "restart", ENGINE_CONTAINERD, "restart it",
		       "NRI's plugin " INJECTOR " (pid %ld) runs since before its hooks were changed; "
		       "its older versions read them once", pid);
	remark(d, judged ? REMARK_GOOD : REMARK_WARNING, "hooks", ENGINE_CONTAINERD,
	       judged ? NULL : "cofferdam install --engine containerd: its door depends on no plugin",
	       "NRI's plugin " INJECTOR " gives containers, not sandboxes, Cofferdam's hook; containerd "
	       "starts them without it when the plugin ended or is slow to answer");
	return true;
}

void doctor_nri(struct doctor *d)
{
	_cleanup_buf_ struct buf socket = { 0 };
	_cleanup_paths_ struct paths files = { 0 };
	struct error err;

	setting(d, NRI "socket_path", "/var/run/nri/nri.sock", &socket);
	doctor_socket(d, ENGINE_CONTAINERD, buf_cstr(&socket), "can change what starts");
	if (plugins(d, &files, &err) < 0)
		remark(d, REMARK_FAULT, "nri", ENGINE_CONTAINERD, "mend it", "%s", err.text);
	for (size_t i = 0; i < files.n; i++) {
		if (tree_program(&d->tree, files.v[i], &err) < 0)
			remark(d, REMARK_FAULT, "nri", ENGINE_CONTAINERD,
			       "mend that: containerd runs it as root when it starts", "%s", err.text);
		else
			remark(d, REMARK_GOOD, "nri", ENGINE_CONTAINERD, NULL,
			       "%s can change what the CRI service starts; a door judges what came of it",
			       files.v[i]);
	}
}
