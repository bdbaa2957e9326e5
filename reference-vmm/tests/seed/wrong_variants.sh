#!/bin/sh
# SPDX-License-Identifier: MIT
# Every wrong variant of wrong-variants.tsv lies where the table says and
# compiles; no other exists; and where a plain run can show what is wrong with
# it, it does.
. "$(dirname "$0")/build.sh"
need "$HF_GCC"

rows() { grep -v '^#' wrong-variants.tsv; }

build() { # NAME FLAG...: the whole program
    name=$1
    shift
    "$HF_GCC" $flags -g -O1 "$@" $sources -o "$tmp/$name" \
        $libs
}

# run NAME COMMAND STATUS TEXT [FLAG...]: the wrong variant (@ in the command)
# must end with that status and say that, at least in one of a few attempts:
# some need the vCPU to be somewhere.  Only its own file differs from the right
# program, unless there are flags.
run() {
    name=$1 command=$2 expected=$3 text=$4
    shift 4
    if [ $# = 0 ]; then
        file=$(rows | awk -v n="$name" '$1 == n { print $2 }')
        "$HF_GCC" $flags $debug -g -O1 "-DHF_WRONG_$name" -c "$file" \
            -o "$tmp/wrong.o"
        "$HF_GCC" $(ls "$tmp"/objects/*.o | grep -v "/$(basename "$file" .c).o") \
            "$tmp/wrong.o" -o "$tmp/$name" $libs
    else
        build "$name" "-DHF_WRONG_$name" "$@"
    fi
    # A program that is to hang need not hang for long.
    [ "$expected" = 124 ] && patience=5 || patience=60
    command=$(echo "$command" | sed "s,@,timeout $patience $tmp/$name,")
    for attempt in 1 2 3 4 5; do
        status=0
        (ulimit -c 0; eval "$command") >"$tmp/out" 2>&1 || status=$?
        [ "$status" != "$expected" ] || break
    done
    [ "$status" = "$expected" ] ||
        fail "$name: status $status, not $expected: $(cat "$tmp/out")"
    [ -z "$text" ] || grep -q "$text" "$tmp/out" ||
        fail "$name: '$text' is not in: $(cat "$tmp/out")"
}

grep -ho 'ifn\{0,1\}def HF_WRONG_[A-Z_]*' $sources | sed 's/.*HF_WRONG_//' |
    LC_ALL=C sort -u >"$tmp/in_sources"
rows | cut -f1 | LC_ALL=C sort >"$tmp/in_table"
diff -u "$tmp/in_table" "$tmp/in_sources" ||
    fail "wrong-variants.tsv (-) and the sources (+) disagree"

tab=$(printf '\t')
rows | while IFS="$tab" read -r name file function checker; do
    case $checker in
    GUARDED_BY|MISSING_LOCK|LOCK|LOCK_CONTRACT|ORDER_REVERSAL|THREAD_CONTEXT|\
STALE_CHECK|WAIT_UNDER_LOCK|TEARDOWN_RACE|MIXED_ATOMIC) ;;
    *) fail "$name: unknown checker '$checker'";;
    esac
    "$HF_GCC" $flags $warnings -Werror -fsyntax-only "-DHF_WRONG_$name" \
        "$file" || fail "$name does not compile"
    # The switch changes that function, and nothing after or before it.
    "$HF_GCC" $flags -E -P "$file" >"$tmp/right"
    "$HF_GCC" $flags -E -P "-DHF_WRONG_$name" "$file" >"$tmp/wrong"
    if cmp -s "$tmp/right" "$tmp/wrong"; then
        # Only an annotation changes.
        "$HF_GCC" $flags -D__HOLDFAST__ -E -P "$file" >"$tmp/right"
        "$HF_GCC" $flags -D__HOLDFAST__ -E -P "-DHF_WRONG_$name" "$file" \
            >"$tmp/wrong"
    fi
    diff --show-function-line='^[a-z].*(.*[^;]$' -u0 "$tmp/right" \
        "$tmp/wrong" >"$tmp/diff" && fail "$name changes nothing"
    grep -q "^@@.*\\<$function(" "$tmp/diff" ||
        fail "$name does not change $function(): $(cat "$tmp/diff")"
done

debug=-DHOLDFAST_DEBUG_CHECKS
mkdir "$tmp/objects"
for file in $sources; do
    "$HF_GCC" $flags $debug -g -O1 -c "$file" \
        -o "$tmp/objects/$(basename "$file" .c).o"
done
"$HF_GCC" "$tmp"/objects/*.o -o "$tmp/right" $libs
"$tmp/right" --self-test
"$tmp/right" </dev/null

run RANK_ORDER '@ --self-test' 134 '"migration" (rank 20) is taken after "file" (rank 30), which was taken at seed/migration.c:[0-9]'
run MISSING_UNLOCK '@ --self-test' 134 'goes to sleep with lock "migration", taken at seed/migration.c:[0-9]'
run DOUBLE_LOCK '@ --self-test' 134 '"bitmap" is taken twice; first at seed/ram_save.c:[0-9]'
run CONTRACT '@ --self-test' 134 'lock "migration" is not held'
run GS_FROM_THREAD '@ --self-test' 134 'global state code runs without the BQL'
run JOIN_UNDER_BQL '@ </dev/null' 134 'goes to sleep with lock "bql"'
run JOIN_UNDER_BQL '@ </dev/null' 124 '' -UHOLDFAST_DEBUG_CHECKS
run FREE_BEFORE_JOIN 'sleep 0.2 | @' 66 'in ram_free\|ThreadSanitizer: SEGV' -fsanitize=thread
run UNLOCKED_READ '@ --self-test' 1 'detected memory leaks' -fsanitize=address
run PLAIN_DIRTY_CLEAR '@ --self-test' 66 'data race.*ram_dirty_sync\|ram_dirty_sync seed/ram.c' -fsanitize=thread
