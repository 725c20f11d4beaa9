/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/entry.h>

#include <stddef.h>
#include <string.h>

#define ROW(type, member, kind, name) { name, kind, offsetof(struct type, member), NULL, 0, NULL }
#define END { NULL, FIELD_ANY, 0, NULL, 0, NULL }

static const struct field finding_table[] = {
	ROW(log_finding, rule, FIELD_STR, "rule"),
	ROW(log_finding, decides, FIELD_STR, "decides"),
	ROW(log_finding, would, FIELD_STR, "would"),
	ROW(log_finding, exempt, FIELD_STR, "exempt"),
	ROW(log_finding, expires, FIELD_STR, "expires"),
	ROW(log_finding, expired, FIELD_STR, "expired"),
	ROW(log_finding, audit, FIELD_BOOL, "audit"),
	ROW(log_finding, pointer, FIELD_STR, "pointer"),
	ROW(log_finding, value, FIELD_STR, "value"),
	ROW(log_finding, message, FIELD_STR, "message"),
	END
};

static const struct field entry_table[] = {
	ROW(log_entry, format, FIELD_UINT, "format"),
	ROW(log_entry, time, FIELD_STR, "time"),
	ROW(log_entry, program, FIELD_STR, "program"),
	ROW(log_entry, mode, FIELD_STR, "mode"),
	ROW(log_entry, engine, FIELD_STR, "engine"),
	ROW(log_entry, policy, FIELD_STR, "policy"),
	ROW(log_entry, id, FIELD_STR, "id"),
	ROW(log_entry, bundle, FIELD_STR, "bundle"),
	ROW(log_entry, namespace_, FIELD_STR, "namespace"),
	ROW(log_entry, image, FIELD_STR, "image"),
	ROW(log_entry, image_id, FIELD_STR, "image_id"),
	ROW(log_entry, verdict, FIELD_STR, "verdict"),
	ROW(log_entry, failure, FIELD_STR, "failure"),
	ROW(log_entry, refused, FIELD_BOOL, "refused"),
	{ "findings", FIELD_LIST, offsetof(struct log_entry, findings), finding_table,
	  sizeof(struct log_finding), NULL },
	ROW(log_entry, omitted, FIELD_UINT, "omitted"),
	END
};

void entry_free(struct log_entry *entry)
{
	notes_free(&entry->notes);
	json_free(&entry->doc);
	*entry = (struct log_entry){ 0 };
}

int entry_read(const char *line, size_t len, struct log_entry *ret, struct error *err)
{
	_cleanup_log_entry_ struct log_entry entry = { 0 };
	int r = json_parse("record", line, len, 0, &entry.doc, err);

	if (r < 0)
		return r;
	if (entry.doc->root->type != JSON_OBJECT)
		return error_set(err, -EINVAL, "record: not an object");
	r = fields_read(entry.doc->root, entry_table, 0, &entry, &entry.notes, err);
	if (r < 0)
		return r;
	if (entry.format.is != FIELD_PRESENT || entry.format.v != 1 || !entry.verdict.v ||
	    entry.refused.is != FIELD_PRESENT)
		return error_set(err, -EINVAL, "record: no \"format\": 1, \"verdict\" and \"refused\"");
	*ret = entry;
	entry = (struct log_entry){ 0 };
	return 0;
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOME_MAX] = {
		"refused", "would_refuse", "hardened", "would_harden", "exempt", "warned", "clean",
	};

	return names[outcome];
}

static bool is(const struct field_str *field, enum verdict verdict)
{
	return field->v && strcmp(field->v, verdict_name(verdict)) == 0;
}

static bool refuses(const struct field_str *field)
{
	return is(field, VERDICT_DENY) || is(field, VERDICT_UNJUDGED);
}

/* The worst that a record's findings came to. */
static enum outcome worst(const struct log_entry *entry)
{
	enum outcome worst = OUTCOME_CLEAN;

	for (size_t i = 0; i < entry->findings.n; i++) {
		const enum outcome one = entry_outcome(entry, entry_finding_at(entry, i));

		if (one < worst)
			worst = one;
	}
	return worst;
}

enum outcome entry_outcome(const struct log_entry *entry, const struct log_finding *finding)
{
	const bool dry = entry->mode.v && strcmp(entry->mode.v, "audit") == 0;
	enum outcome w;

	if (!finding) {
		w = worst(entry);
		if (entry->refused.v)
			return OUTCOME_REFUSED;
		return w == OUTCOME_REFUSED || (refuses(&entry->verdict) && w > OUTCOME_WOULD_REFUSE) ?
			OUTCOME_WOULD_REFUSE : w;
	}
	if (finding->exempt.v)
		return OUTCOME_EXEMPT;
	if (refuses(&finding->would))
		return OUTCOME_WOULD_REFUSE;
	if (is(&finding->would, VERDICT_HARDEN))
		return OUTCOME_WOULD_HARDEN;
	if (refuses(&finding->decides))
		return entry->refused.v ? OUTCOME_REFUSED : OUTCOME_WOULD_REFUSE;
	if (is(&finding->decides, VERDICT_HARDEN))
		return dry || entry->refused.v ? OUTCOME_WOULD_HARDEN : OUTCOME_HARDENED;
	return OUTCOME_WARNED;
}
