/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the audit log, which anybody may have written. */
#include "fuzz.h"

#include <string.h>

#include <cofferdam/entry.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_log_entry_ struct log_entry entry = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	enum outcome whole;
	struct error err;

	fuzz_text(data, size, &text);
	if (entry_read(buf_cstr(&text), text.len, &entry, &err) < 0)
		return 0;
	property(entry.format.v == 1 && entry.verdict.v, "a record has a format and a verdict");
	whole = entry_outcome(&entry, NULL);
	property(whole < OUTCOME_MAX, "a record has an outcome");
	property(entry.refused.v == (whole == OUTCOME_REFUSED), "what was refused is told as refused");
	for (size_t i = 0; i < entry.findings.n; i++) {
		const struct log_finding *f = entry_finding_at(&entry, i);
		const enum outcome one = entry_outcome(&entry, f);

		property(one < OUTCOME_CLEAN, "a finding has an outcome");
		property(whole <= one, "a record's outcome is the gravest");
		property(!f->exempt.v || one == OUTCOME_EXEMPT, "an exemption is told as one");
	}
	return 0;
}
