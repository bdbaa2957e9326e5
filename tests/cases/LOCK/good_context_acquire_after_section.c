/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A whole section comes before the acquisition that the contract means. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int waiters;

static void HF_ACQUIRE(&lock) begin_after_others(void)
{
    pthread_mutex_lock(&lock);
    waiters++;
    pthread_mutex_unlock(&lock);

    pthread_mutex_lock(&lock);
    waiters--;
}

static void *acquire_after_section(void *arg)
{
    begin_after_others();
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, acquire_after_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
