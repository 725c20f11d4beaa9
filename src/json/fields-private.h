/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_FIELDS_PRIVATE_H
#define COFFERDAM_FIELDS_PRIVATE_H

/* How fields_read() takes notes. All return 0, or -ENOMEM. */

#include <cofferdam/fields.h>

int notes_add(struct notes *notes, enum note_kind kind, const struct json *node,
	      const char *expected);

/* notes_add_repeated - if the name of @node came before in its object. */
int notes_add_repeated(struct notes *notes, const struct json *node);

/* notes_add_below - the same for everything below @root. */
int notes_add_below(struct notes *notes, const struct json *root);

/* notes_add_entries - objects of @list whose member @name came before. */
int notes_add_entries(struct notes *notes, const struct json *list, const char *name);

#endif
