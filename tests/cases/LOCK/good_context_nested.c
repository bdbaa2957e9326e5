/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Two locks, given back in the reverse order. */
#include <pthread.h>

static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t entry_lock = PTHREAD_MUTEX_INITIALIZER;
static int entries;
static int hits;

static void *nested(void *arg)
{
    pthread_mutex_lock(&table_lock);
    entries++;
    pthread_mutex_lock(&entry_lock);
    hits++;
    pthread_mutex_unlock(&entry_lock);
    pthread_mutex_unlock(&table_lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, nested, NULL);
    pthread_join(thread, NULL);
    return 0;
}
