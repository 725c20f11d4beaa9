#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The examples of the README, docs/policy-guide.md, docs/seccomp.md and docs/engines/containerd.md
# are what they say: files that stand after "<!-- file PATH -->" are written, and what stands after "<!-- run -->" is
# run, in the order of the page, and must say just that. Needs no root.
#
#	tests/docs.sh --show	prints what each command says, to write it down
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

need jq
setup_work
show=false
[ "${1-}" != --show ] || show=true

# split PAGE - one numbered file a part: its first line is "file PATH" or "run"
split() {
	rm -rf "$work/page" "$work/parts"
	mkdir -p "$work/page/etc/bundles" "$work/parts"
	cd "$work/page" || exit 99
	echo '{ "format": 1 }' >etc/host.json
	awk -v to="$work/parts" '
		/^<!-- file .* -->$/ { what = "file " $3; next }
		/^<!-- run -->$/ { what = "run"; next }
		/^```/ && inside { close(part); inside = 0; what = ""; next }
		/^```/ && what != "" { part = sprintf("%s/%03d", to, ++n); print what >part; inside = 1; next }
		inside { print >part }
		what != "" && !inside && NF { print "line " FNR ": no block follows the mark"; bad = 1; exit }
		END { exit bad || inside || what != "" }
	' "$1" || bail "$1: a mark without its block"
}

# As a reader would call it, on a host of the test's own.
# shellcheck disable=SC2317 # by eval
cofferdam_here() {
	[ "$1" = seccomp ] || set -- "$@" --host-config "$work/page/etc/host.json"
	"$cofferdam" "$@"
}

# run_one COMMAND WANTED
run_one() {
	local said command=${1//cofferdam /cofferdam_here }

	said=$(eval "${command//\/etc\/cofferdam/$work/page/etc}" 2>&1 | sed -e "s#$work/page/etc#/etc/cofferdam#g")
	if $show; then
		printf '$ %s\n%s\n' "$1" "$said"
	else
		is "$1" "$said" "$2"
	fi
}

# run_part FILE - commands after "$ ", each followed by what it says
run_part() {
	local line command='' wanted=''

	while IFS= read -r line; do
		if [[ $line == '$ '* ]]; then
			[ -z "$command" ] || run_one "$command" "${wanted%$'\n'}"
			command=${line#'$ '}
			wanted=
		elif [[ $command == *\\ && -z $wanted ]]; then
			command=${command%?}$line
		else
			wanted+=$line$'\n'
		fi
	done < <(tail -n +2 "$1")
	[ -z "$command" ] || run_one "$command" "${wanted%$'\n'}"
}

# page FILE - its examples
page() {
	local part what path

	split "$src/$1"
	files=0 runs=0
	for part in "$work/parts"/*; do
		read -r what path <"$part"
		if [ "$what" = run ]; then
			run_part "$part"
			runs=$((runs + 1))
			continue
		fi
		mkdir -p "$(dirname "$path")"
		tail -n +2 "$part" >"$path"
		files=$((files + 1))
		# an example is a policy, or a part of one that is whole elsewhere
		case $path in
		*/policy.json) holds "$1: $path is a policy" "$cofferdam" policy lint "./$path" ;;
		*.cases.json) holds "$1: $path: its cases pass" "$cofferdam" policy test "./${path%/tests/*}" ;;
		etc/host.json) ;;
		*) not_ok "$1: $path: what is that?" ;;
		esac
	done
}

page README.md
is "README.md: there were examples" "$files $runs" "1 1"
is "README.md: as many rules as there are" \
	"$(sed -n 's/^Version .* has \([0-9]*\) rules.*/\1/p' "$src/README.md")" \
	"$("$cofferdam" rules | grep -c '^  ')"
page docs/engines/containerd.md
is "docs/engines/containerd.md: there was one" "$files $runs" "1 0"
page docs/seccomp.md
is "docs/seccomp.md: there were examples" "$files $runs" "1 2"
page docs/policy-guide.md
is "docs/policy-guide.md: there were examples" "$((files >= 8 && runs >= 5))" 1

# Each error that the guide shows is what comes of a mistake in its first policy.
wrong() {
	local said

	sed "$2" "$work/web.json" >etc/bundles/web/policy.json
	said=$(cofferdam_here policy lint web 2>&1 | sed -e "s#$work/page/etc#/etc/cofferdam#g")
	is "docs/policy-guide.md: $1" "$(grep -cxF "    ${said#cofferdam: }" "$src/docs/policy-guide.md")" 1
	[ "$(grep -cxF "    ${said#cofferdam: }" "$src/docs/policy-guide.md")" = 1 ] || note "$said"
}
cp etc/bundles/web/policy.json "$work/web.json"
cpu='"cpu-limit":       { "action": "warn" }'
wrong "a rule that is none" "s/$cpu/\"root-users\": { \"action\": \"warn\" }/"
wrong "a size that is none" 's/"max": "8Gi"/"max": "8 gigabytes"/'
wrong "no remedy" "s/$cpu/\"root-user\": { \"action\": \"harden\" }/"
wrong "an action that is none" 's/"action": "warn"/"action": "wran"/'
wrong "a path that is not clean" 's#"tmpfs": \["/tmp"#"tmpfs": ["/etc/"#'
wrong "a default above the max" 's/"default": "512Mi"/"default": "16Gi"/'
wrong "a list that is appended to" 's/"allow": \[\]/"allow": { "append": ["CAP_KILL"] }/'
wrong "a device by its path" 's#"capabilities": .*,#"devices": { "allow": ["/dev/fuse"] },#'
wrong "a comma too many" "s/$cpu/&,/"
done_testing
