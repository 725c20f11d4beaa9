/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/facts.h>

#include <string.h>

#define TAIL_COMPONENTS 3	/* "volumes/NAME/_data", "ID/userdata/hosts" */

/*
 * The name alone proves nothing: a volume made with "-o bind" or "-o device"
 * has the host folder of its maker's choice mounted on its _data. Then the
 * path within the file system ends otherwise than the path on the host.
 */
static bool same_tail(const char *real, const char *within)
{
	const size_t len = strlen(real), n = strlen(within);
	size_t start = len;

	for (size_t i = 0; i < TAIL_COMPONENTS; i++) {
		const char *slash = memrchr(real, '/', start);

		if (!slash)
			return false;
		start = (size_t)(slash - real);
	}
	return n >= len - start && strcmp(within + n - (len - start), real + start) == 0;
}

/*
 * own_mount - what an engine itself mounts where nobody else can: a tmpfs on a
 * container's folder of shm or of secrets, the layers of an image that is a volume (overlay).
 */
static bool own_mount(const struct fact_place *place)
{
	static const char secrets[] = "/mounts/secrets/";
	const size_t len = strlen(place->real);
	const char *fstype = place->spot.fstype ? place->spot.fstype : "";
	const char *secret = strstr(place->real, secrets);

	if (secret && strcmp(secret + sizeof(secrets) - 2, place->spot.within) == 0)
		return strcmp(fstype, "tmpfs") == 0;
	if (strcmp(place->spot.within, "/") != 0)
		return false;
	if (strstr(place->real, "/io.containerd.grpc.v1.cri/image-volumes/"))
		return strcmp(fstype, "overlay") == 0;
	return len > 4 && strcmp(place->real + len - 4, "/shm") == 0 &&
	       strcmp(fstype, "tmpfs") == 0;
}

bool place_engine_owned(const struct fact_place *place, enum engine engine,
			const struct engine_tells *tells)
{
	return place->is == FACT_KNOWN && !place->foreign && place->n_below == 0 &&
	       place->real && place->spot.within &&
	       (same_tail(place->real, place->spot.within) || own_mount(place)) &&
	       engine_owned_file(engine, tells, place->real);	/* which costs the most */
}
