/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cofferdam/gate.h>

#include "unit.h"
#include "../../src/gate/gate-private.h"

/* hardens - whether a finding of @rule with edits of these members is one for the gate. */
static bool hardens(enum rule_id rule, const char *const *pointers)
{
	struct finding f = { .rule = rule };
	struct error err = { 0 };
	bool result;

	for (; *pointers; pointers++)
		assert_int_equal(json_edits_add(&f.edits, JSON_ADD, *pointers, "1", &err), 0);
	result = gate_hardens(NULL, &f);
	json_edits_free(&f.edits);
	return result;
}

#define EDITS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void covered(void **state)
{
	(void)state;
	assert_true(hardens(RULE_CAPABILITIES, EDITS("/process/capabilities/bounding",
						     "/process/capabilities/effective")));
	assert_true(hardens(RULE_ROOTFS_WRITABLE, EDITS("/root/readonly", "/mounts/-", "/mounts/12")));
	assert_true(hardens(RULE_SECCOMP_MISSING, EDITS("/linux/seccomp")));
	assert_true(hardens(RULE_MEMORY_LIMIT, EDITS("/linux/resources/memory/limit")));
	assert_true(hardens(RULE_CPU_LIMIT, EDITS("/linux/resources/unified/cpu.max")));
}

/* One edit that the gate cannot make true, and the whole finding is the hook's to deny. */
static void refused(void **state)
{
	(void)state;
	assert_false(hardens(RULE_CAPABILITIES, EDITS("/process/capabilitiesX")));
	assert_false(hardens(RULE_CAPABILITIES, EDITS("/process/capabilities/bounding", "/root/path")));
	assert_false(hardens(RULE_SECCOMP_MISSING,
			     EDITS("/annotations/run.oci.seccomp_bpf_data")));
	assert_false(hardens(RULE_MEMORY_LIMIT, EDITS("/linux/resources/memory/swap")));
	assert_false(hardens(RULE_MEMORY_LIMIT, EDITS("/linux/resources/memory/limits")));
	assert_false(hardens(RULE_ROOTFS_WRITABLE, EDITS("/root/readonly", "/mounts/x")));
	assert_false(hardens(RULE_ROOT_USER, EDITS("/process/user/uid")));
	/* without edits there is nothing to make true */
	assert_false(hardens(RULE_CAPABILITIES, (const char *const[]){ NULL }));
}

/* What no door can harden, the gate cannot either. */
static void remedies(void **state)
{
	static const char *const members[] = {
		"/process/capabilities/bounding", "/process/noNewPrivileges", "/process/rlimits",
		"/linux/seccomp", "/linux/maskedPaths", "/linux/resources/memory/limit",
		"/root/readonly", "/mounts/0/options",
	};

	(void)state;
	for (size_t i = 0; i < RULE_MAX; i++) {
		for (size_t m = 0; m < ARRAY_SIZE(members); m++) {
			if (!registry_rule((enum rule_id)i)->remedy)
				assert_false(hardens((enum rule_id)i, EDITS(members[m])));
		}
	}
}

/* admitted - whether a line of devices.list is within the rules of a config.json. */
static bool admitted(const char *rules, const char *line)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_spec_ struct oci_spec spec = { 0 };
	_cleanup_free_ char *text = NULL;
	struct device_rule rule = { 0 };
	struct error err = { 0 };

	assert_true(asprintf(&text, "{\"linux\":{\"resources\":{\"devices\":[%s]}}}", rules) > 0);
	assert_int_equal(json_parse("t", text, strlen(text), 0, &doc, &err), 0);
	assert_int_equal(oci_spec_read(doc, &spec, &err), 0);
	assert_true(device_rule_parse(line, &rule));
	return device_admitted(&spec.linux_.resources, &rule);
}

#define NONE "{\"allow\": false, \"access\": \"rwm\"}"
#define FUSE "{\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"rw\"}"
#define NO_FUSE "{\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"w\"}"

static void devices(void **state)
{
	struct device_rule rule;

	(void)state;
	/* what runtimes add in any case, and no more */
	assert_true(admitted(NONE, "c *:* m"));
	assert_true(admitted(NONE, "c 1:3 rwm"));
	assert_true(admitted(NONE, "c 136:* rwm\n"));
	assert_false(admitted(NONE, "c *:* rm"));
	assert_false(admitted(NONE, "b 1:3 rwm"));
	assert_false(admitted(NONE, "c 1:1 r"));
	assert_false(admitted(NONE, "a *:* rwm"));
	/* what the configuration allows, for as long as it does */
	assert_true(admitted(NONE "," FUSE, "c 10:229 rwm"));
	assert_false(admitted(NONE "," FUSE, "c 10:* rw"));
	assert_false(admitted(FUSE "," NONE, "c 10:229 r"));
	assert_true(admitted(NONE "," FUSE "," NO_FUSE, "c 10:229 r"));
	assert_false(admitted(NONE "," FUSE "," NO_FUSE, "c 10:229 w"));
	assert_true(admitted("{\"allow\": true, \"access\": \"r\"}", "a *:* rwm"));
	/* lines that the kernel does not write */
	assert_false(device_rule_parse("", &rule));
	assert_false(device_rule_parse("d 1:3 r", &rule));
	assert_false(device_rule_parse("c 1 r", &rule));
	assert_false(device_rule_parse("c -1:3 r", &rule));
	assert_false(device_rule_parse("c 1:3 rx", &rule));
}

static void unified(void **state)
{
	(void)state;
	assert_int_equal(unified_holds("memory.max", "104857600", "104857600\n"), 1);
	assert_int_equal(unified_holds("memory.max", "104857601", "104857600\n"), 1);
	assert_int_equal(unified_holds("memory.max", "104857600", "max\n"), 0);
	assert_int_equal(unified_holds("memory.max", "max", "104857600\n"), 1);
	assert_int_equal(unified_holds("pids.max", "10", "11\n"), 0);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "50000 100000\n"), 1);
	assert_int_equal(unified_holds("cpu.max", "50000", "50000 100000\n"), 1);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "25000 50000\n"), 1);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "50000 50000\n"), 0);
	assert_int_equal(unified_holds("cpu.max", "50000 100000", "max 100000\n"), 0);
	assert_int_equal(unified_holds("cpu.max", "max 100000", "50000 100000\n"), 1);
	/* what is stricter here is not known */
	assert_int_equal(unified_holds("io.weight", "100", "200\n"), -EINVAL);
	assert_int_equal(unified_holds("memory.min", "0", "4096\n"), -EINVAL);
}

static void rlimit_names(void **state)
{
	(void)state;
	assert_int_equal(rlimit_number("RLIMIT_NOFILE"), RLIMIT_NOFILE);
	assert_int_equal(rlimit_number("RLIMIT_RTTIME"), RLIMIT_RTTIME);
	assert_int_equal(rlimit_number("NOFILE"), -EINVAL);
	assert_int_equal(rlimit_number(""), -EINVAL);
}

/* peers - what somebody else with @call reads of its supervisor. */
static void peers(const struct gate_call *call, char *ret, size_t size)
{
	struct error err = { 0 };
	const int fd = peer_new(&err);
	ssize_t n;

	assert_true(fd >= 0);
	assert_int_equal(peer_write(fd, call, &err), 0);
	n = pread(fd, ret, size - 1, 0);
	assert_true(n > 0);
	ret[n] = '\0';
	/* for good */
	assert_true(write(fd, "x", 1) < 0 && pwrite(fd, "x", 1, 0) < 0);
	assert_true(ftruncate(fd, 1) < 0);
	close(fd);
}

/* other - whether what @change does to a call makes other orders; it is undone. */
static void other(struct gate_call *call, const char *own, void (*change)(struct gate_call *, bool),
		  const char *what)
{
	char text[4096];

	change(call, true);
	peers(call, text, sizeof(text));
	if (strcmp(text, own) == 0)
		fail_msg("the same orders with another %s", what);
	change(call, false);
	peers(call, text, sizeof(text));
	assert_string_equal(text, own);
}

static struct policy *policy_of(struct gate_call *call)
{
	return (struct policy *)(uintptr_t)call->subject->policy;
}

#define CHANGE(name, place, was, is)						\
	static void name(struct gate_call *call, bool on)				\
	{										\
		(void)policy_of(call);							\
		place = on ? is : was;							\
	}

static const char *const calls_was[] = { "acct", "bpf", NULL };
static const char *const calls_more[] = { "acct", "bpf", "read", NULL };
static const char *const calls_split[] = { "acctbpf", NULL };
static char name_was[] = "a", name_is[] = "b", reason[] = "why";
static struct exemption exempted = { .reason = reason };

CHANGE(other_pid, call->pid, 7, 8)
CHANGE(other_id, call->id, "one", "two")
CHANGE(other_use, call->tighten, true, false)
CHANGE(other_mode, call->audit, false, true)
CHANGE(other_name, policy_of(call)->name, name_was, name_is)
CHANGE(other_action, policy_of(call)->rules[RULE_PIDS_LIMIT].action, ACTION_DENY, ACTION_WARN)
CHANGE(other_audit, policy_of(call)->rules[RULE_MAX - 1].audit, false, true)
CHANGE(all_audit, policy_of(call)->audit, false, true)
CHANGE(other_number, policy_of(call)->rules[RULE_PIDS_LIMIT].params[0].number, 1, 2)
CHANGE(other_list, policy_of(call)->rules[RULE_SECCOMP_WEAK].params[0].list, calls_was, calls_more)
CHANGE(split_list, policy_of(call)->rules[RULE_SECCOMP_WEAK].params[0].list, calls_was, calls_split)
CHANGE(other_profile, policy_of(call)->rules[RULE_SECCOMP_MISSING].params[0].string, "hardened", "build")
CHANGE(other_exemption, policy_of(call)->n_exemptions, 0, 1)
CHANGE(other_config, call->subject->doc->text[3], ' ', '\t')

/* Each part of the orders counts: policy, configuration, and what is done with them. */
static void orders_differ(void **state)
{
	char text[] = "{  \"process\": { \"cwd\": \"/\" } }   ", own[4096];
	struct json_doc doc = { .text = text, .len = strlen(text) };
	struct policy policy = { .name = name_was, .exemptions = &exempted };
	const struct subject subject = { .doc = &doc, .policy = &policy };
	struct gate_call call = { .subject = &subject, .pid = 7, .id = "one", .tighten = true };

	(void)state;
	policy.rules[RULE_PIDS_LIMIT].action = ACTION_DENY;
	policy.rules[RULE_PIDS_LIMIT].params[0].number = 1;
	policy.rules[RULE_SECCOMP_WEAK].params[0].list = calls_was;
	policy.rules[RULE_SECCOMP_MISSING].params[0].string = "hardened";
	text[3] = ' ';
	peers(&call, own, sizeof(own));
	other(&call, own, other_pid, "pid");
	other(&call, own, other_id, "id");
	other(&call, own, other_use, "use");
	other(&call, own, other_mode, "mode");
	other(&call, own, other_name, "name of a policy");
	other(&call, own, other_action, "action");
	other(&call, own, other_audit, "audit of a rule");
	other(&call, own, all_audit, "audit");
	other(&call, own, other_number, "number");
	other(&call, own, other_list, "list");
	other(&call, own, split_list, "list, with the same letters");
	other(&call, own, other_profile, "profile");
	other(&call, own, other_exemption, "exemption");
	other(&call, own, other_config, "configuration");
}

/* Of the descriptors that a program may start with: numbers from devices.txt. */
static void harmless(void **state)
{
	static const struct { unsigned int major, minor; bool is; } rows[] = {
		{ 1, 3, true }, { 1, 5, true }, { 1, 7, true }, { 1, 8, true }, { 1, 9, true },
		{ 1, 1, false }, { 1, 2, false }, { 1, 4, false }, { 1, 6, false }, { 1, 10, false },
		{ 1, 11, false }, { 1, 259, false },
		{ 136, 0, true }, { 143, 7, true }, { 135, 0, false }, { 144, 0, false },
		{ 4, 0, true }, { 4, 64, true }, { 5, 0, true }, { 5, 1, true },
		{ 0, 3, false }, { 10, 229, false }, { 226, 128, false }, { 8, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		assert_int_equal(device_harmless(makedev(rows[i].major, rows[i].minor)),
				 rows[i].is);
}

/* label - what the gate says of an AppArmor profile "web", of which attr/@file says @text. */
static const char *label(const char *file, const char *text, size_t len)
{
	static char said[256];
	struct oci_spec spec = { .process.apparmor_profile = { .is = FIELD_PRESENT, .v = "web" } };
	const struct gate_call call = { .wanted = &spec };
	char dir[] = "/tmp/cofferdam-label-XXXXXX", path[64];
	struct gate g = { .call = &call };

	assert_non_null(mkdtemp(dir));
	g.proc = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(g.proc >= 0);
	assert_int_equal(mkdirat(g.proc, "attr", 0700) | mkdirat(g.proc, "attr/apparmor", 0700), 0);
	(void)snprintf(path, sizeof(path), "attr/%s", file);
	if (text) {
		const int fd = openat(g.proc, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		assert_int_equal(write(fd, text, len), len);
		assert_int_equal(close(fd), 0);
		verify_label(&g);
		assert_int_equal(unlinkat(g.proc, path, 0), 0);
	} else {
		verify_label(&g);
	}
	assert_int_equal(unlinkat(g.proc, "attr/apparmor", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(g.proc, "attr", AT_REMOVEDIR), 0);
	assert_int_equal(close(g.proc) | rmdir(dir), 0);
	(void)snprintf(said, sizeof(said), "%s", g.failure.len ? buf_cstr(&g.failure) :
		       strstr(buf_cstr(&g.verified), "AppArmor profile") ? "verified" :
		       buf_cstr(&g.unverified));
	buf_free(&g.failure);
	buf_free(&g.verified);
	buf_free(&g.unverified);
	return said;
}

#define LABEL(file, text) label(file, text, sizeof(text) - 1)

static void apparmor(void **state)
{
	(void)state;
	assert_string_equal(LABEL("apparmor/current", "web (enforce)\n"), "verified");
	assert_string_equal(LABEL("apparmor/current", "web (kill)"), "verified");
	assert_string_equal(LABEL("apparmor/current", "web\n\0"), "verified");
	/* kernels before 5.8, or another module's file */
	assert_string_equal(LABEL("current", "web (enforce)\n"), "verified");
	assert_non_null(strstr(LABEL("current", "unconfined\n"), "is unconfined, where web was admitted"));
	assert_non_null(strstr(LABEL("apparmor/current", "unconfined\n"), "is unconfined, where web"));
	assert_non_null(strstr(LABEL("apparmor/current", "web (complain)\n"), "is web (complain), where web"));
	assert_non_null(strstr(LABEL("apparmor/current", "web2 (enforce)\n"), "is web2 (enforce), where"));
	assert_non_null(strstr(LABEL("apparmor/current", "we\n"), "is we, where"));
	assert_non_null(strstr(LABEL("apparmor/current", ""), "where web was admitted"));
	assert_non_null(strstr(label("current", NULL, 0), "AppArmor is not enabled on this host"));
}

/* What runc puts before the filter that was judged may lead to its first instruction, and
 * not into it, where another one than it would choose might let the call through. */
static void before_the_filter(void **state)
{
	const struct sock_filter nr = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
	const struct sock_filter enosys = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
	const struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_filter by_value = BPF_STMT(BPF_RET | BPF_A, 0);
	struct sock_filter v[] = { nr, BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 500, 0, 1), enosys };

	(void)state;
	assert_true(filter_refuses(v, 0));
	assert_true(filter_refuses(v, ARRAY_SIZE(v)));
	v[1].jf = 2;
	assert_false(filter_refuses(v, ARRAY_SIZE(v)));
	v[1] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 500, 1, 0);
	assert_true(filter_refuses(v, ARRAY_SIZE(v)));
	v[1].jt = 2;
	assert_false(filter_refuses(v, ARRAY_SIZE(v)));
	v[1] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
	assert_true(filter_refuses(v, ARRAY_SIZE(v)));
	v[1].k = 2;
	assert_false(filter_refuses(v, ARRAY_SIZE(v)));
	v[1].k = UINT32_MAX;
	assert_false(filter_refuses(v, ARRAY_SIZE(v)));
	v[1] = allow;
	assert_false(filter_refuses(v, ARRAY_SIZE(v)));
	v[1] = by_value;
	assert_false(filter_refuses(v, ARRAY_SIZE(v)));
}

/* runtime_loads - whether the gate expects a filter of a runtime that was given this. */
static bool runtime_loads(const char *text)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	_cleanup_spec_ struct oci_spec spec = { 0 };
	const struct subject subject = { .spec = &spec };
	const struct gate_call call = { .subject = &subject };
	const struct gate g = { .call = &call };
	struct error err = { 0 };

	assert_int_equal(json_parse("t", text, strlen(text), 0, &doc, &err), 0);
	assert_int_equal(oci_spec_read(doc, &spec, &err), 0);
	return filter_of_runtime(&g);
}

static void runtimes_filter(void **state)
{
	(void)state;
	assert_true(runtime_loads("{\"linux\":{\"seccomp\":{\"defaultAction\":\"SCMP_ACT_ERRNO\"}}}"));
	assert_false(runtime_loads("{\"linux\":{}}"));
	/* runc takes it for none, and a container that has none then is as it was judged */
	assert_false(runtime_loads("{\"linux\":{\"seccomp\":{}}}"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(covered), cmocka_unit_test(refused), cmocka_unit_test(remedies),
		cmocka_unit_test(harmless), cmocka_unit_test(apparmor), cmocka_unit_test(devices), cmocka_unit_test(unified),
		cmocka_unit_test(rlimit_names), cmocka_unit_test(orders_differ),
		cmocka_unit_test(before_the_filter), cmocka_unit_test(runtimes_filter),
	};

	return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
