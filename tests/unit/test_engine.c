/* SPDX-License-Identifier: Apache-2.0 */
#include <cofferdam/engine.h>

#include "unit.h"

#define CONTAINERD "\"io.kubernetes.cri.container-type\": \"container\", " \
	"\"io.kubernetes.cri.image-name\": \"a/b:1\", " \
	"\"io.kubernetes.cri.sandbox-namespace\": \"web\", " \
	"\"io.kubernetes.cri.sandbox-id\": \"0123456789abcdefaaaa\", " \
	"\"io.kubernetes.cri.sandbox-uid\": \"0123456789abcdef\""
#define CRIO "\"io.kubernetes.cri-o.ContainerType\": \"container\", " \
	"\"io.kubernetes.cri-o.ImageName\": \"c/d:2\", " \
	"\"io.kubernetes.cri-o.ImageRef\": \"beef\", " \
	"\"io.kubernetes.pod.namespace\": \"bank\", " \
	"\"io.kubernetes.pod.uid\": \"fedcba9876543210\""
#define CRIO_IN_POD CRIO ", \"io.kubernetes.cri-o.SandboxID\": \"fedcba9876543210bbbb\""

static struct {
	struct json_doc *doc;
	struct oci_spec spec;
} read_;

static const struct engine_tells *tells(enum engine engine, const char *bundle,
					const char *annotations)
{
	static struct engine_tells got;
	struct error err = { 0 };
	char text[2048];

	oci_spec_free(&read_.spec);
	json_free(&read_.doc);
	snprintf(text, sizeof(text), "{\"annotations\": {%s}}", annotations);
	assert_int_equal(json_parse("config.json", text, strlen(text), 0, &read_.doc, &err), 0);
	assert_int_equal(oci_spec_read(read_.doc, &read_.spec, &err), 0);
	memset(&got, 0xff, sizeof(got));
	engine_tells(engine, bundle, &read_.spec, &got);
	return &got;
}

static int clean(void **state)
{
	(void)state;
	oci_spec_free(&read_.spec);
	json_free(&read_.doc);
	return 0;
}

static void nothing(const struct engine_tells *got)
{
	assert_false(got->sandbox);
	assert_null(got->image);
	assert_null(got->image_id);
	assert_null(got->namespace_);
	assert_null(got->pod_uid);
	assert_null(got->sandbox_id);
}

/* Each engine's own keys, and never the other's. */
static void test_own_keys(void **state)
{
	const struct engine_tells *got = tells(ENGINE_CONTAINERD, NULL, CRIO ", " CONTAINERD);

	(void)state;
	assert_false(got->sandbox);
	assert_string_equal(got->image, "a/b:1");
	assert_null(got->image_id);
	assert_string_equal(got->namespace_, "web");
	assert_string_equal(got->pod_uid, "0123456789abcdef");
	assert_string_equal(got->sandbox_id, "0123456789abcdefaaaa");
	got = tells(ENGINE_CRIO, NULL, CONTAINERD ", " CRIO_IN_POD);
	assert_false(got->sandbox);
	assert_string_equal(got->image, "c/d:2");
	assert_string_equal(got->image_id, "beef");
	assert_string_equal(got->namespace_, "bank");
	assert_string_equal(got->pod_uid, "fedcba9876543210");
	assert_string_equal(got->sandbox_id, "fedcba9876543210bbbb");
	nothing(tells(ENGINE_CONTAINERD, NULL, CRIO));
	nothing(tells(ENGINE_CRIO, NULL, CONTAINERD));
	nothing(tells(ENGINE_PODMAN, NULL, CONTAINERD ", " CRIO));
	nothing(tells(ENGINE_DOCKER, NULL, CONTAINERD ", " CRIO));
	nothing(tells(ENGINE_UNKNOWN, NULL, CONTAINERD ", " CRIO));
}

/* A sandbox tells no image: of containerd it would be the pod's author who says it. */
static void test_sandbox(void **state)
{
	const struct engine_tells *got = tells(ENGINE_CONTAINERD, NULL,
		"\"io.kubernetes.cri.container-type\": \"sandbox\", "
		"\"io.kubernetes.cri.image-name\": \"forged\"");

	(void)state;
	assert_true(got->sandbox);
	assert_null(got->image);
	got = tells(ENGINE_CRIO, NULL, "\"io.kubernetes.cri-o.ContainerType\": \"sandbox\", "
		"\"io.kubernetes.cri-o.ImageName\": \"forged\"");
	assert_true(got->sandbox);
	assert_null(got->image);
	/* a pod's annotations come last there, but before its labels */
	got = tells(ENGINE_CRIO, NULL, CRIO ", \"io.kubernetes.container.name\": \"POD\"");
	assert_true(got->sandbox);
	assert_null(got->image);
	assert_null(got->image_id);
	got = tells(ENGINE_CRIO, NULL, CRIO ", \"io.kubernetes.container.name\": \"pod\"");
	assert_false(got->sandbox);
	assert_string_equal(got->image_id, "beef");
}

/* On CRI-O a container can be told to be a sandbox; its pod's id is not its own, though. */
static void test_claimed_sandbox(void **state)
{
	static const char bundle[] = "/run/containers/storage/overlay-containers/a1/userdata";
	static const char *const claims[] = {
		CRIO ", \"io.kubernetes.container.name\": \"POD\"",
		CRIO ", \"io.kubernetes.container.name\": \"POD\", \"io.kubernetes.cri-o.SandboxID\": \"b2\"",
		CRIO ", \"io.kubernetes.container.name\": \"POD\", \"io.kubernetes.cri-o.SandboxID\": \"a\"",
		CRIO ", \"io.kubernetes.container.name\": \"POD\", \"io.kubernetes.cri-o.SandboxID\": \"\"",
		CRIO ", \"io.kubernetes.container.name\": \"POD\", \"io.kubernetes.cri-o.SandboxID\": \"a1/userdata\"",
		"\"io.kubernetes.cri-o.ContainerType\": \"sandbox\", \"io.kubernetes.cri-o.SandboxID\": \"b2\"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(claims); i++)
		nothing(tells(ENGINE_CRIO, bundle, claims[i]));
	assert_true(tells(ENGINE_CRIO, bundle, "\"io.kubernetes.cri-o.ContainerType\": \"sandbox\", "
			  "\"io.kubernetes.cri-o.SandboxID\": \"a1\"")->sandbox);
}

/* What stands twice, or of a container of no known kind, is not believed. */
static void test_doubtful(void **state)
{
	const struct engine_tells *got = tells(ENGINE_CONTAINERD, NULL, CONTAINERD
		", \"io.kubernetes.cri.image-name\": \"x/y\"");

	(void)state;
	assert_null(got->image);
	assert_string_equal(got->namespace_, "web");
	got = tells(ENGINE_CONTAINERD, NULL, CONTAINERD
		    ", \"io.kubernetes.cri.sandbox-namespace\": \"web\"");
	assert_null(got->namespace_);
	got = tells(ENGINE_CONTAINERD, NULL, "\"io.kubernetes.cri.image-name\": \"x/y\"");
	assert_null(got->image);
}

/* ctr, dockerd and podman reach the same runtime with annotations of their choice. */
static void test_other_callers(void **state)
{
	static const struct {
		enum engine engine;
		const char *bundle;
		bool believed;
	} cases[] = {
		{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/a1", true },
		{ ENGINE_CONTAINERD, "/srv/state/io.containerd.runtime.v2.task/k8s.io/a1", true },
		{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.runtime.v2.task/default/a1", false },
		{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.runtime.v2.task/moby/a1", false },
		{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.runtime.v2.task/k8s.io/", false },
		{ ENGINE_CONTAINERD,
		  "/run/containerd/io.containerd.runtime.v2.task/k8s.io/a1/rootfs/tmp", false },
		{ ENGINE_CONTAINERD, "/tmp/bundle", false },
		{ ENGINE_CONTAINERD, "", false },
		{ ENGINE_CRIO, "/run/containers/storage/overlay-containers/a1/userdata", true },
		{ ENGINE_CRIO, "/var/run/containers/storage/overlay-containers/a1/userdata", true },
		{ ENGINE_CRIO, "/var/lib/containers/storage/overlay-containers/a1/userdata", false },
		{ ENGINE_CRIO, "/run/containers/storage/overlay-containers/a1/userdata/x", false },
		{ ENGINE_CRIO, "/tmp/bundle", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct engine_tells *got = tells(cases[i].engine, cases[i].bundle,
						       CONTAINERD ", " CRIO_IN_POD);

		if (!cases[i].believed) {
			nothing(got);
			continue;
		}
		assert_non_null(got->image);
		assert_non_null(got->namespace_);
		assert_non_null(got->pod_uid);
		assert_non_null(got->sandbox_id);
	}
}

/* What an engine made for one container, and never what holds others' files. */
static void test_owned(void **state)
{
	static const char build[] = "/var/lib/docker/buildkit/executor/hosts.t83jrb2dfohp";
	const struct engine_tells none = { 0 };

	(void)state;
	assert_true(engine_owned_file(ENGINE_DOCKER, &none, build));
	assert_true(engine_owned_file(ENGINE_DOCKER, &none,
				      "/var/lib/docker/buildkit/executor/resolv.conf"));
	assert_true(engine_owned_file(ENGINE_UNKNOWN, &none, build));
	assert_false(engine_owned_file(ENGINE_PODMAN, &none, build));
	assert_false(engine_owned_file(ENGINE_DOCKER, &none, "/var/lib/docker/buildkit/executor"));
	assert_false(engine_owned_file(ENGINE_DOCKER, &none,
				       "/var/lib/docker/buildkit/executor/hosts.x/rootfs"));
	assert_false(engine_owned_file(ENGINE_DOCKER, &none, "/var/lib/docker/buildkit/cache.db"));
}

#define SANDBOX "0123456789abcdef0123456789abcdef"
#define OTHER "fedcba9876543210fedcba9876543210"

/* What the containers of a pod share is that pod's alone. */
static void test_sandbox_owned(void **state)
{
	static const struct {
		enum engine engine;
		const char *path;
	} cases[] = {
		{ ENGINE_CONTAINERD, "/var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" SANDBOX "/hosts" },
		{ ENGINE_CONTAINERD, "/run/containerd/io.containerd.grpc.v1.cri/sandboxes/" SANDBOX "/shm" },
		{ ENGINE_CRIO, "/run/containers/storage/overlay-containers/" SANDBOX "/userdata/hostname" },
	};
	const struct engine_tells none = { 0 }, own = { .sandbox_id = SANDBOX },
				  other = { .sandbox_id = OTHER }, start = { .sandbox_id = "0123456789abcdef" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(engine_owned_file(cases[i].engine, &own, cases[i].path));
		assert_false(engine_owned_file(cases[i].engine, &other, cases[i].path));
		assert_false(engine_owned_file(cases[i].engine, &start, cases[i].path));
		assert_false(engine_owned_file(cases[i].engine, &none, cases[i].path));
		assert_false(engine_owned_file(ENGINE_DOCKER, &own, cases[i].path));
		/* who calls is not known: any engine's, of whichever pod */
		assert_true(engine_owned_file(ENGINE_UNKNOWN, &none, cases[i].path));
	}
}

#define PODMAN_BUNDLE "/var/lib/containers/storage/overlay-containers/" SANDBOX "/userdata"
#define PODMAN_OTHER "/run/containers/storage/overlay-containers/" OTHER "/userdata/"
#define DOCKER_BUNDLE "/run/containerd/io.containerd.runtime.v2.task/moby/" SANDBOX
#define DOCKER_OTHER "/var/lib/docker/containers/" OTHER

/* Of podman and docker, another container's file is for what joins that kind of namespace. */
static void test_others(void **state)
{
	static const struct {
		enum engine engine;
		const char *bundle, *path, *shared;	/* by joining that; "": by anything; NULL: never */
	} cases[] = {
		{ ENGINE_PODMAN, PODMAN_BUNDLE, PODMAN_OTHER "hosts", "network" },
		{ ENGINE_PODMAN, PODMAN_BUNDLE, PODMAN_OTHER "resolv.conf", "network" },
		{ ENGINE_PODMAN, PODMAN_BUNDLE, PODMAN_OTHER "hostname", NULL },
		{ ENGINE_PODMAN, PODMAN_BUNDLE, PODMAN_OTHER "run/secrets", NULL },
		{ ENGINE_PODMAN, PODMAN_BUNDLE,
		  "/var/lib/containers/storage/overlay-containers/" OTHER "/userdata/shm", "ipc" },
		{ ENGINE_PODMAN, PODMAN_BUNDLE, "/var/lib/containers/storage/volumes/a/_data", "" },
		{ ENGINE_PODMAN, PODMAN_BUNDLE, "/run/containers/storage/overlay-containers/" SANDBOX
		  "/userdata/hostname", "" },
		{ ENGINE_PODMAN, "/x-containers/overlay-containers/" SANDBOX "/userdata",
		  "/run/containers/storage/overlay-containers/" SANDBOX "/userdata/hostname", "" },
		{ ENGINE_PODMAN, PODMAN_BUNDLE,
		  "/var/lib/containers/storage/overlay-containers/" SANDBOX "/userdata/secrets/s", "" },
		{ ENGINE_PODMAN, PODMAN_BUNDLE,
		  "/var/lib/containers/storage/overlay-containers/" OTHER "/userdata/secrets/s", NULL },
		/* a build has none of a container's */
		{ ENGINE_PODMAN, "/var/tmp/buildah123", PODMAN_OTHER "hostname", NULL },
		{ ENGINE_PODMAN, "/var/tmp/buildah123", "/var/lib/containers/storage/volumes/a/_data", "" },
		{ ENGINE_DOCKER, DOCKER_BUNDLE, DOCKER_OTHER "/hosts", "network" },
		{ ENGINE_DOCKER, DOCKER_BUNDLE, DOCKER_OTHER "/hostname", "network" },
		{ ENGINE_DOCKER, DOCKER_BUNDLE, DOCKER_OTHER "/resolv.conf", "network" },
		{ ENGINE_DOCKER, DOCKER_BUNDLE, DOCKER_OTHER "/mounts/shm", "ipc" },
		{ ENGINE_DOCKER, DOCKER_BUNDLE, "/var/lib/docker/volumes/a/_data", "" },
		{ ENGINE_DOCKER, DOCKER_BUNDLE, "/var/lib/docker/containers/" SANDBOX "/mounts/shm", "" },
		{ ENGINE_DOCKER, NULL, DOCKER_OTHER "/hosts", "" },
	};
	static const char *const joins[] = { "network", "ipc", "pid" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *shared = cases[i].shared;

		for (size_t j = 0; j < ARRAY_SIZE(joins); j++) {
			const bool wanted = shared && (!*shared || strcmp(shared, joins[j]) == 0);
			const struct engine_tells *got;
			char joined[200];

			(void)snprintf(joined, sizeof(joined), "\"a\":\"\"}, \"linux\": {\"namespaces\": "
				       "[{\"type\":\"%s\",\"path\":\"/proc/7/ns/x\"}]", joins[j]);
			got = tells(cases[i].engine, cases[i].bundle, joined);
			if (engine_owned_file(cases[i].engine, got, cases[i].path) != wanted)
				fail_msg("%s for what joins %s", cases[i].path, joins[j]);
			(void)snprintf(joined, sizeof(joined), "\"a\":\"\"}, \"linux\": {\"namespaces\": "
				       "[{\"type\":\"%s\"}]", joins[j]);
			got = tells(cases[i].engine, cases[i].bundle, joined);
			if (engine_owned_file(cases[i].engine, got, cases[i].path) != (shared && !*shared))
				fail_msg("%s for what has %s of its own", cases[i].path, joins[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_own_keys, clean),
		cmocka_unit_test_teardown(test_sandbox, clean),
		cmocka_unit_test_teardown(test_claimed_sandbox, clean),
		cmocka_unit_test_teardown(test_doubtful, clean),
		cmocka_unit_test_teardown(test_other_callers, clean),
		cmocka_unit_test(test_owned),
		cmocka_unit_test(test_sandbox_owned),
		cmocka_unit_test_teardown(test_others, clean),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
