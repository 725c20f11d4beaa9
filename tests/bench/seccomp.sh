#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What "hardened" costs, as ratios to no filter at all and beside the engines'
# defaults: system calls by themselves, and a real load. Run by make bench.
# "gate" is the compiled filter of hardened, as the exec gate loads it, alone and
# over an engine's default; "least" a filter that looks at ioctl and at nothing else.
# Containers take turns, so that what else the machine does meets all alike.
# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"
# $output, $status and $work come from there.
# shellcheck disable=SC2154

need runc crun jq
rounds=${BENCH_SECCOMP:-7}
setup_work
make_rootfs
cp "$build/tests/bench/getppid" "$work/rootfs/bin/" ||
	bail "make bench builds what is missing"
"$cofferdam" seccomp show --format bpf hardened >"$work/rootfs/gate.bpf" || bail "no filter"
mkdir "$work/profiles"
profile() {
	"$cofferdam" seccomp show --format json "$2" >"$work/profiles/$1.json" 2>/dev/null &&
		columns+=("$1")
}
echo null >"$work/profiles/none.json"
columns=(none)
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
theirs=("${columns[@]:1}")
profile hardened hardened
# What the gate adds to a container that brings none, and to one with an engine's own.
columns+=(gate)
[ ${#theirs[@]} = 0 ] || columns+=("${theirs[-1]}+gate")

# under RUNTIME COLUMN PROGRAM FILTER... - the JSON list PROGRAM in a container with the
# column's filters; $output and $took (ms)
under() {
	local dir start profile=${2%+gate} program=$3 runtime=$1 loader='[]'

	[ "$profile" != gate ] && [ "$profile" != least ] || profile=none
	case $2 in
	*gate) loader='["/bin/getppid", "/gate.bpf"]' ;;
	least) loader='["/bin/getppid", "least"]' ;;
	esac
	[ "$loader" = '[]' ] || [ "$program" = '["/bin/getppid"]' ] || loader+=' + ["--"]'
	[ "$loader" = '[]' ] || [ "$program" != '["/bin/getppid"]' ] || program='[]'
	shift 3
	dir=$(bundle bench '.linux.seccomp = '"$(cat "$work/profiles/$profile.json")" \
		'if .linux.seccomp == null then del(.linux.seccomp) else . end' \
		'.linux.resources = {pids: {limit: 200}}' ".process.args = $loader + $program" "$@")
	start=$(date +%s%N)
	run "$runtime" "$dir"
	took=$((($(date +%s%N) - start) / 1000000))
	[ $status = 0 ] || bail "$profile: $output"
}

# table WHAT - from lines "ROW|COLUMN|NUMBER": the least of each and its ratio to none
table() {
	awk -F'|' -v what="$1" '
		{ key = $1 "|" $2 }
		!(key in least) { least[key] = $3 }
		$3 + 0 < least[key] + 0 { least[key] = $3 }
		!($1 in rows) { rows[$1]; row[++n_rows] = $1 }
		!($2 in columns) { columns[$2]; column[++n_columns] = $2 }
		END {
			printf "| %s", what
			for (c = 1; c <= n_columns; c++)
				printf " | %s", column[c]
			printf " |\n|---"
			for (c = 1; c <= n_columns; c++)
				printf "|---"
			printf "|\n"
			for (r = 1; r <= n_rows; r++) {
				printf "| %s", row[r]
				for (c = 1; c <= n_columns; c++) {
					key = row[r] "|" column[c]
					if (key in least)
						printf " | %.1f (%.2f)", least[key],
							least[key] / least[row[r] "|none"]
					else
						printf " | -"
				}
				printf " |\n"
			}
		}'
}

echo
echo "## What a seccomp profile costs"
echo
echo "The least of $rounds rounds, and in brackets its ratio to no filter. In nanoseconds:"
for runtime in runc crun; do
	for ((i = 0; i < rounds; i++)); do
		for column in "${columns[@]}" least; do
			under $runtime "$column" '["/bin/getppid"]'
			sed -n "s/^\(.*\): \([0-9.]*\)$/\1|$column|\2/p" <<<"$output" |
				if [ "$column" = least ]; then grep '^ioctl'; else cat; fi
		done
	done >"$work/calls"
	echo
	table "a call, by $runtime" <"$work/calls"
done

echo
echo "In milliseconds:"
echo
for ((i = 0; i < rounds; i++)); do
	for runtime in runc crun; do
		for column in "${columns[@]}"; do
			under $runtime "$column" '["/bin/true"]'
			echo "$runtime|$column|$took"
		done
	done
done | table "starting and ending a container"

root=${COFFERDAM_TEST_ROOTFS:-$work/load}
[ -x "$root/usr/bin/redis-server" ] ||
	"$src/tests/workloads/rootfs.sh" "$root" base-files bash coreutils dash git libc-bin redis-server \
		redis-tools >/dev/null 2>&1
echo
if [ -x "$root/usr/bin/redis-server" ]; then
	ldconfig -r "$root" 2>/dev/null
	mkdir -p "$root"/{out,dev,proc,tmp}
	[ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
	cp "$work"/rootfs/bin/getppid "$root/bin/"
	cp "$work"/rootfs/gate.bpf "$root/"
	here=('.root.path = "'"$root"'"' '(.mounts[] | select(.destination == "/tmp")).options |= map(
		if startswith("size=") then "size=500m" else . end)'
		'.process.env = ["PATH=/usr/bin:/bin", "TERM=xterm", "HOME=/tmp", "GIT_CONFIG_NOSYSTEM=1",
		 "GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@b", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@b"]'
		'.process.cwd = "/tmp"')
	# What one prints is microseconds a request, or milliseconds of work.
	# shellcheck disable=SC2016 # the container's shell expands it
	redis='redis-server --port 6379 --save "" >/dev/null &
until redis-cli ping >/dev/null 2>&1; do sleep 0.05; done
redis-benchmark -n 40000 -c 20 -t set,get --csv | tail -n +2 | cut -d , -f 2 | tr -d \" | {
	read -r set; read -r get; echo "$((500000000 / ${set%.*} + 500000000 / ${get%.*}))"; }
redis-cli shutdown nosave'
	# shellcheck disable=SC2016
	shell='start=$(date +%s%N)
git init -q r; cd r
for i in 1 2 3 4 5 6 7 8 9 10; do
	for f in a b c d e; do seq $i 200 >$f; cat $f | sort | uniq | wc -l >n; done
	git add .; git commit -q -m $i
done
git gc -q; git fsck >/dev/null 2>&1
echo $((($(date +%s%N) - start) / 1000))'
	echo "Real loads; a request in nanoseconds, a run in microseconds:"
	echo
	for ((i = 0; i < rounds; i++)); do
		for column in "${columns[@]}"; do
			under runc "$column" "$(jq -nc '["/bin/bash", "-c", $ARGS.positional[0]]' --args "$redis")" "${here[@]}"
			echo "redis-benchmark, SET and GET, a request|$column|$output"
			under runc "$column" "$(jq -nc '["/bin/bash", "-c", $ARGS.positional[0]]' --args "$shell")" "${here[@]}"
			echo "shell, coreutils and git, a run|$column|$output"
		done
	done | table "load"
else
	echo "(no real load: Debian's packages of it cannot be had here)"
fi
