#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The device tree beside the one that qemu-system-riscv64 writes for the same
# command line: every node and property of QEMU's is there with the same
# value, but for the differences that virt_fdt.c lists.
set -euo pipefail
[ -n "${REFVMM-}" ] || { echo "skipped: REFVMM names no VMM"; exit 77; }
for tool in qemu-system-riscv64 python3; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >compare.py <<'END'
import struct
import sys


def parse(path):
    """{path of property: bytes}, {phandle: path of node}"""
    blob = open(path, "rb").read()
    _, _, at, strings = struct.unpack(">4I", blob[:16])
    props, names, handles = {}, [], {}
    while True:
        token, = struct.unpack_from(">I", blob, at)
        at += 4
        if token == 1:
            end = blob.index(b"\0", at)
            names.append(blob[at:end].decode())
            at = (end + 4) & ~3
            props["/".join(names) + "/"] = b""
        elif token == 2:
            names.pop()
        elif token == 3:
            size, name = struct.unpack_from(">2I", blob, at)
            at += 8
            start = strings + name
            key = blob[start:blob.index(b"\0", start)].decode()
            value = blob[at:at + size]
            if key == "phandle":
                handles[struct.unpack(">I", value)[0]] = "/".join(names)
            else:
                props["/".join(names) + "/" + key] = value
            at = (at + size + 3) & ~3
        elif token == 9:
            return props, handles


# Cells that are phandles, by property: every n-th.
HANDLES = {"interrupt-parent": 1, "regmap": 1, "cpu": 1,
           "interrupts-extended": 2}


def shown(key, value, handles):
    name = key.rsplit("/", 1)[1]
    step = HANDLES.get(name)
    if step and len(value) % 4 == 0:
        cells = struct.unpack(">%dI" % (len(value) // 4), value)
        return [handles.get(c, c) if i % step == 0 else c
                for i, c in enumerate(cells)]
    return value


ABSENT = ("/pmu/", "/fw-cfg@", "/platform-bus@", "/soc/pci@")
OTHER = ("riscv,isa", "mmu-type", "riscv,ndev", "rng-seed", "kaslr-seed")
qemu, qemu_handles = parse(sys.argv[1])
ours, our_handles = parse(sys.argv[2])
bad = 0
compared = 0
for key, value in sorted(qemu.items()):
    if key.startswith(ABSENT):
        continue
    if key not in ours:
        print("missing:", key)
        bad = 1
    elif not key.endswith(OTHER):
        a = shown(key, value, qemu_handles)
        b = shown(key, ours[key], our_handles)
        compared += 1
        if a != b:
            print("differs:", key, a, b)
            bad = 1
for key in sorted(ours):
    if key not in qemu and not key.endswith(OTHER):
        print("only here:", key)
        bad = 1
print("%d properties" % compared)
sys.exit(bad)
END

for n in 1 2 4 8; do
    options=(-machine virt -smp "$n" -m $((128 * n)) -display none)
    qemu-system-riscv64 "${options[@]}" -machine dumpdtb=qemu.dtb \
        >qemu.log 2>&1 || { cat qemu.log; exit 1; }
    "$REFVMM" "${options[@]}" -machine dumpdtb=ours.dtb
    python3 compare.py qemu.dtb ours.dtb || {
        echo "FAIL: the trees differ with $n harts"
        exit 1
    }
done
echo "ok   the tree is QEMU's"
