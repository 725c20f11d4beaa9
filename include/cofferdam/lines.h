/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_LINES_H
#define COFFERDAM_LINES_H

/* Lines of a stream of any length, a bounded piece of it in memory at a time. */

#include <cofferdam/buf.h>

#define LINES_MAX (1u << 20)	/* bytes of a line; a longer one is passed over */

/* Start zeroed but for fd, which stays the caller's. */
struct lines {
	int fd;
	struct buf data;		/* private, as is what follows */
	size_t at, looked;
	bool end, passing;
};

/*
 * lines_next - 1: the next line, without its newline, good until the next call;
 * -E2BIG: it was longer than LINES_MAX and is passed over (not an error of the
 * stream: go on); 0: there is none left; otherwise negative, @err set.
 */
int lines_next(struct lines *lines, const char **ret, size_t *ret_len,
	       struct error *err) must_check;

void lines_free(struct lines *lines);
#define _cleanup_lines_ _cleanup_(lines_free)

#endif
