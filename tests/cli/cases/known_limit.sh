#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A limit that is gone fails until it becomes an expectation.
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
sed -i 's/expect: LOCK/known-limit: LOCK/' c/one.c
hf rules test c
exits 1
has out 'one.c:8: LOCK is found now'
sed -i 's,// known-limit: LOCK,,; s,return 0;,& // known-limit: LOCK,
    8s/pthread.*/;/' c/one.c
hf rules test c
exits 0
