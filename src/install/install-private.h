/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_INSTALL_PRIVATE_H
#define COFFERDAM_INSTALL_PRIVATE_H

/* What the files of this layer share and nobody else sees. */

#include <sys/stat.h>

#include <cofferdam/install.h>
#include <cofferdam/json.h>

#define PROGRAM_HOOK LIBEXECDIR "/cofferdam-hook"
#define PROGRAM_DOOR LIBEXECDIR "/cofferdam-runtime"
#define HOST_JSON SYSCONFDIR "/cofferdam/host.json"
#define STATE_FOLDER LOCALSTATEDIR "/lib/cofferdam"
#define STATE_FILE STATE_FOLDER "/install.json"

/* --- a host's files --- */

struct tree {
	int fd;				/* O_PATH, the root */
	const char *name;		/* for messages; "" for "/" */
};

int tree_open(const char *root, struct tree *ret, struct error *err) must_check;
void tree_close(struct tree *tree);

/* tree_fd - a descriptor of @path, resolved inside the root; or -errno. */
int tree_fd(const struct tree *tree, const char *path, int flags) must_check;

/* tree_read - a small text; a symbolic link is refused. -ENOENT: not there. */
int tree_read(const struct tree *tree, const char *path, struct buf *ret, struct stat *ret_st,
	      struct error *err) must_check;

/* tree_follow - the same of a file that is only read: a link is followed, in the root. */
int tree_follow(const struct tree *tree, const char *path, struct buf *ret,
		struct error *err) must_check;

/* tree_look - lstat(2): 0 or -errno. */
int tree_look(const struct tree *tree, const char *path, struct stat *ret) must_check;
bool tree_has(const struct tree *tree, const char *path);

/* tree_link_target - what a symbolic link says; NULL if it is none. malloc'd. */
char *tree_link_target(const struct tree *tree, const char *path);

/* tree_real - @path without links, as seen from the root; NULL if it is not there. */
char *tree_real(const struct tree *tree, const char *path);

/*
 * tree_outside - @path as seen from outside of the root, without links there, which could
 * lead out of it. NULL: @err says why. malloc'd.
 */
char *tree_outside(const struct tree *tree, const char *path, struct error *err);

/*
 * tree_trusted - -EPERM if others than root could change what is at @path, or what is in
 * one of the folders above it, inside the root; also where links stand.
 */
int tree_trusted(const struct tree *tree, const char *path, struct error *err) must_check;

/* tree_program - 0 if @path can be executed, and changed by root alone. */
int tree_program(const struct tree *tree, const char *path, struct error *err) must_check;

/* tree_mkdir - 0 also when there is such a folder. */
int tree_mkdir(const struct tree *tree, const char *path, struct error *err) must_check;
int tree_write(const struct tree *tree, const char *path, const struct buf *text,
	       const struct stat *like, struct error *err) must_check;
int tree_symlink(const struct tree *tree, const char *path, const char *target,
		 struct error *err) must_check;

/* tree_remove - 0 also when it is not there, or when a @folder is not empty. */
int tree_remove(const struct tree *tree, const char *path, bool folder,
		struct error *err) must_check;
int tree_rename(const struct tree *tree, const char *from, const char *to,
		struct error *err) must_check;
int tree_second_name(const struct tree *tree, const char *from, const char *to,
		     struct error *err) must_check;

/* --- TOML --- */

/* Parts of a key, which may hold a dot. */
#define TOML_SEPARATOR '\x1f'
#define TOML_SEP "\x1f"

enum toml_kind {
	TOML_VALUE,
	TOML_TABLE,
	TOML_ARRAY_TABLE,
};

struct toml_entry {
	enum toml_kind kind;
	bool in_array;			/* in, or the name of, a table that stands in a list */
	char *path;			/* the whole key, parts separated by TOML_SEPARATOR */
	size_t start, end;		/* its lines, the last newline included */
	size_t value, value_end;	/* TOML_VALUE: without white space and comment */
};

struct toml {
	const char *name;		/* borrowed, as is the text */
	const char *text;
	struct toml_entry *v;
	size_t n;
};

/* toml_parse - the error is "NAME:LINE: what". @text must live as long. */
int toml_parse(const char *name, const struct buf *text, struct toml *ret,
	       struct error *err) must_check;
void toml_free(struct toml *doc);
#define _cleanup_toml_ _cleanup_(toml_free)

const struct toml_entry *toml_find(const struct toml *doc, enum toml_kind kind,
				   const char *path);

/* toml_below - whether @path is @above or begins with its parts. */
bool toml_below(const char *path, const char *above);

/* toml_in_list - whether the table @path belongs to the last one of a list of tables. */
bool toml_in_list(const struct toml *doc, const char *path);

/* toml_plain - -EINVAL if the table @path stands in, or is, a value or a list of tables. */
int toml_plain(const struct toml *doc, const char *path, struct error *err) must_check;

/* toml_string - the string of @entry in @ret. -EINVAL: it is something else. */
int toml_string(const struct toml *doc, const struct toml_entry *entry, struct buf *ret,
		struct error *err) must_check;

/* toml_next_string - of a list; @at is 0 to begin with. 1: one more; 0: no more. */
int toml_next_string(const struct toml *doc, const struct toml_entry *entry, size_t *at,
		     struct buf *ret, struct error *err) must_check;

void toml_show(struct buf *out, const char *path);
void toml_quote(struct buf *out, const char *s);

/* toml_key - one part of a key, in quotes where it needs them. */
void toml_key(struct buf *out, const char *part);

/* --- changes --- */

/* Lines that were put in the place of others. */
struct hunk {
	char *old, *new;
};

enum change_kind {
	CHANGE_FOLDER,			/* path was made */
	CHANGE_LINK,			/* path leads to target */
	CHANGE_FILE,			/* path says after */
	CHANGE_DIVERT,			/* path leads to target; what it was is kept as beside */
	CHANGE_KIND_MAX,
};

struct change {
	enum change_kind kind;
	enum engine engine;		/* for which; ENGINE_UNKNOWN: for all */
	char *path;
	char *target;
	char *beside;
	char *before, *after;		/* CHANGE_FILE; before NULL: there was none */
	struct stat like;		/* of the file: mode and owner */
	struct hunk *hunks;
	size_t n_hunks;
	size_t fresh;			/* how many of them are of the plan at hand */

	bool pending;			/* to be done by this plan */
	bool done;			/* it has been */
	char *was;			/* CHANGE_FILE: what it says now; NULL: not there */
};

struct state {
	bool doors[ENGINE_MAX][INSTALL_DOOR_MAX];
	struct change *v;
	size_t n;
};

/* installed_load - an empty one when there is none. */
int installed_load(const struct tree *tree, struct state *ret, struct error *err) must_check;
/* installed_text - STATE_FILE as it is, malloc'd; NULL: there is none. */
int installed_text(const struct tree *tree, char **ret, struct error *err) must_check;
int installed_save(const struct tree *tree, const struct state *state,
	       struct error *err) must_check;
void installed_free(struct state *state);
#define _cleanup_installed_ _cleanup_(installed_free)

bool installed_uses(const struct state *state, enum engine engine);
struct change *installed_find(struct state *state, enum change_kind kind, const char *path);

/* installed_add - a new one, in the state; NULL without memory. */
struct change *installed_add(struct state *state, enum change_kind kind, enum engine engine,
			 const char *path);
void change_free(struct change *change);

/* change_forget - the lines that were put in; others will be. */
void change_forget(struct change *change);

/* hunk_between - the lines in which two texts differ; both are the caller's to free. */
int hunk_between(const char *a, const char *b, struct hunk *ret, struct error *err) must_check;

/* change_step - the next edit of a file: from @text to @new, which becomes @text. */
int change_step(struct change *change, struct buf *text, struct buf *new,
		struct error *err) must_check;

/*
 * change_without - the text @now without what the change put in. -ENOENT: what
 * was put in is not there any more as it was.
 */
int change_without(const struct change *change, const char *now, struct buf *ret,
		   struct error *err) must_check;

/* --- one at a time --- */

struct install_lock {
	int folder, fd;			/* -1: it is not held */
};

/*
 * install_lock - for a bounded time wait for others. With @make the folders that it lies
 * in are made; otherwise, where there are none, nothing is locked. -EBUSY: others take too
 * long.
 */
int install_lock(const struct tree *tree, bool make, struct install_lock *ret,
		 struct error *err) must_check;
void install_unlock(struct install_lock *lock);
#define _cleanup_lock_ _cleanup_(install_unlock)

/* install_sweep - take away what one that was killed left beside the files of @state. */
void install_sweep(const struct tree *tree, const struct state *state);

/* --- plans --- */

struct host;

struct plan {
	struct tree tree;
	struct state state;		/* as it will be */
	char *known;			/* STATE_FILE, as it was when this was planned; NULL: there was none */
	struct buf notes;
	bool enforce;
};

/* plan_folders - those above @path that are not there yet. */
int plan_folders(struct plan *plan, enum engine engine, const char *path,
		 struct error *err) must_check;

/* plan_file - begin to edit @path; @text is what it says. */
int plan_file(struct plan *plan, enum engine engine, const char *path, struct change **ret,
	      struct buf *text, struct error *err) must_check;

/* plan_file_end - what it is to say is in @text. */
int plan_file_end(struct plan *plan, struct change *change, const struct buf *text,
		  struct error *err) must_check;

/* plan_whole - a file that is wholly ours. */
int plan_whole(struct plan *plan, enum engine engine, const char *path, const struct buf *text,
	       struct error *err) must_check;

/* plan_links - LIBEXECDIR/ENGINE/runc and crun, the door's own names. */
int plan_links(struct plan *plan, enum engine engine, struct error *err) must_check;

/*
 * plan_needs - -ENOENT if the door of @engine would not find the runtime @program, a name
 * or a path: it is in none of the usual folders, and host.json does not say where it is.
 * A path that is not what the door finds is noted.
 */
int plan_needs(struct plan *plan, enum engine engine, const char *program,
	       struct error *err) must_check;

/* say_line - append a line in which paths and what files say are escaped. */
void say_line(struct buf *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* plan_note - "ENGINE: ..." to tell the administrator. */
void plan_note(struct plan *plan, enum engine engine, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* plan_print_engine - plan_print() of what is done for @engine alone; ENGINE_MAX: of all. */
void plan_print_engine(struct buf *out, const struct plan *plan, enum engine engine);

/* plan_registration - a hooks.d file of @engine in @folder. */
int plan_registration(struct plan *plan, enum engine engine, const char *folder,
		      const char *stage, struct error *err) must_check;

int plan_podman(struct plan *plan, struct error *err) must_check;
int plan_crio(struct plan *plan, struct error *err) must_check;
int plan_containerd(struct plan *plan, struct error *err) must_check;
int plan_docker(struct plan *plan, struct error *err) must_check;
int plan_divert(struct plan *plan, enum engine engine, struct error *err) must_check;
int plan_host(struct plan *plan, struct error *err) must_check;

/* host_here - load the root's host.json. 1: it is in @ret; 0: there is none. */
int host_here(const struct tree *tree, struct host **ret, struct error *err) must_check;

/* log_usable - whether the file of @log can be written; 0 too when there is none. */
struct log_config;
int log_usable(const struct tree *tree, const struct log_config *log,
	       struct error *err) must_check;

/* docker_without - daemon.json @now without our entries, when lines cannot be told apart. */
int docker_without(const struct change *change, const char *now, struct buf *ret,
		   struct error *err) must_check;

/* divert_covers - whether for @engine a runtime of that name is diverted. */
bool divert_covers(enum engine engine, const char *name);

/* divert_by_dpkg - 1: dpkg-divert(1) knows of @path; 0: not; -errno: there is no dpkg. */
int divert_by_dpkg(const struct tree *tree, const char *path) must_check;

/* --- what starts a daemon --- */

struct unit_option {
	const char *option, *letter;	/* @letter may be NULL */
};

/*
 * unit_says - whether the unit of @daemon, its drop-ins, or the files that it may get its
 * options from give it that one on its command line: 1 and the value in @ret, or 0.
 */
int unit_says(const struct tree *tree, const char *daemon, const struct unit_option *what,
	      struct buf *ret, struct error *err) must_check;

/* --- what was made through the door --- */

/* made_runs - how many containers run whose shim calls @door. */
size_t made_runs(const struct tree *tree, const char *door);

/* made_by_docker - how many of its containers name Cofferdam's runtime, or with @ours false another. */
size_t made_by_docker(const struct tree *tree, bool ours);

/* the runtime in daemon.json */
#define DOCKER_RUNTIME "cofferdam"

/* --- what is where on a host --- */

/* where_program - the first of the usual folders that has @name; NULL. malloc'd. */
char *where_program(const struct tree *tree, const char *name);

/* where_runtime - what the door runs where host.json does not say; NULL. malloc'd. */
char *where_runtime(const struct tree *tree, const char *name);

/* where_door_looks - whether the absolute @path lies in one of the folders that it looks in. */
bool where_door_looks(const char *path);

/* where_all - every place of a program @name, without links and without what is ours. */
struct paths {
	char **v;
	size_t n;
};

/* toml_list - append an array of strings, and end the line. */
void toml_list(struct buf *out, const struct paths *list);
int where_all(const struct tree *tree, const char *name, struct paths *ret,
	      struct error *err) must_check;
void paths_free(struct paths *paths);
#define _cleanup_paths_ _cleanup_(paths_free)
int paths_add(struct paths *paths, const char *path, struct error *err) must_check;

/* where_beginning - programs whose names begin so, without links. */
int where_beginning(const struct tree *tree, const char *begin, struct paths *ret,
		    struct error *err) must_check;

/* where_engine - whether the engine's program is there. */
bool where_engine(const struct tree *tree, enum engine engine);

/*
 * where_conf - the files of @folder, by name: the order in which engines read
 * their drop-ins. A missing folder has none. Whole paths.
 */
int where_conf(const struct tree *tree, const char *folder, const char *suffix,
	       struct paths *ret, struct error *err) must_check;

/* what a chain of TOML files says, the last one winning */
struct said {
	struct buf file;		/* which said so; empty: none */
	struct paths list;
};
int said_last(const struct tree *tree, const struct paths *files, const char *path,
		 struct said *ret, struct error *err) must_check;
void said_free(struct said *said);
#define _cleanup_said_ _cleanup_(said_free)

#endif
