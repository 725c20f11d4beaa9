/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_PROFILE_H
#define CLI_PROFILE_H

#include "cli.h"

#include <cofferdam/seccomp.h>

/* What a PROFILE on the command line turned out to be. */
struct given {
	struct seccomp_profile profile;	/* doc NULL: a compiled filter */
	struct seccomp_program program;
};

/*
 * given_read - @name is a shipped profile, an engine whose file is known, a file,
 * or "-". @compile: the filter is wanted, too.
 */
int given_read(const struct seccomp_scope *scope, const char *name, bool compile,
	       struct given *ret, struct error *err) must_check;
void given_free(struct given *given);
#define _cleanup_given_ _cleanup_(given_free)

#endif
