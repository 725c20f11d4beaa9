/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every config.json below a folder and has yajl parse it: without a single
 * callback, so that nothing is made of it; or into yajl's own tree, which is the least
 * that whoever looks at a configuration needs.
 *
 *	parse bare|tree FOLDER [PROCESSES]
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
#include <yajl/yajl_tree.h>

/* What is done with a text, ended by NUL: 0, or 1 if it is no JSON. */
typedef int parser(const char *text, size_t size);

static int bare(const char *text, size_t size)
{
	yajl_handle yajl = yajl_alloc(NULL, NULL, NULL);
	int bad;

	if (!yajl)
		return 1;
	bad = yajl_parse(yajl, (const unsigned char *)text, size) != yajl_status_ok ||
	      yajl_complete_parse(yajl) != yajl_status_ok;
	yajl_free(yajl);
	return bad;
}

static int tree(const char *text, size_t size)
{
	char why[256];
	yajl_val root = yajl_tree_parse(text, why, sizeof(why));

	(void)size;
	yajl_tree_free(root);
	return !root;
}

static int parse(const char *path, size_t size, parser *with)
{
	FILE *f = fopen(path, "re");
	char *text = calloc(1, size + 1);
	int bad = 1;

	if (f && text && fread(text, 1, size, f) == size)
		bad = with(text, size);
	if (f)
		(void)fclose(f);
	free(text);
	return bad;
}

/* share - every @n th file, from @k: 0, or 1 if any is bad. */
static int share(char *folder, parser *with, unsigned long k, unsigned long n)
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
			bad |= parse(e->fts_path, (size_t)e->fts_statp->st_size, with);
	}
	(void)fts_close(fts);
	return bad;
}

int main(int argc, char **argv)
{
	const unsigned long n = argc > 3 ? strtoul(argv[3], NULL, 10) : 1;
	parser *with = argc < 3 ? NULL : strcmp(argv[1], "bare") == 0 ? bare :
			 strcmp(argv[1], "tree") == 0 ? tree : NULL;
	int bad = 0, status;

	if (!with || n < 1 || n > 1024) {
		(void)fputs("usage: parse bare|tree FOLDER [PROCESSES]\n", stderr);
		return 2;
	}
	for (unsigned long k = 1; k < n; k++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(share(argv[2], with, k, n));
		bad |= pid < 0;
	}
	bad |= share(argv[2], with, 0, n);
	while (wait(&status) > 0)
		bad |= status != 0;
	return bad;
}
