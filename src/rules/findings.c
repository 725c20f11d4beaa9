/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/rules.h>

#include <stdarg.h>
#include <string.h>

#include <cofferdam/text.h>

#include "rules-private.h"

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
		size_t cap = out->cap ? 2 * out->cap : 32;	/* as many as most have */
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

/* make_safe - @raw, escaped in @safe unless it is harmless: whichever it is. */
static struct buf *make_safe(struct buf *raw, size_t max, struct buf *safe)
{
	if (raw->len <= max && text_harmless(buf_cstr(raw), raw->len))
		return raw;
	text_escape(safe, buf_cstr(raw), raw->len, max);
	safe->oom |= raw->oom;
	return safe;
}

/* keep - @text, and @pointer behind its NUL, for @f; false without memory. */
static bool keep(struct findings *out, const struct buf *text, const char *pointer,
		 struct finding *f)
{
	const size_t size = strlen(pointer) + 1;
	char *kept = text->oom ? NULL : arena_zeroed(&out->texts, text->len + 1 + size, 1);

	if (!kept)
		return false;
	f->text = memcpy(kept, buf_cstr(text), text->len);
	f->pointer = memcpy(kept + text->len + 1, pointer, size);
	return true;
}

struct finding *finding_vadd(const struct rule_input *in, struct findings *out,
			     struct error *err, const char *pointer,
			     const struct json *node, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf safe = { 0 };
	struct finding *f = grow(out, err);

	if (!f)
		return NULL;
	buf_reset(&out->raw);
	buf_vprintf(&out->raw, fmt, ap);
	if (!keep(out, make_safe(&out->raw, TEXT_MAX, &safe), pointer, f)) {
		error_oom(err);
		return NULL;
	}
	f->rule = in->id;
	f->sketch = in->sketch;
	f->node = node ? node : json_nearest(in->doc, pointer);
	out->n++;
	return f;
}

struct finding *finding_add(const struct rule_input *in, struct findings *out,
			    struct error *err, const char *pointer, const char *fmt, ...)
{
	struct finding *f;
	va_list ap;

	va_start(ap, fmt);
	f = finding_vadd(in, out, err, pointer, NULL, fmt, ap);
	va_end(ap);
	return f;
}

int finding_value(struct finding *f, struct error *err, const char *fmt, ...)
{
	_cleanup_buf_ struct buf raw = { 0 }, safe = { 0 };
	va_list ap;

	va_start(ap, fmt);
	free(f->value);
	buf_vprintf(&raw, fmt, ap);
	f->value = buf_steal(make_safe(&raw, VALUE_MAX, &safe));
	va_end(ap);
	return f->value ? 0 : error_oom(err);
}

bool finding_sketched(const struct finding *f)
{
	return f->sketch && finding_mends(f);
}

bool finding_mends(const struct finding *f)
{
	return f->sketched || f->edits.n > 0;
}

int finding_edit(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err)
{
	return finding_sketch(f) ? 0 : json_edits_add(&f->edits, op, pointer, value, err);
}

int finding_lend(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err)
{
	return json_edits_lend(&f->edits, op, pointer, value, err);
}

static void finding_clear(struct finding *f)
{
	free(f->value);
	json_edits_free(&f->edits);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		finding_clear(&findings->v[i]);
	free(findings->v);
	buf_free(&findings->raw);
	buf_free(&findings->pointer);
	arena_free(&findings->texts);
	memset(findings, 0, sizeof(*findings));
}
