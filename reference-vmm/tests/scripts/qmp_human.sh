#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Commands for humans: on a socket, on standard input, and on a terminal that
# is shared with a serial port.
# shellcheck disable=SC1091,SC2154
set -euo pipefail
. "$(dirname "$0")/../monitor/qmp.bash"

start_vmm -S -monitor "unix:$tmp/m,server=on,wait=off" \
    -serial "mon:unix:$tmp/s,server=on,wait=off"
talk "unix:$tmp/m" <<'END'
~ (qemu) 
> info status
~ VM status: paused (prelaunch)
~ (qemu) 
>> inf\x7ffo\x1b[A name\x15xp/1xw 0x1000\n
~ 0000000000001000: 0x
~ (qemu) 
> cont
~ (qemu) 
> info status
~ VM status: running
~ (qemu) 
> frobnicate
~ unknown command: 'frobnicate'
>> info chardev\ninfo cpus\n
~ serial0: filename=
~ * CPU #0
~ (qemu) 
END
echo "ok   socket"

# C-a c leads from the serial port to the monitor and back.
talk "unix:$tmp/s" <<'END'
>> nothing reads this\x01c
~ (qemu) 
> info version
~ 7.2.0
~ (qemu) 
>> \x01h
~ C-a c
>> \x01cinto the void\x01c
~ (qemu) 
# more than it takes at once
>> info registers\nxp/1xw 0x1000\ninfo name\ninfo version\nquit\n
~ 0000000000001000: 0x
~ 7.2.0
eof
END
end_vmm
echo "ok   shared terminal"

out=$(printf 'info status\nquit\n' | "$REFVMM" -M virt -accel qtest -S \
    -display none -nodefaults -monitor stdio)
[[ $out == *"VM status: paused (prelaunch)"* ]]
echo "ok   standard input"
