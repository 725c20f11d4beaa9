/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <linux/audit.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stdarg.h>
#include <string.h>

#include <cofferdam/policy.h>
#include <cofferdam/text.h>

/* Traps: profiles that do not do what somebody who reads them would think. */

static const struct {
	const char *name;
	bool opens;
} traps[TRAP_MAX] = {
	[TRAP_DEFAULT_ALLOWS] = { "default-allows", true },
	[TRAP_LISTENER] = { "listener", true },
	[TRAP_DELEGATES] = { "delegates", true },
	[TRAP_WIDE_COMPARE] = { "wide-compare", true },
	[TRAP_LOST_DENIAL] = { "lost-denial", true },
	[TRAP_REPEATED_INDEX] = { "repeated-index", true },
	[TRAP_SPECULATION] = { "speculation", true },
	[TRAP_UNKNOWN_NAME] = { "unknown-name", false },
	[TRAP_SOCKETCALL] = { "socketcall", true },
	[TRAP_CLONE_NAMESPACES] = { "clone-namespaces", true },
	[TRAP_CLONE3] = { "clone3", true },
	[TRAP_CLONE3_ERRNO] = { "clone3-errno", false },
	[TRAP_MISSING_SUBARCH] = { "missing-subarch", false },
	[TRAP_KILL] = { "kill", false },
};

const char *seccomp_trap_name(enum seccomp_trap trap)
{
	return traps[trap].name;
}

int seccomp_trap_parse(const char *name, enum seccomp_trap *ret)
{
	for (int t = 0; t < TRAP_MAX; t++) {
		if (strcmp(traps[t].name, name) == 0) {
			*ret = (enum seccomp_trap)t;
			return 0;
		}
	}
	return -EINVAL;
}

bool seccomp_trap_opens(enum seccomp_trap trap)
{
	return traps[trap].opens;
}

void seccomp_lints_free(struct seccomp_lints *lints)
{
	for (size_t i = 0; i < lints->n; i++) {
		free(lints->v[i].pointer);
		free(lints->v[i].text);
	}
	free(lints->v);
	*lints = (struct seccomp_lints){ 0 };
}

struct linting {
	const struct oci_seccomp *seccomp;
	const struct oci_seccomp_rule *rules;
	size_t n;
	const struct seccomp_calls *calls;
	uint32_t audit_arch;
	bool once;			/* of each trap the first alone */
	unsigned seen;			/* bit i: trap i was found, or is not looked for */
	struct seccomp_lints *out;
	struct error *err;
	int failed;
};

/* A place in a profile: "/syscalls/1/names/0". */
struct at {
	const char *member;
	size_t i;			/* NONE: the member itself */
	const char *part;
	size_t n;			/* NONE: the part itself */
};

#define NONE SIZE_MAX
#define WHOLE(member) (&(const struct at){ member, NONE, NULL, NONE })
#define ENTRY(i, part, n) (&(const struct at){ "/syscalls", i, part, n })

static char *pointer(const struct at *at)
{
	_cleanup_buf_ struct buf out = { 0 };

	buf_str(&out, at->member);
	if (at->i != NONE)
		buf_printf(&out, "/%zu", at->i);
	if (at->part)
		buf_printf(&out, "/%s", at->part);
	if (at->n != NONE)
		buf_printf(&out, "/%zu", at->n);
	return buf_steal(&out);
}

static bool looks_for(const struct linting *l, enum seccomp_trap trap)
{
	return !l->once || !(l->seen & 1u << trap);
}

static void __attribute__((format(printf, 4, 5)))
found(struct linting *l, enum seccomp_trap trap, const struct at *at, const char *fmt, ...)
{
	struct seccomp_lints *out = l->out;
	struct seccomp_lint *grown;
	struct error text = { 0 };
	_cleanup_free_ char *said = NULL;
	va_list ap;

	if (!looks_for(l, trap))
		return;
	l->seen |= 1u << trap;
	va_start(ap, fmt);
	said = text_vformat(fmt, ap);
	va_end(ap);
	if (out->n == out->cap) {
		const size_t cap = out->cap ? out->cap * 2 : 32;

		grown = reallocarray(out->v, cap, sizeof(*grown));
		if (!grown) {
			l->failed = error_oom(l->err);
			return;
		}
		out->v = grown;
		out->cap = cap;
	}
	/* Names are foreign: error_set() escapes. */
	(void)error_set(&text, -EINVAL, "%s", said ? said : "");
	out->v[out->n] = (struct seccomp_lint){ trap, pointer(at), strdup(text.text) };
	if (!said || !out->v[out->n].pointer || !out->v[out->n].text)
		l->failed = error_oom(l->err);
	out->n++;
}

static bool is(const struct field_str *s, const char *wanted)
{
	/* most are told apart by the first letter */
	return s->v && s->v[0] == wanted[0] && strcmp(s->v, wanted) == 0;
}

static bool delegates(const struct field_str *action)
{
	return is(action, "SCMP_ACT_NOTIFY") || is(action, "SCMP_ACT_TRACE");
}

/* lets - whether the action is taken for a pass: all that does not refuse. */
static bool lets(const struct field_str *action)
{
	return !profile_refuses(action->v);
}

static bool kills(const struct field_str *action)
{
	return !lets(action) && !is(action, "SCMP_ACT_ERRNO");
}

static bool names(const struct oci_seccomp_rule *rule, const char *call)
{
	for (size_t i = 0; i < rule->names.n; i++) {
		if (is(&rule->names.v[i], call))
			return true;
	}
	return false;
}

static enum seccomp_let allowed(const struct linting *l, const char *call)
{
	return seccomp_calls_let(l->calls, call);
}

/* Higher bits of an argument make such a test pass, or fail, when it should not. */
static bool wide(bool passes, const struct oci_seccomp_arg *arg)
{
	if (passes)
		return is(&arg->op, "SCMP_CMP_NE") || is(&arg->op, "SCMP_CMP_GE") ||
		       is(&arg->op, "SCMP_CMP_GT");
	return is(&arg->op, "SCMP_CMP_EQ") || is(&arg->op, "SCMP_CMP_LT") ||
	       is(&arg->op, "SCMP_CMP_LE") ||
	       (is(&arg->op, "SCMP_CMP_MASKED_EQ") && arg->value.v > UINT32_MAX);
}

static void lint_tests(struct linting *l, size_t i, bool passes)
{
	const struct oci_seccomp_rule *rule = &l->rules[i];
	const struct oci_seccomp_arg *args = rule->args.v;
	const char *call = rule->names.n && rule->names.v[0].v ? rule->names.v[0].v : "";
	unsigned seen = 0;

	for (size_t a = 0; a < rule->args.n; a++) {
		const unsigned bit = 1u << (args[a].index.v & 31);

		if (wide(passes, &args[a]))
			found(l, TRAP_WIDE_COMPARE, ENTRY(i, "args", a),
			      "%s: compares 64 bits; of an int the kernel looks at 32, so a high bit walks around it: use SCMP_CMP_MASKED_EQ with the mask 0xffffffff",
			      call);
		/* Of a denial that refuses the more. */
		if (seen & bit && passes)
			found(l, TRAP_REPEATED_INDEX, ENTRY(i, "args", a),
			      "%s: tests argument %u again: runc and crun make a rule of each test, so one that holds is enough",
			      call, (unsigned)args[a].index.v);
		seen |= bit;
	}
}

static void lint_names(struct linting *l, size_t i, bool passes)
{
	const struct oci_seccomp_rule *rule = &l->rules[i];
	const bool kill = !passes && kills(&rule->action);
	const bool conditional = rule->args.n > 0 && !passes;

	if (!kill && !conditional && !looks_for(l, TRAP_UNKNOWN_NAME))
		return;
	for (size_t n = 0; n < rule->names.n; n++) {
		const char *call = rule->names.v[n].v;

		if (!call)
			continue;
		if (looks_for(l, TRAP_UNKNOWN_NAME) &&
		    seccomp_syscall_resolve_name(call) == __NR_SCMP_ERROR)
			found(l, TRAP_UNKNOWN_NAME, ENTRY(i, "names", n),
			      "%s: libseccomp on this host does not know it; a runtime leaves it out silently",
			      call);
		if (conditional && allowed(l, call) == LET_ALWAYS)
			found(l, TRAP_LOST_DENIAL, ENTRY(i, "names", n),
			      "%s: is allowed without conditions elsewhere, which beats this", call);
		if (kill)
			found(l, TRAP_KILL, ENTRY(i, "names", n),
			      "%s: whoever tries is killed, programs that only probe for it too: use SCMP_ACT_ERRNO",
			      call);
	}
}

static void lint_whole(struct linting *l)
{
	const struct oci_seccomp *s = l->seccomp;

	if (lets(&s->default_action))
		found(l, delegates(&s->default_action) ? TRAP_DELEGATES : TRAP_DEFAULT_ALLOWS,
		      WHOLE("/defaultAction"), "what no entry names is let through: this is no allow list");
	else if (kills(&s->default_action))
		found(l, TRAP_KILL, WHOLE("/defaultAction"),
		      "programs that probe for a new system call are killed: use SCMP_ACT_ERRNO with defaultErrnoRet 38 (ENOSYS)");
	if (s->listener_path.is != FIELD_ABSENT && s->listener_path.is != FIELD_NULL)
		found(l, TRAP_LISTENER, WHOLE("/listenerPath"),
		      "whoever listens on this socket decides instead of the profile");
	for (size_t i = 0; i < s->flags.n; i++) {
		if (is(&s->flags.v[i], "SECCOMP_FILTER_FLAG_SPEC_ALLOW"))
			found(l, TRAP_SPECULATION, &(const struct at){ "/flags", i, NULL, NONE },
			      "on kernels before 5.16 the program then runs without the mitigation of Speculative Store Bypass");
	}
}

static void lint_doors(struct linting *l)
{
	const struct oci_seccomp *s = l->seccomp;
	uint32_t doors[4];
	const size_t n = seccomp_doors(l->audit_arch, doors, ARRAY_SIZE(doors));
	bool named;

	if (s->architectures.n == 0)
		return;
	for (size_t d = 1; d < n; d++) {
		named = false;
		for (size_t i = 0; i < s->architectures.n; i++)
			named = named || (s->architectures.v[i].v &&
					  seccomp_arch_token(s->architectures.v[i].v) == doors[d]);
		if (!named)
			found(l, TRAP_MISSING_SUBARCH, WHOLE("/architectures"),
			      "lists architectures, but not this host's 32-bit one: such programs are killed");
		else if (doors[d] == AUDIT_ARCH_I386 && allowed(l, "socket") == LET_SOMETIMES &&
			 allowed(l, "socketcall") == LET_ALWAYS)
			found(l, TRAP_SOCKETCALL, WHOLE("/architectures"),
			      "the rules on socket do not hold: i386's socketcall, which is allowed, keeps its arguments in memory");
	}
}

/* keeps_users - whether a rule that lets clone through does so without CLONE_NEWUSER alone. */
static bool keeps_users(const struct oci_seccomp_rule *rule, uint32_t flags_index)
{
	const struct oci_seccomp_arg *args = rule->args.v;
	const uint64_t flag = CLONE_NEWUSER;

	for (size_t a = 0; a < rule->args.n; a++) {
		const bool masked = is(&args[a].op, "SCMP_CMP_MASKED_EQ");
		const uint64_t wanted = masked ? args[a].value_two.v : args[a].value.v;

		if (args[a].index.v == flags_index && !(wanted & flag) &&
		    (masked ? (args[a].value.v & flag) != 0 : is(&args[a].op, "SCMP_CMP_EQ")))
			return true;
	}
	return false;
}

/* lint_clone - what is refused to unshare, clone(2) does: the widest way into the kernel is a
 * user namespace, in which anybody has all capabilities. */
static void lint_clone(struct linting *l)
{
	/* clone(2): on this architecture the flags come second */
	const uint32_t flags_index = l->audit_arch == AUDIT_ARCH_S390X ? 1 : 0;

	if (allowed(l, "unshare") != LET_NEVER)
		return;
	for (size_t i = 0; i < l->n; i++) {
		if (lets(&l->rules[i].action) && names(&l->rules[i], "clone") &&
		    !keeps_users(&l->rules[i], flags_index))
			found(l, TRAP_CLONE_NAMESPACES, ENTRY(i, "names", NONE),
			      "clone: unshare is refused, but this makes the same user namespaces: test for CLONE_NEWUSER");
	}
}

static void lint_clone3(struct linting *l)
{
	const struct oci_seccomp *s = l->seccomp;
	const enum seccomp_let clone = allowed(l, "clone");
	uint64_t answer = s->default_errno_ret.is == FIELD_PRESENT ? s->default_errno_ret.v : EPERM;

	for (size_t i = 0; i < l->n; i++) {
		if (names(&l->rules[i], "clone3"))
			answer = l->rules[i].errno_ret.is == FIELD_PRESENT ?
				 l->rules[i].errno_ret.v : EPERM;
	}
	if (allowed(l, "clone3") != LET_NEVER) {
		if (clone != LET_ALWAYS)
			found(l, TRAP_CLONE3, WHOLE("/syscalls"),
			      "clone is not allowed in full, but clone3 does the same and keeps its flags in memory");
	} else if (clone != LET_NEVER && answer != ENOSYS) {
		found(l, TRAP_CLONE3_ERRNO, WHOLE("/syscalls"),
		      "clone3 must answer ENOSYS (38): at any other the C library starts no thread");
	}
}

static int lint(struct linting *l, const struct seccomp_calls *calls, struct seccomp_lints *ret)
{
	_cleanup_lints_ struct seccomp_lints out = { 0 };

	l->seccomp = calls->of;
	l->rules = calls->of->syscalls.v;
	l->n = calls->of->syscalls.n;
	l->calls = calls;
	l->out = &out;
	lint_whole(l);
	for (size_t i = 0; i < l->n && !l->failed; i++) {
		const bool passes = lets(&l->rules[i].action);

		if (delegates(&l->rules[i].action))
			found(l, TRAP_DELEGATES, ENTRY(i, "action", NONE),
			      "somebody else decides: without a listener or tracer it is refused, with one anything goes");
		lint_tests(l, i, passes);
		lint_names(l, i, passes);
	}
	lint_doors(l);
	lint_clone(l);
	lint_clone3(l);
	if (l->failed)
		return l->failed;
	*ret = out;
	out = (struct seccomp_lints){ 0 };
	return 0;
}

int seccomp_lint(const struct seccomp_calls *calls, uint32_t audit_arch,
		 struct seccomp_lints *ret, struct error *err)
{
	struct linting l = { .audit_arch = audit_arch, .err = err };

	return lint(&l, calls, ret);
}

int seccomp_lint_first(const struct seccomp_calls *calls, uint32_t audit_arch, unsigned wanted,
		       struct seccomp_lints *ret, struct error *err)
{
	struct linting l = { .audit_arch = audit_arch, .once = true, .seen = ~wanted, .err = err };

	return lint(&l, calls, ret);
}
