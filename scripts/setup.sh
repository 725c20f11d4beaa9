#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what is missing on Debian 12, and nothing when nothing is:
#
#	scripts/setup.sh build		to build the two programs
#	scripts/setup.sh run		and to try them on real runtimes
#	scripts/setup.sh test		and to run every test
#	scripts/setup.sh runtimes	and with other releases' runtimes
set -euo pipefail

build="autoconf automake gcc libc6-dev make pkg-config
	libcap-ng-dev libmd-dev libpcre2-dev libseccomp-dev libselinux1-dev libsepol-dev libyajl-dev"
run="busybox-static crun jq runc"
test="buildah catatonit clang codespell containerd cppcheck curl docker.io libclang-rt-dev libcmocka-dev
	podman protobuf-compiler python3 shellcheck strace valgrind xz-utils"
# The kernel's headers for other processors: system call numbers. Headers alone.
test="$test linux-libc-dev-arm64-cross linux-libc-dev-armhf-cross"
# For 32-bit programs. Not gcc-multilib, which takes every cross compiler away.
[ "$(dpkg --print-architecture)" != amd64 ] || test="$test lib32gcc-12-dev libc6-dev-i386"
# For the gate's other architecture. (Unversioned, the compiler takes gcc-multilib away.)
[ "$(dpkg --print-architecture)" != amd64 ] ||
	test="$test gcc-12-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static"
# A machine with SELinux; what runs in it is fetched when it is made (tests/guest).
[ "$(dpkg --print-architecture)" != amd64 ] || test="$test qemu-system-x86"

# To complete command lines as its users do.
test="$test zsh"

case ${1-} in
build) packages=$build ;;
run) packages="$build $run" ;;
test) packages="$build $run $test" ;;
runtimes) packages="$build $run $test debootstrap" ;;
*)
	sed -n 's/^#	/  /p' "$0" >&2
	exit 2
	;;
esac

missing=()
for package in $packages; do
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
		missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

echo "installing ${missing[*]}"
if [ "$(id -u)" != 0 ]; then
	echo "scripts/setup.sh: this needs root: apt-get install ${missing[*]}" >&2
	exit 1
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! { apt-get -q update && apt-get -q install -y --no-install-recommends "${missing[@]}"; } \
	>"$log" 2>&1 </dev/null; then
	tail -n 20 "$log" >&2
	echo "scripts/setup.sh: apt-get failed" >&2
	exit 1
fi
