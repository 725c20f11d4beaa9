/* SPDX-License-Identifier: Apache-2.0 */
#include "completion.h"

#include <ctype.h>
#include <string.h>

#define WORD_MAX 32

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

/* body - how much of the help is no example: what stands in those is said before. */
static size_t body(const struct command *command)
{
	const char *example = strstr(command->help, "Example");

	return example ? (size_t)(example - command->help) : strlen(command->help);
}

/* names - whether @word stands as a word in @text, which has @len bytes. */
static bool names(const char *text, size_t len, const char *word)
{
	const size_t n = strlen(word);

	for (size_t i = 0; i + n <= len; i++) {
		if (strncmp(text + i, word, n) == 0 && (i == 0 || !is_word(text[i - 1])) &&
		    (i + n == len || !is_word(text[i + n])))
			return true;
	}
	return false;
}

static bool row_names(const struct command *command, const char *word)
{
	return names(command->usage, strlen(command->usage), word) ||
	       names(command->help, body(command), word);
}

void row_options(struct buf *out, const struct command *command)
{
	const char *name, *before = "";

	for (size_t i = 0; (name = cli_option_name(i)); i++) {
		char word[WORD_MAX];

		(void)snprintf(word, sizeof(word), "--%s", name);
		/* the two that share a name stand behind each other in no row */
		if (!row_names(command, word) || names(buf_cstr(out), out->len, word))
			continue;
		buf_printf(out, "%s%s", before, word);
		before = " ";
	}
}

/* put_word - append the word at @s, unless it is there already. */
static void put_word(struct buf *out, const char *s)
{
	char word[WORD_MAX];
	size_t n = 0;

	while (n < sizeof(word) - 1 && is_word(s[n])) {
		word[n] = s[n];
		n++;
	}
	word[n] = '\0';
	if (n > 0 && !names(buf_cstr(out), out->len, word))
		buf_printf(out, "%s%s", out->len ? " " : "", word);
}

/* operands - the usage without its options in brackets: "RULE|RECORD". */
static void operands(struct buf *out, const struct command *command)
{
	const char *s = command->usage;

	while (*s) {
		const char *end = strncmp(s, "[--", 3) == 0 ? strchr(s, ']') : NULL;

		if (end)
			s = end + 1;
		else if (out->len > 0 || *s != ' ')
			buf_char(out, *s++);
		else
			s++;
	}
}

/*
 * Subcommands stand first in a usage, "show|lint PROFILE... | compare A B", and
 * each at the start of a line of the help, two spaces in.
 */
void row_words(struct buf *out, const struct command *command)
{
	const char *end = command->help + body(command);
	_cleanup_buf_ struct buf usage = { 0 };

	operands(&usage, command);
	if (islower((unsigned char)*buf_cstr(&usage))) {
		for (const char *s = buf_cstr(&usage); s; s = strchr(s, '|')) {
			s += strspn(s, "| ");
			if (islower((unsigned char)*s))
				put_word(out, s);
		}
	} else if (strncmp(buf_cstr(&usage), "COMMAND", 7) != 0) {
		return;
	}
	for (const char *line = command->help; line && line < end; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, "  ", 2) == 0 && islower((unsigned char)line[2]))
			put_word(out, line + 2);
	}
	if (usage.oom)
		out->oom = true;
}

enum operand row_operand(const struct command *command)
{
	static const struct {
		const char *placeholder;
		enum operand operand;
	} known[] = {
		{ "RULE", OPERAND_RULE }, { "POLICY", OPERAND_POLICY },
		{ "PROFILE", OPERAND_PROFILE }, { "PATH", OPERAND_FILE }, { "FILE", OPERAND_FILE },
		{ "ARGUMENT", OPERAND_FILE },
	};
	_cleanup_buf_ struct buf usage = { 0 };

	operands(&usage, command);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		if (strstr(buf_cstr(&usage), known[i].placeholder))
			return known[i].operand;
	}
	return OPERAND_NONE;
}

static const struct {
	const char *option;
	enum operand operand;
	const char *words;		/* OPERAND_WORD: all that it can be anywhere */
} values[] = {
	{ "policy", OPERAND_POLICY, NULL },
	{ "host-config", OPERAND_FILE, NULL },
	{ "facts", OPERAND_FILE, NULL },
	{ "for", OPERAND_FILE, NULL },
	{ "bundle", OPERAND_FOLDER, NULL },
	{ "root", OPERAND_FOLDER, NULL },
	{ "format", OPERAND_WORD, "text json md bpf" },
	{ "engine", OPERAND_WORD, "podman crio containerd docker all" },
	{ "door", OPERAND_WORD, "runtime hook precreate divert" },
};

enum operand row_value(const char *option)
{
	if (!cli_option_takes(option))
		return OPERAND_NONE;
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (strcmp(values[i].option, option) == 0)
			return values[i].operand;
	}
	return OPERAND_ANY;
}

void row_values(struct buf *out, const struct command *command, const char *option)
{
	const char *all = "";
	char word[WORD_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		if (strcmp(values[i].option, option) == 0 && values[i].words)
			all = values[i].words;
	}
	for (const char *s = all; *s; s += *s == ' ') {
		const size_t n = strcspn(s, " ");

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, s);
		if (row_names(command, word))
			put_word(out, word);
		s += n;
	}
	/* "as for check" names none of them, "ENGINE|all" not all: any */
	if (out->len == 0 || strcmp(buf_cstr(out), "all") == 0) {
		buf_reset(out);
		buf_str(out, all);
	}
}
