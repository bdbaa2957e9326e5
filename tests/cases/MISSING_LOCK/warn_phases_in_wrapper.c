/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The function that starts the threads is not alone before it joins them. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int top;

static void raise_to(int n)
{
    pthread_mutex_lock(&lock);
    if (n > top) {
        top = n;
    }
    pthread_mutex_unlock(&lock);
}

static void *counts(void *opaque)
{
    for (int i = 0; i < 9; i++) {
        raise_to(i);
    }
    return opaque;
}

static void *squares(void *opaque)
{
    for (int i = 0; i < 9; i++) {
        raise_to(i * i);
    }
    return opaque;
}

static void run(void *(*function)(void *))
{
    pthread_t threads[3];

    for (int i = 0; i < 3; i++) {
        pthread_create(&threads[i], NULL, function, NULL);
    }
    top = 0; // expect: MISSING_LOCK
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
}

int main(void)
{
    run(counts);
    run(squares);
    return top;
}
