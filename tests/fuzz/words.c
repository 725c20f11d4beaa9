/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that inputs are made of, from the tables that the readers go by
 * and the registry of rules: a new one is searched without being named here.
 */
#include "fuzz.h"

#include <cap-ng.h>
#include <linux/capability.h>
#include <string.h>

#include "../../src/facts/record-private.h"

#define WORDS_MAX_N 2048

struct words {
	const char *v[WORDS_MAX_N + 1];
	size_t n;
};

static void add(struct words *words, const char *word)
{
	for (size_t i = 0; i < words->n; i++) {
		if (strcmp(words->v[i], word) == 0)
			return;
	}
	property(words->n < WORDS_MAX_N, "more words than expected");
	words->v[words->n++] = word;
}

static void add_table(struct words *words, const struct field *table)
{
	for (; table->name; table++) {
		add(words, table->name);
		if (table->sub)
			add_table(words, table->sub);
	}
}

static void add_params(struct words *words, const struct rule *rule)
{
	for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
		const struct param *param = &rule->params[p];
		const char *const *list = param->value[BUNDLE_BASELINE].list;

		add(words, param->name);
		if (param->kind != PARAM_PATHS && param->kind != PARAM_FILES &&
		    param->kind != PARAM_NAMES && param->kind != PARAM_CAPITALS &&
		    param->kind != PARAM_DEVICES && param->kind != PARAM_WORDS)
			continue;
		for (; list && *list; list++)
			add(words, *list);
	}
}

static void add_capabilities(struct words *words)
{
	static char caps[CAP_LAST_CAP + 1][64];

	for (unsigned int c = 0; c <= CAP_LAST_CAP; c++) {
		const char *name = capng_capability_to_name(c);

		(void)snprintf(caps[c], sizeof(caps[c]), "CAP_%s", name ? name : "");
		for (char *s = caps[c]; *s; s++)
			*s = *s >= 'a' && *s <= 'z' ? (char)(*s - 'a' + 'A') : *s;
		add(words, caps[c]);
	}
}

const char *const *fuzz_words(void)
{
	static const char *const others[] = {
		"bind", "rbind", "ro", "rro", "rw", "nosuid", "nodev", "noexec", "shared", "rslave",
		"proc", "tmpfs", "overlay", "cgroup", "/proc", "/sys", "/dev", "/", "..", "/etc",
		"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_NOTIFY", "host",
		"is", "known", "absent", "unreadable", "unknown", "8:1", "0:4", "a", "c", "b", "rwm",
		"format", "name", "rules", "action", "description", "extends", "mode", "enforce",
		"audit", "gate", "policies", "when", "use", "log", "file", "journald", "syslog",
		"on_failure", "ignore", "engine", "PROCE\xc5\xbfS", "Process", "\xe2\x84\xaaind", "x/y",
	};
	static struct words words;

	if (words.n > 0)
		return words.v;
	add_table(&words, oci_spec_fields());
	add_table(&words, oci_state_fields());
	add_table(&words, rec_facts_table);
	for (size_t i = 0; i < RULE_MAX; i++) {
		add(&words, registry_rule((enum rule_id)i)->id);
		add_params(&words, registry_rule((enum rule_id)i));
	}
	for (int a = 0; a < ACTION_MAX; a++)
		add(&words, action_name((enum action)a));
	for (int b = 0; b < BUNDLE_MAX; b++)
		add(&words, bundle_name((enum bundle)b));
	for (int e = 1; e < ENGINE_MAX; e++)
		add(&words, engine_name((enum engine)e));
	for (int ns = 0; ns < NS_MAX; ns++)
		add(&words, oci_ns_name((enum oci_ns)ns));
	add_capabilities(&words);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		add(&words, others[i]);
	return words.v;
}
