#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# QEMU's own tests of virtio devices, which drive a machine over the qtest
# protocol and QMP: those that find their device among the ones of this board.
# Debian has no package of the program; it is built from QEMU's source:
#
#   ci/qemu --suite trixie --prepare           # prints a build directory
#   ninja -C DIRECTORY tests/qtest/qos-test    # one target
#
#   REFVMM     the VMM
#   QOS_TEST   the program, by default where these two leave it
set -euo pipefail

skip() {
    echo "skipped: $*"
    exit 77
}

[ -n "${REFVMM-}" ] || skip "REFVMM names no VMM"
built=${XDG_CACHE_HOME:-$HOME/.cache}/holdfast/qemu-trixie/source/build
qos_test=${QOS_TEST:-$built/tests/qtest/qos-test}
[ -x "$qos_test" ] ||
    skip "there is no $qos_test; see the head of this script"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The program takes the architecture from the name.
ln -s "$(realpath "$REFVMM")" "$work/refvmm-system-riscv64"
export QTEST_QEMU_BINARY=$work/refvmm-system-riscv64 TMPDIR=$work

run() { # ARGUMENT...: the program in TAP; a pipe of its own is no terminal
    timeout 300 "$qos_test" --tap "$@" </dev/null 2>>"$work/log"
}

# Which there are depends on the devices that the VMM says it has.  Those of
# vhost-user want another process's network.
run -l >"$work/list" || true
mapfile -t tests < <(grep '^/' "$work/list" | grep -v /vhost-user/)
for device in blk net rng serial; do
    printf '%s\n' "${tests[@]}" | grep -q "/virtio-$device-device/" || {
        tail -n 5 "$work/log" >&2
        echo "FAIL: no test of virtio-$device-device" >&2
        exit 1
    }
done

select=()
for test in "${tests[@]}"; do
    select+=(-p "$test")
done
status=0
run "${select[@]}" >"$work/tap" || status=$?
n_ok=$(grep -c '^ok' "$work/tap") || true
if [ "$status" != 0 ] || [ "$n_ok" != "${#tests[@]}" ] ||
    grep -qE '^not ok|# SKIP' "$work/tap"; then
    cat "$work/log" >&2
    grep -vE '^# (Start|End)' "$work/tap" | tail -n 20 >&2
    echo "FAIL: $n_ok of ${#tests[@]} tests, status $status" >&2
    exit 1
fi
echo "ok   $n_ok tests of QEMU's qos-test"
