/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container that any policy refuses, with every privilege and in the host's pid
 * namespace, from an empty root filesystem: where it is not refused, nothing of it
 * can run, for there is no program.
 */
#include "doctor-private.h"

#include <string.h>

#include <cofferdam/text.h>

/* The last line that tells of an error, or the last that says anything. */
static void telling_line(const struct buf *said, struct buf *out)
{
	const char *line = buf_cstr(said), *best = line;

	while (*line) {
		const char *end = line + strcspn(line, "\n");
		const char *error = strstr(line, "rror");

		if ((error && error < end) || *best == '\0')
			best = line;
		line = *end ? end + 1 : end;
	}
	buf_add(out, best, strcspn(best, "\n"));
}

/*
 * past_door - whether the runtime itself failed to run it: in the container, or with
 * privileges that this host does not have (runc's words; hooks fail in others).
 */
static bool past_door(const char *said)
{
	return strstr(said, CANARY_PROGRAM) || (strstr(said, "unable to start container process") &&
						!strstr(said, "running hook"));
}

void canary_told(struct doctor *d, enum engine engine, const char *how, const struct buf *said,
		 int status)
{
	const char *text = buf_cstr(said);
	_cleanup_buf_ struct buf line = { 0 };

	telling_line(said, &line);
	if (status != 0 && strstr(text, "cofferdam: ") && strstr(text, "denied by"))
		remark(d, REMARK_GOOD, "canary", engine, NULL, "%s: it was refused", how);
	else if (status == 0 || past_door(text))
		remark(d, REMARK_FAULT, "canary", engine,
		       "it would have started: see the other remarks, and that the policy denies "
		       "rule privileged", "%s: it was NOT refused: %s", how, buf_cstr(&line));
	else
		remark(d, REMARK_FAULT, "canary", engine, "mend that, and try again",
		       "%s: it failed before it came to the door: %s", how, buf_cstr(&line));
}

/* try_one - whether what @argv starts is refused, by us. */
static void try_one(struct doctor *d, enum engine engine, const char *how, const char *const *argv)
{
	_cleanup_buf_ struct buf said = { 0 };
	struct error err = { 0 };
	int status = 0;

	if (spawn_run(argv, NULL, CANARY_DEADLINE_MS, &said, &status, &err) < 0)
		remark(d, REMARK_FAULT, "canary", engine, "look whether the engine answers",
		       "%s: it could not be tried: %s", how, err.text);
	else
		canary_told(d, engine, how, &said, status);
}

/* --- each engine's command line, for this host whatever its user's settings name --- */

#define DOCKER "docker", "--context", "default"

static void podman(struct doctor *d, const char *root)
{
	const char *argv[] = { "podman", "--remote=false", "run", "--rm", "--name", text_path_base(root),
			       "--network", "none", "--privileged", "--pid", "host", "--rootfs", root,
			       CANARY_PROGRAM, NULL };

	try_one(d, ENGINE_PODMAN, "podman run --privileged", argv);
}

static void docker_run(struct doctor *d, const char *image, bool runc)
{
	const char *name = strchr(image, ':') + 1;
	const char *argv[] = { DOCKER, "run", "--rm", "--name", name, "--network", "none", "--privileged",
			       "--pid", "host", "--runtime", "runc", image, CANARY_PROGRAM, NULL };
	const char *plain[] = { DOCKER, "run", "--rm", "--name", name, "--network", "none", "--privileged",
				"--pid", "host", image, CANARY_PROGRAM, NULL };

	if (runc)
		try_one(d, ENGINE_DOCKER, "docker run --runtime runc --privileged", argv);
	else
		try_one(d, ENGINE_DOCKER, "docker run --privileged", plain);
}

/* its name has no capitals, and its tag may */
static void docker_image(struct doctor *d, const char *image)
{
	const char *import[] = { DOCKER, "import", "-", image, NULL };
	const char *away[] = { DOCKER, "rmi", "--force", image, NULL };
	_cleanup_buf_ struct buf empty = { 0 }, said = { 0 }, line = { 0 };
	static const char zeros[1024];
	struct error err = { 0 };
	int status = 0, r;

	buf_add(&empty, zeros, sizeof(zeros));	/* the end of an archive, and nothing before it */
	r = spawn_run(import, &empty, CANARY_DEADLINE_MS, &said, &status, &err);
	if (r < 0 || status != 0) {
		telling_line(&said, &line);
		remark(d, REMARK_FAULT, "canary", ENGINE_DOCKER, "look whether dockerd answers",
		       "it could not be tried: %s", r < 0 ? err.text : buf_cstr(&line));
		return;
	}
	docker_run(d, image, false);
	if (d->state.doors[ENGINE_DOCKER][INSTALL_DIVERT])
		docker_run(d, image, true);
	buf_reset(&said);
	if (spawn_run(away, NULL, CANARY_DEADLINE_MS, &said, &status, &err) < 0 || status != 0)
		remark(d, REMARK_WARNING, "canary", ENGINE_DOCKER, "take it away: docker rmi",
		       "its image %s is left: %s", image, buf_cstr(&said));
}

static void docker(struct doctor *d, const char *root)
{
	_cleanup_free_ char *image = NULL;
	const char *host = getenv("DOCKER_HOST");

	if (host && *host && strncmp(host, "unix://", strlen("unix://")) != 0) {
		remark(d, REMARK_FAULT, "canary", ENGINE_DOCKER, "run it with DOCKER_HOST unset",
		       "not tried: DOCKER_HOST is %s, and that may be another host's dockerd", host);
		return;
	}
	if (asprintf(&image, CANARY_NAME ":%s", text_path_base(root)) < 0) {
		image = NULL;
		d->out->oom = true;
		return;
	}
	docker_image(d, image);
}

static void containerd(struct doctor *d, const char *root)
{
	static const char door[] = LIBEXECDIR "/containerd/runc";
	const char *name = text_path_base(root);
	const char *named[] = { "ctr", "run", "--rm", "--privileged", "--runc-binary", door,
				"--rootfs", root, name, CANARY_PROGRAM, NULL };
	const char *plain[] = { "ctr", "run", "--rm", "--privileged", "--rootfs", root, name,
				CANARY_PROGRAM, NULL };

	if (d->state.doors[ENGINE_CONTAINERD][INSTALL_DIVERT])
		try_one(d, ENGINE_CONTAINERD, "ctr run --privileged", plain);
	else
		try_one(d, ENGINE_CONTAINERD, "ctr run --privileged --runc-binary DOOR (it shows the "
			"door, not that the CRI service calls it)", named);
}

/* @root's name is every canary's: two that are tried at once have different ones. */
static void canaries(struct doctor *d, const char *root)
{
	if (installed_uses(&d->state, ENGINE_PODMAN))
		podman(d, root);
	if (installed_uses(&d->state, ENGINE_CONTAINERD))
		containerd(d, root);
	if (installed_uses(&d->state, ENGINE_DOCKER))
		docker(d, root);
	if (installed_uses(&d->state, ENGINE_CRIO))
		canary_crio(d, root);
}

int doctor_canary(struct remarks *ret, struct error *err)
{
	char root[] = "/tmp/" CANARY_NAME ".XXXXXX";
	struct doctor d = { .tree.fd = -1, .out = ret };
	int r = tree_open(NULL, &d.tree, err);

	if (r == 0)
		r = installed_load(&d.tree, &d.state, err);
	if (r == 0 && host_here(&d.tree, &d.host, err) < 0)
		r = err->code;
	if (r == 0 && d.host && d.host->mode == MODE_AUDIT) {
		remark(&d, REMARK_WARNING, "canary", ENGINE_UNKNOWN, "cofferdam install --enforce",
		       "not tried: in mode audit nothing is refused");
	} else if (r == 0) {
		if (!mkdtemp(root)) {
			r = error_sys(err, errno, "%s", root);
		} else {
			const char *argv[] = { "rm", "-rf", "--one-file-system", root, NULL };
			_cleanup_buf_ struct buf said = { 0 };
			struct error ignored;
			int status;

			canaries(&d, root);
			/* engines make folders in it */
			(void)!spawn_run(argv, NULL, CANARY_DEADLINE_MS, &said, &status, &ignored);
		}
	}
	if (r == 0 && ret->oom)
		r = error_oom(err);
	host_free(&d.host);
	installed_free(&d.state);
	tree_close(&d.tree);
	return r;
}
