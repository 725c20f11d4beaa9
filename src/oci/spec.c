/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/oci.h>

#include <stddef.h>
#include <string.h>

#include <cofferdam/text.h>

/* The tables: one row a member, in the order of the specification's text. */
#define ROW(type, member, kind, name) { name, kind, offsetof(struct type, member), NULL, 0, NULL }
#define OBJ(type, member, table, name) \
	{ name, FIELD_OBJECT, offsetof(struct type, member), table, 0, NULL }
#define LIST_OF(type, member, table, item, name, uniq) \
	{ name, FIELD_LIST, offsetof(struct type, member), table, sizeof(struct item), uniq }
#define END { NULL, FIELD_ANY, 0, NULL, 0, NULL }

static const struct field user_table[] = {
	ROW(oci_user, uid, FIELD_ID, "uid"),
	ROW(oci_user, gid, FIELD_ID, "gid"),
	ROW(oci_user, additional_gids, FIELD_ANY, "additionalGids"),
	END
};

static const struct field capabilities_table[] = {
	ROW(oci_capabilities, bounding, FIELD_STRS, "bounding"),
	ROW(oci_capabilities, effective, FIELD_STRS, "effective"),
	ROW(oci_capabilities, inheritable, FIELD_STRS, "inheritable"),
	ROW(oci_capabilities, permitted, FIELD_STRS, "permitted"),
	ROW(oci_capabilities, ambient, FIELD_STRS, "ambient"),
	END
};

static const struct field rlimit_table[] = {
	ROW(oci_rlimit, type, FIELD_STR, "type"),
	ROW(oci_rlimit, hard, FIELD_UINT, "hard"),
	ROW(oci_rlimit, soft, FIELD_UINT, "soft"),
	END
};

static const struct field scheduler_table[] = {
	ROW(oci_scheduler, policy, FIELD_STR, "policy"),
	ROW(oci_scheduler, nice, FIELD_INT, "nice"),
	ROW(oci_scheduler, priority, FIELD_INT, "priority"),
	END
};

static const struct field io_priority_table[] = {
	ROW(oci_io_priority, class_, FIELD_STR, "class"),
	ROW(oci_io_priority, priority, FIELD_INT, "priority"),
	END
};

static const struct field process_table[] = {
	ROW(oci_process, terminal, FIELD_BOOL, "terminal"),
	OBJ(oci_process, user, user_table, "user"),
	ROW(oci_process, args, FIELD_STRS, "args"),
	ROW(oci_process, env, FIELD_STRS, "env"),
	ROW(oci_process, cwd, FIELD_STR, "cwd"),
	OBJ(oci_process, capabilities, capabilities_table, "capabilities"),
	LIST_OF(oci_process, rlimits, rlimit_table, oci_rlimit, "rlimits", "type"),
	ROW(oci_process, no_new_privileges, FIELD_BOOL, "noNewPrivileges"),
	ROW(oci_process, apparmor_profile, FIELD_STR, "apparmorProfile"),
	ROW(oci_process, selinux_label, FIELD_STR, "selinuxLabel"),
	ROW(oci_process, oom_score_adj, FIELD_INT, "oomScoreAdj"),
	OBJ(oci_process, scheduler, scheduler_table, "scheduler"),
	OBJ(oci_process, io_priority, io_priority_table, "ioPriority"),
	END
};

static const struct field root_table[] = {
	ROW(oci_root, path, FIELD_STR, "path"),
	ROW(oci_root, readonly, FIELD_BOOL, "readonly"),
	END
};

static const struct field idmap_table[] = {
	ROW(oci_idmap, container_id, FIELD_U32, "containerID"),
	ROW(oci_idmap, host_id, FIELD_U32, "hostID"),
	ROW(oci_idmap, size, FIELD_U32, "size"),
	END
};

static const struct field mount_table[] = {
	ROW(oci_mount, destination, FIELD_STR, "destination"),
	ROW(oci_mount, type, FIELD_STR, "type"),
	ROW(oci_mount, source, FIELD_STR, "source"),
	ROW(oci_mount, options, FIELD_STRS, "options"),
	LIST_OF(oci_mount, uid_mappings, idmap_table, oci_idmap, "uidMappings", "containerID"),
	LIST_OF(oci_mount, gid_mappings, idmap_table, oci_idmap, "gidMappings", "containerID"),
	END
};

static const struct field hook_table[] = {
	ROW(oci_hook, path, FIELD_STR, "path"),
	ROW(oci_hook, args, FIELD_STRS, "args"),
	ROW(oci_hook, env, FIELD_STRS, "env"),
	ROW(oci_hook, timeout, FIELD_INT, "timeout"),
	END
};

#define HOOKS(member, name) LIST_OF(oci_hooks, member, hook_table, oci_hook, name, NULL)
static const struct field hooks_table[] = {
	HOOKS(prestart, "prestart"),
	HOOKS(create_runtime, "createRuntime"),
	HOOKS(create_container, "createContainer"),
	HOOKS(start_container, "startContainer"),
	HOOKS(poststart, "poststart"),
	HOOKS(poststop, "poststop"),
	END
};

static const struct field namespace_table[] = {
	ROW(oci_namespace, type, FIELD_STR, "type"),
	ROW(oci_namespace, path, FIELD_STR, "path"),
	END
};

static const struct field device_table[] = {
	ROW(oci_device, type, FIELD_STR, "type"),
	ROW(oci_device, path, FIELD_STR, "path"),
	ROW(oci_device, major, FIELD_INT, "major"),
	ROW(oci_device, minor, FIELD_INT, "minor"),
	ROW(oci_device, file_mode, FIELD_U32, "fileMode"),
	ROW(oci_device, uid, FIELD_U32, "uid"),
	ROW(oci_device, gid, FIELD_U32, "gid"),
	END
};

static const struct field device_rule_table[] = {
	ROW(oci_device_rule, allow, FIELD_BOOL, "allow"),
	ROW(oci_device_rule, type, FIELD_STR, "type"),
	ROW(oci_device_rule, major, FIELD_INT, "major"),
	ROW(oci_device_rule, minor, FIELD_INT, "minor"),
	ROW(oci_device_rule, access, FIELD_STR, "access"),
	END
};

static const struct field memory_table[] = {
	ROW(oci_memory, limit, FIELD_INT, "limit"),
	ROW(oci_memory, reservation, FIELD_INT, "reservation"),
	ROW(oci_memory, swap, FIELD_INT, "swap"),
	ROW(oci_memory, disable_oom_killer, FIELD_BOOL, "disableOOMKiller"),
	END
};

static const struct field cpu_table[] = {
	ROW(oci_cpu, shares, FIELD_UINT, "shares"),
	ROW(oci_cpu, quota, FIELD_INT, "quota"),
	ROW(oci_cpu, period, FIELD_UINT, "period"),
	ROW(oci_cpu, realtime_runtime, FIELD_INT, "realtimeRuntime"),
	ROW(oci_cpu, realtime_period, FIELD_UINT, "realtimePeriod"),
	ROW(oci_cpu, cpus, FIELD_STR, "cpus"),
	END
};

static const struct field pids_table[] = {
	ROW(oci_pids, limit, FIELD_INT, "limit"),
	END
};

static const struct field resources_table[] = {
	LIST_OF(oci_resources, devices, device_rule_table, oci_device_rule, "devices", NULL),
	OBJ(oci_resources, memory, memory_table, "memory"),
	OBJ(oci_resources, cpu, cpu_table, "cpu"),
	OBJ(oci_resources, pids, pids_table, "pids"),
	ROW(oci_resources, unified, FIELD_MAP, "unified"),
	END
};

static const struct field seccomp_arg_table[] = {
	ROW(oci_seccomp_arg, index, FIELD_U32, "index"),
	ROW(oci_seccomp_arg, value, FIELD_UINT, "value"),
	ROW(oci_seccomp_arg, value_two, FIELD_UINT, "valueTwo"),
	ROW(oci_seccomp_arg, op, FIELD_STR, "op"),
	END
};

static const struct field seccomp_rule_table[] = {
	ROW(oci_seccomp_rule, names, FIELD_STRS, "names"),
	ROW(oci_seccomp_rule, action, FIELD_STR, "action"),
	ROW(oci_seccomp_rule, errno_ret, FIELD_U32, "errnoRet"),
	LIST_OF(oci_seccomp_rule, args, seccomp_arg_table, oci_seccomp_arg, "args", NULL),
	END
};

static const struct field seccomp_table[] = {
	ROW(oci_seccomp, default_action, FIELD_STR, "defaultAction"),
	ROW(oci_seccomp, default_errno_ret, FIELD_U32, "defaultErrnoRet"),
	ROW(oci_seccomp, architectures, FIELD_STRS, "architectures"),
	ROW(oci_seccomp, flags, FIELD_STRS, "flags"),
	ROW(oci_seccomp, listener_path, FIELD_STR, "listenerPath"),
	LIST_OF(oci_seccomp, syscalls, seccomp_rule_table, oci_seccomp_rule, "syscalls", NULL),
	END
};

static const struct field personality_table[] = {
	ROW(oci_personality, domain, FIELD_STR, "domain"),
	ROW(oci_personality, flags, FIELD_STRS, "flags"),
	END
};

static const struct field intel_rdt_table[] = {
	ROW(oci_intel_rdt, clos_id, FIELD_STR, "closID"),
	ROW(oci_intel_rdt, schemata, FIELD_STRS, "schemata"),
	ROW(oci_intel_rdt, l3_cache_schema, FIELD_STR, "l3CacheSchema"),
	ROW(oci_intel_rdt, mem_bw_schema, FIELD_STR, "memBwSchema"),
	END
};

static const struct field linux_table[] = {
	LIST_OF(oci_linux, namespaces, namespace_table, oci_namespace, "namespaces", "type"),
	LIST_OF(oci_linux, uid_mappings, idmap_table, oci_idmap, "uidMappings", "containerID"),
	LIST_OF(oci_linux, gid_mappings, idmap_table, oci_idmap, "gidMappings", "containerID"),
	LIST_OF(oci_linux, devices, device_table, oci_device, "devices", "path"),
	ROW(oci_linux, cgroups_path, FIELD_STR, "cgroupsPath"),
	OBJ(oci_linux, resources, resources_table, "resources"),
	OBJ(oci_linux, seccomp, seccomp_table, "seccomp"),
	ROW(oci_linux, rootfs_propagation, FIELD_STR, "rootfsPropagation"),
	ROW(oci_linux, mount_label, FIELD_STR, "mountLabel"),
	ROW(oci_linux, masked_paths, FIELD_STRS, "maskedPaths"),
	ROW(oci_linux, readonly_paths, FIELD_STRS, "readonlyPaths"),
	ROW(oci_linux, sysctl, FIELD_MAP, "sysctl"),
	ROW(oci_linux, net_devices, FIELD_ANY, "netDevices"),
	OBJ(oci_linux, personality, personality_table, "personality"),
	OBJ(oci_linux, intel_rdt, intel_rdt_table, "intelRdt"),
	END
};

static const struct field spec_table[] = {
	ROW(oci_spec, oci_version, FIELD_STR, "ociVersion"),
	OBJ(oci_spec, process, process_table, "process"),
	OBJ(oci_spec, root, root_table, "root"),
	ROW(oci_spec, hostname, FIELD_STR, "hostname"),
	LIST_OF(oci_spec, mounts, mount_table, oci_mount, "mounts", NULL),
	OBJ(oci_spec, hooks, hooks_table, "hooks"),
	ROW(oci_spec, annotations, FIELD_MAP, "annotations"),
	OBJ(oci_spec, linux_, linux_table, "linux"),
	END
};

static const struct field state_table[] = {
	ROW(oci_state, oci_version, FIELD_STR, "ociVersion"),
	ROW(oci_state, id, FIELD_STR, "id"),
	ROW(oci_state, status, FIELD_STR, "status"),
	ROW(oci_state, pid, FIELD_INT, "pid"),
	ROW(oci_state, bundle, FIELD_STR, "bundle"),
	ROW(oci_state, annotations, FIELD_MAP, "annotations"),
	END
};

const struct field *oci_spec_fields(void)
{
	return spec_table;
}

const struct field *oci_state_fields(void)
{
	return state_table;
}

static bool is_bind(const struct oci_mount *mount)
{
	const char *type = mount->type.v;

	return (type && strcmp(type, "bind") == 0) || oci_mount_option(mount, "bind") ||
	       oci_mount_option(mount, "rbind");
}

int oci_spec_read(const struct json_doc *doc, struct oci_spec *ret, struct error *err)
{
	struct oci_spec spec = { 0 };
	int r;

	if (doc->root->type != JSON_OBJECT)
		return error_set(err, -EINVAL, "%s: not a JSON object", doc->name);
	spec.node = doc->root;
	spec.is = FIELD_PRESENT;
	r = fields_read(doc->root, spec_table, 0, &spec, &spec.notes, err);
	if (r < 0) {
		oci_spec_free(&spec);
		return r;
	}
	for (size_t i = 0; i < spec.mounts.n; i++) {
		struct oci_mount *mount = (struct oci_mount *)spec.mounts.v + i;

		mount->bind = is_bind(mount);
	}
	*ret = spec;
	return 0;
}

void oci_spec_free(struct oci_spec *spec)
{
	notes_free(&spec->notes);
}

static int state_complete(const struct json_doc *doc, const struct oci_state *state,
			  struct error *err)
{
	int r = notes_error(doc, &state->notes, err);

	if (r < 0)
		return r;
	if (state->id.is != FIELD_PRESENT || state->id.v[0] == '\0')
		return error_set(err, -EINVAL, "%s: the state has no \"id\"", doc->name);
	if (state->bundle.is != FIELD_PRESENT || state->bundle.v[0] != '/')
		return error_set(err, -EINVAL,
				 "%s: the state has no absolute \"bundle\"", doc->name);
	if (state->pid.is != FIELD_PRESENT || state->pid.v < 1 || state->pid.v > INT32_MAX)
		return error_set(err, -EINVAL,
				 "%s: the state has no \"pid\" of a process; register this hook as createRuntime or prestart",
				 doc->name);
	return 0;
}

int oci_state_read(const struct json_doc *doc, struct oci_state *ret, struct error *err)
{
	struct oci_state state = { 0 };
	int r;

	if (doc->root->type != JSON_OBJECT)
		return error_set(err, -EINVAL, "%s: not a JSON object", doc->name);
	state.node = doc->root;
	state.is = FIELD_PRESENT;
	r = fields_read(doc->root, state_table, 0, &state, &state.notes, err);
	if (r == 0)
		r = state_complete(doc, &state, err);
	if (r < 0) {
		oci_state_free(&state);
		return r;
	}
	*ret = state;
	return 0;
}

void oci_state_free(struct oci_state *state)
{
	notes_free(&state->notes);
}

static const struct {
	const char *name, *proc;
} namespaces[NS_MAX] = {
	[NS_CGROUP] = { "cgroup", "cgroup" }, [NS_IPC] = { "ipc", "ipc" },
	[NS_MOUNT] = { "mount", "mnt" }, [NS_NETWORK] = { "network", "net" },
	[NS_PID] = { "pid", "pid" }, [NS_TIME] = { "time", "time" },
	[NS_USER] = { "user", "user" }, [NS_UTS] = { "uts", "uts" },
};

const char *oci_ns_name(enum oci_ns ns)
{
	return namespaces[ns].name;
}

const char *oci_ns_proc(enum oci_ns ns)
{
	return namespaces[ns].proc;
}

const struct oci_namespace *oci_ns_find(const struct oci_spec *spec, enum oci_ns ns)
{
	for (size_t i = 0; i < spec->linux_.namespaces.n; i++) {
		const struct oci_namespace *entry = oci_ns_at(spec, i);

		if (entry->type.v && strcmp(entry->type.v, namespaces[ns].name) == 0)
			return entry;
	}
	return NULL;
}

bool oci_mount_option(const struct oci_mount *mount, const char *option)
{
	for (size_t i = 0; i < mount->options.n; i++) {
		const char *v = mount->options.v[i].v;

		if (v && v[0] == option[0] && strcmp(v, option) == 0)
			return true;
	}
	return false;
}

bool oci_over_system(const char *path)
{
	return strcmp(path, "/") == 0 || text_path_below(path, "/proc") ||
	       text_path_below(path, "/sys") || text_path_below(path, "/dev");
}
