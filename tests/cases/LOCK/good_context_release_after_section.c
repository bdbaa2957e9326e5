/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Another lock's section comes before the caller's lock is given back. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t stats_lock = PTHREAD_MUTEX_INITIALIZER;
static int taken;

static void HF_RELEASE(&queue_lock) end(void)
{
    pthread_mutex_lock(&stats_lock);
    taken++;
    pthread_mutex_unlock(&stats_lock);
    pthread_mutex_unlock(&queue_lock);
}

static void *release_after_section(void *arg)
{
    pthread_mutex_lock(&queue_lock);
    end();
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, release_after_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
