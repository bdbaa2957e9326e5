#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every wrong option ends the program with status 1 and one line that names
# what is wrong and, where there is a list, what is known.
set -euo pipefail
[ -n "${REFVMM-}" ] || { echo "skipped: REFVMM names no VMM"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
failed=0
n=0

# Each argument up to -- must be in the message.
wrong() {
    local parts=() status=0 part
    while [ "$1" != -- ]; do
        parts+=("$1")
        shift
    done
    shift
    timeout 20 "$REFVMM" "$@" </dev/null >out 2>err || status=$?
    n=$((n + 1))
    if [ "$status" -ne 1 ] || [ "$(wc -l <err)" -ne 1 ] || [ -s out ]; then
        echo "FAIL: $*: status $status: $(cat err out)"
        failed=1
        return
    fi
    for part in "${parts[@]}"; do
        grep -qF -- "$part" err || {
            echo "FAIL: $*: no '$part' in: $(cat err)"
            failed=1
        }
    done
}

printf 'not an image' >text
printf '\177ELF' >short.elf
printf '\037\213\010aaaaaaaaaaaaaaaaaaa' >bad.gz
head -c 4096 /dev/urandom >noise.dtb
truncate -s 1M small.raw

wrong "'foo'" known -- -foo
wrong "'kernl'" "did you mean 'kernel'" -- -kernl x
wrong "'disk.img'" -drive -- disk.img
wrong -kernel argument -- -kernel
wrong "'vrt'" "'virt'" -- -M vrt
wrong "'dumpdb'" "'dumpdtb'" -- -machine virt,dumpdb=x
wrong aclint off -- -machine virt,aclint=on
wrong nothere -- -machine virt,memory-backend=nothere
wrong "'foo'" interp -- -accel foo
wrong "'foo'" rv64 -- -cpu foo
wrong 12Q -- -m 12Q
wrong "-m" 0 -- -m 0
wrong slots known -- -m 128,slots=2
wrong 8 9 -- -smp 9
wrong cpus number -- -smp 0
wrong cores -- -smp 2,cores=3
wrong maxcpus -- -smp 1,maxcpus=2
wrong /nonexistent -- -kernel /nonexistent
wrong /nonexistent -- -bios /nonexistent
wrong short.elf -- -kernel short.elf
wrong short.elf -- -bios short.elf
wrong bad.gz gzip -- -kernel bad.gz
wrong noise.dtb -- -dtb noise.dtb
wrong -initrd -kernel -- -initrd text
wrong /nonexistent -- -kernel text -initrd /nonexistent
wrong "'foo'" virtio-blk-device -- -device foo
wrong "'virtio-blk-devcie'" "did you mean" -- -device virtio-blk-devcie
wrong driver missing -- -device ''
wrong drive nothere -- -device virtio-blk-device,drive=nothere
wrong "'sreial'" "'serial'" -- -device virtio-blk-device,sreial=x
wrong "'foo'" -- -device virtio-rng-device,id=a,foo=1
wrong twice id -- -device virtio-rng-device,id=a,id=b
wrong "'a'" already -- -device virtio-rng-device,id=a \
    -device virtio-rng-device,id=a
wrong /nonexistent -- -drive file=/nonexistent,id=d
wrong "'fromat'" "'format'" -- -drive file=text,fromat=raw
wrong "'rawx'" qcow2 -- -drive file=text,format=rawx
wrong "'sata'" virtio -- -drive file=text,format=raw,if=sata
wrong "'fast'" writeback -- -drive file=text,format=raw,cache=fast
wrong werror -- -drive file=text,format=raw,werror=perhaps
wrong small.raw 33554432 -- \
    -drive file=small.raw,format=raw,if=pflash,id=small.raw
wrong twice -- -drive file=text,format=raw,if=pflash,unit=1 \
    -drive file=text,format=raw,if=pflash,unit=1
wrong "'foo'" qcow2 -- -blockdev driver=foo,node-name=n
wrong node-name -- -blockdev driver=null-co
wrong JSON -- -blockdev '{"driver": '
wrong "'foo'" iothread -- -object foo,id=x
wrong id missing -- -object iothread
wrong "'foo'" -- -object iothread,id=x,foo=1
wrong "'usr'" "'user'" -- -netdev usr,id=n
wrong id missing -- -netdev user
wrong hostfwd -- -netdev user,id=n,hostfwd=nonsense
wrong "'foo'" user -- -nic foo
wrong "'foo'" socket -- -chardev foo,id=c
wrong "'serve'" "'server'" -- -chardev socket,id=c,path=x,serve=on
wrong "'foo'" unix: -- -serial foo
wrong nothere -- -serial chardev:nothere
wrong nothere -- -mon chardev=nothere,mode=control
wrong "'foo'" unix: -- -qmp foo
wrong HOST:PORT -- -qmp tcp:nothing
wrong "'sdl'" none -- -display sdl
wrong base -- -rtc base=nonsense
wrong "'boot'" -- -action boot=x
wrong "'later'" reset -- -action reboot=later
wrong driver.property=value -- -global nothing
wrong force-legacy off -- -global virtio-mmio.force-legacy=on
wrong "'property'" missing -- -global driver=virtio-mmio,value=off
wrong "'v'" off -- -cpu rv64,v=on
wrong "'m'" on -- -cpu rv64,m=off
wrong "'foo'" sstc -- -cpu rv64,foo=on
wrong /dev/foo /dev/urandom -- -object rng-random,id=r,filename=/dev/foo
wrong rng "'r'" -- -device virtio-rng-device,rng=r
wrong perod period -- -global virtio-rng-device.perod=1
wrong /nonexistent -- -pidfile /nonexistent/pid -display none
wrong nothing_like_it -- -trace nothing_like_it
wrong "'foo'" trace: -- -d foo
wrong UUID -- -uuid nonsense
[ "$failed" -eq 0 ]
echo "ok   $n wrong command lines"
