/* SPDX-License-Identifier: Apache-2.0 */
#include "profile.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>

#define PROFILE_MAX (4u << 20)

/* Where the library shared by podman, Buildah and CRI-O looks, in this order. */
static const char *const containers_common[] = {
	SYSCONFDIR "/containers/seccomp.json", "/usr/share/containers/seccomp.json"
};

void given_free(struct given *g)
{
	seccomp_profile_free(&g->profile);
	seccomp_program_free(&g->program);
}

static int read_text(const char *name, struct buf *text, struct error *err)
{
	size_t len;
	const char *shipped = profile_shipped(name, &len);
	int r = -ENOENT;

	if (shipped) {
		buf_add(text, shipped, len);
		return buf_check(text, err);
	}
	if (strcmp(name, "-") == 0)
		return file_read_stream(STDIN_FILENO, "standard input", PROFILE_MAX, STDIN_WAIT_MS, text,
					err);
	if (strcmp(name, "docker") == 0 || strcmp(name, "containerd") == 0)
		return error_set(err, -EINVAL,
				 "%s has its default compiled in: take it from a container's config.json, or give the file that it was built from",
				 name);
	if (strcmp(name, "podman") != 0)
		return file_read(AT_FDCWD, name, false, PROFILE_MAX, text, NULL, err);
	for (size_t i = 0; i < ARRAY_SIZE(containers_common) && r == -ENOENT; i++)
		r = file_read(AT_FDCWD, containers_common[i], false, PROFILE_MAX, text, NULL, err);
	return r;
}

/* A compiled filter is an array of struct sock_filter, and so full of zeroes, which
 * JSON never has. */
static int take_program(const char *name, struct given *g, const struct buf *text,
			struct error *err)
{
	const size_t n = text->len / sizeof(struct sock_filter);

	if (n == 0 || n > BPF_MAXINSNS || text->len % sizeof(struct sock_filter))
		return error_set(err, -EINVAL, "%s: neither JSON nor a filter", name);
	g->program.v = malloc(text->len);
	if (!g->program.v)
		return error_oom(err);
	memcpy(g->program.v, text->data, text->len);
	g->program.n = n;
	return 0;
}

int given_read(const struct seccomp_scope *scope, const char *name, bool compile,
	       struct given *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_text(name, &text, err);

	if (r < 0)
		return r;
	if (text.len && memchr(text.data, '\0', text.len))
		return take_program(name, ret, &text, err);
	r = seccomp_profile_read(name, buf_cstr(&text), text.len, scope, &ret->profile, err);
	if (r == 0 && compile)
		r = seccomp_profile_compile(&ret->profile, scope->audit_arch, &ret->program, err);
	return r;
}
