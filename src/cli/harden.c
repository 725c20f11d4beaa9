/* SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"

#include <string.h>
#include <unistd.h>

#include <cofferdam/file.h>
#include <cofferdam/harden.h>
#include <cofferdam/text.h>

#define SHOWN_MAX 160	/* bytes of a value shown by --diff */

static void shown(struct buf *out, char sign, const char *pointer, const char *text, size_t len)
{
	_cleanup_buf_ struct buf flat = { 0 };
	bool space = false;

	/* One line: runs of white space become one space, as JSON allows. */
	for (size_t i = 0; i < len && flat.len < 2 * (size_t)SHOWN_MAX; i++) {
		const bool blank = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' ||
				   text[i] == '\r';

		if (blank && !space)
			buf_char(&flat, ' ');
		else if (!blank)
			buf_char(&flat, text[i]);
		space = blank;
	}
	buf_printf(out, "%c ", sign);
	cli_foreign(out, pointer);
	buf_str(out, ": ");
	text_escape(out, buf_cstr(&flat), flat.len, SHOWN_MAX);
	buf_char(out, '\n');
}

static void print_diff(struct buf *out, const struct json_doc *doc,
		       const struct json_edits *edits)
{
	for (size_t i = 0; i < edits->n; i++) {
		const struct json_edit *edit = &edits->v[i];
		const struct json *old = json_at(doc, edit->pointer);
		/* Into a list nothing is replaced: the old element moves on. */
		const bool replaces = old && !(edit->op == JSON_ADD && old->parent &&
					       old->parent->type == JSON_ARRAY);

		if (replaces)
			shown(out, '-', edit->pointer, doc->text + old->start,
			      old->end - old->start);
		if (edit->op != JSON_REMOVE)
			shown(out, '+', edit->pointer, edit->value, strlen(edit->value));
	}
}

static int refuse(const struct candidate *c, const struct cli_options *options,
		  const char *name)
{
	const struct report report = {
		.subject = &c->subject, .decision = &c->decision, .name = name,
		.words = engine_wording(options->engine, &c->spec),
		.colour = isatty(STDERR_FILENO), .verbose = options->verbose,
	};
	_cleanup_buf_ struct buf out = { 0 };

	report_text(&out, &report);
	(void)fputs(buf_cstr(&out), stderr);
	return cli_status(c->decision.verdict);
}

static int rewrite(const struct input *input, const struct buf *text, struct error *err)
{
	if (text->len == input->text.len &&
	    memcmp(buf_cstr(text), buf_cstr(&input->text), text->len) == 0)
		return 0;
	return file_replace(input->dir_fd, input->base, buf_cstr(text), text->len, &input->st, err);
}

static int harden_input(const struct input *input, const struct cli_options *options,
			const struct candidate *c)
{
	_cleanup_edits_ struct json_edits edits = { 0 };
	_cleanup_buf_ struct buf text = { 0 }, diff = { 0 };
	struct error err;

	if (c->decision.verdict != VERDICT_ALLOW && c->decision.verdict != VERDICT_HARDEN)
		return refuse(c, options, input->name);
	if (harden_config(&c->subject, &c->decision, &text, &err) < 0)
		return cli_fail(&err);
	if (options->diff) {
		if (harden_edits(&c->subject, &c->decision, &edits, &err) < 0)
			return cli_fail(&err);
		if (options->format && strcmp(options->format, "json") == 0)
			json_edits_print(&diff, &edits);
		else
			print_diff(&diff, c->doc, &edits);
		return cli_print(&diff, STATUS_ALLOWED);
	}
	if (!options->in_place)
		return cli_print(&text, STATUS_ALLOWED);
	return rewrite(input, &text, &err) < 0 ? cli_fail(&err) : STATUS_ALLOWED;
}

int cmd_harden(const struct command *self, int argc, char **argv)
{
	_cleanup_policies_ struct policies policies = { 0 };
	_cleanup_input_ struct input input = { .dir_fd = -1 };
	_cleanup_candidate_ struct candidate c = { 0 };
	struct cli_options options = { 0 };
	int first = cli_options(self, argc, argv, "phFfeIBvDi", &options);
	struct error err;

	if (first < 0)
		return ~first;
	if (first != argc - 1)
		return cli_usage(self, "one configuration, please");
	if (options.diff && options.in_place)
		return cli_usage(self, "--diff changes nothing; leave out --in-place");
	if (options.in_place && strcmp(argv[first], "-") == 0)
		return cli_usage(self, "standard input cannot be rewritten in place");
	if (options.format && strcmp(options.format, "text") != 0 &&
	    strcmp(options.format, "json") != 0)
		return cli_usage(self, "--format takes text or json, not \"%s\"", options.format);
	if (policies_load(&options, &policies, &err) < 0 || input_read(argv[first], &input, &err) < 0 ||
	    input_judge(&input, &options, &policies, NULL, &c, &err) < 0)
		return cli_fail(&err);
	return harden_input(&input, &options, &c);
}
