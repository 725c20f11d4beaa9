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

/* nearest_node - the value at @pointer, or of its deepest parent that exists. */
static const struct json *nearest_node(const struct json_doc *doc, char *pointer)
{
	const struct json *node;
	char *slash;

	while (!(node = json_at(doc, pointer)) && (slash = strrchr(pointer, '/')))
		*slash = '\0';
	return node ? node : doc->root;
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

static char *escaped(size_t max, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static char *escaped(size_t max, const char *fmt, va_list ap)
{
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_free_ char *raw = text_vformat(fmt, ap);

	if (!raw)
		return NULL;
	text_escape(&out, raw, strlen(raw), max);
	return buf_steal(&out);
}

struct finding *finding_add(const struct rule_input *in, struct findings *out,
			    struct error *err, const char *pointer, const char *fmt, ...)
{
	_cleanup_free_ char *parents = strdup(pointer);
	struct finding *f = grow(out, err);
	va_list ap;

	if (!f)
		return NULL;
	va_start(ap, fmt);
	f->text = escaped(TEXT_MAX, fmt, ap);
	va_end(ap);
	f->pointer = strdup(pointer);
	if (!f->text || !f->pointer || !parents) {
		free(f->text);
		free(f->pointer);
		error_oom(err);
		return NULL;
	}
	f->rule = in->id;
	f->node = nearest_node(in->doc, parents);
	out->n++;
	return f;
}

int finding_value(struct finding *f, struct error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	free(f->value);
	f->value = escaped(VALUE_MAX, fmt, ap);
	va_end(ap);
	return f->value ? 0 : error_oom(err);
}

int finding_edit(struct finding *f, enum json_op op, const char *pointer,
		 const char *value, struct error *err)
{
	return json_edits_add(&f->edits, op, pointer, value, err);
}

void finding_clear(struct finding *f)
{
	free(f->pointer);
	free(f->value);
	free(f->text);
	json_edits_free(&f->edits);
}

void findings_free(struct findings *findings)
{
	for (size_t i = 0; i < findings->n; i++)
		finding_clear(&findings->v[i]);
	free(findings->v);
	memset(findings, 0, sizeof(*findings));
}
