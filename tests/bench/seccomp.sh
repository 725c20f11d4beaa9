#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What "hardened" costs, as ratios to no filter at all and beside the engines'
# defaults: system calls by themselves, and a real load. Run by make bench.
# "gate" is the compiled filter of hardened, as the exec gate loads it. Containers
# take turns, so that what else the machine does meets all alike.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq
rounds=${ROUNDS:-7}
runtime=${RUNTIME:-runc}
setup_work
make_rootfs
cp "$build/tests/bench/getppid" "$work/rootfs/bin/" ||
	bail "make bench builds what is missing"
"$cofferdam" seccomp show --format bpf hardened >"$work/rootfs/hardened.bpf" || bail "no filter"
mkdir "$work/profiles"
profile() {
	"$cofferdam" seccomp show --format json "$2" >"$work/profiles/$1.json" 2>/dev/null &&
		columns+=("$1")
}
echo null >"$work/profiles/none.json"
columns=(none)
profile hardened hardened
engines=${COFFERDAM_TEST_ENGINES:-$work/engines}
[ -d "$engines" ] || "$src/tests/workloads/rootfs.sh" "$engines" containerd docker.io \
	golang-github-containers-common >/dev/null 2>&1
file=/usr/share/containers/seccomp.json
[ -e $file ] || file=$engines$file
profile common "$file"
for engine in docker containerd; do
	"$src/tests/attacks/default.sh" $engine "$engines" >"$work/$engine.json" 2>/dev/null &&
		profile $engine "$work/$engine.json"
done

# under PROFILE FILTER... - a container under it; $output and $took (ms)
under() {
	local dir start which=$1

	shift
	dir=$(bundle bench '.linux.seccomp = '"$(cat "$work/profiles/$which.json")" \
		'if .linux.seccomp == null then del(.linux.seccomp) else . end' \
		'.linux.resources = {pids: {limit: 200}}' "$@")
	start=$(date +%s%N)
	run "$runtime" "$dir"
	took=$((($(date +%s%N) - start) / 1000000))
	[ $status = 0 ] || bail "$which: $output"
}

# table TITLE UNIT - from lines "PROFILE NUMBER": the least of each and its ratio to none
table() {
	echo "$1"
	sort -k 1,1 -k 2,2n | awk -v unit="$2" '
		!($1 in least) { least[$1] = $2; order[++n] = $1 }
		END {
			for (i = 1; i <= n; i++)
				printf "  %-12s %10.1f %s  %.3f\n", order[i], least[order[i]], unit,
					least[order[i]] / least["none"]
		}'
}

for ((i = 0; i < rounds; i++)); do
	for column in "${columns[@]}"; do
		under "$column" '.process.args = ["/bin/getppid"]'
		echo "$column $output"
	done
	under none '.process.args = ["/bin/getppid", "/hardened.bpf"]'
	echo "gate $output"
done >"$work/calls"
table "getppid (no filter looks into it)" ns < <(cut -d ' ' -f 1,3 "$work/calls")
table "ioctl FIONBIO (judged by its argument)" ns < <(cut -d ' ' -f 1,5 "$work/calls")
table "ioctl FIONREAD (far down the rules)" ns < <(cut -d ' ' -f 1,7 "$work/calls")
table "pidfd_getfd (refused, or on no descriptor)" ns < <(cut -d ' ' -f 1,9 "$work/calls")

for ((i = 0; i < rounds; i++)); do
	for column in "${columns[@]}"; do
		under "$column" '.process.args = ["/bin/true"]'
		echo "$column $took"
	done
done >"$work/starts"
table "starting and ending a container" ms <"$work/starts"

root=${COFFERDAM_TEST_ROOTFS-}
if [ -x "$root/usr/bin/redis-server" ]; then
	cp "$src"/tests/workloads/load "$root/load/"
	for ((i = 0; i < rounds; i++)); do
		for column in "${columns[@]}"; do
			under "$column" '.root.path = "'"$root"'"' \
				'(.mounts[] | select(.destination == "/tmp")).options |= map(
					if startswith("size=") then "size=500m" else . end)' \
				'.process.args = ["/bin/bash", "-c", "redis-server --port 6379 --save \"\" >/dev/null &
until redis-cli ping >/dev/null 2>&1; do sleep 0.05; done
redis-benchmark -n 40000 -c 20 -t set,get --csv | tail -n +2 | cut -d , -f 2 | tr -d \\\" | tr \"\\n\" \" \"
redis-cli shutdown nosave"]' '.process.env = ["PATH=/usr/bin:/bin", "TERM=xterm"]' '.process.cwd = "/tmp"'
			# requests a second, to microseconds a request
			for rate in $output; do
				echo "$column $rate"
			done | awk '{ t += 1000000 / $2 } END { print $1, t / NR }'
		done
	done >"$work/redis"
	table "redis-benchmark, SET and GET, a request" us <"$work/redis"
else
	echo "(for a real load set COFFERDAM_TEST_ROOTFS to a folder made by tests/workloads/rootfs.sh)"
fi
