/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Each turn of the loop has a section of its own. */
#include <pthread.h>

int more(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;

static void *section_in_loop(void *arg)
{
    while (more()) {
        pthread_mutex_lock(&lock);
        turns++;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, section_in_loop, NULL);
    pthread_join(thread, NULL);
    return 0;
}
