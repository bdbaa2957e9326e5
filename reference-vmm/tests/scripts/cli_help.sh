#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --help names every option that is known, each option that asks for a list
# gets one, and what a list names is accepted.
set -euo pipefail
[ -n "${REFVMM-}" ] || { echo "skipped: REFVMM names no VMM"; exit 77; }
die() {
    echo "FAIL: $*" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

"$REFVMM" --help >help
"$REFVMM" -h | cmp - help || die "-h differs from --help"
"$REFVMM" -version | grep -q '^refvmm version [0-9]' || die "-version"

# The options that an error lists are those of the table.
"$REFVMM" -zzzzzzzzzzzzzzz 2>err && die "an unknown option is taken"
names=$(sed 's/.*known: //; s/,//g' err)
n=0
for name in $names; do
    grep -qE -- "^-$name( |\$)" help || die "-$name is not in --help"
    n=$((n + 1))
done
[ "$n" -ge 40 ] || die "only $n options"
# Each has a line of help below it.
awk '/^-/ { want = 1; next }
     /^    [^ ]/ && want { next }
     /^        [^ ]/ { want = 0; next }
     want { print "FAIL: no help before: " $0; bad = 1 }
     END { exit bad }' help

ask() { # WORD OPTION...
    local word=$1
    shift
    "$REFVMM" "$@" >answer || die "$*: status $?"
    grep -qF -- "$word" answer || die "$*: no '$word' in: $(cat answer)"
}
ask virt -machine help
ask virt -M '?'
ask qtest -accel help
ask rv64 -cpu help
ask iothread -object help
ask hostfwd -netdev help
ask socket -chardev help
ask virtio-blk-device -device help
ask machine_reset -trace help

"$REFVMM" -device help | sed -n 's/^name "\([^"]*\)".*/\1/p' >devices
[ "$(wc -l <devices)" -ge 5 ] || die "too few devices"
while read -r device; do
    ask "$device options:" -device "$device,help"
done <devices
echo "ok   $n options, $(wc -l <devices) devices"
