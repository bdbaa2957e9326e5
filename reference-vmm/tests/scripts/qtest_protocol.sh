#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The qtest server as its clients see it: every command's answer, word for
# word; what makes no sense gets FAIL; lines that are watched are told of before
# the answer; a virtio device can be driven.
set -u

: "${REFVMM:?}"
dir=$(mktemp -d)
failed=0

finish() {
    exec 3>&- 4<&-
    [ -n "${vmm:-}" ] && kill "$vmm" 2>/dev/null && wait "$vmm" 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT

mkfifo "$dir/q.in" "$dir/q.out"
"$REFVMM" -M virt -accel qtest -qtest "pipe:$dir/q" -display none \
    -device virtio-rng-device 2>"$dir/stderr" &
vmm=$!
# Both ways, so that opening waits for nobody.
exec 3<>"$dir/q.in" 4<>"$dir/q.out"

# COMMAND, then the lines of its answer
ask() {
    local command=$1 line expected
    shift
    printf '%s\n' "$command" >&3
    for expected in "$@"; do
        if ! read -r -t 20 line <&4; then
            echo "$command: no answer"
            cat "$dir/stderr"
            exit 1
        fi
        # shellcheck disable=SC2053
        if [[ $line != $expected ]]; then
            echo "$command: '$line', not '$expected'"
            failed=1
        fi
    done
}

ask "endianness" "OK little"
ask "writeb 0x80000000 0x12" "OK"
ask "writew 0x80000002 0x3456" "OK"
ask "writel 0x80000004 0x789abcde" "OK"
ask "writeq 0x80000008 0x1122334455667788" "OK"
ask "readb 0x80000000" "OK 0x0000000000000012"
ask "readw 0x80000002" "OK 0x0000000000003456"
ask "readl 0x80000004" "OK 0x00000000789abcde"
ask "readq 0x80000008" "OK 0x1122334455667788"
ask "read 0x80000000 16" "OK 0x12005634debc9a788877665544332211"
ask "read 0x80000000 0x1" "OK 0x12"
ask "write 0x80001000 4 0x01020304" "OK"
ask "write 0x80001004 4 0xff" "OK"
ask "read 0x80001000 8" "OK 0x01020304ff000000"
ask "b64write 0x80001000 3 AAEC" "OK"
ask "b64read 0x80001000 4" "OK AAECBA=="
ask "memset 0x80001000 8 0xaa" "OK"
ask "read 0x80001000 9" "OK 0xaaaaaaaaaaaaaaaa00"
ask "readl 0x60000000" "OK 0x*"
ask "clock_step 1000" "OK 1000"
ask "clock_set 5000" "OK 5000"
ask "clock_set 10" "FAIL *"
ask "clock_step" "OK *"
ask "outb 0x80 1" "OK"
ask "inl 0x80" "OK 0x00000000"
ask "module_load hw- none" "FAIL *"

ask "" "FAIL *"
ask "nonsense" "FAIL Unknown command 'nonsense'"
ask "readb" "FAIL *"
ask "readb 1 2" "FAIL *"
ask "readb x" "FAIL 'x' is not a number"
ask "readb 0x1ffffffffffffffff" "FAIL *"
ask "read 0x80000000 0x7fffffffffffffff" "FAIL *"
ask "read 0xfffffffffffffff0 32" "FAIL *"
ask "write 0x80000000 4 01020304" "FAIL *"
ask "write 0x80000000 4 0x0102030" "FAIL *"
ask "write 0x80000000 4 0xzz" "FAIL *"
ask "readb 1 2 3 4 5 6 7 8 9" "FAIL *"
ask "irq_intercept_in /machine/nothing" "FAIL Unknown device '/machine/nothing'"
ask "set_irq_in riscv.sifive.plic unnamed-gpio-in 0 1" "FAIL *"
ask "set_irq_in riscv.sifive.plic unnamed-gpio-in 96 1" "FAIL *"
ask "set_irq_in goldfish_rtc unnamed-gpio-in 1 1" "FAIL *"

# A line from outside: pending in the PLIC.
ask "set_irq_in /machine/soc/riscv.sifive.plic unnamed-gpio-in 33 1" "OK"
ask "readl 0xc001004" "OK 0x0000000000000002"

# The entropy device fills 16 bytes, and says so by an interrupt.
ask "irq_intercept_in riscv.sifive.plic" "OK"
ask "irq_intercept_out riscv.sifive.plic" "FAIL *"
base=0x10008000
reg() { ask "writel $((base + $1)) $2" "OK"; }
ask "readl $((base + 8))" "OK 0x0000000000000004"
reg 0x70 0
reg 0x70 3
reg 0x24 1
reg 0x20 1
reg 0x70 11
ask "readl $((base + 0x70))" "OK 0x000000000000000b"
reg 0x30 0
reg 0x38 8
reg 0x80 0x80010000
reg 0x90 0x80011000
reg 0xa0 0x80012000
reg 0x44 1
reg 0x70 15
ask "write 0x80010000 16 0x00000280000000001000000002000000" "OK"
ask "write 0x80011000 6 0x000001000000" "OK"
printf 'writel %d 0\n' $((base + 0x50)) >&3
lines=
for _ in $(seq 200); do
    printf 'readw 0x80012002\n' >&3
    while read -r -t 20 line <&4; do
        lines+="$line;"
        [[ $line == OK\ * ]] && break
    done
    [[ $line == "OK 0x0000000000000001" && $lines == *"IRQ raise 8;"* ]] && break
done
case $lines in
*"IRQ raise 8;"*) ;;
*) echo "no interrupt of slot 7: $lines"; failed=1 ;;
esac
ask "readl 0x80012008" "OK 0x0000000000000010"
printf 'writel %d 1\n' $((base + 0x64)) >&3
ask "readl $((base + 0x60))" "IRQ lower 8" "OK" "OK 0x0000000000000000"

if ! kill -0 "$vmm"; then
    echo "refvmm has ended:"
    cat "$dir/stderr"
    failed=1
fi
exit $failed
