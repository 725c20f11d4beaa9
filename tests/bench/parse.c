/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every config.json below a folder and has yajl parse it, without a
 * single callback: what reading and parsing alone cost.
 *
 *	parse FOLDER [PROCESSES]
 *
 * With PROCESSES above 1, that many share the files.
 */
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <yajl/yajl_parse.h>

static int parse(const char *path, size_t size)
{
	FILE *f = fopen(path, "re");
	unsigned char *text = malloc(size + 1);
	yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);
	int bad = 1;

	if (f && text && yajl && fread(text, 1, size, f) == size)
		bad = yajl_parse(yajl, text, size) != yajl_status_ok ||
		      yajl_complete_parse(yajl) != yajl_status_ok;
	if (yajl)
		yajl_free(yajl);
	if (f)
		(void)fclose(f);
	free(text);
	return bad;
}

/* share - every @n th file, from @k: 0, or 1 if any is bad. */
static int share(char *folder, unsigned long k, unsigned long n)
{
	char *const roots[] = { folder, NULL };
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	unsigned long seen = 0;
	int bad = 0;
	FTSENT *e;

	if (!fts)
		return 1;
	while ((e = fts_read(fts))) {
		if (e->fts_info == FTS_F && strcmp(e->fts_name, "config.json") == 0 &&
		    seen++ % n == k)
			bad |= parse(e->fts_path, (size_t)e->fts_statp->st_size);
	}
	(void)fts_close(fts);
	return bad;
}

int main(int argc, char **argv)
{
	const unsigned long n = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;
	int bad = 0, status;

	if (argc < 2 || n < 1 || n > 1024) {
		(void)fputs("usage: parse FOLDER [PROCESSES]\n", stderr);
		return 2;
	}
	for (unsigned long k = 1; k < n; k++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(share(argv[1], k, n));
		bad |= pid < 0;
	}
	bad |= share(argv[1], 0, n);
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad;
}
