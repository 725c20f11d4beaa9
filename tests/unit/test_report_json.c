/* SPDX-License-Identifier: Apache-2.0 */
/* Reports as JSON, and what is kept from one report to the next. */
#include "scene.h"

static void json_holds_everything(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 }, again = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };
	const struct rule *rule;
	const struct json *f, *e;

	(void)state;
	scene_five(&s);
	report_json(&out, &s.report);
	report_json(&again, &s.report);
	assert_string_equal(out.data, again.data);
	assert_null(strchr(out.data, '\n'));
	assert_int_equal(json_parse("out", out.data, out.len, 0, &doc, &err), 0);
	assert_memory_equal(out.data, "{\"format\":1,\"name\":\"b/config.json\","
			    "\"policy\":\"restricted\",\"door\":\"runtime\",\"engine\":\"podman\","
			    "\"verdict\":\"deny\",\"counts\":{\"deny\":3,\"unjudged\":0,"
			    "\"harden\":1,\"allow\":1},\"findings\":[{\"rule\":\"pids-limit\"",
			    180);
	assert_int_equal(json_get(doc->root, "findings")->count, 5);
	f = json_at(doc, "/findings/1");
	assert_string_equal(member(f, "rule"), "root-user");
	assert_string_equal(member(f, "severity"), "high");
	assert_string_equal(member(f, "decides"), "deny");
	assert_string_equal(member(f, "pointer"), "/process/user/uid");
	assert_string_equal(member(f, "line"), "2");
	assert_string_equal(member(f, "column"), "33");
	assert_string_equal(member(f, "value"), "0");
	assert_string_equal(member(f, "message"), "runs as the host's uid 0");
	rule = registry_rule(RULE_ROOT_USER);
	assert_string_equal(member(f, "advice"), rule->advice[WORDS_RUN]);
	assert_string_equal(member(f, "why"), rule->why);
	assert_string_equal(member(json_get(f, "references"), "pss"), "restricted");
	assert_string_equal(member(json_get(f, "references"), "cis"), "4.1");
	assert_string_equal(member(json_get(f, "references"), "other"), "CVE-2019-5736");
	assert_int_equal(json_get(f, "edits")->count, 0);
	f = json_at(doc, "/findings/3");
	assert_null(member(f, "value"));
	assert_null(member(json_get(f, "references"), "pss"));
	e = json_get(f, "edits");
	assert_int_equal(e->count, 3);
	assert_string_equal(member(e->first, "op"), "replace");
	assert_string_equal(member(e->first, "path"), "/root/readonly");
	assert_true(json_get(e->first, "value")->boolean);
	assert_string_equal(json_at(doc, "/findings/3/edits/1/value/0")->str, "a\nb");
	e = e->first->next->next;
	assert_string_equal(member(e, "op"), "remove");
	assert_string_equal(member(e, "path"), "/x~1y");
	assert_null(json_get(e, "value"));
}

/* What is kept of one report changes nothing of the next, in other words or not. */
static void kept_is_said_alike(void **state)
{
	struct report_kept *kept = report_kept_new();
	_cleanup_(scene_end) struct scene s;

	(void)state;
	assert_non_null(kept);
	scene_five(&s);
	(void)scene_add(&s, RULE_HOST_NETWORK, VERDICT_UNJUDGED, "", "cannot read /proc/1/ns/net");
	for (size_t i = 0; i < 3 * (size_t)WORDS_MAX; i++) {
		_cleanup_buf_ struct buf plain = { 0 }, text = { 0 }, json = { 0 }, whole = { 0 };

		s.report.words = (enum wording)(i % WORDS_MAX);
		s.report.verbose = i % 2 == 0;
		s.report.kept = NULL;
		report_text(&plain, &s.report);
		report_json(&json, &s.report);
		s.report.kept = kept;
		report_text(&text, &s.report);
		report_json(&whole, &s.report);
		assert_string_equal(text.data, plain.data);
		assert_string_equal(whole.data, json.data);
	}
	report_kept_free(&kept);
	assert_null(kept);
}

static void json_knows_places_far_into_a_file(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf text = { 0 }, out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };
	const struct json *got;
	size_t i = 0;

	(void)state;
	buf_char(&text, '[');
	for (int k = 0; k < 3000; k++)
		buf_printf(&text, "%s%*d", k ? k % 7 ? "," : ",\n\n" : "", k % 50, k);
	buf_str(&text, "]\n");
	scene_start(&s, text.data);
	for (const struct json *v = s.doc->root->first; v; v = v->next)
		scene_add(&s, RULE_HOST_PID, VERDICT_DENY, "", "x")->node = v;
	report_json(&out, &s.report);
	assert_int_equal(json_parse("out", out.data, out.len, 0, &doc, &err), 0);
	for (got = json_get(doc->root, "findings")->first; got; got = got->next, i++) {
		unsigned line, column;

		json_where(s.doc, s.decision.findings.v[i].node->start, &line, &column);
		assert_int_equal(strtoul(member(got, "line"), NULL, 10), line);
		assert_int_equal(strtoul(member(got, "column"), NULL, 10), column);
	}
	assert_int_equal(i, 3000);
}

static void json_escapes_what_commands_a_terminal(void **state)
{
	static const char evil[] = "\"\\\n\x01\x7f\xff\xc2\x9b\xe2\x80\xae\xf3\xa0\x81\x81\xc3\xa9";
	static const char same[] = "\"\\\n\x01\x7f\xef\xbf\xbd\xc2\x9b\xe2\x80\xae"
				   "\xf3\xa0\x81\x81\xc3\xa9";
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };

	(void)state;
	scene_start(&s, config);
	(void)scene_add(&s, RULE_HOST_PID, VERDICT_DENY, evil, "x");
	s.report.name = evil;
	report_json(&out, &s.report);
	assert_plain(out.data, out.len, false);
	assert_non_null(strstr(out.data, "\\u009b\\u202e\\udb40\\udc41\xc3\xa9\""));
	assert_int_equal(json_parse("out", out.data, out.len, 0, &doc, &err), 0);
	assert_string_equal(member(doc->root, "name"), same);
	assert_string_equal(json_at(doc, "/findings/0/pointer")->str, same);
	assert_null(member(json_at(doc, "/findings/0"), "line"));
}

/* said_of - as JSON, of one finding that is remedied by @value. */
static void said_of(const char *value, struct report_kept *kept, struct buf *ret)
{
	_cleanup_(scene_end) struct scene s;
	struct error err = { 0 };
	struct finding *f;

	scene_start(&s, config);
	f = scene_add(&s, RULE_SECCOMP_MISSING, VERDICT_HARDEN, "/linux", "no filter");
	assert_int_equal(json_edits_add(&f->edits, JSON_ADD, "/linux/seccomp", value, &err), 0);
	s.report.kept = kept;
	report_json(ret, &s.report);
}

static void what_is_kept_is_what_would_be_said(void **state)
{
	char values[3][2001];
	struct report_kept *kept = report_kept_new();

	(void)state;
	assert_non_null(kept);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		memset(values[i], ' ', sizeof(values[i]) - 1);
		values[i][sizeof(values[i]) - 1] = '\0';
		values[i][0] = '[';
		values[i][1000] = '\n';
		values[i][1990] = (char)('1' + i);
		values[i][1999] = ']';
	}
	values[2][1998] = '\0';
	for (size_t i = 0; i < 12; i++) {
		const char *value = values[i % 5 % 3];
		_cleanup_buf_ struct buf anew = { 0 }, again = { 0 };

		said_of(value, NULL, &anew);
		said_of(value, kept, &again);
		assert_string_equal(buf_cstr(&anew), buf_cstr(&again));
		assert_plain(again.data, again.len, false);
	}
	report_kept_free(&kept);
	assert_null(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_holds_everything),
		cmocka_unit_test(json_knows_places_far_into_a_file),
		cmocka_unit_test(json_escapes_what_commands_a_terminal),
		cmocka_unit_test(kept_is_said_alike),
		cmocka_unit_test(what_is_kept_is_what_would_be_said),
	};

	return cmocka_run_group_tests_name("report_json", tests, NULL, NULL);
}
