/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/rules.h>

/* Every note that the reading tables took is something two runtimes differ on. */
int check_ambiguous_config(const struct rule_input *in, struct findings *out,
			   struct error *err)
{
	for (size_t i = 0; i < in->spec->notes.n; i++) {
		const struct note *note = &in->spec->notes.v[i];
		_cleanup_buf_ struct buf pointer = { 0 }, text = { 0 };
		struct finding *f;

		json_pointer(&pointer, note->node);
		note_describe(&text, note);
		if (buf_check(&pointer, err) < 0 || buf_check(&text, err) < 0)
			return err->code;
		f = finding_add(in, out, err, buf_cstr(&pointer), "%s", buf_cstr(&text));
		if (!f)
			return err->code;
		f->node = note->node;	/* a repeated name has one pointer but two places */
	}
	return 0;
}
