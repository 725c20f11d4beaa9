/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --privileged leaves no mark of its own. Its signature is what all engines
 * write for it: CAP_SYS_ADMIN, every device, nothing masked.
 */
#include <cofferdam/rules.h>

#include <string.h>

#include "rules-private.h"

static bool holds(const struct field_strs *set, const char *name)
{
	for (size_t i = 0; i < set->n; i++) {
		if (set->v[i].v && strcmp(set->v[i].v, name) == 0)
			return true;
	}
	return false;
}

int check_privileged(const struct rule_input *in, struct findings *out, struct error *err)
{
	const struct oci_capabilities *caps = &in->spec->process.capabilities;
	const struct oci_linux *linux_ = &in->spec->linux_;
	const struct oci_device_rule *rules = linux_->resources.devices.v;
	bool every_device = false;
	struct finding *f;

	for (size_t i = 0; i < linux_->resources.devices.n; i++)
		every_device |= device_rule_allows_all(&rules[i]);
	if (!every_device || linux_->masked_paths.n > 0 ||
	    !(holds(&caps->bounding, "CAP_SYS_ADMIN") || holds(&caps->effective, "CAP_SYS_ADMIN")))
		return 0;
	f = finding_add(in, out, err, "/process/capabilities",
			"the container is privileged: CAP_SYS_ADMIN, every device, nothing masked");
	return f ? finding_value(f, err, "%zu capabilities", caps->bounding.n) : err->code;
}
