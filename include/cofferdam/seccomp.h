/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_SECCOMP_H
#define COFFERDAM_SECCOMP_H

/*
 * Seccomp profiles: the shipped ones as compiled filters, and any as what a
 * runtime makes of it. Two filters are compared by following every path
 * through both, so that conditions on arguments count, and so does what
 * libseccomp loses. Nothing here is on the way of a container's start but
 * profile_program() and profile_keeps(). Architectures are AUDIT_ARCH_* of <linux/audit.h>.
 */

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cofferdam/oci.h>

#define SECCOMP_ARG_MAX 6		/* arguments of a system call */

struct seccomp_program {
	struct sock_filter *v;		/* at most BPF_MAXINSNS */
	size_t n;
	unsigned long flags;		/* SECCOMP_FILTER_FLAG_*, of seccomp(2) */
};

/*
 * seccomp_compile - @text, a linux.seccomp object (config-linux.md#seccomp), as
 * a filter for processes of @arch, an AUDIT_ARCH_* value; what the object lists
 * under "architectures" is let in besides. Calls of every other architecture
 * kill the process. The same text gives the same program with the same
 * libseccomp. What a filter that is loaded from outside cannot do
 * (SCMP_ACT_NOTIFY, listenerPath) is -ENOTSUP; what libseccomp does not know is
 * -EINVAL, but for the names of system calls, which are left to the default
 * action. @name is for messages.
 */
int seccomp_compile(const char *name, const char *text, size_t len, uint32_t arch,
		    struct seccomp_program *ret, struct error *err) must_check;

void seccomp_program_free(struct seccomp_program *program);
#define _cleanup_seccomp_ _cleanup_(seccomp_program_free)

/* profile_program - a shipped profile's filter for @audit_arch, in static
 * memory, or NULL: no such profile, or not compiled for that architecture. */
const struct sock_filter *profile_program(const char *name, uint32_t audit_arch,
					  size_t *ret_n);

/*
 * profile_keeps - whether the shipped profile @name lets none of the calls @never happen, ended
 * by NULL, whatever their arguments, and has none of the traps @traps (bit t: trap t) on
 * @audit_arch, from a table. false also where that is not known; then read its text.
 */
bool profile_keeps(const char *name, uint32_t audit_arch, const char *const *never,
		   unsigned traps);

/* PROFILE_DEFAULT - what all shipped profiles answer to what they do not name. */
#define PROFILE_DEFAULT "SCMP_ACT_ERRNO"

/* profile_name - the @i-th shipped profile's name, from 0; NULL past the last. */
const char *profile_name(size_t i);

/* A profile, whatever it was read from. */
struct seccomp_profile {
	struct json_doc *doc;		/* a config.json with this profile alone */
	struct oci_spec spec;
};

/* What decides which entries of an engine's own file apply. */
struct seccomp_scope {
	uint32_t audit_arch;		/* of the host that it is for */
	const char *const *caps;	/* the container's capabilities, ended by NULL */
};

/* seccomp_native - this program's own architecture; seccomp_caps_default - the
 * fourteen capabilities that moby gives a container, ended by NULL. */
uint32_t seccomp_native(void);
extern const char *const seccomp_caps_default[];

/*
 * seccomp_profile_read - @text is an OCI linux.seccomp object, a config.json
 * that has one, or the file in which moby, containers/common and CRI-O keep
 * their default (archMap, includes, excludes), of which what applies to
 * @scope is taken. -EINVAL, with the place, when it is none of these.
 */
int seccomp_profile_read(const char *name, const char *text, size_t len,
			 const struct seccomp_scope *scope, struct seccomp_profile *ret,
			 struct error *err) must_check;
void seccomp_profile_free(struct seccomp_profile *profile);
#define _cleanup_profile_ _cleanup_(seccomp_profile_free)

/*
 * profile_read - a profile worth injecting: an OCI linux.seccomp object, an allow
 * list, every system call known to libseccomp on this host (an unknown name would
 * vanish silently). -EINVAL, with the place, when @text is none.
 */
int profile_read(const char *name, const char *text, size_t len, struct seccomp_profile *ret,
		 struct error *err) must_check;

/* seccomp_of - the linux.seccomp of a profile. */
static inline const struct oci_seccomp *seccomp_of(const struct seccomp_profile *profile)
{
	return &profile->spec.linux_.seccomp;
}

/*
 * seccomp_profile_compile - the filter that runc and crun build from a profile on
 * a host of @audit_arch, instruction by instruction where they use the same
 * libseccomp (runc puts some before it that only refuse); what asks a listener is
 * taken for a pass, and architectures that the host's kernel cannot run are left
 * out. Of @profile only the document's /linux/seccomp is looked at.
 */
int seccomp_profile_compile(const struct seccomp_profile *profile, uint32_t audit_arch,
			    struct seccomp_program *ret, struct error *err) must_check;

/* seccomp_passes - whether a SECCOMP_RET_* value lets the call happen, or leaves
 * that to somebody else: ALLOW, LOG, TRACE, USER_NOTIF, and unknown ones. */
bool seccomp_passes(uint32_t action);

/* seccomp_action_print - append "allow", "EPERM", "kill", ... */
void seccomp_action_print(struct buf *out, uint32_t action);

enum seccomp_excess_kind {
	EXCESS_ALWAYS,			/* A allows every call of it, B none */
	EXCESS_SOMETIMES,		/* A allows calls of it that B does not */
	EXCESS_HIGH,			/* ... only with bits above the 32nd set, at which the
					 * kernel does not look if the argument is an int */
	EXCESS_UNKNOWN,			/* could not be told: count it as excess */
};

/* A system call of which A allows more than B. */
struct seccomp_excess {
	uint32_t arch;			/* AUDIT_ARCH_* */
	uint32_t nr;
	char *name;			/* with "x32:" or the like in front; "#NR" if unknown */
	enum seccomp_excess_kind kind;
	struct seccomp_data witness;	/* one such call */
	uint32_t used;			/* bit i: argument i's low word matters in it */
	uint32_t answer;		/* what B returns for it */
};

struct seccomp_excesses {
	struct seccomp_excess *v;
	size_t n;
	size_t cap;			/* private */
	size_t allowed_a, allowed_b;	/* system calls of the native architecture, by
					 * name, that each allows at least in part */
	size_t always_a, always_b;	/* ... and whatever the arguments are */
};

void seccomp_excesses_free(struct seccomp_excesses *excesses);
#define _cleanup_excesses_ _cleanup_(seccomp_excesses_free)

/*
 * seccomp_compare - what @a allows that @b does not, on a host of @audit_arch:
 * every number up to 1023 in each architecture that its kernel runs, x32 too.
 */
int seccomp_compare(const struct seccomp_program *a, const struct seccomp_program *b,
		    uint32_t audit_arch, struct seccomp_excesses *ret,
		    struct error *err) must_check;

/* Whether a profile lets a system call happen, or leaves that to somebody else. */
enum seccomp_let {
	LET_NEVER,
	LET_DELEGATED,			/* a listener or a tracer decides, or nobody knows */
	LET_SOMETIMES,			/* by its arguments */
	LET_ALWAYS,
};

struct seccomp_call {
	const char *name;
	uint64_t key;			/* its first bytes */
	enum seccomp_let let;
};

/* What a profile's entries say, by the names of system calls. */
struct seccomp_calls {
	struct seccomp_call *v;		/* sorted; the names are the profile's */
	size_t n;
	enum seccomp_let rest;		/* what no entry names */
	const struct oci_seccomp *of;
};

int seccomp_calls_read(const struct oci_seccomp *seccomp, struct seccomp_calls *ret,
		       struct error *err) must_check;
void seccomp_calls_free(struct seccomp_calls *calls);
#define _cleanup_calls_ _cleanup_(seccomp_calls_free)

/* seccomp_calls_let - what becomes of @name, as libseccomp merges the entries. */
enum seccomp_let seccomp_calls_let(const struct seccomp_calls *calls, const char *name);

/*
 * seccomp_within - append profile @text, as policy_profile() gives it, less what
 * @within does not itself let: what passes it passes both. Where both let a name by its
 * arguments the narrower entry stays; what cannot be compared does not.
 */
int seccomp_within(const char *text, size_t len, const struct seccomp_calls *within,
		   struct buf *ret, struct error *err) must_check;

enum seccomp_trap {
	TRAP_DEFAULT_ALLOWS,		/* no allow list */
	TRAP_LISTENER,			/* listenerPath: another process decides */
	TRAP_DELEGATES,			/* NOTIFY or TRACE: allows at somebody's will */
	TRAP_WIDE_COMPARE,		/* 64 bits compared where the kernel looks at 32 */
	TRAP_LOST_DENIAL,		/* a conditional deny beside an unconditional ALLOW */
	TRAP_REPEATED_INDEX,		/* tests of one argument are ORed, not ANDed */
	TRAP_SPECULATION,		/* switches mitigations of the processor off */
	TRAP_UNKNOWN_NAME,		/* left out silently by the runtime */
	TRAP_SOCKETCALL,		/* i386's socketcall walks around the rules on socket */
	TRAP_CLONE_NAMESPACES,		/* clone makes the user namespaces that unshare may not */
	TRAP_CLONE3,			/* clone3 walks around the rules on clone */
	TRAP_CLONE3_ERRNO,		/* clone3 refused, but not with ENOSYS */
	TRAP_MISSING_SUBARCH,		/* 32-bit programs are killed */
	TRAP_KILL,			/* programs that probe are killed */
	TRAP_MAX
};

struct seccomp_lint {
	enum seccomp_trap trap;
	char *pointer;			/* JSON Pointer below the profile */
	char *text;			/* one sentence, escaped */
};

struct seccomp_lints {
	struct seccomp_lint *v;
	size_t n;
	size_t cap;			/* private */
};

void seccomp_lints_free(struct seccomp_lints *lints);
#define _cleanup_lints_ _cleanup_(seccomp_lints_free)

/* seccomp_trap_name - "wide-compare"; of a valid trap. seccomp_trap_parse - 0
 * and the trap of that name, or -EINVAL. */
const char *seccomp_trap_name(enum seccomp_trap trap);
int seccomp_trap_parse(const char *name, enum seccomp_trap *ret) must_check;

/* seccomp_trap_opens - whether the trap lets more through than is written down
 * (or leaves it to others), rather than breaking something. */
bool seccomp_trap_opens(enum seccomp_trap trap);

/* seccomp_lint - the traps in the profile of @calls, on a host of @audit_arch, at a cost that
 * grows no faster than the sorting of its names. */
int seccomp_lint(const struct seccomp_calls *calls, uint32_t audit_arch,
		 struct seccomp_lints *ret, struct error *err) must_check;

/* seccomp_lint_first - the same, but only of the traps @wanted (bit t: trap t), and of each
 * the first alone. */
int seccomp_lint_first(const struct seccomp_calls *calls, uint32_t audit_arch, unsigned wanted,
		       struct seccomp_lints *ret, struct error *err) must_check;

#endif
