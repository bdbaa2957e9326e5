/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Each branch gives the lock back in its own way. */
#include <pthread.h>

int keep(void);
void notify(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int kept;

static void *unlock_in_both_branches(void *arg)
{
    pthread_mutex_lock(&lock);
    if (keep()) {
        kept++;
        pthread_mutex_unlock(&lock);
    } else {
        pthread_mutex_unlock(&lock);
        notify();
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, unlock_in_both_branches, NULL);
    pthread_join(thread, NULL);
    return 0;
}
