/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The dictionary and the first inputs of the fuzz targets, made from the
 * registry of rules and the tables that the readers go by.
 *
 *	seeds FOLDER	writes FOLDER/dictionary and FOLDER/TARGET/NAME
 */
#include "fuzz.h"

#include <string.h>
#include <sys/stat.h>

#include "../../src/facts/record-private.h"

#define WORD_LEN_MAX 60		/* of libFuzzer's 64 */

static const char *folder;

static void write_file(const char *target, const char *name, const struct buf *text)
{
	_cleanup_free_ char *dir = NULL, *path = NULL;
	_cleanup_file_ FILE *f = NULL;

	property(asprintf(&dir, "%s/%s", folder, target) > 0 &&
		 asprintf(&path, "%s/%s", dir, name) > 0, "out of memory");
	(void)mkdir(dir, 0755);
	f = fopen(path, "we");
	property(f && fwrite(buf_cstr(text), 1, text->len, f) == text->len, "%s: cannot be written",
		 path);
}

static void write_text(const char *target, const char *name, const char *text)
{
	_cleanup_buf_ struct buf buf = { 0 };

	buf_str(&buf, text);
	write_file(target, name, &buf);
}

/* --- dictionary --- */

static void word(struct buf *out, const char *s, bool quoted)
{
	if (strlen(s) > WORD_LEN_MAX)
		return;
	buf_str(out, quoted ? "\"\\\"" : "\"");
	for (; *s; s++) {
		if (*s == '"' || *s == '\\' || (unsigned char)*s < 0x20 || (unsigned char)*s > 0x7e)
			buf_printf(out, "\\x%02x", (unsigned int)(unsigned char)*s);
		else
			buf_char(out, *s);
	}
	buf_str(out, quoted ? "\\\"\"\n" : "\"\n");
}

static void dictionary(void)
{
	static const char *const plain[] = {
		"\\u017f", "\\u212a", "\\ud83d\\ude00", "\\ud800", "\\u0000", "\\u001b", "\\u202e",
		"-1", "-0", "1.0", "1e3", "4294967295", "4294967296", "18446744073709551615",
		"9223372036854775808", "null", "true", "false", "{}", "[]", "/*", "*/", "//", ",",
		"\":", "}", "]", "\xef\xbb\xbf", "\xc0\x80", "\xed\xa0\x80", "\\134", "\\040",
	};
	_cleanup_buf_ struct buf out = { 0 };

	for (const char *const *words = fuzz_words(); *words; words++)
		word(&out, *words, true);
	for (size_t i = 0; i < ARRAY_SIZE(plain); i++)
		word(&out, plain[i], false);
	write_file(".", "dictionary", &out);
}

/* --- first inputs --- */

/* filled - an object with every member of @table. */
static void filled(struct buf *out, const struct field *table)
{
	static const char *const values[] = {
		[FIELD_BOOL] = "true", [FIELD_INT] = "1", [FIELD_UINT] = "1", [FIELD_U32] = "1", [FIELD_ID] = "1",
		[FIELD_STR] = "\"/x\"", [FIELD_STRS] = "[\"x\"]", [FIELD_MAP] = "{\"x\": \"y\"}",
		[FIELD_ANY] = "[1]",
	};

	buf_char(out, '{');
	for (const struct field *f = table; f->name; f++) {
		buf_printf(out, "%s\"%s\": ", f == table ? "" : ",\n", f->name);
		if (f->kind == FIELD_LIST)
			buf_char(out, '[');
		if (f->sub)
			filled(out, f->sub);
		else
			buf_str(out, values[f->kind]);
		if (f->kind == FIELD_LIST)
			buf_char(out, ']');
	}
	buf_char(out, '}');
}

static void write_filled(const char *target, const struct field *table)
{
	_cleanup_buf_ struct buf text = { 0 };

	filled(&text, table);
	write_file(target, "filled", &text);
}

/* is_allowed - otherwise no search would ever come by what is let pass. */
static void is_allowed(const struct buf *text, enum bundle bundle)
{
	const struct subject how = { .policy = fuzz_policy(bundle), .door = DOOR_HOOK };
	_cleanup_candidate_ struct candidate c = { 0 };
	struct error err;

	property(candidate_parse("honest", text, &c, &err) == 0, "%s", err.text);
	fuzz_facts(&c.spec, &c.facts);
	property(candidate_judge(&c, &how, &err) == 0, "%s", err.text);
	for (size_t i = 0; i < c.decision.findings.n; i++)
		property(c.decision.each[i] == VERDICT_ALLOW, "%s allows: %s: %s",
			 bundle_name(bundle), registry_rule(c.decision.findings.v[i].rule)->id,
			 c.decision.findings.v[i].text);
}

/* one_changed - @doc without @node; or with it null, false or zero. */
static void one_changed(const struct json_doc *doc, const struct json *node, const char *target)
{
	static const char *const values[] = { NULL, "null", "false", "0" };
	_cleanup_buf_ struct buf pointer = { 0 };
	struct error err;

	json_pointer(&pointer, node);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		_cleanup_edits_ struct json_edits edits = { 0 };
		_cleanup_buf_ struct buf out = { 0 };
		char name[32];

		if (!pointer.len || (i == 2 && node->type != JSON_BOOL) ||
		    (i == 3 && node->type != JSON_NUMBER))
			continue;
		property(json_edits_add(&edits, values[i] ? JSON_REPLACE : JSON_REMOVE,
					buf_cstr(&pointer), values[i], &err) == 0 &&
			 json_apply(doc, &edits, &out, &err) == 0, "%s", err.text);
		(void)snprintf(name, sizeof(name), "at-%u-%zu", node->start, i);
		write_file(target, name, &out);
	}
}

static void each_changed(const struct buf *text, const char *target)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct json *node;
	struct error err;

	property(json_parse("honest", text->data, text->len, 0, &doc, &err) == 0, "%s", err.text);
	for (node = doc->root; node;) {
		one_changed(doc, node, target);
		if (node->first) {
			node = node->first;
			continue;
		}
		while (node && !node->next)
			node = node->parent;
		node = node ? node->next : NULL;
	}
}

/* configurations - the one that is allowed, and it with any one value changed. */
static void configurations(void)
{
	_cleanup_buf_ struct buf text = { 0 }, process = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	const struct json *node;
	struct error err;

	fuzz_config(&text, NULL);
	write_file("spec", "honest", &text);
	for (int b = 0; b < BUNDLE_MAX; b++)
		is_allowed(&text, (enum bundle)b);
	property(json_parse("honest", text.data, text.len, 0, &doc, &err) == 0, "%s", err.text);
	node = json_at(doc, "/process");
	buf_add(&process, doc->text + node->start, node->end - node->start);
	write_file("process", "honest", &process);
	write_file("json", "honest", &text);
	each_changed(&text, "spec");
	each_changed(&process, "process");
	for (const struct field *f = oci_spec_fields(); f->name; f++) {
		if (strcmp(f->name, "process") == 0)
			write_filled("process", f->sub);
	}
}

static void policies(void)
{
	for (int b = 0; b < BUNDLE_MAX; b++) {
		_cleanup_buf_ struct buf text = { 0 };

		policy_print(&text, fuzz_policy((enum bundle)b));
		write_file("policy", bundle_name((enum bundle)b), &text);
	}
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);
		_cleanup_buf_ struct buf text = { 0 };

		buf_printf(&text, "// of one rule\n{\"format\": 1, \"name\": \"one\", \"extends\": \"%s\",\n"
			   " \"rules\": {\"%s\": {\"action\": \"%s\"", bundle_name(BUNDLE_BASELINE),
			   rule->id, rule->remedy ? "harden" : "deny");
		for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
			buf_printf(&text, ", \"%s\": ", rule->params[p].name);
			param_print(&text, rule->params[p].kind,
				    &rule->params[p].value[BUNDLE_RESTRICTED]);
		}
		buf_str(&text, "}}}\n");
		write_file("policy", rule->id, &text);
	}
}

static void recordings(void)
{
	_cleanup_candidate_ struct candidate c = { 0 };
	_cleanup_buf_ struct buf config = { 0 }, text = { 0 };
	struct error err;

	fuzz_config(&config, NULL);
	property(candidate_parse("honest", &config, &c, &err) == 0, "%s", err.text);
	fuzz_facts(&c.spec, &c.facts);
	facts_print(&text, &c.facts);
	write_file("facts", "honest", &text);
	write_filled("facts", rec_facts_table);
	write_text("facts", "places",
		   "{\"format\": 1, \"mounts\": [{\"path\": \"/a\", \"is\": \"known\", \"real\": \"/a\",\n"
		   " \"spot\": {\"device\": \"8:1\", \"within\": \"/a\", \"fstype\": \"ext4\"},\n"
		   " \"mode\": 16877,\n"
		   " \"below\": [{\"device\": \"0:5\", \"within\": \"/\"}]},\n"
		   " {\"path\": \"/b\", \"is\": \"absent\", \"real\": \"/b\", \"spot\": {\"device\": \"8:1\",\n"
		   " \"within\": \"/b\"}, \"foreign\": true}],\n"
		   " \"namespaces\": [{\"path\": \"/p\", \"is\": \"unreadable\", \"why\": \"a\\\\134b\"}],\n"
		   " \"hooks\": [{\"path\": \"/h\", \"is\": \"known\", \"real\": \"/h\", \"trusted\": true}],\n"
		   " \"image\": {\"is\": \"known\", \"link\": \"/proc\", \"cwd\": \"/\"}}\n");
	write_text("facts", "mountinfo",
		   "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
		   "35 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		   "40 36 0:5 /a\\040b /mnt2/a\\134b rw shared:2 master:3 - tmpfs tmpfs rw\n");
	write_text("facts", "uid_map", "         0     100000      65536\n     65536          5   1\n");
	write_text("facts", "group", "root:x:0:\ndocker:x:998:a,b\nshadow:*:42:\nnone\n");
}

static void small(void)
{
	write_text("state", "honest",
		   "{\"ociVersion\": \"1.0.2\", \"id\": \"one\", \"status\": \"creating\", \"pid\": 7,\n"
		   " \"bundle\": \"/run/one\", \"annotations\": {\"a\": \"b\"}, \"root\": \"/r\"}\n");
	write_text("entry", "honest",
		   "{\"format\": 1, \"time\": \"2026-01-02T03:04:05.678Z\", \"program\": \"p\",\n"
		   " \"mode\": \"audit\", \"engine\": \"crio\", \"policy\": \"restricted\", \"id\": \"c\",\n"
		   " \"bundle\": \"/b\", \"namespace\": \"n\", \"image\": \"i\", \"image_id\": \"0\",\n"
		   " \"pid\": 1, \"verdict\": \"deny\", \"refused\": false, \"took_us\": 1,\n"
		   " \"failure\": \"f\", \"findings\": [{\"rule\": \"host-pid\", \"decides\": \"allow\",\n"
		   "  \"would\": \"deny\", \"exempt\": \"r\", \"expires\": \"2027-01-01\", \"expired\": \"r\",\n"
		   "  \"audit\": true, \"pointer\": \"/a\", \"value\": \"v\", \"message\": \"m\"},\n"
		   "  {\"rule\": \"root-user\", \"decides\": \"harden\"}], \"omitted\": 1}\n");
	write_text("host", "whole",
		   "// every member\n{\"format\": 1, \"mode\": \"audit\", \"gate\": \"off\",\n"
		   " \"policies\": [{\"when\": {\"engine\": [\"podman\", \"crio\"]}, \"use\": \"baseline\"},\n"
		   "  {\"when\": {\"engine\": \"docker\"}, \"use\": \"cis-docker\"},\n"
		   "  {\"use\": \"restricted\"}],\n"
		   " \"log\": {\"file\": \"/var/log/c.jsonl\", \"journald\": true, \"syslog\": false,\n"
		   "  \"on_failure\": \"ignore\"}}\n");
	write_text("host", "least", "{\"format\": 1}");
	write_text("json", "all",
		   "/* one */ {\"a~b/c\": [0, -1.5e+7, true, false, null, \"\\u20ac\\ud83d\\ude00\"], // two\n"
		   "\t\"\": {}, \"\": [], \"x\": {\"y\": [[[\"\xe2\x82\xac\"]]]}}\n");
	write_text("json", "list", "[1, 2, {\"a\": 3}, [], \"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fputs("usage: seeds FOLDER\n", stderr);
		return 2;
	}
	folder = argv[1];
	(void)mkdir(folder, 0755);
	dictionary();
	configurations();
	write_filled("spec", oci_spec_fields());
	write_filled("state", oci_state_fields());
	policies();
	recordings();
	small();
	return 0;
}
