/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One function starts threads and joins them; between two of its calls its
 * caller is alone. */
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
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
    }
}

int main(void)
{
    int first;

    run(counts);
    first = top;
    top = 0;
    run(squares);
    return first + top;
}
