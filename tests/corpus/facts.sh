#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Writes every NAME.facts.json anew from facts.jq, which says what they hold. By
# hand, from the build root, when facts.jq or the policies' paths change:
#
#	bash tests/corpus/facts.sh
set -euo pipefail

corpus=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cofferdam=${top_builddir:-.}/cofferdam

# What the rules of all shipped policies look up, from the program itself.
paths=$("$cofferdam" facts "$corpus/containerd-cri/plain.container.json" |
	jq -c '[.places[].path]')

for file in "$corpus"/*/*.{container,sandbox}.json; do
	case $file in
	*/containerd-cri/*) engine=containerd ;;
	*) engine=crio ;;
	esac
	jq -r --arg engine "$engine" --arg name "$(basename "$file" .json)" \
		--argjson paths "$paths" -f "$corpus/facts.jq" "$file" >"${file%.json}.facts.json"
done
