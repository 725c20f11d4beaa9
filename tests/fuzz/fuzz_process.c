/* SPDX-License-Identifier: Apache-2.0 */
/* A process object, in a configuration that is harmless otherwise. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf process = { 0 }, text = { 0 };
	_cleanup_json_ struct json_doc *doc = NULL;
	struct error err;

	fuzz_text(data, size, &process);
	if (json_parse("process.json", buf_cstr(&process), process.len, 0, &doc, &err) < 0)
		return 0;
	fuzz_config(&text, &process);
	fuzz_judge(&text);
	return 0;
}
