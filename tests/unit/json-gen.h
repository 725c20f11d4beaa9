/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_TEST_JSON_GEN_H
#define COFFERDAM_TEST_JSON_GEN_H

/* Pseudo-random documents, written by one who knows where everything stands. */

#include <stdint.h>

#include <cofferdam/json.h>

struct gen {
	struct buf text;
	uint32_t seed;
	bool comments;
	struct {
		size_t key_start, start, end;
		enum json_type type;
	} want[4096];
	size_t n;
};

static uint32_t next_random(struct gen *g, uint32_t below)
{
	g->seed = g->seed * 1664525u + 1013904223u;
	return (g->seed >> 16) % below;
}

static void gen_gap(struct gen *g)
{
	static const char *const gaps[] = {
		"", "", " ", "\n", "\r\n\t", "   ", "/**/", " /* \" { , : */ ", "// ] \" \\\n",
		"/***/", "//\xc3\xa9\n", "/*\n*/ /* x */",
	};

	for (uint32_t i = next_random(g, 3); i > 0; i--)
		buf_str(&g->text, gaps[next_random(g, g->comments ? 12 : 6)]);
}

static void gen_string(struct gen *g)
{
	static const char *const bits[] = {
		"a", "bc", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "\xe2\x82\xac",
		"/* no */", "{", "]", ",", ":", "\\/", "//", "\x7f",
	};

	buf_char(&g->text, '"');
	for (uint32_t i = next_random(g, 5); i > 0; i--)
		buf_str(&g->text, bits[next_random(g, ARRAY_SIZE(bits))]);
	buf_char(&g->text, '"');
}

static void gen_value(struct gen *g, size_t key_start, unsigned depth)
{
	static const char *const plain[] = {
		"null", "true", "false", "0", "-1", "12345678901234567890", "1.5e-7",
	};
	static const enum json_type types[] = {
		JSON_NULL, JSON_BOOL, JSON_BOOL, JSON_NUMBER, JSON_NUMBER, JSON_NUMBER,
		JSON_NUMBER,
	};
	uint32_t kind = next_random(g, depth > 5 || g->n > 3000 ? 9 : 16), count;
	size_t me = g->n++;
	bool object = kind > 12;

	g->want[me].key_start = key_start;
	g->want[me].start = g->text.len;
	if (kind < 7) {
		g->want[me].type = types[kind];
		buf_str(&g->text, plain[kind]);
	} else if (kind < 9) {
		g->want[me].type = JSON_STRING;
		gen_string(g);
	} else {
		g->want[me].type = object ? JSON_OBJECT : JSON_ARRAY;
		buf_char(&g->text, object ? '{' : '[');
		gen_gap(g);
		count = next_random(g, 6);
		for (uint32_t i = 0; i < count; i++) {
			size_t at = g->text.len;

			if (object) {
				gen_string(g);
				gen_gap(g);
				buf_char(&g->text, ':');
				gen_gap(g);
			}
			gen_value(g, object ? at : 0, depth + 1);
			gen_gap(g);
			if (i + 1 < count) {
				buf_char(&g->text, ',');
				gen_gap(g);
			}
		}
		buf_char(&g->text, object ? '}' : ']');
	}
	g->want[me].end = g->text.len;
}

/* The same document for the same @seed; odd ones have comments. */
static void gen_document(struct gen *g, uint32_t seed)
{
	buf_reset(&g->text);
	g->seed = seed;
	g->n = 0;
	g->comments = seed % 2;
	gen_gap(g);
	gen_value(g, 0, 0);
	gen_gap(g);
}

/* A node taken at random. */
static inline const struct json *gen_pick(struct gen *g, const struct json_doc *doc)
{
	const struct json *n = doc->root;

	while (n->count > 0 && (n == doc->root || next_random(g, 3) > 0)) {
		n = n->first;
		for (uint32_t i = next_random(g, (uint32_t)n->parent->count); i > 0; i--)
			n = n->next;
	}
	return n;
}

#endif
