/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_FACTS_PRIVATE_H
#define COFFERDAM_FACTS_PRIVATE_H

#include <sys/stat.h>

#include <cofferdam/facts.h>
#include <cofferdam/mounts.h>

/* fact_why - set @why, which must be NULL. 0, or -ENOMEM. No path goes into it. */
int fact_why(char **why, struct error *err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))) must_check;

/* fact_why_sys - the text of @errnum (positive). */
int fact_why_sys(char **why, struct error *err, int errnum) must_check;

/* fact_strdup - a copy of @s, or NULL and the error. */
char *fact_strdup(const char *s, struct error *err);

/* fact_compare - of two strings by their pointers, for qsort(3). */
int fact_compare(const void *a, const void *b);

/* spot_set - own copies of @within and @fstype (which may be NULL). */
int spot_set(struct fact_spot *spot, const char *within, const char *fstype,
	     struct error *err) must_check;
void spot_free(struct fact_spot *spot);
void place_free(struct fact_place *place);
void ns_free(struct fact_ns *ns);
void places_sort(struct fact_place *v, size_t n);	/* by path, for facts_place() */

/* --- mountinfo.c: see also <cofferdam/mounts.h> --- */

/* octal_decode - undo \ooo in place; "\000" stays as it is. */
void octal_decode(char *s);
/* octal_encode - append @s as UTF-8 that octal_decode() takes back to the same bytes. */
void octal_encode(struct buf *out, const char *s);

/* --- places.c, resolve.c, missing.c, links.c, binds.c --- */

#define GONE_MAX 4u
#define MISSING_MAX 8u

/* What was found to be missing in one folder. */
struct missing {
	char *gone[GONE_MAX];		/* clean paths; NULL: none yet */
	size_t next;			/* the next to take a path */
	char *above;			/* the folder: the deepest above them that exists */
	struct fact_place place;	/* of that folder */
	uint64_t used;			/* when last, by places.asked */
};

/* A folder that was looked in: policies' paths come sorted, binds in clusters. */
struct parent {
	char *path;			/* clean, without symbolic links; NULL: none yet */
	int fd;				/* -1: there is none; not open without a path */
};

/* Links lead away from a cluster for a moment, and names stand beside folders. */
#define PARENTS_MAX 8

/* Why what it leads to cannot be told. */
#define THROUGH_SELF "it leads through /proc/self, which is another thing to each process"

struct places {
	struct mount_table table;	/* read when first needed */
	bool table_read, table_lent;	/* lent: somebody else's, and good */
	char *table_why;		/* why it could not be read */
	int bundle_fd;			/* or AT_FDCWD */
	const char *bundle;		/* its real path, when first needed */
	char *bundle_found;		/* the same where nobody had told it */
	int mount;			/* the mount id of the place found last */
	size_t below_left;		/* how many more rows place_below() may look at */
	struct parent parents[PARENTS_MAX];
	size_t next_parent;		/* which is the next to be forgotten */
	uint64_t asked;			/* how often for what is missing */
	struct missing missing[MISSING_MAX];
};

/* A spec with thousands of binds of / must not exhaust memory. */
#define BELOW_MAX (1u << 18)

/* places_start - for another configuration: what is known of the host is kept. */
void places_start(struct places *places, const struct facts_source *source);
void places_free(struct places *places);
/* places_table - read the mount table, or say in table_why why it cannot be. */
int places_table(struct places *places, struct error *err) must_check;

/* missing_free - forget what is missing. */
void missing_free(struct missing *missing);

/* places_parent - the folder of the absolute @path, if it was looked in; or NULL. */
const struct parent *places_parent(const struct places *places, const char *path);
/* places_enter - the same, looked for now. 0, -ENOMEM, or -errno without a text. */
int places_enter(struct places *places, const char *path, const struct parent **ret,
		 struct error *err) must_check;

/* missing_known - what is known of the clean @path: that it is missing; or NULL. */
struct missing *missing_known(struct places *places, const char *path);

/* place_in_missing - of the clean @path, of which @missing is known. */
int place_in_missing(const struct missing *missing, const char *path, struct fact_place *ret,
		     struct error *err) must_check;

/*
 * place_missing - of a clean absolute path without symbolic links, which does not
 * exist. -ENOSYS: no openat2(2).
 */
int place_missing(struct places *places, const char *path, struct fact_place *ret,
		  struct error *err) must_check;

/* place_add_missing - @rest, a clean path that does not exist, below @above, a place that does and
 * may be @ret: where it would be. The file system is @ret's to say. */
int place_add_missing(struct fact_place *ret, const struct fact_place *above, const char *rest,
		      struct error *err) must_check;

int place_unreadable(struct fact_place *place, struct error *err, const char *why) must_check;
int place_unreadable_sys(struct fact_place *place, struct error *err, int errnum) must_check;

/*
 * place_of_fd - fill in @ret from @fd, whose path is @real (taken over), or is
 * asked of /proc when NULL.
 */
int place_of_fd(struct places *places, int fd, char *real, struct fact_place *ret,
		struct error *err) must_check;

/*
 * place_at - of @path, whose folder is @fd, or which is in "/" (AT_FDCWD). 0, -ENOMEM,
 * or -errno without a text where it takes another look: -ELOOP is a symbolic link,
 * on places->mount, -ENODATA an older kernel.
 */
int place_at(struct places *places, int fd, const char *path, struct fact_place *ret,
	     struct error *err) must_check;

/* place_is_link - whether the last component of @path is one; or -errno. */
int place_is_link(const char *path, int *ret_mount) must_check;

/*
 * place_link - the text of the symbolic link @path, on mount @mount, in @target (of
 * PATH_MAX bytes). 0, or -ELOOP without a text: it may be more than one.
 */
int place_link(const struct places *places, int mount, const char *path, char *target) must_check;

/*
 * link_text - a clean @path, for which place_at() was just -ELOOP or its folder
 * was, without its first symbolic link: where that leads, clean. NULL where it is
 * more than a text, or the text alone does not tell.
 */
char *link_text(const struct places *places, const char *path);

/* path_join - @dir and @rest, a path below it, as one path: malloc'd. */
char *path_join(const char *dir, const char *rest);

/*
 * place_resolve - @ret (zeroed) for a host path; a relative one starts at the
 * bundle. 0 whatever was found; negative when memory is exhausted.
 */
int place_resolve(struct places *places, const char *path, struct fact_place *ret,
		  struct error *err) must_check;

/* place_below - add what is mounted below @place, if it is a known folder. */
int place_below(struct places *places, struct fact_place *place, struct error *err) must_check;

/* place_layers - add what the overlay is made of, if @place, found last, lies on one. */
int place_layers(struct places *places, struct fact_place *place, struct error *err) must_check;

/* place_mount - of a mount of config.json: UNKNOWN unless a bind. @places NULL
 * leaves what config.json alone does not tell UNKNOWN. */
int place_mount(struct places *places, const struct oci_mount *mount,
		struct fact_place *ret, struct error *err) must_check;

/* place_rootfs - of root.path; @places as above. */
int place_rootfs(struct places *places, const struct oci_root *root,
		 struct fact_place *ret, struct error *err) must_check;

/* --- host.c --- */

#define FACT_ALL (~0u)

/* facts_needed - what the enabled rules of @policy declare; FACT_ALL for NULL. */
unsigned facts_needed(const struct policy *policy);

/* What there is to be compared with paths of the policy, beside the root filesystem. */
#define OF_MOUNTS 0x1u
#define OF_READONLY 0x2u		/* among them some that are read-only */

/*
 * gather_places - the paths of all enabled rules, as far as OF_* of the configuration
 * are to be compared with them.
 */
int gather_places(const struct policy *policy, unsigned of, struct places *places,
		  struct facts *facts, struct error *err) must_check;
int gather_groups(const struct policy *policy, struct facts *facts,
		  struct error *err) must_check;

/* host_lend - what @host knows, instead of looking again. */
void host_lend(const struct facts_host *host, struct facts *facts, struct places *places);

/* --- walk.c: by hand, symbolic link by symbolic link --- */

struct walk {
	int fd;				/* where it ended: the deepest that exists */
	char *rest;			/* what is missing below that; NULL: nothing */
	bool own;			/* it went through /proc/self or /proc/thread-self */
};

/* path_open - openat2(2) with O_PATH and @resolve (RESOLVE_*): a descriptor or -errno. */
int path_open(int dirfd, const char *path, int flags, uint64_t resolve);
/* path_open_old - openat(2) with O_PATH, for kernels before 5.6 and magic links. */
int path_open_old(int dirfd, const char *path, int flags);

/* path_walk - from @dirfd. 0 and @ret, or -errno. */
int path_walk(int dirfd, const char *path, struct walk *ret) must_check;
void walk_free(struct walk *walk);

/* path_behind_pid - what follows "/proc/PID" in @path; NULL where it does not begin so. */
const char *path_behind_pid(const char *path);

/* --- namespaces.c --- */

int namespaces_own(struct fact_ns v[NS_MAX], struct error *err) must_check;
int namespaces_of(int64_t pid, const struct fact_ns own[NS_MAX], struct fact_ns v[NS_MAX],
		  struct error *err) must_check;
/* namespace_inode - 4026531840 of the link's text "net:[4026531840]", whose @name is "net";
 * -ENODATA if it is something else. */
int namespace_inode(const char *text, const char *name, uint64_t *ret) must_check;

#define NS_GONE_MAX 4u

/* Folders that were looked for, and are not there: of an engine that this host does not have. */
struct ns_gone {
	char folder[NS_GONE_MAX][48];	/* absolute; "": none yet */
	size_t next;			/* the next to be forgotten */
};

/* Looking at the entries of one configuration; zeroed at first but for these two. */
struct ns_look {
	int bundle_fd;
	struct ns_gone *gone;
	char folder[32];		/* "/proc/PID/ns" that was asked for last; "": none yet */
	int fd;				/* of that, or -errno */
};

void ns_look_free(struct ns_look *how);

/* namespace_entry - of a linux.namespaces entry; @how NULL leaves a path UNKNOWN. */
int namespace_entry(const struct oci_namespace *entry, struct ns_look *how,
		    struct fact_ns *ret, struct error *err) must_check;

/* --- idmaps.c --- */

int idmaps_gather(const struct oci_spec *spec, int64_t pid, struct facts *facts,
		  struct error *err) must_check;
/* idmap_parse - the text of uid_map or gid_map. 0, or -EINVAL without a text. */
int idmap_parse(const char *text, struct fact_idmap *ret) must_check;

/* --- cgroups.c --- */

enum hierarchy {
	HIERARCHY_V2,			/* all there is of v2; those of v1 follow */
	HIERARCHY_MEMORY,
	HIERARCHY_PIDS,
	HIERARCHY_CPU,
	HIERARCHY_DEVICES,
	HIERARCHY_FREEZER,
	HIERARCHY_MAX
};

struct cgroup_top {
	bool open;
	int fd;				/* of the hierarchy's own folder */
	char *gone;			/* a missing path; NULL: none known */
	char *there;			/* the first component of one, which is not missing */
	char *empty;			/* where no process was directly in; NULL: none known */
};

/* The hierarchies, opened as they are asked for; zeroed at first. */
struct cgroups {
	const char *root;		/* where they are mounted; set by cgroups_version() */
	bool v2;
	bool keep;			/* for many configurations: what is missing stays so, and limits */
	bool opened;
	int fd;				/* of the root */
	struct fact_limits parent;	/* those read last, if they are kept */
	struct cgroup_top v[HIERARCHY_MAX];
};

/* cgroups_version - set the root, and whether it is of v2. 0 or -errno. */
int cgroups_version(struct cgroups *all) must_check;
/* cgroups_root - open that, before any of them. 0 or -errno. */
int cgroups_root(struct cgroups *all) must_check;
/*
 * cgroups_open - the folder @path of a hierarchy with O_PATH, or -errno; -ENOENT too
 * when there is no such hierarchy. Nothing in a cgroup file system is a symbolic
 * link, and nothing leads out.
 */
int cgroups_open(struct cgroups *all, enum hierarchy which, const char *path);
/* cgroups_close - descriptors and what is known, but not the root and the version. */
void cgroups_close(struct cgroups *all);

/* --- cgroup.c --- */

int limits_gather(const struct oci_spec *spec, const struct facts_source *source,
		  struct fact_limits *ret, struct error *err) must_check;
/* limits_read - from the hierarchies of the version that @all is. */
int limits_read(struct cgroups *all, struct fact_limits *ret, struct error *err) must_check;
/* cgroup_holds - whether process @pid is in the cgroup @own, or below it, wherever limits count. */
bool cgroup_holds(const struct cgroups *all, const char *own, int64_t pid);

/* --- cgroup-path.c --- */

/* limits_parent - the folder above the container's cgroup, "/a/b", or NULL at
 * the top. As cgroup_own(). */
int limits_parent(const char *cgroups_path, char **ret, const char **why) must_check;
/* cgroup_is_systemd - "slice:prefix:name", as runtimes with systemd as cgroup
 * manager read it. */
bool cgroup_is_systemd(const char *path);
/* cgroup_doubt - why it cannot be told which cgroup linux.cgroupsPath names, or NULL. */
const char *cgroup_doubt(const struct field_str *path);

/* --- seen.c --- */

/* This installation's own programs; zero where there is none. */
struct own_programs {
	bool found;			/* they were looked for */
	struct stat self, hook;
};

#define PROGRAMS_KEPT 4u

struct programs {
	struct own_programs own;
	bool keep;			/* what is found, for the next configuration */
	struct fact_program kept[PROGRAMS_KEPT];	/* path NULL: none yet */
	size_t next_kept;		/* which is the next to be forgotten */
};

struct facts_seen {
	struct places places;
	struct cgroups cgroups;
	struct programs programs;
	struct ns_gone gone;
};

/* seen_close - free what @seen owns. */
void seen_close(struct facts_seen *seen);

/* --- cgroup-members.c --- */

struct cgroup_query {
	struct cgroups *all;
	const char *path;		/* of the cgroup: absolute, clean */
	int64_t pid;			/* the container's, or 0 */
	bool shared;			/* its pid namespace may hold others: only @pid is its own */
};

/* cgroup_gather - @query has all but the path, and whether it is shared. */
int cgroup_gather(const struct oci_spec *spec, struct cgroup_query *query,
		  struct fact_cgroup *ret, struct error *err) must_check;
/* cgroup_members - is, why and others of @ret, unless they are so already. */
int cgroup_members(const struct cgroup_query *query, struct fact_cgroup *ret,
		   struct error *err) must_check;

/* --- programs.c --- */

int programs_gather(const struct oci_hooks *hooks, struct programs *programs,
		    struct facts *facts, struct error *err) must_check;
void programs_sort(struct fact_program *v, size_t n);	/* by path, for facts_program() */
void programs_free(struct facts *facts);
/* programs_close - free what @programs keeps. */
void programs_close(struct programs *programs);

/* --- sockets.c --- */

int sockets_gather(struct places *places, struct fact_sockets *ret,
		   struct error *err) must_check;
/* sockets_parse - @text, as in /proc/net/unix, is cut to pieces. */
int sockets_parse(struct places *places, char *text, struct fact_sockets *ret,
		  struct error *err) must_check;
void sockets_free(struct fact_sockets *sockets);

/* --- groups.c --- */

/* groups_gather - those of /etc/group that are, or match, one of the @n sorted names. */
int groups_gather(const char *const *names, size_t n, struct fact_groups *ret,
		  struct error *err) must_check;
/* groups_parse - @text, as in group(5), is cut to pieces. */
int groups_parse(char *text, const char *const *names, size_t n, struct fact_groups *ret,
		 struct error *err) must_check;
void groups_free(struct fact_groups *groups);

/* --- lsm.c --- */

/* selinux_state, apparmor_state - all but the labels, which is the same for every container. */
int selinux_state(struct fact_lsm *ret, struct error *err) must_check;
int apparmor_state(struct fact_lsm *ret, struct error *err) must_check;
/* selinux_gather, apparmor_gather - the labels too; the rest unless it is known already. */
int selinux_gather(const struct oci_spec *spec, struct fact_lsm *ret, struct error *err) must_check;
int apparmor_gather(const struct oci_spec *spec, struct fact_lsm *ret, struct error *err) must_check;
/* profiles_find - @label among the lines "NAME (MODE)" of @text. */
int profiles_find(const char *text, const char *label, struct fact_label *ret,
		  struct error *err) must_check;
void lsm_free(struct fact_lsm *lsm);
/* lsm_name - for the record. By files, not libselinux: its start-up work would be
 * every hook's. */
const char *lsm_name(void);

/* --- inside.c, inside-mounts.c --- */

/* What the paths of a container are looked up in. */
struct inside_view {
	int root;			/* the image, or the root of a container that runs */
	bool live;			/* ... which has its mounts already */
	int bundle_fd;
	const struct oci_spec *spec;
	void *mounted;			/* where its mounts are, for tfind(3) */
	size_t n;			/* how many of them are there by now */
};

/* inside_view_free - of @mounted; the rest is the caller's. */
void inside_view_free(struct inside_view *view);
/* inside_walk - where the absolute @path leads: clean, malloc'd. 0, or -errno. */
int inside_walk(const struct inside_view *view, const char *path, char **ret) must_check;
/* inside_lead - the destination @dest of a mount (or NULL), clean, and where it leads; both
 * malloc'd. 0, or -errno. */
int inside_lead(const struct inside_view *view, const char *dest, char **ret_clean,
		char **ret_at) must_check;
/* inside_add - from now on mount @view->n is there, @at. 0, or -ENOMEM. */
int inside_add(struct inside_view *view, const char *at) must_check;
/* inside_mount - the mount that is seen at @path, which lies at or below it, and what of @path
 * is below; or NULL. */
const struct oci_mount *inside_mount(const struct inside_view *view, const char *path,
				     const char **ret_rest);
/* inside_source - the folder that is bound. A descriptor; -ENOENT: none that has anything in it. */
int inside_source(const struct inside_view *view, const struct oci_mount *mount) must_check;

/* --- image.c, core.c --- */

/* image_gather - @policy (or NULL) says where its remedy would mount something, too. */
int image_gather(const struct oci_spec *spec, const struct policy *policy,
		 const struct facts_source *source, struct fact_image *ret, struct error *err) must_check;
void image_free(struct fact_image *image);
void core_gather(struct facts *facts);

#endif
