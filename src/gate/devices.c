/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which devices the container may open. Version 1 of the devices cgroup lists
 * them (cgroup-v1/devices.rst). In version 2 a BPF program decides, of which
 * only can be seen that it is there.
 */
#include "gate-private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>

#include <cofferdam/file.h>

#include "cgroup-private.h"

/* What runc and crun allow in any case: to make nodes, and these (/dev/net/tun too). */
static const struct device_rule always[] = {
	{ 'c', -1, -1, .make = true }, { 'b', -1, -1, .make = true },
	{ 'c', 1, 3, true, true, true }, { 'c', 1, 5, true, true, true },
	{ 'c', 1, 7, true, true, true }, { 'c', 1, 8, true, true, true },
	{ 'c', 1, 9, true, true, true }, { 'c', 5, 0, true, true, true },
	{ 'c', 5, 1, true, true, true }, { 'c', 5, 2, true, true, true },
	{ 'c', 10, 200, true, true, true }, { 'c', 136, -1, true, true, true },
};

static bool within(int64_t number, int64_t allowed)
{
	return allowed < 0 || number == allowed;
}

/* take - what @by allows of @left is no longer asked for. */
static void take(struct device_rule *left, const struct device_rule *by)
{
	if ((by->type != 'a' && by->type != left->type) || !within(left->major, by->major) ||
	    !within(left->minor, by->minor))
		return;
	left->read = left->read && !by->read;
	left->write = left->write && !by->write;
	left->make = left->make && !by->make;
}

static bool meets(int64_t a, int64_t b)
{
	return a < 0 || b < 0 || a == b;
}

/* give_back - what a later rule forbids of @rule, even in part, is asked for again. */
static void give_back(struct device_rule *left, const struct device_rule *rule,
		      const struct device_rule *by)
{
	if ((by->type != 'a' && by->type != rule->type) || !meets(rule->major, by->major) ||
	    !meets(rule->minor, by->minor))
		return;
	left->read = left->read || (rule->read && by->read);
	left->write = left->write || (rule->write && by->write);
	left->make = left->make || (rule->make && by->make);
}

/* of_config - as runc and crun read a rule; no type is "a", no number any. */
static struct device_rule of_config(const struct oci_device_rule *rule)
{
	const char *type = rule->type.v ? rule->type.v : "";
	const char *access = rule->access.v ? rule->access.v : "rwm";
	struct device_rule r = {
		.type = type[0] == 'u' ? 'c' : type[0] ? type[0] : 'a',
		.major = rule->major.is == FIELD_PRESENT ? rule->major.v : -1,
		.minor = rule->minor.is == FIELD_PRESENT ? rule->minor.v : -1,
		.read = strchr(access, 'r') != NULL, .write = strchr(access, 'w') != NULL,
		.make = strchr(access, 'm') != NULL,
	};

	/* of type "a" neither the kernel nor runc looks at the rest */
	if (r.type == 'a')
		return (struct device_rule){ 'a', -1, -1, true, true, true };
	return r;
}

bool device_admitted(const struct oci_resources *resources, const struct device_rule *rule)
{
	const struct oci_device_rule *rules = resources->devices.v;
	struct device_rule left = *rule;

	for (size_t i = 0; i < resources->devices.n; i++) {
		const struct device_rule by = of_config(&rules[i]);

		if (rules[i].allow.v)
			take(&left, &by);
		else
			give_back(&left, rule, &by);
	}
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		take(&left, &always[i]);
	return !left.read && !left.write && !left.make;
}

static const char *number_or_any(const char *at, int64_t *ret)
{
	char *end;

	if (*at == '*') {
		*ret = -1;
		return at + 1;
	}
	*ret = strtoll(at, &end, 10);
	return end == at || *ret < 0 ? NULL : end;
}

bool device_rule_parse(const char *line, struct device_rule *ret)
{
	struct device_rule r = { .type = line[0] };
	const char *at = line;

	if (!line[0] || !strchr("abc", line[0]) || line[1] != ' ')
		return false;
	at = number_or_any(line + 2, &r.major);
	at = at && *at == ':' ? number_or_any(at + 1, &r.minor) : NULL;
	if (!at || *at++ != ' ')
		return false;
	for (; *at && *at != '\n'; at++) {
		if (!strchr("rwm", *at))
			return false;
		r.read = r.read || *at == 'r';
		r.write = r.write || *at == 'w';
		r.make = r.make || *at == 'm';
	}
	*ret = r;
	return true;
}

static void verify_list(struct gate *g, int dir)
{
	const struct oci_resources *resources = &g->call->wanted->linux_.resources;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };
	const char *line;

	if (file_read_kernel(dir, "devices.list", 1u << 20, &text, &err) < 0) {
		mismatch(g, "its devices cgroup cannot be read: %s", err.text);
		return;
	}
	for (line = buf_cstr(&text); *line; line += strcspn(line, "\n") + 1) {
		struct device_rule rule;

		if (!device_rule_parse(line, &rule) || !device_admitted(resources, &rule)) {
			mismatch(g, "its devices cgroup allows \"%.*s\", which was not admitted",
				 (int)strcspn(line, "\n"), line);
			return;
		}
		if (!strchr(line, '\n'))
			break;
	}
	note(&g->verified, "devices");
}

/* programs - how many are attached to the cgroup @dir for devices, or -errno. */
static int programs(int dir)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)dir;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	if (syscall(SYS_bpf, BPF_PROG_QUERY, &attr, sizeof(attr)) < 0 && errno != ENOSPC)
		return -errno;
	return (int)attr.query.prog_cnt;
}

static void verify_program(struct gate *g, int dir)
{
	/* crun puts the program into a folder below the one that systemd made */
	_cleanup_close_ int above = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int n = programs(dir);

	if (n == 0 && above >= 0)
		n = programs(above);
	if (n == 0)
		mismatch(g, "nothing keeps it from the host's devices: no program is attached to its cgroup");
	else if (n < 0)
		note(&g->unverified, "devices: programs of its cgroup cannot be asked for: %s",
		     strerror(-n));
	else
		note(&g->unverified, "devices: a program is attached to its cgroup; what it allows is not read");
}

void verify_device_access(struct gate *g)
{
	const struct field_list *rules = &g->call->wanted->linux_.resources.devices;
	const struct device_rule all = { 'a', -1, -1, true, true, true };
	int v1, v2;

	/* no rule, or one for every device: nothing is held back */
	if (rules->n == 0 || device_admitted(&g->call->wanted->linux_.resources, &all))
		return;
	v1 = gate_cgroup(g, "devices");
	if (v1 >= 0) {
		verify_list(g, v1);
		return;
	}
	v2 = access("/sys/fs/cgroup/devices", F_OK) == 0 ? -ENOENT : gate_cgroup(g, "");
	if (v2 >= 0)
		verify_program(g, v2);
	else
		note(&g->unverified, "devices: the container has no cgroup of its own for them");
}
