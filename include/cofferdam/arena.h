/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_ARENA_H
#define COFFERDAM_ARENA_H

/* Memory that is freed all at once. A zeroed struct is an empty arena. */

#include <stddef.h>

#include <cofferdam/mem.h>

struct arena {
	struct arena_block *blocks;	/* private: newest first */
	size_t left;			/* private: bytes in the newest one */
};

/* arena_zeroed - @n structs of @size bytes, zeroed, aligned for any type. Owned by the
 * arena. NULL when memory is exhausted. */
void *arena_zeroed(struct arena *arena, size_t n, size_t size) must_check;

void arena_free(struct arena *arena);

#endif
