/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Others change what was just stored: what comes after a wait is reached. */
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

static int stage;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

struct box {
    int ready;
    pthread_mutex_t lock;
};

void stage_set(int to)
{
    __atomic_store_n(&stage, to, __ATOMIC_RELEASE);
}

void box_fill(struct box *b)
{
    __atomic_store_n(&b->ready, 1, __ATOMIC_RELEASE);
}

/* the loop ends, though nothing in it ends it */
void wait_in_loop(void)
{
    __atomic_store_n(&stage, 0, __ATOMIC_RELEASE);
    while (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) != 3) {
    }
    pthread_mutex_lock(&lock);
    pthread_mutex_lock(&lock); // expect: LOCK
    pthread_mutex_unlock(&lock);
}

static bool box_is_ready(const struct box *b)
{
    return __atomic_load_n(&b->ready, __ATOMIC_ACQUIRE) == 1;
}

/* asked by a function */
void wait_by_function(struct box *b)
{
    if (box_is_ready(b)) {
        return;
    }
    while (!box_is_ready(b)) {
    }
    pthread_mutex_lock(&b->lock);
    pthread_mutex_lock(&b->lock); // expect: LOCK
    pthread_mutex_unlock(&b->lock);
}

/* a call is time enough */
void wait_in_call(void)
{
    __atomic_store_n(&stage, 0, __ATOMIC_RELEASE);
    usleep(10);
    pthread_mutex_lock(&lock);
    if (__atomic_load_n(&stage, __ATOMIC_ACQUIRE) == 3) {
        return; // expect: LOCK
    }
    pthread_mutex_unlock(&lock);
}
