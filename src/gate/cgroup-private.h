/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GATE_CGROUP_PRIVATE_H
#define GATE_CGROUP_PRIVATE_H

#include "gate-private.h"

/*
 * gate_cgroup - the container's own folder in the hierarchy of @controller, a constant
 * ("": cgroup v2): a descriptor of the gate's. -ENOENT: there is no such hierarchy, or
 * it has no folder of its own there but is where the engine is.
 */
int gate_cgroup(struct gate *g, const char *controller);

/* cgroup_none - whether it has none of its own in any hierarchy: crun makes none if it is
 * told so (podman's --cgroups=disabled). */
bool cgroup_none(const struct gate *g);

/* cgroup_only - 0, and in @other a process in it or below that is not the container's init. */
int cgroup_only(const struct gate *g, int dir, pid_t *other);

#endif
