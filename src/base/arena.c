/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/arena.h>

#include <stdint.h>
#include <string.h>

#define BLOCK_SIZE 8000u		/* of most blocks; what is larger has one of its own */
#define ALIGNMENT _Alignof(max_align_t)

struct arena_block {
	struct arena_block *next;
	size_t size;
	_Alignas(max_align_t) unsigned char bytes[];
};

static struct arena_block *block_new(struct arena *arena, size_t size)
{
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (!block)
		return NULL;
	block->size = size;
	block->next = arena->blocks;
	return block;
}

/* large - @size bytes behind the newest block, which stays so. */
static void *large(struct arena *arena, size_t size)
{
	struct arena_block *block = block_new(arena, size);

	if (!block)
		return NULL;
	if (arena->blocks) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		arena->blocks = block;
	}
	return memset(block->bytes, 0, size);
}

void *arena_zeroed(struct arena *arena, size_t n, size_t size)
{
	struct arena_block *block = arena->blocks;
	unsigned char *bytes;

	if (__builtin_mul_overflow(n, size, &size) || size > SIZE_MAX / 2)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	if (size > BLOCK_SIZE / 4)
		return large(arena, size);
	if (arena->left < size) {
		block = block_new(arena, BLOCK_SIZE);
		if (!block)
			return NULL;
		arena->blocks = block;
		arena->left = BLOCK_SIZE;
	}
	bytes = block->bytes + block->size - arena->left;
	arena->left -= size;
	return memset(bytes, 0, size);
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	arena->left = 0;
}
