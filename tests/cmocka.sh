#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs a test program and makes one TAP stream of it: cmocka starts to count
# again with every group of tests, and prints a plan for each. What is planned
# in all is the plan, so tests that a crash left out are missed. A skipped test
# is no failed one.
set -o pipefail
"$@" | awk '
	/^1\.\.[0-9]+$/ { plan += substr($0, 4); next }
	/^(not )?ok [0-9]+/ { sub(/ok [0-9]+/, "ok " ++n) }
	/^not ok [0-9]+ # SKIP / { sub(/^not /, ""); sub(/ # SKIP /, " - "); $0 = $0 " # SKIP" }
	{ print }
	END { print "1.." plan + 0 }'
