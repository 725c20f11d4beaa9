# SPDX-License-Identifier: Apache-2.0
#
# Pods as the Pod Security Standards' text allows and forbids them, value by value,
# as configurations: for every base the patched config.json, and its facts with
# what the patches refer to. Each case changes one control of a base that keeps all
# of "restricted"; controls are named as in include/cofferdam/controls.def.
#
#	jq -n --slurpfile config CONFIG... --slurpfile facts FACTS... -c -f cases.jq
#
# prints { base, engine, facts } for each base, then { base, name, config, baseline,
# restricted }, the last two being the controls that the findings must be of.

# --- the bases: restricted pods of containerd and CRI-O, podman with a user namespace and without ---

def uid: "3f1b6c2e-8d0a-4c57-9b1e-2a7f5d0c9e11";

def bases: [
	{ base: "containerd", engine: "containerd", userns: false },
	{ base: "cri-o", engine: "crio", userns: false },
	{ base: "podman", engine: "podman", userns: true },
	{ base: "podman, without a user namespace", engine: "podman", userns: false }
];

# What an engine gives where the host has the module. No host has both, but both are
# judged apart.
def selinux($who; $type; $level): "\($who):\($type):\($level)";
def labelled: .process.selinuxLabel = selinux("system_u:system_r"; "container_t"; "s0:c123,c456")
	| .linux.mountLabel = selinux("system_u:object_r"; "container_file_t"; "s0:c123,c456")
	| .process.apparmorProfile = "engine-default";

# The corpus' pods have uids that the kubelet would not make, and a hook of the capture.
def prepared($i):
	if $i == 0 then .annotations["io.kubernetes.cri.sandbox-uid"] = uid
	elif $i == 1 then .annotations["io.kubernetes.pod.uid"] = uid | del(.hooks)
	elif $i == 2 then .
	else del(.linux.uidMappings, .linux.gidMappings)
		| .linux.namespaces |= map(select(.type != "user"))
		| .process.user = { uid: 1000, gid: 1000 } end
	| labelled;

# --- what a case does to a configuration ---

def cap($name): .process.capabilities |=
	(reduce ("bounding", "effective", "permitted") as $set (.; .[$set] += [$name]));
def bind($source): .mounts += [{ destination: "/data", type: "bind", source: $source,
	options: ["rbind", "rprivate", "ro", "nosuid", "nodev"] }];
def kubelet($kind; $name): bind("/var/lib/kubelet/pods/" + uid + "/volumes/kubernetes.io~"
	+ $kind + "/" + $name);

# The host's namespace: containerd joins it by a path like any other; CRI-O leaves
# the entry out, but pins its ipc namespace; podman leaves the entry out.
def host($base; $type; $proc): .linux.namespaces |= (map(select(.type != $type))
	+ if $base == "containerd" then [{ type: $type, path: "/proc/999/ns/\($proc)" }]
	elif $base == "cri-o" and $type == "ipc" then [{ type: $type, path: "/var/run/ipcns/999" }]
	else [] end);

def all_caps: ["CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID",
	"SETUID", "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN",
	"NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE",
	"SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME",
	"SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
	"MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON",
	"BPF", "CHECKPOINT_RESTORE"];
def allowed_caps: ["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD",
	"NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"];
def privileged: reduce all_caps[] as $name (.; cap("CAP_" + $name))
	| del(.linux.seccomp, .linux.maskedPaths, .linux.readonlyPaths)
	| .linux.resources.devices = [{ allow: true, access: "rwm" }]
	| .mounts |= map(if .type == "sysfs" or .type == "cgroup"
		then .options |= map(select(. != "ro")) else . end);

# --- the cases: NAME, what it does, the controls that the findings must be of ---

def both($control): { baseline: [$control], restricted: [$control] };
def case($name; f; $expected): { name: $name, config: f } + $expected;
def fine: { baseline: [], restricted: [] };
def restricted($control): { baseline: [], restricted: [$control] };
def volume: { baseline: ["HostPath volumes"], restricted: ["HostPath volumes", "Volume types"] };

def cases($base; $userns):
	case("the base itself"; .; fine),

	case("hostNetwork: true"; host($base; "network"; "net"); both("Host namespaces")),
	case("hostPID: true"; host($base; "pid"; "pid"); both("Host namespaces")),
	case("hostIPC: true"; host($base; "ipc"; "ipc"); both("Host namespaces")),

	case("privileged: true"; privileged; both("Privileged containers")),

	case("a hostPath /srv/data"; bind("/srv/data"); volume),
	case("a hostPath /"; bind("/"); volume),
	case("a hostPath /etc"; bind("/etc"); volume),
	case("a hostPath /proc"; bind("/proc"); volume),
	case("a hostPath /var/run/docker.sock"; bind("/var/run/docker.sock"); volume),
	case("another pod's volume"; bind("/var/lib/kubelet/pods/"
		+ "77777777-8d0a-4c57-9b1e-2a7f5d0c9e11/volumes/kubernetes.io~secret/s"); volume),

	case("procMount: Unmasked"; del(.linux.maskedPaths, .linux.readonlyPaths);
		if $userns then restricted("/proc mount type") else both("/proc mount type") end),

	(("kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
	  "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start",
	  "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout",
	  "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem",
	  "net.ipv4.tcp_wmem", "net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat",
	  "net/ipv4/tcp_syncookies") as $name
	| case("sysctl \($name)"; .linux.sysctl = { ($name): "1" }; fine)),
	(("kernel.msgmax", "kernel.shmmax", "kernel.sem", "kernel.core_pattern", "fs.mqueue.msg_max",
	  "net.core.somaxconn", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding",
	  "net.ipv4.tcp_syncookie", "net/core/somaxconn") as $name
	| case("sysctl \($name)"; .linux.sysctl = { ($name): "1" }; both("Sysctls"))),

	# Undefined is what the base has: the engine's own.
	(("container_t", "container_init_t", "container_kvm_t", "container_engine_t") as $type
	| case("seLinuxOptions.type: \($type)";
		.process.selinuxLabel = selinux("system_u:system_r"; $type; "s0:c123,c456"); fine)),
	(("spc_t", "unconfined_t", "container_runtime_t", "container_logreader_t") as $type
	| case("seLinuxOptions.type: \($type)";
		.process.selinuxLabel = selinux("system_u:system_r"; $type; "s0:c123,c456"); both("SELinux"))),
	case("seLinuxOptions.user"; .process.selinuxLabel = selinux("staff_u:system_r"; "container_t"; "s0");
		both("SELinux")),
	case("seLinuxOptions.role"; .process.selinuxLabel = selinux("system_u:staff_r"; "container_t"; "s0");
		both("SELinux")),
	case("seLinuxOptions.level"; .process.selinuxLabel = selinux("system_u:system_r"; "container_t"; "s0:c7,c8");
		fine),
	case("appArmorProfile: Localhost"; .process.apparmorProfile = "of-the-node"; fine),
	case("appArmorProfile: Unconfined"; .process.apparmorProfile = "unconfined"; both("AppArmor")),

	case("seccompProfile undefined, or Unconfined"; del(.linux.seccomp); restricted("Seccomp")),
	case("seccompProfile Localhost"; .linux.seccomp = { defaultAction: "SCMP_ACT_ERRNO",
		architectures: ["SCMP_ARCH_X86_64"],
		syscalls: [{ names: ["read", "write", "exit_group"], action: "SCMP_ACT_ALLOW" }] }; fine),

	case("allowPrivilegeEscalation: true"; .process.noNewPrivileges = false;
		restricted("Privilege escalation")),
	case("allowPrivilegeEscalation undefined"; del(.process.noNewPrivileges);
		restricted("Privilege escalation")),

	case("runAsUser: 0"; .process.user.uid = 0;
		if $userns then fine else restricted("Running as non-root") end),
	case("no user at all"; del(.process.user);
		if $userns then fine else restricted("Running as non-root") end),
	case("runAsUser: 65534"; .process.user.uid = 65534; fine),
	# PSS does not ask of groups.
	case("runAsGroup: 0"; .process.user.gid = 0 | .process.user.additionalGids = [0]; fine);

def capabilities:
	all_caps[] as $cap | case("add: \($cap)"; cap("CAP_" + $cap);
		if $cap == "NET_BIND_SERVICE" then fine
		# NET_RAW is not visible: engines give it without being asked.
		elif $cap == "NET_RAW" or any(allowed_caps[]; . == $cap) then restricted("Capabilities")
		else both("Capabilities") end);

# What the kubelet makes for the pod itself; podman has none of it.
def volumes:
	case("a configMap"; kubelet("configmap"; "c"); fine),
	case("a downwardAPI volume"; kubelet("downward-api"; "d"); fine),
	case("an emptyDir"; kubelet("empty-dir"; "e"); fine),
	case("a projected volume"; kubelet("projected"; "kube-api-access-x"); fine),
	case("a secret"; kubelet("secret"; "s"); fine),
	case("a csi volume, or a claim, or an ephemeral one"; kubelet("csi"; "pvc-1/mount"); fine);
def image_volume: case("an image";
	bind("/run/containerd/io.containerd.grpc.v1.cri/image-volumes/p1/i1"); fine);

# --- their facts ---

def ext4($path): { path: $path, is: "known", real: $path, mode: 16877,
	spot: { device: "8:1", within: $path, fstype: "ext4" } };
def with_facts($base; $sources):
	(.places | map({ key: .path, value: . }) | from_entries) as $places
	| .host.namespaces as $host
	| .namespaces += if $base.base == "containerd"
		then [["network", "net"], ["pid", "pid"], ["ipc", "ipc"]]
			| map({ path: "/proc/999/ns/\(.[1])" } + $host[.[0]])
		else [{ path: "/var/run/ipcns/999" } + $host.ipc] end
	| .mounts += ($sources | map($places[.] // if test("image-volumes")
		then ext4(.) | .spot = { device: "0:77", within: "/", fstype: "overlay" }
		else ext4(.) end))
	# Without a process to look at: its namespaces would say more than the configuration.
	| del(.container)
	| if $base.userns then . else .idmaps = { uid: { is: "known" }, gid: { is: "known" } } end;

range(bases | length) as $i | bases[$i] as $base
| ($config[$i] | prepared($i)) as $honest
| [$honest | cases($base.base; $base.userns), capabilities,
	if $i < 2 then volumes else empty end, if $i == 0 then image_volume else empty end] as $cases
| ([$cases[].config.mounts[].source] - [$honest.mounts[].source] | unique) as $sources
| def known(labels; says): { is: "known", labels: ([labels] | map(select(.)) | unique
	| map({ label: ., is: "known", says: says })) };
  { base: $base.base, engine: $base.engine, facts: ($facts[$i] | with_facts($base; $sources)
	| .selinux = known($cases[].config | .process.selinuxLabel, .linux.mountLabel; .)
	| .apparmor = known($cases[].config.process.apparmorProfile; "enforce")) },
  ($cases[] | { base: $base.base } + .)
