/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/digest.h>

#include <string.h>

#include <cofferdam/sha256.h>

static const char prefix[] = "sha256:";

void digest_of(const char *data, size_t len, char ret[DIGEST_MAX])
{
	struct sha256 s;

	sha256_begin(&s);
	sha256_add(&s, data, len);
	memcpy(ret, prefix, sizeof(prefix) - 1);
	sha256_end(&s, ret + sizeof(prefix) - 1);
}

bool digest_valid(const char *s)
{
	return strlen(s) == DIGEST_MAX - 1 && strncmp(s, prefix, sizeof(prefix) - 1) == 0 &&
	       strspn(s + sizeof(prefix) - 1, "0123456789abcdef") == 64;
}
