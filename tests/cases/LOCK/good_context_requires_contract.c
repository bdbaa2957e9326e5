/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A function that drops its caller's lock and takes it again: nothing changes
 * for the caller but what it had read. */
#include <holdfast/annotations.h>
#include <pthread.h>

void write_to_disk(int value);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pending;

static void HF_DROPS(&lock) flush(void)
{
    int value = pending;

    pending = 0;
    pthread_mutex_unlock(&lock);
    write_to_disk(value);
    pthread_mutex_lock(&lock);
}

static void *requires_contract(void *arg)
{
    pthread_mutex_lock(&lock);
    flush();
    pending++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, requires_contract, NULL);
    pthread_join(thread, NULL);
    return 0;
}
