/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DIGEST_H
#define COFFERDAM_DIGEST_H

/* SHA-256 in the form that manifests and records have, "sha256:HEX"; and a quicker one. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_MAX (sizeof("sha256:") + 64)

/* digest_of - of @len bytes, ended by NUL. */
void digest_of(const char *data, size_t len, char ret[DIGEST_MAX]);

/* digest_valid - whether @s has the form, in lower case. */
bool digest_valid(const char *s);

/*
 * digest_quick - @sum, made another by @data: a number that two texts hardly share unless
 * somebody made them so. It does not count the length, which is the caller's to begin with
 * where zeros at the end, or nothing at all, make a difference. Good on this machine alone,
 * as words have its byte order.
 */
uint64_t digest_quick(uint64_t sum, const char *data, size_t len);

#endif
