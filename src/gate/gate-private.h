/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_PRIVATE_H
#define GATE_PRIVATE_H

#include <sys/resource.h>
#include <sys/stat.h>

#include <cofferdam/gate.h>
#include <cofferdam/mounts.h>
#include <cofferdam/seccomp.h>

#include "arch-private.h"

/* --- wants.c, rlimits.c: the hardened configuration in terms of the kernel --- */

enum cap_set {
	SET_INHERITABLE,
	SET_PERMITTED,
	SET_EFFECTIVE,
	SET_BOUNDING,
	SET_AMBIENT,
	SET_MAX
};

enum want_kind {
	WANT_TMPFS,			/* a new tmpfs on path */
	WANT_FLAGS,			/* more flags on the mount at path */
	WANT_MASK,			/* path hidden */
	WANT_READONLY,			/* path read-only */
};

/* A change of the container's mounts. Strings are the configuration's. */
struct want_mount {
	enum want_kind kind;
	const char *path;		/* absolute and clean: owned */
	uint64_t flags;			/* MOUNT_ATTR_* */
	uint64_t size;			/* of a tmpfs in bytes; 0: the kernel's default */
	unsigned int mode;
};

struct want_rlimit {
	int resource;
	struct rlimit64 limit;
};

#define WANT_RLIMITS 16

/* What must hold, and what the gate has to do for it. */
struct wants {
	uint64_t caps[SET_MAX];		/* at most these */
	bool nnp;
	bool filter;			/* one more filter than the runtime's */
	bool root_readonly;
	struct want_mount *mounts;	/* in order */
	size_t n_mounts;
	struct want_rlimit rlimits[WANT_RLIMITS];
	size_t n_rlimits;
	/* limits to write, 0: leave as it is */
	uint64_t memory, pids, cpu_quota, cpu_period;
};

int wants_read(const struct gate_call *call, struct wants *ret, struct error *err) must_check;
void wants_free(struct wants *wants);

/* wants_mounts - whether anything has to be mounted or remounted. */
bool wants_mounts(const struct wants *wants);

/* rlimit_number - by the specification's name, or -EINVAL. */
int rlimit_number(const char *name);

/* --- the supervisor --- */

/* What /proc/PID/status says of it: see status.c. */
struct status {
	uint64_t uid[4], gid[4];	/* real, effective, saved, file system */
	uint64_t caps[SET_MAX];
	uint64_t nnp, seccomp, filters, tracer, threads;
	bool has_filters;		/* Seccomp_filters, since Linux 5.9 */
	bool pid_one;			/* of its pid namespace, and that is not ours */
	bool groups_known;
	uint32_t groups[64];		/* as the host sees them */
	size_t n_groups;
};

/* What helper.c and the child that it forks share. */
struct helper_shared;

/* A child at work on the container's mounts. */
struct helper {
	pid_t pid;			/* 0: there is none */
	struct helper_shared *shared;
};

/* What may be kept of signals that came while the program was held. */
#define KEPT_MAX 64

/* The container's folder in one hierarchy, open for as long as it is there. */
struct cgroup_folder {
	const char *controller;		/* a constant */
	char *path;			/* as /proc/PID/cgroup has it */
	int fd;
};

#define CGROUP_FOLDERS 8

struct gate {
	const struct gate_call *call;
	struct wants wants;
	struct seccomp_program program;	/* for wants.filter */
	pid_t pid;
	int proc;			/* /proc/PID, opened when armed */
	struct stat runtime;		/* the runtime's own program */
	struct stat rootfs;		/* st_mode 0: not known */

	/* at the exec */
	arch_regs regs;			/* as they were */
	const struct arch_abi *abi;
	uint64_t site;			/* of a system call instruction */
	unsigned long poked;		/* what stood there, when it had to be put there */
	bool poke;
	bool resumed;			/* its next stop has not been waited for yet */
	bool gone;			/* it died meanwhile */
	bool cgroups_verified, around_verified;
	struct status was;		/* before it was hardened */
	unsigned long filters_armed;	/* that it had of its engine */
	unsigned long filters_before;	/* that it had at the exec */
	struct expected *expected;	/* of linux.seccomp: see filters.c */
	pid_t compiler;			/* who makes it; 0: reaped */
	struct helper helper;
	int root;			/* its root folder, O_PATH */
	struct mount_table before;	/* its mounts, before and after they are changed */
	struct mount_table after;
	struct buf cgroups, own_cgroups;	/* /proc/PID/cgroup, and our own */
	int cgroups_read;		/* 1: they were; -errno: why not; 0: not yet */
	struct cgroup_folder folders[CGROUP_FOLDERS];
	size_t n_folders;
	int kept[KEPT_MAX];
	size_t n_kept;
	unsigned int steps;
	uint64_t start_us;

	struct buf tightened, verified, unverified, failure;
};

/* note - add to one of the lists that the record gets. */
void note(struct buf *list, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* mismatch - something is not as it must be; @fmt says what. */
void mismatch(struct gate *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- settle.c --- */

#define GATE_COMM "cofferdam-gate"

/*
 * settle - what a process that outlives its caller must do for itself before that
 * ends, and what can fail; settle_apart - the rest, from a session of its own to signals,
 * which stay blocked until then. ps(1) says what the caller was until settle_title():
 * @what it does, and for whom.
 */
int settle(struct error *err) must_check;
void settle_apart(void);
void settle_title(const char *what, const char *id);

/*
 * settle_pace - have process @pid (0: this one) scheduled soon and briefly, or else behind
 * what has shorter slices (Linux 6.12), at the same weight and so for as long in all.
 */
void settle_pace(pid_t pid, bool quick);

/* settle_memory - have at hand what will be needed at the exec: room, none of it shared with a child. */
void settle_memory(void);

/* settle_limits - 0, or an error that names the limit that is too low. */
int settle_limits(struct error *err) must_check;

/* --- peer.c: armed twice is armed once --- */

/*
 * peer_new - a place for orders. peer_write - write them, by the hook, that nobody
 * changes them afterwards. peer_publish - let others read them from us, the supervisor: *@fd is
 * another one then, and stays open.
 */
int peer_new(struct error *err) must_check;
int peer_write(int fd, const struct gate_call *call, struct error *err) must_check;
int peer_publish(int *fd, struct error *err) must_check;

/* peer_same - 1 if @tracer is a supervisor of ours with the orders of @call, 0 if not;
 * negative with an error where it cannot be told. */
int peer_same(pid_t tracer, const struct gate_call *call, struct error *err) must_check;

/* --- trace.c --- */

/* trace_seize - hold every thread. 0; -EEXIST: somebody else does, his pid in @tracer. */
int trace_seize(struct gate *g, pid_t *tracer, struct error *err) must_check;

/* trace_forbidden - the error of a call that needs ptrace(2) access: why it was refused. */
int trace_forbidden(int errnum, struct error *err);

/* trace_wait - until the exec (1), or until the process has ended (0). */
int trace_wait(struct gate *g);

/* trace_let_go - hand back the kept signals and detach. */
int trace_let_go(struct gate *g);

/* --- stop.c --- */

/* stop_at_exec - all that happens there; the process runs or is dead afterwards. */
void stop_at_exec(struct gate *g);

/*
 * What is around the process, verified when it is final, each once: nothing that is
 * done to the process itself changes it. verify_cgroups - when the limits are set;
 * verify_around - when the helper is done: mounts and files as well.
 */
void verify_cgroups(struct gate *g);
void verify_around(struct gate *g);

/* --- helper.c: remedies for the container's mounts, by a child in its mount namespace --- */

/* helper_prepare - have one wait, if there is anything to do. It is not needed: who
 * is not there is forked at the stop. */
void helper_prepare(struct gate *g);

/* helper_wake - have it look at what there is; it changes nothing yet. */
void helper_wake(struct gate *g);

/* helper_work - have the mounts changed. helper_result - wait for that. */
int helper_work(struct gate *g, struct error *err) must_check;
int helper_result(struct gate *g, struct error *err) must_check;

/* helper_left - whether none is in the container's mount namespace any more. */
bool helper_left(const struct gate *g);

/* helper_end - whatever it is at, it is gone and reaped afterwards. */
void helper_end(struct gate *g);

/* helper_gone - process @pid was reaped: it may have been this one. */
void helper_gone(struct gate *g, pid_t pid);

/* --- inject.c --- */

/* inject_leave - have it go from the exec to a stop where system calls can be injected.
 * inject_begin - wait for that. */
int inject_leave(struct gate *g, struct error *err) must_check;
int inject_begin(struct gate *g, struct error *err) must_check;
int inject_end(struct gate *g, struct error *err) must_check;

/* inject - one system call; its result, or INJECT_FAILED with an error. */
#define INJECT_FAILED INT64_MIN
int64_t inject(struct gate *g, long nr, const uint64_t args[6], struct error *err);

/* inject_start - set it going, without waiting. inject_result - wait for its result. */
int inject_start(struct gate *g, long nr, const uint64_t args[6], struct error *err) must_check;
int64_t inject_result(struct gate *g, struct error *err);

/* inject_must - one that must return 0. inject_good - whether a result is that. */
int inject_must(struct gate *g, const char *what, long nr, const uint64_t args[6],
		struct error *err) must_check;
int inject_good(int64_t result, const char *what, struct error *err) must_check;

/* site_find, site_restore - a system call instruction in the process. */
int site_find(struct gate *g, struct error *err) must_check;
int site_restore(struct gate *g, struct error *err) must_check;

/* --- scratch.c --- */

/* Memory of the process, for as long as calls are injected. */
struct scratch {
	uint64_t address;
	size_t size;
	void *saved;			/* what was there; NULL: it is a mapping of its own */
};

int scratch_begin(struct gate *g, size_t size, struct scratch *ret, struct error *err) must_check;
int scratch_end(struct gate *g, const struct scratch *s, struct error *err) must_check;
void scratch_free(struct scratch *s);

int scratch_put(struct gate *g, uint64_t address, const void *data, size_t len,
		struct error *err) must_check;
int scratch_get(struct gate *g, uint64_t address, void *data, size_t len,
		struct error *err) must_check;

/* --- filters.c --- */

/* filter_of_runtime - whether config.json has the runtime load a filter. */
bool filter_of_runtime(const struct gate *g);

/* filter_refuses - whether the first @n instructions only refuse, or go on behind them. runc
 * puts some before what libseccomp made: ENOSYS for calls that it does not know. */
bool filter_refuses(const struct sock_filter *v, size_t n);

/* filter_expect - start to make out what filter linux.seccomp means. */
void filter_expect(struct gate *g);

/* filter_read - the filter at @index, from the oldest. -ENOTSUP: it is not shown here. */
int filter_read(const struct gate *g, unsigned long index, struct seccomp_program *ret,
		struct error *err) must_check;

/* filter_compare - one of the filters from @first to before @end must be that of linux.seccomp. */
void filter_compare(struct gate *g, unsigned long first, unsigned long end);

/* --- remedies: each tightens only --- */

/*
 * process_leave - set it going towards where calls can be injected, if some surely have
 * to be. process_look - read what it has, and do so if any of that must change.
 * tighten_process - change it; what is around it is verified meanwhile.
 */
int process_leave(struct gate *g, struct error *err) must_check;
int process_look(struct gate *g, struct error *err) must_check;
int tighten_process(struct gate *g, struct error *err) must_check;

/* missing_flags - add to the wants what a mount should have had of its runtime; which one,
 * is set in @lacked (of all mounts of the configuration), if that is not NULL. */
int missing_flags(struct gate *g, bool *lacked, struct error *err) must_check;

/* same_spot - whether @row shows what was judged. */
bool same_spot(const struct fact_spot *spot, const struct mount_row *row);

/* wants_flags - one more of kind WANT_FLAGS. */
int wants_flags(struct wants *w, const char *path, uint64_t flags, struct error *err) must_check;

/* mount_flags - MOUNT_ATTR_* by the options: in order, the last word on each counts. */
uint64_t mount_flags(const struct oci_mount *mount);
int tighten_limits(struct gate *g, struct error *err) must_check;

/* --- cgroup.c --- */

/* cgroup_look - read anew where it is; all that follows goes by that. */
void cgroup_look(struct gate *g);

/* cgroup_alone - look, before or @after hardening, and a mismatch if anybody else is in its
 * cgroups or pid namespace. */
void cgroup_alone(struct gate *g, bool after);

/* cgroup_armed - an error if its cgroup is in use by others before it starts. */
int cgroup_armed(struct gate *g, struct error *err) must_check;

/* cgroup_kill - every process that came from it. */
void cgroup_kill(struct gate *g);

/* --- verification: mismatches and notes --- */

void verify_limits(struct gate *g);
void verify_device_access(struct gate *g);

/* unified_holds - whether @found, the text of a cgroup v2 file, keeps to @wanted: 1, 0,
 * or -EINVAL: they differ, and which of them is stricter is not known here. */
int unified_holds(const char *file, const char *wanted, const char *found);

/* A line of devices.list, or a rule of config.json; -1 is any number. */
struct device_rule {
	char type;			/* a, b or c */
	int64_t major, minor;
	bool read, write, make;
};

/* device_admitted - whether linux.resources.devices, or what runtimes add to it, allows
 * all that @rule does. */
bool device_admitted(const struct oci_resources *resources, const struct device_rule *rule);
bool device_rule_parse(const char *line, struct device_rule *ret);

int status_read(const struct gate *g, struct status *ret, struct error *err) must_check;

/* status_allowed - what execve(2) may have left in the permitted set, by the configuration. */
uint64_t status_allowed(const struct gate *g);

void verify_process(struct gate *g);
void verify_rlimits(struct gate *g);
void verify_files(struct gate *g);
/* device_harmless - whether a descriptor of this character device gives nothing of the host:
 * /dev/null and its like, terminals. */
bool device_harmless(dev_t device);
void verify_masks(struct gate *g);
void verify_mounts(struct gate *g);
void verify_label(struct gate *g);

/* is_mask - whether there is nothing to be seen there: /dev/null, or an empty folder. */
bool is_mask(int fd);

/* in_root - an O_PATH descriptor of @path in the container's root, or -errno. */
int in_root(const struct gate *g, const char *path, int flags);
int in_root_at(int root, const char *path, int flags, uint64_t resolve);

/* mount_id - of what @fd is on, or -errno. */
int64_t mount_id(int fd);

/* mount_id_at - of what @name in the folder @dir leads to, a magic link of /proc too. */
int64_t mount_id_at(int dir, const char *name);

#endif
