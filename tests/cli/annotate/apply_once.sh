#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is sure is written, compiles, and is not proposed again; the patch is
# the same as what --apply writes.
. "${0%/*}/../lib.sh"

mkdir -p p/src
cat >p/src/stream.h <<'END'
#ifndef STREAM_H
#define STREAM_H
#include <holdfast/annotations.h>
#include <pthread.h>

typedef struct HF_CAPABILITY(mutex) Mutex {
    pthread_mutex_t m;
} Mutex;

void mutex_lock(Mutex *m) HF_ACQUIRE(m);
void mutex_unlock(Mutex *m) HF_RELEASE(m);

typedef struct Stream {
    Mutex lock;
    int length;
    int dropped; /* protected by lock */
    int fixed;
} Stream;

/* Called with s->lock held. */
void stream_push(Stream *s);
int stream_length(Stream *s);
#endif
END
cat >p/src/stream.c <<'END'
#include "stream.h"

static Mutex total_lock;
static int total;

void HF_NO_ANALYSIS mutex_lock(Mutex *m)
{
    pthread_mutex_lock(&m->m);
}

void HF_NO_ANALYSIS mutex_unlock(Mutex *m)
{
    pthread_mutex_unlock(&m->m);
}

static void add_total_locked(int n)
{
    total += n;
}

static void grow(Stream *s, int n)
{
    s->length += n;
    s->dropped -= n;
}

void stream_push(Stream *s)
{
    grow(s, 1);
    s->dropped++;
}

int stream_length(Stream *s)
{
    int n;

    mutex_lock(&s->lock);
    n = s->length;
    s->dropped = 0;
    stream_push(s);
    mutex_unlock(&s->lock);
    mutex_lock(&total_lock);
    add_total_locked(n);
    mutex_unlock(&total_lock);
    return n + s->fixed;
}
END
database p
annotate() { hf annotate -p p -q "$@"; }

annotate --suggest --patch p.diff
exits 1
has out 'stream_push: HF_REQUIRES(&s->lock) [sure]'
has out 'its comment says so'
has out '1 of 1 calls hold it, as "stream_length" does here'
has out 'grow: HF_REQUIRES(&s->lock) [sure]'
has out 'add_total_locked: HF_REQUIRES(&total_lock) [sure]'
has out 'Stream.dropped: HF_GUARDED_BY(&lock) [sure]'
lacks out Stream.fixed
cp -r p q
(cd q/src && git apply --unsafe-paths --directory=. - <../../p.diff) ||
    (cd q/src && patch -p1 -s <../../p.diff) || fail "the patch does not apply"
annotate --apply
exits 0
for file in stream.c stream.h; do
    same "p/src/$file" "q/src/$file" "patch and --apply"
done
has p/src/stream.h 'void stream_push(Stream *s) HF_REQUIRES(&s->lock);'
has p/src/stream.h 'int length HF_GUARDED_BY(&lock);'
annotate
exits 0
has out '0 sure, 0 suggestions'
for cc in gcc clang-19; do
    command -v "$cc" >/dev/null || continue
    flags=(-Wall -Wextra -Werror)
    [ "$cc" = gcc ] || flags+=(-Wthread-safety)
    "$cc" "${flags[@]}" -I"$source_dir/annotations/include" -fsyntax-only \
        p/src/stream.c || fail "$cc refuses what was written"
done
