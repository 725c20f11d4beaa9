#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Make a tree of another Debian release with its container engines, from Debian's packages:
#
#	bash tests/integration/make-tree.sh RELEASE TREE
#
# and in it /usr/sbin/nri-hook-injector, the plugin of NRI, built from Debian's sources:
# they have it, and no package does.
set -euo pipefail
release=$1
tree=$2
[ ! -x "$tree/usr/sbin/nri-hook-injector" ] || exit 0

packages="buildah busybox-static catatonit containerd crun curl docker-buildx docker-cli docker.io jq
	kmod podman procps protobuf-compiler python3-minimal runc util-linux"
plugin="golang-github-containerd-nri-dev golang-github-containers-common-dev golang-go
	golang-k8s-sigs-yaml-dev"

[ ! -e "$tree" ] || rm -rf --one-file-system "$tree"	# one that was begun
mkdir -p "$(dirname "$tree")"
debootstrap --variant=minbase "$release" "$tree"
echo "deb-src $(sed -n 's/^deb \([^ ]*\) .*/\1/p' "$tree/etc/apt/sources.list" | head -n 1) $release main" \
	>"$tree/etc/apt/sources.list.d/source.list"
# a mirror of unstable may be older than it says it should be
cat >"$tree/etc/apt/apt.conf.d/99test" <<-'END'
	APT::Install-Recommends "false";
	Acquire::Check-Valid-Until "false";
END
echo force-unsafe-io >"$tree/etc/dpkg/dpkg.cfg.d/test"
# no daemon is to start here
printf '#!/bin/sh\nexit 101\n' >"$tree/usr/sbin/policy-rc.d"
chmod 755 "$tree/usr/sbin/policy-rc.d"

# shellcheck disable=SC2016,SC2086 # expanded inside
exec bash "$(dirname "$0")/in-tree.sh" "$tree" env DEBIAN_FRONTEND=noninteractive GO111MODULE=off \
	GOPATH=/usr/share/gocode GOCACHE=/tmp/cache sh -euc '
	apt-get -q update
	apt-get -qy install "$@"
	apt-get clean
	cd /tmp
	# the tar archive alone is needed
	apt-get -q source --download-only --tar-only golang-github-containerd-nri
	tar xf golang-github-containerd-nri_*.orig.tar.*
	cd nri-*/plugins/hook-injector
	# where newer releases have that module
	if [ -d /usr/share/gocode/src/go.podman.io/common ]; then
		sed -i s,github.com/containers/common/,go.podman.io/common/, ./*.go
	fi
	go build -o /usr/sbin/nri-hook-injector .' sh $packages $plugin
