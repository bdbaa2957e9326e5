#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An expectation that nothing meets fails.
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
sed -i 's/^    return 0;/& \/\/ expect: LOCK/' c/one.c
hf rules test c
exits 1
has out "FAIL $PWD/c/one.c"
has out 'one.c:10: missed LOCK'
has out '0 passed, 1 failed'
