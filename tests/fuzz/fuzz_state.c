/* SPDX-License-Identifier: Apache-2.0 */
/* The state on a hook's standard input. */
#include "fuzz.h"

#include <string.h>

static void is_member(const struct json *object, const char *name, const char *value)
{
	const struct json *node = json_get(object, name);

	property(node && node->type == JSON_STRING && strcmp(node->str, value) == 0,
		 "%s is the member of that name", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_state_ struct oci_state state = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;

	fuzz_text(data, size, &text);
	if (json_parse("state", buf_cstr(&text), text.len, 0, &doc, &err) < 0 ||
	    oci_state_read(doc, &state, &err) < 0)
		return 0;
	property(state.notes.n == 0 && doc->repeated == 0, "a state is read alike by all");
	property(state.pid.v > 0 && state.pid.v <= INT32_MAX, "a pid");
	property(state.id.v[0] != '\0' && state.bundle.v[0] == '/', "an id and a bundle");
	is_member(doc->root, "id", state.id.v);
	is_member(doc->root, "bundle", state.bundle.v);
	return 0;
}
