/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_SHA256_H
#define COFFERDAM_SHA256_H

/* SHA-256 (FIPS 180-4), to name what was admitted by what it says. */

#include <stddef.h>
#include <stdint.h>

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

#define SHA256_HEX 65u			/* with its NUL */

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* sha256_end - the digest in lower-case hexadecimal digits. */
void sha256_end(struct sha256 *s, char hex[SHA256_HEX]);

#endif
