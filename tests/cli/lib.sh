# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For tests of the program holdfast, which is $1 of each script.  They run in
# an empty directory of their own; what `hf` ran last left its exit status in
# $status and what it wrote in ./out and ./err.
set -euo pipefail

holdfast=$(realpath "$1")
source_dir=$(realpath "${BASH_SOURCE[0]%/*}/../..")
status=
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# Nothing of the caller's: no settings, no language, no git configuration; and
# a message of GLib about our own mistakes is a crash.
unset HOLDFAST_TEST_CRASH HOLDFAST_RULES_DIR
unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
export LC_ALL=C.UTF-8 HOME=$work GIT_CONFIG_NOSYSTEM=1
export GIT_CEILING_DIRECTORIES=${work%/*} G_DEBUG=fatal-criticals

fail() { # WHY
    echo "FAIL: $*"
    echo "exit status $status"
    for file in out err; do
        [ ! -s "$file" ] || { echo "--- $file"; head -c 4000 "$file"; }
    done
    exit 1
} >&2

# Runs holdfast.  Whatever it is given it ends by itself, with one of its
# three exit statuses, and has nothing to tell about its own memory.
hf() { # ARGUMENT...
    hf_to out "$@"
}

hf_to() { # FILE ARGUMENT...
    local file=$1
    shift
    status=0
    timeout -k 1 60 "$holdfast" "$@" >"$file" 2>err </dev/null || status=$?
    [ "$status" -le 2 ] || fail "holdfast $*: crashed or hung"
    if grep -qE 'Sanitizer|runtime error:|CRITICAL|Assertion' err; then
        fail "holdfast $*: complains about itself"
    fi
}

check() { hf check -p p --concise "$@"; }

exits() { # STATUS
    [ "$status" -eq "$1" ] || fail "expected exit status $1"
}

has() { # FILE TEXT
    grep -qF -- "$2" "$1" || fail "expected in $1: $2"
}

lacks() { # FILE TEXT
    ! grep -qF -- "$2" "$1" || fail "not expected in $1: $2"
}

# A run that can do nothing: one message, no report.
refuses() { # TEXT
    exits 2
    has err "holdfast: error: "
    has err "$1"
    [ ! -s out ] || fail "expected no report"
}

same() { # FILE FILE WHAT
    cmp -s "$1" "$2" || {
        diff "$1" "$2" | head -n 20
        fail "$3: not the same bytes"
    }
}

# ---- projects ----------------------------------------------------------------

# compile_commands.json of DIR/src/*.c
database() { # DIR
    local file separator='['
    for file in "$1"/src/*.c; do
        file=src/${file##*/}
        printf '%s\n  {"directory": "%s",\n   "file": "%s",\n' \
            "$separator" "$PWD/$1" "$file"
        printf '   "output": "%s.o",\n   "command": "cc -I%s -c %s"}' \
            "${file##*/}" "$source_dir/annotations/include" "$file"
        separator=,
    done >"$1/compile_commands.json"
    echo ']' >>"$1/compile_commands.json"
}

# Two units with four findings: one in pool.c, three in queue.c.
project() { # DIR
    mkdir -p "$1/src"
    cat >"$1/src/queue.h" <<'END'
#include <holdfast/annotations.h>
#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    pthread_mutex_t other;
    int length HF_GUARDED_BY(&lock);
    int closed;
    struct queue *next;
};

int queue_length(struct queue *q);
int queue_push(struct queue *q, int n);
int queue_steal(struct queue *q);
int pool_close(struct queue *q);
END
    cat >"$1/src/queue.c" <<'END'
#include "queue.h"

int queue_push(struct queue *q, int n)
{
    int room = 8 - n;

    pthread_mutex_lock(&q->lock);
    if (room < 0) {
        return -1;
    }
    q->length += n;
    pthread_mutex_unlock(&q->lock);
    return room;
}

int queue_length(struct queue *q)
{
    return q->length;
}

int queue_steal(struct queue *q)
{
    struct queue *from = q->next;

    pthread_mutex_lock(&from->other);
    from->closed = 1;
    pthread_mutex_unlock(&from->other);
    pthread_mutex_unlock(&from->other);
    return 0;
}
END
    cat >"$1/src/pool.c" <<'END'
#include "queue.h"

int pool_close(struct queue *q)
{
    int was;

    pthread_mutex_lock(&q->other);
    was = q->closed;
    pthread_mutex_lock(&q->other);
    return was;
}
END
    database "$1"
}

# Twelve units of three sizes.
# Two threads: `sent` is written by one, `seen` by both.
threads_project() { # DIR
    mkdir -p "$1/src"
    cat >"$1/src/threads.c" <<'END'
#include <pthread.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long sent, seen;
static void send_one(void)
{
    pthread_mutex_lock(&lock);
    sent++;
    pthread_mutex_unlock(&lock);
}
static void send_two(void)
{
    pthread_mutex_lock(&lock);
    sent += 2;
    pthread_mutex_unlock(&lock);
}
static void see(void)
{
    pthread_mutex_lock(&lock);
    seen++;
    pthread_mutex_unlock(&lock);
}
static long see_more(void)
{
    long n;

    pthread_mutex_lock(&lock);
    n = ++seen;
    pthread_mutex_unlock(&lock);
    return n;
}
static long seen_now(void)
{
    long n;

    pthread_mutex_lock(&lock);
    n = seen;
    pthread_mutex_unlock(&lock);
    return n;
}
static long is_seen(void)
{
    return seen;
}
static void *sender(void *p)
{
    send_one();
    send_two();
    see();
    return sent + seen ? p : 0;
}
static void *watcher(void *p)
{
    return see_more() + seen_now() + is_seen() ? p : 0;
}
int main(void)
{
    pthread_t a, b;

    pthread_create(&a, 0, sender, 0);
    pthread_create(&b, 0, watcher, 0);
    pthread_join(a, 0);
    pthread_join(b, 0);
    return 0;
}
END
    database "$1"
}

large_project() { # DIR
    local i
    project "$1"
    for i in 1 2 3 4 5; do
        sed "s/^int queue_[a-z]*/&_$i/" "$1/src/queue.c"
        [ $((i % 2)) -eq 0 ] || sed "s/^int queue_/int room_${i}_/
            /^#include/d" "$1/src/queue.c"
    done | awk -v dir="$1/src" -v n=0 '
        /^#include/ { n++ }
        { print >(dir "/queue" n ".c") }'
    for i in 1 2 3 4 5; do
        sed "s/pool_close/&_$i/" "$1/src/pool.c" >"$1/src/pool$i.c"
    done
    database "$1"
}

# What queue.c alone has, however the other unit fares.
has_queue_findings() {
    exits 1
    has out 'queue.c:9:9: warning: '
    has out 'queue.c:18:15: warning: '
    has out 'queue.c:28:5: warning: '
}

has_all_findings() {
    has_queue_findings
    has out 'pool.c:9:5: warning: '
    has out '4 findings'
    lacks out 'could not be analysed'
}

# One shard of a project, as its cache has it.
shard() { # DIR SOURCE
    local files=("$1/.holdfast/shards/$2"-*.hfs)
    [ "${#files[@]}" -eq 1 ] && [ -f "${files[0]}" ] ||
        fail "no shard of $2"
    echo "${files[0]}"
}

flip_bit() { # FILE OFFSET
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "\\x$(printf %x $((byte ^ 4)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# The merge keys of project p, sorted.
keys_of() { # DIR
    hf check -p "$1"
    exits 1
    sed -n 's/^  key: //p' out | sort
}

git_project() { # DIR
    command -v git >/dev/null || { echo "no git" >&2; exit 77; }
    project "$1"
    printf '/.holdfast/\n/compile_commands.json\n' >"$1/.gitignore"
    git -C "$1" init -q
    git_commit "$1"
}

git_commit() { # DIR
    git -C "$1" add -A
    git -C "$1" -c user.name=nobody -c user.email=nobody@localhost \
        commit -q -m change
}
