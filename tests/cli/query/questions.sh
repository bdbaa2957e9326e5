#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Who reaches a function, who uses a member, and which way goes from one
# function to another with or without a lock.
. "${0%/*}/../lib.sh"

mkdir -p p/src
cat >p/src/main.c <<'END'
#include <pthread.h>

struct box {
    int n;
};

struct ops {
    void (*put)(struct box *b);
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct box box;

static void add(struct box *b) { b->n++; }
static const struct ops ops = { .put = add };

static void put_locked(void)
{
    pthread_mutex_lock(&lock);
    ops.put(&box);
    pthread_mutex_unlock(&lock);
}

static void put(void) { add(&box); }

static void *worker(void *p)
{
    put_locked();
    return p;
}

int main(void)
{
    pthread_t t;

    pthread_create(&t, NULL, worker, NULL);
    put();
    return pthread_join(t, NULL);
}
END
database p
ask() { hf query -p p -P pthread "$@"; }

ask reach add
exits 0
has out "as main"
has out "from put at main.c:24:25"
has out "as worker"
has out "from put_locked at main.c:20:5"

ask uses box.n
exits 0
has out "main.c:14:37: add writes"
has out "as worker, entered holding lock"

ask path main add --without lock
exits 1
has out "main.c:37:5: main calls put holding"
has out "main.c:24:25: put calls add holding"

ask path worker add
exits 1
has out "put_locked calls add through ops.put holding"
ask path worker add --holding lock
exits 1
ask path worker add --without lock
exits 0
has out "no way from worker to add without lock; it is held on every way"
ask path add main
exits 0
has out "no way from add to main"

ask path main add --holding nonsense
refuses "expected a capability of the profile or a variable"
ask path main nonsense
refuses "no function 'nonsense'"
ask uses box.nonsense
refuses "nothing uses 'box.nonsense'"
ask nonsense main
refuses "expected one of the questions contexts F"
