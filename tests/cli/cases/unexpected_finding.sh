#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A finding that is not expected fails.
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
sed -i 's,// expect: LOCK,,' c/one.c
hf rules test c
exits 1
has out 'one.c:8: unexpected LOCK: '
has out '0 passed, 1 failed'
