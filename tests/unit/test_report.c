/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

static void line_says_what_and_what_to_do(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_five(&s);
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out),
		"cofferdam: denied by policy restricted: "
		"host-pid: the container would share the host's pid namespace (drop --pid host); "
		"root-user: runs as the host's uid 0 (add --user 1000:1000, or USER to the "
		"image; podman: --userns auto); "
		"pids-limit: no limit on processes (add --pids-limit 256)");
}

static void line_words_follow_the_engine(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_start(&s, config);
	(void)scene_add(&s, RULE_HOST_PID, VERDICT_DENY, "/linux", "shared pids");
	s.report.words = WORDS_KUBERNETES;
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out), "cofferdam: denied by policy restricted: "
			    "host-pid: shared pids (set hostPID: false)");
}

static void line_tells_unjudged_from_denied(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_start(&s, config);
	(void)scene_add(&s, RULE_HOST_NETWORK, VERDICT_UNJUDGED, "", "cannot read /proc/1/ns/net");
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out), "cofferdam: could not judge, so refused by policy "
			    "restricted: host-network: cannot read /proc/1/ns/net");
	buf_reset(&out);
	(void)scene_add(&s, RULE_CPU_LIMIT, VERDICT_DENY, "", "no limit");
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out), "cofferdam: denied by policy restricted: "
			    "host-network: could not judge: cannot read /proc/1/ns/net; "
			    "cpu-limit: no limit (add --cpus 1)");
}

static void line_without_findings(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_start(&s, config);
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out), "cofferdam: allowed by policy restricted");
	/* what a zeroed decision says */
	s.decision.verdict = (enum verdict)0;
	buf_reset(&out);
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out), "cofferdam: denied by policy restricted");
}

static void line_counts_what_does_not_fit(void **state)
{
	static const char two[] =
		"cofferdam: denied by policy restricted: "
		"host-pid: the container would share the host's pid namespace (drop --pid host); "
		"root-user: runs as the host's uid 0; and 1 more, see the log";
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_five(&s);
	report_line(&out, &s.report, 170);
	assert_string_equal(buf_cstr(&out),
		"cofferdam: denied by policy restricted: "
		"host-pid: the container would share the host's pid namespace (drop --pid host); "
		"and 2 more, see the log");
	/* advice goes before a finding does */
	buf_reset(&out);
	report_line(&out, &s.report, strlen(two));
	assert_string_equal(buf_cstr(&out), two);
	buf_reset(&out);
	report_line(&out, &s.report, strlen(two) - 1);
	assert_non_null(strstr(buf_cstr(&out), "(drop --pid host); and 2 more, see the log"));
}

static void line_gives_advice_once_a_rule(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_start(&s, config);
	(void)scene_add(&s, RULE_ENGINE_SOCKET, VERDICT_DENY, "", "one");
	(void)scene_add(&s, RULE_ENGINE_SOCKET, VERDICT_DENY, "", "two");
	s.report.words = WORDS_SPEC;
	report_line(&out, &s.report, 4096);
	assert_string_equal(buf_cstr(&out), "cofferdam: denied by policy restricted: "
			    "engine-socket: one (remove the mount); engine-socket: two");
}

static void line_keeps_to_every_length(void **state)
{
	static const char *const texts[] = {
		"a\\x1b[2J\\u{202e}b\\\\c \xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 end",
		"\\u{e0041}\\u{e0041}\\x00\\x00\\\\\\\\\\\\\\\\",
		"\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80\xf0\x9f\x98\x80",
	};
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf full = { 0 };

	(void)state;
	scene_start(&s, config);
	for (size_t i = 0; i < 12; i++)
		(void)scene_add(&s, (enum rule_id)i,
				i % 4 == 3 ? VERDICT_UNJUDGED : VERDICT_DENY, "",
				texts[i % ARRAY_SIZE(texts)]);
	report_line(&full, &s.report, SIZE_MAX / 2);
	assert_null(strstr(full.data, "more, see the log"));
	for (size_t max = 0; max < full.len + 3; max++) {
		_cleanup_buf_ struct buf out = { 0 };

		buf_str(&out, "kept");
		report_line(&out, &s.report, max);
		assert_true(out.len <= max + 4);
		assert_memory_equal(buf_cstr(&out), "kept", 4);
		assert_plain(out.data, out.len, false);
		assert_whole_escapes(out.data);
		if (max >= full.len)
			assert_string_equal(out.data + 4, full.data);
		else if (max >= 120 && max <= 300)
			assert_non_null(strstr(out.data, "more, see the log"));
	}
}

static void line_shows_the_start_of_a_long_finding(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };
	char text[2001];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	scene_start(&s, config);
	(void)scene_add(&s, RULE_HOST_PID, VERDICT_DENY, "", text);
	(void)scene_add(&s, RULE_HOST_PID, VERDICT_DENY, "", text);
	report_line(&out, &s.report, 120);
	assert_int_equal(out.len, 120);
	assert_non_null(strstr(out.data, ": host-pid: xxxxxx"));
	assert_non_null(strstr(out.data, "x...; and 1 more, see the log"));
	/* too short to count as well */
	buf_reset(&out);
	report_line(&out, &s.report, 80);
	assert_int_equal(out.len, 80);
	assert_non_null(strstr(out.data, "xxxxxxxxxxxxxxxxxxxx..."));
}

static void nothing_foreign_reaches_a_terminal(void **state)
{
	static const char evil[] = "a\n\r\t\x1b]0;x\x07\x7f\xff\xc2\x9b\xe2\x80\xae\\x41z";
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf line = { 0 }, text = { 0 };
	struct finding *f;

	(void)state;
	scene_start(&s, config);
	f = scene_add(&s, RULE_HOST_PID, VERDICT_DENY, evil, evil);
	f->value = strdup(evil);
	s.report.name = evil;
	free(s.policy.name);
	s.policy.name = strdup(evil);
	report_line(&line, &s.report, 4096);
	assert_plain(line.data, line.len, false);
	report_text(&text, &s.report);
	assert_plain(text.data, text.len, true);
	assert_null(strstr(text.data, "\xc2\x9b"));
	assert_null(strstr(text.data, "\xe2\x80\xae"));
	assert_non_null(strstr(text.data, "\\x0a\\x0d"));
}

static void text_is_laid_out(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_five(&s);
	report_text(&out, &s.report);
	assert_string_equal(buf_cstr(&out),
		"b/config.json: denied by policy restricted\n"
		"\n"
		"denied: host-pid (critical)\n"
		"  --> b/config.json:5:19 /linux/namespaces\n"
		"  the container would share the host's pid namespace\n"
		"  Do: drop --pid host\n"
		"\n"
		"denied: root-user (high)\n"
		"  --> b/config.json:2:33 /process/user/uid\n"
		"  runs as the host's uid 0\n"
		"  Found: 0\n"
		"  Do: add --user 1000:1000, or USER to the image; podman: --userns auto\n"
		"\n"
		"denied: pids-limit (medium)\n"
		"  --> b/config.json:6:39 /linux/resources/pids/limit\n"
		"  no limit on processes\n"
		"  Do: add --pids-limit 256\n"
		"\n"
		"hardened: rootfs-writable (medium)\n"
		"  --> b/config.json:3:25 /root/readonly\n"
		"  the root filesystem is writable\n"
		"  Hardening: sets root.readonly and mounts a tmpfs on the policy's writable "
		"places\n"
		"  Do: add --read-only --tmpfs /tmp\n"
		"\n"
		"warned: cpu-limit (low)\n"
		"  --> b/config.json:6:18 /linux/resources\n"
		"  no limit on CPUs\n"
		"  Do: add --cpus 1\n"
		"\n"
		"3 denied, 1 hardened, 1 warned\n"
		"Next: cofferdam explain host-pid\n");
}

static void text_verbose_says_why_within_the_width(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };
	char *line, *rest;

	(void)state;
	scene_five(&s);
	s.report.verbose = true;
	report_text(&out, &s.report);
	assert_non_null(strstr(out.data,
		"  Why: It would see, signal and (as root) trace every process of the host, and "
		"reach the\n    host's files through /proc/PID/root.\n"
		"  See: Pod Security Standards baseline; CIS Docker Benchmark 5.16\n"));
	assert_non_null(strstr(out.data, "; CVE-2019-5736\n"));
	for (line = strtok_r(out.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		assert_true(strlen(line) <= 88);
}

static void text_is_coloured_only_when_asked(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf plain = { 0 }, colour = { 0 }, bare = { 0 };

	(void)state;
	scene_five(&s);
	report_text(&plain, &s.report);
	assert_null(strchr(plain.data, '\033'));
	s.report.colour = true;
	report_text(&colour, &s.report);
	assert_non_null(strstr(colour.data, "\033[1;31mdenied\033[0m: "));
	for (const char *p = colour.data; *p; p++) {
		if (*p == '\033')
			p += strcspn(p, "m");
		else
			buf_char(&bare, *p);
	}
	assert_string_equal(bare.data, plain.data);
}

static void text_tells_the_next_step(void **state)
{
	_cleanup_(scene_end) struct scene s;
	_cleanup_buf_ struct buf out = { 0 };

	(void)state;
	scene_start(&s, config);
	report_text(&out, &s.report);
	assert_string_equal(buf_cstr(&out), "b/config.json: allowed by policy restricted\n\n"
			    "no findings\n");
	(void)scene_add(&s, RULE_NO_NEW_PRIVILEGES, VERDICT_HARDEN, "/process", "not set");
	buf_reset(&out);
	report_text(&out, &s.report);
	assert_non_null(strstr(out.data, "allowed, once hardened, by policy restricted\n"));
	assert_non_null(strstr(out.data, "\n1 hardened\nNext: cofferdam harden b/config.json (with the same options)\n"));
	/* what may be copied to a shell is a word there */
	s.report.name = "b;reboot/config.json";
	buf_reset(&out);
	report_text(&out, &s.report);
	assert_non_null(strstr(out.data, "\nNext: cofferdam harden PATH (with the same options)\n"));
	s.report.name = "b/config.json";
	(void)scene_add(&s, RULE_HOST_IPC, VERDICT_UNJUDGED, "/linux", "cannot tell");
	buf_reset(&out);
	report_text(&out, &s.report);
	assert_non_null(strstr(out.data, "could not judge, so refused by policy restricted\n"));
	assert_non_null(strstr(out.data, "\ncould not judge: host-ipc (high)\n"));
	assert_non_null(strstr(out.data, "Do: remove what hinders the check, "
					 "or drop --ipc host\n"));
	assert_non_null(strstr(out.data, "\n1 could not be judged, 1 hardened\n"));
	assert_non_null(strstr(out.data, "\nNext: cofferdam explain host-ipc\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(line_says_what_and_what_to_do),
		cmocka_unit_test(line_words_follow_the_engine),
		cmocka_unit_test(line_tells_unjudged_from_denied),
		cmocka_unit_test(line_without_findings),
		cmocka_unit_test(line_counts_what_does_not_fit),
		cmocka_unit_test(line_gives_advice_once_a_rule),
		cmocka_unit_test(line_keeps_to_every_length),
		cmocka_unit_test(line_shows_the_start_of_a_long_finding),
		cmocka_unit_test(nothing_foreign_reaches_a_terminal),
		cmocka_unit_test(text_is_laid_out),
		cmocka_unit_test(text_verbose_says_why_within_the_width),
		cmocka_unit_test(text_is_coloured_only_when_asked),
		cmocka_unit_test(text_tells_the_next_step),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
