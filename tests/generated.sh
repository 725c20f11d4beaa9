#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is written from the registry of rules and kept in the tree is what the
# program prints today; and a stale file would be noticed.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

setup_work
holds "nothing is stale (make generated writes it)" \
	bash "$src/scripts/gen-docs.sh" --check "$cofferdam"

# The same with a program whose table says something else.
printf '#!/bin/sh\n"%s" "$@" | sed s/host-pid/host-pit/\n' "$cofferdam" >"$work/other"
chmod +x "$work/other"
said=$(bash "$src/scripts/gen-docs.sh" --check "$work/other")
is "a stale file is noticed" $? 1
like "and named" "$said" "docs/rules.md is stale.*docs/controls.md is stale.*policy/bundles/restricted/policy.json is stale"
done_testing
