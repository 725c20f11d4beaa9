/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_SHA256_H
#define COFFERDAM_SHA256_H

/* SHA-256 (FIPS 180-4), by libmd: to name what was admitted, and what a bundle holds. */

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <sha2.h>

struct sha256 {
	SHA2_CTX ctx;
};

#define SHA256_HEX 65u			/* with its NUL */

void sha256_begin(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
/* sha256_end - the digest in lower-case hexadecimal digits. */
void sha256_end(struct sha256 *s, char hex[SHA256_HEX]);

#endif
