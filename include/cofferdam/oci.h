/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_OCI_H
#define COFFERDAM_OCI_H

/*
 * Typed, read-only views of the OCI runtime specification's config.json and
 * state (runtime-spec 1.3: config.md, config-linux.md, runtime.md). Member
 * names are the specification's. Only what rules or remedies look at is here;
 * everything else stays in the tree, untouched.
 */

#include <cofferdam/fields.h>

struct oci_user {
	const struct json *node;
	enum field_is is;
	struct field_uint uid;			/* absent is 0 (Go's zero value) */
	struct field_uint gid;
	struct field_list additional_gids;	/* raw: numbers in the tree */
};

struct oci_capabilities {
	const struct json *node;
	enum field_is is;
	struct field_strs bounding, effective, inheritable, permitted, ambient;
};

struct oci_rlimit {
	const struct json *node;
	enum field_is is;
	struct field_str type;
	struct field_uint hard, soft;
};

/* process.scheduler, sched_setattr(2). */
struct oci_scheduler {
	const struct json *node;
	enum field_is is;
	struct field_str policy;
	struct field_int nice, priority;
};

/* process.ioPriority, ioprio_set(2). */
struct oci_io_priority {
	const struct json *node;
	enum field_is is;
	struct field_str class_;
	struct field_int priority;
};

struct oci_process {
	const struct json *node;
	enum field_is is;
	struct field_bool terminal;
	struct oci_user user;
	struct field_strs args, env;
	struct field_str cwd;
	struct oci_capabilities capabilities;
	struct field_list rlimits;		/* struct oci_rlimit, unique type */
	struct field_bool no_new_privileges;
	struct field_str apparmor_profile, selinux_label;
	struct field_int oom_score_adj;
	struct oci_scheduler scheduler;
	struct oci_io_priority io_priority;
};

struct oci_root {
	const struct json *node;
	enum field_is is;
	struct field_str path;
	struct field_bool readonly;
};

struct oci_mount {
	const struct json *node;
	enum field_is is;
	struct field_str destination, type, source;
	struct field_strs options;
	struct field_list uid_mappings, gid_mappings;	/* struct oci_idmap */
	bool bind;			/* type "bind", or bind or rbind among the options */
};

struct oci_hook {
	const struct json *node;
	enum field_is is;
	struct field_str path;
	struct field_strs args, env;
	struct field_int timeout;
};

struct oci_hooks {
	const struct json *node;
	enum field_is is;
	/* lists of struct oci_hook */
	struct field_list prestart, create_runtime, create_container,
			  start_container, poststart, poststop;
};

struct oci_namespace {
	const struct json *node;
	enum field_is is;
	struct field_str type, path;
};

struct oci_idmap {
	const struct json *node;
	enum field_is is;
	struct field_uint container_id, host_id, size;
};

struct oci_device {
	const struct json *node;
	enum field_is is;
	struct field_str type, path;
	struct field_int major, minor;
	struct field_uint file_mode, uid, gid;
};

struct oci_device_rule {
	const struct json *node;
	enum field_is is;
	struct field_bool allow;
	struct field_str type, access;
	struct field_int major, minor;
};

struct oci_memory {
	const struct json *node;
	enum field_is is;
	struct field_int limit, reservation, swap;	/* bytes; -1 unlimited */
	struct field_bool disable_oom_killer;
};

struct oci_cpu {
	const struct json *node;
	enum field_is is;
	struct field_uint shares, period;		/* weight; microseconds */
	struct field_int quota;				/* microseconds a period */
	struct field_str cpus;
	struct field_uint realtime_period;
	struct field_int realtime_runtime;
};

struct oci_pids {
	const struct json *node;
	enum field_is is;
	struct field_int limit;
};

struct oci_resources {
	const struct json *node;
	enum field_is is;
	struct field_list devices;			/* struct oci_device_rule */
	struct oci_memory memory;
	struct oci_cpu cpu;
	struct oci_pids pids;
	struct field_map unified;			/* cgroup v2 files, applied last */
};

struct oci_seccomp_arg {
	const struct json *node;
	enum field_is is;
	struct field_uint index, value, value_two;
	struct field_str op;
};

struct oci_seccomp_rule {
	const struct json *node;
	enum field_is is;
	struct field_strs names;
	struct field_str action;
	struct field_uint errno_ret;			/* absent: EPERM */
	struct field_list args;				/* struct oci_seccomp_arg */
};

struct oci_seccomp {
	const struct json *node;
	enum field_is is;
	struct field_str default_action, listener_path;
	struct field_uint default_errno_ret;		/* absent: EPERM */
	struct field_strs architectures, flags;
	struct field_list syscalls;			/* struct oci_seccomp_rule */
};

struct oci_personality {
	const struct json *node;
	enum field_is is;
	struct field_str domain;
	struct field_strs flags;
};

/* linux.intelRdt: a resource group of resctrl. */
struct oci_intel_rdt {
	const struct json *node;
	enum field_is is;
	struct field_str clos_id, l3_cache_schema, mem_bw_schema;
	struct field_strs schemata;
};

struct oci_linux {
	const struct json *node;
	enum field_is is;
	struct field_list namespaces;			/* struct oci_namespace, unique type */
	struct field_list uid_mappings, gid_mappings;	/* struct oci_idmap */
	struct field_list devices;			/* struct oci_device, unique path */
	struct field_str cgroups_path;
	struct oci_resources resources;
	struct oci_seccomp seccomp;
	struct field_str rootfs_propagation, mount_label;
	struct field_strs masked_paths, readonly_paths;
	struct field_map sysctl;
	struct field_any net_devices;			/* an object: host interface to settings */
	struct oci_personality personality;
	struct oci_intel_rdt intel_rdt;
};

/* config.json */
struct oci_spec {
	const struct json *node;
	enum field_is is;
	struct field_str oci_version, hostname;
	struct oci_process process;
	struct oci_root root;
	struct field_list mounts;			/* struct oci_mount, mounted in this order */
	struct oci_hooks hooks;
	struct oci_linux linux_;
	struct field_map annotations;
	struct notes notes;				/* what two readers could differ on */
};

/* The container state that a runtime gives a hook on its standard input. */
struct oci_state {
	const struct json *node;
	enum field_is is;
	struct field_str oci_version, id, status, bundle;
	struct field_int pid;
	struct field_map annotations;
	struct notes notes;
};

/*
 * oci_spec_read - the view of @doc, which must outlive it. 0, or negative when
 * memory is exhausted or the root is not an object. Notes are no error here:
 * the rule ambiguous-config turns them into findings.
 */
int oci_spec_read(const struct json_doc *doc, struct oci_spec *ret,
		  struct error *err) must_check;
void oci_spec_free(struct oci_spec *spec);
#define _cleanup_spec_ _cleanup_(oci_spec_free)

/*
 * oci_state_read - likewise for the state. Missing or wrong id, pid or bundle
 * is an error; members unknown to the specification are allowed (crun adds
 * "root").
 */
int oci_state_read(const struct json_doc *doc, struct oci_state *ret,
		   struct error *err) must_check;
void oci_state_free(struct oci_state *state);
#define _cleanup_state_ _cleanup_(oci_state_free)

/* The tables that the readers go by, for what must know every member's name. */
const struct field *oci_spec_fields(void);
const struct field *oci_state_fields(void);

/* Namespace types (config-linux.md#namespaces, namespaces(7)). */
enum oci_ns {
	NS_CGROUP,
	NS_IPC,
	NS_MOUNT,
	NS_NETWORK,
	NS_PID,
	NS_TIME,
	NS_USER,
	NS_UTS,
	NS_MAX
};

/* oci_ns_name - the specification's word: "network"; of a valid type. */
const char *oci_ns_name(enum oci_ns ns);
/* oci_ns_proc - the name below /proc/PID/ns: "net". */
const char *oci_ns_proc(enum oci_ns ns);
/* oci_ns_find - the entry of that type, or NULL. */
const struct oci_namespace *oci_ns_find(const struct oci_spec *spec, enum oci_ns ns);

/* oci_mount_option - whether @option is among the mount's options. */
bool oci_mount_option(const struct oci_mount *mount, const char *option);

/*
 * oci_over_system - whether a mount at @path, absolute and clean, would lie over what the
 * kernel or the runtime provides: /proc, /sys, /dev, or anything below; or over all.
 */
bool oci_over_system(const char *path);

/* Typed access to the lists. */
static inline const struct oci_mount *oci_mount_at(const struct oci_spec *spec, size_t i)
{
	return (const struct oci_mount *)spec->mounts.v + i;
}

static inline const struct oci_namespace *oci_ns_at(const struct oci_spec *spec, size_t i)
{
	return (const struct oci_namespace *)spec->linux_.namespaces.v + i;
}

#endif
