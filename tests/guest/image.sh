#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Makes what the guest boots from: kernel, initrd and root.img, a Debian root
# filesystem with SELinux labels. All from Debian's packages, of which nothing is
# installed on this host.
#
#	tests/guest/image.sh FOLDER
#
# What is there and made from the same is left as it is.
set -euo pipefail
export LC_ALL=C
umask 022

if [ $# != 1 ]; then
	sed -n 's/^#	/usage: /p' "$0" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
unpack=$here/../workloads/rootfs.sh

kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p')
if [ -z "$kernel" ]; then
	apt-get -q update >&2
	kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/.*Depends: //p')
fi
version=${kernel#linux-image-}

# It is the same when this folder and Debian's versions are.
stamp=$({
	cat "$here"/{image.sh,init,local.cil}
	apt-cache policy "$kernel" runc crun selinux-policy-default | grep Candidate
} | sha256sum | cut -d' ' -f1)
mkdir -p "$1"
cd "$1"
if [ "$(cat stamp 2>/dev/null)" = "$stamp" ]; then
	exit 0
fi
rm -rf stamp tools initrd "initrd.gz" vmlinuz root.img

# --- the policy ---

bash "$unpack" tools dash make m4 coreutils findutils tar zstd sed grep mawk \
	selinux-policy-default semodule-utils checkpolicy policycoreutils
bash "$unpack" --only tools "$kernel" selinux-policy-dev selinux-policy-src
# setfiles works by /proc/self/fd
in_tools() {
	# shellcheck disable=SC2016 # expanded inside
	unshare --mount --propagation private sh -c 'mount --bind /proc tools/proc && exec chroot tools "$@"' \
		sh env PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
ln -sf dash tools/bin/sh
ln -sf mawk tools/usr/bin/awk
mkdir -p tools/{dev,proc,tmp}
mknod -m 666 tools/dev/null c 1 3

# Debian's policy knows no container_t: refpolicy's module for it, from its sources.
mkdir -p tools/module
tar -I zstd -xf tools/usr/src/selinux-policy-src.tar.zst -C tools/module \
	--strip-components=4 --wildcards '*/services/container.te' '*/services/container.fc'
in_tools make -s -C /module -f /usr/share/selinux/devel/include/Makefile NAME=default TYPE=mcs \
	AWK=mawk HEADERDIR=/usr/share/selinux/devel/include SHAREDIR=/usr/share/selinux container.pp >&2
cp "$here/local.cil" tools/module/

printf 'SELINUX=permissive\nSELINUXTYPE=default\n' >tools/etc/selinux/config
# As installed, semodule would check against users and files of a running system.
printf '%s\n' 'module-store=direct' 'expand-check=0' 'usepasswd=false' \
	'[sefcontext_compile]' 'path=/bin/true' 'args=$@' '[end]' \
	'[setfiles]' 'path=/bin/true' 'args=$@' '[end]' >tools/etc/selinux/semanage.conf
modules=()
for module in $(<tools/usr/share/selinux/default/.modules); do
	modules+=(-i "/usr/share/selinux/default/$module.pp.bz2")
done
mkdir -p tools/var/lib/selinux/default
in_tools semodule -n -s default "${modules[@]}" -i /module/container.pp -i /module/local.cil
contexts=etc/selinux/default/contexts/files/file_contexts
# Made of the same, and would be read in its place
rm -f "tools/$contexts.bin"

# --- the root filesystem ---

bash "$unpack" tools/root bash coreutils findutils grep gzip mawk sed jq apparmor hostname util-linux bsdutils \
	libc-bin procps strace crun runc busybox-static policycoreutils selinux-utils perl-base mount
rm -rf tools/root/usr/share/{bash-completion,doc,info,locale,man,perl} tools/root/var/cache \
	tools/root/usr/lib/*/{libperl.so*,perl/5*}
mkdir -p tools/root/{dev,proc,sys,run,tmp,root,etc/{default,selinux},tests,usr/share/zoneinfo}
cp -a tools/etc/selinux/{config,default} tools/root/etc/selinux/
install -m 755 "$here/init" tools/root/sbin/init
ln -sf bash tools/root/bin/sh
ln -sf mawk tools/root/usr/bin/awk
printf 'root:x:0:0:root:/root:/bin/bash\n' >tools/root/etc/passwd
printf 'root:x:0:\ntty:x:5:\ndisk:x:6:\n' >tools/root/etc/group
cp -L tools/etc/ld.so.conf tools/root/etc/ 2>/dev/null || :
in_tools setfiles -F -r /root "/$contexts" /root
mkfs.ext4 -q -O ^has_journal -L root -d tools/root root.img 512M

# --- what the kernel needs to reach it ---

mkdir -p initrd/{bin,dev,modules,root}
cp tools/root/bin/busybox initrd/bin/ 2>/dev/null || cp tools/root/usr/bin/busybox initrd/bin/
n=10
for module in drivers/virtio/virtio_ring drivers/virtio/virtio drivers/virtio/virtio_pci_modern_dev \
	drivers/virtio/virtio_pci_legacy_dev drivers/virtio/virtio_pci drivers/block/virtio_blk; do
	cp "tools/lib/modules/$version/kernel/$module.ko" "initrd/modules/$n-${module##*/}.ko"
	n=$((n + 1))
done
cat >initrd/init <<-'END'
	#!/bin/busybox sh
	b=/bin/busybox
	$b mount -t devtmpfs devtmpfs /dev
	for module in /modules/*.ko; do
		$b insmod $module
	done
	$b mount -t ext4 /dev/vda /root
	$b mount --move /dev /root/dev
	exec $b switch_root /root /sbin/init
END
chmod 755 initrd/init
ln -s busybox initrd/bin/sh
(cd initrd && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >initrd.gz
cp "tools/boot/vmlinuz-$version" vmlinuz
rm -rf tools initrd
echo "$stamp" >stamp
