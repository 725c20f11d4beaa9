/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_DIGEST_H
#define COFFERDAM_DIGEST_H

/* SHA-256 in the form that manifests and records have: "sha256:HEX". */

#include <stdbool.h>
#include <stddef.h>

#define DIGEST_MAX (sizeof("sha256:") + 64)

/* digest_of - of @len bytes, ended by NUL. */
void digest_of(const char *data, size_t len, char ret[DIGEST_MAX]);

/* digest_valid - whether @s has the form, in lower case. */
bool digest_valid(const char *s);

#endif
