/* SPDX-License-Identifier: Apache-2.0 */
/* cofferdam completion: the scripts with which shells complete command lines. */
#include "completion.h"

#include <string.h>

#define HEAD "# SPDX-License-Identifier: Apache-2.0\n" \
	"# Written by: cofferdam completion %s (make generated)\n"

static void rules(struct buf *out)
{
	for (size_t i = 0; i < RULE_MAX; i++)
		buf_printf(out, "%s%s", i ? " " : "", registry_rule((enum rule_id)i)->id);
}

static void policies(struct buf *out)
{
	for (int b = 0; b < BUNDLE_MAX; b++)
		buf_printf(out, "%s%s", b ? " " : "", bundle_name((enum bundle)b));
}

static void names(struct buf *out)
{
	size_t n;
	const struct command *all = cli_commands(&n);

	for (size_t i = 0; i < n; i++)
		buf_printf(out, "%s%s", i ? " " : "", all[i].name);
}

/* --- bash --- */

static const char bash_functions[] =
	"# the names of policies: those that are shipped, and the host's bundles\n"
	"_cofferdam_policies()\n"
	"{\n"
	"	local dir\n"
	"\n"
	"	echo %s\n"
	"	for dir in " SYSCONFDIR "/cofferdam/bundles/*/; do\n"
	"		dir=${dir%%/}\n"
	"		[ -d \"$dir\" ] && [[ ${dir##*/} != *[!A-Za-z0-9._-]* ]] && echo \"${dir##*/}\"\n"
	"	done\n"
	"}\n"
	"\n"
	"# _cofferdam_reply WORDS [f|d] - what of them, and of files or folders, begins as typed\n"
	"_cofferdam_reply()\n"
	"{\n"
	"	local word\n"
	"\n"
	"	while IFS= read -r word; do\n"
	"		COMPREPLY+=(\"$word\")\n"
	"	done < <(compgen -W \"$1\" -- \"$cur\"; [ -z \"${2-}\" ] || compgen -\"$2\" -- \"$cur\")\n"
	"	if [ -n \"${2-}\" ]; then\n"
	"		compopt -o filenames 2>/dev/null\n"
	"	fi\n"
	"}\n"
	"\n";

static void bash_reply(struct buf *out, enum operand operand, const char *words)
{
	switch (operand) {
	case OPERAND_NONE:
	case OPERAND_ANY:
		buf_str(out, ":");
		break;
	case OPERAND_FILE:
		buf_printf(out, "_cofferdam_reply \"%s\" f", words);
		break;
	case OPERAND_FOLDER:
		buf_printf(out, "_cofferdam_reply \"%s\" d", words);
		break;
	case OPERAND_RULE:
		buf_printf(out, "_cofferdam_reply \"%s%s", words, *words ? " " : "");
		rules(out);
		buf_str(out, "\" f");
		break;
	case OPERAND_POLICY:
		buf_printf(out, "_cofferdam_reply \"%s%s$(_cofferdam_policies)\" f", words,
			   *words ? " " : "");
		break;
	case OPERAND_PROFILE:
		buf_printf(out, "_cofferdam_reply \"%s%shardened compat32 build podman\" f", words,
			   *words ? " " : "");
		break;
	case OPERAND_WORD:
		buf_printf(out, "_cofferdam_reply \"%s\"", words);
		break;
	}
}

/* bash_values - a line for each option that takes a value. */
static void bash_values(struct buf *out, const struct command *command)
{
	_cleanup_buf_ struct buf options = { 0 };
	const char *end;

	row_options(&options, command);
	for (const char *s = buf_cstr(&options); *s; s = *end ? end + 1 : end) {
		_cleanup_buf_ struct buf option = { 0 }, words = { 0 };

		end = s + strcspn(s, " ");
		buf_add(&option, s + 2, (size_t)(end - s) - 2);
		if (row_value(buf_cstr(&option)) == OPERAND_NONE)
			continue;
		row_values(&words, command, buf_cstr(&option));
		buf_printf(out, "	%s:--%s)\n		", command->name, buf_cstr(&option));
		bash_reply(out, row_value(buf_cstr(&option)), buf_cstr(&words));
		buf_str(out, "\n		return ;;\n");
	}
}

/* bash_operands - the lines for what is no option's value. */
static void bash_operands(struct buf *out, const struct command *command)
{
	_cleanup_buf_ struct buf options = { 0 }, words = { 0 };

	row_options(&options, command);
	row_words(&words, command);
	buf_printf(out, "	%s:-*)\n		_cofferdam_reply \"%s%s--help\" ;;\n", command->name,
		   buf_cstr(&options), options.len ? " " : "");
	if (words.len > 0)
		buf_printf(out, "	%s:*:2)\n		_cofferdam_reply \"%s\" ;;\n", command->name,
			   buf_cstr(&words));
	buf_printf(out, "	%s:*)\n		", command->name);
	bash_reply(out, row_operand(command), "");
	buf_str(out, " ;;\n");
}

static void bash(struct buf *out)
{
	_cleanup_buf_ struct buf shipped = { 0 };
	size_t n;
	const struct command *all = cli_commands(&n);

	policies(&shipped);
	buf_printf(out, "# shellcheck shell=bash\n" HEAD "\n", "bash");
	buf_printf(out, bash_functions, buf_cstr(&shipped));
	buf_str(out, "_cofferdam()\n{\n"
		     "	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
		     "	local command=${COMP_WORDS[1]}\n\n"
		     "	COMPREPLY=()\n"
		     "	if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		     "		_cofferdam_reply \"");
	names(out);
	buf_str(out, " help --help --version\"\n		return\n	fi\n"
		     "	case $command:$prev in\n");
	for (size_t i = 0; i < n; i++)
		bash_values(out, &all[i]);
	buf_str(out, "	help:*)\n		_cofferdam_reply \"");
	names(out);
	buf_str(out, "\"\n		return ;;\n	esac\n	case $command:$cur:$COMP_CWORD in\n");
	for (size_t i = 0; i < n; i++)
		bash_operands(out, &all[i]);
	buf_str(out, "	esac\n}\n\ncomplete -F _cofferdam cofferdam\n");
}

/* --- zsh --- */

/* quoted - text within single quotes, of an _arguments or _describe specification. */
static void quoted(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			buf_str(out, "'\\''");
		else if (strchr(":[]\\", *s))
			buf_printf(out, "\\%c", *s);
		else
			buf_char(out, *s);
	}
}

static void zsh_action(struct buf *out, enum operand operand, const char *words)
{
	switch (operand) {
	case OPERAND_NONE:
	case OPERAND_ANY:
		buf_str(out, " ");
		break;
	case OPERAND_FILE:
		buf_str(out, "_files");
		break;
	case OPERAND_FOLDER:
		buf_str(out, "_files -/");
		break;
	case OPERAND_RULE:
		buf_str(out, "_cofferdam_rules");
		break;
	case OPERAND_POLICY:
		buf_str(out, "_cofferdam_policies");
		break;
	case OPERAND_PROFILE:
		buf_str(out, "_cofferdam_profiles");
		break;
	case OPERAND_WORD:
		buf_printf(out, "(%s)", words);
		break;
	}
}

static void zsh_options(struct buf *out, const struct command *command)
{
	_cleanup_buf_ struct buf options = { 0 };
	const char *end;

	row_options(&options, command);
	for (const char *s = buf_cstr(&options); *s; s = *end ? end + 1 : end) {
		_cleanup_buf_ struct buf option = { 0 }, words = { 0 };
		enum operand value;

		end = s + strcspn(s, " ");
		buf_add(&option, s + 2, (size_t)(end - s) - 2);
		value = row_value(buf_cstr(&option));
		row_values(&words, command, buf_cstr(&option));
		buf_printf(out, " \\\n			'--%s", buf_cstr(&option));
		if (value != OPERAND_NONE) {
			buf_printf(out, ":%s:", buf_cstr(&option));
			zsh_action(out, value, buf_cstr(&words));
		}
		buf_char(out, '\'');
	}
}

static void zsh_command(struct buf *out, const struct command *command)
{
	_cleanup_buf_ struct buf words = { 0 };

	row_words(&words, command);
	buf_printf(out, "	%s)\n		_arguments '--help'", command->name);
	zsh_options(out, command);
	if (words.len > 0)
		buf_printf(out, " \\\n			'1:command:(%s)'", buf_cstr(&words));
	if (row_operand(command) != OPERAND_NONE) {
		buf_str(out, " \\\n			'*:operand:");
		zsh_action(out, row_operand(command), "");
		buf_char(out, '\'');
	}
	buf_str(out, " ;;\n");
}

static void zsh(struct buf *out)
{
	size_t n;
	const struct command *all = cli_commands(&n);

	buf_printf(out, "#compdef cofferdam\n" HEAD "\n"
		   "_cofferdam_rules()\n{\n	_alternative 'rules:rule:(", "zsh");
	rules(out);
	buf_str(out, ")' 'files:file:_files'\n}\n\n_cofferdam_policies()\n{\n"
		     "	local -a bundles=(" SYSCONFDIR "/cofferdam/bundles/*(N/:t))\n\n"
		     "	# what is offered is evaluated\n"
		     "	bundles=(${bundles:#*[^A-Za-z0-9._-]*})\n"
		     "	_alternative \"policies:policy:(");
	policies(out);
	buf_str(out, " $bundles)\" 'files:file:_files'\n}\n\n_cofferdam_profiles()\n{\n"
		     "	_alternative 'profiles:profile:(hardened compat32 build podman)' 'files:file:_files'\n"
		     "}\n\n_cofferdam()\n{\n	local -a commands=(\n");
	for (size_t i = 0; i < n; i++) {
		buf_printf(out, "		'%s:", all[i].name);
		quoted(out, all[i].summary);
		buf_str(out, "'\n");
	}
	buf_str(out, "	)\n\n	if (( CURRENT == 2 )); then\n"
		     "		_describe command commands\n		return\n	fi\n"
		     "	shift words\n	(( CURRENT-- ))\n	case $words[1] in\n");
	for (size_t i = 0; i < n; i++)
		zsh_command(out, &all[i]);
	buf_str(out, "	help)\n		_describe command commands ;;\n	esac\n}\n\n"
		     "_cofferdam \"$@\"\n");
}

int cmd_completion(const struct command *self, int argc, char **argv)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "", &options);

	if (first < 0)
		return ~first;
	if (first != argc - 1)
		return cli_usage(self, "for which shell? bash or zsh");
	if (strcmp(argv[first], "bash") == 0)
		bash(&out);
	else if (strcmp(argv[first], "zsh") == 0)
		zsh(&out);
	else
		return cli_usage(self, "completion takes bash or zsh, not \"%s\"", argv[first]);
	return cli_print(&out, STATUS_ALLOWED);
}
