/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are secrets by their shape, as those who issue them document it. */
#include <string.h>

#include "rules-private.h"

#define DIGITS "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define ALNUM DIGITS CAPITALS "abcdefghijklmnopqrstuvwxyz"
#define BASE64URL ALNUM "_-"

static const struct shape {
	const char *prefix;
	size_t least;			/* characters behind it */
	const char *set;		/* of these */
	const char *what;
} shapes[] = {
	{ "AKIA", 16, DIGITS CAPITALS, "an AWS access key" },
	{ "ASIA", 16, DIGITS CAPITALS, "an AWS access key" },
	{ "ghp_", 36, ALNUM, "a GitHub token" },
	{ "gho_", 36, ALNUM, "a GitHub token" },
	{ "ghu_", 36, ALNUM, "a GitHub token" },
	{ "ghs_", 36, ALNUM, "a GitHub token" },
	{ "ghr_", 36, ALNUM, "a GitHub token" },
	{ "github_pat_", 22, ALNUM "_", "a GitHub token" },
	{ "glpat-", 20, BASE64URL, "a GitLab token" },
	{ "xoxa-", 20, BASE64URL, "a Slack token" },
	{ "xoxb-", 20, BASE64URL, "a Slack token" },
	{ "xoxp-", 20, BASE64URL, "a Slack token" },
	{ "sk_live_", 24, ALNUM, "a Stripe key" },
	{ "rk_live_", 24, ALNUM, "a Stripe key" },
	{ "AIza", 35, BASE64URL, "a Google API key" },
	{ "npm_", 36, ALNUM, "an npm token" },
	{ "pypi-", 64, BASE64URL, "a PyPI token" },
	{ "hf_", 34, ALNUM, "a Hugging Face token" },
	{ "hvs.", 24, BASE64URL, "a Vault token" },
	{ "dop_v1_", 64, DIGITS "abcdef", "a DigitalOcean token" },
	{ "sk-ant-", 32, BASE64URL, "an API key" },
	{ "sk-proj-", 32, BASE64URL, "an API key" },
	{ "SG.", 60, BASE64URL ".", "a SendGrid key" },
	{ "AGE-SECRET-KEY-1", 58, DIGITS CAPITALS, "an age key" },
};

/* A shape is a run of BASE64URL and no shorter, or its first run ends with a dot. */
#define SHAPE_LEAST 20u

/* A JSON web token (RFC 7519): two objects and a signature, base64url, between dots. */
static bool is_jwt(const char *s)
{
	size_t n;

	for (int part = 0; part < 2; part++) {
		if (strncmp(s, "eyJ", 3) != 0)
			return false;
		n = strspn(s, BASE64URL);
		if (n < 12 || s[n] != '.')
			return false;
		s += n + 1;
	}
	return strspn(s, BASE64URL) >= 20;
}

/* @s, behind "://", starts with a user and a password (RFC 3986, 3.2.1). */
static bool has_password(const char *s)
{
	const size_t n = strcspn(s, "/?# \t\n\"'");
	const char *at = memrchr(s, '@', n);
	const char *colon = memchr(s, ':', n);

	return at && colon && colon < at && at - colon > 1;
}

/* run - how many characters of BASE64URL @s starts with. */
static size_t run(const char *s)
{
	static const bool member[256] = {
		['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true,
		['_'] = true, ['-'] = true,
	};
	size_t n = 0;

	while (member[(unsigned char)s[n]])
		n++;
	return n;
}

static const char *shape_at(const char *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		size_t len;

		if (s[0] != shapes[i].prefix[0])
			continue;
		len = strlen(shapes[i].prefix);
		if (strncmp(s, shapes[i].prefix, len) == 0 &&
		    strspn(s + len, shapes[i].set) >= shapes[i].least)
			return shapes[i].what;
	}
	return is_jwt(s) ? "a JSON web token" : NULL;
}

const char *secret_shape(const char *value)
{
	const char *what = NULL;

	if (strchr(value, ' ') && strstr(value, "-----BEGIN ") && strstr(value, "PRIVATE KEY-----"))
		return "a private key";
	/* Only where a run starts, so that each is looked at a few times, not once a character. */
	for (const char *s = value; *s && !what; ) {
		const size_t n = run(s);

		if (n >= SHAPE_LEAST || (n > 0 && s[n] == '.'))
			what = shape_at(s);
		else if (n == 0 && strncmp(s, "://", 3) == 0 && has_password(s + 3))
			what = "an address with a password in it";
		s += n ? n : 1;
	}
	return what;
}
