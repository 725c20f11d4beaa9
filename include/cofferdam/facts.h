/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_FACTS_H
#define COFFERDAM_FACTS_H

/*
 * Everything of the host and the container that rules need beyond config.json,
 * gathered in one pass before them. Each fact is known, absent or unreadable;
 * a rule whose fact is unreadable is left unjudged, never passed.
 */

#include <cofferdam/mounts.h>
#include <cofferdam/policy.h>

enum fact_is {
	FACT_UNKNOWN = 0,		/* not looked for */
	FACT_KNOWN,
	FACT_ABSENT,			/* it does not exist */
	FACT_UNREADABLE,		/* it may exist, but could not be read: see why */
};

/* A namespace, by the device and inode of its nsfs file (namespaces(7)). */
struct fact_ns {
	enum fact_is is;
	char *path;			/* as config.json names it; NULL for a process's own */
	uint64_t dev, ino;
	char *why;			/* UNREADABLE: the reason */
};

/* A place in a file system, whatever name led to it. */
struct fact_spot {
	uint32_t major, minor;		/* of mountinfo, which differs from st_dev on btrfs */
	char *within;			/* the path within that file system; "" when not known */
	char *fstype;			/* of mountinfo, or NULL */
};

/*
 * What a host path really is, after every symbolic link and whatever mount it
 * crosses. When the last components do not exist (a socket that is not there
 * yet), the spot is where they would be, and is == FACT_ABSENT.
 */
struct fact_place {
	char *path;			/* as it was asked for */
	enum fact_is is;
	char *why;			/* UNREADABLE: the reason */
	char *real;			/* absolute path in our mount namespace */
	bool foreign;			/* on a mount that our namespace does not hold */
	uint32_t mode;			/* st_mode; 0 when absent */
	struct fact_spot spot;
	struct fact_spot *below;	/* what is mounted below it (a recursive bind shows it) */
	size_t n_below;
};

/* One line of uid_map or gid_map (user_namespaces(7)). */
struct fact_idrange {
	uint32_t inside, outside, count;
};

struct fact_idmap {
	enum fact_is is;		/* KNOWN with n == 0: no user namespace of its own */
	char *why;
	struct fact_idrange *v;
	size_t n;
};

/* Limits of the cgroup above the container's; UINT64_MAX is "max". */
struct fact_limits {
	enum fact_is is;
	char *why;
	char *cgroup;			/* the parent's path below the hierarchy */
	uint64_t memory;		/* bytes */
	uint64_t pids;
	uint64_t millicpu;
};

/* The container's cgroup, as linux.cgroupsPath names it. */
struct fact_cgroup {
	enum fact_is is;		/* ABSENT: it does not exist yet, or none is named */
	char *why;
	bool v2;			/* of the host; known whatever is says, but UNKNOWN */
	uint32_t others;		/* processes in it that are not this container's */
};

/* The program of a hook in config.json. */
struct fact_program {
	char *path;			/* as config.json names it */
	enum fact_is is;
	char *why;			/* UNREADABLE, or not trusted: the reason */
	char *real;			/* after every symbolic link */
	bool trusted;			/* root's, as is every folder above, and written by no one else */
	bool own;			/* it is this installation's cofferdam-hook, by device and inode */
};

struct fact_group {
	char *name;
	uint32_t gid;
};

struct fact_groups {
	enum fact_is is;
	char *why;
	struct fact_group *v;		/* those of the policy's names that /etc/group has */
	size_t n;
};

/* The host's unix sockets: where they are bound (unix(7), /proc/net/unix). */
struct fact_sockets {
	enum fact_is is;
	char *why;
	struct fact_place *v;
	size_t n;
};

/* What a runtime would find in the image (the folder root.path). */
struct fact_image {
	enum fact_is is;		/* ABSENT: there is no such folder */
	char *why;
	char *link;			/* the first of /proc, /sys, /dev that is a symbolic link, or NULL;
					 * with nothing mounted on /dev also of the nodes there */
	char *cwd;			/* process.cwd after symbolic links, clean */
	char *over;			/* the first destination of a mount, as config.json has it, that a
					 * link leads over the kernel's folders, of the image or of what
					 * is bound; or the place of one that a remedy would add; or NULL */
	char *over_at;			/* ... where to, clean */
};

/* What the kernel says of a label of config.json. */
struct fact_label {
	char *label;			/* as config.json has it */
	enum fact_is is;		/* ABSENT: there is no such context, or no such profile loaded */
	char *why;
	char *says;			/* KNOWN: the context as the kernel writes it; the profile's mode */
};

/* A security module of the host. */
struct fact_lsm {
	enum fact_is is;		/* ABSENT: it is not enabled */
	char *why;
	bool permissive;		/* SELinux reports, and denies nothing */
	struct fact_label *v;		/* what config.json names, each once */
	size_t n;
};

/* The places of one of a policy's lists of paths. Private. */
struct fact_listed {
	const char *const *list;
	const struct fact_place **v;		/* NULL where there is none */
};

struct facts {
	unsigned needed;			/* private: FACT_*, while they are gathered */
	struct fact_ns host[NS_MAX];		/* our own namespaces, the host's */
	struct fact_ns container[NS_MAX];	/* of the state's pid; KNOWN in the hook only */
	struct fact_ns *namespaces;		/* the path of each linux.namespaces entry */
	size_t n_namespaces;
	struct fact_place *mounts;		/* one for each mount; UNKNOWN unless a bind */
	size_t n_mounts;
	struct fact_place *places;		/* the policy's paths of all enabled rules */
	size_t n_places;
	const struct fact_listed *listed;	/* private: a facts_host's, for facts_listed() */
	size_t n_listed;
	struct fact_place rootfs;		/* below: what its overlay is made of */
	struct fact_idmap uid_map, gid_map;
	struct fact_limits parent;
	struct fact_cgroup cgroup;
	struct fact_program *hooks;		/* one for each path that hooks name */
	size_t n_hooks;
	struct fact_groups groups;
	struct fact_sockets sockets;
	struct fact_image image;
	enum fact_is core_is;
	bool core_pipe;				/* kernel.core_pattern starts with "|" (core(5)) */
	struct fact_lsm selinux;		/* process.selinuxLabel, linux.mountLabel */
	struct fact_lsm apparmor;		/* process.apparmorProfile */
	char *lsm;				/* "selinux enforcing", "apparmor", "none": for the record */
	bool borrowed;				/* host, places, groups and sockets are a facts_host's */
	bool lent;				/* all but namespaces, mounts and rootfs is another's */
};

/*
 * What is the same for every configuration that is judged by one policy, looked
 * up once for many: the host's namespaces, the policy's paths, sockets, groups,
 * the mount table, which security module is on. Read by any number of threads.
 */
struct facts_host;

int facts_host_gather(const struct policy *policy, struct facts_host **ret,
		      struct error *err) must_check;
void facts_host_free(struct facts_host **host);

/*
 * What was found of the host on behalf of one configuration and holds for those that
 * are judged next: which folders and control groups are missing, what programs hooks
 * name, the limits above the container's cgroup. Not for a door, which has to look each
 * time. Of one thread at a time.
 */
struct facts_seen;

struct facts_seen *facts_seen_new(void);	/* NULL without memory */
void facts_seen_free(struct facts_seen **seen);

/* How the runtime makes the container's cgroup. */
enum cgroup_by {
	CGROUP_BY_UNKNOWN = 0,		/* as linux.cgroupsPath is written */
	CGROUP_BY_FILES,		/* whatever that looks like, it is a path */
	CGROUP_BY_SYSTEMD,
};

/* Where facts are gathered from. */
struct facts_source {
	int bundle_fd;			/* the bundle's folder, for relative paths; or AT_FDCWD */
	const char *bundle;		/* its real path where that is known; else NULL: look */
	enum engine engine;		/* as registered */
	const char *engine_bundle;	/* engine_tells()'s */
	int64_t pid;			/* the runtime's init process, or 0 where there is none yet */
	enum cgroup_by cgroup_by;	/* as the runtime was told, where that is known */
	int64_t live;			/* the same once its program runs: it has its root; else 0 */
	const struct facts_host *host;	/* of the same policy, and outliving the facts; NULL: look */
	bool whole;			/* to be recorded: also what this configuration does not ask for */
	struct facts_seen *seen;	/* or NULL; not to outlive any host it was used with */
};

/*
 * facts_gather - look up what the enabled rules of @policy declare (all facts
 * when @policy is NULL). What cannot be read is recorded, not an error.
 */
int facts_gather(const struct oci_spec *spec, const struct policy *policy,
		 const struct facts_source *source, struct facts *ret,
		 struct error *err) must_check;

/*
 * facts_load - recorded facts from JSON text (name is for messages), matched
 * to @spec: namespaces and mounts by path, so what is not in the recording
 * stays unknown. facts_print() wrote it.
 */
int facts_load(const char *name, const char *text, size_t len,
	       const struct oci_spec *spec, struct facts *ret,
	       struct error *err) must_check;

/*
 * facts_again - @from for an edited configuration, @spec: namespaces and mounts are
 * matched as facts_load() does. All else is lent, so @from must outlive @ret.
 */
int facts_again(const struct facts *from, const struct oci_spec *spec, struct facts *ret,
		struct error *err) must_check;

/* facts_print - append @facts as JSON. */
void facts_print(struct buf *out, const struct facts *facts);

/*
 * facts_of_process - compare namespaces and id maps in @admitted with those that
 * process @pid has now. 0: they are the same, and @ret is left alone; 1: they are
 * not, and @ret is a copy of @admitted with the new ones.
 */
int facts_of_process(const struct facts *admitted, const struct oci_spec *spec, int64_t pid,
		     struct facts *ret, struct error *err) must_check;

/* facts_mounted - what a mount of config.json turned out to be, in place of its source. */
int facts_mounted(struct facts *facts, const struct oci_spec *spec, size_t index,
		  const struct mount_row *row, struct error *err) must_check;

/* fact_ns_same - whether two known ones are one. */
bool fact_ns_same(const struct fact_ns *a, const struct fact_ns *b);

/* fact_id - 0 and the host's id of @id by a known @map; -ENOENT where no range covers it. */
int fact_id(const struct fact_idmap *map, uint64_t id, uint64_t *ret) must_check;

/* facts_place - the gathered place of a policy's @path, or NULL. */
const struct fact_place *facts_place(const struct facts *facts, const char *path);

/* Paths of the policy, and what they are. */
struct fact_paths {
	const struct facts *facts;
	const char *const *list;
	const struct fact_place *const *v;	/* private: NULL if each has to be looked for */
};

/* facts_listed - of @list, one of the policy's; facts_listed_at() is facts_place() of path @i. */
struct fact_paths facts_listed(const struct facts *facts, const char *const *list);

static inline const struct fact_place *facts_listed_at(const struct fact_paths *paths, size_t i)
{
	return paths->v ? paths->v[i] : facts_place(paths->facts, paths->list[i]);
}

/* facts_program - the gathered program of a hook's @path, or NULL. */
const struct fact_program *facts_program(const struct facts *facts, const char *path);

/* facts_label - what was gathered of a @label, or NULL. */
const struct fact_label *facts_label(const struct fact_lsm *lsm, const char *label);

/*
 * label_ask - what the kernel's SELinux policy says of the context @label, whatever
 * else is known: security_check_context(3) and the canonical form in one.
 */
int label_ask(const char *label, struct fact_label *ret, struct error *err) must_check;
void label_free(struct fact_label *label);
#define _cleanup_label_ _cleanup_(label_free)

/*
 * cgroup_own - the cgroup that linux.cgroupsPath means, absolute and clean. malloc'd.
 * 0, -ENOMEM, or -EINVAL and @why.
 */
int cgroup_own(const char *cgroups_path, char **ret, const char **why) must_check;

/*
 * place_engine_owned - whether @place is a file or folder that @engine (any,
 * when unknown) makes for a single container, or for the pod that @tells names,
 * with nothing mounted below it.
 */
bool place_engine_owned(const struct fact_place *place, enum engine engine,
			const struct engine_tells *tells);

/* spot_below - whether @spot is @top or lies below it, in one file system. */
bool spot_below(const struct fact_spot *spot, const struct fact_spot *top);

void facts_free(struct facts *facts);
#define _cleanup_facts_ _cleanup_(facts_free)

#endif
