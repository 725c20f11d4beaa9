/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/lines.h>

#include <poll.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)65536)

void lines_free(struct lines *lines)
{
	buf_free(&lines->data);
}

/* fill - read more behind what is there; lines->end at the end of the stream. */
static int fill(struct lines *lines, struct error *err)
{
	struct buf *data = &lines->data;
	struct pollfd wait = { .fd = lines->fd, .events = POLLIN };
	ssize_t n;

	if (lines->at > 0) {
		memmove(data->data, data->data + lines->at, data->len - lines->at);
		data->len -= lines->at;
		lines->looked -= lines->at;
		lines->at = 0;
	}
	if (data->cap < data->len + CHUNK) {
		const size_t len = data->len, cap = data->cap ? data->cap * 2 : 2 * CHUNK;
		char *more = realloc(data->data, cap);

		if (!more)
			return error_oom(err);
		*data = (struct buf){ .data = more, .len = len, .cap = cap };
	}
	do {
		n = read(lines->fd, data->data + data->len, CHUNK - 1);
		if (n < 0 && errno == EAGAIN && poll(&wait, 1, -1) >= 0)
			errno = EINTR;
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return error_sys(err, errno, "cannot be read");
	data->len += (size_t)n;
	lines->end = n == 0;
	return 0;
}

/* line - what stands up to @end, as the next line. */
static int line(struct lines *lines, size_t end, size_t next, const char **ret, size_t *ret_len)
{
	const bool passed = lines->passing;

	*ret = lines->data.data + lines->at;
	*ret_len = end - lines->at;
	lines->at = lines->looked = next;
	lines->passing = false;
	return passed ? -E2BIG : 1;
}

int lines_next(struct lines *lines, const char **ret, size_t *ret_len, struct error *err)
{
	struct buf *data = &lines->data;
	int r;

	for (;;) {
		const char *from = data->len > lines->looked ? data->data + lines->looked : NULL;
		const char *end = from ? memchr(from, '\n', data->len - lines->looked) : NULL;

		if (end) {
			const size_t at = (size_t)(end - data->data);

			return line(lines, at, at + 1, ret, ret_len);
		}
		lines->looked = data->len;
		if (lines->passing || data->len - lines->at > LINES_MAX) {
			lines->passing = true;
			lines->at = data->len;
		}
		if (lines->end && data->len == lines->at && !lines->passing)
			return 0;
		if (lines->end)		/* the last one has no newline */
			return line(lines, data->len, data->len, ret, ret_len);
		r = fill(lines, err);
		if (r < 0)
			return r;
	}
}
