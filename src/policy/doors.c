/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <linux/audit.h>
#include <seccomp.h>
#include <string.h>

/* Architectures, and which of them one kernel serves. */

/* libseccomp's tokens are the kernel's AUDIT_ARCH_*, but for x32. */
static const struct {
	const char *scmp, *engine;	/* as the OCI and as containers/common say it */
	uint32_t token;
} arches[] = {
	{ "SCMP_ARCH_X86_64", "amd64", SCMP_ARCH_X86_64 },
	{ "SCMP_ARCH_X86", "x86", SCMP_ARCH_X86 },
	{ "SCMP_ARCH_X32", "x32", SCMP_ARCH_X32 },
	{ "SCMP_ARCH_AARCH64", "arm64", SCMP_ARCH_AARCH64 },
	{ "SCMP_ARCH_ARM", "arm", SCMP_ARCH_ARM },
	{ "SCMP_ARCH_RISCV64", "riscv64", SCMP_ARCH_RISCV64 },
	{ "SCMP_ARCH_S390X", "s390x", SCMP_ARCH_S390X },
	{ "SCMP_ARCH_S390", "s390", SCMP_ARCH_S390 },
	{ "SCMP_ARCH_PPC64LE", "ppc64le", SCMP_ARCH_PPC64LE },
	{ "SCMP_ARCH_PPC64", "ppc64", SCMP_ARCH_PPC64 },
	{ "SCMP_ARCH_PPC", "ppc", SCMP_ARCH_PPC },
	{ "SCMP_ARCH_MIPS", "mips", SCMP_ARCH_MIPS },
	{ "SCMP_ARCH_MIPS64", "mips64", SCMP_ARCH_MIPS64 },
	{ "SCMP_ARCH_MIPS64N32", "mips64n32", SCMP_ARCH_MIPS64N32 },
	{ "SCMP_ARCH_MIPSEL", "mipsel", SCMP_ARCH_MIPSEL },
	{ "SCMP_ARCH_MIPSEL64", "mipsel64", SCMP_ARCH_MIPSEL64 },
	{ "SCMP_ARCH_MIPSEL64N32", "mipsel64n32", SCMP_ARCH_MIPSEL64N32 },
	{ "SCMP_ARCH_PARISC", "parisc", SCMP_ARCH_PARISC },
	{ "SCMP_ARCH_PARISC64", "parisc64", SCMP_ARCH_PARISC64 },
};

uint32_t seccomp_arch_token(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
		if (strcmp(name, arches[i].scmp) == 0 || strcmp(name, arches[i].engine) == 0)
			return arches[i].token;
	}
	return 0;
}

uint32_t seccomp_native(void)
{
	return seccomp_arch_native();
}

size_t seccomp_doors(uint32_t audit_arch, uint32_t *doors, size_t max)
{
	static const uint32_t beside[][2] = {
		{ AUDIT_ARCH_X86_64, AUDIT_ARCH_I386 },
		{ AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM },
		{ AUDIT_ARCH_S390X, AUDIT_ARCH_S390 },
		{ AUDIT_ARCH_PPC64, AUDIT_ARCH_PPC },
	};
	size_t n = 0;

	doors[n++] = audit_arch;
	for (size_t i = 0; i < ARRAY_SIZE(beside) && n < max; i++) {
		if (beside[i][0] == audit_arch)
			doors[n++] = beside[i][1];
	}
	return n;
}
