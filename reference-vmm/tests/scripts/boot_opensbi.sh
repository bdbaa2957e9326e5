#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# OpenSBI as firmware in M-mode, in front of the tiny Linux: fw_dynamic, which
# reads where to go on from the record that a2 leads to, and fw_jump, which
# knows; raw and ELF; reset and power-off through the finisher.
#
# boot.bash sets what is used here:
# shellcheck disable=SC1091,SC2154
set -euo pipefail
. "$(dirname "$0")/../guest/boot.bash"
boot_begin
need_guest tiny
firmware=/usr/lib/riscv64-linux-gnu/opensbi/generic
[ -d "$firmware" ] || skip "there is no $firmware (package opensbi)"

boot() { # FIRMWARE HARTS
    drive_machine 0 -m 128 -smp "$2" -bios "$firmware/$1" \
        -kernel "$guests/tiny-Image" \
        -initrd "$guests/tiny-initramfs.cpio.gz" \
        -append "console=ttyS0 panic=-1" <<END
expect OpenSBI v
expect Linux version 6.1
expect guest: shell after
expect guest#
run test "\$(nproc)" = $2
send sync; reboot -f
expect OpenSBI v
expect guest: shell after
expect guest#
send exit
expect Power down
end
END
    echo "ok   $1, $2 harts"
}

boot fw_dynamic.bin 1
boot fw_dynamic.elf 4
boot fw_jump.bin 2
boot fw_jump.elf 8
