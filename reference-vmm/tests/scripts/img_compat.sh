#!/bin/bash
# SPDX-License-Identifier: MIT
# refvmm-img and qemu-img on the same images: each reads what the other one
# wrote, says the same of it, and ends with the same status.
set -u
command -v qemu-img >/dev/null && command -v qemu-io >/dev/null || {
  echo "qemu-img or qemu-io is not installed"; exit 77; }
img=${REFVMM_IMG:?}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failures=0
fail() { echo "FAIL: $*"; failures=$((failures + 1)); }

# status WANTED COMMAND...
status() {
  local want=$1 got; shift
  "$@" >out 2>err; got=$?
  [ $got = "$want" ] || { fail "status $got, not $want: $*"; cat out err; }
}
# same ARGS...: both say the same; members of JSON objects have no order
same() {
  local a b
  a=$(qemu-img "$@" 2>/dev/null); local sa=$?
  b=$("$img" "$@" 2>/dev/null); local sb=$?
  case "$*" in *--output=json*)
    a=$(sed 's/,$//' <<<"$a" | sort); b=$(sed 's/,$//' <<<"$b" | sort) ;;
  esac
  [ $sa = $sb ] || fail "status $sb, qemu-img's is $sa: $*"
  [ "$a" = "$b" ] || { fail "another answer: $*"; diff <(echo "$a") <(echo "$b"); }
}

# An image with data, zeroes, holes and an odd place.
write() {
  qemu-io -f "$1" -c 'write -P 1 0 64k' -c 'write -P 2 1M 3M' \
    -c 'write -z 2M 512k' -c 'write -P 3 5000k 3k' -c 'discard 3M 64k' \
    -c 'write -P 4 16773120 4k' "$2" >/dev/null || fail "qemu-io on $2"
}
for format in raw qcow2; do
  qemu-img create -q -f $format q.$format 16M
  write $format q.$format
  status 0 "$img" create -q -f $format o.$format 16M
  write $format o.$format
  for other in raw qcow2; do
    status 0 "$img" convert -f $format -O $other q.$format c1.$other
    status 0 qemu-img compare -f $format -F $other q.$format c1.$other
    status 0 "$img" compare -f $format -F $other q.$format c1.$other
    status 0 qemu-img convert -f $format -O $other o.$format c2.$other
    status 0 "$img" compare -f $format -F $other o.$format c2.$other
    status 0 "$img" convert -W -m 3 -f $format -O $other o.$format c3.$other
    status 0 qemu-img compare c2.$other c3.$other
    if [ $other = qcow2 ]; then
      status 0 qemu-img check c1.qcow2
      status 0 "$img" check c2.qcow2
    fi
  done
done
status 0 "$img" compare q.raw o.qcow2

# info, in both shapes
for image in q.raw q.qcow2 o.qcow2 c2.qcow2; do
  same info "$image"
  same info --output=json "$image"
done
status 0 "$img" create -q -f qcow2 -b q.qcow2 -F qcow2 top.qcow2
qemu-io -f qcow2 -c 'write -P 9 2M 1M' top.qcow2 >/dev/null
status 0 qemu-img check top.qcow2
same info top.qcow2
same info --backing-chain top.qcow2
same info --output=json --backing-chain top.qcow2
mkdir sub && (cd sub && "$img" create -q -f qcow2 -b ../top.qcow2 -F qcow2 s.qcow2)
same info sub/s.qcow2
status 0 "$img" compare sub/s.qcow2 top.qcow2
status 1 "$img" compare sub/s.qcow2 q.qcow2
same compare sub/s.qcow2 q.qcow2
# a chain that leads to itself
qemu-img create -q -u -f qcow2 -b b.qcow2 -F qcow2 a.qcow2 1M
qemu-img create -q -u -f qcow2 -b a.qcow2 -F qcow2 b.qcow2 1M
status 1 "$img" info --backing-chain a.qcow2
status 1 timeout 60 "$img" convert a.qcow2 x.raw

# convert onto an image that is there
qemu-img create -q -f raw t.raw 16M
qemu-io -f raw -c 'write -P 77 0 16M' t.raw >/dev/null
status 0 "$img" convert -n -O raw top.qcow2 t.raw
status 0 qemu-img compare -f qcow2 -F raw top.qcow2 t.raw
qemu-img create -q -f raw short.raw 1M
status 1 "$img" convert -n -O raw top.qcow2 short.raw
# with a backing file: only what the top has
status 0 "$img" convert -O qcow2 -B q.qcow2 -F qcow2 top.qcow2 top2.qcow2
status 0 qemu-img compare top.qcow2 top2.qcow2
[ "$(stat -c %s top2.qcow2)" -lt 3000000 ] || fail "-B copied all"
# sparse
[ "$(stat -c %b c1.raw)" -lt 8000 ] || fail "convert made no holes"
status 0 "$img" convert -S 0 -O raw q.qcow2 full.raw
status 0 qemu-img compare q.qcow2 full.raw

# sizes that differ
qemu-img create -q -f raw big.raw 17M
qemu-img create -q -f raw small.raw 16M
same compare big.raw small.raw
same compare -s big.raw small.raw
qemu-io -f raw -c 'write -P 1 16800k 1k' big.raw >/dev/null
same compare big.raw small.raw
status 2 "$img" compare missing.raw small.raw
# a size that is no multiple of a sector
head -c 1000 /dev/urandom >odd.raw
same info -f raw --output=json odd.raw
status 0 "$img" convert -f raw -O qcow2 odd.raw odd.qcow2
status 0 qemu-img compare -f raw -F qcow2 odd.raw odd.qcow2

# check
same check q.qcow2
same check --output=json q.qcow2
status 63 "$img" check -f raw q.raw
cp q.qcow2 leak.qcow2
printf '\0\1' | dd of=leak.qcow2 bs=1 seek=$((131072 + 200)) conv=notrunc 2>/dev/null
status 3 "$img" check leak.qcow2
cp leak.qcow2 leak2.qcow2
status 0 "$img" check -r leaks leak.qcow2
status 0 qemu-img check leak.qcow2
cp q.qcow2 bad.qcow2
printf '\0\0' | dd of=bad.qcow2 bs=1 seek=131078 conv=notrunc 2>/dev/null
qemu-img check bad.qcow2 >/dev/null 2>&1
status $? "$img" check bad.qcow2
status 1 "$img" check missing.qcow2

# creation: options and what is wrong with them
status 0 "$img" create -q -f qcow2 -o cluster_size=4k,preallocation=metadata m.qcow2 8M
status 0 qemu-img check m.qcow2
same info m.qcow2
status 1 "$img" create -f qcow2 -o cluster_sise=4k m.qcow2 8M
grep -q "no option 'cluster_sise'; it knows: " err || fail "unknown option: $(cat err)"
status 1 "$img" create -f qcow2 x.qcow2
status 1 "$img" create -f qcow9 x.qcow2 1M
status 1 "$img" create -f raw x.raw 1X
status 1 "$img" create -f qcow2 -b q.qcow2 x.qcow2
status 0 "$img" create -f qcow2 -o help
status 0 "$img" create -q -f raw -o preallocation=full p.raw 1M
[ "$(stat -c %b p.raw)" -ge 2048 ] || fail "preallocation=full left holes"

# two writers
qemu-io -f raw -c 'sleep 3000' t.raw >/dev/null & holder=$!
for _ in $(seq 100); do
  grep -q "$(stat -c %i t.raw)" /proc/locks && break; sleep 0.05
done
status 1 "$img" convert -n -O raw top.qcow2 t.raw
grep -q "another process" err || fail "two writers: $(cat err)"
status 1 "$img" info t.raw -f raw --nonsense
kill $holder 2>/dev/null; wait $holder 2>/dev/null

# bench, and its words
status 0 "$img" bench -c 100 -f raw q.raw
grep -q '^Sending 100 read requests, 4096 bytes each, 64 in parallel (starting at offset 0, step size 4096)$' out || fail "bench: $(cat out)"
grep -Eq '^Run completed in [0-9.]+ seconds\.$' out || fail "bench: $(cat out)"
for mode in none writeback writethrough directsync unsafe; do
  status 0 "$img" bench -w -c 50 -d 4 -t $mode -f raw t.raw
done
status 0 "$img" bench -w -c 64 --flush-interval=8 -f qcow2 top.qcow2
status 0 qemu-img check top.qcow2
status 1 "$img" bench -t some -f raw t.raw
status 1 "$img" bench -d 0 -f raw t.raw

# --image-opts and json:
status 0 "$img" info --image-opts driver=qcow2,file.driver=file,file.filename=q.qcow2
status 0 "$img" info 'json:{"driver":"raw","offset":512,"file":{"driver":"file","filename":"q.raw"}}'
status 1 "$img" info 'json:{"driver":"raw"'
status 1 "$img" info --image-opts driver=qcow2,file.driver=file,file.filname=q.qcow2

# help
status 0 "$img" --help
for command in create info check convert compare bench; do
  grep -q "^  $command " out || true
  "$img" --help | grep -q "^  $command " || fail "--help leaves $command out"
  status 0 "$img" $command --help
done
status 1 "$img"
status 1 "$img" frobnicate
[ $failures = 0 ] || { echo "$failures failures"; exit 1; }
