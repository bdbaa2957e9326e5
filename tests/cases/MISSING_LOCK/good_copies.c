/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A struct is part of what a lock guards; copies of it are not. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct stats {
    long in;
    long out;
    long peak;
};

struct port {
    pthread_mutex_t lock;
    struct stats stats;
    struct stats history[4];
};

void port_in(struct port *p, long n)
{
    pthread_mutex_lock(&p->lock);
    p->stats.in += n;
    p->stats.peak = n;
    pthread_mutex_unlock(&p->lock);
}

void port_out(struct port *p, long n)
{
    pthread_mutex_lock(&p->lock);
    p->stats.out += n;
    pthread_mutex_unlock(&p->lock);
}

void port_in_more(struct port *p, long n)
{
    pthread_mutex_lock(&p->lock);
    p->stats.in += n * 2;
    p->stats.out += n;
    p->stats.peak = 0;
    pthread_mutex_unlock(&p->lock);
}

void port_get(struct port *p, struct stats *out)
{
    pthread_mutex_lock(&p->lock);
    *out = p->stats;
    pthread_mutex_unlock(&p->lock);
}

/* private copies, however they come here */
long stats_total(const struct stats *s)
{
    return s->in + s->out;
}

void stats_add(struct stats *to, const struct stats *from)
{
    to->in += from->in;
    to->out += from->out;
    to->peak = from->peak > to->peak ? from->peak : to->peak;
}

long ports_total(struct port *all, int n)
{
    struct stats sum = { 0 }, one;

    for (int i = 0; i < n; i++) {
        port_get(&all[i], &one);
        stats_add(&sum, &one);
    }
    return stats_total(&sum) + sum.peak;
}

struct stats *stats_copy(struct port *p)
{
    struct stats *s = malloc(sizeof(*s));

    port_get(p, s);
    s->peak = s->in;
    return s;
}

void stats_free(struct stats *s)
{
    s->in = 0;
    free(s);
}

/* another struct that has one of its own, and none around it */
struct report {
    struct stats total;
};

void report_more(struct report *r, long n)
{
    r->total.in += n;
    r->total.out++;
}
