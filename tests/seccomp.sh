#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# The profiles and filters in the tree are what profiles.def says. Prints TAP.
exec "${top_builddir:-.}/policy/seccomp/generate" check "${top_srcdir:-$(dirname "$0")/..}"
