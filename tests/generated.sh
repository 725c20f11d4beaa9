#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# What is written from the registry of rules and kept in the tree is what the
# program prints today. After a change: make generated
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/lib.sh"

setup_work

holds "docs/rules.md and policy/bundles are fresh" bash "$src/scripts/gen-docs.sh" --check "$cofferdam"
done_testing
