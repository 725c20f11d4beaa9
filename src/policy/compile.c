/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seccomp profile to BPF, by libseccomp, as runc and crun read it: the rules
 * of one system call are alternatives, the conditions of one rule must all hold,
 * and several conditions on one argument are alternatives again.
 */
#include "seccomp-private.h"

#include <inttypes.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cofferdam/json.h>

#define ARGS_MAX 6		/* of a system call */
#define ERRNO_MAX 4095		/* what a system call can return */

struct compiler {
	const struct json_doc *doc;
	const struct json *root;	/* the profile's object in it */
	scmp_filter_ctx ctx;
	uint32_t deflt;			/* the default action */
	uint32_t optimize;		/* seccomp_attr_set(3) */
	struct error *err;
};

static int bad(const struct compiler *c, const struct json *node, const char *what)
{
	unsigned line, column;

	json_where(c->doc, node->start, &line, &column);
	return error_set(c->err, -EINVAL, "%s:%u:%u: %s", c->doc->name, line, column, what);
}

static int member(const struct compiler *c, const struct json *object, const char *name,
		  enum json_type type, const struct json **ret)
{
	const struct json *node = json_get(object, name);

	*ret = node && node->type != JSON_NULL ? node : NULL;
	return *ret && node->type != type ? bad(c, node, "this member has the wrong type") : 0;
}

static int number(const struct compiler *c, const struct json *node, uint64_t max, uint64_t *ret)
{
	unsigned long long v;

	/* a mask may have all 64 bits; "1e3" and "1.0" are whole numbers to nobody else */
	if (node->type != JSON_NUMBER || strspn(node->str, "0123456789") != node->len)
		return bad(c, node, "must be a whole number");
	errno = 0;
	v = strtoull(node->str, NULL, 10);
	if (errno != 0 || v > max)
		return bad(c, node, "is out of range");
	*ret = v;
	return 0;
}

static int action(const struct compiler *c, const struct json *name, const struct json *errnum,
		  uint32_t *ret)
{
	static const struct {
		const char *name;
		uint32_t action;
	} actions[] = {
		{ "SCMP_ACT_KILL", SCMP_ACT_KILL },
		{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD },
		{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS },
		{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP },
		{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(EPERM) },
		{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(EPERM) },
		{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW },
		{ "SCMP_ACT_LOG", SCMP_ACT_LOG },
	};
	uint64_t value;
	int r;

	if (strcmp(name->str, "SCMP_ACT_NOTIFY") == 0)
		return error_set(c->err, -ENOTSUP,
				 "%s: SCMP_ACT_NOTIFY needs the runtime to load the profile",
				 c->doc->name);
	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, name->str) != 0)
			continue;
		*ret = actions[i].action;
		if (!errnum)
			return 0;
		r = number(c, errnum, UINT16_MAX, &value);
		if (r < 0)
			return r;
		if (*ret == SCMP_ACT_TRACE(EPERM)) {
			*ret = SCMP_ACT_TRACE((uint32_t)value);
			return 0;
		}
		if (*ret != SCMP_ACT_ERRNO(EPERM) || value > ERRNO_MAX)
			return bad(c, errnum, "this action takes no such value");
		*ret = SCMP_ACT_ERRNO((uint32_t)value);
		return 0;
	}
	return bad(c, name, "unknown action");
}

static int operator(const struct compiler *c, const struct json *node, enum scmp_compare *ret)
{
	static const struct {
		const char *name;
		enum scmp_compare op;
	} operators[] = {
		{ "SCMP_CMP_NE", SCMP_CMP_NE }, { "SCMP_CMP_LT", SCMP_CMP_LT },
		{ "SCMP_CMP_LE", SCMP_CMP_LE }, { "SCMP_CMP_EQ", SCMP_CMP_EQ },
		{ "SCMP_CMP_GE", SCMP_CMP_GE }, { "SCMP_CMP_GT", SCMP_CMP_GT },
		{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
	};

	for (size_t i = 0; i < ARRAY_SIZE(operators); i++) {
		if (strcmp(operators[i].name, node->str) == 0) {
			*ret = operators[i].op;
			return 0;
		}
	}
	return bad(c, node, "unknown comparison");
}

/* With MASKED_EQ "value" is the mask and "valueTwo" what must be left, in both. */
static int condition(const struct compiler *c, const struct json *object,
		     struct scmp_arg_cmp *ret)
{
	const struct json *index = NULL, *value = NULL, *two = NULL, *op = NULL;
	uint64_t i = 0;
	int r;

	if (object->type != JSON_OBJECT)
		return bad(c, object, "must be an object");
	r = member(c, object, "index", JSON_NUMBER, &index);
	if (r == 0)
		r = member(c, object, "value", JSON_NUMBER, &value);
	if (r == 0)
		r = member(c, object, "valueTwo", JSON_NUMBER, &two);
	if (r == 0)
		r = member(c, object, "op", JSON_STRING, &op);
	if (r < 0)
		return r;
	if (!index || !value || !op)
		return bad(c, object, "index, value or op is missing");
	r = number(c, index, ARGS_MAX - 1, &i);
	if (r == 0)
		r = number(c, value, UINT64_MAX, &ret->datum_a);
	if (r == 0 && two)
		r = number(c, two, UINT64_MAX, &ret->datum_b);
	ret->arg = (unsigned int)i;
	return r < 0 ? r : operator(c, op, &ret->op);
}

static int add(const struct compiler *c, const struct json *name, uint32_t act, unsigned int n,
	       const struct scmp_arg_cmp *conditions)
{
	int call = seccomp_syscall_resolve_name(name->str), r;

	if (call == __NR_SCMP_ERROR)
		return 0;
	r = seccomp_rule_add_array(c->ctx, act, call, n, conditions);
	if (r == -ENOMEM)
		return error_oom(c->err);
	/* a rule that stands there already, or a call that no architecture here has */
	if (r == -EEXIST || r == -EDOM)
		return 0;
	return r < 0 ? bad(c, name, "libseccomp refuses the rule for this system call") : 0;
}

static int rule_names(const struct compiler *c, const struct json *names, uint32_t act,
		      unsigned int n, const struct scmp_arg_cmp *conditions)
{
	bool apart = false;
	int r = 0;

	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int j = 0; j < i; j++)
			apart = apart || conditions[i].arg == conditions[j].arg;
	}
	for (const struct json *name = names->first; r == 0 && name; name = name->next) {
		if (name->type != JSON_STRING)
			return bad(c, name, "must be the name of a system call");
		if (!apart)
			r = add(c, name, act, n, conditions);
		for (unsigned int i = 0; apart && r == 0 && i < n; i++)
			r = add(c, name, act, 1, &conditions[i]);
	}
	return r;
}

static int rule(const struct compiler *c, const struct json *object)
{
	struct scmp_arg_cmp conditions[ARGS_MAX * 2] = { { 0 } };
	const struct json *names = NULL, *args = NULL, *act = NULL, *errnum = NULL;
	uint32_t value = 0;
	unsigned int n = 0;
	int r;

	if (object->type != JSON_OBJECT)
		return bad(c, object, "must be an object");
	r = member(c, object, "names", JSON_ARRAY, &names);
	if (r == 0)
		r = member(c, object, "action", JSON_STRING, &act);
	if (r == 0)
		r = member(c, object, "errnoRet", JSON_NUMBER, &errnum);
	if (r == 0)
		r = member(c, object, "args", JSON_ARRAY, &args);
	if (r < 0)
		return r;
	if (!names || !act)
		return bad(c, object, "names or action is missing");
	r = action(c, act, errnum, &value);
	for (const struct json *a = args ? args->first : NULL; r == 0 && a; a = a->next) {
		if (n == ARRAY_SIZE(conditions))
			return bad(c, a, "too many conditions");
		r = condition(c, a, &conditions[n++]);
	}
	/* libseccomp wants no rule that says what the default does */
	return r < 0 || value == c->deflt ? r : rule_names(c, names, value, n, conditions);
}

/* "SCMP_ARCH_X86_64" is what libseccomp calls "x86_64". */
static int architecture(const struct compiler *c, const struct json *node, uint32_t own)
{
	static const char prefix[] = "SCMP_ARCH_";
	char name[32] = { 0 };
	uint32_t token;
	int r;

	if (node->type != JSON_STRING || strncmp(node->str, prefix, sizeof(prefix) - 1) != 0 ||
	    node->len - (sizeof(prefix) - 1) >= sizeof(name))
		return bad(c, node, "unknown architecture");
	for (size_t i = 0; i < node->len - (sizeof(prefix) - 1); i++) {
		char ch = node->str[i + sizeof(prefix) - 1];

		name[i] = (char)(ch >= 'A' && ch <= 'Z' ? ch - 'A' + 'a' : ch);
	}
	token = seccomp_arch_resolve_name(name);
	if (token == 0)
		return bad(c, node, "unknown architecture");
	if (token == own)
		return 0;
	r = seccomp_arch_add(c->ctx, token);
	if (r == -ENOMEM)
		return error_oom(c->err);
	return r < 0 && r != -EEXIST ? bad(c, node, "this architecture cannot be let in here") : 0;
}

static int architectures(const struct compiler *c, uint32_t own)
{
	const uint32_t native = seccomp_arch_native();
	const struct json *list = NULL;
	int r = member(c, c->root, "architectures", JSON_ARRAY, &list);

	if (r == 0 && native != own) {
		r = seccomp_arch_remove(c->ctx, native);
		if (r == 0)
			r = seccomp_arch_add(c->ctx, own);
		if (r < 0)
			return error_set(c->err, -EINVAL,
					 "%s: libseccomp makes no filter for architecture %#" PRIx32,
					 c->doc->name, own);
	}
	for (const struct json *a = list ? list->first : NULL; r == 0 && a; a = a->next)
		r = architecture(c, a, own);
	return r;
}

static int flags(const struct compiler *c, unsigned long *ret)
{
	const struct json *list = NULL;
	int r = member(c, c->root, "flags", JSON_ARRAY, &list);

	for (const struct json *f = list ? list->first : NULL; r == 0 && f; f = f->next) {
		if (f->type != JSON_STRING)
			return bad(c, f, "unknown flag");
		if (strcmp(f->str, "SECCOMP_FILTER_FLAG_LOG") == 0)
			*ret |= SECCOMP_FILTER_FLAG_LOG;
		else if (strcmp(f->str, "SECCOMP_FILTER_FLAG_SPEC_ALLOW") == 0)
			*ret |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
		/* the process has a single thread; and no listener to wait for */
		else if (strcmp(f->str, "SECCOMP_FILTER_FLAG_TSYNC") != 0 &&
			 strcmp(f->str, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV") != 0)
			return bad(c, f, "unknown flag");
	}
	return r;
}

static int export(const struct compiler *c, struct seccomp_program *ret)
{
	_cleanup_close_ int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	ssize_t got;
	int r;

	if (fd < 0)
		return error_sys(c->err, errno, "memfd_create");
	r = seccomp_export_bpf(c->ctx, fd);
	if (r < 0)
		return error_sys(c->err, -r, "%s: libseccomp makes no filter of it", c->doc->name);
	if (fstat(fd, &st) < 0)
		return error_sys(c->err, errno, "fstat");
	ret->n = (size_t)st.st_size / sizeof(*ret->v);
	if (ret->n == 0 || ret->n > BPF_MAXINSNS)
		return error_set(c->err, -E2BIG, "%s: the filter has %zu instructions, of at most %d",
				 c->doc->name, ret->n, BPF_MAXINSNS);
	ret->v = calloc(ret->n, sizeof(*ret->v));
	if (!ret->v)
		return error_oom(c->err);
	got = pread(fd, ret->v, ret->n * sizeof(*ret->v), 0);
	return got == (ssize_t)(ret->n * sizeof(*ret->v)) ? 0 :
	       error_sys(c->err, got < 0 ? errno : EIO, "reading the filter back");
}

static int compile(struct compiler *c, uint32_t arch, struct seccomp_program *ret)
{
	const struct json *act = NULL, *errnum = NULL, *listener = NULL, *rules = NULL;
	int r;

	if (c->root->type != JSON_OBJECT)
		return bad(c, c->root, "not an OCI seccomp object");
	r = member(c, c->root, "defaultAction", JSON_STRING, &act);
	if (r == 0)
		r = member(c, c->root, "defaultErrnoRet", JSON_NUMBER, &errnum);
	if (r == 0)
		r = member(c, c->root, "listenerPath", JSON_STRING, &listener);
	if (r == 0)
		r = member(c, c->root, "syscalls", JSON_ARRAY, &rules);
	if (r < 0)
		return r;
	if (!act)
		return bad(c, c->root, "defaultAction is missing");
	if (listener)
		return error_set(c->err, -ENOTSUP, "%s: listenerPath needs the runtime to load the profile",
				 c->doc->name);
	r = action(c, act, errnum, &c->deflt);
	if (r < 0)
		return r;
	c->ctx = seccomp_init(c->deflt);
	if (!c->ctx)
		return error_oom(c->err);
	(void)seccomp_attr_set(c->ctx, SCMP_FLTATR_CTL_OPTIMIZE, c->optimize);
	r = architectures(c, arch);
	if (r == 0)
		r = flags(c, &ret->flags);
	for (const struct json *s = rules ? rules->first : NULL; r == 0 && s; s = s->next)
		r = rule(c, s);
	return r < 0 ? r : export(c, ret);
}

static int compile_node(const struct json_doc *doc, const struct json *root, uint32_t arch,
			uint32_t optimize, struct seccomp_program *ret, struct error *err)
{
	_cleanup_seccomp_ struct seccomp_program program = { 0 };
	struct compiler c = { .err = err, .doc = doc, .root = root, .optimize = optimize };
	int r;

	if (doc->repeated > 0)
		return error_set(err, -EINVAL, "%s: a member stands there a second time", doc->name);
	r = compile(&c, arch, &program);
	if (c.ctx)
		seccomp_release(c.ctx);
	if (r < 0)
		return r;
	*ret = program;
	program = (struct seccomp_program){ 0 };
	return 0;
}

int seccomp_compile(const char *name, const char *text, size_t len, uint32_t arch,
		    struct seccomp_program *ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse(name, text, len, 0, &doc, err);

	/* a binary search over the call numbers instead of one comparison after another */
	return r < 0 ? r : compile_node(doc, doc->root, arch, 2, ret, err);
}

int seccomp_compile_node(const struct json_doc *doc, const struct json *root, uint32_t arch,
			 struct seccomp_program *ret, struct error *err)
{
	return compile_node(doc, root, arch, 1, ret, err);
}

void seccomp_program_free(struct seccomp_program *program)
{
	free(program->v);
	*program = (struct seccomp_program){ 0 };
}
