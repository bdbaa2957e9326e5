/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One path goes round the whole section. */
#include <pthread.h>

int failed(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int steps;

static void *goto_around_section(void *arg)
{
    if (failed()) {
        goto out;
    }
    pthread_mutex_lock(&lock);
    steps++;
    pthread_mutex_unlock(&lock);
out:
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_around_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
