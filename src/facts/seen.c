/* SPDX-License-Identifier: Apache-2.0 */
/* What was looked up for one configuration, and is kept for the next. */
#include "facts-private.h"

struct facts_seen *facts_seen_new(void)
{
	struct facts_seen *seen = calloc(1, sizeof(*seen));

	if (seen)
		seen->cgroups.keep = seen->programs.keep = true;
	return seen;
}

void seen_close(struct facts_seen *seen)
{
	places_free(&seen->places);
	cgroups_close(&seen->cgroups);
	programs_close(&seen->programs);
}

void facts_seen_free(struct facts_seen **seen)
{
	if (*seen)
		seen_close(*seen);
	free(*seen);
	*seen = NULL;
}
