# SPDX-License-Identifier: Apache-2.0
#
# The facts of a captured configuration, which was taken on another machine:
# what cofferdam facts would have recorded had it looked at the moment of
# "create" on a usual Debian 12 node. tests/corpus/facts.sh runs it; what stands
# here is the knowledge to review, what it writes follows from it.
#
#	jq -r --arg engine ENGINE --arg name CASE.KIND --argjson paths '[PATH...]' \
#		-f facts.jq CASE.KIND.json

# --- the cases ---

# Which of the namespaces that a configuration joins by a path are the host's:
# that was found by their inodes at capture, and nothing in the file shows it.
# All other joined ones are the pod's own.
def hosts: {
	containerd: {
		"hostnetwork.container": ["network", "uts"],
		"hostpid.container":     ["pid"],
		"hostipc.container":     ["ipc"],
		"hostall.container":     ["network", "pid", "ipc", "uts"]
	},
	crio: {
		"hostnetwork.sandbox":   ["network"],
		"hostipc.container":     ["ipc"],
		"hostall.container":     ["ipc"],
		"hostall.sandbox":       ["network", "ipc"]
	}
}[$engine][$name] // [];

# The cgroup of the pod, which the kubelet makes before the runtime is called:
# without limits (podPidsLimit is off by default), except where every container
# of the pod has them.
def pod_limits: {
	"limits.container": { memory: 67108864, millicpu: 500 }
}[$name] // {};

# --- the node ---

# Its mounts, as mountinfo has them: mount point, device, type. Its root is one
# ext4; cgroup v1, as where the capture was made.
def node_mounts: [
	["/", "8:1", "ext4"],
	["/sys", "0:20", "sysfs"], ["/proc", "0:21", "proc"], ["/dev", "0:5", "devtmpfs"],
	["/dev/pts", "0:22", "devpts"], ["/run", "0:23", "tmpfs"], ["/dev/shm", "0:24", "tmpfs"],
	["/run/lock", "0:25", "tmpfs"], ["/sys/kernel/security", "0:6", "securityfs"],
	["/sys/fs/cgroup", "0:26", "tmpfs"], ["/sys/fs/cgroup/systemd", "0:27", "cgroup"],
	["/sys/fs/cgroup/memory", "0:28", "cgroup"], ["/sys/fs/cgroup/pids", "0:29", "cgroup"],
	["/sys/fs/cgroup/cpu,cpuacct", "0:30", "cgroup"], ["/sys/fs/cgroup/devices", "0:31", "cgroup"],
	["/sys/fs/pstore", "0:32", "pstore"], ["/sys/fs/bpf", "0:33", "bpf"],
	["/proc/sys/fs/binfmt_misc", "0:34", "autofs"], ["/dev/hugepages", "0:35", "hugetlbfs"],
	["/dev/mqueue", "0:36", "mqueue"], ["/sys/kernel/debug", "0:7", "debugfs"],
	["/sys/kernel/tracing", "0:12", "tracefs"]
];

# Debian's symbolic links (merged /usr), and /var/run.
def links: [["/bin", "/usr/bin"], ["/sbin", "/usr/sbin"], ["/lib", "/usr/lib"],
	["/lib32", "/usr/lib32"], ["/lib64", "/usr/lib64"], ["/var/run", "/run"],
	["/etc/localtime", "/usr/share/zoneinfo/Etc/UTC"]];

# Of the policies' paths, what such a node does not have.
def absent: ["/usr/lib32", "/run/buildkit", "/run/cri-dockerd.sock", "/run/docker",
	"/run/docker.sock", "/run/k3s", "/run/initramfs", "/run/libvirt", "/run/modprobe.d",
	"/run/nri", "/run/podman", "/run/tmpfiles.d", "/var/lib/cofferdam", "/var/lib/docker",
	"/var/lib/incus", "/var/lib/lxd", "/var/lib/rpm", "/var/snap", "/var/spool/at"]
	+ { containerd: ["/run/containers", "/run/crio", "/var/lib/containers", "/var/lib/crio"],
	    crio: ["/run/containerd", "/var/lib/containerd"] }[$engine];

# The sockets that programs of the node listen on.
def sockets: ["/run/dbus/system_bus_socket", "/run/systemd/journal/dev-log",
	"/run/systemd/journal/socket", "/run/systemd/notify", "/run/udev/control"]
	+ { containerd: ["/run/containerd/containerd.sock", "/run/containerd/containerd.sock.ttrpc"],
	    crio: ["/run/crio/crio.sock"] }[$engine];

# Debian's groups with power, as base-passwd and systemd number them.
def groups: [["root", 0], ["adm", 4], ["disk", 6], ["sudo", 27], ["shadow", 42], ["kvm", 104],
	["systemd-journal", 999]];

# The first namespaces of a machine (linux/proc_ns.h), and two without a fixed number.
def node_ns: { ipc: 4026531839, uts: 4026531838, user: 4026531837, pid: 4026531836,
	cgroup: 4026531835, time: 4026531834, mount: 4026531841, network: 4026531840 };
def pod_ns: node_ns | map_values(. + 400);

# --- what follows from these ---

def below($top): . == $top or startswith(if $top == "/" then "/" else $top + "/" end);
def is_bind: .type == "bind" or ((.options // []) | any(. == "bind" or . == "rbind"));

. as $config
| (if $engine == "containerd"
	then "/run/containerd/io.containerd.runtime.v2.task/k8s.io/"
		+ ($config.linux.cgroupsPath | split("/") | last) + "/rootfs"
	else $config.root.path end) as $rootfs
# The engine's own mounts for this container: its image, the pod's /dev/shm.
| ([$config.mounts[] | select(is_bind).source | select(test("^/run/.*/shm$"))] | unique
	| map([., "0:60", "tmpfs"])) as $shm
| (node_mounts + $shm + [[$rootfs, "0:61", "overlay"]]) as $mounts

| def resolved: . as $path
	| ([links[] | .[0] as $link | select($path | below($link))] | first) as $link
	| if $link then $link[1] + $path[($link[0] | length):] else $path end;
  def spot: . as $path | $mounts | map(select(.[0] as $at | $path | below($at)))
	| max_by(.[0] | length)
	| { device: .[1], within: ($path[(.[0] | rtrimstr("/") | length):]
		| if . == "" then "/" else . end), fstype: .[2] };
  def kind: if . as $path | sockets | index($path) then 49645		# srwxr-xr-x
	elif test("/(hosts|hostname|resolv.conf|timezone|UTC|[.]containerenv)$")
		then 33188				# -rw-r--r--
	elif . == "/dev/shm" or test("^/run/.*/shm$") then 17407	# drwxrwxrwt
	else 16877 end;
  def place: resolved as $real
	| (absent | any(. as $gone | $real | below($gone))) as $gone
	| [$mounts[] | select(.[0] != $real and (.[0] | below($real)))
		| { device: .[1], within: "/", fstype: .[2] }] as $below
	| { path: ., is: (if $gone then "absent" else "known" end), real: $real }
	+ (if $gone then {} else { mode: ($real | kind) } end)
	+ { spot: ($real | spot) }
	+ (if $below == [] then {} else { below: $below } end);
  def ns($set): { is: "known", device: "0:4", inode: $set[.] };
  def idmap: { is: "known" } + (if . then
	{ ranges: map({ inside: .containerID, outside: .hostID, count: .size }) } else {} end);
  def lines: if length == 0 then "[]" else
	"[\n\t" + (map(tojson) | join(",\n\t")) + "\n]" end;

[
	["format", "1"],
	["host", ({ namespaces: (node_ns | with_entries(.value = (.key | ns(node_ns)))) } | tojson)],
	["namespaces", ([$config.linux.namespaces[] | select(.path) | .type as $type
		| { path } + ($type | ns(if hosts | index($type) then node_ns else pod_ns end))]
		| unique | lines)],
	["mounts", ([$config.mounts[] | select(is_bind).source] | unique | map(place) | lines)],
	["places", ($paths | map(place) | lines)],
	["rootfs", ($rootfs | place | .path = $config.root.path | tojson)],
	["idmaps", ({ uid: ($config.linux.uidMappings | idmap), gid: ($config.linux.gidMappings | idmap) }
		| tojson)],
	["parent", ({ is: "known", cgroup: ($config.linux.cgroupsPath | split("/")[:-1] | join("/")) }
		+ pod_limits | tojson)],
	["cgroup", ({ is: "absent" } | tojson)],
	# The hooks file that made the capture named a program of root's, not Cofferdam's.
	["hooks", ([$config.hooks // {} | .[][].path] | unique
		| map({ path: ., is: "known", real: ., trusted: true }) | lines)],
	["groups", ({ is: "known", list: (groups | map({ name: .[0], gid: .[1] })) } | tojson)],
	["sockets", "{\"is\":\"known\",\"list\":" + (sockets | map(place) | lines) + "}"],
	["image", ({ is: "known", cwd: $config.process.cwd } | tojson)],
	["core", ({ is: "known" } | tojson)],		# kernel.core_pattern is "core"
	["selinux", ({ is: "absent" } | tojson)],
	["apparmor", ({ is: "absent" } | tojson)]
]
| "{\n" + (map("\"\(.[0])\": \(.[1])") | join(",\n")) + "\n}"
