/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "unit.h"
#include "../../src/report/report-private.h"

#define LINE "{\"format\":1,\"verdict\":\"deny\"}\n"
#define LINE_LEN (sizeof(LINE) - 1)

/* A folder of the test's own, with the sockets of two log daemons. */
struct place {
	char dir[64];
	char file[96];
	char journald_path[96];
	char syslog_path[96];
	struct log_paths paths;
	int journald, syslog;
};

static int listen_at(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_true(strlen(path) < sizeof(at.sun_path));
	memcpy(at.sun_path, path, strlen(path));
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static void place_start(struct place *p)
{
	/* the folders above must be trusted, and /tmp is (sticky, root's) */
	memcpy(p->dir, "/tmp/cofferdam-log-XXXXXX", sizeof("/tmp/cofferdam-log-XXXXXX"));
	assert_non_null(mkdtemp(p->dir));
	(void)snprintf(p->file, sizeof(p->file), "%s/log", p->dir);
	(void)snprintf(p->journald_path, sizeof(p->journald_path), "%s/journald", p->dir);
	(void)snprintf(p->syslog_path, sizeof(p->syslog_path), "%s/syslog", p->dir);
	p->paths = (struct log_paths){ .journald = p->journald_path, .syslog = p->syslog_path };
	p->journald = listen_at(p->journald_path);
	p->syslog = listen_at(p->syslog_path);
}

static void place_end(struct place *p)
{
	(void)close(p->journald);
	(void)close(p->syslog);
	(void)unlink(p->journald_path);
	(void)unlink(p->syslog_path);
	if (unlink(p->file) < 0)
		(void)rmdir(p->file);
	assert_int_equal(rmdir(p->dir), 0);
}

/* Receive one datagram as a string, and the descriptor passed with it or -1. */
static ssize_t receive(int fd, char *ret, size_t size, int *ret_fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = ret, .iov_len = size - 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c = n < 0 ? NULL : CMSG_FIRSTHDR(&msg);

	ret[n > 0 ? n : 0] = '\0';
	*ret_fd = -1;
	if (c)
		memcpy(ret_fd, CMSG_DATA(c), sizeof(*ret_fd));
	return n;
}

static void assert_file(const char *path, const char *want)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char got[4096];
	ssize_t n;

	assert_true(fd >= 0);
	n = read(fd, got, sizeof(got) - 1);
	assert_true(n >= 0);
	got[n] = '\0';
	assert_string_equal(got, want);
}

static int send_line(struct place *p, const struct log_config *config, struct error *err)
{
	return log_write_to(config, &p->paths, LINE, LINE_LEN, err);
}

static void no_sink_is_fine(void **state)
{
	const struct log_config config = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_int_equal(log_write(&config, LINE, LINE_LEN, &err), 0);
}

static void file_is_made_private_and_appended(void **state)
{
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file };
	struct error err = { 0 };
	struct stat st;

	(void)state;
	place_start(&p);
	assert_int_equal(log_write(&config, LINE, LINE_LEN, &err), 0);
	assert_int_equal(stat(p.file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(log_write(&config, LINE, LINE_LEN, &err), 0);
	assert_file(p.file, LINE LINE);
}

/* What did not fit takes no record with it that comes later. */
static void file_may_end_within_a_line(void **state)
{
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file };
	struct error err = { 0 };
	const struct timespec before[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
	int fd;

	(void)state;
	place_start(&p);
	fd = open(p.file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"forma", 7), 7);
	assert_int_equal(futimens(fd, before), 0);
	assert_int_equal(log_write(&config, LINE, LINE_LEN, &err), 0);
	assert_int_equal(futimens(fd, before), 0);
	(void)close(fd);
	assert_int_equal(log_write(&config, LINE, LINE_LEN, &err), 0);
	assert_file(p.file, "{\"forma\n" LINE LINE);
}

static void file_must_be_a_regular_file(void **state)
{
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file };
	struct log_config null = { .owner = geteuid() }, target = { .owner = geteuid() };
	char device[] = "/dev/null", other[96];
	struct error err = { 0 };

	(void)state;
	place_start(&p);
	null.file = device;
	assert_true(send_line(&p, &null, &err) < 0);
	assert_non_null(strstr(err.text, device));
	assert_int_equal(mkfifo(p.file, 0600), 0);
	assert_true(send_line(&p, &config, &err) < 0);	/* and returns at once */
	assert_non_null(strstr(err.text, p.file));
	assert_int_equal(unlink(p.file), 0);
	assert_int_equal(mkdir(p.file, 0700), 0);
	assert_true(send_line(&p, &config, &err) < 0);
	assert_int_equal(rmdir(p.file), 0);
	/* not even through a link of our own */
	(void)snprintf(other, sizeof(other), "%s/other", p.dir);
	target.file = other;
	assert_int_equal(send_line(&p, &target, &err), 0);
	assert_int_equal(symlink(other, p.file), 0);
	assert_true(send_line(&p, &config, &err) < 0);
	assert_file(other, LINE);
	assert_int_equal(unlink(other), 0);
}

static void file_must_be_trusted(void **state)
{
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file };
	struct error err = { 0 };

	(void)state;
	place_start(&p);
	assert_int_equal(send_line(&p, &config, &err), 0);
	assert_int_equal(chmod(p.file, 0622), 0);
	assert_int_equal(send_line(&p, &config, &err), -EPERM);
	assert_int_equal(chmod(p.file, 0600), 0);
	assert_int_equal(chmod(p.dir, 0777), 0);
	assert_int_equal(send_line(&p, &config, &err), -EPERM);
	assert_file(p.file, LINE);
}

static void file_in_no_folder(void **state)
{
	_cleanup_(place_end) struct place p;
	char path[128];
	struct log_config config = { .owner = geteuid(), .file = path };
	struct error err = { 0 };

	(void)state;
	place_start(&p);
	(void)snprintf(path, sizeof(path), "%s/none/log", p.dir);
	assert_int_equal(send_line(&p, &config, &err), -ENOENT);
	assert_non_null(strstr(err.text, "cannot open the log file"));
}

/* In a process of its own, as a hard limit cannot be raised again. */
static int limited(struct place *p, rlim_t limit)
{
	struct log_config config = { .owner = geteuid(), .file = p->file };
	struct error err = { 0 };
	int status;
	pid_t pid;

	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit r = { .rlim_cur = limit, .rlim_max = RLIM_INFINITY };

		(void)signal(SIGXFSZ, SIG_IGN);
		if (setrlimit(RLIMIT_FSIZE, &r) < 0)
			_exit(100);
		_exit(-send_line(p, &config, &err));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void file_that_is_full(void **state)
{
	_cleanup_(place_end) struct place p;

	(void)state;
	place_start(&p);
	assert_int_equal(limited(&p, LINE_LEN), 0);
	assert_int_equal(limited(&p, LINE_LEN), -EFBIG);
	/* half a line is no line */
	assert_int_equal(limited(&p, LINE_LEN + 4), -ENOSPC);
	assert_file(p.file, LINE "{\"fo");
}

static void many_writers_keep_lines_whole(void **state)
{
	enum { WRITERS = 4, LINES = 25, LEN = 20000 };
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file };
	static char line[LEN], got[LEN];
	_cleanup_close_ int fd = -1;
	size_t seen = 0;

	(void)state;
	place_start(&p);
	for (int w = 0; w < WRITERS; w++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		memset(line, 'a' + w, LEN - 1);
		line[LEN - 1] = '\n';
		for (int i = 0; i < LINES; i++) {
			struct error err = { 0 };

			/* the file is made by one of them, whoever comes first */
			if (log_write_to(&config, &p.paths, line, LEN, &err) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int w = 0; w < WRITERS; w++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	fd = open(p.file, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (; read(fd, got, LEN) == LEN; seen++) {
		assert_int_equal(got[LEN - 1], '\n');
		memset(line, got[0], LEN - 1);
		assert_memory_equal(got, line, LEN - 1);
	}
	assert_int_equal(seen, WRITERS * LINES);
}

static void journald_gets_fields(void **state)
{
	_cleanup_(place_end) struct place p;
	const struct log_config config = { .journald = true };
	struct error err = { 0 };
	char got[4096];
	int fd;

	(void)state;
	place_start(&p);
	assert_int_equal(send_line(&p, &config, &err), 0);
	assert_true(receive(p.journald, got, sizeof(got), &fd) > 0);
	assert_int_equal(fd, -1);
	assert_string_equal(got, "MESSAGE={\"format\":1,\"verdict\":\"deny\"}\n"
			    "PRIORITY=5\nSYSLOG_IDENTIFIER=cofferdam\n");
	assert_true(receive(p.syslog, got, sizeof(got), &fd) < 0);
}

static void journald_gets_the_big_ones_by_memfd(void **state)
{
	enum { LEN = 4 << 20 };
	_cleanup_(place_end) struct place p;
	const struct log_config config = { .journald = true };
	_cleanup_free_ char *line = malloc(LEN);
	_cleanup_close_ int fd = -1;
	struct error err = { 0 };
	char got[64];
	struct stat st;

	(void)state;
	place_start(&p);
	assert_non_null(line);
	memset(line, 'x', LEN - 1);
	line[LEN - 1] = '\n';
	assert_int_equal(log_write_to(&config, &p.paths, line, LEN, &err), 0);
	assert_int_equal(receive(p.journald, got, sizeof(got), &fd), 0);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GET_SEALS),
			 F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(st.st_size > LEN + 8);
	assert_int_equal(pread(fd, got, sizeof(got), 0), sizeof(got));
	assert_memory_equal(got, "MESSAGE=xxxx", 12);
	assert_int_equal(pread(fd, got, sizeof(got) - 1, 8 + LEN - 1), 40);
	assert_memory_equal(got, "\nPRIORITY=5\nSYSLOG_IDENTIFIER=cofferdam\n", 40);
}

static void syslog_gets_rfc_3164(void **state)
{
	_cleanup_(place_end) struct place p;
	const struct log_config config = { .syslog = true };
	struct error err = { 0 };
	char got[4096], want[128];
	int fd, day, hour, minute, second, used = 0;

	(void)state;
	place_start(&p);
	assert_int_equal(send_line(&p, &config, &err), 0);
	assert_true(receive(p.syslog, got, sizeof(got), &fd) > 0);
	assert_int_equal(sscanf(got, "<85>%*3[JFMASOND-z]%*[ ]%2d %2d:%2d:%2d %n", &day, &hour,
				&minute, &second, &used), 4);
	assert_int_equal(used, 20);
	(void)snprintf(want, sizeof(want), "cofferdam[%d]: {\"format\":1,\"verdict\":\"deny\"}",
		       (int)getpid());
	assert_string_equal(got + used, want);
}

static void a_daemon_that_does_not_read_is_not_waited_for(void **state)
{
	_cleanup_(place_end) struct place p;
	const struct log_config config = { .syslog = true };
	struct error err = { 0 };
	int r = 0, sent;

	(void)state;
	place_start(&p);
	for (sent = 0; sent < 100000 && r == 0; sent++)
		r = send_line(&p, &config, &err);
	assert_int_equal(r, -EAGAIN);
	assert_non_null(strstr(err.text, p.syslog_path));
}

static void a_dead_daemon_is_an_error(void **state)
{
	_cleanup_(place_end) struct place p;
	const struct log_config config = { .journald = true };
	char longer[200];
	struct error err = { 0 };

	(void)state;
	place_start(&p);
	(void)close(p.journald);
	assert_int_equal(send_line(&p, &config, &err), -ECONNREFUSED);
	p.journald = -1;
	assert_int_equal(unlink(p.journald_path), 0);
	assert_int_equal(send_line(&p, &config, &err), -ENOENT);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	p.paths.journald = longer;
	assert_int_equal(send_line(&p, &config, &err), -ENAMETOOLONG);
}

static void every_sink_is_tried(void **state)
{
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file, .journald = true, .syslog = true };
	struct error err = { 0 };
	char got[4096];
	int fd;

	(void)state;
	place_start(&p);
	assert_int_equal(mkfifo(p.file, 0600), 0);
	assert_int_equal(unlink(p.journald_path), 0);
	assert_true(send_line(&p, &config, &err) < 0);
	/* the first failure is the one told */
	assert_non_null(strstr(err.text, p.file));
	assert_null(strstr(err.text, "journald"));
	assert_true(receive(p.syslog, got, sizeof(got), &fd) > 0);
	assert_int_equal(unlink(p.file), 0);
	assert_int_equal(send_line(&p, &config, &err), -ENOENT);
	assert_non_null(strstr(err.text, "journald"));
	assert_file(p.file, LINE);
	assert_true(receive(p.syslog, got, sizeof(got), &fd) > 0);
}

static void a_record_is_one_line(void **state)
{
	static const char *const bad[] = { "", "no end", "a\nPRIORITY=0\n", "\n\n" };
	_cleanup_(place_end) struct place p;
	struct log_config config = { .owner = geteuid(), .file = p.file, .journald = true, .syslog = true };
	struct error err = { 0 };
	char got[4096];
	int fd;

	(void)state;
	place_start(&p);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(log_write_to(&config, &p.paths, bad[i], strlen(bad[i]), &err),
				 -EINVAL);
	assert_int_equal(log_write_to(&config, &p.paths, "a\0b\n", 4, &err), -EINVAL);
	assert_true(receive(p.journald, got, sizeof(got), &fd) < 0);
	assert_true(access(p.file, F_OK) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sink_is_fine),
		cmocka_unit_test(file_is_made_private_and_appended),
		cmocka_unit_test(file_may_end_within_a_line),
		cmocka_unit_test(file_must_be_a_regular_file),
		cmocka_unit_test(file_must_be_trusted),
		cmocka_unit_test(file_in_no_folder),
		cmocka_unit_test(file_that_is_full),
		cmocka_unit_test(many_writers_keep_lines_whole),
		cmocka_unit_test(journald_gets_fields),
		cmocka_unit_test(journald_gets_the_big_ones_by_memfd),
		cmocka_unit_test(syslog_gets_rfc_3164),
		cmocka_unit_test(a_daemon_that_does_not_read_is_not_waited_for),
		cmocka_unit_test(a_dead_daemon_is_an_error),
		cmocka_unit_test(every_sink_is_tried),
		cmocka_unit_test(a_record_is_one_line),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
