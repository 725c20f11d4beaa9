/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exec, update, checkpoint, mounts: what is asked of a container that runs already,
 * beside what it was admitted with. MUST: read what the runtime will read once, and
 * hand on those bytes, or a file that nobody else can change meanwhile.
 */
#include "door.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#include <cofferdam/file.h>
#include <cofferdam/gate.h>
#include <cofferdam/harden.h>

#include "limits.h"

#define STREAM_WAIT_MS 5000		/* a daemon writes at once; a person may pipe */

/* A container that runs, and what is known of it. */
struct live {
	struct container_state state;
	struct buf admitted;		/* the configuration it has */
	struct candidate own;		/* the same, read */
	struct buf asked;		/* the process file, or the resources */
	struct buf config;		/* the configuration with these in it */
	char *root;
};

static void live_free(struct live *live)
{
	container_state_free(&live->state);
	buf_free(&live->admitted);
	candidate_free(&live->own);
	buf_free(&live->asked);
	buf_free(&live->config);
	free(live->root);
}

/* kept_config - as the runtime keeps it, of a container that has no record. */
static int kept_config(struct doorway *door, const struct live *live, struct buf *ret,
		       struct error *err)
{
	_cleanup_buf_ struct buf path = { 0 };

	if (door->command.runtime == RUNTIME_CRUN)
		buf_printf(&path, "%s/%s/config.json", live->root, door->run.id);
	else
		buf_printf(&path, "%s/config.json", live->state.bundle);
	if (buf_check(&path, err) < 0)
		return err->code;
	/* the runtime reads it again: nobody is to change it meanwhile */
	if (!run_audit(&door->run))
		return file_read_trusted(buf_cstr(&path), process_owner(door->run.rootless),
					 FILE_CONFIG_MAX, ret, NULL, err);
	return file_read(AT_FDCWD, buf_cstr(&path), true, FILE_CONFIG_MAX, ret, NULL, err);
}

/* runtime_dir - where runc looks at it: for root in a user namespace alone, who is not
 * called so there (rootless_linux.go). */
static const char *runtime_dir(const struct doorway *door)
{
	const bool root = geteuid() == 0 && (!process_user_namespace() ||
					     (door->user && strcmp(door->user, "root") == 0));

	return root && door->command.runtime == RUNTIME_RUNC ? NULL : door->xdg;
}

/* find - the container, and what it was admitted with. */
static int find(struct doorway *door, struct live *live, struct error *err)
{
	struct run *run = &door->run;
	struct container_place place = {
		.runtime = door->command.runtime, .owner = process_owner(run->rootless),
		.trusting = run_audit(run),
	};
	int r = -ENOENT;

	if (!command_id_valid(run->id))
		return error_set(err, -EINVAL, "\"%s\" is no container id", run->id);
	/* up to 1.21 it is another --root, later it is nothing */
	if (door->command.runtime == RUNTIME_CRUN && command_value(&door->command, OPTION_ROOTLESS))
		return error_set(err, -EINVAL,
				 "--rootless: releases of crun differ on which container is meant then; leave it out");
	live->root = container_root(&door->command, runtime_dir(door), door->pwd);
	if (!live->root)
		return error_oom(err);
	place.root = live->root;
	r = container_state(&place, run->id, &live->state, err);
	/* nor may the runtime find one a moment later, or in another place */
	if (r == -ENOENT)
		return error_context(err, "container %s does not exist", run->id);
	if (r < 0)
		return r;
	run->pid = live->state.pid;
	run->bundle = live->state.bundle;
	run->bundle_fd = open(live->state.bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	r = door_alone(door) ? -ENOENT
			     : admitted_config(admitted_dir(), run->id, live->state.pid,
					       live->state.start, &live->admitted, err);
	if (r == -ENOENT)
		r = kept_config(door, live, &live->admitted, err);
	return r < 0 ? r : candidate_parse("the admitted configuration", &live->admitted,
					   &live->own, err);
}

/* judge - @live->config, by the rules on @on. */
static int judge(struct doorway *door, struct live *live, unsigned on, struct error *err)
{
	struct run *run = &door->run;
	int r = candidate_parse("what is asked for", &live->config, &run->candidate, err);

	run->on = on;
	run->admitted = &live->own.spec;
	run->created = live->state.created;
	return r < 0 ? r : run_judge(run, DOOR_RUNTIME, err);
}

/* end - the record, and what is said. */
static int end(struct doorway *door, int r, const struct error *err)
{
	if (r < 0)
		door->run.judged = false;
	return run_conclude(&door->run, err);
}

/* --- exec --- */

/* read_process - the process that is asked for: the file's, or the options'. */
static int read_process(struct doorway *door, struct live *live, struct stat *st,
			struct error *err)
{
	const char *path = command_value(&door->command, OPTION_PROCESS);
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf base = { 0 };
	int r;

	if (path && path[0]) {
		if (run_audit(&door->run))
			return file_read(AT_FDCWD, path, false, FILE_CONFIG_MAX, &live->asked, st,
					 err);
		r = file_read_trusted(path, process_owner(door->run.rootless), FILE_CONFIG_MAX,
				      &live->asked, NULL, err);
		if (r == 0 && fstatat(AT_FDCWD, path, st, AT_SYMLINK_NOFOLLOW) < 0)
			r = error_sys(err, errno, "%s", path);
		return r;
	}
	/* What runc reads now is the bundle's file, which may be another one by now. */
	r = kept_config(door, live, &base, err);
	if (r == 0)
		r = json_parse("config.json", buf_cstr(&base), base.len, 0, &doc, err);
	return r < 0 ? r : door_exec_process(&door->command, doc, &live->asked, err);
}

/* hardened_process - @live->config's process as it may be. */
static int hardened_process(struct doorway *door, struct buf *ret, struct error *err)
{
	struct run *run = &door->run;
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	const struct json *process;
	int r = harden_config(&run->candidate.subject, &run->candidate.decision, &text, err);

	if (r == 0)
		r = json_parse("hardened", buf_cstr(&text), text.len, 0, &doc, err);
	if (r < 0)
		return r;
	process = json_get(doc->root, "process");
	if (process)
		buf_add(ret, doc->text + process->start, process->end - process->start);
	return buf_check(ret, err);
}

/* replace_file - the --process file, in its place. */
static int replace_file(const char *path, const struct buf *text, const struct stat *st,
			struct error *err)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *dir = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	_cleanup_close_ int fd = -1;

	if (!dir)
		return error_oom(err);
	if (!S_ISREG(st->st_mode))
		return error_set(err, -EINVAL, "%s: a link, which cannot be replaced", path);
	fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_sys(err, errno, "%s", dir);
	/* the runtime reads it at once, and nobody after that */
	return file_put(fd, slash ? slash + 1 : path, buf_cstr(text), text->len, st, err);
}

/* sealed - @text in a descriptor that nobody can change and execve(2) keeps. */
static int sealed(const struct buf *text, struct error *err)
{
	_cleanup_close_ int fd = memfd_create("cofferdam", MFD_ALLOW_SEALING);

	if (fd < 0)
		return error_sys(err, errno, "memfd_create");
	if (file_write_all(fd, buf_cstr(text), text->len, err) < 0)
		return err->code;
	if (lseek(fd, 0, SEEK_SET) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return error_sys(err, errno, "a sealed copy");
	return steal_fd(&fd);
}

/* hand_process - instead of the options that made it. */
static int hand_process(struct doorway *door, const struct buf *text, struct error *err)
{
	char name[64];
	int fd = sealed(text, err);

	if (fd < 0)
		return fd;
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	door->made = command_with_process(&door->command, door->argv, name);
	if (!door->made)
		return error_oom(err);
	door->argv = door->made;
	return 0;
}

static int harden_exec(struct doorway *door, const struct stat *st, struct error *err)
{
	const char *path = command_value(&door->command, OPTION_PROCESS);
	_cleanup_buf_ struct buf process = { 0 };
	int r = hardened_process(door, &process, err);

	if (r == 0)
		r = path && path[0] ? replace_file(path, &process, st, err)
				    : hand_process(door, &process, err);
	door->run.hardened = r == 0;
	return r;
}

/*
 * check_cgroup_option - outside of the container's cgroup the process would be outside
 * of the limits and of the devices that were judged. runc up to 1.3 takes a ".." that
 * leads to a cgroup whose name only begins like the container's; crun any, and with
 * cgroup v1 it leaves the process where the caller is.
 */
static int check_cgroup_option(const struct doorway *door, struct error *err)
{
	const bool crun = door->command.runtime == RUNTIME_CRUN;

	for (size_t i = 0; i < door->command.n_options; i++) {
		const struct command_option *option = &door->command.options[i];

		if (option->id == OPTION_CGROUP && (crun || strstr(option->value, "..")))
			return error_set(err, -EINVAL, "--cgroup %s: %s does not keep it within the container's cgroup; leave it out",
					 option->value, runtime_name(door->command.runtime));
	}
	return 0;
}

/* add_count - @end and a number of descriptors more; INT_MAX for what is no number. */
static int add_count(int end, const char *text)
{
	char *rest;
	long n;

	if (!text || !*text)
		return end;
	n = strtol(text, &rest, 10);
	/* whoever calls may name it many times over */
	return *rest || n < 0 || n > INT_MAX - end ? INT_MAX : end + (int)n;
}

/*
 * check_descriptors - the process gets the first three, and as many more as
 * --preserve-fds and LISTEN_FDS say (sd_listen_fds(3)). A folder leads out of the
 * container ("fd/3/.."), and a block device to all that is on it. Here is no gate
 * that would look; our own are closed by execve(2).
 */
static int check_descriptors(const struct doorway *door, struct error *err)
{
	static const char listen[] = "LISTEN_FDS=";
	int end = add_count(3, command_value(&door->command, OPTION_PRESERVE_FDS));
	_cleanup_dir_ DIR *dir = opendir("/proc/self/fd");
	int r = dir ? 1 : -errno;

	for (char **e = door->envp; *e; e++) {
		if (strncmp(*e, listen, sizeof(listen) - 1) == 0)
			end = add_count(end, *e + sizeof(listen) - 1);
	}
	for (const struct dirent *entry; r > 0 && (r = dir_next(dir, &entry)) > 0;) {
		const int fd = (int)strtol(entry->d_name, NULL, 10);
		const int flags = fd < end ? fcntl(fd, F_GETFD) : -1;
		struct stat st;

		if (flags < 0 || (flags & FD_CLOEXEC))
			continue;
		if (fstat(fd, &st) < 0)
			return error_sys(err, errno, "descriptor %d", fd);
		if (S_ISDIR(st.st_mode) || S_ISBLK(st.st_mode))
			return error_set(err, -EPERM, "descriptor %d, which the process would get, is a %s of the host",
					 fd, S_ISDIR(st.st_mode) ? "folder" : "block device");
	}
	return r < 0 ? error_sys(err, -r, "/proc/self/fd") : 0;
}

int door_exec(struct doorway *door)
{
	_cleanup_(live_free) struct live live = { 0 };
	struct run *run = &door->run;
	struct error err = { 0 };
	struct stat st = { 0 };
	int r;

	run->id = door->command.args[0];
	r = check_cgroup_option(door, &err);
	if (r == 0)
		r = check_descriptors(door, &err);
	if (r == 0)
		r = find(door, &live, &err);
	/* one that is created and not started is refused */
	if (r == 0 && !live.state.created)
		gate_await((pid_t)live.state.pid);
	if (r == 0)
		r = read_process(door, &live, &st, &err);
	if (r == 0)
		r = door_exec_config(&live.admitted, &live.asked, &live.config, &err);
	if (r == 0)
		r = judge(door, &live, ON_EXEC, &err);
	if (r == 0 && !run_audit(run) && run->candidate.decision.verdict == VERDICT_HARDEN)
		r = harden_exec(door, &st, &err);
	return end(door, r, &err);
}

/* --- update, checkpoint, mounts --- */

/* read_resources - once; what came on standard input goes there again. */
static int read_resources(struct doorway *door, struct buf *ret, struct error *err)
{
	const char *path = command_value(&door->command, OPTION_RESOURCES);
	_cleanup_close_ int copy = -1;
	int r;

	if (strcmp(path, "-") != 0)
		return run_audit(&door->run)
			? file_read(AT_FDCWD, path, false, POLICY_FILE_MAX, ret, NULL, err)
			: file_read_trusted(path, process_owner(door->run.rootless),
					    POLICY_FILE_MAX, ret, NULL, err);
	r = file_read_stream(STDIN_FILENO, "the resources on standard input", POLICY_FILE_MAX,
			     STREAM_WAIT_MS, ret, err);
	if (r < 0)
		return r;
	copy = sealed(ret, err);
	if (copy < 0)
		return copy;
	return dup2(copy, STDIN_FILENO) < 0 ? error_sys(err, errno, "standard input") : 0;
}

static int asked_config(struct doorway *door, struct live *live, struct error *err)
{
	const char *path = command_value(&door->command, OPTION_RESOURCES);
	const bool file = door->command.verb == VERB_UPDATE && path && path[0];
	const struct door_update what = {
		.resources = file ? &live->asked : NULL, .pid = live->state.pid,
	};
	int r = 0;

	if (door->command.verb != VERB_UPDATE) {
		buf_add(&live->config, buf_cstr(&live->admitted), live->admitted.len);
		return buf_check(&live->config, err);
	}
	if (file)
		r = read_resources(door, &live->asked, err);
	return r < 0 ? r : door_update_config(&door->command, &live->admitted, &what, &live->config, err);
}

int door_change(struct doorway *door)
{
	const bool mounts = door->command.verb == VERB_MOUNTS;
	_cleanup_(live_free) struct live live = { 0 };
	struct error err = { 0 };
	int r;

	/* mounts [add|remove] ID FILE */
	if (mounts && (door->command.n_args < 2 || strcmp(door->command.args[0], "add") != 0))
		return 0;
	door->run.id = door->command.args[mounts ? 1 : 0];
	r = find(door, &live, &err);
	if (r == 0)
		r = asked_config(door, &live, &err);
	if (r == 0)
		r = judge(door, &live, mounts ? ON_MOUNTS :
			  door->command.verb == VERB_UPDATE ? ON_UPDATE : ON_CHECKPOINT, &err);
	return end(door, r, &err);
}
