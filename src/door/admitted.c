/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MUST: trust the folder only if root alone can write it; name no file by what a
 * caller says but by its digest; never take a record for another container's, nor
 * for a configuration's that differs in any byte.
 */
#include <cofferdam/admitted.h>

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cofferdam/digest.h>
#include <cofferdam/file.h>
#include <cofferdam/sha256.h>
#include <cofferdam/text.h>

#include "door-private.h"

#define RUN_DIR "/run/cofferdam"
#define ID_DIGITS 32			/* of the id's digest, in a name */
#define PENDING "pending."
#define PENDING_SECONDS 600		/* no runtime takes that long to begin */
#define RECORD_FILE_MAX (FILE_CONFIG_MAX + (1u << 16))

const char *admitted_dir(void)
{
	return RUN_DIR "/admitted";
}

static void id_prefix(char prefix[ADMITTED_NAME], const char *id)
{
	char hex[SHA256_HEX];
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, id, strlen(id));
	sha256_end(&s, hex);
	(void)snprintf(prefix, ADMITTED_NAME, "%.*s.", ID_DIGITS, hex);
}

/*
 * The configuration is named by its quick digest, as one that nobody could make two of
 * would take longer than all of the judgement: of two that share it one is refused, by
 * comparison.
 */
void admitted_pending(char name[ADMITTED_NAME], const char *id, const char *config, size_t len)
{
	char prefix[ADMITTED_NAME];

	id_prefix(prefix, id);
	(void)snprintf(name, ADMITTED_NAME, PENDING "%.*s%016" PRIx64, ID_DIGITS + 1, prefix,
		       digest_quick(len, config, len));
}

static void live_name(char name[ADMITTED_NAME], const char *id, int64_t pid, uint64_t start)
{
	char prefix[ADMITTED_NAME];

	id_prefix(prefix, id);
	(void)snprintf(name, ADMITTED_NAME, "%.*s%" PRId64 ".%" PRIu64, ID_DIGITS + 1, prefix, pid,
		       start);
}

int admitted_open(const char *dir, struct error *err)
{
	return file_open_trusted(dir, O_RDONLY | O_DIRECTORY, 0, err);
}

/* What a record holds of a configuration: a part of its text. */
struct recorded {
	struct buf text;
	const char *config;
	size_t len;
};

static void recorded_free(struct recorded *recorded)
{
	buf_free(&recorded->text);
}

/*
 * read_record - the record @name. It is as admitted_put() prints it, strings quoted:
 * the first line that begins with "config" is that member, and the last one.
 */
static int read_record(int fd, const char *name, struct recorded *ret, struct error *err)
{
	static const char member[] = "\n\"config\":";
	const size_t begin = strlen(RECORD_BEGIN), end = strlen(RECORD_END);
	struct buf *text = &ret->text;
	const char *at;
	int r = file_read(fd, name, true, RECORD_FILE_MAX, text, NULL, err);

	if (r < 0)
		return r;
	at = memmem(buf_cstr(text), text->len, member, strlen(member));
	if (!at || strncmp(buf_cstr(text), RECORD_BEGIN, begin) != 0 ||
	    memcmp(buf_cstr(text) + text->len - end, RECORD_END, end) != 0)
		return error_set(err, -EBADMSG, "%s: no record of an admission", name);
	ret->config = at + strlen(member);
	ret->len = text->len - end - (size_t)(ret->config - text->data);
	return 0;
}

static int not_admitted(const char *id, struct error *err)
{
	return error_set(err, -ENOENT,
			 "container %s: this configuration did not pass the runtime door, or was changed after it did",
			 id);
}

/* check_record - that @name records @config. */
static int check_record(int fd, const char *name, const struct buf *config, const char *id,
			struct error *err)
{
	_cleanup_(recorded_free) struct recorded before = { 0 };
	int r = read_record(fd, name, &before, err);

	if (r == -ENOENT || (r == 0 && (before.len != config->len ||
					memcmp(before.config, buf_cstr(config), before.len) != 0)))
		return not_admitted(id, err);
	return r;
}

int admitted_commit(const char *dir, const char *id, int64_t pid, const struct buf *config,
		    struct error *err)
{
	_cleanup_close_ int fd = -1;
	char name[ADMITTED_NAME], pending[ADMITTED_NAME];
	uint64_t start;
	bool taken;
	int r = process_started(pid, &start, err);

	if (r < 0)
		return r;
	fd = admitted_open(dir, err);
	if (fd == -ENOENT)
		return not_admitted(id, err);
	if (fd < 0)
		return fd;
	live_name(name, id, pid, start);
	admitted_pending(pending, id, buf_cstr(config), config->len);
	taken = renameat(fd, pending, fd, name) == 0;
	if (!taken && errno != ENOENT)
		return error_sys(err, errno, "%s: the record of what was admitted", dir);
	/* under the container's own name nobody else replaces it any more */
	r = check_record(fd, name, config, id, err);
	if (r < 0 && taken)
		(void)unlinkat(fd, name, 0);
	return r;
}

int admitted_config(const char *dir, const char *id, int64_t pid, uint64_t start,
		    struct buf *ret, struct error *err)
{
	_cleanup_close_ int fd = admitted_open(dir, err);
	_cleanup_(recorded_free) struct recorded record = { 0 };
	char name[ADMITTED_NAME];
	int r;

	if (fd < 0)
		return fd;
	live_name(name, id, pid, start);
	r = read_record(fd, name, &record, err);
	if (r < 0)
		return r;
	buf_reset(ret);
	buf_add(ret, record.config, record.len);
	return buf_check(ret, err);
}

/* gone - whether no process @pid that started at @start is left. */
static bool gone(int64_t pid, uint64_t start)
{
	struct error err;
	uint64_t now;
	int r = process_started(pid, &now, &err);

	return r == -ENOENT || r == -ESRCH || (r == 0 && now != start);
}

/* name_parse - PID and START of a container's record. */
static bool name_parse(const char *name, int64_t *pid, uint64_t *start)
{
	const char *dot = strchr(name, '.');

	return dot && strncmp(name, PENDING, strlen(PENDING)) != 0 &&
	       sscanf(dot, ".%" SCNd64 ".%" SCNu64, pid, start) == 2;
}

/* of_nobody - a container's that is gone, or one that no runtime took in time. */
static bool of_nobody(int fd, const char *name)
{
	struct stat st;
	uint64_t start;
	int64_t pid;

	if (name_parse(name, &pid, &start))
		return gone(pid, start);
	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       time(NULL) - st.st_mtime > PENDING_SECONDS;
}

void admitted_sweep(const char *dir)
{
	struct error err;
	_cleanup_close_ int fd = admitted_open(dir, &err);
	_cleanup_dir_ DIR *list = fd < 0 ? NULL : dir_open(fd);
	const struct dirent *entry;

	while (list && dir_next(list, &entry) == 1) {
		if (of_nobody(fd, entry->d_name))
			(void)unlinkat(fd, entry->d_name, 0);
	}
}
