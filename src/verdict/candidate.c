/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/verdict.h>

#include <string.h>

/* take - read @doc, which is owned from here on. */
static int take(struct json_doc *doc, struct candidate *c, struct error *err)
{
	int r = oci_spec_read(doc, &c->spec, err);

	if (r < 0)
		json_free(&doc);
	else
		c->doc = doc;
	return r;
}

int candidate_parse_shared(const char *name, const struct buf *text,
			   struct json_shared *shared, struct candidate *c,
			   struct error *err)
{
	struct json_doc *doc = NULL;
	int r = json_parse_shared(name, text, shared, &doc, err);

	return r < 0 ? r : take(doc, c, err);
}

int candidate_parse(const char *name, const struct buf *text, struct candidate *c,
		    struct error *err)
{
	struct json_doc *doc = NULL;
	int r = json_parse(name, buf_cstr(text), text->len, 0, &doc, err);

	return r < 0 ? r : take(doc, c, err);
}

int candidate_edit(const struct json_doc *doc, const struct json_edits *edits,
		   struct candidate *c, struct error *err)
{
	struct json_doc *edited = NULL;
	int r = json_edited(doc, edits, &edited, err);

	return r < 0 ? r : take(edited, c, err);
}

int candidate_judge(struct candidate *c, const struct subject *how, struct error *err)
{
	c->subject = *how;
	c->subject.doc = c->doc;
	c->subject.spec = &c->spec;
	c->subject.facts = &c->facts;
	return verdict_reach(&c->subject, &c->decision, err);
}

void candidate_free(struct candidate *c)
{
	if (!c->doc)	/* nothing was taken, so nothing judged */
		return;
	decision_free(&c->decision);
	facts_free(&c->facts);
	oci_spec_free(&c->spec);
	json_free(&c->doc);
}
