# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# What the boot tests share.  A test sources it and calls boot_begin, which
# sets work (a directory of the test's own, the current one), vmm (the
# program and the options each machine gets), drive and http (helpers).
#
#   REFVMM         the VMM; QEMU's qemu-system-riscv64 passes as well
#   REFVMM_OPTIONS more options for it, e.g. "-accel tcg"
#   BOOT_HARTS     numbers of harts to boot with ("1 2 4")
#   BOOT_TIMEOUT   seconds that any one step may take (120)
#   BOOT_SLOW_BUILD  set: leave out what takes a sanitizer's build half an hour

skip() {
    echo "skipped: $*"
    exit 77
}

die() {
    echo "FAIL: $*" >&2
    exit 1
}

# A helper that the build made, or else one compiled here.
helper() { # NAME
    local built=${BUILD-}/reference-vmm/tests/$1
    if [ -x "$built" ]; then
        echo "$built"
        return
    fi
    "${CC:-cc}" -std=gnu11 -O2 -o "$work/$1" "$here/../guest/$1.c" || exit 1
    echo "$work/$1"
}

boot_begin() {
    here=$(cd "$(dirname "${BASH_SOURCE[1]}")" && pwd)
    top=${SOURCE:-$here/../../..}
    [ -n "${REFVMM-}" ] || skip "REFVMM names no VMM"
    command -v "$REFVMM" >/dev/null || skip "there is no $REFVMM"
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$work" || exit 1
    drive=$(helper console_drive) || die "console_drive cannot be built"
    http=$(helper http_file) || die "http_file cannot be built"
    read -ra options <<<"${REFVMM_OPTIONS-}"
    vmm=("$REFVMM" -machine virt -nographic "${options[@]}")
    is_qemu=
    if "$REFVMM" --version 2>/dev/null | grep -q '^QEMU '; then
        # its virtio-mmio is the legacy one unless asked
        is_qemu=yes
        vmm+=(-global virtio-mmio.force-legacy=false)
    fi
    read -ra harts <<<"${BOOT_HARTS:-1 2 4}"
    step_seconds=${BOOT_TIMEOUT:-120}
}

# Sets guests to the directory that has this guest, or skips.
need_guest() { # KIND
    local status=0
    guests=$("$top/ci/guests" --offline "$1" 2>"$work/guests.log") || status=$?
    case $status in
    0) ;;
    77) skip "$(tail -n 1 "$work/guests.log"); ci/guests $1 prepares it" ;;
    *) die "ci/guests $1: $(tail -n 3 "$work/guests.log")" ;;
    esac
}

# The script on standard input; the machine must end with status $1.
drive_machine() { # STATUS OPTION...
    local want=$1 status=0
    shift
    {
        echo "timeout $step_seconds"
        echo "never Kernel panic"
        echo "never Oops"
        cat
    } >"$work/script"
    "$drive" --transcript "$work/transcript" "$work/script" \
        "${vmm[@]}" "$@" >"$work/captured" || status=$?
    [ "$status" -eq "$want" ] || {
        [ "$status" -eq 125 ] || tail -n 20 "$work/transcript" >&2
        die "the machine ended with status $status, not $want ($*)"
    }
}
