# SPDX-License-Identifier: MIT
# Sourced by the scripts here: how to compile the VMM apart from the build
# directory (wrong variants must not get into compile_commands.json).
set -eu
vmm=$(cd "$(dirname "$0")/../.." && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$vmm"
sources=$(ls base/*.c seed/*.c refvmm-seed.c | LC_ALL=C sort)
packages="glib-2.0 json-glib-1.0 liburcu-memb liburing"
libs="$(pkg-config --libs $packages) -lpthread -lm"
flags="-std=gnu11 -D_GNU_SOURCE -I. -I../annotations/include
       $(pkg-config --cflags $packages)"
warnings="-Wall -Wextra -Wshadow -Wno-unused-parameter
          -Wno-missing-field-initializers"

fail() { echo "FAIL: $*" >&2; exit 1; }
need() {
    if ! command -v "$1" >/dev/null 2>&1; then
        echo "SKIP: no '$1'" >&2
        exit 77
    fi
}
