/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Whoever sets the lock up has the object to itself, until it starts the
 * thread. */
#include <pthread.h>
#include <stdbool.h>

static struct counter {
    pthread_mutex_t lock;
    int count;
    bool on;
} counter;

static void *work(void *opaque)
{
    struct counter *c = opaque;

    while (__atomic_load_n(&c->on, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&c->lock);
        c->count++;
        pthread_mutex_unlock(&c->lock);
    }
    return NULL;
}

static void add(int n)
{
    pthread_mutex_lock(&counter.lock);
    counter.count += n;
    pthread_mutex_unlock(&counter.lock);
}

static void reset(void)
{
    pthread_mutex_lock(&counter.lock);
    counter.count = 0;
    pthread_mutex_unlock(&counter.lock);
}

static void prepare(void)
{
    counter.count = 10;
}

static int take(void)
{
    int n;

    n = counter.count;          // expect: MISSING_LOCK
    counter.count = 0;
    return n;
}

int main(void)
{
    pthread_t thread;

    pthread_mutex_init(&counter.lock, NULL);
    counter.on = true;
    prepare();
    if (pthread_create(&thread, NULL, work, &counter)) {
        return 1;
    }
    add(3);
    reset();
    return take();
}
