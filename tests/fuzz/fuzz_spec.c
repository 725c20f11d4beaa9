/* SPDX-License-Identifier: Apache-2.0 */
/* config.json, as every door gets it. */
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf text = { 0 };

	fuzz_text(data, size, &text);
	fuzz_judge(&text);
	return 0;
}
