/* SPDX-License-Identifier: Apache-2.0 */
/* policy.json, as its reader gets it. */
#include "fuzz.h"

#include <string.h>

#include "../../src/policy/policy-private.h"

/* No file stands there: only what is shipped can be extended. */
#define NOWHERE "/nonexistent"

static int load(const struct buf *text, struct policy **ret, struct error *err)
{
	return policy_read(NOWHERE "/bundles/own/policy.json", text, NOWHERE "/bundles", ret, err);
}

/* prints_alike - the whole policy, written down, is that policy. */
static void prints_alike(const struct policy *policy)
{
	_cleanup_policy_ struct policy *again = NULL;
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 };
	struct error err;

	policy_print(&first, policy);
	property(load(&first, &again, &err) == 0, "%s: %s", err.text, buf_cstr(&first));
	policy_print(&second, again);
	property(strcmp(buf_cstr(&first), buf_cstr(&second)) == 0, "printed again, it differs");
}

static void judges(const struct policy *policy, const struct candidate *c, enum door door)
{
	const struct subject subject = {
		.doc = c->doc, .spec = &c->spec, .facts = &c->facts, .policy = policy,
		.engine = ENGINE_DOCKER, .door = door,
	};
	_cleanup_decision_ struct decision decision = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	struct error err;

	property(verdict_reach(&subject, &decision, &err) == 0, "%s", err.text);
	fuzz_told(&subject, &decision);
	if (decision.verdict == VERDICT_HARDEN)
		property(harden_config(&subject, &decision, &out, &err) != -EINVAL, "%s", err.text);
}

/* Two to judge by it: one that is allowed, and one that is close to nothing. */
static const struct candidate *candidates(void)
{
	static struct candidate c[2];
	static const char bare[] =
		"{\"process\": {\"args\": [\"sh\"], \"cwd\": \"/\"}, \"root\": {\"path\": \"/srv/r\"},\n"
		" \"mounts\": [{\"destination\": \"/mnt\", \"source\": \"/srv\", \"options\": [\"bind\"]}],\n"
		" \"linux\": {\"namespaces\": [{\"type\": \"mount\"}]}}";
	_cleanup_buf_ struct buf honest = { 0 }, text = { 0 };
	struct error err;

	if (c[0].doc)
		return c;
	fuzz_config(&honest, NULL);
	buf_str(&text, bare);
	property(candidate_parse("honest", &honest, &c[0], &err) == 0 &&
		 candidate_parse("bare", &text, &c[1], &err) == 0, "%s", err.text);
	fuzz_facts(&c[0].spec, &c[0].facts);
	fuzz_facts(&c[1].spec, &c[1].facts);
	return c;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct candidate *c = candidates();
	_cleanup_policy_ struct policy *policy = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;

	fuzz_text(data, size, &text);
	if (load(&text, &policy, &err) < 0)
		return 0;
	for (size_t i = 0; i < RULE_MAX; i++)
		property(policy->rules[i].action != ACTION_HARDEN ||
			 registry_rule((enum rule_id)i)->remedy, "what is hardened has a remedy");
	prints_alike(policy);
	for (size_t i = 0; i < 2; i++) {
		judges(policy, &c[i], DOOR_RUNTIME);
		judges(policy, &c[i], DOOR_HOOK);
	}
	return 0;
}
