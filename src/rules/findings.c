/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/rules.h>

#include <stdarg.h>
#include <string.h>

#include <cofferdam/text.h>

#define VALUE_MAX 256	/* bytes of a value shown: enough to recognise it */
#define TEXT_MAX 512

#define RULE(ID, name, check, ...) [RULE_##ID] = check,
static rule_check *const checks[RULE_MAX] = {
#include <cofferdam/rules.def>
};
#undef RULE

int rules_judge(const struct rule_input *in, struct findings *out, struct error *err)
{
	int r = checks[in->id](in, out, err);

	return r < 0 ? error_context(err, "%s", registry_rule(in->id)->id) : 0;
}

const struct param_value *rule_param(const struct rule_input *in, const char *name)
{
	int i = registry_param(registry_rule(in->id), name);

	return &in->policy->rules[in->id].params[i];
}

static struct finding *grow(struct findings *out, struct error *err)
{
	if (out->n == out->cap) {
		size_t cap = out->cap ? 2 * out->cap : 8;
		struct finding *v = reallocarray(out->v, cap, sizeof(*v));

		if (!v) {
			error_oom(err);
			return NULL;
		}
		out->v = v;
		out->cap = cap;
	}
	memset(&out->v[out->n], 0, sizeof(out->v[out->n]));
	return &out->v[out->n];
}

/* harmless - whether text_escape() would leave it as it is. */
static bool harmless(const char *s, size_t len)
{
	return text_printable(s, len) == len && !memchr(s, '\\', len);
}

/* escaped - at most @max bytes of @raw, and @behind after the NUL: malloc'd, or NULL. */
static char *escaped(struct buf *raw, size_t max, const char *behind)
{
	_cleanup_buf_ struct buf out = { 0 };

	if (raw->oom || !buf_room(&out, (raw->len < max ? raw->len : max) + strlen(behind) + 8))
		return NULL;
	text_escape(&out, buf_cstr(raw), raw->len, max);
	buf_char(&out, '\0');
	buf_str(&out, behind);
	return buf_steal(&out);
}

struct finding *finding_vadd(const struct rule_input *in, struct findings *out,
			     struct error *err, const char *pointer,
			     const char *fmt, va_list ap)
{
	struct finding *f = grow(out, err);

	if (!f)
		return NULL;
	buf_reset(&out->raw);
	buf_vprintf(&out->raw, fmt, ap);
	f->text = escaped(&out->raw, TEXT_MAX, pointer);
	if (!f->text) {
		error_oom(err);
		return NULL;
	}
	f->pointer = f->text + strlen(f->text) + 1;
	f->rule = in->id;
	f->sketch = in->sketch;
	f->node = json_nearest(in->doc, pointer);
	out->n++;
	return f;
}

struct finding *finding_add(const struct rule_input *in, struct findings *out,
			    struct error *err, const char *pointer, const char *fmt, ...)
{
	struct finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = finding_vadd(in, out, err, pointer, fmt, ap);
	va_end(ap);
	return f;
}

int finding_value(struct finding *f, struct error *err, const char *fmt, ...)
{
	_cleanup_buf_ struct buf raw = { 0 };
	va_list ap;

	va_start(ap, fmt);
	free(f->value);
	buf_vprintf(&raw, fmt, ap);
	if (raw.len <= VALUE_MAX && harmless(buf_cstr(&raw), raw.len))
		f->value = buf_steal(&raw);
	else
		f->value = escaped(&raw, VALUE_MAX, "");
	va_end(ap);
	return f->value ? 0 : error_oom(err);
}

bool finding_sketched(const struct finding *f)
{
	return f->sketch && f->edits.n > 0;
}

int finding_edit(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err)
{
	if (finding_sketched(f))
		return 0;
	return json_edits_add(&f->edits, op, pointer, value, err);
}

int finding_lend(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err)
{
	return json_edits_lend(&f->edits, op, pointer, value, err);
}

static void finding_clear(struct finding *f)
{
	free(f->value);
	free(f->text);
	json_edits_free(&f->edits);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		finding_clear(&findings->v[i]);
	free(findings->v);
	buf_free(&findings->raw);
	memset(findings, 0, sizeof(*findings));
}
