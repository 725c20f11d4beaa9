/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HOOK_LIMITS_H
#define HOOK_LIMITS_H

/* What a process that is started by a runtime must first do for itself. */

/*
 * process_settle - trust nothing inherited: no environment, standard
 * descriptors open, own resource limits as high as allowed (crun gives hooks
 * the container's), signals that a full pipe or a size limit would send
 * ignored, and no capability but those the hook needs.
 */
void process_settle(void);

/* process_judged - give up what was only needed to gather facts. */
void process_judged(void);

#endif
