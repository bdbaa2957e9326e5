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

# What is wrong is said, and help given, also where there is no CPU.
# shellcheck disable=SC2016
out=$(printf '%s\n' 'device_add help' 'device_add "virtio-blk-device,help"' \
    'device_add nonsense' 'netdev_add nonsense' 'object_add nonsense' \
    'info registers' 'x 0' 'p $pc' 'info cpus' 'info network' quit |
    "$REFVMM" -M none -display none -nodefaults -monitor stdio)
for text in 'name "virtio-rng-device"' 'werror=<' "driver 'nonsense'" \
    "netdev: " "object: " 'there is no CPU'; do
    [[ $out == *"$text"* ]] || { echo "no '$text' in: $out" >&2; exit 1; }
done
echo "ok   errors, no machine"

# A signal that comes while the program ends for another reason changes
# nothing; whether it comes early enough is luck.
for _ in 1 2 3 4 5 6 7 8; do
    start_vmm -S -monitor "unix:$tmp/m,server=on,wait=off"
    talk "unix:$tmp/m" <<'END'
~ (qemu) 
> quit
END
    kill "$vmm_pid" 2>/dev/null || true
    status=0
    wait "$vmm_pid" || status=$?
    vmm_pid=
    [ "$status" = 0 ] || { echo "quit and SIGTERM: status $status" >&2; exit 1; }
done
: >"$tmp/err"
echo "ok   quit and a signal"

# Two machines on a cable of an abstract name say how they are connected.
start_vmm -S -monitor "unix:$tmp/m,server=on,wait=off" -netdev \
    "stream,id=st,server=on,addr.type=unix,addr.path=$tmp/st,addr.abstract=on"
talk "unix:$tmp/m" <<'END'
~ (qemu) 
> info network
~ st: index=0,type=stream,listening
~ (qemu) 
END
out=$(printf '%s\n' 'info network' quit |
    "$REFVMM" -M none -display none -nodefaults -monitor stdio -netdev \
        "stream,id=st,addr.type=unix,addr.path=$tmp/st,addr.abstract=on")
[[ $out == *"st: index=0,type=stream,unix:$tmp/st"[[:cntrl:]]* ]]
talk "unix:$tmp/m" <<'END'
~ (qemu) 
> quit
eof
END
end_vmm
[ ! -e "$tmp/st" ]
echo "ok   abstract name"
