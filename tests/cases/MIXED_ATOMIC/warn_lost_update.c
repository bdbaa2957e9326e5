/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Every access is atomic; the change is not. */
#include <pthread.h>

static int users;

static void *worker(void *opaque)
{
    int n = __atomic_load_n(&users, __ATOMIC_RELAXED);

    __atomic_store_n(&users, n + 1, __ATOMIC_RELAXED); // expect: MIXED_ATOMIC
    return opaque;
}

int main(void)
{
    pthread_t threads[4];

    for (int i = 0; i < 4; i++) {
        pthread_create(&threads[i], NULL, worker, NULL);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    return __atomic_load_n(&users, __ATOMIC_RELAXED);
}
