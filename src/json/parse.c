/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <string.h>

#include "json-private.h"

static void drop_values(struct json_doc *d)
{
	while (d->chunks) {
		struct json_chunk *chunk = d->chunks;

		d->chunks = chunk->next;
		free(chunk);
	}
	json_index_free(d);
	d->root = NULL;
	d->repeated = 0;
}

/* explain - what the grammar did not like stands where the last token taken ends. */
static int explain(struct json_walk *w)
{
	const char *text = w->doc->text, *what = "a value was expected here";
	size_t len = w->doc->len, at = json_skip(text, len, w->end);
	const struct json *in = w->in ? w->in->node : NULL;
	bool object = in && in->type == JSON_OBJECT;
	char c = at < len ? text[at] : '\0';

	if (!in && w->doc->root) {
		what = "something follows the value";
	} else if (in && w->key && c != ':') {
		what = "\":\" was expected here";
	} else if (in && !w->key && in->count > 0 && c != ',') {
		what = object ? "\",\" or \"}\" was expected here"
			      : "\",\" or \"]\" was expected here";
	} else if (in && (w->key || in->count > 0)) {
		at = json_skip(text, len, at + 1);
		c = at < len ? text[at] : '\0';
		if (!w->key && (c == ']' || c == '}'))
			what = object ? "a name in double quotes was expected here; take away the comma before it"
				      : "a value was expected here; take away the comma before it";
		else if (!w->key && object)
			what = "a name in double quotes was expected here";
	} else if (object) {
		what = "a name in double quotes or \"}\" was expected here";
	}
	if (at == len)
		what = w->doc->root ? "the text ends too early" : "there is no value";
	w->fault = (struct json_fault){ at, what };
	return -EINVAL;
}

/* walk_again - over the first @most bytes of all tokens. */
static int walk_again(struct json_walk *w, size_t most)
{
	drop_values(w->doc);
	*w = (struct json_walk){
		.doc = w->doc, .flags = w->flags, .shared = w->shared, .bytes = w->bytes,
		.open = w->open, .all = true, .most = most,
	};
	return json_walk(w);
}

/* ask - the grammar, of the first @n bytes of tokens; @ret_seen as it says, but no more. */
static int ask(const struct json_walk *w, size_t n, size_t *ret_seen)
{
	int r;

	w->bytes[n] = '\n';
	r = json_grammar(w->bytes, n + 1, ret_seen);
	if (r == -EINVAL && *ret_seen > n)
		*ret_seen = n;
	return r;
}

/* again - walk as far as the grammar holds, to see where that is. */
static int again(struct json_walk *w)
{
	size_t good = 0, seen;
	int r = walk_again(w, SIZE_MAX);

	if (r == 0)
		r = ask(w, w->deep ? w->deep_n : w->n, &good);
	/* with the wrong token, or it has stepped back before that */
	if (r == -EINVAL)
		r = ask(w, good, &seen);
	if (r == -ENOMEM)
		return r;
	r = walk_again(w, r < 0 && good > 0 ? good - 1 : good);
	return r == -ENOMEM ? r : explain(w);
}

/* holds - whether the grammar does, 0 or as it says; what it took of another text, it takes again. */
static int holds(const struct json_walk *w)
{
	const size_t n = w->deep ? w->deep_n : w->n;
	size_t seen;
	int r;

	if (w->flags & JSON_KNOWN || (w->shared && json_shared_took(w->shared, w->bytes, n)))
		return 0;
	r = ask(w, n, &seen);
	if (r == 0 && w->shared)
		json_shared_take(w->shared, w->bytes, n);
	return r;
}

static int read_all(struct json_walk *w)
{
	const struct json_doc *doc = w->doc;
	int r = json_walk(w);

	if (r < 0)
		return r;
	r = holds(w);
	if (r < 0)
		return r == -EINVAL ? again(w) : r;
	if (w->deep) {
		w->fault = (struct json_fault){ w->deep_at, "values are nested too deeply" };
		return -EINVAL;
	}
	/* do not lean on yajl for having seen all of the text */
	if (w->lost || w->in || !doc->root ||
	    json_skip(doc->text, doc->len, doc->root->end) != doc->len)
		return explain(w);
	return 0;
}

/* doc_new - of a name and text that are lent to it. */
static int doc_new(const char *name, const char *text, size_t len, struct json_doc **ret,
		   struct error *err)
{
	struct json_doc *doc;

	if (len > JSON_TEXT_MAX)
		return error_set(err, -EFBIG, "%s: larger than %zu bytes", name, JSON_TEXT_MAX);
	*ret = doc = calloc(1, sizeof(*doc));
	if (!doc)
		return error_oom(err);
	doc->lent = true;
	doc->name = (char *)(uintptr_t)name;
	doc->text = (char *)(uintptr_t)text;
	doc->len = len;
	doc->decoded = malloc(len + 1);
	if (!doc->decoded)
		return error_oom(err);
	if (len > 0)
		memcpy(doc->decoded, text, len);
	doc->decoded[len] = '\0';
	return 0;
}

/* doc_own - copies of what was lent. */
static int doc_own(struct json_doc *doc, struct error *err)
{
	_cleanup_free_ char *name = strdup(doc->name), *text = malloc(doc->len + 1);

	if (!name || !text)
		return error_oom(err);
	memcpy(text, doc->decoded, doc->len + 1);
	doc->name = steal_ptr(name);
	doc->text = steal_ptr(text);
	doc->lent = false;
	return 0;
}

static int parse(struct json_doc *doc, unsigned flags, struct json_shared *shared,
		 struct error *err)
{
	_cleanup_free_ struct json_open *open = malloc(JSON_DEPTH_MAX * sizeof(*open));
	_cleanup_free_ char *tokens = malloc(doc->len + 1);
	struct json_walk w = {
		.doc = doc, .flags = flags, .shared = shared, .bytes = tokens, .open = open,
		.most = SIZE_MAX,
	};
	unsigned line, column;
	int r;

	if (!open || !tokens)
		return error_oom(err);
	r = json_scan(doc->text, doc->len, &w.fault);
	if (r == 0)
		r = read_all(&w);
	if (r == -ENOMEM)
		return error_oom(err);
	if (r == 0)
		return 0;
	json_where(doc, w.fault.at, &line, &column);
	return error_set(err, r, "%s:%u:%u: %s", doc->name, line, column, w.fault.what);
}

int json_parse(const char *name, const char *text, size_t len, unsigned flags,
	       struct json_doc **ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = doc_new(name ? name : "json", text, len, &doc, err);

	if (r == 0)
		r = doc_own(doc, err);
	if (r == 0)
		r = parse(doc, flags, NULL, err);
	if (r == 0)
		*ret = steal_ptr(doc);
	return r;
}

int json_parse_shared(const char *name, const struct buf *text, struct json_shared *shared,
		      struct json_doc **ret, struct error *err)
{
	_cleanup_json_ struct json_doc *doc = NULL;
	int r = doc_new(name, buf_cstr(text), text->len, &doc, err);

	if (r == 0)
		r = parse(doc, 0, shared, err);
	if (r == 0)
		*ret = steal_ptr(doc);
	return r;
}

static void doc_free(struct json_doc *d)
{
	drop_values(d);
	if (!d->lent) {
		free(d->name);
		free(d->text);
	}
	free(d->decoded);
	free(d);
}

void json_free(struct json_doc **doc)
{
	struct json_doc *d = *doc;

	while (d) {
		struct json_doc *value = d->values;

		doc_free(d);
		d = value;
	}
	*doc = NULL;
}
