// SPDX-License-Identifier: MIT
// profile: pthread
#include <pthread.h>

/* Two orders that cannot meet: under a third lock, with a try-lock, in the
 * same thread only, and readers that do not wait for each other. */

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t a = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t b = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t c = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t d = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t r = PTHREAD_RWLOCK_INITIALIZER;
static pthread_rwlock_t q = PTHREAD_RWLOCK_INITIALIZER;
static int n;

static void first(void)
{
    pthread_mutex_lock(&a);
    pthread_mutex_lock(&b);
    n++;
    pthread_mutex_unlock(&b);
    pthread_mutex_unlock(&a);
}

static void second(void)
{
    pthread_mutex_lock(&b);
    pthread_mutex_lock(&a);
    n++;
    pthread_mutex_unlock(&a);
    pthread_mutex_unlock(&b);
}

static void *one(void *unused)
{
    pthread_mutex_lock(&gate);
    first();
    pthread_mutex_unlock(&gate);

    pthread_mutex_lock(&c);
    pthread_mutex_lock(&d);
    n++;
    pthread_mutex_unlock(&d);
    pthread_mutex_unlock(&c);

    pthread_rwlock_rdlock(&r);
    pthread_rwlock_rdlock(&q);
    pthread_rwlock_unlock(&q);
    pthread_rwlock_unlock(&r);
    return unused;
}

static void *two(void *unused)
{
    pthread_mutex_lock(&gate);
    second();
    pthread_mutex_unlock(&gate);

    pthread_mutex_lock(&d);
    if (pthread_mutex_trylock(&c) == 0) {
        n++;
        pthread_mutex_unlock(&c);
    }
    pthread_mutex_unlock(&d);

    pthread_rwlock_rdlock(&q);
    pthread_rwlock_rdlock(&r);
    pthread_rwlock_unlock(&r);
    pthread_rwlock_unlock(&q);
    return unused;
}

int main(void)
{
    pthread_t x, y;

    pthread_create(&x, NULL, one, NULL);
    pthread_create(&y, NULL, two, NULL);
    pthread_join(x, NULL);
    pthread_join(y, NULL);
    return 0;
}
