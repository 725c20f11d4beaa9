/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Security modules: which is enabled, and what it says of the labels of
 * config.json. By the kernel's files, as libselinux and libapparmor read them.
 */
#include "facts-private.h"

#include <fcntl.h>
#include <string.h>

#include <cofferdam/file.h>

/* A context or profile name that is longer is none (a page, less what the kernel keeps). */
#define LABEL_MAX 4000u

#define SELINUX_DIR "/sys/fs/selinux"
#define APPARMOR_ENABLED "/sys/module/apparmor/parameters/enabled"
#define APPARMOR_PROFILES "/sys/kernel/security/apparmor/profiles"
#define PROFILES_MAX (4u << 20)

void label_free(struct fact_label *label)
{
	free(label->label);
	free(label->why);
	free(label->says);
	*label = (struct fact_label){ 0 };
}

void lsm_free(struct fact_lsm *lsm)
{
	free(lsm->why);
	for (size_t i = 0; i < lsm->n; i++)
		label_free(&lsm->v[i]);
	free(lsm->v);
	*lsm = (struct fact_lsm){ 0 };
}

const struct fact_label *facts_label(const struct fact_lsm *lsm, const char *label)
{
	for (size_t i = 0; i < lsm->n; i++) {
		if (strcmp(lsm->v[i].label, label) == 0)
			return &lsm->v[i];
	}
	return NULL;
}

/* One line of a small file of the kernel's. 0 or -errno. */
static int kernel_line(const char *path, struct buf *ret)
{
	struct error err = { 0 };

	return file_read(AT_FDCWD, path, false, 4096, ret, NULL, &err);
}

const char *lsm_name(void)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (kernel_line(SELINUX_DIR "/enforce", &text) == 0)
		return buf_cstr(&text)[0] == '1' ? "selinux enforcing" : "selinux permissive";
	if (kernel_line(APPARMOR_ENABLED, &text) == 0 && buf_cstr(&text)[0] == 'Y')
		return "apparmor";
	return "none";
}

/* lsm_label - room for what config.json names, once. @ret NULL: there is nothing to ask. */
static int lsm_label(struct fact_lsm *lsm, const struct field_str *name, struct fact_label **ret,
		     struct error *err)
{
	struct fact_label *v;

	*ret = NULL;
	if (!name->v || !*name->v || facts_label(lsm, name->v))
		return 0;
	v = reallocarray(lsm->v, lsm->n + 1, sizeof(*v));
	if (!v)
		return error_oom(err);
	lsm->v = v;
	v = &v[lsm->n];
	*v = (struct fact_label){ .label = fact_strdup(name->v, err) };
	if (!v->label)
		return -ENOMEM;
	lsm->n++;
	*ret = v;
	return 0;
}

static int unreadable(struct fact_label *label, int errnum, struct error *err)
{
	label->is = FACT_UNREADABLE;
	return fact_why_sys(&label->why, err, errnum);
}

/* A context is written to the file, which then reads as the kernel would write it. */
int label_ask(const char *label, struct fact_label *ret, struct error *err)
{
	_cleanup_close_ int fd = open(SELINUX_DIR "/context", O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_free_ char *text = NULL;
	const size_t len = strlen(label);
	ssize_t n;

	if (fd < 0)
		return unreadable(ret, errno, err);
	if (len == 0 || len > LABEL_MAX) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	do {
		n = write(fd, label, len + 1);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EINVAL) {
		ret->is = FACT_ABSENT;
		return 0;
	}
	text = n < 0 ? NULL : calloc(1, LABEL_MAX + 1);
	if (n >= 0 && !text)
		return error_oom(err);
	do {
		n = n < 0 ? n : read(fd, text, LABEL_MAX);
	} while (n < 0 && text && errno == EINTR);
	if (n < 0)
		return unreadable(ret, errno, err);
	ret->is = FACT_KNOWN;
	ret->says = fact_strdup(text, err);
	return ret->says ? 0 : -ENOMEM;
}

int selinux_state(struct fact_lsm *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	const int r = kernel_line(SELINUX_DIR "/enforce", &text);

	if (r == -ENOMEM)
		return error_oom(err);
	ret->is = r == 0 ? FACT_KNOWN : r == -ENOENT ? FACT_ABSENT : FACT_UNREADABLE;
	if (ret->is == FACT_UNREADABLE)
		return fact_why_sys(&ret->why, err, -r);
	ret->permissive = ret->is == FACT_KNOWN && buf_cstr(&text)[0] != '1';
	return 0;
}

int selinux_gather(const struct oci_spec *spec, struct fact_lsm *ret, struct error *err)
{
	const struct field_str *const names[] = { &spec->process.selinux_label,
						  &spec->linux_.mount_label };
	int r = ret->is == FACT_UNKNOWN ? selinux_state(ret, err) : 0;

	for (size_t i = 0; r == 0 && ret->is == FACT_KNOWN && i < ARRAY_SIZE(names); i++) {
		struct fact_label *label;

		r = lsm_label(ret, names[i], &label, err);
		if (r == 0 && label)
			r = label_ask(label->label, label, err);
	}
	return r;
}

int profiles_find(const char *text, const char *label, struct fact_label *ret, struct error *err)
{
	const size_t len = strlen(label);

	ret->is = FACT_ABSENT;
	for (const char *line = text; *line; ) {
		const size_t n = strcspn(line, "\n");

		/* "NAME (MODE)": a name may hold anything but a newline */
		if (n > len + 3 && memcmp(line, label, len) == 0 && line[len] == ' ' &&
		    line[len + 1] == '(' && line[n - 1] == ')' &&
		    !memchr(line + len + 2, '(', n - len - 2)) {
			ret->is = FACT_KNOWN;
			ret->says = strndup(line + len + 2, n - len - 3);
			return ret->says ? 0 : error_oom(err);
		}
		line += n + (line[n] == '\n');
	}
	return 0;
}

int apparmor_state(struct fact_lsm *ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };
	const int r = kernel_line(APPARMOR_ENABLED, &text);

	if (r == -ENOMEM)
		return error_oom(err);
	ret->is = r == -ENOENT || (r == 0 && buf_cstr(&text)[0] != 'Y') ? FACT_ABSENT :
		  r == 0 ? FACT_KNOWN : FACT_UNREADABLE;
	return ret->is == FACT_UNREADABLE ? fact_why_sys(&ret->why, err, -r) : 0;
}

int apparmor_gather(const struct oci_spec *spec, struct fact_lsm *ret, struct error *err)
{
	_cleanup_buf_ struct buf profiles = { 0 };
	struct error why = { 0 };
	struct fact_label *label;
	int r = ret->is == FACT_UNKNOWN ? apparmor_state(ret, err) : 0;

	if (r < 0 || ret->is != FACT_KNOWN)
		return r;
	r = lsm_label(ret, &spec->process.apparmor_profile, &label, err);
	if (r < 0 || !label)
		return r;
	r = file_read(AT_FDCWD, APPARMOR_PROFILES, false, PROFILES_MAX, &profiles, NULL, &why);
	if (r == -ENOMEM)
		return error_oom(err);
	return r < 0 ? unreadable(label, -r, err)
		     : profiles_find(buf_cstr(&profiles), label->label, label, err);
}
