/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One path has another lock's section on its way to the label. */
#include <pthread.h>

int failed(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static int steps;

static void *goto_over_inner_section(void *arg)
{
    pthread_mutex_lock(&lock);
    if (failed()) {
        goto out;
    }
    pthread_mutex_lock(&other);
    steps++;
    pthread_mutex_unlock(&other);
out:
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_over_inner_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
