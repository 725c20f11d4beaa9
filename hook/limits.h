/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_LIMITS_H
#define HOOK_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What a process that is started by a runtime must first do for itself. */

/* process_heap - have the heap grow in steps that suit a judgement: few calls. */
void process_heap(void);

/*
 * process_heap_fill - have the kernel hand out at once what a configuration of
 * @config bytes will take of the heap: page by page, as each is first touched, that
 * takes longer.
 */
void process_heap_fill(size_t config);

/* process_descriptors - have the first three open, those that are not with @flags. */
void process_descriptors(int flags);

/*
 * process_settle - trust nothing inherited: no environment, standard
 * descriptors open, own resource limits as high as allowed (crun gives hooks
 * the container's), signals that a full pipe or a size limit would send
 * ignored, and no capability but those the hook needs.
 */
void process_settle(void);

/* process_user_namespace - whether uid_map differs from the initial one
 * (user_namespaces(7)). */
bool process_user_namespace(void);

/*
 * process_rootless - whether this is a user namespace of a user's own (rootless
 * podman). There uid 0 is that user and the host's root shows as the overflow
 * id, so "belongs to root" means nothing against him: no boundary is claimed.
 */
bool process_rootless(void);

/* process_owner - whose files are trusted besides uid 0's: our own, or where
 * @rootless the overflow id, which is how the host's root appears. */
uid_t process_owner(bool rootless);

/* process_judged - give up what was only needed to gather facts, unless @gate
 * needs it too. */
void process_judged(bool gate);

#endif
