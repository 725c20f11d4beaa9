/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

/* Make a record, check what must hold for all, and parse it. */
static struct json_doc *record_doc(const struct record *record)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct json_doc *doc = NULL;
	struct error err = { 0 };
	const char *t;

	buf_str(&out, "before");
	record_json(&out, record);
	assert_int_equal(buf_check(&out, &err), 0);
	assert_true(out.len - 6 <= RECORD_MAX);
	assert_int_equal(out.data[out.len - 1], '\n');
	assert_plain(out.data, out.len - 1, false);
	assert_int_equal(json_parse("record", out.data + 6, out.len - 6, 0, &doc, &err), 0);
	t = member(doc->root, "time");
	assert_int_equal(strlen(t), strlen("2026-01-02T03:04:05.678Z"));
	assert_true(t[4] == '-' && t[10] == 'T' && t[19] == '.' && t[23] == 'Z');
	assert_true(strtol(t, NULL, 10) >= 2024);
	return doc;
}

static void record_is_compact(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_json_ struct json_doc *doc = NULL;
	struct record record;

	(void)state;
	scene_five(&s);
	record = (struct record){
		.program = "cofferdam-hook createRuntime", .id = "c1", .bundle = "/b",
		.pid = 42, .mode = MODE_AUDIT, .report = &s.report, .took_us = 1234,
	};
	doc = record_doc(&record);
	assert_string_equal(member(doc->root, "format"), "1");
	assert_string_equal(member(doc->root, "program"), "cofferdam-hook createRuntime");
	assert_string_equal(member(doc->root, "mode"), "audit");
	assert_string_equal(member(doc->root, "engine"), "podman");
	assert_string_equal(member(doc->root, "policy"), "restricted");
	assert_string_equal(member(doc->root, "id"), "c1");
	assert_string_equal(member(doc->root, "bundle"), "/b");
	assert_string_equal(member(doc->root, "pid"), "42");
	assert_string_equal(member(doc->root, "verdict"), "deny");
	assert_false(json_get(doc->root, "refused")->boolean);
	assert_string_equal(member(doc->root, "took_us"), "1234");
	assert_null(json_get(doc->root, "failure"));
	assert_null(json_get(doc->root, "omitted"));
	assert_int_equal(json_get(doc->root, "findings")->count, 5);
	assert_int_equal(json_at(doc, "/findings/0")->count, 5);
	/* the worst first */
	assert_string_equal(json_at(doc, "/findings/0/rule")->str, "host-pid");
	assert_string_equal(json_at(doc, "/findings/1/value")->str, "0");
	assert_string_equal(json_at(doc, "/findings/4/decides")->str, "allow");
}

/* What the registered engine tells, of a bundle that is its own. */
static void record_tells(void **state)
{
	static const char text[] = "{\"annotations\": {"
		"\"io.kubernetes.cri-o.ContainerType\": \"container\", "
		"\"io.kubernetes.cri-o.ImageName\": \"a/b:1\", "
		"\"io.kubernetes.cri-o.ImageRef\": \"beef\", "
		"\"io.kubernetes.pod.namespace\": \"web\\n\"}}";
	_cleanup_(scene_end) struct scene s;
	_cleanup_json_ struct json_doc *doc = NULL, *told = NULL;
	struct oci_spec spec;
	struct subject subject;
	struct record record;
	struct error err;

	(void)state;
	scene_five(&s);
	assert_int_equal(json_parse("c", text, strlen(text), 0, &told, &err), 0);
	assert_int_equal(oci_spec_read(told, &spec, &err), 0);
	subject = *s.report.subject;
	subject.engine = ENGINE_CRIO;
	subject.spec = &spec;
	subject.bundle = "/run/containers/storage/overlay-containers/c1/userdata";
	s.report.subject = &subject;
	record = (struct record){ .id = "c1", .bundle = subject.bundle, .report = &s.report };
	doc = record_doc(&record);
	assert_string_equal(member(doc->root, "image"), "a/b:1");
	assert_string_equal(member(doc->root, "image_id"), "beef");
	assert_string_equal(member(doc->root, "namespace"), "web\n");
	json_free(&doc);
	subject.bundle = "/somewhere/else";
	doc = record_doc(&record);
	assert_null(json_get(doc->root, "image"));
	assert_null(json_get(doc->root, "image_id"));
	assert_null(json_get(doc->root, "namespace"));
	oci_spec_free(&spec);
}

static void record_of_a_failure(void **state)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct record record = {
		.program = "cofferdam-hook", .failure = "config.json: no such file",
		.refused = true, .pid = -1,
	};

	(void)state;
	doc = record_doc(&record);
	assert_string_equal(member(doc->root, "verdict"), "unjudged");
	assert_string_equal(member(doc->root, "mode"), "enforce");
	assert_string_equal(member(doc->root, "failure"), "config.json: no such file");
	assert_true(json_get(doc->root, "refused")->boolean);
	assert_string_equal(member(doc->root, "pid"), "-1");
	assert_null(member(doc->root, "id"));
	assert_null(member(doc->root, "policy"));
	assert_int_equal(json_get(doc->root, "findings")->count, 0);
}

static void record_counts_what_does_not_fit(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_json_ struct json_doc *doc = NULL;
	struct record record;
	size_t kept;

	(void)state;
	scene_start(&s, config);
	for (int i = 0; i < 5000; i++)
		(void)scene_add(&s, RULE_CPU_LIMIT, VERDICT_ALLOW, "/linux", "a flood");
	(void)scene_add(&s, RULE_HOST_PID, VERDICT_DENY, "/linux", "the needle");
	record = (struct record){ .report = &s.report, .refused = true };
	doc = record_doc(&record);
	assert_string_equal(json_at(doc, "/findings/0/message")->str, "the needle");
	kept = json_get(doc->root, "findings")->count;
	assert_true(kept > 500);
	assert_int_equal(kept + strtoul(member(doc->root, "omitted"), NULL, 10), 5001);
}

/* Any bytes at all: @kind chooses what they are like. */
static char *noise(unsigned *seed, size_t len, unsigned kind)
{
	static const char *const sets[] = { "\x01", "\xff", "\"\\", "\xe2\x80\xae", "\\x1b" };
	char *s = malloc(len + 1);

	assert_non_null(s);
	for (size_t i = 0; i < len; i++) {
		if (kind < ARRAY_SIZE(sets)) {
			s[i] = sets[kind][i % strlen(sets[kind])];
			continue;
		}
		*seed = *seed * 1103515245u + 12345u;
		s[i] = (char)(1 + (*seed >> 16) % 255);
	}
	s[len] = '\0';
	return s;
}

static void record_is_json_whatever_comes(void **state)
{
	static const size_t lengths[] = { 0, 1, 1023, 1024, 1025, 4095, 4097, 70000 };
	unsigned seed = 1;

	(void)state;
	for (unsigned i = 0; i < 8 * ARRAY_SIZE(lengths); i++) {
		size_t len = lengths[i % ARRAY_SIZE(lengths)];
		_cleanup_free_ char *a = noise(&seed, len, i / ARRAY_SIZE(lengths));
		_cleanup_free_ char *b = noise(&seed, len + 1, i / ARRAY_SIZE(lengths));
		_cleanup_json_ struct json_doc *doc = NULL;
		_cleanup_(scene_end) struct scene s;
		struct record record;

		scene_start(&s, config);
		free(s.policy.name);
		s.policy.name = strdup(a);
		(void)scene_add(&s, RULE_HOST_PID, VERDICT_DENY, a, b);
		s.decision.findings.v[0].value = strdup(b);
		(void)scene_add(&s, RULE_HOST_PID, VERDICT_UNJUDGED, b, a);
		record = (struct record){
			.program = a, .id = b, .bundle = a, .failure = b, .pid = INT64_MIN,
			.report = &s.report, .refused = true, .took_us = UINT64_MAX,
		};
		doc = record_doc(&record);
		assert_string_equal(json_at(doc, "/findings/0/decides")->str, "deny");
		if (len == 1025 && i < 3 * ARRAY_SIZE(lengths))
			assert_non_null(strstr(member(doc->root, "id"), "..."));
		if (len == 1)
			assert_null(json_get(doc->root, "omitted"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(record_is_compact),
		cmocka_unit_test(record_tells),
		cmocka_unit_test(record_of_a_failure),
		cmocka_unit_test(record_counts_what_does_not_fit),
		cmocka_unit_test(record_is_json_whatever_comes),
	};

	return cmocka_run_group_tests_name("record", tests, NULL, NULL);
}
