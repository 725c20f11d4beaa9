/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_MEM_H
#define COFFERDAM_MEM_H

/* Memory and descriptors owned by scope. Every destructor accepts NULL. */

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define must_check __attribute__((warn_unused_result))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* _cleanup_(fn): call fn(&variable) at the end of the scope. */
#define _cleanup_(fn) __attribute__((cleanup(fn)))

static inline void free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void close_fd(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd);
	errno = saved;
}

static inline void close_file(FILE **f)
{
	if (*f)
		(void)fclose(*f);
}

static inline void close_dir(DIR **d)
{
	if (*d)
		(void)closedir(*d);
}

#define _cleanup_free_ _cleanup_(free_ptr)
#define _cleanup_close_ _cleanup_(close_fd)
#define _cleanup_file_ _cleanup_(close_file)
#define _cleanup_dir_ _cleanup_(close_dir)

/* steal_ptr(p): hand ownership out of the scope; p becomes NULL. */
#define steal_ptr(p) \
	({ __typeof__(p) stolen_ = (p); (p) = NULL; stolen_; })

static inline int steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
