#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A case that does not parse, or names no profile, fails; others run.
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
cp c/one.c c/two.c
sed -i 's/return 0;/return ;;;)/' c/one.c
hf rules test c
exits 1
has out "FAIL $PWD/c/one.c"
has out '1 passed, 1 failed'
sed -i 's/return ;;;)/return 0;/; s/profile: pthread/profile: nowhere/' c/one.c
hf rules test c
exits 1
has out "found 'nowhere'"
has out '1 passed, 1 failed'
