/* SPDX-License-Identifier: Apache-2.0 */
/* The host's side: its policy, its logs, its kernel, the programs. */
#include "config.h"

#include "doctor-private.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/vfs.h>

#include <cofferdam/file.h>

/* --- host.json --- */

static void policies(struct doctor *d)
{
	for (size_t i = 0; i < host_choices(d->host); i++) {
		_cleanup_policy_ struct policy *policy = NULL;
		struct error err;

		if (host_use(d->host, host_choice(d->host, i), geteuid(), &policy, &err) < 0)
			remark(d, REMARK_FAULT, "policy", ENGINE_UNKNOWN,
			       "cofferdam policy lint names every error; until then its containers are "
			       "all refused", "%s", err.text);
		else if (policy->audit)
			remark(d, REMARK_WARNING, "policy", ENGINE_UNKNOWN,
			       "when the log names nothing that should start, take its \"audit\" away",
			       "%s is only audited: it refuses nothing", policy->name);
		else
			remark(d, REMARK_GOOD, "policy", ENGINE_UNKNOWN, NULL, "%s loads", policy->name);
	}
}

static void log_file(struct doctor *d)
{
	const struct log_config *log = &d->host->log;
	struct error err;

	if (!log->file)
		return;
	if (log_usable(&d->tree, log, &err) == 0)
		remark(d, REMARK_GOOD, "log", ENGINE_UNKNOWN, NULL, "%s%s can be written", d->tree.name,
		       log->file);
	else
		remark(d, log->on_failure_ignore ? REMARK_WARNING : REMARK_FAULT, "log", ENGINE_UNKNOWN,
		       log->on_failure_ignore ? "make it a file that root alone can write" :
		       "make it a file that root alone can write; until then every container is refused",
		       "the log cannot be written: %s", err.text);
}

static void log_socket(struct doctor *d, bool wanted, const char *path, const char *name)
{
	if (!wanted)
		return;
	if (tree_has(&d->tree, path))
		remark(d, REMARK_GOOD, "log", ENGINE_UNKNOWN, NULL, "%s listens at %s", name, path);
	else
		remark(d, d->host->log.on_failure_ignore ? REMARK_WARNING : REMARK_FAULT, "log",
		       ENGINE_UNKNOWN, "start it, or name another log in host.json",
		       "%s is wanted, and there is no %s", name, path);
}

void doctor_host(struct doctor *d)
{
	struct error err;
	int r = host_here(&d->tree, &d->host, &err);

	if (r == 0 && installed_find(&d->state, CHANGE_FILE, HOST_JSON)) {
		remark(d, REMARK_FAULT, "mode", ENGINE_UNKNOWN, "put it back, or run cofferdam install again",
		       "%s is gone: restricted is enforced", HOST_JSON);
		return;
	}
	if (r == 0) {
		remark(d, REMARK_GOOD, "mode", ENGINE_UNKNOWN, NULL,
		       "there is no host.json: restricted is enforced");
		return;
	}
	if (r < 0) {
		remark(d, REMARK_FAULT, "mode", ENGINE_UNKNOWN,
		       "mend it (cofferdam policy lint); until then every container is refused",
		       "%s", err.text);
		return;
	}
	if (d->host->mode == MODE_AUDIT)
		remark(d, REMARK_WARNING, "mode", ENGINE_UNKNOWN,
		       "when the log names nothing that should start: cofferdam install --enforce",
		       "mode audit: nothing is refused");
	else
		remark(d, REMARK_GOOD, "mode", ENGINE_UNKNOWN, NULL, "mode enforce");
	if (d->host->gate != GATE_ENFORCE)
		remark(d, REMARK_WARNING, "gate", ENGINE_UNKNOWN, "set \"gate\" to \"enforce\"",
		       "the exec gate is %s: what the kernel enforces is not %s",
		       gate_use_name(d->host->gate),
		       d->host->gate == GATE_OFF ? "looked at" : "tightened");
	policies(d);
	log_file(d);
	log_socket(d, d->host->log.journald, "/run/systemd/journal/socket", "journald");
	log_socket(d, d->host->log.syslog, "/dev/log", "syslog");
}

/* --- the kernel --- */

static void small_file(const struct doctor *d, const char *path, struct buf *out)
{
	_cleanup_close_ int fd = tree_fd(&d->tree, path, O_RDONLY | O_NONBLOCK);
	char text[256];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == ' '))
		n--;
	if (n > 0)
		buf_add(out, text, (size_t)n);
}

static void ptrace_scope(struct doctor *d)
{
	_cleanup_buf_ struct buf scope = { 0 };

	small_file(d, "/proc/sys/kernel/yama/ptrace_scope", &scope);
	if (strcmp(buf_cstr(&scope), "3") == 0)
		remark(d, REMARK_FAULT, "ptrace", ENGINE_UNKNOWN,
		       "boot with kernel.yama.ptrace_scope of at most 2, or set \"gate\" to \"off\"",
		       "ptrace(2) is forbidden to everyone: the exec gate refuses every container");
	else
		remark(d, REMARK_GOOD, "ptrace", ENGINE_UNKNOWN, NULL, "ptrace(2) is open to root (scope %s)",
		       scope.len ? buf_cstr(&scope) : "not limited");
}

static void cgroups(struct doctor *d)
{
	struct statfs fs;

	if (statfs("/sys/fs/cgroup", &fs) < 0)
		remark(d, REMARK_WARNING, "cgroup", ENGINE_UNKNOWN, "mount it",
		       "there is no /sys/fs/cgroup: limits above a container are not seen");
	else
		remark(d, REMARK_GOOD, "cgroup", ENGINE_UNKNOWN, NULL, "version %s",
		       (unsigned long)fs.f_type == 0x63677270 ? "2" :
		       tree_has(&d->tree, "/sys/fs/cgroup/unified") ? "1 and 2 (hybrid)" : "1");
}

void doctor_kernel(struct doctor *d)
{
	_cleanup_close_ int fd = open_resolve(AT_FDCWD, "/", O_PATH, RESOLVE_IN_ROOT);
	_cleanup_buf_ struct buf actions = { 0 }, lsm = { 0 }, map = { 0 };

	if (fd < 0)
		remark(d, REMARK_FAULT, "openat2", ENGINE_UNKNOWN, "run Linux 5.6 or later",
		       "openat2(2) does not work here");
	else
		remark(d, REMARK_GOOD, "openat2", ENGINE_UNKNOWN, NULL, "openat2(2) works");
	small_file(d, "/proc/sys/kernel/seccomp/actions_avail", &actions);
	if (!strstr(buf_cstr(&actions), "errno"))
		remark(d, REMARK_FAULT, "seccomp", ENGINE_UNKNOWN,
		       "run a kernel with CONFIG_SECCOMP_FILTER", "there are no seccomp filters");
	else
		remark(d, REMARK_GOOD, "seccomp", ENGINE_UNKNOWN, NULL, "filters: %s",
		       buf_cstr(&actions));
	ptrace_scope(d);
	cgroups(d);
	small_file(d, "/sys/kernel/security/lsm", &lsm);
	remark(d, REMARK_GOOD, "lsm", ENGINE_UNKNOWN, NULL, "%s",
	       lsm.len ? buf_cstr(&lsm) : "none that is known (securityfs is not mounted)");
	small_file(d, "/proc/self/uid_map", &map);
	if (!strstr(buf_cstr(&map), "4294967295"))
		remark(d, REMARK_WARNING, "userns", ENGINE_UNKNOWN, "run it on the host",
		       "this is a user namespace, where nothing here is a boundary");
}

/* --- our own programs --- */

/* Whether it has an interpreter, and with it LD_PRELOAD. -1: not an ELF program. */
static int dynamic(const struct doctor *d, const char *path)
{
	_cleanup_close_ int fd = tree_fd(&d->tree, path, O_RDONLY);
	Elf64_Phdr header;
	Elf64_Ehdr elf;

	if (fd < 0 || pread(fd, &elf, sizeof(elf), 0) != sizeof(elf) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_ident[EI_CLASS] != ELFCLASS64)
		return -1;
	for (unsigned int i = 0; i < elf.e_phnum; i++) {
		off_t at = (off_t)(elf.e_phoff + (Elf64_Off)i * sizeof(header));

		if (pread(fd, &header, sizeof(header), at) != sizeof(header))
			return -1;
		if (header.p_type == PT_INTERP)
			return 1;
	}
	return 0;
}

/* The version that a program says, which is to be this one's. */
static void version(struct doctor *d, const char *path)
{
	const char *argv[] = { path, "--version", NULL };
	_cleanup_buf_ struct buf said = { 0 };
	struct error err;
	int status = 0;

	if (spawn_run(argv, NULL, 10000, &said, &status, &err) < 0 || status != 0) {
		remark(d, REMARK_FAULT, "program", ENGINE_UNKNOWN, "install it again",
		       "%s does not run", path);
		return;
	}
	if (said.len > 0 && said.data[said.len - 1] == '\n')
		said.data[--said.len] = '\0';
	if (strcmp(buf_cstr(&said), "cofferdam " PACKAGE_VERSION) != 0)
		remark(d, REMARK_WARNING, "program", ENGINE_UNKNOWN, "install one version of all programs",
		       "%s is \"%s\", and this is cofferdam " PACKAGE_VERSION, path, buf_cstr(&said));
}

void doctor_programs(struct doctor *d)
{
	static const char *const programs[] = { PROGRAM_HOOK, PROGRAM_DOOR };

	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		struct error err;
		int kind;

		if (tree_program(&d->tree, programs[i], &err) < 0) {
			remark(d, REMARK_FAULT, "program", ENGINE_UNKNOWN, i == 0 ?
			       "install it again; engines skip a hook whose program is missing, without a word" :
			       "install it again; nothing starts through the door meanwhile", "%s", err.text);
			continue;
		}
		kind = dynamic(d, programs[i]);
		if (kind == 1)
			remark(d, REMARK_WARNING, "program", ENGINE_UNKNOWN,
			       "configure it with --enable-static=yes",
			       "%s is linked dynamically: LD_PRELOAD and LD_LIBRARY_PATH of its caller reach it",
			       programs[i]);
		else
			remark(d, REMARK_GOOD, "program", ENGINE_UNKNOWN, NULL, "%s is in place%s",
			       programs[i], kind == 0 ? ", static" : "");
		if (d->live)
			version(d, programs[i]);
	}
}
