#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Our own programs without a kernel, in S-mode under SBI and bare in M-mode,
# with different numbers of harts: each says PASS and powers off with 0.
#
# boot.bash sets what is used here:
# shellcheck disable=SC1091,SC2154
set -euo pipefail
. "$(dirname "$0")/../guest/boot.bash"
boot_begin
need_guest payloads
payloads=$guests/payloads

run_payload() { # NAME HARTS OPTION...
    local name=$1 n=$2
    shift 2
    drive_machine 0 -m 128 -smp "$n" "$@" <<END
never FAIL
expect PASS ${name%-m}:
end
END
    echo "ok   $name, $n harts: $(grep -ac '^ok ' "$work/transcript") checks"
}

disk() {
    rm -f disk.raw
    truncate -s 8M disk.raw
    # shellcheck disable=SC2054
    disk=(-blockdev driver=file,filename=disk.raw,node-name=disk
        -device virtio-blk-device,drive=disk,num-queues=4)
}

for n in "${harts[@]}"; do
    for name in hello irq smp dirty; do
        run_payload "$name" "$n" -kernel "$payloads/$name.elf"
        run_payload "$name-m" "$n" -bios "$payloads/$name-m.elf"
    done
    disk
    run_payload virtio_blk "$n" -kernel "$payloads/virtio_blk.elf" \
        -append "ops=500 wrap=$((n == 1 ? 66000 : 0))" "${disk[@]}"
done
disk
run_payload virtio_blk-m 2 -bios "$payloads/virtio_blk-m.elf" "${disk[@]}"

# A machine that is told to fail says so in its status.
drive_machine 1 -m 128 -kernel "$payloads/dirty.elf" -append "mb=100000" <<'END'
expect FAIL dirty:
end
END
echo "ok   a failing payload ends with status 1"

# Conformance programs: QEMU knows "tohost" on another machine only.
machine=(-machine virt)
[ -z "$is_qemu" ] || machine=(-machine spike)
for pair in pass:0 fail3:3; do
    drive_machine "${pair#*:}" "${machine[@]}" \
        -bios "$payloads/tohost-${pair%:*}.elf" <<<end
    echo "ok   tohost-${pair%:*} ends with status ${pair#*:}"
done
