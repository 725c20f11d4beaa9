/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DOOR_H
#define COFFERDAM_DOOR_H

/* What the runtime door does beyond judging and hardening. */

#include <cofferdam/admitted.h>
#include <cofferdam/command.h>
#include <cofferdam/engine.h>

/* How Cofferdam's own hook is put into a configuration. */
struct door_hook {
	const char *path;		/* of cofferdam-hook */
	enum engine engine;
	const char *host_config;	/* NULL: the default place */
};

/*
 * door_hooks - the configuration @doc with Cofferdam's own hook as the last of
 * createRuntime, where it verifies and arms the gate, and, where others would
 * run before it, as the first of all as well, where it only verifies. What
 * there was of it before goes. A configuration that is so already comes back
 * byte for byte.
 */
int door_hooks(const struct json_doc *doc, const struct door_hook *how, struct buf *ret,
	       struct error *err) must_check;

/*
 * door_exec_process - the process that the exec @command asks for by its options,
 * as JSON: what its runtime would make of them and of @config, the configuration
 * that it reads (runc the bundle's, crun its own copy). -EINVAL: a value that
 * neither runtime takes.
 */
int door_exec_process(const struct command_line *command, const struct json_doc *config,
		      struct buf *ret, struct error *err) must_check;

/* door_exec_config - @admitted with @process in place of its own process. */
int door_exec_config(const struct buf *admitted, const struct buf *process, struct buf *ret,
		     struct error *err) must_check;

/* What an update asks for beside its options. */
struct door_update {
	const struct buf *resources;	/* the text of its --resources, which may be anything; or NULL */
	int64_t pid;			/* of the container's init, or 0 */
};

/*
 * door_update_config - @admitted with what the update @command sets. A CPU quota or period that
 * is set alone has the other that the container has now: an earlier update may have set it.
 */
int door_update_config(const struct command_line *command, const struct buf *admitted,
		       const struct door_update *what, struct buf *ret, struct error *err) must_check;

/* What a runtime keeps of a container. */
struct container_state {
	int64_t pid;			/* of init */
	uint64_t start;			/* of it, in clock ticks after boot */
	bool created;			/* and not started yet */
	char *bundle;
};

/* Where a runtime keeps its containers. */
struct container_place {
	enum runtime runtime;
	const char *root;
	uid_t owner;			/* who alone, beside root, may change what is there */
	bool trusting;			/* nobody asks */
};

/* container_state - of @id, as it is kept at @place. -ENOENT: there is no such container. */
int container_state(const struct container_place *place, const char *id,
		    struct container_state *ret, struct error *err) must_check;
void container_state_free(struct container_state *state);
#define _cleanup_container_ _cleanup_(container_state_free)

/*
 * container_root - the folder below which @command's runtime keeps its
 * containers: --root, or its default, which $XDG_RUNTIME_DIR (@xdg, NULL where it
 * has none or does not look at it) can move. A relative one of runc's begins at $PWD
 * (@pwd, may be NULL) if that is right. malloc'd; NULL when memory is exhausted.
 */
char *container_root(const struct command_line *command, const char *xdg, const char *pwd);

/*
 * door_error_line - append one error as the runtime writes it to its --log file, in
 * the form that --log-format (may be NULL) asked for; without a newline.
 */
void door_error_line(struct buf *out, const char *format, const char *text);

#endif
