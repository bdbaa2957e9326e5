/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A leak is told where it is, not again in everything that calls it. */
#include <pthread.h>

int allocate(int n);

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static int blocks;

static int block_add(int n, int kind)
{
    int ret = 0;

    pthread_mutex_lock(&list_lock);
    if (kind == 3) {
        ret = -1;
        goto out_free;
    }
    if (allocate(n) < 0) {
        pthread_mutex_unlock(&list_lock);
        ret = -2;
        goto out_free;
    }
    blocks++;
    pthread_mutex_unlock(&list_lock);
out_free:
    return ret; // expect: LOCK
}

static int block_add_default(int n)
{
    return block_add(n, allocate(0));
}

void device_realize(void)
{
    if (block_add_default(1) < 0) {
        return;
    }
    block_add_default(2);
}

void device_realize_two(void)
{
    block_add(1, allocate(1));
    block_add(2, allocate(2));
}
