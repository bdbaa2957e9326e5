// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>

/* Two threads, two locks, two orders. */

static pthread_mutex_t accounts = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t journal = PTHREAD_MUTEX_INITIALIZER;
static long balance, entries;

static void *transfer(void *unused)
{
    pthread_mutex_lock(&accounts);
    balance--;
    pthread_mutex_lock(&journal); // expect: ORDER_REVERSAL
    entries++;
    pthread_mutex_unlock(&journal);
    pthread_mutex_unlock(&accounts);
    return unused;
}

static void *rotate(void *unused)
{
    pthread_mutex_lock(&journal);
    entries = 0;
    pthread_mutex_lock(&accounts);
    balance = 0;
    pthread_mutex_unlock(&accounts);
    pthread_mutex_unlock(&journal);
    return unused;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, transfer, NULL);
    pthread_create(&b, NULL, rotate, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
