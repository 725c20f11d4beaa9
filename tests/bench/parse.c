/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads every config.json below a folder and has yajl parse it, without a
 * single callback: what reading and parsing alone cost.
 *
 *	parse FOLDER
 */
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

int main(int argc, char **argv)
{
	char *const roots[] = { argc > 1 ? argv[1] : NULL, NULL };
	FTS *fts = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
	int bad = 0;
	FTSENT *e;

	if (!fts) {
		(void)fputs("usage: parse FOLDER\n", stderr);
		return 2;
	}
	while ((e = fts_read(fts))) {
		if (e->fts_info == FTS_F && strcmp(e->fts_name, "config.json") == 0)
			bad |= parse(e->fts_path, (size_t)e->fts_statp->st_size);
	}
	(void)fts_close(fts);
	return bad;
}
