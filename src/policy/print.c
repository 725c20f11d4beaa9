/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/policy.h>

#include <inttypes.h>

#include <cofferdam/text.h>

void param_print(struct buf *out, enum param_kind kind, const struct param_value *value)
{
	switch (kind) {
	case PARAM_NONE:
		buf_str(out, "null");
		break;
	case PARAM_BOOL:
		buf_str(out, value->number ? "true" : "false");
		break;
	case PARAM_COUNT:
		buf_printf(out, "%" PRIu64, value->number);
		break;
	case PARAM_SIZE:
		buf_char(out, '"');
		text_format_size(out, value->number);
		buf_char(out, '"');
		break;
	case PARAM_CPU:
		buf_printf(out, "\"%" PRIu64 "m\"", value->number);
		break;
	case PARAM_INT:
		buf_printf(out, "%" PRId64, (int64_t)value->number);
		break;
	CASE_PARAM_LISTS:
		buf_char(out, '[');
		for (size_t i = 0; value->list && value->list[i]; i++) {
			buf_str(out, i ? ", " : "");
			json_string(out, value->list[i]);
		}
		buf_char(out, ']');
		break;
	case PARAM_PROFILE:
		json_string(out, value->string ? value->string : "");
		break;
	}
}

void exemption_print(struct buf *out, const struct exemption *e, const char *between)
{
	const char *join = "";

	buf_str(out, "{ ");
	if (!when_any(&e->when)) {
		buf_str(out, "\"when\": ");
		when_print(out, &e->when);
		buf_printf(out, ",%s", between);
	}
	buf_str(out, "\"rules\": [");
	for (size_t i = 0; i < RULE_MAX; i++) {
		if (!e->rules[i])
			continue;
		buf_printf(out, "%s\"%s\"", join, registry_rule((enum rule_id)i)->id);
		join = ", ";
	}
	buf_str(out, "], \"reason\": ");
	json_string(out, e->reason);
	if (e->expires)
		buf_printf(out, ", \"expires\": \"%s\"", e->expires);
	buf_str(out, " }");
}

void policy_print(struct buf *out, const struct policy *policy)
{
	buf_str(out, "{\n  \"format\": 1,\n  \"name\": ");
	json_string(out, policy->name);
	buf_str(out, ",\n  \"description\": ");
	json_string(out, policy->description ? policy->description : "");
	if (policy->audit)
		buf_str(out, ",\n  \"audit\": true");
	buf_str(out, ",\n  \"rules\": {");
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);
		const struct setting *setting = &policy->rules[i];

		buf_printf(out, "%s\n    \"%s\": { \"action\": \"%s\"", i ? "," : "", rule->id,
			   action_name(setting->action));
		if (setting->audit)
			buf_str(out, ", \"audit\": true");
		for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
			buf_printf(out, ",\n      \"%s\": ", rule->params[p].name);
			param_print(out, rule->params[p].kind, &setting->params[p]);
		}
		buf_str(out, " }");
	}
	buf_str(out, "\n  }");
	for (size_t i = 0; i < policy->n_exemptions; i++) {
		buf_str(out, i ? ",\n    " : ",\n  \"exemptions\": [\n    ");
		exemption_print(out, &policy->exemptions[i], "\n      ");
	}
	buf_str(out, policy->n_exemptions ? "\n  ]\n}\n" : "\n}\n");
}
