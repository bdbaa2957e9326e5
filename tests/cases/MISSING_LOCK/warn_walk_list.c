/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Objects that a local pointer walks along, and those that a member of a
 * structure passed by value points to, are nobody's own. */
#include <pthread.h>
#include <stddef.h>

struct client {
    struct client *next;
    long sent;
};

union value {
    int number;
    struct meter *meter;
};

struct meter {
    pthread_mutex_t lock;
    long count, rate;
};

static pthread_mutex_t clients_lock = PTHREAD_MUTEX_INITIALIZER;
static struct client *clients;

void client_add(struct client *c)
{
    pthread_mutex_lock(&clients_lock);
    c->next = clients;
    clients = c;
    pthread_mutex_unlock(&clients_lock);
}

void clients_send(long n)
{
    pthread_mutex_lock(&clients_lock);
    for (struct client *c = clients; c; c = c->next) {
        c->sent += n;
    }
    pthread_mutex_unlock(&clients_lock);
}

void clients_clear(void)
{
    pthread_mutex_lock(&clients_lock);
    for (struct client *c = clients; c; c = c->next) {
        c->sent = 0;
    }
    pthread_mutex_unlock(&clients_lock);
}

long clients_sum(void)
{
    long sum = 0;

    for (struct client *c = clients; c; c = c->next) { // expect: MISSING_LOCK
        sum += c->sent;
    }
    return sum;
}

long meter_rate(struct meter *m)
{
    long rate;

    pthread_mutex_lock(&m->lock);
    rate = m->rate;
    pthread_mutex_unlock(&m->lock);
    return rate;
}

void meter_reset(struct meter *m)
{
    pthread_mutex_lock(&m->lock);
    m->rate = 0;
    pthread_mutex_unlock(&m->lock);
}

void meter_sample(union value v)
{
    struct meter *m = v.meter;

    m->rate++; // expect: MISSING_LOCK
}
