#!/bin/bash
# SPDX-License-Identifier: MIT
# `refvmm-img bench` beside `qemu-img bench` on the same image: a Markdown
# table of thousands of requests a second, the median of RUNS runs each.
#
#     tests/bench/img_bench.sh BUILD/reference-vmm/refvmm-img [DIRECTORY]
set -eu
img=${1:?refvmm-img}
command -v qemu-img >/dev/null || { echo "qemu-img is not installed"; exit 77; }
dir=$(mktemp -d "${2:-/var/tmp}/img-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
runs=${RUNS:-5}
count=${COUNT:-50000}

# median of the seconds that PROGRAM takes
seconds() {
  for _ in $(seq "$runs"); do
    "$@" | sed -n 's/^Run completed in \(.*\) seconds\.$/\1/p'
  done | sort -n | sed -n "$((runs / 2 + 1))p"
}
rate() { awk -v c="$1" -v s="$2" 'BEGIN { printf "%.0f", c / s / 1000 }'; }

for format in raw qcow2; do
  qemu-img create -q -f $format "$dir/image.$format" 512M
  qemu-io -f $format -c 'write -P 5 0 512M' "$dir/image.$format" >/dev/null
done
echo "| image | cache | request | refvmm-img, k/s | qemu-img, k/s | ratio |"
echo "| --- | --- | --- | --- | --- | --- |"
for format in raw qcow2; do
  for cache in writeback none; do
    for how in "-s 4k|read 4k" "-s 4k -S 1234944|read 4k, far apart" \
               "-s 64k|read 64k" "-w -s 4k|write 4k" \
               "-w -s 4k -S 1234944|write 4k, far apart" \
               "-w -s 64k|write 64k"; do
      options=${how%|*}; name=${how#*|}; n=$count
      case $name in *64k) n=$((count / 8)) ;; esac
      # shellcheck disable=SC2086
      ours=$(seconds "$img" bench -c $n -t $cache $options -f $format "$dir/image.$format")
      # shellcheck disable=SC2086
      theirs=$(seconds qemu-img bench -c $n -t $cache $options -f $format "$dir/image.$format")
      echo "| $format | $cache | $name | $(rate $n "$ours") | $(rate $n "$theirs") |" \
        "$(awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "%.2f", a / b }') |"
    done
  done
done
