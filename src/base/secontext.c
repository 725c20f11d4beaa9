/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/secontext.h>

#include <stdbool.h>
#include <string.h>

/* The level may hold one more colon at each end of its range. */
#define COLONS_MIN 2
#define COLONS_MAX 5

int secontext_parse(const char *text, struct secontext *ret, struct error *err)
{
	struct secontext c = { .user = strdup(text) };
	char **const parts[] = { &c.role, &c.type, &c.level };
	size_t colons = 0;
	bool bad = false;

	if (!c.user)
		return error_oom(err);
	for (char *at = c.user; *at; at++) {
		/* a level may have a name with spaces, to those who translate it */
		bad |= strchr("\t\n\r", *at) || (*at == ' ' && colons < ARRAY_SIZE(parts));
		if (*at != ':')
			continue;
		if (colons < ARRAY_SIZE(parts)) {
			*at = '\0';
			*parts[colons] = at + 1;
		}
		colons++;
	}
	if (bad || colons < COLONS_MIN || colons > COLONS_MAX || !*c.user || !*c.role || !*c.type ||
	    (c.level && !*c.level)) {
		free(c.user);
		return error_set(err, -EINVAL, "not a SELinux context: %s", text);
	}
	*ret = c;
	return 0;
}

unsigned int secontext_categories(const char *level)
{
	const char *high = level ? strchr(level, '-') : NULL;
	const char *at = level ? strchr(high ? high : level, ':') : NULL;
	unsigned int n = 0;

	/* "c1,c3.c5": a list of single ones and ranges */
	while (at && *at) {
		char *end;
		unsigned long first, last;

		at++;
		if (*at != 'c')
			break;
		first = last = strtoul(at + 1, &end, 10);
		if (*end == '.' && end[1] == 'c')
			last = strtoul(end + 2, &end, 10);
		if (last < first || last - first > 4096)
			break;
		n += (unsigned int)(last - first) + 1;
		at = *end == ',' ? end : NULL;
	}
	return n;
}

void secontext_free(struct secontext *context)
{
	free(context->user);
	*context = (struct secontext){ 0 };
}
