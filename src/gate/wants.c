/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference between the configuration as admitted and as hardened, in
 * terms of the kernel: what the runtime cannot have done is left to the gate.
 */
#include "gate-private.h"

#include <cap-ng.h>
#include <linux/mount.h>
#include <string.h>

#include <cofferdam/text.h>

#ifndef MOUNT_ATTR_RDONLY
#define MOUNT_ATTR_RDONLY 0x1
#define MOUNT_ATTR_NOSUID 0x2
#define MOUNT_ATTR_NODEV 0x4
#define MOUNT_ATTR_NOEXEC 0x8
#endif

/* cap_mask - the capabilities of a set of config.json. */
static uint64_t cap_mask(const struct field_strs *set)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < set->n; i++) {
		const char *name = set->v[i].v;
		int cap = name && strncmp(name, "CAP_", 4) == 0 ?
			  capng_name_to_capability(name + 4) : -1;

		if (cap >= 0 && cap < 64)
			mask |= UINT64_C(1) << cap;
	}
	return mask;
}

static void want_caps(const struct oci_capabilities *caps, struct wants *w)
{
	w->caps[SET_BOUNDING] = cap_mask(&caps->bounding);
	w->caps[SET_EFFECTIVE] = cap_mask(&caps->effective);
	w->caps[SET_PERMITTED] = cap_mask(&caps->permitted);
	w->caps[SET_INHERITABLE] = cap_mask(&caps->inheritable);
	w->caps[SET_AMBIENT] = cap_mask(&caps->ambient);
}

static int add_mount(struct wants *w, const struct want_mount *add, const char *path,
		     struct error *err)
{
	struct want_mount *v = reallocarray(w->mounts, w->n_mounts + 1, sizeof(*v));
	_cleanup_free_ char *full = NULL;
	char *clean;

	if (!v)
		return error_oom(err);
	w->mounts = v;
	if (asprintf(&full, "/%s", path) < 0) {
		full = NULL;
		return error_oom(err);
	}
	clean = text_path_clean(full);
	if (!clean)
		return error_oom(err);
	v[w->n_mounts] = *add;
	v[w->n_mounts++].path = clean;
	return 0;
}

uint64_t mount_flags(const struct oci_mount *mount)
{
	static const struct {
		const char *set, *clear;
		uint64_t flag;
	} words[] = {
		{ "ro", "rw", MOUNT_ATTR_RDONLY }, { "rro", "rrw", MOUNT_ATTR_RDONLY },
		{ "nosuid", "suid", MOUNT_ATTR_NOSUID },
		{ "nodev", "dev", MOUNT_ATTR_NODEV }, { "noexec", "exec", MOUNT_ATTR_NOEXEC },
	};
	uint64_t flags = 0;

	for (size_t i = 0; i < mount->options.n; i++) {
		for (size_t w = 0; mount->options.v[i].v && w < ARRAY_SIZE(words); w++) {
			if (strcmp(mount->options.v[i].v, words[w].set) == 0)
				flags |= words[w].flag;
			else if (strcmp(mount->options.v[i].v, words[w].clear) == 0)
				flags &= ~words[w].flag;
		}
	}
	return flags;
}

int wants_flags(struct wants *w, const char *path, uint64_t flags, struct error *err)
{
	const struct want_mount want = { .kind = WANT_FLAGS, .flags = flags };

	return add_mount(w, &want, path, err);
}

/* new_tmpfs - "mode=1777" and "size=67108864" are what the rules write. */
static void new_tmpfs(const struct oci_mount *mount, struct want_mount *ret)
{
	*ret = (struct want_mount){ .kind = WANT_TMPFS, .mode = 0755, .flags = mount_flags(mount) };
	for (size_t i = 0; i < mount->options.n; i++) {
		const char *option = mount->options.v[i].v;

		if (option && strncmp(option, "size=", 5) == 0)
			ret->size = strtoull(option + 5, NULL, 10);
		else if (option && strncmp(option, "mode=", 5) == 0)
			ret->mode = (unsigned int)strtoul(option + 5, NULL, 8);
	}
}

/* Hardening inserts mounts and never moves one past another, so both are walked once. */
static int want_new_mounts(const struct gate_call *call, struct wants *w, struct error *err)
{
	const struct oci_spec *was = call->subject->spec, *is = call->wanted;
	size_t old = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < is->mounts.n; i++) {
		const struct oci_mount *mount = oci_mount_at(is, i);
		const struct oci_mount *before = old < was->mounts.n ? oci_mount_at(was, old) : NULL;
		struct want_mount want = { .kind = WANT_FLAGS };

		if (!mount->destination.v)
			return error_set(err, -EINVAL, "a mount without a destination");
		if (before && before->destination.v &&
		    strcmp(before->destination.v, mount->destination.v) == 0) {
			old++;
			want.flags = mount_flags(mount) & ~mount_flags(before);
			if (want.flags)
				r = add_mount(w, &want, mount->destination.v, err);
			continue;
		}
		if (!mount->type.v || strcmp(mount->type.v, "tmpfs") != 0)
			return error_set(err, -EINVAL, "the gate can add no mount of type %s",
					 mount->type.v ? mount->type.v : "none");
		new_tmpfs(mount, &want);
		r = add_mount(w, &want, mount->destination.v, err);
	}
	if (r == 0 && old != was->mounts.n)
		return error_set(err, -EINVAL, "the gate can take no mount away");
	return r;
}

static bool listed(const struct field_strs *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++) {
		if (list->v[i].v && strcmp(list->v[i].v, path) == 0)
			return true;
	}
	return false;
}

static int want_paths(const struct field_strs *was, const struct field_strs *is,
		      enum want_kind kind, struct wants *w, struct error *err)
{
	const struct want_mount want = { .kind = kind };
	int r = 0;

	for (size_t i = 0; r == 0 && i < is->n; i++) {
		if (is->v[i].v && !listed(was, is->v[i].v))
			r = add_mount(w, &want, is->v[i].v, err);
	}
	return r;
}

static const struct oci_rlimit *find_rlimit(const struct oci_spec *spec, const char *type)
{
	const struct oci_rlimit *v = spec->process.rlimits.v;

	for (size_t i = 0; i < spec->process.rlimits.n; i++) {
		if (v[i].type.v && strcmp(v[i].type.v, type) == 0)
			return &v[i];
	}
	return NULL;
}

static int want_rlimits(const struct gate_call *call, struct wants *w, struct error *err)
{
	const struct oci_rlimit *v = call->wanted->process.rlimits.v;

	for (size_t i = 0; i < call->wanted->process.rlimits.n; i++) {
		const struct oci_rlimit *before;
		int number = v[i].type.v ? rlimit_number(v[i].type.v) : -EINVAL;

		if (number < 0)
			return error_set(err, -EINVAL, "unknown resource limit %s",
					 v[i].type.v ? v[i].type.v : "without a name");
		before = find_rlimit(call->subject->spec, v[i].type.v);
		if (before && before->hard.v == v[i].hard.v && before->soft.v == v[i].soft.v)
			continue;
		if (w->n_rlimits == WANT_RLIMITS)
			return error_set(err, -E2BIG, "too many resource limits");
		w->rlimits[w->n_rlimits++] = (struct want_rlimit){
			.resource = number,
			.limit = { .rlim_cur = v[i].soft.v, .rlim_max = v[i].hard.v },
		};
	}
	return 0;
}

/* unified - the value of a cgroup v2 file in the configuration, or NULL. */
static const char *unified(const struct oci_spec *spec, const char *file)
{
	const struct field_map *map = &spec->linux_.resources.unified;

	for (size_t i = 0; i < map->n; i++) {
		if (map->v[i].node && map->v[i].node->key && strcmp(map->v[i].node->key, file) == 0)
			return map->v[i].v;
	}
	return NULL;
}

static uint64_t limit(const struct gate_call *call, const struct field_int *was,
		      const struct field_int *is, const char *file)
{
	const char *text = unified(call->wanted, file), *before = unified(call->subject->spec, file);

	if (text && (!before || strcmp(before, text) != 0))
		return strtoull(text, NULL, 10);
	return is->is == FIELD_PRESENT && is->v > 0 && (was->is != FIELD_PRESENT || was->v != is->v)
	       ? (uint64_t)is->v : 0;
}

static void want_limits(const struct gate_call *call, struct wants *w)
{
	const struct oci_resources *was = &call->subject->spec->linux_.resources;
	const struct oci_resources *is = &call->wanted->linux_.resources;
	const char *period = unified(call->wanted, "cpu.max");

	w->memory = limit(call, &was->memory.limit, &is->memory.limit, "memory.max");
	w->pids = limit(call, &was->pids.limit, &is->pids.limit, "pids.max");
	w->cpu_quota = limit(call, &was->cpu.quota, &is->cpu.quota, "cpu.max");
	w->cpu_period = is->cpu.period.is == FIELD_PRESENT ? is->cpu.period.v : 100000;
	/* the same quota of another period is another limit */
	if (is->cpu.period.is == FIELD_PRESENT && is->cpu.quota.is == FIELD_PRESENT &&
	    is->cpu.quota.v > 0 && (was->cpu.period.is != FIELD_PRESENT ||
				    was->cpu.period.v != is->cpu.period.v))
		w->cpu_quota = (uint64_t)is->cpu.quota.v;
	period = period ? strchr(period, ' ') : NULL;
	if (period)
		w->cpu_period = strtoull(period + 1, NULL, 10);
}

int wants_read(const struct gate_call *call, struct wants *ret, struct error *err)
{
	const struct oci_spec *was = call->subject->spec, *is = call->wanted;
	struct wants w = { 0 };
	int r = 0;

	want_caps(&is->process.capabilities, &w);
	w.nnp = is->process.no_new_privileges.is == FIELD_PRESENT && is->process.no_new_privileges.v;
	w.filter = is->linux_.seccomp.is == FIELD_PRESENT &&
		   (was->linux_.seccomp.is != FIELD_PRESENT ||
		    !json_same(was->linux_.seccomp.node, is->linux_.seccomp.node));
	w.root_readonly = is->root.readonly.is == FIELD_PRESENT && is->root.readonly.v &&
			  !(was->root.readonly.is == FIELD_PRESENT && was->root.readonly.v);
	if (is != was) {
		r = want_new_mounts(call, &w, err);
		if (r == 0)
			r = want_paths(&was->linux_.masked_paths, &is->linux_.masked_paths,
				       WANT_MASK, &w, err);
		if (r == 0)
			r = want_paths(&was->linux_.readonly_paths, &is->linux_.readonly_paths,
				       WANT_READONLY, &w, err);
		if (r == 0)
			r = want_rlimits(call, &w, err);
		want_limits(call, &w);
	}
	if (r < 0) {
		wants_free(&w);
		return error_context(err, "the gate cannot make the kernel match");
	}
	*ret = w;
	return 0;
}

void wants_free(struct wants *wants)
{
	for (size_t i = 0; i < wants->n_mounts; i++)
		free((void *)(uintptr_t)wants->mounts[i].path);
	free(wants->mounts);
	*wants = (struct wants){ 0 };
}

bool wants_mounts(const struct wants *wants)
{
	return wants->root_readonly || wants->n_mounts > 0;
}
