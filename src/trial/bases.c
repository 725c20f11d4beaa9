/* SPDX-License-Identifier: Apache-2.0 */
/* The bases: what podman and docker wrote for the options that their names say
 * (policy/bases), and what the CRI of containerd and CRI-O did (tests/corpus). */
#include <cofferdam/trial.h>

#define EMBED_FILE(symbol, path)						\
	__asm__(".pushsection .rodata, \"a\"\n"				\
		symbol "_start: .incbin \"" SOURCEDIR "/" path "\"\n"		\
		symbol "_end: .byte 0\n"					\
		".popsection")

#define BASE(id, name, engine, path)						\
	EMBED_FILE("base_" #id, path ".json");					\
	EMBED_FILE("base_" #id "_facts", path ".facts.json");			\
	extern const char base_##id##_start[], base_##id##_end[];		\
	extern const char base_##id##_facts_start[], base_##id##_facts_end[];
#include "bases.def"
#undef BASE

static const struct base bases[] = {
#define BASE(id, name, engine, path) { name, engine, base_##id##_start, base_##id##_end,	\
				       base_##id##_facts_start, base_##id##_facts_end },
#include "bases.def"
#undef BASE
};

const struct base *base_at(size_t i)
{
	return i < ARRAY_SIZE(bases) ? &bases[i] : NULL;
}
