#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# A layer includes only headers of itself and of the layers to its left:
#
#	base -> json -> oci -> engine -> policy -> facts -> rules -> verdict
#	     -> harden, gate, report, door, install (beside each other) -> trial -> cli, hook
#
# and yajl is known to one file alone. Prints TAP.
set -u
cd "${srcdir:-$(dirname "$0")/..}" || exit 99

# shellcheck disable=SC2046 # no name has a space
awk '
BEGIN {
	split("base json oci engine policy facts rules verdict", chain, " ")
	for (i in chain)
		rank[chain[i]] = i + 0
	rank["harden"] = rank["gate"] = rank["report"] = rank["door"] = rank["install"] = 9
	rank["trial"] = 10
	rank["cli"] = rank["hook"] = 11
	heads["base"] = "error digest mem arena buf text file lines process secontext sha256"
	heads["json"] = "json fields"
	heads["oci"] = "oci"
	heads["engine"] = "engine"
	heads["policy"] = "when differ bundle strict registry controls policy host seccomp"
	heads["facts"] = "facts mounts"
	heads["rules"] = "rules"
	heads["verdict"] = "verdict"
	heads["harden"] = "harden"
	heads["gate"] = "gate"
	heads["report"] = "report entry"
	heads["door"] = "command admitted door"
	heads["install"] = "install doctor"
	heads["trial"] = "trial"
	for (layer in heads) {
		n = split(heads[layer], names, " ")
		for (i = 1; i <= n; i++)
			home[names[i]] = layer
	}
}
FNR == 1 {
	layer = FILENAME
	if (layer ~ /^include/) {
		sub(/.*\//, "", layer)
		sub(/\.h$/, "", layer)
		layer = home[layer]
	} else {
		sub(/^src\//, "", layer)
		sub(/\/.*/, "", layer)
	}
	if (!(layer in rank))
		wrong(FILENAME ": of no known layer; add it to tests/layers.sh")
	files++
}
/^#include <yajl/ && FILENAME != "src/json/grammar.c" {
	wrong(FILENAME ":" FNR ": yajl is known to src/json/grammar.c alone")
}
/^#include <cofferdam\/[a-z]*\.h>/ {
	split($2, parts, /[\/.]/)
	to = home[parts[2]]
	if (to == "")
		wrong(FILENAME ":" FNR ": " $2 " is of no known layer")
	else if (rank[to] > rank[layer] || (rank[to] == rank[layer] && to != layer))
		wrong(FILENAME ":" FNR ": " layer " includes " $2 " of " to)
	includes++
}
function wrong(what) {
	print "# " what
	bad++
}
END {
	print "1..2"
	print (bad ? "not ok" : "ok") " 1 - every include points to the left"
	print (files > 40 && includes > 80 ? "ok" : "not ok") " 2 - " files " files and " \
		includes " includes were looked at"
	exit bad > 0
}' $(find include/cofferdam src hook -name '*.[ch]' | sort)
