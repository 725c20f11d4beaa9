/* SPDX-License-Identifier: Apache-2.0 */
/* The host on which configurations are judged, and one that it allows. */
#include "fuzz.h"

#include <string.h>

#include <cofferdam/text.h>

static const char process_honest[] =
	"{\"user\": {\"uid\": 1000, \"gid\": 1000}, \"args\": [\"/bin/sh\"],\n"
	"  \"env\": [\"PATH=/bin\"], \"cwd\": \"/\", \"noNewPrivileges\": true,\n"
	"  \"selinuxLabel\": \"system_u:system_r:container_t:s0:c1,c2\",\n"
	"  \"capabilities\": {\"bounding\": [\"CAP_NET_BIND_SERVICE\"],\n"
	"    \"effective\": [\"CAP_NET_BIND_SERVICE\"], \"permitted\": [\"CAP_NET_BIND_SERVICE\"]},\n"
	"  \"rlimits\": [{\"type\": \"RLIMIT_NOFILE\", \"hard\": 1024, \"soft\": 1024},\n"
	"    {\"type\": \"RLIMIT_CORE\", \"hard\": 0, \"soft\": 0}]}";

static const char config_rest[] =
	",\n \"root\": {\"path\": \"rootfs\", \"readonly\": true}, \"hostname\": \"test\",\n"
	" \"mounts\": [\n"
	"  {\"destination\": \"/proc\", \"type\": \"proc\", \"source\": \"proc\",\n"
	"   \"options\": [\"nosuid\", \"noexec\", \"nodev\"]},\n"
	"  {\"destination\": \"/dev\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
	"   \"options\": [\"nosuid\", \"strictatime\", \"mode=755\", \"size=65536k\"]},\n"
	"  {\"destination\": \"/dev/pts\", \"type\": \"devpts\", \"source\": \"devpts\",\n"
	"   \"options\": [\"nosuid\", \"noexec\", \"newinstance\", \"ptmxmode=0666\", \"mode=0620\"]},\n"
	"  {\"destination\": \"/tmp\", \"type\": \"tmpfs\", \"source\": \"tmpfs\",\n"
	"   \"options\": [\"nosuid\", \"nodev\", \"noexec\", \"mode=1777\", \"size=16m\"]}],\n"
	" \"linux\": {\n"
	"  \"namespaces\": [{\"type\": \"pid\"}, {\"type\": \"network\"}, {\"type\": \"ipc\"},\n"
	"   {\"type\": \"uts\"}, {\"type\": \"mount\"}, {\"type\": \"cgroup\"}],\n"
	"  \"cgroupsPath\": \"/docker/one\",\n"
	"  \"resources\": {\"memory\": {\"limit\": 134217728, \"swap\": 134217728},\n"
	"   \"pids\": {\"limit\": 64}, \"cpu\": {\"quota\": 50000, \"period\": 100000},\n"
	"   \"devices\": [{\"allow\": false, \"access\": \"rwm\"}]},\n"
	"  \"maskedPaths\": [\"/proc/acpi\", \"/proc/asound\", \"/proc/interrupts\", \"/proc/kcore\",\n"
	"   \"/proc/keys\", \"/proc/latency_stats\", \"/proc/sched_debug\", \"/proc/scsi\",\n"
	"   \"/proc/timer_list\", \"/proc/timer_stats\", \"/sys/firmware\",\n"
	"   \"/sys/devices/virtual/powercap\"],\n"
	"  \"readonlyPaths\": [\"/proc/bus\", \"/proc/fs\", \"/proc/irq\", \"/proc/sys\",\n"
	"   \"/proc/sysrq-trigger\"],\n"
	"  \"seccomp\": {\"defaultAction\": \"SCMP_ACT_ERRNO\", \"syscalls\": [\n"
	"   {\"names\": [\"read\", \"write\"], \"action\": \"SCMP_ACT_ALLOW\"}]}}}\n";

static const char facts_head[] =
	"{\"format\": 1,\n"
	" \"host\": {\"namespaces\": {\n"
	"  \"cgroup\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 11},\n"
	"  \"ipc\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 12},\n"
	"  \"mount\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 13},\n"
	"  \"network\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 14},\n"
	"  \"pid\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 15},\n"
	"  \"time\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 16},\n"
	"  \"user\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 17},\n"
	"  \"uts\": {\"is\": \"known\", \"device\": \"0:4\", \"inode\": 18}}},\n"
	" \"idmaps\": {\"uid\": {\"is\": \"known\"}, \"gid\": {\"is\": \"known\"}},\n"
	" \"parent\": {\"is\": \"known\", \"cgroup\": \"/docker\"},\n"
	" \"cgroup\": {\"is\": \"absent\", \"v2\": true},\n"
	" \"groups\": {\"is\": \"known\", \"list\": [{\"name\": \"docker\", \"gid\": 998}]},\n"
	" \"sockets\": {\"is\": \"known\"},\n"
	" \"image\": {\"is\": \"known\", \"cwd\": \"/\"},\n"
	" \"selinux\": {\"is\": \"known\", \"labels\": [\n"
	"  {\"label\": \"system_u:system_r:container_t:s0:c1,c2\", \"is\": \"known\",\n"
	"   \"says\": \"system_u:system_r:container_t:s0:c1,c2\"}]},\n"
	" \"apparmor\": {\"is\": \"absent\"},\n"
	" \"core\": {\"is\": \"known\"},\n"
	" \"places\": [";

const struct policy *fuzz_policy(enum bundle bundle)
{
	static struct policy *policies[BUNDLE_MAX];
	struct error err;

	if (!policies[bundle])
		property(policy_shipped(bundle, &policies[bundle], &err) == 0, "%s", err.text);
	return policies[bundle];
}

void fuzz_config(struct buf *ret, const struct buf *process)
{
	buf_str(ret, "{\"ociVersion\": \"1.0.2\",\n \"process\": ");
	buf_str(ret, process ? buf_cstr(process) : process_honest);
	buf_str(ret, config_rest);
}

static void print_places(struct buf *out, const char *const *paths)
{
	for (; paths && *paths; paths++) {
		buf_str(out, out->data[out->len - 1] == '[' ? "" : ",");
		buf_printf(out, "\n  {\"path\": \"%s\", \"is\": \"known\", \"real\": \"%s\", \"mode\": 16877, "
			   "\"spot\": {\"device\": \"8:1\", \"within\": \"%s\"}}", *paths, *paths,
			   *paths);
	}
}

/* recorded - everything but what a configuration names. */
static const struct buf *recorded(void)
{
	static struct buf text;

	if (text.len > 0)
		return &text;
	buf_str(&text, facts_head);
	for (size_t i = 0; i < RULE_MAX; i++) {
		const struct rule *rule = registry_rule((enum rule_id)i);

		for (size_t p = 0; p < PARAMS_MAX && rule->params[p].name; p++) {
			if (rule->params[p].kind == PARAM_PATHS && (rule->facts & FACT_PLACES))
				print_places(&text, rule->params[p].value[BUNDLE_RESTRICTED].list);
		}
	}
	buf_str(&text, "]}\n");
	return &text;
}

static void place_set(struct fact_place *place)
{
	_cleanup_free_ char *rooted = NULL;

	if (!place->path || place->is != FACT_UNKNOWN)
		return;
	property(asprintf(&rooted, "%s%s", place->path[0] == '/' ? "" : "/bundle/",
			  place->path) >= 0, "out of memory");
	place->is = FACT_KNOWN;
	place->real = text_path_clean(rooted);
	place->spot = (struct fact_spot){ .major = 8, .minor = 1,
					  .within = text_path_clean(rooted),
					  .fstype = strdup("ext4") };
	place->mode = 0040755;
	property(place->real && place->spot.within && place->spot.fstype, "out of memory");
}

void fuzz_facts(const struct oci_spec *spec, struct facts *ret)
{
	const struct buf *text = recorded();
	struct error err;

	property(facts_load("facts", text->data, text->len, spec, ret, &err) == 0, "%s", err.text);
	for (size_t i = 0; i < ret->n_mounts; i++)
		place_set(&ret->mounts[i]);
	place_set(&ret->rootfs);
	for (size_t i = 0; i < ret->n_namespaces; i++) {
		struct fact_ns *ns = &ret->namespaces[i];

		if (!ns->path || ns->is != FACT_UNKNOWN)
			continue;
		ns->is = FACT_KNOWN;
		ns->dev = ret->host[0].dev;
		ns->ino = fuzz_seed((const uint8_t *)ns->path, strlen(ns->path));
	}
}
