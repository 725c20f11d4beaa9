/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of places: what one is found to be. Compiled into each. */
#ifndef TESTS_UNIT_PLACE_RESOLVE_H
#define TESTS_UNIT_PLACE_RESOLVE_H

#include "facts-fixture.h"

static inline struct fact_place resolve(const char *path)
{
	struct places places = { .bundle_fd = dir_fd, .below_left = BELOW_MAX };
	struct fact_place place = { 0 };
	_cleanup_free_ char *p = expand(path);
	struct error err = { 0 };

	assert_int_equal(place_resolve(&places, p, &place, &err), 0);
	assert_int_equal(place_below(&places, &place, &err), 0);
	assert_string_equal(place.path, p);
	if (place.is == FACT_UNREADABLE)
		assert_non_null(place.why);
	else
		assert_null(place.why);
	places_free(&places);
	return place;
}

static inline void assert_place(const char *path, enum fact_is is, const char *real)
{
	_cleanup_(place_free) struct fact_place p = resolve(path);
	_cleanup_free_ char *want = expand(real);

	if (p.is != is || strcmp(p.real ? p.real : "", want) != 0)
		print_error("%s: %d %s, wanted %d %s (%s)\n", path, p.is, p.real, is, want,
			    p.why ? p.why : "");
	assert_int_equal(p.is, is);
	assert_string_equal(p.real, want);
	assert_false(p.foreign);
	assert_int_equal(p.mode == 0, is == FACT_ABSENT);
}

static inline void assert_unreadable(const char *path)
{
	_cleanup_(place_free) struct fact_place p = resolve(path);

	if (p.is != FACT_UNREADABLE)
		print_error("%s: %d %s\n", path, p.is, p.real);
	assert_int_equal(p.is, FACT_UNREADABLE);
}

/* Whether both name one place, by whatever path. */
static inline bool same(const char *a, const char *b)
{
	_cleanup_(place_free) struct fact_place pa = resolve(a), pb = resolve(b);

	assert_true(pa.is == FACT_KNOWN || pa.is == FACT_ABSENT);
	assert_int_equal(pa.is, pb.is);
	return spot_below(&pa.spot, &pb.spot) && spot_below(&pb.spot, &pa.spot);
}

#endif
