#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A case that finds what it expects passes.
. "${0%/*}/../lib.sh"

mkdir c
cat >c/one.c <<'END'
// profile: pthread
#include <pthread.h>

int twice(pthread_mutex_t *m);
int twice(pthread_mutex_t *m)
{
    pthread_mutex_lock(m);
    pthread_mutex_lock(m); // expect: LOCK
    pthread_mutex_unlock(m);
    return 0;
}
END
hf rules test c
exits 0
has out 'ok   '
has out '1 passed, 0 failed'
