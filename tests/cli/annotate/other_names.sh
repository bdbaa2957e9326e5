#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What cannot be written where callers see it is told with the reason.
. "${0%/*}/../lib.sh"

mkdir -p p/src
cat >p/src/a.c <<'END'
#include <pthread.h>

struct queue {
    int before;
    pthread_mutex_t lock;
    int length;
};

void queue_reset_locked(struct queue *other);
void queue_reset_locked(struct queue *q)
{
    q->length = q->before = 0;
}

void queue_use(struct queue *q);
void queue_use(struct queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->length++;
    q->before++;
    queue_reset_locked(q);
    pthread_mutex_unlock(&q->lock);
}
END
cp p/src/a.c before.c
database p
hf annotate -p p -q --suggest --apply
exits 2
hf annotate -p p -q --suggest
exits 1
has out 'not written: the parameter is called "other" at the declaration'
has out 'queue.length: HF_GUARDED_BY(&lock) [sure]'
has out 'not written: the lock is declared after it'
hf annotate -p p -q --apply --function queue_reset_locked
exits 0
same p/src/a.c before.c "what is not written"
