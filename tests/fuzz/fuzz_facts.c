/* SPDX-License-Identifier: Apache-2.0 */
/* A recording of facts; or, where it does not start as one, a file of the kernel's. */
#include "fuzz.h"

#include <string.h>

#include <cofferdam/text.h>

#include "../../src/facts/facts-private.h"

static const char config[] =
	"{\"process\": {\"user\": {\"uid\": 1}, \"args\": [\"sh\"], \"cwd\": \"/\"},\n"
	" \"root\": {\"path\": \"/r\"},\n"
	" \"mounts\": [{\"destination\": \"/m\", \"source\": \"/a\", \"options\": [\"bind\"]},\n"
	"  {\"destination\": \"/n\", \"source\": \"/b\", \"options\": [\"rbind\", \"ro\"]}],\n"
	" \"hooks\": {\"prestart\": [{\"path\": \"/h\"}]},\n"
	" \"linux\": {\"namespaces\": [{\"type\": \"pid\", \"path\": \"/p\"}, {\"type\": \"mount\"}]}}";

static const struct candidate *candidate(void)
{
	static struct candidate c;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;

	buf_str(&text, config);
	if (!c.doc)
		property(candidate_parse("config.json", &text, &c, &err) == 0, "%s", err.text);
	return &c;
}

/* judged - what the rules say by @facts, as JSON. */
static void judged(const struct candidate *c, const struct facts *facts, struct buf *out)
{
	const struct subject subject = {
		.doc = c->doc, .spec = &c->spec, .facts = facts,
		.policy = fuzz_policy(BUNDLE_RESTRICTED), .door = DOOR_RUNTIME,
	};
	_cleanup_decision_ struct decision decision = { 0 };
	const struct report report = {
		.subject = &subject, .decision = &decision, .name = "config.json",
	};
	struct error err;

	property(verdict_reach(&subject, &decision, &err) == 0, "%s", err.text);
	fuzz_told(&subject, &decision);
	report_json(out, &report);
}

static void recording(const struct buf *text)
{
	const struct candidate *c = candidate();
	_cleanup_facts_ struct facts facts = { 0 }, again = { 0 };
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 }, before = { 0 }, after = { 0 };
	struct error err;

	if (facts_load("facts.json", buf_cstr(text), text->len, &c->spec, &facts, &err) < 0)
		return;
	facts_print(&first, &facts);
	property(facts_load("again", buf_cstr(&first), first.len, &c->spec, &again, &err) == 0,
		 "%s: %s", err.text, buf_cstr(&first));
	facts_print(&second, &again);
	property(strcmp(buf_cstr(&first), buf_cstr(&second)) == 0, "printed again, they differ: %s%s",
		 buf_cstr(&first), buf_cstr(&second));
	judged(c, &facts, &before);
	judged(c, &again, &after);
	property(strcmp(buf_cstr(&before), buf_cstr(&after)) == 0, "judged again, it differs");
}

static void mount_table(struct buf *text)
{
	struct mount_table table = { 0 };
	struct error err;

	if (mounts_parse(text, &table, &err) < 0)
		return;
	property(table.n > 0, "a mount table has rows");
	for (size_t i = 0; i < table.n; i++) {
		const struct mount_row *row = &table.rows[i];
		const size_t from = mounts_from(&table, row->point);

		property(mounts_find(&table, row->id)->id == row->id, "a row is found by its id");
		property(from < table.n && strcmp(table.by_point[from]->point, row->point) == 0,
			 "a row is found by its mount point");
		(void)mounts_hangs_on(&table, row, table.rows[0].id, "/");
	}
	mounts_free(&table);
}

static void small_files(const struct buf *text)
{
	static const char *const names[] = { "disk", "docker", "shadow" };
	_cleanup_free_ char *copy = strdup(buf_cstr(text));
	struct fact_idmap map = { 0 };
	struct fact_groups groups = { 0 };
	struct error err;

	property(copy, "out of memory");
	if (idmap_parse(copy, &map) == 0)
		free(map.v);
	if (groups_parse(copy, names, ARRAY_SIZE(names), &groups, &err) == 0)
		property(groups.is == FACT_KNOWN, "the groups are known");
	for (size_t i = 0; i < groups.n; i++)
		property(text_nearest(groups.v[i].name, names, ARRAY_SIZE(names)), "a group that was asked for");
	groups_free(&groups);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf text = { 0 };

	fuzz_text(data, size, &text);
	if (size > 0 && data[0] == '{') {
		recording(&text);
	} else {
		small_files(&text);
		mount_table(&text);
	}
	return 0;
}
