#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What Cofferdam costs, as tables in Markdown on standard output; make bench
# calls it, as root. Commands that are compared run in turn (interleave.c), so that
# whatever else the machine does meets all of them. Nothing here passes or fails.
#
#	BENCH_ROUNDS	of the programs that take about a millisecond	[400]
#	BENCH_RUNS	of whole containers				[60]
#	BENCH_CONFIGS	configurations in the tree			[10000]
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $work and the like come from there.
# shellcheck disable=SC2154

rounds=${BENCH_ROUNDS:-400}
runs=${BENCH_RUNS:-60}
configs=${BENCH_CONFIGS:-10000}
bench=$build/tests/bench
other=/usr/libexec/oci/hooks.d/oci-seccomp-bpf-hook
built=$hook

need jq busybox
setup_work
make_rootfs
# A copy, as what is installed is one: what the linker wrote lies in the page
# cache in small pieces, and starts some hundredths slower.
hook=$work/cofferdam-hook
install "$built" "$hook"

# A configuration that the policy allows, of a program that ends at once.
own='del(.mounts[-1]) | .process.args = ["/bin/true"]
	| .linux.resources.cpu = { quota: 200000, period: 100000 }'
host=$(host_config bench)
plain=$(bundle plain "$own")
hooked=$(bundle hooked "$own")
add_hook "$hooked" createRuntime "$host"

machine() {
	echo "# Measurements"
	echo
	echo "$("$cofferdam" --version), static: ${COFFERDAM_STATIC:-unknown};" \
		"kernel $(uname -r | sed 's/-.*//'), $(nproc) processors of kind" \
		"$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)."
	echo "Wall time in microseconds, of commands that ran in turn; ratio is that of the medians to the first line."
}

# --- the hook by itself ---

# Without white space, as engines write it, which makes it as large as podman's.
hook_alone() {
	local compact rows=(/bin/true /bin/true -- "empty, static PIE" "$bench/empty"
		-- "cofferdam-hook --version" "$hook" --version
		-- "createRuntime, baseline" "$hook" createRuntime --host-config
		"$(host_config least '.policies = [{ use: "baseline" }]')"
		-- "createRuntime, restricted" "$hook" createRuntime --host-config "$host")

	[ ! -x $other ] || rows+=(-- "oci-seccomp-bpf-hook" "$other" -version)
	compact=$(bundle compact "$own")
	jq -c . "$compact/config.json" >"$work/compact.json"
	mv "$work/compact.json" "$compact/config.json"
	stand_in
	state "$compact" >"$work/state.json"
	echo
	echo "## The hook by itself"
	echo
	(cd "$compact" && "$bench/interleave" "$rounds" "$work/state.json" "${rows[@]}")
	echo
	echo "The hook reads the state and a config.json of $(stat -c %s "$compact/config.json") bytes," \
		"gathers the facts, judges and writes its record; the gate is off."
	if [ -x $other ]; then
		echo "oci-seccomp-bpf-hook, a hook in Go, is shown as it prints its version: its work" \
			"(tracing) is another one, so only the start can be compared."
	else
		echo "oci-seccomp-bpf-hook is not installed here, so no hook in Go is compared."
	fi
}

# --- whole containers ---

containers() {
	local runtime options

	echo
	echo "## A whole container"
	for runtime in runc crun; do
		command -v $runtime >/dev/null || continue
		options=(--root "$work/$runtime")
		[ $runtime = runc ] || options+=(--cgroup-manager=cgroupfs)
		echo
		"$bench/interleave" "$runs" /dev/null \
			"$runtime run" "$(command -v $runtime)" "${options[@]}" run --bundle "$plain" a \
			-- "$runtime run, with the hook" \
			"$(command -v $runtime)" "${options[@]}" run --bundle "$hooked" b
	done
}

# --- many configurations ---

# A configuration as short as can be, of which the policy says a lot.
findings='{ ociVersion, root: { path: "rootfs" }, hostname, linux: { namespaces: [{ type: "mount" }] },
	process: { user: { uid: 0, gid: 0 }, args: ["/bin/true"], cwd: "/", env: ["PATH=/bin"] },
	mounts: [{ destination: "/proc", type: "proc", source: "proc" },
		{ destination: "/data", type: "bind", source: "/etc", options: ["rbind"] }] }'

# tree NAME N CONFIG... - N configurations, each CONFIG in its turn, with a number for @N@
tree() {
	local tree=$work/$1 n=$2

	shift 2
	seq "$n" | sed "s#^#$tree/#" | xargs mkdir -p
	awk -v tree="$tree" -v n="$n" 'FNR == 1 { kinds++ } { text[kinds] = text[kinds] $0 "\n" }
		END {
			for (i = 1; i <= n; i++) {
				file = tree "/" i "/config.json"
				this = text[(i - 1) % kinds + 1]
				gsub(/@N@/, i, this)
				printf "%s", this >file
				close(file)
			}
		}' "$@"
}

# compared CORES WHAT CONFIG... - check beside yajl, of many of them
compared() {
	local cores=$1 what=$2 tree=$work/tree table

	shift 2
	tree tree "$configs" "$@"
	echo
	echo "$configs of $what:"
	echo
	table=$("$bench/interleave" 5 /dev/null \
		"yajl, nothing made of it, $cores at once" "$bench/parse" bare "$tree" "$cores" \
		-- "yajl, its own tree" "$bench/parse" tree "$tree" "$cores" \
		-- "cofferdam check --policy baseline" \
		"$cofferdam" check --jobs "$cores" --policy baseline "$tree" \
		-- "cofferdam check --policy restricted" \
		"$cofferdam" check --jobs "$cores" --policy restricted "$tree" \
		-- "the same, --format json" "$cofferdam" check --jobs "$cores" \
		--policy restricted --format json "$tree")
	echo "$table"
	echo
	echo "Configurations a second:"
	awk -F'|' -v n="$configs" 'NR > 2 {
		gsub(/^ +| +$/, "", $2)
		printf "%s %d%s", $2, n / ($5 / 1000000), NR == 7 ? ".\n" : "; "
	}' <<<"$table"
	rm -rf "$tree"
}

# row KIND CONFIG - instructions for one of fifty more of them
row() {
	local command before after each=()

	tree "$1-50" 50 "$2"
	tree "$1-100" 100 "$2"
	for command in "$bench/parse bare" "$cofferdam check --jobs 1 --policy restricted" \
		"$cofferdam check --jobs 1 --policy restricted --format json"; do
		# words of the command
		# shellcheck disable=SC2086
		before=$(counted $command "$work/$1-50")
		# shellcheck disable=SC2086
		after=$(counted $command "$work/$1-100")
		each+=($(((after - before) / 50)))
	done
	printf '| %-25s | %6d | %5s | %5s | %7d | %7d | %7d | %5s | %5s |\n' "$1" \
		"$(stat -c %s "$2")" \
		"$("$cofferdam" check --policy restricted --format json "$2" | jq '.findings | length')" \
		"$("$cofferdam" check --policy restricted "$2" | wc -c)" "${each[@]}" \
		"$(awk "BEGIN { printf \"%.2f\", ${each[1]} / ${each[0]} }")" \
		"$(awk "BEGIN { printf \"%.2f\", ${each[2]} / ${each[0]} }")"
}

throughput() {
	local short cores config

	short=$(bundle short "$own" "$findings")
	jq -c '.hostname = "c@N@"' "$short/config.json" >"$work/short.json"
	jq '.hostname = "c@N@"' "$plain/config.json" >"$work/allowed.json"
	jq -c '.linux.seccomp.syscalls[0].names += ["call@N@"]' "$src/policy/bases/podman-default.json" \
		>"$work/unshared.json"
	(cd "$work" && rm -f config.json && runc spec && mv config.json spec.json)
	echo
	echo "## Many configurations"
	for cores in 1 $([ "$(nproc)" = 1 ] || nproc); do
		compared "$cores" "$(stat -c %s "$work/allowed.json") bytes that the policies allow" \
			"$work/allowed.json"
	done
	compared 1 "podman's own" "$src/policy/bases/podman-default.json"
	compared 1 "podman's own, each with a seccomp profile that no other has" "$work/unshared.json"
	compared 1 "what \"runc spec\" writes" "$work/spec.json"
	compared 1 "pods of other hosts" "$src"/tests/corpus/*/*.container.json
	compared 1 "$(stat -c %s "$work/short.json") bytes of which there is much to say" "$work/short.json"
	echo
	echo "Instructions in user space of one more of a kind, which a busy machine does not change;"
	echo "the ratios are those to yajl."
	echo
	echo "| kind | bytes | findings | bytes told | yajl alone | check | --format json | ratio | JSON |"
	echo "|---|---|---|---|---|---|---|---|---|"
	row allowed "$work/allowed.json"
	row short "$work/short.json"
	for config in containerd-cri/plain cri-o/plain containerd-cri/privileged; do
		row "${config/\//-}" "$src/tests/corpus/$config.container.json"
	done
}

# counted COMMAND... - its instructions in user space
counted() {
	valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
		awk '/Collected/ { print $NF }'
}

# --- growth ---

# count CONFIG - instructions of cofferdam check, user space
count() {
	(cd "$plain" && valgrind --tool=callgrind --callgrind-out-file=/dev/null "$cofferdam" \
		"$command" --policy "$policy" --engine containerd "$1" 2>&1 >/dev/null) |
		awk '/Collected/ { print $NF }'
}

# instructions FILTER N - of the configuration with N of something
instructions() {
	jq --argjson n "$2" --arg here "$work/data" "$1" "$plain/config.json" >"$work/grown.json"
	count "$work/grown.json"
}

# exemptions FILTER N - of a policy with N of them, none of which is for the container
exemptions() {
	jq -n --argjson n "$2" '{ format: 1, name: "bench", exemptions: [range($n) | { when: {
		engine: "containerd", namespace: "team-\(.)", image: "registry.example/team-\(.)/*" },
		rules: ["host-network"], reason: "OPS-\(.)", expires: "2030-01-31" }] }' \
		>"$work/bench.policy.json"
	count "$plain/config.json"
}

# grow NAME FILTER [COUNTER] - one line: instructions for each item
grow() {
	local zero n counter=${3:-instructions}

	zero=$($counter "$2" 0)
	printf '| %-34s ' "$1"
	for n in 10 100 1000 10000; do
		printf '| %8d ' $((($($counter "$2" $n) - zero) / n))
	done
	echo "|"
}

# shellcheck disable=SC2016 # $n and $here are jq's
growth() {
	local command=check policy=restricted

	mkdir -p "$work/data"
	echo
	echo "## Growth"
	echo
	if ! command -v valgrind >/dev/null; then
		echo "Needs valgrind, which is not installed here."
		return
	fi
	echo "Instructions for each item, by callgrind: even lines are linear growth."
	echo
	echo "| items | 10 | 100 | 1000 | 10000 |"
	echo "|---|---|---|---|---|"
	grow "environment entries" '.process.env += [range($n) | "NAME\(.)=value"]'
	grow "capabilities" '.process.capabilities.bounding += [range($n) | "CAP_NET_BIND_SERVICE"]'
	grow "tmpfs mounts" '.mounts += [range($n) | { destination: "/data/\(.)", type: "tmpfs",
		source: "tmpfs", options: ["nosuid", "nodev"] }]'
	grow "bind mounts, each refused" '.mounts += [range($n) | { destination: "/data/\(.)",
		type: "bind", source: $here, options: ["rbind", "ro", "nosuid", "nodev"] }]'
	grow "annotations" '.annotations = ([range($n) | { key: "x.\(.)", value: "v" }] | from_entries)'
	grow "device rules" '.linux.resources.devices = [{ allow: false, access: "rwm" },
		(range($n) | { allow: true, type: "c", major: 1, minor: 3, access: "rwm" })]'
	grow "sysctls, each refused" '.linux.sysctl = ([range($n) | { key: "x.\(.)", value: "1" }]
		| from_entries)'
	grow "hooks, each refused" '.hooks.poststop = [range($n) | { path: "/bin/true" }]'
	grow "seccomp entries, each a trap" '.linux.seccomp.syscalls += [range($n) | { names: ["read"],
		action: "SCMP_ACT_ERRNO", args: [{ index: 1, value: 7, op: "SCMP_CMP_EQ" }] }]'
	grow "wrong types, each refused" '.mounts += [range($n) | { destination: 7 }]'
	policy=$work/bench.policy.json
	grow "exemptions, all asked in vain" '' exemptions
	policy=restricted
	command=harden
	grow "tmpfs mounts, each hardened" '.mounts += [range($n) | { destination: "/data/\(.)",
		type: "tmpfs", source: "tmpfs", options: ["mode=755"] }]'
	grow "annotations, each hardened away" '.annotations = ([range($n)
		| { key: "run.oci.\(.)", value: "v" }] | from_entries)'
}

machine
hook_alone
containers
throughput
growth
