/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Giving back the caller's lock is what the contract promises. */
#include <holdfast/annotations.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int ended;

static void HF_RELEASE(&lock) end(void)
{
    ended++;
    pthread_mutex_unlock(&lock);
}

static void *release_contract(void *arg)
{
    pthread_mutex_lock(&lock);
    end();
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, release_contract, NULL);
    pthread_join(thread, NULL);
    return 0;
}
