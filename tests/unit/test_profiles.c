/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shipped profiles do what their source says, as the exec gate gets them and
 * as a runtime builds them; and engines' own files are read as engines do.
 */
#include "seccomp-run.h"

#define X32 0x40000000
#define EPERM_ (SECCOMP_RET_ERRNO | EPERM)
#define ENOSYS_ (SECCOMP_RET_ERRNO | ENOSYS)
#define FAMILY_ (SECCOMP_RET_ERRNO | EAFNOSUPPORT)
#define PROTO_ (SECCOMP_RET_ERRNO | EPROTONOSUPPORT)

/* embedded - what the exec gate gets, as a copy */
static void embedded(const char *name, uint32_t arch, struct seccomp_program *ret)
{
	const struct sock_filter *v = profile_program(name, arch, &ret->n);

	assert_non_null(v);
	ret->v = malloc(ret->n * sizeof(*v));
	assert_non_null(ret->v);
	memcpy(ret->v, v, ret->n * sizeof(*v));
}

/* injected - what a runtime makes of the JSON with this libseccomp */
static void injected(const char *name, uint32_t arch, struct seccomp_program *ret)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	const char *shipped = profile_shipped(name, &len);

	assert_non_null(shipped);
	text = strndup(shipped, len);
	assert_non_null(text);
	compile(text, arch, ret);
}

static const struct {
	const char *call;
	uint64_t args[3];
	uint32_t hardened, build;
} expected[] = {
	{ "read", { 0 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "futex", { 0 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "rseq", { 0 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "clone3", { 0 }, ENOSYS_, ENOSYS_ },
	{ "name_to_handle_at", { 0 }, ENOSYS_, ENOSYS_ },
	{ "io_uring_setup", { 0 }, EPERM_, EPERM_ },
	{ "mount", { 0 }, EPERM_, EPERM_ },
	{ "unshare", { 0 }, EPERM_, EPERM_ },
	{ "setns", { 0 }, EPERM_, EPERM_ },
	{ "bpf", { 0 }, EPERM_, EPERM_ },
	{ "keyctl", { 0 }, EPERM_, EPERM_ },
	{ "ptrace", { 0 }, EPERM_, SECCOMP_RET_ALLOW },
	{ "mbind", { 0 }, EPERM_, SECCOMP_RET_ALLOW },
	{ "clone", { 0x11 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "clone", { 0x3d0f00 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "clone", { 0x10000011 }, EPERM_, EPERM_ },
	{ "clone", { 0x20000 }, EPERM_, EPERM_ },
	{ "clone", { 0x7e020011 }, EPERM_, EPERM_ },
	{ "clone", { HIGH | 0x10000011 }, EPERM_, EPERM_ },
	{ "socket", { 1 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "socket", { 2 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "socket", { HIGH | 2 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "socket", { 10 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "socket", { 16, 3, 0 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "socket", { 16, 3, 6 }, PROTO_, PROTO_ },
	{ "socket", { 16, 3, 9 }, PROTO_, PROTO_ },
	{ "socket", { 16, 3, 12 }, PROTO_, PROTO_ },
	{ "socket", { 16, 3, HIGH | 9 }, PROTO_, PROTO_ },
	{ "socket", { 0 }, FAMILY_, FAMILY_ },
	{ "socket", { 15 }, FAMILY_, FAMILY_ },
	{ "socket", { 17 }, FAMILY_, FAMILY_ },
	{ "socket", { 21 }, FAMILY_, FAMILY_ },
	{ "socket", { 33 }, FAMILY_, FAMILY_ },
	{ "socket", { 38 }, FAMILY_, FAMILY_ },
	{ "socket", { HIGH | 38 }, FAMILY_, FAMILY_ },
	{ "socket", { 40 }, FAMILY_, FAMILY_ },
	{ "socket", { 44 }, FAMILY_, FAMILY_ },
	{ "socket", { 64 }, ENOSYS_, ENOSYS_ },
	{ "socketpair", { 1 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "socketpair", { 40 }, ENOSYS_, ENOSYS_ },
	{ "ioctl", { 0, 0x5412 }, EPERM_, EPERM_ },
	{ "ioctl", { 0, HIGH | 0x5412 }, EPERM_, EPERM_ },
	{ "ioctl", { 0, 0x541c }, EPERM_, EPERM_ },
	{ "ioctl", { 0, 0x541b }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "ioctl", { 0, 0x5413 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "ioctl", { 0, 0x5410 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "ioctl", { 0, 0 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "ioctl", { 0, 0xffffffff }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "mknodat", { 0, 0, 0010600 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "mknodat", { 0, 0, 0020600 }, EPERM_, EPERM_ },
	{ "mknodat", { 0, 0, HIGH | 0060600 }, EPERM_, EPERM_ },
	{ "personality", { 0 }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "personality", { 0xffffffff }, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW },
	{ "personality", { 0x40000 }, EPERM_, SECCOMP_RET_ALLOW },
	{ "personality", { 0x400000 }, EPERM_, EPERM_ },
};

static void judge(const struct seccomp_program *p, const char *name, uint32_t arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		struct seccomp_data data = { .arch = arch };
		uint32_t want = strcmp(name, "build") == 0 ? expected[i].build : expected[i].hardened;

		/* libseccomp takes no denial of socket beside the one of socketcall */
		if (strcmp(name, "compat32") == 0 && (want == FAMILY_ || want == PROTO_))
			want = ENOSYS_;

		data.nr = seccomp_syscall_resolve_name_arch(arch, expected[i].call);
		memcpy(data.args, expected[i].args, sizeof(expected[i].args));
		if (data.nr < 0)
			continue;
		if (run(p, &data) != want)
			fail_msg("%s, %#x: %s(%#llx, %#llx, %#llx) gets %#x, not %#x", name, arch,
				 expected[i].call, (unsigned long long)data.args[0],
				 (unsigned long long)data.args[1], (unsigned long long)data.args[2],
				 run(p, &data), want);
	}
}

static void shipped_answers(void **state)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };
	struct seccomp_data data = { .nr = 1 << 20 };

	(void)state;
	for (size_t i = 0; profile_name(i); i++) {
		for (size_t a = 0; a < ARRAY_SIZE(arches); a++) {
			_cleanup_seccomp_ struct seccomp_program gate = { 0 }, runtime = { 0 };

			embedded(profile_name(i), arches[a], &gate);
			injected(profile_name(i), arches[a], &runtime);
			judge(&gate, profile_name(i), arches[a]);
			judge(&runtime, profile_name(i), arches[a]);
			data.arch = arches[a];
			assert_int_equal(run(&gate, &data), ENOSYS_);
			assert_int_equal(run(&runtime, &data), ENOSYS_);
		}
	}
	assert_int_equal(profile_name(3) == NULL, true);
	assert_null(profile_program("hardened", AUDIT_ARCH_S390X, &(size_t){ 0 }));
	assert_null(profile_program("none", AUDIT_ARCH_X86_64, &(size_t){ 0 }));
}

/* The filter that the gate stacks and the one that a runtime builds allow the
 * same calls, whichever libseccomp each was made with. */
static void gate_is_runtime(void **state)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };
	struct error err;

	(void)state;
	for (size_t i = 0; profile_name(i); i++) {
		for (size_t a = 0; a < ARRAY_SIZE(arches); a++) {
			_cleanup_seccomp_ struct seccomp_program gate = { 0 }, runtime = { 0 };
			_cleanup_excesses_ struct seccomp_excesses more = { 0 }, less = { 0 };

			embedded(profile_name(i), arches[a], &gate);
			injected(profile_name(i), arches[a], &runtime);
			assert_int_equal(seccomp_compare(&gate, &runtime, arches[a], &more, &err),
					 0);
			assert_int_equal(seccomp_compare(&runtime, &gate, arches[a], &less, &err),
					 0);
			assert_int_equal(more.n, 0);
			assert_int_equal(less.n, 0);
			assert_true(more.allowed_a > 200);
		}
	}
}

/* What a program asks most and no kernel remembers, the gate's filter answers first. */
static void ioctl_is_first(void **state)
{
	static const uint32_t arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64 };
	static const uint64_t passes[] = { 0x5401, 0x5421, 0x541b, 0xc0106400, HIGH | 0x5421 };
	static const uint64_t undecided[] = { 0x5412, 0x541c, HIGH | 0x5412, HIGH | 0x541c };
	struct error err;
	uint32_t ret;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(arches) * 3; i++) {
		const uint32_t arch = arches[i / 3];
		_cleanup_seccomp_ struct seccomp_program whole = { 0 };
		struct seccomp_program first;
		struct seccomp_data data = {
			.arch = arch, .nr = seccomp_syscall_resolve_name_arch(arch, "ioctl"),
		};

		embedded(profile_name(i % 3), arch, &whole);
		first = (struct seccomp_program){ .v = whole.v, .n = 8 };
		for (size_t k = 0; k < ARRAY_SIZE(passes); k++) {
			data.args[1] = passes[k];
			assert_int_equal(run(&first, &data), SECCOMP_RET_ALLOW);
		}
		for (size_t k = 0; k < ARRAY_SIZE(undecided); k++) {
			data.args[1] = undecided[k];
			assert_true(seccomp_run(&first, &data, &ret, &err) < 0);
			assert_int_equal(run(&whole, &data), EPERM_);
		}
		/* the other architecture's numbers, and x32's, are others */
		data.args[1] = 0x5421;
		data.arch = arches[1 - i / 3];
		assert_true(seccomp_run(&first, &data, &ret, &err) < 0);
		data.arch = arch;
		data.nr |= X32;
		assert_true(seccomp_run(&first, &data, &ret, &err) < 0);
	}
}

static void other_doors(void **state)
{
	struct seccomp_data data = { .arch = AUDIT_ARCH_I386, .nr = 20 /* getpid */ };
	_cleanup_seccomp_ struct seccomp_program hardened = { 0 }, compat = { 0 };

	(void)state;
	embedded("hardened", AUDIT_ARCH_X86_64, &hardened);
	injected("compat32", AUDIT_ARCH_X86_64, &compat);
	assert_false(seccomp_passes(run(&hardened, &data)));
	assert_int_equal(run(&compat, &data), SECCOMP_RET_ALLOW);
	/* i386's socketcall makes no socket, of whatever family */
	data.nr = 102;
	for (uint64_t call = 1; call <= 20; call++) {
		data.args[0] = call;
		assert_int_equal(run(&compat, &data),
				 call == 1 || call == 8 ? EPERM_ : SECCOMP_RET_ALLOW);
	}
	data.args[0] = HIGH | 1;
	assert_int_equal(run(&compat, &data), EPERM_);
	/* i386's own socket */
	data.nr = 359;
	data.args[0] = 1;
	assert_int_equal(run(&compat, &data), SECCOMP_RET_ALLOW);
	data.args[0] = 38;
	assert_int_equal(run(&compat, &data), ENOSYS_);
	data = (struct seccomp_data){ .arch = AUDIT_ARCH_X86_64, .nr = X32 | 39 };
	assert_false(seccomp_passes(run(&hardened, &data)));
	assert_false(seccomp_passes(run(&compat, &data)));
}

static void shipped_lints(void **state)
{
	(void)state;
	for (size_t i = 0; profile_name(i); i++) {
		_cleanup_profile_ struct seccomp_profile profile = { 0 };
		_cleanup_calls_ struct seccomp_calls calls = { 0 };
		_cleanup_lints_ struct seccomp_lints out = { 0 };
		struct error err;
		size_t len = 0;
		const char *text = profile_shipped(profile_name(i), &len);

		assert_int_equal(profile_read(profile_name(i), text, len, &profile, &err), 0);
		assert_int_equal(seccomp_calls_read(seccomp_of(&profile), &calls, &err), 0);
		assert_int_equal(seccomp_lint(&calls, AUDIT_ARCH_X86_64, &out, &err), 0);
		assert_int_equal(out.n, 0);
	}
}

/* forget - spell every name of a system call from number @limit on (of i386: @limit32, for
 * those that x86-64 has not) so that libseccomp does not know it; how many there are. */
static unsigned forget(char *text, int limit, int limit32)
{
	unsigned n = 0;

	for (int nr = limit; nr < 460; nr++) {
		char *known = seccomp_syscall_resolve_num_arch(AUDIT_ARCH_X86_64, nr);
		_cleanup_free_ char *quoted = NULL;

		assert_true(!known || asprintf(&quoted, "\"%s\"", known) > 0);
		free(known);
		for (char *at = quoted ? strstr(text, quoted) : NULL; at; at = strstr(at, quoted)) {
			at[1] = 'Q';
			n++;
		}
	}
	for (int nr = limit32; nr < 460; nr++) {
		char *known = seccomp_syscall_resolve_num_arch(AUDIT_ARCH_I386, nr);
		_cleanup_free_ char *quoted = NULL;
		char *at;

		assert_true(!known || asprintf(&quoted, "\"%s\"", known) > 0);
		at = quoted ? strstr(text, quoted) : NULL;
		if (known && seccomp_syscall_resolve_name_arch(AUDIT_ARCH_X86_64, known) >= 0)
			at = NULL;
		free(known);
		if (at) {
			at[1] = 'Q';
			n++;
		}
	}
	return n;
}

/*
 * Under a runtime with an old libseccomp the names that it does not know vanish without
 * a word. That may cost a program a call; it never lets one through, and threads start.
 */
static void old_libseccomp(void **state)
{
	static const struct { int limit, limit32; unsigned least; } releases[] = {
		{ 328, 383, 20 },		/* 2.3: Linux 4.5 */
		{ 335, 387, 15 },		/* 2.4: Linux 5.0 */
		{ 440, 440, 3 },		/* 2.5.0: Linux 5.8 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(releases) * 3; i++) {
		_cleanup_seccomp_ struct seccomp_program whole = { 0 }, old = { 0 };
		_cleanup_excesses_ struct seccomp_excesses more = { 0 };
		struct seccomp_data data = { .arch = AUDIT_ARCH_X86_64 };
		_cleanup_free_ char *text = NULL;
		struct error err = { 0 };
		size_t len = 0;

		assert_non_null(profile_shipped(profile_name(i % 3), &len));
		text = strndup(profile_shipped(profile_name(i % 3), &len), len);
		assert_non_null(text);
		compile(text, AUDIT_ARCH_X86_64, &whole);
		assert_true(forget(text, releases[i / 3].limit, releases[i / 3].limit32) >=
			    releases[i / 3].least);
		compile(text, AUDIT_ARCH_X86_64, &old);
		assert_int_equal(seccomp_compare(&old, &whole, AUDIT_ARCH_X86_64, &more, &err), 0);
		assert_int_equal(more.n, 0);
		data.nr = 435;	/* clone3: whatever the name, ENOSYS */
		assert_int_equal(run(&old, &data), ENOSYS_);
		data.nr = 425;	/* io_uring_setup */
		assert_false(seccomp_passes(run(&old, &data)));
		data.nr = 56;	/* clone */
		assert_int_equal(run(&old, &data), SECCOMP_RET_ALLOW);
	}
}

/* Entries of an engine's own file apply by capability, architecture, kernel. */
static void engine_files(void **state)
{
#define ENGINE(CONDITION) "{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"archMap\":[{\"architecture\":\"SCMP_ARCH_X86_64\",\"subArchitectures\":[\"SCMP_ARCH_X86\"]}],\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ALLOW\"," CONDITION "}]}"
	static const struct {
		const char *text;
		bool applies;
	} files[] = {
		{ ENGINE("\"args\":null"), true },
		{ ENGINE("\"includes\":{\"caps\":[\"CAP_CHOWN\"]}"), true },
		{ ENGINE("\"includes\":{\"caps\":[\"CAP_CHOWN\",\"CAP_SYS_ADMIN\"]}"), false },
		{ ENGINE("\"excludes\":{\"caps\":[\"CAP_SYS_ADMIN\"]}"), true },
		{ ENGINE("\"excludes\":{\"caps\":[\"CAP_CHOWN\"]}"), false },
		{ ENGINE("\"includes\":{\"arches\":[\"arm64\",\"amd64\"]}"), true },
		{ ENGINE("\"includes\":{\"arches\":[\"arm64\"]}"), false },
		{ ENGINE("\"excludes\":{\"arches\":[\"amd64\"]}"), false },
		{ ENGINE("\"includes\":{\"minKernel\":\"4.8\"}"), true },
		{ ENGINE("\"includes\":{\"minKernel\":\"400.1\"}"), false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_seccomp_ struct seccomp_program p = { 0 };
		struct seccomp_data data = { .arch = AUDIT_ARCH_X86_64, .nr = 0 };

		compile(files[i].text, AUDIT_ARCH_X86_64, &p);
		if (seccomp_passes(run(&p, &data)) != files[i].applies)
			fail_msg("%s", files[i].text);
		data.arch = AUDIT_ARCH_I386;
		data.nr = 3;
		assert_int_equal(seccomp_passes(run(&p, &data)), files[i].applies);
	}
}

/* of_config - what the profile in a config.json means on x86-64; -errno. */
static int of_config(const char *rest, const char *arches, const char *rules,
		     struct seccomp_program *ret)
{
	_cleanup_profile_ struct seccomp_profile profile = { 0 };
	_cleanup_free_ char *text = NULL;
	struct error err = { 0 };

	assert_true(asprintf(&text, "{%s\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\","
			     "\"architectures\":[%s],\"syscalls\":[{\"names\":[\"read\",\"write\"],%s"
			     "\"action\":\"SCMP_ACT_ALLOW\"}]}}}", rest, arches, rules) > 0);
	assert_int_equal(json_parse("config.json", text, strlen(text), 0, &profile.doc, &err), 0);
	return seccomp_profile_compile(&profile, AUDIT_ARCH_X86_64, ret, &err);
}

/* A profile is the same where it can be read as it stands and where it has to be edited. */
static void as_it_stands(void **state)
{
	static const char *const arches[] = {
		"\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\"",
		"\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_X86\",\"SCMP_ARCH_AARCH64\"",
	};
	static const char *const rest[] = { "", "\"hostname\":\"a\",\"hostname\":\"b\"," };
	_cleanup_seccomp_ struct seccomp_program first = { 0 };

	(void)state;
	assert_int_equal(of_config(rest[0], arches[0], "", &first), 0);
	assert_true(first.n > 4);
	for (size_t i = 0; i < 4; i++) {
		_cleanup_seccomp_ struct seccomp_program p = { 0 };

		assert_int_equal(of_config(rest[i / 2], arches[i % 2], "", &p), 0);
		assert_int_equal(p.n, first.n);
		assert_memory_equal(p.v, first.v, p.n * sizeof(*p.v));
		assert_int_equal(of_config(rest[i / 2], arches[i % 2],
					   "\"action\":\"SCMP_ACT_LOG\",", &p), -EINVAL);
		seccomp_program_free(&p);
		/* what is no name of an architecture is an error, and not left out */
		assert_int_equal(of_config(rest[i / 2], "\"SCMP_ARCH_NONE\"", "", &p), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped_answers),
		cmocka_unit_test(gate_is_runtime),
		cmocka_unit_test(ioctl_is_first),
		cmocka_unit_test(other_doors),
		cmocka_unit_test(shipped_lints),
		cmocka_unit_test(old_libseccomp),
		cmocka_unit_test(engine_files),
		cmocka_unit_test(as_it_stands),
	};

	return cmocka_run_group_tests_name("seccomp profiles", tests, NULL, NULL);
}
