#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Pods as the text of the Kubernetes Pod Security Standards allows or forbids them
# (tests/pss/cases.jq), as containerd, CRI-O and podman write them: what the policy
# of a level finds, as far as its rules are mapped to that level's controls, is
# exactly what the text says. Needs no root.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
cd "$work" || exit 99

corpus=$src/tests/corpus
bases=$src/tests/rules/bases

jq -n -c --slurpfile config <(cat "$corpus"/{containerd-cri,cri-o}/restricted.container.json \
	"$bases"/honest-podman.json "$bases"/honest-podman.json) \
	--slurpfile facts <(cat "$corpus"/{containerd-cri,cri-o}/restricted.container.facts.json \
	"$bases"/honest-podman.facts.json "$bases"/honest-podman.facts.json) \
	-f "$src/tests/pss/cases.jq" >"$work/lines" || bail "cases.jq"

# A folder for each base: facts.json, and N/config.json in the order of its cases.
base=0
while IFS= read -r line; do
	case $line in
	'{"base":'*',"engine":'*)
		base=$((base + 1))
		n=1000
		mkdir -p "$work/$base"
		jq .facts <<<"$line" >"$work/$base/facts.json"
		jq -r .engine <<<"$line" >"$work/$base/engine"
		;;
	*)
		mkdir "$work/$base/$n"
		printf '%s\n' "$line" >"$work/$base/$n/case.json"
		n=$((n + 1))
		;;
	esac
done <"$work/lines"
is "four bases" "$base" 4
for base in 1 2 3 4; do
	cat "$work/$base"/*/case.json >"$work/$base/cases"
	jq -c .config "$work/$base/cases" | awk -v dir="$work/$base" '{
		file = dir "/" 999 + NR "/config.json"
		print >file
		close(file)
	}'
done

"$cofferdam" controls --format json | jq -s '[.[] | select(.standard == "pss")]' >"$work/controls"

# found BASE LEVEL - for each case the controls that its findings are of, or a failure
found() {
	"$cofferdam" check --policy "$2" --engine "$(cat "$work/$1/engine")" \
		--facts "$work/$1/facts.json" --format json "$work/$1"/1*/config.json |
		jq -c --arg level "$2" --slurpfile controls "$work/controls" '
		if .failure then [.failure] else [.findings[].rule as $rule | $controls[0][]
			| select(.level == "baseline" or .level == $level)
			| select(.rules | any(. == $rule)).title] | unique end'
}

total=0
for base in 1 2 3 4; do
	name=$(jq -rs '.[0].base' "$work/$base/cases")
	for level in baseline restricted; do
		found $base $level >"$work/found"
		is "$name, $level: a verdict each" "$(wc -l <"$work/found")" "$(wc -l <"$work/$base/cases")"
		wrong=$(jq -c --arg level $level '[.name, .[$level]]' "$work/$base/cases" |
			paste - "$work/found" |
			jq -c -R 'split("\t") | map(fromjson)
				| select((.[0][1] | sort) != .[1])
				| "\(.[0][0]): wanted \(.[0][1]), found \(.[1])"')
		is "$name, $level: exactly the controls that the text says" "$wrong" ""
		total=$((total + $(wc -l <"$work/found")))
	done
done
is "more than 600 verdicts were compared" $((total > 600)) 1

# The comparison can fail: by another level's mapping it does.
found 1 baseline >"$work/found"
is "a pod that restricted forbids and baseline allows is told apart" \
	"$(jq -c .restricted "$work/1/cases" | paste - "$work/found" |
		awk -F'\t' '$1 != $2' | grep -c Capabilities)" 13
done_testing
