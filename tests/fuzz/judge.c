/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of every decision. */
#include "fuzz.h"

#include <string.h>

#include <cofferdam/text.h>

#define LINE_MAX_BYTES 1800

/* sound - the decision is what its findings say. */
static void sound(const struct subject *subject, const struct decision *decision)
{
	enum verdict worst = VERDICT_ALLOW;

	for (size_t i = 0; i < decision->findings.n; i++) {
		const struct finding *f = &decision->findings.v[i];
		const enum action action = subject->policy->rules[f->rule].action;

		property(action != ACTION_OFF, "a rule that is off found something");
		property(f->pointer && f->text && f->node, "a finding is whole");
		property(decision->each[i] == VERDICT_ALLOW ? action == ACTION_WARN
							    : action != ACTION_WARN,
			 "%s: only what is warned of is let pass", registry_rule(f->rule)->id);
		property(decision->each[i] != VERDICT_HARDEN || subject->door != DOOR_HOOK,
			 "the hook edits nothing");
		if (decision->each[i] < worst)
			worst = decision->each[i];
	}
	property(decision->verdict == worst, "the worst finding decides");
	property(decision->verdict > VERDICT_UNJUDGED || decision->findings.n > 0,
		 "a refusal has a reason");
	property(decision->verdict != VERDICT_ALLOW || subject->spec->notes.n == 0,
		 "what is allowed is read alike by all");
}

static void is_json(const struct buf *text)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err;

	property(json_parse("report", buf_cstr(text), text->len, 0, &doc, &err) == 0, "%s", err.text);
}

/* is_printable - nothing but line feeds commands a terminal, hides or reorders. */
static void is_printable(const struct buf *text, bool lines)
{
	_cleanup_buf_ struct buf plain = { 0 }, escaped = { 0 };

	/* of what is shown, escaping changes backslashes alone */
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] != '\\' && (text->data[i] != '\n' || !lines))
			buf_char(&plain, text->data[i]);
	}
	text_escape(&escaped, buf_cstr(&plain), plain.len, plain.len);
	property(strcmp(buf_cstr(&plain), buf_cstr(&escaped)) == 0, "what is shown is safe to show: %s",
		 buf_cstr(&escaped));
}

void fuzz_told(const struct subject *subject, const struct decision *decision)
{
	const struct report report = {
		.subject = subject, .decision = decision, .name = "config.json",
		.words = engine_wording(subject->engine, subject->spec), .verbose = true,
	};
	const struct record record = {
		.program = "fuzz", .id = "id", .bundle = "/b", .pid = 1, .report = &report,
	};
	_cleanup_buf_ struct buf text = { 0 };

	report_text(&text, &report);
	is_printable(&text, true);
	buf_reset(&text);
	report_json(&text, &report);
	is_printable(&text, false);
	is_json(&text);
	buf_reset(&text);
	report_line(&text, &report, LINE_MAX_BYTES);
	is_printable(&text, false);
	property(text.len <= LINE_MAX_BYTES, "a line of %zu bytes", text.len);
	buf_reset(&text);
	record_json(&text, &record);
	property(text.len <= RECORD_MAX && text.len > 0, "a record of %zu bytes", text.len);
	is_printable(&text, true);
	is_json(&text);
}

/* hardened - the result is allowed, and has nothing left to harden. */
static void hardened(const struct subject *before, const struct decision *decision)
{
	_cleanup_candidate_ struct candidate c = { 0 };
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf text = { 0 }, again = { 0 };
	struct error err;
	int r = harden_config(before, decision, &text, &err);

	property(r == 0 || r == -ENOTRECOVERABLE, "hardening: %s", err.text);
	if (r < 0)
		return;
	property(candidate_parse("hardened", &text, &c, &err) == 0, "%s", err.text);
	fuzz_facts(&c.spec, &c.facts);
	property(candidate_judge(&c, before, &err) == 0, "%s", err.text);
	property(c.decision.verdict == VERDICT_ALLOW, "hardened, it is allowed, not %s: %s",
		 verdict_name(c.decision.verdict), buf_cstr(&text));
	property(harden_config(&c.subject, &c.decision, &again, &err) == 0 &&
		 again.len == text.len && memcmp(again.data, text.data, text.len) == 0,
		 "hardening again changes nothing");
	property(harden_edits(before, decision, &edits, &err) == 0, "%s", err.text);
	fuzz_same(before->doc, c.doc, &edits);
}

static enum verdict judge(const struct candidate *c, enum bundle bundle, enum door door)
{
	const struct subject subject = {
		.doc = c->doc, .spec = &c->spec, .facts = &c->facts,
		.policy = fuzz_policy(bundle), .engine = ENGINE_PODMAN, .door = door,
	};
	_cleanup_decision_ struct decision decision = { 0 };
	struct error err;

	property(verdict_reach(&subject, &decision, &err) == 0, "%s", err.text);
	sound(&subject, &decision);
	if (bundle == BUNDLE_RESTRICTED && door == DOOR_RUNTIME)
		fuzz_told(&subject, &decision);
	if (bundle == BUNDLE_RESTRICTED && decision.verdict == VERDICT_ALLOW)
		fuzz_strict(c->doc);
	if (decision.verdict == VERDICT_HARDEN)
		hardened(&subject, &decision);
	return decision.verdict;
}

void fuzz_judge(const struct buf *text)
{
	_cleanup_candidate_ struct candidate c = { 0 };
	struct error err;

	if (candidate_parse("config.json", text, &c, &err) < 0)
		return;
	fuzz_facts(&c.spec, &c.facts);
	for (int bundle = 0; bundle < BUNDLE_MAX; bundle++) {
		const enum verdict runtime = judge(&c, (enum bundle)bundle, DOOR_RUNTIME);

		/* one of them at the hook too: it takes as long again */
		if (text->len % BUNDLE_MAX == (size_t)bundle)
			property((runtime == VERDICT_ALLOW) ==
				 (judge(&c, (enum bundle)bundle, DOOR_HOOK) == VERDICT_ALLOW),
				 "doors differ only in what they can remedy");
	}
}
