/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "doctor-private.h"

#include <stdarg.h>
#include <string.h>

#include <cofferdam/json.h>
#include <cofferdam/text.h>

static const char *const levels[] = { "good", "warning", "fault" };

/* mending - @mend for @engine: where it says NAME, the engine's. malloc'd. */
static char *mending(const char *mend, enum engine engine)
{
	_cleanup_buf_ struct buf out = { 0 };
	const char *at;

	for (; (at = strstr(mend, "NAME")); mend = at + strlen("NAME")) {
		buf_add(&out, mend, (size_t)(at - mend));
		buf_str(&out, engine_name(engine));
	}
	buf_str(&out, mend);
	return buf_steal(&out);
}

void remark(struct doctor *d, enum remark_level level, const char *topic, enum engine engine,
	    const char *mend, const char *fmt, ...)
{
	struct remark *v = reallocarray(d->out->v, d->out->n + 1, sizeof(*v));
	_cleanup_buf_ struct buf shown = { 0 };
	_cleanup_free_ char *what = NULL;
	va_list ap;

	if (!v) {
		d->out->oom = true;
		return;
	}
	d->out->v = v;
	va_start(ap, fmt);
	what = text_vformat(fmt, ap);
	va_end(ap);
	/* paths and what engines say are foreign */
	if (what)
		text_escape(&shown, what, strlen(what), 2000);
	v[d->out->n++] = (struct remark){
		.level = level, .topic = topic, .engine = engine, .what = buf_steal(&shown),
		.mend = mend ? mending(mend, engine) : NULL,
	};
	d->out->oom |= !what || !v[d->out->n - 1].what || (mend && !v[d->out->n - 1].mend);
}

void remarks_free(struct remarks *remarks)
{
	for (size_t i = 0; i < remarks->n; i++) {
		free(remarks->v[i].what);
		free(remarks->v[i].mend);
	}
	free(remarks->v);
	*remarks = (struct remarks){ 0 };
}

enum remark_level remarks_worst(const struct remarks *remarks)
{
	enum remark_level worst = REMARK_GOOD;

	for (size_t i = 0; i < remarks->n; i++) {
		if (remarks->v[i].level > worst)
			worst = remarks->v[i].level;
	}
	return worst;
}

/* The worst first; within a level in the order in which they were found. */
void remarks_text(struct buf *out, const struct remarks *remarks)
{
	size_t count[ARRAY_SIZE(levels)] = { 0 };

	for (int level = REMARK_FAULT; level >= REMARK_GOOD; level--) {
		for (size_t i = 0; i < remarks->n; i++) {
			const struct remark *r = &remarks->v[i];

			if ((int)r->level != level)
				continue;
			count[level]++;
			buf_printf(out, "%s: %s%s%s: %s\n", levels[level],
				   r->engine ? engine_name(r->engine) : "", r->engine ? ": " : "",
				   r->topic, r->what);
			if (r->mend)
				buf_printf(out, "  Do: %s\n", r->mend);
		}
	}
	buf_printf(out, "%zu faults, %zu warnings, %zu good\n", count[REMARK_FAULT],
		   count[REMARK_WARNING], count[REMARK_GOOD]);
}

void remarks_json(struct buf *out, const struct remarks *remarks)
{
	buf_printf(out, "{\"format\":1,\"version\":\"" PACKAGE_VERSION "\",\"worst\":\"%s\",\"remarks\":[",
		   levels[remarks_worst(remarks)]);
	for (size_t i = 0; i < remarks->n; i++) {
		const struct remark *r = &remarks->v[i];

		buf_printf(out, "%s{\"level\":\"%s\"", i ? "," : "", levels[r->level]);
		json_member(out, "topic", r->topic);
		json_member(out, "engine", r->engine ? engine_name(r->engine) : NULL);
		json_member(out, "what", r->what);
		json_member(out, "mend", r->mend);
		buf_char(out, '}');
	}
	buf_str(out, "]}\n");
}
