#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes what is kept in the tree but comes from the registry of rules: the
# tables of docs/rules.md and docs/controls.md, between their marks, and policy/bundles/*/policy.json.
#
#	scripts/gen-docs.sh [PROGRAM]		write what has changed
#	scripts/gen-docs.sh --check [PROGRAM]	change nothing; fail if anything is stale
#
# PROGRAM is the cofferdam to ask; without it $COFFERDAM, or ./cofferdam.
set -u -o pipefail
export LC_ALL=C

check=false
if [ "${1-}" = --check ]; then
	check=true
	shift
fi
case ${1-} in
-*)
	sed -n '4,/^set /{s/^#[ ]\{0,1\}//p;}' "$0" >&2
	exit 2
	;;
esac
program=${1:-${COFFERDAM:-./cofferdam}}
[ -x "$program" ] || {
	echo "gen-docs.sh: $program is not built" >&2
	exit 2
}
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
cd "$(dirname "$0")/.." || exit 2

new=$(mktemp) || exit 2
trap 'rm -f "$new"' EXIT
failed=0

# settle FILE - compare $new with it, or put it there
settle() {
	local file=$1

	if cmp -s "$new" "$file"; then
		return
	elif $check; then
		echo "$file is stale: run make generated"
		diff -u "$file" "$new" | head -n 20
		failed=1
	else
		mkdir -p "$(dirname "$file")"
		cp "$new" "$file" || exit 2
		echo "wrote $file"
	fi
}

# between_marks FILE NAME - FILE with standard input as what stands between its marks NAME
between_marks() {
	awk -v file="$1" -v name="$2" '
		{ table = table $0 "\n" }
		END {
			while ((getline line <file) > 0) {
				if (line == "<!-- " name ":end -->" && inside) {
					inside = 0
					ends++
				}
				if (!inside)
					print line
				if (line == "<!-- " name ":begin -->" && !begins++) {
					inside = 1
					printf "%s", table
				}
			}
			exit begins != 1 || ends != 1
		}'
}

for name in rules controls; do
	if "$program" $name --format md | between_marks docs/$name.md $name >"$new"; then
		settle docs/$name.md
	else
		echo "docs/$name.md: the two marks, or the program's table, are missing"
		failed=1
	fi
done
for name in bash:cofferdam.bash zsh:_cofferdam; do
	# As kept in the tree it looks where programs do that were not told otherwise
	if "$program" completion "${name%%:*}" |
		sed 's|[^ (]*/cofferdam/bundles/|/etc/cofferdam/bundles/|' >"$new"; then
		settle "completion/${name#*:}"
	else
		failed=1
	fi
done
for name in baseline restricted cis-docker; do
	if "$program" policy show $name >"$new"; then
		settle policy/bundles/$name/policy.json
	else
		failed=1
	fi
done
exit $failed
