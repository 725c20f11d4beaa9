/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRI-O's canary, by crictl: a pod of the host's namespaces, which needs no network,
 * and a privileged container in it, of whatever image is there. CRI-O calls the door
 * when a container is created, so it is never started.
 */
#include "doctor-private.h"

#include <ctype.h>
#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>

#define SECURITY "\"security_context\": { \"privileged\": true, " \
		 "\"namespace_options\": { \"network\": 2, \"pid\": 2, \"ipc\": 2 } }"

struct crictl {
	struct doctor *d;
	char *endpoint;
	char *pod, *container;		/* the files of their configurations */
};

static void crictl_free(struct crictl *c)
{
	free(c->endpoint);
	free(c->pod);
	free(c->container);
}
#define _cleanup_crictl_ _cleanup_(crictl_free)

/* ask - crictl with up to four arguments; its exit status, or -1 with a remark. */
static int ask(const struct crictl *c, const char *const args[4], struct buf *said)
{
	const char *argv[] = { "crictl", "--runtime-endpoint", c->endpoint, "--image-endpoint",
			       c->endpoint, args[0], args[1], args[2], args[3], NULL, NULL };
	struct error err = { 0 };
	int status = 0;

	if (spawn_run(argv, NULL, CANARY_DEADLINE_MS, said, &status, &err) == 0)
		return status;
	remark(c->d, REMARK_FAULT, "canary", ENGINE_CRIO, "look whether CRI-O answers",
	       "it could not be tried: %s", err.text);
	return -1;
}

/* last_id - of the lines that were said the last that is an id; NULL. malloc'd. */
static char *last_id(const struct buf *said)
{
	const char *found = NULL;
	size_t found_len = 0;

	for (const char *line = buf_cstr(said); *line;) {
		size_t len = 0;

		while (isxdigit((unsigned char)line[len]))
			len++;
		if (len == 64 && (line[len] == '\n' || line[len] == '\0')) {
			found = line;
			found_len = len;
		}
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return found ? strndup(found, found_len) : NULL;
}

static int put(const char *folder, const char *name, const struct buf *text, char **ret,
	       struct error *err)
{
	_cleanup_close_ int fd = -1;
	int r = buf_check(text, err);

	if (r < 0)
		return r;
	if (asprintf(ret, "%s/%s", folder, name) < 0) {
		*ret = NULL;
		return error_oom(err);
	}
	fd = open(*ret, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? error_sys(err, errno, "%s", *ret)
		      : file_write_all(fd, text->data, text->len, err);
}

static int put_pod(struct crictl *c, const char *root, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	/* a uid of its own: what was left of another run is not in its way */
	buf_printf(&text, "{ \"metadata\": { \"name\": \"" CANARY_NAME "\", \"namespace\": \""
		   CANARY_NAME "\", \"uid\": \"%s\" },\n  \"linux\": { " SECURITY " } }\n",
		   strrchr(root, '/') + 1);
	return put(root, "pod.json", &text, &c->pod, err);
}

static int put_container(struct crictl *c, const char *root, const char *image, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_printf(&text, "{ \"metadata\": { \"name\": \"" CANARY_NAME "\" }, \"image\": { \"image\": "
		   "\"%s\" },\n  \"command\": [\"" CANARY_PROGRAM "\"], \"log_path\": \"canary.log\",\n"
		   "  \"linux\": { " SECURITY " } }\n", image);
	return put(root, "container.json", &text, &c->container, err);
}

/* In the pod @pod: a container, of any image. */
static void in_pod(struct crictl *c, const char *root, const char *pod)
{
	static const char *const list[4] = { "images", "--quiet" };
	const char *create[4] = { "create", pod };
	_cleanup_buf_ struct buf images = { 0 }, said = { 0 };
	_cleanup_free_ char *image = NULL;
	struct error err = { 0 };
	int status = ask(c, list, &images);

	if (status < 0)
		return;
	image = status == 0 ? last_id(&images) : NULL;
	if (!image) {
		remark(c->d, REMARK_WARNING, "canary", ENGINE_CRIO, "crictl pull one, and try again",
		       "CRI-O has no image to try it with");
		return;
	}
	if (put_container(c, root, image, &err) < 0) {
		remark(c->d, REMARK_FAULT, "canary", ENGINE_CRIO, "mend that, and try again", "%s", err.text);
		return;
	}
	create[2] = c->container;
	create[3] = c->pod;
	status = ask(c, create, &said);
	if (status >= 0)
		canary_told(c->d, ENGINE_CRIO, "crictl create, privileged", &said, status);
}

static void pod_away(const struct crictl *c, const char *pod)
{
	const char *stop[4] = { "stopp", pod }, *away[4] = { "rmp", "--force", pod };
	_cleanup_buf_ struct buf said = { 0 };

	if (ask(c, stop, &said) == 0 && ask(c, away, &said) == 0)
		return;
	remark(c->d, REMARK_WARNING, "canary", ENGINE_CRIO, "crictl rmp --force that pod",
	       "its pod %.12s is left: %s", pod, buf_cstr(&said));
}

void canary_crio(struct doctor *d, const char *root)
{
	_cleanup_crictl_ struct crictl c = { .d = d };
	_cleanup_free_ char *program = where_program(&d->tree, "crictl"), *pod = NULL;
	_cleanup_buf_ struct buf socket = { 0 }, said = { 0 };
	const char *run[4] = { "runp" };
	struct error err = { 0 };
	int status, r;

	if (!program) {
		remark(d, REMARK_WARNING, "canary", ENGINE_CRIO,
		       "install crictl; or start a privileged pod through the kubelet, and see that it "
		       "is refused", "there is no crictl to try it with");
		return;
	}
	r = crio_socket(&d->tree, &socket, &err);
	if (r == 0 && asprintf(&c.endpoint, "unix://%s", buf_cstr(&socket)) < 0) {
		c.endpoint = NULL;
		r = error_oom(&err);
	}
	if (r == 0)
		r = put_pod(&c, root, &err);
	if (r < 0) {
		remark(d, REMARK_FAULT, "canary", ENGINE_CRIO, "mend that, and try again", "%s", err.text);
		return;
	}
	run[1] = c.pod;
	status = ask(&c, run, &said);
	pod = status == 0 ? last_id(&said) : NULL;
	if (pod) {
		in_pod(&c, root, pod);
		pod_away(&c, pod);
	} else if (status >= 0) {
		/* where a pod has a container of its own, that one is refused */
		canary_told(d, ENGINE_CRIO, "crictl runp, privileged", &said, status);
	}
}
