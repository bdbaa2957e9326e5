#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tiny Linux: to its shell, commands over the serial console, a reset, a
# power off that ends with status 0.
#
# boot.bash sets what is used here:
# shellcheck disable=SC1091,SC2154
set -euo pipefail
. "$(dirname "$0")/../guest/boot.bash"
boot_begin
need_guest tiny

for n in "${harts[@]}"; do
    drive_machine 0 -m 128 -smp "$n" -kernel "$guests/tiny-Image" \
        -initrd "$guests/tiny-initramfs.cpio.gz" \
        -append "console=ttyS0 panic=-1" <<END
expect Linux version 6.1
time shell guest: shell after
expect guest#
run test "\$(nproc)" = $n
run grep -q isa.*: /proc/cpuinfo
run mount | grep -q devtmpfs
# processes, pipes, floating point, memory
run seq 1 20000 | awk '{ s += \$1 / 2 } END { exit s != 100005000 }'
run dd if=/dev/zero bs=64k count=64 2>/dev/null | sha256sum | grep -q ^bb9f8df6
run for i in 1 2 3 4 5 6 7 8; do dd if=/dev/urandom of=/tmp/\$i bs=64k count=16 2>/dev/null & done; wait
run cat /tmp/[1-8] > /tmp/all && test "\$(wc -c < /tmp/all)" = 8388608
# time goes on, and sleep sleeps
run a=\$(cut -d. -f1 /proc/uptime); sleep 2; b=\$(cut -d. -f1 /proc/uptime); test \$((b - a)) -ge 1 -a \$((b - a)) -le 20
# interrupts of the console are counted
run grep -q ttyS0 /proc/interrupts
send sync; reboot -f
expect Linux version 6.1
expect guest: shell after
expect guest#
run true
send exit
expect Power down
end
END
    echo "ok   tiny Linux, $n harts: shell after" \
        "$(awk '$1 == "shell" { print $2 }' captured) s"
done
