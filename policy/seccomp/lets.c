/* SPDX-License-Identifier: Apache-2.0 */
/* What the shipped profiles let happen, by name, as src/policy/lets.inc has it. */
#include "source.h"

#include <ctype.h>
#include <string.h>

#include <cofferdam/seccomp.h>

static int read_calls(const char *name, const struct buf *text, struct seccomp_profile *profile,
		      struct seccomp_calls *calls, struct error *err)
{
	const struct seccomp_scope scope = {
		.audit_arch = seccomp_native(), .caps = seccomp_caps_default,
	};
	int r = seccomp_profile_read(name, buf_cstr(text), text->len, &scope, profile, err);

	return r < 0 ? r : seccomp_calls_read(seccomp_of(profile), calls, err);
}

int lets_names(struct buf *out, const char *name, const struct buf *text, struct error *err)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	int r = read_calls(name, text, &profile, &calls, err);
	size_t n = 0;

	if (r < 0)
		return r;
	buf_printf(out, "static const char %s_lets[][LETS_NAME] = {", name);
	for (size_t i = 0; i < calls.n; i++) {
		if (calls.v[i].let != LET_NEVER)
			buf_printf(out, "%s\"%s\",", n++ % 5 ? " " : "\n\t", calls.v[i].name);
	}
	buf_str(out, "\n};\n\n");
	return 0;
}

/* trap_print - "1u << TRAP_WIDE_COMPARE" of "wide-compare". */
static void trap_print(struct buf *out, enum seccomp_trap trap)
{
	buf_str(out, "1u << TRAP_");
	for (const char *c = seccomp_trap_name(trap); *c; c++)
		buf_char(out, *c == '-' ? '_' : (char)toupper((unsigned char)*c));
}

int lets_row(struct buf *out, const char *name, const struct buf *text,
	     const struct lets_arch *arch, struct error *err)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	_cleanup_calls_ struct seccomp_calls calls = { 0 };
	_cleanup_lints_ struct seccomp_lints lints = { 0 };
	unsigned traps = 0;
	int r = read_calls(name, text, &profile, &calls, err);

	if (r == 0)
		r = seccomp_lint(&calls, arch->arch, &lints, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < lints.n; i++)
		traps |= 1u << lints.v[i].trap;
	/* that depends on the host's libseccomp */
	traps &= ~(1u << TRAP_UNKNOWN_NAME);
	buf_printf(out, "\t{ \"%s\", %s, %s_lets, ARRAY_SIZE(%s_lets), ", name, arch->audit, name, name);
	for (unsigned t = 0, n = 0; t < TRAP_MAX; t++) {
		if (!(traps & 1u << t))
			continue;
		buf_str(out, n++ ? " | " : "");
		trap_print(out, (enum seccomp_trap)t);
	}
	buf_str(out, traps ? " },\n" : "0 },\n");
	return 0;
}
