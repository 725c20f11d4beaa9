/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A 32-bit program's work: files, processes, threads, signals, clocks, IPC and sockets,
 * by the calls that 32-bit processors have for them. Prints what came out, the same in
 * every run. Built for i386 by tests/workloads, statically. Sockets are made by the
 * system calls for that: under compat32 the C library's way to them, socketcall, is shut.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void __attribute__((noreturn, format(printf, 1, 2))) fail(const char *fmt, ...)
{
	const int e = errno;
	va_list ap;

	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf(": %s\n", strerror(e));
	exit(1);
}

#define MUST(call) do { if ((call) < 0) fail("%s", #call); } while (0)

static void files(void)
{
	struct dirent *entry;
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct statfs fs;
	struct statx x;
	struct stat st;
	char text[64] = "";
	int fd, n = 0;
	char *map;
	DIR *dir;

	MUST(mkdir("f32", 0700));
	MUST(fd = open("f32/a", O_RDWR | O_CREAT | O_EXCL, 0600));
	MUST(ftruncate(fd, INT64_C(5000000000)));
	MUST(pwrite(fd, "end", 3, INT64_C(4999999990)));
	MUST(fcntl(fd, F_SETLKW, &lock));
	MUST(fstat(fd, &st));
	MUST(statx(AT_FDCWD, "f32/a", 0, STATX_SIZE, &x));
	MUST(fstatfs(fd, &fs));
	map = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, INT64_C(4294967296));
	if (map == MAP_FAILED)
		fail("mmap");
	memcpy(map, "mapped", 7);
	MUST(msync(map, 8192, MS_SYNC));
	MUST(mprotect(map, 4096, PROT_READ));
	MUST(munmap(map, 8192));
	MUST(pread(fd, text, 7, INT64_C(4294967296)));
	printf("file %lld %lld %s\n", (long long)st.st_size, (long long)x.stx_size, text);
	MUST(close(fd));
	MUST(rename("f32/a", "f32/b"));
	MUST(symlink("b", "f32/c"));
	memset(text, 0, sizeof(text));
	MUST(readlink("f32/c", text, sizeof(text) - 1));
	MUST(utimensat(AT_FDCWD, "f32/b", (struct timespec[]){ { 1, 0 }, { 981173106, 0 } }, 0));
	MUST(lstat("f32/b", &st));
	dir = opendir("f32");
	while (dir && (entry = readdir(dir)))
		n++;
	if (!dir)
		fail("opendir");
	(void)closedir(dir);
	printf("folder %d, link %s, time %lld\n", n, text, (long long)st.st_mtime);
	MUST(unlink("f32/b"));
	MUST(unlink("f32/c"));
	MUST(rmdir("f32"));
}

static void processes(const char *self)
{
	struct rlimit limit;
	struct rusage usage;
	struct utsname name;
	struct sysinfo info;
	cpu_set_t cpus;
	int status;
	pid_t pid;

	MUST(pid = fork());
	if (pid == 0) {
		(void)execl(self, self, "child", NULL);
		_exit(99);
	}
	MUST(waitpid(pid, &status, 0));
	printf("child %d\n", WEXITSTATUS(status));
	MUST(pid = vfork());
	if (pid == 0)
		_exit(4);
	MUST(wait4(pid, &status, 0, &usage));
	printf("vfork %d\n", WEXITSTATUS(status));
	MUST(getrlimit(RLIMIT_NOFILE, &limit));
	MUST(uname(&name));
	MUST(sysinfo(&info));
	MUST(sched_getaffinity(0, sizeof(cpus), &cpus));
	printf("ids %u %u, groups %d, files %lu, on %s\n", getuid(), getgid(), getgroups(0, NULL),
	       (unsigned long)limit.rlim_cur, name.sysname);
	if (getuid() != 0 && (setuid(0) == 0 || errno != EPERM))
		fail("setuid");
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static __thread unsigned own;
static unsigned sum;

static void *add(void *arg)
{
	for (unsigned i = 0; i < 20000; i++) {
		own++;
		(void)pthread_mutex_lock(&mutex);
		sum++;
		(void)pthread_mutex_unlock(&mutex);
	}
	return own == 20000 ? arg : NULL;
}

static void threads(void)
{
	pthread_t thread[4];
	void *ret;

	for (int i = 0; i < 4; i++) {
		if (pthread_create(&thread[i], NULL, add, &sum) != 0)
			fail("pthread_create");
	}
	for (int i = 0; i < 4; i++) {
		if (pthread_join(thread[i], &ret) != 0 || ret != &sum)
			fail("pthread_join");
	}
	printf("threads %u\n", sum);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

static void signals_and_clocks(void)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct itimerspec spec = { .it_value.tv_nsec = 1000000 };
	struct timespec now, wait = { .tv_sec = 5 };
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	sigset_t set, old;
	timer_t timer;
	siginfo_t info;
	uint64_t expired = 0;
	int fd;

	MUST(sigaction(SIGALRM, &action, NULL));
	MUST(timer_create(CLOCK_MONOTONIC, &event, &timer));
	MUST(timer_settime(timer, 0, &spec, NULL));
	while (alarms == 0)
		(void)nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	MUST(timer_delete(timer));
	MUST(sigemptyset(&set));
	MUST(sigaddset(&set, SIGUSR1));
	MUST(sigprocmask(SIG_BLOCK, &set, &old));
	MUST(kill(getpid(), SIGUSR1));
	MUST(sigtimedwait(&set, &info, &wait));
	MUST(fd = timerfd_create(CLOCK_MONOTONIC, 0));
	MUST(timerfd_settime(fd, 0, &spec, NULL));
	MUST(read(fd, &expired, sizeof(expired)));
	MUST(close(fd));
	MUST(clock_gettime(CLOCK_REALTIME, &now));
	MUST(clock_getres(CLOCK_REALTIME, &wait));
	printf("alarms %d, signal from %s, timerfd %llu, after 2020: %d\n", (int)alarms,
	       info.si_pid == getpid() ? "itself" : "elsewhere", (unsigned long long)expired,
	       now.tv_sec > 1577836800);
}

static void ipc(void)
{
	struct { long type; char text[8]; } message = { 1, "message" };
	struct sembuf up = { 0, 1, 0 }, down = { 0, -1, 0 };
	int shm, sem, queue;
	char *shared;

	MUST(shm = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
	shared = shmat(shm, NULL, 0);
	if (shared == (void *)-1)
		fail("shmat");
	memcpy(shared, "shared", 7);
	MUST(sem = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
	MUST(semop(sem, &up, 1));
	MUST(semop(sem, &down, 1));
	MUST(queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600));
	MUST(msgsnd(queue, &message, sizeof(message.text), 0));
	memset(message.text, 0, sizeof(message.text));
	MUST(msgrcv(queue, &message, sizeof(message.text), 0, 0));
	printf("ipc %s %s %d\n", shared, message.text, semctl(sem, 0, GETVAL));
	MUST(shmdt(shared));
	MUST(shmctl(shm, IPC_RMID, NULL));
	MUST(semctl(sem, 0, IPC_RMID));
	MUST(msgctl(queue, IPC_RMID, NULL));
}

static void waiting(void)
{
	struct epoll_event event = { .events = EPOLLIN }, got;
	struct pollfd p = { .events = POLLIN };
	fd_set set;
	int ends[2], fd, ep;

	MUST(pipe(ends));
	MUST(fd = eventfd(1, 0));
	MUST(ep = epoll_create1(0));
	MUST(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &event));
	MUST(write(ends[1], "x", 1));
	p.fd = ends[0];
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	printf("poll %d, select %d, epoll %d\n", poll(&p, 1, 5000),
	       select(ends[0] + 1, &set, NULL, NULL, NULL), epoll_wait(ep, &got, 1, 5000));
	MUST(close(ends[0]));
	MUST(close(ends[1]));
	MUST(close(fd));
	MUST(close(ep));
}

static void sockets(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "s32" };
	int pair[2], server, client;
	char text[8] = "";

	MUST(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair));
	MUST(write(pair[0], "pair", 5));
	MUST(read(pair[1], text, 5));
	MUST(server = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	MUST(bind(server, (struct sockaddr *)&address, sizeof(address)));
	MUST(listen(server, 1));
	MUST(client = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0));
	MUST(connect(client, (struct sockaddr *)&address, sizeof(address)));
	MUST(server = accept(server, NULL, NULL));
	MUST(send(client, "server", 7, 0));
	printf("sockets %s", text);
	MUST(recv(server, text, 7, 0));
	printf(" %s\n", text);
	MUST(unlink("s32"));
	MUST(client = (int)syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0));
	MUST(close(client));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		return 3;
	printf("%u-bit\n", (unsigned)sizeof(void *) * 8);
	files();
	processes(argv[0]);
	threads();
	signals_and_clocks();
	ipc();
	waiting();
	sockets();
	puts("done");
	return 0;
}
