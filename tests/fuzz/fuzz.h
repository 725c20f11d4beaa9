/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

/*
 * What the fuzz targets share. A target reads its input as the program it
 * stands for would, and then asserts what must hold of the answer.
 */

#include <cofferdam/harden.h>
#include <cofferdam/report.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* property - end the program, and with it the search, unless @holds. */
#define property(holds, ...) \
	do { \
		if (!(holds)) \
			fuzz_broken(__FILE__, __LINE__, __VA_ARGS__); \
	} while (0)

_Noreturn void fuzz_broken(const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* fuzz_text - the input as a buffer, NUL-terminated as what programs read is. */
void fuzz_text(const uint8_t *data, size_t size, struct buf *ret);

/* fuzz_random - a number below @below (not 0) that follows from the input alone. */
uint64_t fuzz_seed(const uint8_t *data, size_t size);
size_t fuzz_random(uint64_t *seed, size_t below);

/* fuzz_words - every name that a reader or the registry knows, ended by NULL. */
const char *const *fuzz_words(void);

/* fuzz_policy - a shipped bundle, loaded once. */
const struct policy *fuzz_policy(enum bundle bundle);

/*
 * fuzz_config - a configuration that every shipped bundle allows as it is, with
 * @process (JSON text) as its process; NULL means the one it is allowed with.
 */
void fuzz_config(struct buf *ret, const struct buf *process);

/*
 * fuzz_facts - of a host on whose one file system everything that @spec names
 * stands where its path says, with no symbolic link and no user namespace. Of
 * hooks nothing is known, so that none is ever allowed.
 */
void fuzz_facts(const struct oci_spec *spec, struct facts *ret);

/* fuzz_judge - judge @text by every bundle, at two doors; assert what must hold. */
void fuzz_judge(const struct buf *text);

/* fuzz_told - what every way to tell @decision must hold to. */
void fuzz_told(const struct subject *subject, const struct decision *decision);

/* fuzz_strict - what "restricted" must never let pass, whatever its rules are. */
void fuzz_strict(const struct json_doc *doc);

/* fuzz_same - every value that @edits do not reach is the same, byte for byte. */
void fuzz_same(const struct json_doc *before, const struct json_doc *after,
	       const struct json_edits *edits);

#endif
