#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Run a command in the tree of another Debian release, with this source and this build in
# it, at their own places:
#
#	bash tests/integration/in-tree.sh TREE COMMAND...
#
# The tree becomes the root of a mount namespace. A chroot would not do: what joins the
# mount namespace of a container made in one finds itself outside of it.
set -euo pipefail

if [ -z "${in_tree_inside-}" ]; then
	in_tree_inside=1 exec unshare --mount --propagation private bash "$0" "$@"
fi
unset in_tree_inside
tree=$1
shift
here=$PWD
mount --bind "$tree" "$tree"
for dir in /proc /sys /dev; do
	mount --rbind $dir "$tree$dir"
done
mount -t tmpfs -o mode=1777 tmpfs "$tree/tmp"
for dir in "$(realpath "${top_srcdir:-$(dirname "$0")/../..}")" "$(realpath "${top_builddir:-.}")"; do
	mkdir -p "$tree$dir"
	mount --bind "$dir" "$tree$dir"
done
cd "$tree"
mkdir -p .outside
pivot_root . .outside
umount -l /.outside
rmdir /.outside
cd "$here"
exec "$@"
