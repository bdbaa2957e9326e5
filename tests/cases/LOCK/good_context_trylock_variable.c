/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The answer of trylock goes through a variable. */
#include <pthread.h>

void do_without(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lucky;

static void *try_variable(void *arg)
{
    int busy = pthread_mutex_trylock(&lock);

    if (!busy) {
        lucky++;
    } else {
        do_without();
    }
    if (!busy) {
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, try_variable, NULL);
    pthread_join(thread, NULL);
    return 0;
}
