# SPDX-License-Identifier: MIT
# What qmp_*.sh share: a machine in the background, and clients of its monitor.
# shellcheck shell=bash

tmp=$(mktemp -d)
client=${BUILD:-build}/reference-vmm/tests/qmp_client
vmm_pid=
# Invoked by the trap.
# shellcheck disable=SC2317
finish() {
    if [ -n "$vmm_pid" ]; then
        kill "$vmm_pid" 2>/dev/null || true
        wait "$vmm_pid" 2>/dev/null || true
    fi
    rm -rf "$tmp"
}
trap finish EXIT

# Without a CPU that runs, and devices that nobody asked for.
start_vmm() { # ARGUMENT...
    "${REFVMM:-refvmm}" -M virt -accel qtest -display none -nodefaults \
        "$@" >"$tmp/out" 2>>"$tmp/err" &
    vmm_pid=$!
}

# It ends by itself, with status 0 and nothing to say.
end_vmm() {
    local status=0

    wait "$vmm_pid" || status=$?
    vmm_pid=
    if [ "$status" != 0 ] || [ -s "$tmp/err" ]; then
        echo "refvmm ended with status $status" >&2
        cat "$tmp/err" >&2
        exit 1
    fi
}

# The script of standard input, on a new connection.
talk() { # ADDRESS
    "$client" "$1" >"$tmp/talk" || { cat "$tmp/talk" "$tmp/err" >&2; exit 1; }
}
