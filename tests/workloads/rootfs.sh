#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Unpacks Debian packages and all they depend on into a folder, without
# installing anything on this host: no maintainer script runs. What was fetched
# is kept, so that a second run needs no network.
#
#	tests/workloads/rootfs.sh [--only] FOLDER PACKAGE...
#
# With --only, without what they depend on.
#
# The cache is COFFERDAM_TEST_CACHE, /var/tmp/cofferdam-test-cache if unset.
set -euo pipefail
export LC_ALL=C

only=false
if [ "${1-}" = --only ]; then
	only=true
	shift
fi
if [ $# -lt 2 ]; then
	sed -n 's/^#	/usage: /p' "$0" >&2
	exit 2
fi
folder=$1
shift
cache=${COFFERDAM_TEST_CACHE:-/var/tmp/cofferdam-test-cache}
# Somebody else's packages must not end up in a container of ours.
mkdir -p "$cache"
if [ "$(stat -c %u "$cache")" != "$(id -u)" ]; then
	echo "rootfs.sh: $cache belongs to somebody else" >&2
	exit 1
fi

# A host on which nothing is installed: then apt names every dependency. What
# is installed here may have come from elsewhere than Debian.
nothing=(-o Dir::State::status=/dev/null -o APT::Sandbox::User=root -o Debug::NoLocking=1)
closure() {
	apt-get "${nothing[@]}" install -s --no-install-recommends "$@" |
		sed -nE 's/^Inst ([^ ]+) \(([^ ]+) .*/\1=\2/p' | sort |
		if $only; then
			grep -E "^($(IFS='|'; echo "$*"))="
		else
			cat
		fi
}
mapfile -t wanted < <(closure "$@" 2>/dev/null)
if [ ${#wanted[@]} = 0 ]; then
	apt-get -q update >&2
	mapfile -t wanted < <(closure "$@")
fi
if [ ${#wanted[@]} = 0 ]; then
	echo "rootfs.sh: apt finds no $*" >&2
	exit 1
fi

# file PACKAGE=VERSION - as apt-get download names it, whatever the architecture
file() {
	local version=${1#*=}

	echo "${1%%=*}_${version//:/%3a}_*.deb"
}

missing=()
for package in "${wanted[@]}"; do
	compgen -G "$cache/$(file "$package")" >/dev/null || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
	(cd "$cache" && apt-get "${nothing[@]}" -q download "${missing[@]}" >&2)
fi

mkdir -p "$folder"
for package in "${wanted[@]}"; do
	for archive in "$cache"/$(file "$package"); do
		dpkg-deb --extract "$archive" "$folder"
	done
done
