#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Debian's riscv64 kernel with its root on ext4 in a qcow2 image over
# virtio-blk: files written are there after a reset and in a new machine;
# a file comes from a server on the host through user-mode networking;
# the image and its file system are sound afterwards.
#
# boot.bash sets what is used here:
# shellcheck disable=SC1091,SC2154
set -euo pipefail
. "$(dirname "$0")/../guest/boot.bash"
boot_begin
[ -z "${BOOT_SLOW_BUILD-}" ] || skip "too slow with a sanitizer"
need_guest debian
PATH=$PATH:/usr/sbin:/sbin
for tool in qemu-img e2fsck; do
    command -v "$tool" >/dev/null || skip "there is no $tool"
done

head -c 3000000 /dev/urandom >served
sum=$(sha256sum <served | cut -d' ' -f1)
coproc server { exec "$http" served; }
read -r port <&"${server[0]}"

boot() { # HARTS < script
    # the root's shell comes after the initramfs has found the disk
    drive_machine 0 -m 256 -smp "$1" -kernel "$guests/debian-Image" \
        -initrd "$guests/debian-initramfs.cpio.gz" \
        -append "console=ttyS0 root=/dev/vda panic=-1" \
        -blockdev driver=file,filename=disk.qcow2,node-name=file0 \
        -blockdev driver=qcow2,file=file0,node-name=disk0 \
        -device virtio-blk-device,drive=disk0 \
        -netdev user,id=net0 -device virtio-net-device,netdev=net0
}

shell_on_root() {
    cat <<'END'
never cannot load
never EXT4-fs error
never I/O error
expect Linux version 6.12
time shell guest: shell after
expect root on ext4
expect guest#
END
}

# qemu-img's and e2fsck's opinion of what the machines have left.
check_image() {
    qemu-img check -q disk.qcow2 || die "qemu-img check: the image is broken"
    qemu-img convert -O raw disk.qcow2 disk.raw
    e2fsck -fn disk.raw >fsck.log 2>&1 || {
        cat fsck.log >&2
        die "e2fsck: the file system is broken"
    }
    rm -f disk.raw
}

for n in "${harts[@]}"; do
    rm -f disk.qcow2
    if [ "$n" = 1 ]; then
        cp "$guests/rootfs.qcow2" disk.qcow2
    else
        qemu-img create -q -f qcow2 -b "$guests/rootfs.qcow2" -F qcow2 \
            disk.qcow2
    fi
    boot "$n" <<END
$(shell_on_root)
run test "\$(nproc)" = $n
run net-up dhcp
run wget -q -O /root/served http://10.0.2.2:$port/served
run echo "$sum  /root/served" | sha256sum -c -s
run mkdir /root/d && cd /root/d
run dd if=/dev/urandom of=big bs=1M count=8
run i=0; while [ \$i -lt 60 ]; do i=\$((i + 1)); head -c \$((i * 37)) big > small\$i; done
run rm small1*
run sha256sum * /root/served > /root/sums
run sync
send off reboot
$(shell_on_root)
run cd /root/d && sha256sum -c -s /root/sums
run rm small2* && fstrim / && sync
run sed -i '/small2/d' /root/sums && sha256sum -c -s /root/sums
send off
expect Power down
end
END
    first=$(awk '$1 == "shell" { print $2; exit }' captured)
    check_image
    echo "ok   Debian, $n harts: shell on the disk after $first s"
done

# A new machine, with what the last one left.
boot 1 <<END
$(shell_on_root)
run cd /root/d && sha256sum -c -s /root/sums
run net-up static && wget -q -O - http://10.0.2.2:$port/ | sha256sum | grep -q $sum
send exit
expect Power down
end
END
check_image
echo "ok   the files are there in a new machine"
