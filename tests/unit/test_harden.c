/* SPDX-License-Identifier: Apache-2.0 */
#include "harden-try.h"

static const struct json_edit *find(const struct json_edits *edits, const char *pointer,
				    size_t *ret_index)
{
	const struct json_edit *found = NULL;

	for (size_t i = 0; i < edits->n; i++) {
		if (strcmp(edits->v[i].pointer, pointer) != 0)
			continue;
		assert_null(found);	/* at most one */
		found = &edits->v[i];
		*ret_index = i;
	}
	return found;
}

static void get_edits(struct scene *s, struct json_edits *ret)
{
	struct error err = { 0 };

	assert_int_equal(judge(s, DOOR_RUNTIME), VERDICT_HARDEN);
	assert_int_equal(harden_edits(&s->c.subject, &s->c.decision, ret, &err), 0);
}

/* Several rules want the same parents: each is made once, before what goes into it. */
static void test_parents(void **state)
{
	static const char *const order[] = { "/linux", "/linux/resources",
		"/linux/resources/memory", "/linux/resources/memory/limit" };
	static const char *const also[] = { "/linux/seccomp", "/linux/resources/cpu",
		"/linux/resources/cpu/quota", "/linux/resources/cpu/period",
		"/linux/resources/pids", "/linux/resources/pids/limit", "/process",
		"/process/noNewPrivileges", "/root", "/root/readonly", "/mounts" };
	_cleanup_edits_ struct json_edits edits = { 0 };
	size_t last = 0, index = 0;
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER, "{}");
	s.policy->rules[RULE_CPU_LIMIT].params[2].number = 0;
	get_edits(&s, &edits);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_non_null(find(&edits, order[i], &index));
		assert_true(i == 0 || index > last);
		last = index;
	}
	for (size_t i = 0; i < ARRAY_SIZE(also); i++)
		assert_non_null(find(&edits, also[i], &index));
	assert_string_equal(find(&edits, "/mounts", &index)->value, "[]");
	assert_string_equal(find(&edits, "/linux", &index)->value, "{}");
}

/* A parent that is there is not made anew; one that is null is. */
static void test_parents_there(void **state)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	size_t index;
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER,
	      "{\"linux\": {\"resources\": null}, \"process\": {\"cwd\": \"/\"}}");
	get_edits(&s, &edits);
	assert_null(find(&edits, "/linux", &index));
	assert_null(find(&edits, "/process", &index));
	assert_non_null(find(&edits, "/linux/resources", &index));
}

/* What is only warned of stays as it is, and what was found after it does not. */
static void test_warned(void **state)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	size_t index;
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER, "{}");
	s.policy->rules[RULE_NO_NEW_PRIVILEGES].action = ACTION_WARN;
	get_edits(&s, &edits);
	assert_null(find(&edits, "/process/noNewPrivileges", &index));
	assert_non_null(find(&edits, "/linux/resources/pids/limit", &index));
}

/* Insertions move what is behind them, so they come last. */
static void test_insertions_last(void **state)
{
	_cleanup_buf_ struct buf base = { 0 };
	_cleanup_edits_ struct json_edits edits = { 0 };
	size_t inserted = 0;
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	read_base("plain.json", &base);
	start(&s, BUNDLE_CIS_DOCKER, buf_cstr(&base));
	load_facts(&s, "plain.facts.json");
	get_edits(&s, &edits);
	for (size_t i = 0; i < edits.n; i++) {
		const bool insertion = strncmp(edits.v[i].pointer, "/mounts/", 8) == 0;

		assert_true(insertion || inserted == 0);
		inserted += insertion;
	}
	assert_int_equal(inserted, 3);
}

static const char tidy[] =
	"{ \"linux\":{\"resources\" : { \"memory\":{\"limit\":1}, \"pids\":{\"limit\":1},\n\n"
	"  \"devices\":[{\"allow\":false}],"
	"  \"cpu\":{\"quota\":1}}, \"seccomp\":{\"defaultAction\":\"SCMP_ACT_TRAP\"},\r\n"
	"  \"namespaces\":[{\"type\":\"cgroup\"}], \"maskedPaths\":[\"/proc\",\"/sys\"] },\r\n"
	"\t\"process\":{\"noNewPrivileges\":true, \"caf\\u00e9\": 1.50e+1, \"rlimits\":["
	"{\"type\":\"RLIMIT_NOFILE\"}, {\"type\":\"RLIMIT_NPROC\"}]},"
	"\"root\":{\"readonly\":true}}\n";

/* What keeps the policy comes back byte for byte. */
static void test_unchanged(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	start(&s, BUNDLE_RESTRICTED, tidy);
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_ALLOW);
	harden(&s, &out);
	assert_int_equal(out.len, strlen(tidy));
	assert_string_equal(buf_cstr(&out), tidy);
}

/* Every byte outside of what is edited stays. */
static void test_one_change(void **state)
{
	_cleanup_free_ char *text = strdup(tidy);
	_cleanup_buf_ struct buf out = { 0 };
	char *at;
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	assert_non_null(text);
	at = strstr(text, "true");
	assert_non_null(at);
	(void)memcpy(at, "null", 4);
	start(&s, BUNDLE_RESTRICTED, text);
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	harden(&s, &out);
	assert_string_equal(buf_cstr(&out), tidy);
}

/* The remedy of one finding is lost: the result is judged again, and does not hold. */
static void test_does_not_hold(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER, "{}");
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	json_edits_free(&of_rule(&s, RULE_SECCOMP_MISSING)->edits);
	buf_str(&out, "before");
	assert_int_equal(try(&s, &out, &err), -ENOTRECOVERABLE);
	assert_string_equal(buf_cstr(&out), "before");
	assert_non_null(strstr(err.text, "seccomp-missing"));
}

/* What is denied, unjudged, or judged where nothing can be edited, is not hardened. */
static void test_not_hardened(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER, "{}");
	assert_int_equal(judge(&s, DOOR_HOOK), VERDICT_DENY);
	assert_int_equal(try(&s, &out, &err), -ENOTRECOVERABLE);
	s.policy->rules[RULE_ROOT_USER].action = ACTION_DENY;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_DENY);
	assert_int_equal(try(&s, &out, &err), -ENOTRECOVERABLE);
	assert_non_null(strstr(err.text, "root-user"));
	s.c.facts.uid_map.is = FACT_UNKNOWN;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_UNJUDGED);
	assert_int_equal(try(&s, &out, &err), -ENOTRECOVERABLE);
	assert_int_equal(out.len, 0);
}

/* A parent that is no object, or stands twice, cannot be edited. */
static void test_not_editable(void **state)
{
	static const char *const configs[] = { "{\"process\": []}", "{\"linux\": \"x\"}",
		"{\"root\": 5}", "{\"linux\": {}, \"linux\": {}}",
		"{\"linux\": {\"resources\": {\"memory\": true}}}" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		_cleanup_scene_ struct scene s = { 0 };

		start(&s, BUNDLE_CIS_DOCKER, configs[i]);
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		assert_true(try(&s, &out, &err) < 0);
		assert_int_equal(out.len, 0);
	}
}

/* Mounts inserted before others move these; what is known of them moves along. */
static void test_facts_move_along(void **state)
{
	_cleanup_buf_ struct buf base = { 0 }, out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };
	_cleanup_scene_ struct scene s = { 0 };
	char *at;

	(void)state;
	read_base("honest-podman.json", &base);
	at = strstr(base.data, "\"readonly\": true");
	assert_non_null(at);
	(void)memcpy(at, "\"readonly\": null", 16);
	start(&s, BUNDLE_RESTRICTED, buf_cstr(&base));
	load_facts(&s, "honest-podman.facts.json");
	s.policy->rules[RULE_SENSITIVE_MOUNT].action = ACTION_DENY;
	s.policy->rules[RULE_ENGINE_SOCKET].action = ACTION_DENY;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	harden(&s, &out);
	assert_int_equal(json_parse("out", buf_cstr(&out), out.len, 0, &doc, &err), 0);
	assert_string_equal(json_at(doc, "/mounts/9/destination")->str, "/run");
	assert_string_equal(json_at(doc, "/mounts/11/destination")->str, "/run/.containerenv");
}

static size_t count_strings(const struct json_doc *doc, const char *pointer, const char *word)
{
	const struct json *list = json_at(doc, pointer);
	size_t n = 0;

	assert_non_null(list);
	for (const struct json *e = list->first; e; e = e->next)
		n += e->type == JSON_STRING && strcmp(e->str, word) == 0;
	return n;
}

/* twisted - the plain base with what each remedy has to undo, in one configuration. */
static void twisted(struct buf *ret)
{
	static const struct {
		enum json_op op;
		const char *pointer, *value;
	} edits[] = {
		{ JSON_ADD, "/process/capabilities/inheritable",
		  "[\"CAP_SYS_ADMIN\", \"CAP_CHOWN\"]" },
		{ JSON_ADD, "/process/capabilities/ambient", "[\"CAP_CHOWN\"]" },
		{ JSON_ADD, "/process/rlimits",
		  "[{\"type\": \"RLIMIT_NPROC\", \"hard\": 9999999, \"soft\": 9}]" },
		{ JSON_ADD, "/annotations/run.oci.handler", "\"krun\"" },
		{ JSON_ADD, "/linux/resources/devices",
		  "[{\"allow\": true, \"access\": \"rwm\"}, "
		  "{\"allow\": true, \"type\": \"c\", \"major\": 1, \"minor\": 3}]" },
		{ JSON_ADD, "/linux/maskedPaths", "[\"/proc/kcore\"]" },
		{ JSON_REMOVE, "/linux/readonlyPaths", NULL },
		{ JSON_REMOVE, "/linux/namespaces/5", NULL },
		{ JSON_ADD, "/mounts/3/options", "[\"nosuid\"]" },
		/* below /run and /tmp, where rootfs-writable puts a tmpfs before them */
		{ JSON_ADD, "/mounts/-",
		  "{\"destination\": \"/run/secrets\", \"type\": \"tmpfs\", \"source\": \"t\"}" },
		{ JSON_ADD, "/mounts/-",
		  "{\"destination\": \"/tmp/a\", \"type\": \"tmpfs\", \"source\": \"t\", "
		  "\"options\": [\"nodev\"]}" },
	};
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_edits_ struct json_edits list = { 0 };
	_cleanup_buf_ struct buf base = { 0 };
	struct error err = { 0 };

	read_base("plain.json", &base);
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++)
		assert_int_equal(json_edits_add(&list, edits[i].op, edits[i].pointer,
						edits[i].value, &err), 0);
	if (json_parse("base", buf_cstr(&base), base.len, 0, &doc, &err) < 0 ||
	    json_apply(doc, &list, ret, &err) < 0)
		fail_msg("%s", err.text);
}

/* The mounts of twisted() after all remedies: 0 to 9 as they were, three tmpfs, two. */
static void check_mounts(const struct json_doc *doc)
{
	static const char *const order[] = { "/tmp", "/run", "/var/tmp", "/run/secrets", "/tmp/a" };
	char pointer[64];

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		(void)snprintf(pointer, sizeof(pointer), "/mounts/%zu/destination", 10 + i);
		assert_string_equal(json_at(doc, pointer)->str, order[i]);
		(void)snprintf(pointer, sizeof(pointer), "/mounts/%zu/options", 10 + i);
		assert_int_equal(count_strings(doc, pointer, "nosuid"), 1);
		assert_int_equal(count_strings(doc, pointer, "nodev"), 1);
	}
	assert_null(json_at(doc, "/mounts/15"));
	assert_int_equal(count_strings(doc, "/mounts/3/options", "ro"), 1);
	assert_int_equal(count_strings(doc, "/mounts/6/options", "nosuid"), 0);
}

/*
 * Every remedy at once: those that append to a mount's options hit the mounts
 * that they meant, though others are inserted before these; those that edit
 * the same set, list or object do not undo each other.
 */
static void test_interplay(void **state)
{
	_cleanup_buf_ struct buf text = { 0 }, out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };
	_cleanup_scene_ struct scene s = { 0 };

	(void)state;
	twisted(&text);
	start(&s, BUNDLE_CIS_DOCKER, buf_cstr(&text));
	load_facts(&s, "plain.facts.json");
	s.policy->rules[RULE_CAPABILITIES].action = ACTION_HARDEN;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	harden(&s, &out);
	assert_int_equal(json_parse("out", buf_cstr(&out), out.len, 0, &doc, &err), 0);
	check_mounts(doc);
	assert_int_equal(json_at(doc, "/process/capabilities/inheritable")->count, 0);
	assert_int_equal(json_at(doc, "/process/capabilities/ambient")->count, 0);
	assert_int_equal(json_at(doc, "/process/capabilities/bounding")->count, 14);
	assert_int_equal(json_at(doc, "/linux/resources/devices")->count, 2);
	assert_int_equal(json_at(doc, "/linux/resources/devices/0/allow")->boolean, false);
	assert_string_equal(json_at(doc, "/linux/resources/devices/1/minor")->str, "3");
	assert_non_null(json_at(doc, "/linux/resources/memory/limit"));
	assert_int_equal(json_at(doc, "/linux/maskedPaths")->count, 9);
	assert_int_equal(json_at(doc, "/linux/readonlyPaths")->count, 5);
	assert_string_equal(json_at(doc, "/linux/namespaces/5/type")->str, "cgroup");
	assert_int_equal(json_at(doc, "/process/rlimits")->count, 2);
	assert_string_equal(json_at(doc, "/process/rlimits/0/hard")->str, "1048576");
	assert_string_equal(json_at(doc, "/process/rlimits/1/type")->str, "RLIMIT_NOFILE");
	assert_null(json_at(doc, "/annotations/run.oci.handler"));
}

/* once - harden @text by @bundle into @ret; false if that policy denies it. */
static bool once(enum bundle bundle, const char *text, const char *facts, struct buf *ret)
{
	_cleanup_scene_ struct scene s = { 0 };
	enum verdict verdict;

	start(&s, bundle, text);
	load_facts(&s, facts);
	/* without a default there is no remedy */
	for (size_t i = 0; i < RULE_MAX; i++) {
		int def = registry_param(registry_rule((enum rule_id)i), "default");

		if (def >= 0 && s.policy->rules[i].params[def].number == 0)
			s.policy->rules[i].params[def].number = 500;
	}
	verdict = judge(&s, DOOR_PRECREATE);
	if (verdict == VERDICT_HARDEN || verdict == VERDICT_ALLOW)
		harden(&s, ret);
	return verdict == VERDICT_HARDEN;
}

/* Hardening what was hardened changes nothing. */
static void test_idempotent(void **state)
{
	static const char *const bases[] = { "honest", "honest-pod", "honest-podman", "plain",
					     "twisted" };
	size_t changed = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		for (int b = 0; b < BUNDLE_MAX; b++) {
			_cleanup_buf_ struct buf base = { 0 }, first = { 0 }, second = { 0 };
			char config[64], facts[64];

			const bool twist = strcmp(bases[i], "twisted") == 0;

			(void)snprintf(config, sizeof(config), "%s.json", bases[i]);
			(void)snprintf(facts, sizeof(facts), "%s.facts.json",
				       twist ? "plain" : bases[i]);
			if (twist)
				twisted(&base);
			else
				read_base(config, &base);
			changed += once((enum bundle)b, buf_cstr(&base), facts, &first);
			assert_true(first.len > 0);
			assert_false(once((enum bundle)b, buf_cstr(&first), facts, &second));
			assert_string_equal(buf_cstr(&first), buf_cstr(&second));
		}
	}
	assert_true(changed >= 2 * BUNDLE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parents),
		cmocka_unit_test(test_parents_there),
		cmocka_unit_test(test_warned),
		cmocka_unit_test(test_insertions_last),
		cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_one_change),
		cmocka_unit_test(test_does_not_hold),
		cmocka_unit_test(test_not_hardened),
		cmocka_unit_test(test_not_editable),
		cmocka_unit_test(test_facts_move_along),
		cmocka_unit_test(test_interplay),
		cmocka_unit_test(test_idempotent),
	};

	return cmocka_run_group_tests_name("harden", tests, NULL, NULL);
}
