/* SPDX-License-Identifier: Apache-2.0 */

/*
 * yajl judges the grammar, of tokens that json_walk() has found: it looks at no inside
 * of a string and has nothing to decode, and no callback to call.
 *
 * yajl writes through whatever its allocator returns, NULL too. As it has
 * nothing to buffer, its needs are fixed (four small structures, a stack of
 * one byte a level, one buffer of 2 KiB), and a pool set aside beforehand
 * meets them. A yajl that asked for more would be left by longjmp(): it holds
 * nothing that is not in the pool.
 */

#include <errno.h>
#include <setjmp.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "json-private.h"

#define POOL_SIZE 8192

struct pool {
	jmp_buf empty;
	size_t used;
	unsigned char *bytes;		/* POOL_SIZE of them, not zeroed */
};

static void *pool_malloc(void *ctx, size_t size)
{
	struct pool *pool = ctx;
	unsigned char *block;

	/* 16 bytes before each block keep its size, for pool_realloc() */
	if (size > POOL_SIZE || ((size + 15) & ~(size_t)15) + 16 > POOL_SIZE - pool->used)
		longjmp(pool->empty, 1);
	block = pool->bytes + pool->used;
	memcpy(block, &size, sizeof(size));
	pool->used += ((size + 15) & ~(size_t)15) + 16;
	return block + 16;
}

static void *pool_realloc(void *ctx, void *old, size_t size)
{
	void *block = pool_malloc(ctx, size);
	size_t old_size;

	if (old) {
		memcpy(&old_size, (unsigned char *)old - 16, sizeof(old_size));
		memcpy(block, old, old_size < size ? old_size : size);
	}
	return block;
}

static void pool_free(void *ctx, void *block)
{
	(void)ctx;
	(void)block;
}

int json_grammar(const char *tokens, size_t n, size_t *ret_seen)
{
	_cleanup_free_ unsigned char *bytes = malloc(POOL_SIZE);
	struct pool pool = { .bytes = bytes };
	yajl_alloc_funcs funcs = {
		.malloc = pool_malloc,
		.realloc = pool_realloc,
		.free = pool_free,
		.ctx = &pool,
	};
	yajl_handle yajl;

	if (!bytes || setjmp(pool.empty) != 0)
		return -ENOMEM;
	yajl = yajl_alloc(NULL, &funcs, NULL);
	(void)yajl_config(yajl, yajl_dont_validate_strings, 1);
	if (yajl_parse(yajl, (const unsigned char *)tokens, n) == yajl_status_ok)
		return 0;
	*ret_seen = yajl_get_bytes_consumed(yajl);
	return -EINVAL;
}
