#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two files each have a static lock of the same name: an annotation means the
# one of its own file.
. "${0%/*}/../lib.sh"

mkdir -p p/src
for name in one two; do
    cat >p/src/$name.c <<END
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int count_$name HF_GUARDED_BY(&lock);

void ${name}_add(void)
{
    pthread_mutex_lock(&lock);
    count_$name++;
    pthread_mutex_unlock(&lock);
}

int ${name}_wrong(void)
{
    return count_$name;
}
END
done
database p
check
exits 1
has out 'one.c:16:12: warning: '
has out 'two.c:16:12: warning: '
has out '2 findings'
