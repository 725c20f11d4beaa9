/* SPDX-License-Identifier: Apache-2.0 */
/* host.json, as its reader gets it. */
#include "fuzz.h"

#include <string.h>

#include "../../src/policy/policy-private.h"

/* is_whole - every container has a policy, and every record a place. */
static void is_whole(const struct host *host)
{
	property(host->n_choices == 0 || host->choices[host->n_choices - 1].any,
		 "the last choice matches all");
	for (size_t i = 0; i < host->n_choices; i++) {
		const struct host_choice *choice = &host->choices[i];

		property(choice->use, "a choice names a policy");
		property(!choice->when.engines[ENGINE_UNKNOWN], "no engine of no name");
	}
	property(!host->log.file || host->log.file[0] == '/', "an absolute path");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_host_ struct host *host = NULL;
	_cleanup_buf_ struct buf text = { 0 };
	struct error err;
	enum bundle bundle;

	fuzz_text(data, size, &text);
	if (host_read("/nonexistent/host.json", &text, &host, &err) < 0)
		return 0;
	is_whole(host);
	/* no file that the input names is opened */
	for (size_t i = 0; i < host->n_choices; i++) {
		if (bundle_parse(host->choices[i].use, &bundle) < 0)
			return 0;
	}
	for (int e = 0; e < ENGINE_MAX; e++) {
		_cleanup_policy_ struct policy *policy = NULL;
		const struct container container = { .engine = (enum engine)e };

		/* what the overlay says is only read here */
		property(host_policy(host, &container, 0, &policy, &err) == 0 || host->overlay,
			 "%s", err.text);
	}
	return 0;
}
