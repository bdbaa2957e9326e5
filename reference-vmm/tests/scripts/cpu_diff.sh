#!/bin/bash
# SPDX-License-Identifier: MIT
# Random programs on our CPU and on QEMU's: both must print the same.
#
#   cpu_diff.sh                            a slice of about 20 seconds
#   cpu_diff.sh --seconds 600 --from 1000  a campaign
#   cpu_diff.sh --kinds "priv pmp" --seeds 7 --length 500
#   cpu_diff.sh --run prog.elf             one program, already made
#
# On a difference the program is narrowed down: fewer passes, a shorter
# stream, slots left out.  What is printed is then its slots and the lines
# that differ, ours and QEMU's.  tests/cpu/diff/README.md lists what is kept
# out because both are right.
#
# Environment: BUILD (build directory), SOURCE, DIFF_GEN and DIFF_HARNESS
# (programs), DIFF_REFVMM=1: `refvmm -M virt` in place of the harness.
set -u

qemu=${QEMU:-qemu-system-riscv64}
source=${SOURCE:-$(cd "$(dirname "$0")/../../.." && pwd)}
build=${BUILD:-$source/build}
built=$build/reference-vmm/tests/cpu/diff
gen=${DIFF_GEN:-$built/diff_gen}
harness=${DIFF_HARNESS:-$built/diff_harness}
# What our CPU does not have.
cpu=rv64,h=false,zba=false,zbb=false,zbc=false,zbs=false
seconds=20 from=1 seeds='' length=1500 passes=2 limit=10
kinds="all int mem float csr priv pmp"

while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --from) from=$2 ;;
    --seeds) seeds=$2 ;;
    --kinds) kinds=$2 ;;
    --length) length=$2 ;;
    --passes) passes=$2 ;;
    --run) run=$2 ;;
    *) echo "cpu_diff.sh: unknown option '$1'" >&2; exit 2 ;;
    esac
    shift 2
done

if ! command -v "$qemu" >/dev/null; then
    echo "skipped: no $qemu"
    exit 77
fi
if [ ! -x "$gen" ] ||
    { [ -z "${DIFF_REFVMM:-}" ] && [ ! -x "$harness" ]; }; then
    echo "skipped: diff_gen and diff_harness are not in $build"
    exit 77
fi

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

run_qemu() { # program, output, harts
    timeout "$limit" "$qemu" -M virt -m 128M -smp "$3" -cpu "$cpu" \
        -bios "$1" -display none -monitor none -serial "file:$2" \
        2>"$work/qemu.err"
}

run_ours() {
    if [ -n "${DIFF_REFVMM:-}" ]; then
        timeout "$limit" "$REFVMM" -M virt -m 128M -smp "$3" -bios "$1" \
            -display none -serial "file:$2" 2>"$work/ours.err"
    else
        timeout "$limit" "$harness" --smp "$3" "$1" >"$2" 2>"$work/ours.err"
    fi
}

# Whether the two differ on $work/prog.elf.
differs() {
    run_ours "$work/prog.elf" "$work/ours" "$1"
    ours_status=$?
    # With one hart QEMU's atomics are not what they are with more.
    run_qemu "$work/prog.elf" "$work/qemu" $(($1 + 1))
    qemu_status=$?
    ! cmp -s "$work/ours" "$work/qemu" || [ $ours_status != $qemu_status ]
}

make_program() { # kind, seed, length, passes, dropped
    "$gen" --kind "$1" --seed "$2" --length "$3" --passes "$4" --drop "$5" \
        -o "$work/prog.elf" || exit 1
}

differs_with() {
    make_program "$@"
    differs 1
}

show_difference() {
    echo "status: ours $ours_status, QEMU $qemu_status"
    cat "$work/ours.err" "$work/qemu.err" | head -n 5
    "$gen" --describe >"$work/names"
    echo "line: ours, QEMU"
    paste -d ' ' "$work/names" "$work/ours" "$work/qemu" |
        awk 'NF >= 2 && $2 != $3 { print "  " $1 ": " $2 ", " $3 }' |
        head -n 20
}

show_slots() { # kind, seed, length, passes, dropped
    "$gen" --kind "$1" --seed "$2" --length "$3" --passes "$4" --drop "$5" \
        --slots | awk '!/:$/' | tail -n 30
    command -v riscv64-linux-gnu-objdump >/dev/null || return 0
    "$gen" --kind "$1" --seed "$2" --length "$3" --passes "$4" --drop "$5" \
        --slots | awk '!/:$/' | tail -n 12 |
        sed 's/.*0x\([0-9a-f]*\):\(.*\)/\1 \2/' |
        while read -r address halves; do
            echo "at 0x$address"
            for half in $halves; do
                printf '%b' "\\x${half:2:2}\\x${half:0:2}"
            done >"$work/code"
            riscv64-linux-gnu-objdump -D -b binary -m riscv:rv64 \
                -M no-aliases --adjust-vma="0x$address" "$work/code" \
                2>/dev/null | sed -n '8,$p'
        done
}

# The slots that $trial leaves out, as ranges.
dropped_list() {
    local i first=-1 list=''

    for ((i = 0; i <= ${#trial[@]}; i++)); do
        if [ "${trial[i]:-1}" = 0 ]; then
            [ $first -ge 0 ] || first=$i
        elif [ $first -ge 0 ]; then
            list+="${list:+,}$first-$((i - 1))"
            first=-1
        fi
    done
    echo "$list"
}

narrow() { # kind, seed
    local kind=$1 seed=$2 low=0 high=$length middle p chunk start i any
    local trials=0 dropped kept=() trial=()

    # One that hangs need not hang for long.
    if [ $ours_status = 124 ] || [ $qemu_status = 124 ]; then
        limit=3
    fi
    for ((p = 1; p < passes; p++)); do
        if differs_with "$kind" "$seed" "$length" $p ''; then
            break
        fi
    done
    # differs with `high` slots, not with `low`
    while [ $((high - low)) -gt 1 ]; do
        middle=$(((low + high) / 2))
        if differs_with "$kind" "$seed" $middle $p ''; then
            high=$middle
        else
            low=$middle
        fi
    done
    # Leave out all slots that the difference does not need.
    for ((i = 0; i < high; i++)); do
        kept[i]=1
    done
    for ((chunk = (high + 1) / 2; chunk >= 1; chunk /= 2)); do
        for ((start = 0; start < high; start += chunk)); do
            trial=("${kept[@]}") any=0
            for ((i = start; i < start + chunk && i < high; i++)); do
                [ ${kept[i]} = 1 ] && any=1
                trial[i]=0
            done
            [ $any = 1 ] && [ $((trials++)) -lt 250 ] || continue
            if differs_with "$kind" "$seed" $high $p "$(dropped_list)"; then
                kept=("${trial[@]}")
            fi
        done
    done
    trial=("${kept[@]}")
    dropped=$(dropped_list)
    differs_with "$kind" "$seed" $high $p "$dropped"
    echo "--kind $kind --seed $seed --length $high --passes $p" \
        "--drop '$dropped'"
    show_slots "$kind" "$seed" $high $p "$dropped"
    show_difference
    limit=10
}

if [ -n "${run:-}" ]; then
    cp "$run" "$work/prog.elf"
    if differs 1; then
        show_difference
        exit 1
    fi
    exit 0
fi

failed=0 programs=0
one() { # kind, seed
    programs=$((programs + 1))
    if differs_with "$1" "$2" "$length" "$passes" ''; then
        echo "DIFFERENCE: kind $1, seed $2"
        narrow "$1" "$2"
        failed=$((failed + 1))
    fi
}

if [ -n "$seeds" ]; then
    for seed in $seeds; do
        for kind in $kinds; do
            one "$kind" "$seed"
        done
    done
else
    # Four harts, atomics and fences.
    "$gen" --kind litmus -o "$work/prog.elf"
    if differs 4; then
        echo "DIFFERENCE: litmus; ours, QEMU:"
        paste "$work/ours" "$work/qemu"
        failed=1
    fi
    seed=$from
    while [ $SECONDS -lt "$seconds" ] && [ $failed -lt 3 ]; do
        for kind in $kinds; do
            [ $SECONDS -lt "$seconds" ] && one "$kind" $seed
        done
        seed=$((seed + 1))
    done
fi
echo "$programs programs of $length slots, $passes passes: $failed differ"
[ $failed -eq 0 ]
