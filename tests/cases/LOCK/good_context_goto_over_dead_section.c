/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What the jump leaves out, nobody runs: it must not be counted. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static int jumps;

static void *goto_over_dead_section(void *arg)
{
    pthread_mutex_lock(&lock);
    jumps++;
    goto out;
    pthread_mutex_lock(&other);
    pthread_mutex_unlock(&lock);
out:
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_over_dead_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
