/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include <cofferdam/file.h>
#include <cofferdam/harden.h>

#include "same-doc.h"

struct scene {
	struct policy *policy;
	struct candidate c;
};

static void read_base(const char *name, struct buf *ret)
{
	const char *srcdir = getenv("top_srcdir");
	char path[512];
	struct error err = { 0 };

	(void)snprintf(path, sizeof(path), "%s/tests/rules/bases/%s", srcdir ? srcdir : ".", name);
	if (file_read(AT_FDCWD, path, false, FILE_CONFIG_MAX, ret, NULL, &err) < 0)
		fail_msg("%s", err.text);
}

/* start - @config by @bundle's policy; what has no remedy is off. */
static void start(struct scene *s, enum bundle bundle, const char *config)
{
	struct buf text = { 0 };
	struct error err = { 0 };

	*s = (struct scene){ 0 };
	buf_str(&text, config);
	assert_int_equal(policy_shipped(bundle, &s->policy, &err), 0);
	for (size_t i = 0; i < RULE_MAX; i++)
		s->policy->rules[i].action = registry_rule((enum rule_id)i)->remedy ? ACTION_HARDEN
										   : ACTION_OFF;
	if (candidate_parse("config.json", &text, &s->c, &err) < 0)
		fail_msg("%s", err.text);
	s->c.facts.uid_map.is = FACT_KNOWN;
	s->c.facts.parent.is = FACT_ABSENT;
	s->c.facts.cgroup.is = FACT_ABSENT;
	s->c.facts.cgroup.v2 = true;
	s->c.facts.core_is = FACT_KNOWN;
	s->c.facts.selinux.is = FACT_ABSENT;
	s->c.facts.apparmor.is = FACT_ABSENT;
	buf_free(&text);
}

static void load_facts(struct scene *s, const char *name)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };

	read_base(name, &text);
	if (facts_load(name, buf_cstr(&text), text.len, &s->c.spec, &s->c.facts, &err) < 0)
		fail_msg("%s", err.text);
}

static enum verdict judge(struct scene *s, enum door door)
{
	const struct subject how = { .policy = s->policy, .door = door };
	struct error err = { 0 };

	decision_free(&s->c.decision);
	if (candidate_judge(&s->c, &how, &err) < 0)
		fail_msg("%s", err.text);
	return s->c.decision.verdict;
}

static void end(struct scene *s)
{
	candidate_free(&s->c);
	policy_free(&s->policy);
}

/* check_alike - two decisions find the same, of places that are as much the same. */
static void check_alike(const struct candidate *a, const struct candidate *b)
{
	const struct findings *f = &a->decision.findings, *g = &b->decision.findings;

	assert_int_equal(a->decision.verdict, b->decision.verdict);
	assert_int_equal(f->n, g->n);
	for (size_t i = 0; i < f->n; i++) {
		assert_int_equal(f->v[i].rule, g->v[i].rule);
		assert_string_equal(f->v[i].text, g->v[i].text);
		assert_string_equal(f->v[i].pointer, g->v[i].pointer);
		assert_int_equal(a->decision.each[i], b->decision.each[i]);
	}
}

static bool profile_was_kept;		/* by the tree, the last time */

/* try - harden, by the text and by the tree, which have to come to the same. */
static int try(struct scene *s, struct buf *ret, struct error *err)
{
	_cleanup_candidate_ struct candidate text = { 0 }, tree = { 0 };
	struct error why = { 0 };
	const char *differs;
	int r = harden_candidate(&s->c.subject, &s->c.decision, &text, err);

	assert_int_equal(harden_tree(&s->c.subject, &s->c.decision, &tree, &why), r);
	if (r < 0)
		assert_string_equal(err->text, why.text);
	assert_int_equal(harden_config(&s->c.subject, &s->c.decision, ret, err), r);
	if (r < 0)
		return r;
	differs = same_hardened(&text, &tree);
	if (differs)
		fail_msg("%s became %s, and another tree: %s", s->c.doc->text, text.doc->text,
			 differs);
	assert_string_equal(buf_cstr(ret), text.doc->text);
	check_alike(&text, &tree);
	profile_was_kept = tree.subject.profile_kept;
	return 0;
}

static void harden(struct scene *s, struct buf *ret)
{
	struct error err = { 0 };

	if (try(s, ret, &err) < 0)
		fail_msg("%s", err.text);
}

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

/* Several rules want the same parents: each is made once, before what goes into it. */
static void test_parents(void **state)
{
	static const char *const order[] = { "/linux", "/linux/resources",
		"/linux/resources/memory", "/linux/resources/memory/limit" };
	static const char *const also[] = { "/linux/seccomp", "/linux/resources/cpu",
		"/linux/resources/cpu/quota", "/linux/resources/cpu/period",
		"/linux/resources/pids", "/linux/resources/pids/limit", "/process",
		"/process/noNewPrivileges", "/root", "/root/readonly", "/mounts" };
	struct json_edits edits = { 0 };
	struct error err = { 0 };
	size_t last = 0, index = 0;
	struct scene s;

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER, "{}");
	s.policy->rules[RULE_CPU_LIMIT].params[2].number = 0;
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	assert_int_equal(harden_edits(&s.c.subject, &s.c.decision, &edits, &err), 0);
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		assert_non_null(find(&edits, order[i], &index));
		assert_true(i == 0 || index > last);
		last = index;
	}
	for (size_t i = 0; i < ARRAY_SIZE(also); i++)
		assert_non_null(find(&edits, also[i], &index));
	assert_string_equal(find(&edits, "/mounts", &index)->value, "[]");
	assert_string_equal(find(&edits, "/linux", &index)->value, "{}");
	json_edits_free(&edits);
	end(&s);
}

/* A parent that is there is not made anew; one that is null is. */
static void test_parents_there(void **state)
{
	struct json_edits edits = { 0 };
	struct error err = { 0 };
	size_t index;
	struct scene s;

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER,
	      "{\"linux\": {\"resources\": null}, \"process\": {\"cwd\": \"/\"}}");
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	assert_int_equal(harden_edits(&s.c.subject, &s.c.decision, &edits, &err), 0);
	assert_null(find(&edits, "/linux", &index));
	assert_null(find(&edits, "/process", &index));
	assert_non_null(find(&edits, "/linux/resources", &index));
	json_edits_free(&edits);
	end(&s);
}

/* Insertions move what is behind them, so they come last. */
static void test_insertions_last(void **state)
{
	_cleanup_buf_ struct buf base = { 0 };
	struct json_edits edits = { 0 };
	struct error err = { 0 };
	size_t inserted = 0;
	struct scene s;

	(void)state;
	read_base("plain.json", &base);
	start(&s, BUNDLE_CIS_DOCKER, buf_cstr(&base));
	load_facts(&s, "plain.facts.json");
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	assert_int_equal(harden_edits(&s.c.subject, &s.c.decision, &edits, &err), 0);
	for (size_t i = 0; i < edits.n; i++) {
		const bool insertion = strncmp(edits.v[i].pointer, "/mounts/", 8) == 0;

		assert_true(insertion || inserted == 0);
		inserted += insertion;
	}
	assert_int_equal(inserted, 3);
	json_edits_free(&edits);
	end(&s);
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
	struct scene s;

	(void)state;
	start(&s, BUNDLE_RESTRICTED, tidy);
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_ALLOW);
	harden(&s, &out);
	assert_int_equal(out.len, strlen(tidy));
	assert_string_equal(buf_cstr(&out), tidy);
	end(&s);
}

/* Every byte outside of what is edited stays. */
static void test_one_change(void **state)
{
	_cleanup_free_ char *text = strdup(tidy);
	_cleanup_buf_ struct buf out = { 0 };
	char *at;
	struct scene s;

	(void)state;
	assert_non_null(text);
	at = strstr(text, "true");
	assert_non_null(at);
	(void)memcpy(at, "null", 4);
	start(&s, BUNDLE_RESTRICTED, text);
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	harden(&s, &out);
	assert_string_equal(buf_cstr(&out), tidy);
	end(&s);
}

/* The remedy of one finding is lost: the result is judged again, and does not hold. */
static void test_does_not_hold(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };
	struct scene s;

	(void)state;
	start(&s, BUNDLE_CIS_DOCKER, "{}");
	assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
	for (size_t i = 0; i < s.c.decision.findings.n; i++) {
		if (s.c.decision.findings.v[i].rule == RULE_SECCOMP_MISSING)
			json_edits_free(&s.c.decision.findings.v[i].edits);
	}
	buf_str(&out, "before");
	assert_int_equal(try(&s, &out, &err), -ENOTRECOVERABLE);
	assert_string_equal(buf_cstr(&out), "before");
	assert_non_null(strstr(err.text, "seccomp-missing"));
	end(&s);
}

static const char *const ptrace_too[] = { "acct", "ptrace", NULL };
static const char *const read_too[] = { "read", NULL };
static const char *const unknown_too[] = { "unknown-name", "wide-compare", NULL };

/*
 * The profile that is put in has to keep to seccomp-weak: a shipped one of which that is known
 * is not read for it; any other is, and what is weaker than the policy wants is refused.
 */
static void test_profile_judged(void **state)
{
	static const struct {
		const char *profile;
		const char *const *calls, *const *traps;
		int r;
		bool kept;
	} rows[] = {
		{ "hardened", NULL, NULL, 0, true },
		{ "build", NULL, NULL, 0, true },
		{ "hardened", ptrace_too, NULL, 0, true },
		{ "build", ptrace_too, NULL, -ENOTRECOVERABLE, false },
		{ "hardened", read_too, NULL, -ENOTRECOVERABLE, false },
		/* whether names are known is the host's libseccomp's to tell */
		{ "hardened", NULL, unknown_too, 0, false },
	};
	const int profile = registry_param(registry_rule(RULE_SECCOMP_MISSING), "profile");
	const int calls = registry_param(registry_rule(RULE_SECCOMP_WEAK), "calls");
	const int traps = registry_param(registry_rule(RULE_SECCOMP_WEAK), "traps");

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		struct scene s;

		start(&s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
		s.policy->rules[RULE_SECCOMP_MISSING].params[profile].string = rows[i].profile;
		if (rows[i].calls)
			s.policy->rules[RULE_SECCOMP_WEAK].params[calls].list = rows[i].calls;
		if (rows[i].traps)
			s.policy->rules[RULE_SECCOMP_WEAK].params[traps].list = rows[i].traps;
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		profile_was_kept = false;
		assert_int_equal(try(&s, &out, &err), rows[i].r);
		assert_int_equal(profile_was_kept, rows[i].kept);
		if (rows[i].r < 0)
			assert_non_null(strstr(err.text, "seccomp-weak"));
		end(&s);
	}
}

/* A profile that is not one of the policy's own is read: of it nothing is known. */
static void test_profile_foreign(void **state)
{
	static const char own[] = "{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [{\"names\": "
				  "[\"read\", \"%s\"], \"action\": \"SCMP_ACT_ALLOW\"}]}";
	char text[256];

	(void)state;
	for (int weak = 0; weak < 2; weak++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		struct scene s;
		struct finding *f = NULL;

		(void)snprintf(text, sizeof(text), own, weak ? "bpf" : "write");
		start(&s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		for (size_t i = 0; i < s.c.decision.findings.n; i++) {
			if (s.c.decision.findings.v[i].rule == RULE_SECCOMP_MISSING)
				f = &s.c.decision.findings.v[i];
		}
		assert_non_null(f);
		f->edits.v[0].value = text;
		profile_was_kept = false;
		assert_int_equal(try(&s, &out, &err), weak ? -ENOTRECOVERABLE : 0);
		assert_false(profile_was_kept);
		end(&s);
	}
}

static void write_file(const char *dir, const char *name, const char *text)
{
	char path[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* bundle_of - a scene whose policy puts in @profile, which lies beside it. */
static void bundle_of(struct scene *s, const char *dir, const char *profile)
{
	_cleanup_buf_ struct buf policy = { 0 };
	struct error err = { 0 };
	char path[256];

	start(s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
	buf_printf(&policy, "{ \"format\": 1, \"name\": \"%s\", \"extends\": \"cis-docker\", \"rules\": "
		   "{ \"seccomp-missing\": { \"profile\": \"own.json\" }, "
		   "\"seccomp-weak\": { \"traps\": [\"clone3\"] } } }", strrchr(dir, '/') + 1);
	write_file(dir, "policy.json", buf_cstr(&policy));
	write_file(dir, "own.json", profile);
	(void)snprintf(path, sizeof(path), "%s/policy.json", dir);
	policy_free(&s->policy);
	if (policy_load(path, NULL, geteuid(), &s->policy, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < RULE_MAX; i++)
		s->policy->rules[i].action = registry_rule((enum rule_id)i)->remedy ? ACTION_HARDEN
										    : ACTION_OFF;
}

#define OWN(action, call) " {\"defaultAction\": \"SCMP_ACT_" action "\", \"syscalls\": [{\"names\": " \
	"[\"read\", \"" call "\"], \"action\": \"SCMP_ACT_ALLOW\"}]}\n"

/* What a bundle's profile was read as with its policy is what is judged. */
static void test_profile_loaded(void **state)
{
	static const struct {
		const char *profile;
		int r;
		bool kept;
	} rows[] = {
		{ OWN("ERRNO", "write"), 0, true },
		{ OWN("ERRNO", "bpf"), -ENOTRECOVERABLE, false },
		{ OWN("KILL", "write"), 0, false },
		{ OWN("ERRNO", "clone3"), -ENOTRECOVERABLE, false },	/* a trap */
	};
	char dir[] = "/tmp/cofferdam-test-XXXXXX", path[256];

	(void)state;
	assert_non_null(mkdtemp(dir));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		struct scene s;
		int r;

		bundle_of(&s, dir, rows[i].profile);
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		profile_was_kept = false;
		r = try(&s, &out, &err);
		if (r != rows[i].r || profile_was_kept != rows[i].kept)
			fail_msg("%s: %d %s, kept %d", rows[i].profile, r, err.text, profile_was_kept);
		end(&s);
	}
	(void)snprintf(path, sizeof(path), "%s/policy.json", dir);
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, sizeof(path), "%s/own.json", dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

#define WEAK "[{\"names\": [\"bpf\"], \"action\": \"SCMP_ACT_ALLOW\"}]"
#define LINUX "{\"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": " WEAK "}, " \
	"\"maskedPaths\": [], \"readonlyPaths\": [], \"namespaces\": [], " \
	"\"resources\": {\"devices\": []}}"

/* What comes after a profile and is in it, or around it, is read with it. */
static void test_profile_edited(void **state)
{
	static const char *const edits[][2] = {
		{ "/linux/seccomp/syscalls", WEAK }, { "/linux/seccomp", LINUX }, { "/linux", LINUX },
		{ "", "{\"linux\": " LINUX ", \"mounts\": [], \"process\": {\"rlimits\": []}}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(edits); i++) {
		_cleanup_buf_ struct buf out = { 0 };
		struct error err = { 0 };
		struct scene s;
		struct findings *all;
		int r;

		start(&s, BUNDLE_CIS_DOCKER, "{\"linux\": {}}");
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		all = &s.c.decision.findings;
		assert_int_equal(json_edits_add(&all->v[all->n - 1].edits, JSON_ADD, edits[i][0],
						edits[i][1], &err), 0);
		r = try(&s, &out, &err);
		if (r != -ENOTRECOVERABLE)
			fail_msg("%s: %d, %s", edits[i][0], r, r < 0 ? err.text : "hardened");
		end(&s);
	}
}

/* What is denied, unjudged, or judged where nothing can be edited, is not hardened. */
static void test_not_hardened(void **state)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct error err = { 0 };
	struct scene s;

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
	end(&s);
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
		struct scene s;

		start(&s, BUNDLE_CIS_DOCKER, configs[i]);
		assert_int_equal(judge(&s, DOOR_RUNTIME), VERDICT_HARDEN);
		assert_true(try(&s, &out, &err) < 0);
		assert_int_equal(out.len, 0);
		end(&s);
	}
}

/* Mounts inserted before others move these; what is known of them moves along. */
static void test_facts_move_along(void **state)
{
	_cleanup_buf_ struct buf base = { 0 }, out = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err = { 0 };
	struct scene s;
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
	end(&s);
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
	struct scene s;

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
	end(&s);
}

/* once - harden @text by @bundle into @ret; false if that policy denies it. */
static bool once(enum bundle bundle, const char *text, const char *facts, struct buf *ret)
{
	struct scene s;
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
	end(&s);
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

/* corpus - harden what an engine wrote by each shipped policy; how many could be. */
static size_t corpus(const char *config, const char *facts)
{
	size_t hardened = 0;

	for (int b = 0; b < BUNDLE_MAX; b++) {
		_cleanup_buf_ struct buf text = { 0 }, known = { 0 }, out = { 0 };
		struct error err = { 0 };
		struct scene s;

		if (file_read(AT_FDCWD, config, false, FILE_CONFIG_MAX, &text, NULL, &err) < 0 ||
		    file_read(AT_FDCWD, facts, false, FILE_CONFIG_MAX, &known, NULL, &err) < 0)
			fail_msg("%s", err.text);
		start(&s, (enum bundle)b, buf_cstr(&text));
		if (facts_load(facts, buf_cstr(&known), known.len, &s.c.spec, &s.c.facts, &err) < 0)
			fail_msg("%s", err.text);
		/* also those that stay outside of the policy: they fail alike */
		(void)judge(&s, DOOR_RUNTIME);
		hardened += try(&s, &out, &err) == 0;
		end(&s);
	}
	return hardened;
}

static void test_corpus(void **state)
{
	const char *srcdir = getenv("top_srcdir");
	_cleanup_free_ char *pattern = NULL;
	size_t hardened = 0;
	glob_t found;

	(void)state;
	assert_true(asprintf(&pattern, "%s/tests/corpus/*/*.facts.json", srcdir ? srcdir : ".") > 0);
	assert_int_equal(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		_cleanup_free_ char *config = strdup(found.gl_pathv[i]);

		assert_non_null(config);
		(void)strcpy(strstr(config, ".facts.json"), ".json");
		hardened += corpus(config, found.gl_pathv[i]);
	}
	assert_true(found.gl_pathc > 10);
	assert_true(hardened > found.gl_pathc / 2);
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parents), cmocka_unit_test(test_parents_there),
		cmocka_unit_test(test_insertions_last), cmocka_unit_test(test_unchanged),
		cmocka_unit_test(test_one_change), cmocka_unit_test(test_does_not_hold),
		cmocka_unit_test(test_not_hardened), cmocka_unit_test(test_not_editable),
		cmocka_unit_test(test_facts_move_along), cmocka_unit_test(test_interplay),
		cmocka_unit_test(test_idempotent), cmocka_unit_test(test_corpus),
		cmocka_unit_test(test_profile_judged), cmocka_unit_test(test_profile_foreign),
		cmocka_unit_test(test_profile_edited), cmocka_unit_test(test_profile_loaded),
	};

	return cmocka_run_group_tests_name("harden", tests, NULL, NULL);
}
