/* SPDX-License-Identifier: Apache-2.0 */
/*
 * create, run and restore: the bundle's config.json is judged and hardened in its
 * place, and what comes of it is recorded. MUST: judge the file that the runtime
 * will read, which nobody but root can change meanwhile; change nothing in audit
 * mode; leave the file as it was unless the runtime may have it.
 */
#include "door.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>
#include <cofferdam/harden.h>
#include <cofferdam/process.h>

#include "limits.h"

/* One in so many starts looks for records of containers that are gone. */
#define SWEEP_ONE_IN 16

bool door_alone(const struct doorway *door)
{
	return geteuid() != 0 || door->run.rootless;
}

/*
 * check_config_option - crun's --config, which names another file to read. Another
 * name of the bundle's own file will not do: what was judged and hardened takes the
 * place of one name, and the others lead to what was there before.
 */
static int check_config_option(const struct doorway *door, struct error *err)
{
	const char *config = command_value(&door->command, OPTION_CONFIG);
	const char *slash = config ? strrchr(config, '/') : NULL;
	_cleanup_free_ char *folder = slash ? strndup(config, (size_t)(slash - config) + 1) : NULL;
	_cleanup_close_ int fd = -1;
	struct stat own, his;

	/* This very word is taken from the bundle, all others from where crun is. */
	if (!config || strcmp(config, "config.json") == 0)
		return 0;
	if (slash && !folder)
		return error_oom(err);
	if (slash && strcmp(slash, "/config.json") == 0)
		fd = file_open_trusted(folder, O_PATH | O_DIRECTORY,
				       process_owner(door->run.rootless), err);
	if (fd >= 0 && fstat(fd, &his) == 0 && fstat(door->run.bundle_fd, &own) == 0 &&
	    his.st_dev == own.st_dev && his.st_ino == own.st_ino)
		return 0;
	return error_set(err, -EINVAL,
			 "--config %s: only the bundle's own config.json is judged; put it there",
			 config);
}

/* open_bundle - as the runtime finds it: the folder, and the name for messages. */
static int open_bundle(struct doorway *door, char **ret_name, struct error *err)
{
	const char *given = command_value(&door->command, OPTION_BUNDLE);
	const char *path = given && given[0] ? given : ".";
	struct run *run = &door->run;

	if (asprintf(ret_name, "%s/config.json", path) < 0) {
		*ret_name = NULL;
		return error_oom(err);
	}
	run->bundle_fd = run_audit(run) ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC)
					: dir_open_trusted(path, process_owner(run->rootless),
							   &door->bundle, err);
	if (run->bundle_fd < 0 && run_audit(run))
		return error_sys(err, errno, "%s", path);
	if (run->bundle_fd < 0)
		return error_context(err, "the bundle");
	if (!door->bundle &&
	    (fd_path(run->bundle_fd, &door->bundle) < 0 || door->bundle[0] != '/'))
		return error_set(err, -EIO, "%s: its path cannot be told", path);
	run->bundle = door->bundle;
	return 0;
}

/*
 * told - both runtimes make cgroups as files unless they are told otherwise; the last
 * word counts, of crun's two options as well.
 */
static enum cgroup_by told(const struct command_line *command, bool *ret_none)
{
	enum cgroup_by by = CGROUP_BY_FILES;

	*ret_none = false;
	for (size_t i = 0; i < command->n_options; i++) {
		const struct command_option *option = &command->options[i];

		if (option->id == OPTION_SYSTEMD_CGROUP) {
			by = option->on ? CGROUP_BY_SYSTEMD : CGROUP_BY_FILES;
			*ret_none = false;
		} else if (option->id == OPTION_CGROUP_MANAGER) {
			by = strcmp(option->value, "systemd") == 0 ? CGROUP_BY_SYSTEMD
								   : CGROUP_BY_FILES;
			*ret_none = strcmp(option->value, "disabled") == 0;
		}
	}
	return by;
}

/*
 * without_cgroup - crun with --cgroup-manager=disabled leaves the container in its
 * caller's cgroup: no limit of config.json is in force then, nor what it says of devices.
 */
static int without_cgroup(struct doorway *door, struct buf *text, struct error *err)
{
	static const char *const idle[] = { "/linux/resources", "/linux/cgroupsPath" };
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf less = { 0 };
	int r = json_parse("config.json", buf_cstr(text), text->len, 0, &doc, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(idle); i++) {
		if (json_at(doc, idle[i]))
			r = json_edits_add(&edits, JSON_REMOVE, idle[i], NULL, err);
	}
	if (r == 0)
		r = json_apply(doc, &edits, &less, err);
	if (r < 0)
		return r;
	door->whole = *text;
	*text = less;
	less = (struct buf){ 0 };
	return 0;
}

static int read_config(struct doorway *door, const char *name, struct stat *st, struct error *err)
{
	struct run *run = &door->run;
	_cleanup_buf_ struct buf text = { 0 };
	const struct trusted_dir dir = {
		.fd = run->bundle_fd, .path = run->bundle, .owner = process_owner(run->rootless),
	};
	int r;

	if (run_audit(run))
		r = file_read(run->bundle_fd, "config.json", false, FILE_CONFIG_MAX, &text, st, err);
	else
		r = file_read_below(&dir, "config.json", FILE_CONFIG_MAX, &text, st, err);
	if (r == 0 && door->no_cgroup)
		r = without_cgroup(door, &text, err);
	if (r < 0)
		return r;
	process_heap_fill(text.len);
	return candidate_parse(name, &text, &run->candidate, err);
}

/* judge - of the runtime's verb; sets run.judged. */
static int judge(struct doorway *door, const char *name, struct stat *st, struct error *err)
{
	struct run *run = &door->run;
	int r;

	if (!command_id_valid(door->command.args[0]))
		return error_set(err, -EINVAL, "\"%s\" is no container id: letters, digits and _+-.,",
				 door->command.args[0]);
	run->cgroup_by = told(&door->command, &door->no_cgroup);
	r = read_config(door, name, st, err);
	if (r == 0)
		r = check_config_option(door, err);
	return r < 0 ? r : run_judge(run, DOOR_RUNTIME, err);
}

/* add_hooks - @doc with Cofferdam's own, so that what runs is what was admitted. */
static int add_hooks(struct doorway *door, const struct json_doc *doc, struct buf *ret,
		     struct error *err)
{
	_cleanup_free_ char *path = program_beside("cofferdam-hook");
	const struct door_hook how = {
		.path = path, .engine = door->call.engine, .host_config = door->call.host_config,
	};

	if (!path || access(path, X_OK) < 0)
		return error_sys(err, path ? errno : ENOMEM,
				 "the hook that verifies what runs, %s", path ? path : "");
	return door_hooks(doc, &how, ret, err);
}

/* finish - the configuration that the runtime is to read. */
static int finish(struct doorway *door, struct buf *ret, struct error *err)
{
	struct candidate *judged = &door->run.candidate;
	_cleanup_candidate_ struct candidate hardened = { 0 };
	const struct json_doc *doc = judged->doc;
	int r = 0;

	if (judged->decision.verdict == VERDICT_HARDEN) {
		r = harden_candidate(&judged->subject, &judged->decision, &hardened, err);
		doc = hardened.doc;
	}
	if (r == 0 && door->no_cgroup && json_at(doc, "/linux/resources"))
		return error_set(err, -EINVAL, "--cgroup-manager=disabled: without a cgroup of its own the container can get none of the limits that the policy wants");
	if (r == 0 && !door_alone(door))
		return add_hooks(door, doc, ret, err);
	if (r == 0) {
		buf_add(ret, doc->text, doc->len);
		r = buf_check(ret, err);
	}
	return r;
}

static int record(struct doorway *door, const char *config, size_t len, struct error *err)
{
	const struct run *run = &door->run;
	const struct admission what = {
		.id = run->id, .bundle = run->bundle, .engine = engine_name(door->call.engine),
		.runtime = door->real, .policy = run->policy->name,
		.verdict = verdict_name(run->candidate.decision.verdict),
		.config = config, .len = len,
	};

	if (now_us() % SWEEP_ONE_IN == 0)
		admitted_sweep(admitted_dir());
	return admitted_put(admitted_dir(), &what, err);
}

/* as_it_is - the text of config.json, of which less may have been judged. */
static const char *as_it_is(const struct doorway *door, size_t *ret_len)
{
	const struct json_doc *doc = door->run.candidate.doc;

	*ret_len = door->no_cgroup ? door->whole.len : doc->len;
	return door->no_cgroup ? buf_cstr(&door->whole) : doc->text;
}

/*
 * exchange - the file is written beside while what was admitted is recorded, synced, and
 * renamed. Its folder is not synced: after a crash of the host either the old file is
 * there or the new one, and either passes the door again before anything starts, as no
 * container, and no record of an admission, outlasts the host.
 */
static int exchange(struct doorway *door, const struct buf *final, const struct stat *st,
		    struct error *err)
{
	size_t len;
	const char *before = as_it_is(door, &len);
	const bool changed = final->len != len || memcmp(buf_cstr(final), before, len) != 0;
	_cleanup_new_ struct file_new file = {
		.dirfd = door->run.bundle_fd, .name = "config.json", .like = st, .fd = -1,
	};
	int r = changed ? file_prepare(&file, buf_cstr(final), final->len, err) : 0;

	if (r == 0 && !door_alone(door))
		r = record(door, buf_cstr(final), final->len, err);
	return r == 0 && changed ? file_settle(&file, err) : r;
}

/* apply - what was allowed becomes what the runtime reads; not to be cut short. */
static int apply(struct doorway *door, const struct stat *st, struct error *err)
{
	struct run *run = &door->run;
	_cleanup_buf_ struct buf final = { 0 };
	sigset_t ends, mask;
	int r;

	/* A file half written would stay beside it; the signal waits until it is whole. */
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigaddset(&ends, SIGQUIT);
	(void)sigprocmask(SIG_BLOCK, &ends, &mask);

	r = finish(door, &final, err);
	if (r == 0)
		r = exchange(door, &final, st, err);
	(void)sigprocmask(SIG_SETMASK, &mask, NULL);
	run->hardened = r == 0;
	run->judged = r == 0;
	return r;
}

/* check_gate - where the hook would refuse what is restored, as there is nothing to hold it at. */
static int check_gate(struct doorway *door, struct error *err)
{
	if (door->command.verb != VERB_RESTORE || door_alone(door) || door->run.host->gate == GATE_OFF)
		return 0;
	door->run.judged = false;
	return error_set(err, -EOPNOTSUPP, "what comes from a checkpoint never reaches an exec, at which the "
			 "gate could hold it; set \"gate\": \"off\" where restore is wanted");
}

/*
 * leaves_it - whether the runtime gets the very file that the engine wrote: in audit mode,
 * and where no rule is on, so that there is nothing that a hook could verify.
 */
static bool leaves_it(const struct run *run)
{
	return run_audit(run) || (!run->asks && run->host->gate == GATE_OFF &&
				  run->candidate.decision.verdict == VERDICT_ALLOW);
}

/* hook_asks - whether a hook may ask for the record: the engine's own, or one put there before. */
static bool hook_asks(const struct run *run)
{
	const struct oci_hooks *hooks = &run->candidate.spec.hooks;

	return run->host->unadmitted_deny || hooks->prestart.n > 0 || hooks->create_runtime.n > 0;
}

/*
 * note - of a file that is left as it is: that it passed the door. It is no reason to refuse
 * if that fails.
 */
static void note(struct doorway *door)
{
	struct error err;
	size_t len;
	const char *text = as_it_is(door, &len);

	if (!door_alone(door) && hook_asks(&door->run))
		(void)!record(door, text, len, &err);
}

int door_start(struct doorway *door)
{
	struct run *run = &door->run;
	_cleanup_free_ char *name = NULL;
	struct error err = { 0 };
	struct stat st;
	int r;

	run->id = door->command.args[0];
	run->on = door->command.verb == VERB_RESTORE ? ON_START | ON_RESTORE : ON_START;
	r = open_bundle(door, &name, &err);
	if (r == 0)
		r = judge(door, name, &st, &err);
	if (r == 0 && leaves_it(run)) {
		note(door);
	} else if (r == 0 && run->candidate.decision.verdict >= VERDICT_HARDEN) {
		r = check_gate(door, &err);
		if (r == 0)
			r = apply(door, &st, &err);
	}
	return run_conclude(run, &err);
}

void door_forget(struct doorway *door)
{
	/* Not by the name: another --root has another container of it. */
	if (!door_alone(door))
		admitted_sweep(admitted_dir());
}
