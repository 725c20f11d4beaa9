/* SPDX-License-Identifier: Apache-2.0 */
/* The label that the security module gave the process (proc_pid_attr(5)). */
#include "gate-private.h"

#include <string.h>

#include <cofferdam/file.h>

/* read_label - without the trailing newline or NUL. 0 or -errno. */
static int read_label(const struct gate *g, const char *name, struct buf *ret)
{
	struct error err = { 0 };
	int r = file_read_kernel(g->proc, name, 4096, ret, &err);

	while (r == 0 && ret->len > 0 && (ret->data[ret->len - 1] == '\n' ||
					   ret->data[ret->len - 1] == '\0'))
		ret->data[--ret->len] = '\0';
	return r;
}

static bool selinux_on(void)
{
	return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

static void verify_selinux(struct gate *g, const char *wanted)
{
	_cleanup_label_ struct fact_label asked = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	int r;

	if (!selinux_on()) {
		note(&g->unverified, "SELinux label: SELinux is not enabled on this host");
		return;
	}
	/* the kernel writes aliases and categories in a form of its own */
	if (label_ask(wanted, &asked, &err) == 0 && asked.is == FACT_KNOWN)
		wanted = asked.says;
	r = read_label(g, "attr/current", &text);
	if (r < 0)
		mismatch(g, "its SELinux label cannot be read: %s", strerror(-r));
	else if (strcmp(buf_cstr(&text), wanted) != 0)
		mismatch(g, "its SELinux label is %s, where %s was admitted", buf_cstr(&text), wanted);
	else
		note(&g->verified, "SELinux label");
}

static void verify_apparmor(struct gate *g, const char *wanted)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = read_label(g, "attr/apparmor/current", &text);
	const char *mode;
	size_t len;

	if (r < 0)
		r = read_label(g, "attr/current", &text);
	if (r == -ENOENT || r == -EINVAL) {
		note(&g->unverified, "AppArmor profile: AppArmor is not enabled on this host");
		return;
	}
	if (r < 0) {
		mismatch(g, "its AppArmor profile cannot be read: %s", strerror(-r));
		return;
	}
	/* "profile (enforce)"; in another mode, such as complain, it holds nothing back */
	len = strlen(wanted);
	mode = strncmp(buf_cstr(&text), wanted, len) == 0 ? buf_cstr(&text) + len : "?";
	if (*mode && strcmp(mode, " (enforce)") != 0 && strcmp(mode, " (kill)") != 0)
		mismatch(g, "its AppArmor profile is %s, where %s was admitted", buf_cstr(&text), wanted);
	else
		note(&g->verified, "AppArmor profile");
}

void verify_label(struct gate *g)
{
	const struct oci_process *process = &g->call->wanted->process;

	if (process->selinux_label.v && *process->selinux_label.v)
		verify_selinux(g, process->selinux_label.v);
	else if (selinux_on())
		note(&g->unverified, "SELinux label: config.json asks for none");
	if (process->apparmor_profile.v && *process->apparmor_profile.v)
		verify_apparmor(g, process->apparmor_profile.v);
}
