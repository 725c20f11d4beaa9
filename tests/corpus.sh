#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Configurations that Kubernetes engines wrote (docs/corpus.md), judged under
# every shipped policy as tests/corpus/*/NAME.expected says a person found right.
# By hand, from the build root:
#
#	bash tests/corpus.sh
#	bash tests/corpus.sh --update	# write the expected files anew, for review
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
corpus=$src/tests/corpus
policies="baseline restricted cis-docker"

# engine_of FILE - as it is registered
engine_of() {
	case $1 in
	*/containerd-cri/*) echo containerd ;;
	*) echo crio ;;
	esac
}

# judge FILE FACTS - one line a verdict and a finding: POLICY DECISION RULE POINTER
judge() {
	local policy engine

	engine=$(engine_of "$2")
	for policy in $policies; do
		"$cofferdam" check --policy "$policy" --engine "$engine" --facts "$2" \
			--format json "$1"
	done | jq -r '(.policy // "-") as $policy
		| "\($policy) \(.verdict)\(if .failure then " " + .failure else "" end)",
		  (.findings[] | "\($policy) \(.decides) \(.rule) \(.pointer)")'
}

if [ "${1-}" = --update ]; then
	for file in "$corpus"/*/*.{container,sandbox}.json; do
		judge "$file" "${file%.json}.facts.json" >"${file%.json}.expected"
	done
	exit
fi

setup_work

# --- every case as reviewed ---

for file in "$corpus"/*/*.{container,sandbox}.json; do
	name=${file#"$corpus"/}
	name=${name%.json}
	difference=$(diff -U 0 --label reviewed --label judged "$corpus/$name.expected" \
		<(judge "$file" "$corpus/$name.facts.json"))
	is "$name is judged as it was reviewed" "$difference" ""
done

# --- every kind of finding has its reason in the review ---

found=$(awk 'NF == 4 { print $3, $1 ":" $2 }' "$corpus"/*/*.expected | sort -u)
reviewed=$(sed -n 's/^\([a-z-]*\)  *\([a-z: -]*[a-z]\)  *| .*/\1 \2/p' "$corpus/reviewed" |
	while read -r rule decisions; do
		for decision in $decisions; do
			echo "$rule $decision"
		done
	done | sort)
is "tests/corpus/reviewed gives a reason for each kind of finding, and for no other" \
	"$(diff -U 0 --label reviewed --label found <(echo "$reviewed") <(echo "$found"))" ""

# --- what holds whatever the expected files say ---

# denying CASE POLICY - the rules that refuse it
denying() {
	awk -v policy="$2" '$1 == policy && NF == 4 && $2 ~ /^(deny|unjudged)$/ { print $3 }' \
		"$corpus/$1.expected" | sort -u | xargs
}

for case in limits plain restricted sharedpid tty userns hostpath; do
	is "containerd's $case container passes baseline" \
		"$(denying "containerd-cri/$case.container" baseline)" ""
	# The hooks file that made the capture is a hook like any other.
	is "CRI-O's $case container is refused for the capture's own hook at most" \
		"$(denying "cri-o/$case.container" baseline)" foreign-hooks
done
for case in plain privileged restricted sharedpid userns; do
	for engine in containerd-cri cri-o; do
		is "$engine's sandbox of $case passes baseline" \
			"$(denying "$engine/$case.sandbox" baseline)" ""
	done
done
for policy in $policies; do
	for engine in containerd-cri cri-o; do
		like "$policy refuses $engine's privileged container as privileged" \
			"$(denying "$engine/privileged.container" "$policy")" '(^| )privileged( |$)'
		for pod in hostnetwork hostpid hostipc; do
			like "$policy refuses $engine's $pod container" \
				"$(denying "$engine/$pod.container" "$policy")" "host-${pod#host}"
		done
	done
done
for engine in containerd-cri cri-o; do
	like "baseline refuses CAP_SYS_ADMIN under $engine" \
		"$(denying "$engine/capadd.container" baseline)" '(^| )capabilities( |$)'
done
is "nothing is left unjudged" "$(grep -l unjudged "$corpus"/*/*.expected)" ""

# --- the facts are what facts.jq says ---

paths=$("$cofferdam" facts "$corpus/containerd-cri/plain.container.json" |
	jq -c '[.places[].path]')
stale=
for file in "$corpus"/*/*.{container,sandbox}.json; do
	jq -r --arg engine "$(engine_of "$file")" --arg name "$(basename "$file" .json)" \
		--argjson paths "$paths" -f "$corpus/facts.jq" "$file" |
		cmp -s - "${file%.json}.facts.json" || stale+=" ${file#"$corpus"/}"
done
is "the facts are those of tests/corpus/facts.jq (run facts.sh)" "$stale" ""

# --- the processes of exec ---

# What a container may not do, an exec in it may not do either: put in the place
# of the container's own process, it is judged alike. And at the runtime door an
# exec that has what its container has is left alone; in a modest one it is cut.
exec_in() {
	local container=$corpus/$1.container

	"$cofferdam" check --policy restricted --engine "$(engine_of "$container")" \
		--facts "$container.facts.json" --exec "$2" --format json "$container.json" |
		jq -r '"\(.verdict) \([.findings[] | select(.decides != "allow") | .rule] | unique | join(" "))"'
}
for file in "$corpus"/*/*.exec-process.json; do
	name=${file#"$corpus"/}
	name=${name%.exec-process.json}
	is "an exec in $name has no more than its container" "$(exec_in "$name" "$file")" "allow "
	case $name in
	*/privileged | */capadd)
		is "put into a plain container, the capabilities of $name's exec are cut" \
			"$(exec_in "${name%/*}/plain" "$file")" "harden exec-exceeds"
		;;
	esac
	jq --slurpfile process "$file" '.process = $process[0]' \
		"$corpus/$name.container.json" >"$work/exec.json"
	is "an exec in $name is judged as its container is" \
		"$(judge "$work/exec.json" "$corpus/$name.container.facts.json" | sort)" \
		"$(sort "$corpus/$name.container.expected")"
done

done_testing
