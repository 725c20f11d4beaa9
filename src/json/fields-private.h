/* SPDX-License-Identifier: Apache-2.0 */
#ifndef COFFERDAM_FIELDS_PRIVATE_H
#define COFFERDAM_FIELDS_PRIVATE_H

/* How fields_read() takes notes. All return 0, or -ENOMEM. */

#include <cofferdam/fields.h>

int notes_add(struct notes *notes, enum note_kind kind, const struct json *node,
	      const char *expected);

/* notes_add_repeated - if the name of @node came before in its object. */
static inline int notes_add_repeated(struct notes *notes, const struct json *node)
{
	return node->repeated ? notes_add(notes, NOTE_REPEATED_NAME, node, NULL) : 0;
}

/* notes_add_below - the same for everything below @root. */
int notes_add_below(struct notes *notes, const struct json *root);

/* notes_add_entries - objects of @list, read by @row, whose member @row->unique came before. */
int notes_add_entries(struct notes *notes, const struct field_list *list,
		      const struct field *row);

#endif
