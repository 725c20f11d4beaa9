/* SPDX-License-Identifier: Apache-2.0 */
/* Which container an entry is for, and what it may be told apart by. */
#include "policies.h"

#define CRI "/run/containerd/io.containerd.runtime.v2.task/k8s.io/c1"
#define CRIO "/run/containers/storage/overlay-containers/c1/userdata"

/* A configuration, and who is asked. */
struct who {
	struct json_doc *doc;
	struct oci_spec spec;
	struct container c;
};

static void who(struct who *w, enum engine engine, const char *bundle, const char *annotations)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 };

	*w = (struct who){ 0 };
	buf_printf(&text, "{\"process\": {\"args\": [\"/bin/sh\", \"-c\", \"a/b\"]}, "
		   "\"annotations\": {%s}}", annotations);
	assert_int_equal(json_parse("config.json", buf_cstr(&text), text.len, 0, &w->doc, &err), 0);
	assert_int_equal(oci_spec_read(w->doc, &w->spec, &err), 0);
	w->c = (struct container){
		.engine = engine, .id = "c1", .bundle = bundle, .spec = &w->spec,
	};
	engine_tells(engine, bundle, &w->spec, &w->c.tells);
}

static void who_free(struct who *w)
{
	oci_spec_free(&w->spec);
	json_free(&w->doc);
}

/* An exemption with that "when", in a policy of its own. */
static int exemption(const char *when, struct policy **ret, struct error *err)
{
	_cleanup_buf_ struct buf text = { 0 };

	buf_printf(&text, HEAD "\n\"exemptions\": [{\"when\": %s, \"rules\": [\"host-pid\"], "
		   "\"reason\": \"r\"}]}", when);
	put_bundle("p", buf_cstr(&text));
	return load_err("p", ret, err);
}

static bool matches(const char *when, const struct who *w)
{
	_cleanup_policy_ struct policy *policy = NULL;
	struct exempting exempt[RULE_MAX] = { { 0 } };
	struct error err = { 0 };

	if (exemption(when, &policy, &err) < 0)
		fail_msg("%s: %s", when, err.text);
	policy_exempts(policy, &w->c, 0, exempt);
	assert_null(exempt[RULE_HOST_NETWORK].by);
	return exempt[RULE_HOST_PID].by != NULL;
}

#define NAMES "\"io.kubernetes.cri.container-type\": \"container\", " \
	"\"io.kubernetes.cri.image-name\": \"registry.example/infra/exporter:1\", " \
	"\"io.kubernetes.cri.sandbox-namespace\": \"monitoring\""
#define CTRD "{\"engine\": \"containerd\", "

static void test_matches(void **state)
{
	_cleanup_(who_free) struct who w;

	(void)state;
	who(&w, ENGINE_CONTAINERD, CRI, NAMES);
	assert_true(matches("{\"engine\": \"containerd\"}", &w));
	assert_true(matches("{\"engine\": [\"crio\", \"containerd\"]}", &w));
	assert_false(matches("{\"engine\": \"crio\"}", &w));
	assert_true(matches(CTRD "\"namespace\": \"monitoring\"}", &w));
	assert_true(matches(CTRD "\"namespace\": [\"x\", \"moni*\"]}", &w));
	assert_false(matches(CTRD "\"namespace\": \"monitorin\"}", &w));
	assert_true(matches(CTRD "\"namespace\": \"m*\", \"image\": \"registry.example/infra/*\"}", &w));
	/* a star crosses neither a folder of the name nor the digest's sign */
	assert_false(matches(CTRD "\"namespace\": \"m*\", \"image\": \"registry.example/*\"}", &w));
	assert_false(matches(CTRD "\"namespace\": \"m*\", \"image\": \"*exporter:1\"}", &w));
	assert_true(matches(CTRD "\"bundle\": \"/run/*/*/k8s.io/*\"}", &w));
	assert_false(matches(CTRD "\"bundle\": \"/run/*/*/moby/*\"}", &w));
	assert_true(matches(CTRD "\"namespace\": \"m*\", \"args\": [\"/bin/sh\", \"-c\", \"*\"]}", &w));
	assert_false(matches(CTRD "\"namespace\": \"m*\", \"args\": [\"/bin/sh\", \"-c\"]}", &w));
	assert_false(matches(CTRD "\"namespace\": \"m*\", \"args\": [\"/bin/sh\", \"*\", \"*\", \"*\"]}", &w));
	assert_false(matches(CTRD "\"namespace\": \"m*\", \"args\": [\"sh\", \"-c\", \"*\"]}", &w));
}

static void test_digest(void **state)
{
	_cleanup_(who_free) struct who w;

	(void)state;
	who(&w, ENGINE_CONTAINERD, CRI,
	    "\"io.kubernetes.cri.container-type\": \"container\", "
	    "\"io.kubernetes.cri.image-name\": \"r/a@sha256:00\", "
	    "\"io.kubernetes.cri.sandbox-namespace\": \"n\"");
	assert_false(matches(CTRD "\"namespace\": \"n\", \"image\": \"r/a*\"}", &w));
	assert_true(matches(CTRD "\"namespace\": \"n\", \"image\": \"r/a@*\"}", &w));
}

/* What the caller could have written is not read. */
static void test_forged(void **state)
{
	static const char both[] = NAMES
		", \"io.kubernetes.cri-o.ContainerType\": \"container\", "
		"\"io.kubernetes.cri-o.ImageRef\": \"00\", \"io.kubernetes.pod.namespace\": \"forged\"";
	static const char *const places[] = {
		"/run/containerd/io.containerd.runtime.v2.task/moby/c1",	/* dockerd */
		"/run/containerd/io.containerd.runtime.v2.task/default/c1",	/* ctr */
		"/tmp/io.containerd.runtime.v2.task/k8s.io/c1/x", "/b",
	};
	_cleanup_(who_free) struct who w;

	(void)state;
	who(&w, ENGINE_CONTAINERD, CRI, both);
	assert_true(matches("{\"engine\": \"containerd\", \"namespace\": \"monitoring\"}", &w));
	assert_false(matches("{\"engine\": \"containerd\", \"namespace\": \"forged\"}", &w));
	who_free(&w);
	who(&w, ENGINE_CRIO, CRIO, both);
	assert_true(matches("{\"engine\": \"crio\", \"namespace\": \"forged\"}", &w));
	assert_false(matches("{\"engine\": \"crio\", \"namespace\": \"monitoring\"}", &w));
	assert_true(matches("{\"engine\": \"crio\", \"image_id\": \"00\"}", &w));
	who_free(&w);
	/* podman beside CRI-O, by the same registration: its bundles lie elsewhere */
	who(&w, ENGINE_CRIO, "/var/lib/containers/storage/overlay-containers/c1/userdata", both);
	assert_false(matches("{\"engine\": \"crio\", \"namespace\": \"forged\"}", &w));
	assert_false(matches("{\"engine\": \"crio\", \"image_id\": \"00\"}", &w));
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		who_free(&w);
		who(&w, ENGINE_CONTAINERD, places[i], NAMES);
		if (matches("{\"engine\": \"containerd\", \"namespace\": \"monitoring\"}", &w))
			fail_msg("%s", places[i]);
	}
}

/* A sandbox's image is the engine's choice, and a key that is not its own there. */
static void test_sandbox(void **state)
{
	_cleanup_(who_free) struct who w;

	(void)state;
	who(&w, ENGINE_CONTAINERD, CRI,
	    "\"io.kubernetes.cri.container-type\": \"sandbox\", "
	    "\"io.kubernetes.cri.image-name\": \"r/a\", "
	    "\"io.kubernetes.cri.sandbox-namespace\": \"n\"");
	assert_true(matches(CTRD "\"namespace\": \"n\"}", &w));
	assert_false(matches(CTRD "\"namespace\": \"n\", \"image\": \"r/a\"}", &w));
	assert_true(matches(CTRD "\"kind\": \"sandbox\"}", &w));
	assert_true(matches(CTRD "\"kind\": [\"container\", \"sandbox\"]}", &w));
	assert_false(matches(CTRD "\"kind\": \"container\"}", &w));
	/* ctr's, with the same annotations: nobody's */
	w.c.bundle = "/run/containerd/io.containerd.runtime.v2.task/default/c1";
	engine_tells(ENGINE_CONTAINERD, w.c.bundle, &w.spec, &w.c.tells);
	assert_false(matches(CTRD "\"kind\": \"sandbox\"}", &w));
	assert_false(matches(CTRD "\"kind\": \"container\"}", &w));
	who_free(&w);
	who(&w, ENGINE_CONTAINERD, CRI, NAMES ", \"io.kubernetes.cri-o.ContainerType\": \"sandbox\"");
	assert_false(matches(CTRD "\"kind\": \"sandbox\"}", &w));
	assert_true(matches(CTRD "\"kind\": \"container\"}", &w));
}

static void test_unknown(void **state)
{
	_cleanup_(who_free) struct who w;

	(void)state;
	who(&w, ENGINE_PODMAN, NULL, NAMES);
	assert_true(matches("{\"engine\": \"podman\", \"id\": \"c?\"}", &w));
	assert_false(matches("{\"engine\": \"podman\", \"bundle\": \"/*\"}", &w));
	w.c.id = NULL;
	assert_false(matches("{\"engine\": \"podman\", \"id\": \"*\"}", &w));
}

static void test_labels(void **state)
{
	char tier[] = "tier", public[] = "public";
	struct label label = { tier, public };
	const struct labels labels = { &label, 1 };
	_cleanup_(who_free) struct who w;

	(void)state;
	who(&w, ENGINE_PODMAN, NULL, "\"tier\": \"public\"");
	/* an annotation is no label of the host */
	assert_false(matches("{\"labels\": {\"tier\": \"public\"}}", &w));
	w.c.labels = &labels;
	assert_true(matches("{\"labels\": {\"tier\": \"pub*\"}}", &w));
	assert_false(matches("{\"labels\": {\"tier\": \"private\"}}", &w));
	assert_false(matches("{\"labels\": {\"tier\": \"public\", \"zone\": \"*\"}}", &w));
}

static const struct bad bad_whens[] = {
	{ "[]", "2:17", "when must be an object" },
	{ "{}", "2:17", "matches nothing" },
	{ "{\"engines\": \"crio\"}", "2:26", "did you mean \"engine\"?" },
	{ "{\"engine\": \"dockerd\"}", "2:26", "none of" },
	{ "{\"engine\": []}", "2:26", "matches no engine" },
	{ CTRD "\"namespace\": []}", "2:50", "matches nothing" },
	{ CTRD "\"namespace\": \"\"}", "2:50", "1 to 1024 bytes" },
	{ CTRD "\"namespace\": 5}", "2:50", "must be a string" },
	{ CTRD "\"namespace\": \"*a*a*a*a*a*a*a*a*a\"}", "2:50", "at most 8" },
	{ CTRD "\"kind\": \"sandbx\"}", "2:50", "none of" },
	{ CTRD "\"kind\": [\"sandbox\", \"*\"]}", "2:70", "none of" },
	{ CTRD "\"kind\": []}", "2:50", "matches nothing" },
	{ "{\"engine\": \"podman\", \"kind\": \"sandbox\"}", "2:46", "under podman whoever" },
	/* who wrote it is not known */
	{ "{\"namespace\": \"n\"}", "2:26", "namespace needs \"engine\"" },
	{ "{\"id\": \"n\"}", "2:26", "id needs \"engine\"" },
	{ "{\"bundle\": \"/n\"}", "2:26", "bundle needs \"engine\"" },
	/* what could match nothing, so that another entry would be chosen */
	{ CTRD "\"bundle\": \"run/*\"}", "2:50", "\"run/*\" matches no bundle" },
	{ CTRD "\"bundle\": [\"*\", \"x\"]}", "2:50", "\"x\" matches no bundle" },
	{ "{\"engine\": \"crio\", \"image_id\": \"sha256:0*\"}", "2:44", "an id has 64 digits" },
	/* forged by podman run --annotation and docker run --annotation */
	{ "{\"engine\": \"podman\", \"namespace\": \"n\"}", "2:46", "under podman whoever" },
	{ "{\"engine\": \"docker\", \"image\": \"n\", \"id\": \"*\"}", "2:46", "under docker whoever" },
	{ "{\"engine\": [\"crio\", \"podman\"], \"namespace\": \"n\"}", "2:56", "under podman" },
	{ CTRD "\"image_id\": \"0\"}", "2:50", "under containerd whoever" },
	{ CTRD "\"id\": \"0\"}", "2:50", "under containerd whoever" },
	/* free for all */
	{ CTRD "\"image\": \"r/a\"}", "2:50", "an image's name alone" },
	{ CTRD "\"image\": \"r/a\", \"namespace\": \"*\"}", "2:50", "an image's name alone" },
	{ CTRD "\"image\": \"r/a\", \"namespace\": [\"n\", \"**\"]}", "2:50", "an image's name alone" },
	{ CTRD "\"image\": \"r/a\", \"bundle\": \"/run/*/*/k8s.io/*\"}", "2:50", "alone" },
	{ CTRD "\"image\": \"r/a\", \"args\": [\"/bin/a\"]}", "2:50", "an image's name alone" },
	{ CTRD "\"args\": [\"/bin/a\"]}", "2:50", "arguments alone" },
	{ CTRD "\"args\": \"/bin/a\", \"namespace\": \"n\"}", "2:50", "args is the list" },
	{ "{\"labels\": {}}", "2:26", "labels is empty" },
	{ "{\"labels\": {\"a\": 1}}", "2:37", "a must be a string" },
	{ "{\"labels\": {\"a\": \"1\", \"a\": \"1\"}}", "2:47", "a second time" },
};

static void test_bad_whens(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_whens); i++) {
		struct policy *policy = NULL;
		struct error err = { 0 };
		const int r = exemption(bad_whens[i].text, &policy, &err);

		assert_bad(&bad_whens[i], r, &err, at("bundles/p/policy.json"));
		assert_null(policy);
	}
}

/* Every engine and key: an error, or a match of what the engine writes. */
static void test_trust(void **state)
{
	(void)state;
	for (int e = ENGINE_UNKNOWN + 1; e < ENGINE_MAX; e++) {
		for (int k = 0; k < WHEN_MAX; k++) {
			_cleanup_policy_ struct policy *policy = NULL;
			struct error err = { 0 };
			char when[128];
			int r;

			(void)snprintf(when, sizeof(when), "{\"engine\": \"%s\", \"%s\": \"%s\"}",
				       engine_name((enum engine)e), when_key_name((enum when_key)k),
				       k == WHEN_KIND ? "sandbox" : k == WHEN_BUNDLE ? "/x" : "x");
			r = exemption(when, &policy, &err);
			if ((r == 0) != (when_trusts((enum engine)e, (enum when_key)k) &&
					 k != WHEN_IMAGE))
				fail_msg("%s: %s", when, r < 0 ? err.text : "accepted");
		}
	}
	for (int k = 0; k < WHEN_MAX; k++)
		assert_false(when_trusts(ENGINE_UNKNOWN, (enum when_key)k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_matches),
		cmocka_unit_test(test_digest),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_sandbox),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_bad_whens),
		cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests_name("when", tests, setup, teardown);
}
