#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes ./configure from configure.ac. Needed once after a clone, and never
# from a release archive.
set -eu
cd "$(dirname "$0")"

need() {
	command -v "$1" >/dev/null 2>&1 && return
	echo "autogen.sh: $1 is missing: install the package $2" >&2
	exit 1
}

need autoconf autoconf
need automake automake
need pkg-config "pkg-config (Debian), pkgconf-pkg-config (Fedora)"

autoreconf --force --install --warnings=all
echo "Now run ./configure (or another folder's path to it), then make."
