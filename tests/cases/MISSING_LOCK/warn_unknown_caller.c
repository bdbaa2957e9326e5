/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Who calls the timer is not known; that main() starts no thread does not
 * mean that nobody does. */
#include <pthread.h>

struct meter {
    pthread_mutex_t lock;
    unsigned count;
};

struct event {
    void (*sigev_notify_function)(struct meter *m);
    struct meter *meter;
};
int timer_add(struct event *e);

static void on_timer(struct meter *m)
{
    m->count = 0; // expect: MISSING_LOCK
}

static void meter_hit(struct meter *m)
{
    pthread_mutex_lock(&m->lock);
    m->count++;
    pthread_mutex_unlock(&m->lock);
}

static unsigned meter_count(struct meter *m)
{
    unsigned n;

    pthread_mutex_lock(&m->lock);
    n = m->count;
    pthread_mutex_unlock(&m->lock);
    return n;
}

int main(void)
{
    static struct meter m = { PTHREAD_MUTEX_INITIALIZER, 0 };
    struct event e = { on_timer, &m };

    timer_add(&e);
    for (int i = 0; i < 100; i++) {
        meter_hit(&m);
    }
    return (int)meter_count(&m);
}
