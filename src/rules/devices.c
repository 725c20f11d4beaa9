/* SPDX-License-Identifier: Apache-2.0 */
/* Devices: nodes in /dev, the device cgroup, network interfaces. */
#include <cofferdam/rules.h>

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <cofferdam/text.h>

#include "rules-private.h"

/*
 * The nodes every runtime makes (config-linux.md#default-devices), and ptys. The console
 * is the host's own to whom has a node of it; engines let it be used for the pty that
 * runtimes bind to /dev/console, and ask for no node.
 */
static const struct {
	int64_t major, minor;		/* minor -1: all */
	const char *path;		/* the host's, or NULL */
	bool no_node;
} harmless[] = {
	{ 1, 3, "/dev/null", false }, { 1, 5, "/dev/zero", false }, { 1, 7, "/dev/full", false },
	{ 1, 8, "/dev/random", false }, { 1, 9, "/dev/urandom", false },
	{ 5, 0, "/dev/tty", false }, { 5, 1, NULL, true }, { 5, 2, NULL, false },
	{ 136, -1, NULL, false },
};

static bool is_char(const char *type)
{
	return type && (strcmp(type, "c") == 0 || strcmp(type, "u") == 0);
}

/* is_harmless - the row of @harmless, or -1. */
static int is_harmless(const char *type, int64_t major, int64_t minor)
{
	for (size_t i = 0; is_char(type) && i < ARRAY_SIZE(harmless); i++) {
		if (harmless[i].major == major &&
		    (harmless[i].minor == minor || harmless[i].minor == -1))
			return (int)i;
	}
	return -1;
}

/* device_allowed - by the policy's list. */
static bool device_allowed(const struct rule_input *in, const char *type, int64_t major,
			   int64_t minor)
{
	const char *const *list = rule_param(in, "allow")->list;
	char name[64];

	if (!list || !list[0])
		return false;
	(void)snprintf(name, sizeof(name), "%s %" PRId64 ":%" PRId64, type ? type : "", major, minor);
	return rule_listed(in, "allow", name);
}

/*
 * no_devices - whether what the host has at the clean @path is no device: anything outside
 * /dev, and there what others than the host's root make.
 */
static bool no_devices(const char *path)
{
	static const char *const folders[] = { "/dev/core", "/dev/fd", "/dev/initctl", "/dev/log",
					       "/dev/mqueue", "/dev/pts", "/dev/shm", "/dev/stderr",
					       "/dev/stdin", "/dev/stdout" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (text_path_below(path, folders[i]))
			return true;
	}
	return strncmp(path, "/dev/", 5) != 0 || !text_path_looks_clean(path);
}

/*
 * bound_other - where no node can be made, runtimes bind what the host has at that very
 * path, whatever type and numbers say: both in a user namespace, runc on a file system
 * that takes none, to which a link of the image may lead (mqueue). What is a device there
 * by any other number stays shut by the device cgroup; so it has to be a device, and
 * those of the host are in /dev, where nobody else can put anything.
 */
static bool bound_other(const struct rule_input *in, const struct oci_device *d, int row)
{
	const char *path = d->path.v ? d->path.v : "";

	if (no_devices(path))
		return true;
	if (!oci_ns_find(in->spec, NS_USER))
		return false;
	if (row >= 0)
		return !harmless[row].path || strcmp(path, harmless[row].path) != 0;
	return !is_char(d->type.v) || strcmp(path, "/dev/console") == 0;
}

/* node_why - what is wrong with a node, or NULL. */
static const char *node_why(const struct rule_input *in, const struct oci_device *d)
{
	const bool fifo = d->type.v && strcmp(d->type.v, "p") == 0;
	const mode_t type = fifo ? S_IFIFO : is_char(d->type.v) ? S_IFCHR : S_IFBLK;
	const int row = is_harmless(d->type.v, d->major.v, d->minor.v);

	if (!fifo && (row < 0 || harmless[row].no_node) &&
	    !device_allowed(in, d->type.v, d->major.v, d->minor.v))
		return "gives the container a device of the host";
	/* runtimes add the type to what stands there already: mknod(2) takes the two together */
	if (d->file_mode.v & S_IFMT & ~type)
		return "has another type in its mode, and would be made a device of that";
	return bound_other(in, d, row) ? "gives the container what the host has at this path where no node can be made"
				       : NULL;
}

static int judge_nodes(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_device *devices = in->spec->linux_.devices.v;

	for (size_t i = 0; i < in->spec->linux_.devices.n; i++) {
		const struct oci_device *d = &devices[i];
		const char *why = node_why(in, d), *pointer;
		struct finding *f;

		if (!why)
			continue;
		pointer = pointer_to(out, err, "/linux/devices/", i, NULL);
		if (!pointer)
			return err->code;
		f = finding_add(in, out, err, pointer, "%s", why);
		if (!f || finding_value(f, err, "%s (%s %" PRId64 ":%" PRId64 ")",
					d->path.v ? d->path.v : "", d->type.v ? d->type.v : "",
					d->major.v, d->minor.v) < 0)
			return err->code;
	}
	return 0;
}

/* A rule without a type is one of type "a", to runc and to crun; crun reads no more of it. */
static bool any_type(const struct oci_device_rule *rule)
{
	const char *type = rule->type.v;

	return !type || type[0] == '\0' || type[0] == 'a';
}

/* odd_type - crun writes it as it is where the kernel reads numbers and access. */
static bool odd_type(const char *type)
{
	return !is_char(type) && strcmp(type, "b") != 0;
}

/*
 * Of type "a" the kernel (devices.allow of cgroup v1) and runc ignore the
 * numbers and the access: it is every device, whatever else the rule says.
 */
bool device_rule_allows_all(const struct oci_device_rule *rule)
{
	return rule->allow.v && any_type(rule);
}

static int64_t number(const struct field_int *field)
{
	return field->is == FIELD_PRESENT ? field->v : -1;
}

static int judge_access(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_device_rule *rules = in->spec->linux_.resources.devices.v;

	for (size_t i = 0; i < in->spec->linux_.resources.devices.n; i++) {
		const struct oci_device_rule *rule = &rules[i];
		const char *access = rule->access.v ? rule->access.v : "rwm", *pointer;
		struct finding *f;

		/* Making a node gives nothing that reading and writing it would. */
		if (!rule->allow.v || device_rule_allows_all(rule) ||
		    (!strpbrk(access, "rw") && !odd_type(rule->type.v)) ||
		    is_harmless(rule->type.v, number(&rule->major), number(&rule->minor)) >= 0 ||
		    device_allowed(in, rule->type.v, number(&rule->major), number(&rule->minor)))
			continue;
		pointer = pointer_to(out, err, "/linux/resources/devices/", i, NULL);
		if (!pointer)
			return err->code;
		f = finding_add(in, out, err, pointer,
				"lets the container use a device of the host");
		if (!f || finding_value(f, err, "%s %" PRId64 ":%" PRId64 " %s",
					rule->type.v, number(&rule->major),
					number(&rule->minor), access) < 0)
			return err->code;
	}
	return 0;
}

int check_devices(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = judge_nodes(in, out, err);

	return r < 0 ? r : judge_access(in, out, err);
}

static bool denies_all(const struct oci_device_rule *rule)
{
	const bool any_major = rule->major.is != FIELD_PRESENT || rule->major.v < 0;
	const bool any_minor = rule->minor.is != FIELD_PRESENT || rule->minor.v < 0;

	return !rule->allow.v && any_type(rule) && any_major && any_minor &&
	       (!rule->access.v || rule->access.v[0] == '\0' ||
		(strchr(rule->access.v, 'r') && strchr(rule->access.v, 'w') &&
		 strchr(rule->access.v, 'm')));
}

/* rewrite - deny all first, then every rule that names a device and still holds. */
static int rewrite(const struct rule_input *in, struct finding *f, struct error *err)
{
	const struct field_list *list = &in->spec->linux_.resources.devices;
	const struct oci_device_rule *rules = list->v;
	_cleanup_buf_ struct buf value = { 0 };
	size_t from = 0;

	/* what stands before a denial of all was taken back by it */
	for (size_t i = 0; i < list->n; i++) {
		if (denies_all(&rules[i]))
			from = i;
	}
	buf_str(&value, "[{\"allow\": false, \"access\": \"rwm\"}");
	for (size_t i = from; i < list->n; i++) {
		const struct json *node = rules[i].node;

		if (device_rule_allows_all(&rules[i]) || denies_all(&rules[i]))
			continue;
		buf_str(&value, ", ");
		buf_add(&value, in->doc->text + node->start, node->end - node->start);
	}
	buf_char(&value, ']');
	if (buf_check(&value, err) < 0)
		return err->code;
	return finding_edit(f, JSON_ADD, "/linux/resources/devices", buf_cstr(&value), err);
}

int check_device_cgroup(const struct rule_input *in, struct findings *out, struct error *err)
{
	static const char pointer[] = "/linux/resources/devices";
	const struct field_list *list = &in->spec->linux_.resources.devices;
	const struct oci_device_rule *rules = list->v;
	struct finding *f = NULL;

	for (size_t i = 0; i < list->n && !f; i++) {
		if (!device_rule_allows_all(&rules[i]))
			continue;
		f = finding_add(in, out, err, pointer, "allows every device");
		if (!f)
			return err->code;
	}
	if (!f && (list->n == 0 || !denies_all(&rules[0]))) {
		f = finding_add(in, out, err, pointer, "does not begin by denying every device");
		if (!f)
			return err->code;
	}
	return f ? rewrite(in, f, err) : 0;
}

int check_net_devices(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct json *node = in->spec->linux_.net_devices.node;
	struct finding *f;

	if (!node || node->type == JSON_NULL || (node->type == JSON_OBJECT && node->count == 0))
		return 0;
	f = finding_add(in, out, err, "/linux/netDevices",
			"takes a network interface away from the host");
	return f ? finding_value(f, err, "%s", node->first && node->first->key ? node->first->key : "")
		 : err->code;
}
