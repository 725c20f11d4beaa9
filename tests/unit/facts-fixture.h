/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of facts: a folder for each test, configurations and facts in
 * few words, other processes. Compiled into each.
 */
#ifndef TESTS_UNIT_FACTS_FIXTURE_H
#define TESTS_UNIT_FACTS_FIXTURE_H

#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "folder.h"
#include "../../src/facts/facts-private.h"

static bool privileged;		/* root, in a mount namespace of our own */

/* own_mounts - whether we are root, and in a mount namespace of our own from now on. */
static inline bool own_mounts(void)
{
	return geteuid() == 0 && unshare(CLONE_NEWNS) == 0 &&
	       mount("", "/", "", MS_REC | MS_PRIVATE, NULL) == 0;
}

#define NEED_ROOT do { \
	if (!privileged) { \
		print_message("[  SKIPPED ] needs root and unshare(2) of mounts\n"); \
		skip(); \
	} \
} while (0)

static inline void check(int r)
{
	if (r != 0)
		print_error("%s: %s\n", dir_path, strerror(errno));
	assert_int_equal(r, 0);
}

/* "@/x" is x in this test's folder. */
static inline char *expand(const char *text)
{
	struct buf out = { 0 };

	for (; *text; text++) {
		if (*text == '@')
			buf_str(&out, dir_path);
		else
			buf_char(&out, *text);
	}
	return buf_steal(&out);
}

/* make_dir - and the folders that it is in. */
static inline void make_dir(const char *path)
{
	_cleanup_free_ char *p = expand(path);

	for (char *end = strchr(p + strlen(dir_path) + 1, '/'); end; end = strchr(end + 1, '/')) {
		*end = '\0';
		assert_true(mkdir(p, 0755) == 0 || errno == EEXIST);
		*end = '/';
	}
	check(mkdir(p, 0755));
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
	_cleanup_free_ char *p = expand(path);
	_cleanup_close_ int fd = open(p, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	if (fd < 0)
		print_error("%s: %s\n", p, strerror(errno));
	assert_true(fd >= 0);
	check(fchmod(fd, mode));
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static inline void make_file(const char *path, const char *text)
{
	write_file(path, text, 0644);
}

static inline void make_link(const char *target, const char *path)
{
	_cleanup_free_ char *t = expand(target), *p = expand(path);

	check(symlink(t, p));
}

static inline void do_mount(const char *source, const char *target, const char *type,
		     unsigned long flags, const char *data)
{
	_cleanup_free_ char *s = expand(source), *t = expand(target), *d = expand(data);

	check(mount(s, t, type, flags, d));
}

static inline void do_bind(const char *source, const char *target)
{
	do_mount(source, target, "", MS_BIND | MS_REC, "");
}

static inline int setup(void **state)
{
	(void)state;
	alarm(120);	/* a test that hangs must fail */
	if (folder_make() < 0)
		return -1;
	if (!privileged)
		return 0;
	return mount("facts", dir_path, "tmpfs", 0, "mode=755") < 0 ? -1 : folder_open();
}

static inline int teardown(void **state)
{
	(void)state;
	if (privileged && umount2(dir_path, MNT_DETACH) < 0)
		return -1;
	return folder_remove();
}

struct child {
	pid_t pid;
	int go;			/* closed: it ends */
};

/* A process in new namespaces of its own, with a tmpfs on @. */
static inline struct child start_child(int flags)
{
	struct child c = { 0 };
	int ready[2], go[2];
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (c.pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(go[1]);
		if (unshare(flags) < 0)
			_exit(1);
		if ((flags & CLONE_NEWNS) && !(flags & CLONE_NEWUSER) &&
		    mount("foreign", dir_path, "tmpfs", 0, "") < 0)
			_exit(1);
		(void)!write(ready[1], "x", 1);
		(void)!read(go[0], &byte, 1);
		_exit(0);
	}
	(void)close(ready[1]);
	(void)close(go[0]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	c.go = go[1];
	return c;
}

static inline void end_child(const struct child *c)
{
	(void)close(c->go);
	assert_int_equal(waitpid(c->pid, NULL, 0), c->pid);
}

/* A configuration and its facts. */
struct subject {
	struct json_doc *doc;
	struct oci_spec spec;
	struct facts facts;
};

static inline void subject_free(struct subject *s)
{
	facts_free(&s->facts);
	oci_spec_free(&s->spec);
	json_free(&s->doc);
}

/* @text: JSON in single quotes, with @ for the folder. */
static inline void read_subject(struct subject *s, const char *text)
{
	_cleanup_free_ char *json = expand(text);
	struct error err = { 0 };

	for (char *p = json; *p; p++)
		*p = *p == '\'' ? '"' : *p;
	assert_int_equal(json_parse("config.json", json, strlen(json), 0, &s->doc, &err), 0);
	assert_int_equal(oci_spec_read(s->doc, &s->spec, &err), 0);
}

static inline struct subject gather(const char *text, const struct policy *policy, int64_t pid)
{
	struct facts_source source = { .bundle_fd = dir_fd, .pid = pid };
	struct subject s = { 0 };
	struct error err = { 0 };

	read_subject(&s, text);
	assert_int_equal(facts_gather(&s.spec, policy, &source, &s.facts, &err), 0);
	return s;
}

#define _cleanup_subject_ _cleanup_(subject_free)

#define MAPS "'uidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]," \
	"'gidMappings': [{'containerID': 0, 'hostID': 100000, 'size': 65536}]"

static inline void __attribute__((noreturn)) wait_forever(void)
{
	for (;;)
		pause();
}

/* A process that waits, with @flags of clone(2); 0 where that is not permitted. */
static inline pid_t start_waiting(unsigned long flags)
{
	pid_t pid;

	if (flags && unshare((int)flags) < 0)
		return 0;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		wait_forever();
	}
	return pid;
}

static inline void end_waiting(pid_t pid)
{
	check(kill(pid, SIGKILL));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* What is made of a cgroup's path: "" if there is none, NULL if the path is invalid */
struct cgroup_case {
	const char *path, *made;
};

static inline void check_cgroups(int (*make)(const char *, char **, const char **),
				 const struct cgroup_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		_cleanup_free_ char *made = NULL;
		const char *why = NULL;

		assert_int_equal(make(cases[i].path, &made, &why), cases[i].made ? 0 : -EINVAL);
		assert_int_equal(why == NULL, cases[i].made != NULL);
		assert_string_equal(made ? made : "", cases[i].made ? cases[i].made : "");
	}
}

static inline int bind_socket(const char *path)
{
	_cleanup_free_ char *p = expand(path);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0 && strlen(p) < sizeof(address.sun_path));
	memcpy(address.sun_path, p, strlen(p));
	check(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
	check(listen(fd, 1));
	return fd;
}

static inline const struct fact_place *socket_at(const struct facts *facts, const char *path)
{
	_cleanup_free_ char *p = expand(path);

	for (size_t i = 0; i < facts->sockets.n; i++) {
		if (strcmp(facts->sockets.v[i].path, p) == 0)
			return &facts->sockets.v[i];
	}
	return NULL;
}

#endif
