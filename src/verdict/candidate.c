/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/verdict.h>

#include <string.h>

int candidate_parse(const char *name, const struct buf *text, struct candidate *c,
		    struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = json_parse(name, buf_cstr(text), text->len, 0, &doc, err);

	if (r == 0)
		r = oci_spec_read(doc, &c->spec, err);
	if (r < 0)
		return r;
	c->doc = steal_ptr(doc);
	return 0;
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
	decision_free(&c->decision);
	facts_free(&c->facts);
	oci_spec_free(&c->spec);
	json_free(&c->doc);
}
