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

static uint64_t quick_add(uint64_t sum, uint64_t word)
{
	sum = (sum ^ word) * 0x9e3779b97f4a7c15u;	/* 2^64 by the golden ratio: odd */
	return sum ^ sum >> 32;
}

uint64_t digest_quick(uint64_t sum, const char *data, size_t len)
{
	uint64_t word;

	for (; len >= sizeof(word); data += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		sum = quick_add(sum, word);
	}
	if (len == 0)
		return sum;
	word = 0;
	memcpy(&word, data, len);
	return quick_add(sum, word);
}
