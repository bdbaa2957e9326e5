#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A target that nothing links, with those that are linked.
. "${0%/*}/../lib.sh"

project p
check --link-target nowhere
refuses "cannot tell what 'nowhere' links"
command -v ninja >/dev/null || { echo "no ninja"; exit 77; }
cat >p/build.ninja <<'END'
rule C_LINKER
  command = cc -o $out $in
build prog: C_LINKER queue.c.o
build queue.c.o: phony
END
check --link-target nowhere
refuses nowhere
has err 'it can link: prog'
check --link-target prog
has_queue_findings
lacks out pool.c
