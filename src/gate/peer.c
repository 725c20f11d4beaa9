/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Armed twice is armed once: old runc calls hooks twice, and a hook may be
 * registered in two places. A process has one tracer, so the second supervisor
 * must tell whether the first is one of its own kind, with the same orders.
 * These lie in memory that only a descriptor of the first leads to.
 */
#include "gate-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>

#include <cofferdam/digest.h>
#include <cofferdam/file.h>

#define ORDERS_FD 3		/* in every supervisor */
#define ORDERS_MAX 4096

/* digest - of @h and @s, its length first: empty strings and the ends of lists count. */
static uint64_t digest(uint64_t h, const char *s, uint64_t len)
{
	return digest_quick(digest_quick(h, (const char *)&len, sizeof(len)), s, len);
}

static uint64_t digest_string(uint64_t h, const char *s)
{
	return digest(h, s ? s : "", s ? strlen(s) : 0);
}

static uint64_t digest_param(uint64_t h, enum param_kind kind, const struct param_value *value)
{
	if (kind == PARAM_PROFILE)
		return digest_string(h, value->string);
	if (!param_kind_is_list(kind))
		return digest(h, (const char *)&value->number, sizeof(value->number));
	for (size_t i = 0; value->list && value->list[i]; i++)
		h = digest_string(h, value->list[i]);
	return digest(h, "", 0);
}

/* digest_policy - of all that policy_print() would print, for a fraction of what that takes. */
static int digest_policy(const struct policy *policy, uint64_t *ret, struct error *err)
{
	uint64_t h = digest_string(UINT64_C(0xcbf29ce484222325), policy->name);
	_cleanup_buf_ struct buf text = { 0 };

	h = digest_string(h, policy->description);
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);
		const struct setting *setting = &policy->rules[i];
		const char how[] = { (char)setting->action, setting->audit, policy->audit };

		h = digest(h, how, sizeof(how));
		for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++)
			h = digest_param(h, rule->params[p].kind, &setting->params[p]);
	}
	for (size_t i = 0; i < policy->n_exemptions; i++)
		exemption_print(&text, &policy->exemptions[i], "");
	*ret = digest(h, buf_cstr(&text), text.len);
	return buf_check(&text, err);
}

/* orders - a line that two supervisors with the same orders have in common. */
static int orders(struct buf *out, const struct gate_call *call, struct error *err)
{
	const struct json_doc *doc = call->subject->doc;
	uint64_t policy;
	int r = digest_policy(call->subject->policy, &policy, err);

	if (r < 0)
		return r;
	buf_printf(out, GATE_COMM " 1 pid %" PRId64 " %s%s policy %016" PRIx64 " config %016" PRIx64
		   " id ", call->pid, call->tighten ? "enforce" : "verify",
		   call->audit ? " audit" : "", policy,
		   digest(0, doc->text, doc->len));
	json_quote(out, call->id, strnlen(call->id, 1024));
	buf_char(out, '\n');
	return buf_check(out, err);
}

int peer_new(struct error *err)
{
	const int fd = memfd_create(GATE_COMM, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	return fd < 0 ? error_sys(err, errno, "memfd_create") : fd;
}

int peer_write(int fd, const struct gate_call *call, struct error *err)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
	_cleanup_buf_ struct buf text = { 0 };
	int r = orders(&text, call, err);

	if (r == 0)
		r = file_write_all(fd, text.data, text.len, err);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, seals) < 0)
		r = error_sys(err, errno, "cannot seal a memfd");
	return r;
}

int peer_publish(int *fd, struct error *err)
{
	if (*fd != ORDERS_FD && dup3(*fd, ORDERS_FD, O_CLOEXEC) < 0)
		return error_sys(err, errno, "dup3");
	*fd = ORDERS_FD;
	return 0;
}

int peer_same(pid_t tracer, const struct gate_call *call, struct error *err)
{
	_cleanup_close_ int dir = -1, fd = -1;
	_cleanup_buf_ struct buf wanted = { 0 };
	char path[32], text[ORDERS_MAX];
	struct stat own, his;
	ssize_t n;
	int r = orders(&wanted, call, err);

	if (r < 0)
		return r;

	(void)snprintf(path, sizeof(path), "/proc/%d", tracer);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || fstatat(dir, "exe", &his, 0) < 0)
		return error_sys(err, errno, "process %d, which traces the container's, cannot be looked at",
				 tracer);
	if (stat("/proc/self/exe", &own) < 0)
		return error_sys(err, errno, "/proc/self/exe");
	if (own.st_dev != his.st_dev || own.st_ino != his.st_ino)
		return 0;
	(void)snprintf(path, sizeof(path), "fd/%d", ORDERS_FD);
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_sys(err, errno, "the orders of supervisor %d cannot be read", tracer);
	n = pread(fd, text, sizeof(text), 0);
	return n > 0 && (size_t)n == wanted.len && memcmp(text, wanted.data, wanted.len) == 0;
}
