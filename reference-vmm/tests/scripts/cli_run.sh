#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What ends the program, and with which status; what -dumpdtb, -pidfile,
# -chardev, -drive and -action do: all without a guest, or with a few
# instructions of one.
set -euo pipefail
[ -n "${REFVMM-}" ] || { echo "skipped: REFVMM names no VMM"; exit 77; }
die() {
    echo "FAIL: $*" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

words() { # 32-bit words, little endian, into a raw image
    local w
    for w; do
        # shellcheck disable=SC2059
        printf "\\x${w:6:2}\\x${w:4:2}\\x${w:2:2}\\x${w:0:2}"
    done
}
# a0 := 0x100000 (lui), a1 := value (lui + addi), sw a1, 0(a0), j .
finisher() { # LUI ADDI
    words 00100537 "$1" "$2" 00b52023 0000006f
}
finisher 000055b7 55558593 >pass.bin  # 0x5555
finisher 000075b7 77758593 >reset.bin # 0x7777: 7000 + 777
finisher 000735b7 33358593 >fail.bin  # 0x73333: status 7
words 0000006f >loop.bin

run() { # STATUS OPTION...
    local want=$1 status=0
    shift
    timeout 60 "$REFVMM" -display none -serial null -m 16 "$@" \
        </dev/null >out 2>err || status=$?
    [ "$status" -eq "$want" ] ||
        die "$*: status $status, not $want: $(cat err)"
}
run 0 -bios pass.bin
run 7 -bios fail.bin
run 0 -no-reboot -bios reset.bin
run 0 -action reboot=shutdown -bios reset.bin
for n in 2 4 8; do
    run 0 -smp "$n" -bios pass.bin
done
echo "ok   statuses of the finisher"

# A reset starts anew: count the times with a trace.
: >trace
"$REFVMM" -display none -serial null -m 16 -bios reset.bin \
    -trace machine_reset </dev/null 2>trace &
pid=$!
for _ in $(seq 600); do
    [ "$(grep -c machine_reset trace || true)" -ge 3 ] && break
    sleep 0.1
done
kill "$pid"
wait "$pid" || die "SIGTERM during resets: status $?"
[ "$(grep -c guest-reset trace)" -ge 3 ] || die "no resets: $(cat trace)"
echo "ok   reset"

for signal in TERM INT HUP; do
    "$REFVMM" -display none -serial null -m 16 -bios loop.bin -pidfile pid \
        </dev/null 2>err &
    pid=$!
    for _ in $(seq 600); do
        [ -s pid ] && break
        sleep 0.1
    done
    [ "$(cat pid)" = "$pid" ] || die "the pidfile is not right"
    kill -"$signal" "$pid"
    wait "$pid" || die "SIG$signal: status $?"
    grep -q "terminating on signal" err || die "SIG$signal: $(cat err)"
    [ ! -e pid ] || die "the pidfile is still there"
done
echo "ok   signals"

# -no-shutdown: stays, until a signal.
: >trace
"$REFVMM" -display none -serial null -m 16 -bios pass.bin \
    -no-shutdown -trace vm_stop </dev/null 2>trace &
pid=$!
for _ in $(seq 600); do
    grep -q shutdown trace && break
    sleep 0.1
done
kill -0 "$pid" || die "-no-shutdown: it is gone"
kill "$pid"
wait "$pid" || die "-no-shutdown: status $?"
echo "ok   no-shutdown"

run 0 -machine virt,dumpdtb=tree.dtb -smp 3 -m 64 -append "a b"
[ "$(head -c 4 tree.dtb | od -An -tx1 | tr -d ' ')" = d00dfeed ] ||
    die "dumpdtb: not a device tree"
run 0 -machine dumpdtb=again.dtb -dtb tree.dtb -append "other words"
grep -aq "other words" again.dtb || die "-append is not in the user's tree"
echo "ok   device tree"

# Output: h and i through the serial port, into a file.
# a0 := 0x10000000; li a1,'h'; sb; li a1,'i'; sb; then as pass.bin
words 10000537 06800593 00b50023 06900593 00b50023 00100537 000055b7 \
    55558593 00b52023 0000006f >hi.bin
timeout 60 "$REFVMM" -display none -m 16 -bios hi.bin -serial file:said \
    </dev/null || die "-serial file"
[ "$(cat said)" = hi ] || die "-serial file: '$(cat said)'"
timeout 60 "$REFVMM" -m 16 -bios hi.bin -chardev file,id=c,path=said2 \
    -serial chardev:c </dev/null || die "-serial chardev"
[ "$(cat said2)" = hi ] || die "-serial chardev: '$(cat said2)'"
[ "$(timeout 60 "$REFVMM" -nographic -m 16 -bios hi.bin </dev/null)" = hi ] ||
    die "-nographic"
[ "$(timeout 60 "$REFVMM" -m 16 -bios hi.bin </dev/null)" = hi ] ||
    die "the default serial port"
echo "ok   serial ports"

# Escape keys of a shared terminal.
status=0
printf '\001x' | timeout 60 "$REFVMM" -nographic -m 16 -bios loop.bin \
    >out || status=$?
[ "$status" -eq 0 ] || die "C-a x: status $status"
grep -q terminated out || die "C-a x says nothing"
echo "ok   C-a x"

# Flash: M-mode begins there; with -drive and with -blockdev.
truncate -s 32M flash.raw
dd if=pass.bin of=flash.raw conv=notrunc status=none
run 0 -bios none -drive if=pflash,format=raw,file=flash.raw,readonly=on
run 0 -bios none -machine pflash0=f0 \
    -blockdev driver=file,filename=flash.raw,node-name=f0
echo "ok   flash"

# What is said for QEMU and true here as well.
run 0 -bios pass.bin -global virtio-mmio.force-legacy=false -boot order=c \
    -global driver=virtio-mmio,property=force-legacy,value=off \
    -cpu rv64,v=false,h=off,sstc=on -object rng-builtin,id=b \
    -object rng-random,id=r,filename=/dev/urandom \
    -device virtio-rng-device,rng=r -device virtio-rng-device,rng=b
echo "ok   options for both"

# A -drive without if= is a virtio disk, unless a -device takes it: eight fit.
truncate -s 1M disk.raw
disks=()
for i in 1 2 3 4 5 6 7; do
    disks+=(-drive "file=disk.raw,format=raw,readonly=on,id=d$i")
done
run 0 -bios pass.bin "${disks[@]}" \
    -drive file=disk.raw,format=raw,readonly=on,id=d8 \
    -device virtio-blk-device,drive=d8
run 1 -bios pass.bin "${disks[@]}" -device virtio-rng-device \
    -drive file=disk.raw,format=raw,readonly=on,id=d8
grep -q "no bus with room" err || die "a ninth device: $(cat err)"
echo "ok   disks by -drive alone"
