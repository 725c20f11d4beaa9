/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_BINDS_PRIVATE_H
#define GATE_BINDS_PRIVATE_H

#include "gate-private.h"

#define NO_INDEX SIZE_MAX

/* Where a mount of the configuration is put, as a clean path. */
struct bind_dest {
	char *path;
	size_t index;
};

struct bind_dests {
	struct bind_dest *v;
	size_t n;
};

struct binds {
	struct gate *g;
	const struct mount_table *table;
	struct mount_table host;	/* read when first needed */
	bool host_read;
	size_t *mount;			/* by row: which mount of the configuration it is */
	int64_t root_id;
	struct bind_dests dests;	/* of what was wanted */
	struct facts *facts;		/* where what was not as judged is put */
	bool differs;
};

static inline size_t row_index(const struct binds *b, const struct mount_row *row)
{
	return (size_t)(row - b->table->rows);
}

/* check_stranger - a mismatch if a mount that the configuration does not account for is
 * nothing that a runtime makes by itself. */
void check_stranger(struct binds *b, const struct mount_row *row);

#endif
