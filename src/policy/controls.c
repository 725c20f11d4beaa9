/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/controls.h>

#include <string.h>

#define RULES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CIS(number, title, note) { STANDARD_CIS, number, title, NULL, note },
#define PSS(level, title, rules, note) { STANDARD_PSS, level, title, rules, note },
static const struct control all[] = {
#include <cofferdam/controls.def>
};

const struct control *controls(size_t *ret_n)
{
	*ret_n = ARRAY_SIZE(all);
	return all;
}

bool control_judged_by(const struct control *control, const struct rule *rule)
{
	if (control->standard == STANDARD_CIS)
		return rule->cis && strcmp(rule->cis, control->number) == 0;
	for (size_t i = 0; control->rules[i]; i++) {
		if (strcmp(control->rules[i], rule->id) == 0)
			return true;
	}
	return false;
}
