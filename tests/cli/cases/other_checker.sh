#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The expectation of another checker, or another tier, fails.
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
sed -i 's/expect: LOCK/expect: GUARDED_BY/' c/one.c
hf rules test c
exits 1
has out 'one.c:8: unexpected LOCK: '
has out 'one.c:8: missed GUARDED_BY'
sed -i 's/expect: GUARDED_BY/expect-low: LOCK/' c/one.c
hf rules test c
exits 1
has out 'one.c:8: missed LOCK'
