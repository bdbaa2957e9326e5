#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A Linux guest writes to a disk with werror=stop whose image refuses it: the
# machine stops and says why, `cont` tries again, and the guest, which is not
# told of anything, has lost nothing.  Faults come from blkdebug, and from a
# file system that is full until the user makes it larger.
#
# boot.bash sets what is used here:
# shellcheck disable=SC1091,SC2154
set -euo pipefail
# A file system of its own wants a namespace of its own.
if [ -z "${IO_ERRORS_IN_NAMESPACE-}" ] && unshare -rm true 2>/dev/null; then
    IO_ERRORS_IN_NAMESPACE=1 exec unshare -rm bash "$0"
fi
. "$(dirname "$0")/../guest/boot.bash"
boot_begin
need_guest tiny
client=${BUILD-}/reference-vmm/tests/qmp_client
[ -x "$client" ] || skip "there is no $client"
img=${REFVMM_IMG:-qemu-img}
command -v "$img" >/dev/null || skip "there is no $img"

# ---- the guest ----

# In its background it runs while this goes on; machine_ends waits for it.
start_machine() { # OPTION...
    rm -f captured qmp.sock
    drive_machine 0 -S -m 128 "$@" -kernel "$guests/tiny-Image" \
        -initrd "$guests/tiny-initramfs.cpio.gz" \
        -append "console=ttyS0 panic=-1" \
        -qmp unix:qmp.sock,server=on,wait=off <<'END' &
never I/O error
expect guest#
run dd if=/dev/urandom of=/tmp/data bs=1M count=12
# several requests at once, and flushes
run for i in 0 1 2; do dd if=/tmp/data of=/dev/vda bs=64k skip=$((i * 64)) seek=$((i * 80)) count=64 conv=fsync & done; wait
run echo 3 > /proc/sys/vm/drop_caches
run for i in 0 1 2; do dd if=/dev/vda bs=64k skip=$((i * 80)) count=64; done 2>/dev/null | cmp - /tmp/data
send sha256sum /dev/vda
capture sum ([0-9a-f]{64})  /dev/vda
send poweroff -f
end
END
    machine=$!
}

machine_ends() { # IMAGE
    local sum
    wait "$machine" || die "the guest has seen an error"
    sum=$(awk '$1 == "sum" { print $2 }' captured)
    "$img" check "$1" >check.log 2>&1 ||
        { cat check.log >&2; die "the image is broken"; }
    "$img" convert -O raw "$1" disk.raw
    [ "$(sha256sum <disk.raw)" = "$sum  -" ] ||
        die "the image is not what the guest has read"
}

# ---- the monitor ----

monitor() {
    "$client" -t "$step_seconds" unix:qmp.sock >qmp.log ||
        { tail -n 5 qmp.log >&2; die "this is not what the monitor says"; }
}

begin='= QMP
> {"execute": "qmp_capabilities"}
= return'
go_on='> {"execute": "cont"}
< "event": "RESUME"
= return
> {"execute": "query-block"}
= "io-status": "ok"'

stopped() { # OPERATION IO_STATUS
    local nospace=false
    [ "$2" = failed ] || nospace=true
    cat <<END
< "operation": "$1", "action": "stop", "nospace": $nospace
< "event": "STOP"
> {"execute": "query-status"}
= "status": "io-error"
> {"execute": "query-block"}
= "io-status": "$2"
END
}

# ---- one fault of blkdebug ----

fault() { # NAME OPERATION IO_STATUS RULE [PROPERTIES]
    "$img" create -q -f qcow2 disk.qcow2 32M
    start_machine -object iothread,id=io \
        -blockdev driver=file,node-name=file,filename=disk.qcow2 \
        -blockdev '{"driver": "blkdebug", "node-name": "faults",
                    "image": "file", "inject-error": [{'"$4"'}]}' \
        -blockdev driver=qcow2,node-name=disk,file=faults \
        -device "virtio-blk-device,drive=disk,werror=stop,rerror=stop${5-}"
    monitor <<END
$begin
> {"execute": "cont"}
= return
$(stopped "$2" "$3")
$go_on
< "event": "SHUTDOWN"
END
    machine_ends disk.qcow2
    echo "ok   $1"
}

write='"once": true, "iotype": "write"'
fault "no space" write nospace "$write, \"event\": \"none\", \"errno\": 28"
[ -z "${BOOT_SLOW_BUILD-}" ] || exit 0
fault "write error, iothread" write failed \
    "$write, \"event\": \"write_aio\"" ,iothread=io
fault "write error, tables" write failed "$write, \"event\": \"l2_update\""
fault "write error, refcounts" write failed \
    "$write, \"event\": \"refblock_update_part\""
fault "flush error" write failed \
    '"once": true, "event": "none", "iotype": "flush"' ,iothread=io
fault "read error" read failed \
    '"once": true, "event": "read_aio", "iotype": "read"'

# ---- a file system that is full ----

mkdir small
if ! mount -t tmpfs -o size=4m none small 2>/dev/null; then
    echo "left out: a full file system; mounting one is not allowed here"
    exit 0
fi
trap 'umount small; rm -rf "$work"' EXIT
"$img" create -q -f qcow2 small/disk.qcow2 32M
start_machine -drive file=small/disk.qcow2,format=qcow2,if=none,id=disk \
    -device virtio-blk-device,drive=disk
# By default, werror=enospc.  As long as nothing is mended it stops again; the
# next BLOCK_IO_ERROR comes later, as that event is limited to one a second.
monitor <<END
$begin
> {"execute": "cont"}
= return
$(stopped write nospace)
> {"execute": "cont"}
= return
< "event": "STOP"
> {"execute": "query-status"}
= "status": "io-error"
END
mount -o remount,size=64m small
monitor <<END
$begin
$go_on
< "event": "SHUTDOWN"
END
machine_ends small/disk.qcow2
echo "ok   a full file system, made larger"
