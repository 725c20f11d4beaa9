/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of reports: a decision made by hand. Compiled into each. */
#ifndef TESTS_UNIT_SCENE_H
#define TESTS_UNIT_SCENE_H

#include <cofferdam/report.h>
#include <cofferdam/text.h>

#include "unit.h"

static const char config[] =
	"{\n"
	"  \"process\": { \"user\": { \"uid\": 0 } },\n"
	"  \"root\": { \"readonly\": false },\n"
	"  \"linux\": {\n"
	"    \"namespaces\": [ { \"type\": \"mount\" } ],\n"
	"    \"resources\": { \"pids\": { \"limit\": 0 } }\n"
	"  }\n"
	"}\n";

/* A decision made by hand, and all that a report needs around it. */
struct scene {
	struct json_doc *doc;
	struct oci_spec spec;
	struct policy policy;
	struct subject subject;
	struct decision decision;
	struct report report;
};

static inline void scene_start(struct scene *s, const char *text)
{
	struct error err = { 0 };

	*s = (struct scene){ 0 };
	assert_int_equal(json_parse("config.json", text, strlen(text), 0, &s->doc, &err), 0);
	s->policy.name = strdup("restricted");
	assert_non_null(s->policy.name);
	s->subject = (struct subject){
		.doc = s->doc, .spec = &s->spec, .policy = &s->policy,
		.engine = ENGINE_PODMAN, .door = DOOR_RUNTIME,
	};
	s->decision.verdict = VERDICT_ALLOW;
	s->report = (struct report){
		.subject = &s->subject, .decision = &s->decision,
		.name = "b/config.json", .words = WORDS_RUN,
	};
}

static inline struct finding *scene_add(struct scene *s, enum rule_id rule, enum verdict decides,
				 const char *pointer, const char *text)
{
	struct findings *all = &s->decision.findings;
	struct finding *f;
	char *copy;

	if (all->n == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 8;
		all->v = reallocarray(all->v, all->cap, sizeof(*all->v));
		s->decision.each = reallocarray(s->decision.each, all->cap,
						sizeof(*s->decision.each));
		assert_non_null(all->v);
		assert_non_null(s->decision.each);
	}
	s->decision.each[all->n] = decides;
	s->decision.count[decides]++;
	if (decides < s->decision.verdict)
		s->decision.verdict = decides;
	f = &all->v[all->n++];
	*f = (struct finding){ .rule = rule, .unjudged = decides == VERDICT_UNJUDGED };
	f->text = copy = arena_zeroed(&all->texts, strlen(text) + strlen(pointer) + 2, 1);
	assert_non_null(copy);
	f->pointer = strcpy(stpcpy(copy, text) + 1, pointer);
	f->node = json_at(s->doc, pointer);
	return f;
}

static inline void scene_end(struct scene *s)
{
	decision_free(&s->decision);
	free(s->policy.name);
	json_free(&s->doc);
}

static inline void scene_five(struct scene *s)
{
	struct error err = { 0 };
	struct finding *f;

	scene_start(s, config);
	(void)scene_add(s, RULE_PIDS_LIMIT, VERDICT_DENY, "/linux/resources/pids/limit",
			"no limit on processes");
	(void)scene_add(s, RULE_ROOT_USER, VERDICT_DENY, "/process/user/uid",
			"runs as the host's uid 0");
	s->decision.findings.v[1].value = strdup("0");
	(void)scene_add(s, RULE_HOST_PID, VERDICT_DENY, "/linux/namespaces",
			"the container would share the host's pid namespace");
	f = scene_add(s, RULE_ROOTFS_WRITABLE, VERDICT_HARDEN, "/root/readonly",
		      "the root filesystem is writable");
	assert_int_equal(json_edits_add(&f->edits, JSON_REPLACE, "/root/readonly", "true", &err),
			 0);
	assert_int_equal(json_edits_add(&f->edits, JSON_ADD, "/mounts",
					"[\n\t\"a\\nb\"\r\n]", &err), 0);
	assert_int_equal(json_edits_add(&f->edits, JSON_REMOVE, "/x~1y", NULL, &err), 0);
	(void)scene_add(s, RULE_CPU_LIMIT, VERDICT_ALLOW, "/linux/resources", "no limit on CPUs");
}

/* No byte that a terminal or a log would take for anything but text. */
static inline void assert_plain(const char *s, size_t len, bool lines)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\n' && lines)
			continue;
		assert_true(c >= 0x20 && c != 0x7f);
	}
	assert_int_equal(text_valid_utf8(s, len), -1);
}

/* Every backslash starts a whole escape of text_escape(). */
static inline void assert_whole_escapes(const char *s)
{
	while ((s = strchr(s, '\\'))) {
		if (s[1] == 'x') {
			assert_int_equal(strspn(s + 2, "0123456789abcdef") >= 2, 1);
			s += 4;
		} else if (s[1] == 'u') {
			assert_int_equal(s[2], '{');
			s += 3 + strspn(s + 3, "0123456789abcdef");
			assert_int_equal(*s, '}');
		} else {
			assert_int_equal(s[1], '\\');
			s += 2;
		}
	}
}

static inline const char *member(const struct json *object, const char *name)
{
	const struct json *v = json_get(object, name);

	assert_non_null(v);
	return v->type == JSON_NULL ? NULL : v->str;
}

#endif
