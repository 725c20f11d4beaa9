/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of edits: made to the text and to the tree. Compiled into each. */
#ifndef TESTS_UNIT_EDIT_SCRIPT_H
#define TESTS_UNIT_EDIT_SCRIPT_H

#include <cofferdam/json.h>

#include "unit.h"
#include "same-doc.h"

/* A script: lines of "add POINTER VALUE", "replace POINTER VALUE", "remove POINTER". */
static inline void add_script(struct json_edits *edits, const char *script)
{
	_cleanup_free_ char *copy = strdup(script);
	char *line, *save = NULL;

	for (line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		enum json_op op = line[0] == 'a' ? JSON_ADD : line[2] == 'p' ? JSON_REPLACE
									     : JSON_REMOVE;
		char *pointer = strchr(line, ' ') + 1, *value = strchr(pointer, ' ');
		struct error err = { 0 };

		if (value)
			*value++ = '\0';
		assert_int_equal(json_edits_add(edits, op, pointer, value, &err), 0);
	}
}

/* check_edited - the tree that edits were made on reads as the text with them made. */
static inline void check_edited(const struct json_doc *doc, const struct json_edits *edits)
{
	_cleanup_json_ struct json_doc *edited = NULL, *read = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err = { 0 }, why = { 0 };
	const int r = json_apply(doc, edits, &text, &err);
	const char *differs;

	assert_int_equal(json_edited(doc, edits, &edited, &why), r);
	if (r < 0) {
		assert_string_equal(err.text, why.text);
		assert_null(edited);
		return;
	}
	assert_int_equal(json_parse(doc->name, buf_cstr(&text), text.len, JSON_COMMENTS, &read,
				    &err), 0);
	differs = same_doc(edited, read);
	if (differs)
		fail_msg("%s\n became %s\n and another tree: %s", doc->text, buf_cstr(&text),
			 differs);
}

static inline int apply(const char *text, const struct json_edits *edits, struct buf *out,
			struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;

	assert_int_equal(json_parse("t", text, strlen(text), JSON_COMMENTS, &doc, err), 0);
	check_edited(doc, edits);
	return json_apply(doc, edits, out, err);
}

#endif
