/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Returning with the lock held is what the contract promises. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int begun;

static void HF_ACQUIRE(&lock) begin(void)
{
    pthread_mutex_lock(&lock);
    begun++;
}

static void *acquire_contract(void *arg)
{
    begin();
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, acquire_contract, NULL);
    pthread_join(thread, NULL);
    return 0;
}
