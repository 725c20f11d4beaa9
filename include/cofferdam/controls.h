/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_CONTROLS_H
#define COFFERDAM_CONTROLS_H

/* The controls of public catalogues, and the rules that judge them: controls.def. */

#include <cofferdam/registry.h>

enum standard {
	STANDARD_CIS,			/* CIS Docker Benchmark 1.6.0, section 5 */
	STANDARD_PSS,			/* Kubernetes Pod Security Standards */
	STANDARD_MAX
};

struct control {
	enum standard standard;
	const char *number;		/* "5.4", or the level, "baseline" */
	const char *title;
	const char *const *rules;	/* PSS: ids, ended by NULL */
	const char *note;		/* what cannot be judged, and why; or NULL */
};

/* controls - all of them, @ret_n many, in the order of their catalogue. */
const struct control *controls(size_t *ret_n);

/* control_judged_by - whether @rule judges @control. */
bool control_judged_by(const struct control *control, const struct rule *rule);

#endif
