/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Taken and given back under the same condition, said in many ways. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { SHARED = 1, VERBOSE = 2 };

struct Dev {
    pthread_mutex_t lock;
    struct Dev *peer;
    unsigned flags;
    int state;
    bool threaded;
    bool taken;
};

void work(struct Dev *d);

void by_member(struct Dev *d)
{
    if (d->threaded) {
        pthread_mutex_lock(&d->lock);
    }
    work(d);
    if (d->threaded) {
        pthread_mutex_unlock(&d->lock);
    }
}

void by_pointer(struct Dev *d)
{
    if (d->peer) {
        pthread_mutex_lock(&d->peer->lock);
    }
    work(d);
    if (d->peer) {
        pthread_mutex_unlock(&d->peer->lock);
    }
}

void by_bit(struct Dev *d, unsigned flags)
{
    if (flags & SHARED) {
        pthread_mutex_lock(&d->lock);
    }
    work(d);
    if (flags & SHARED) {
        pthread_mutex_unlock(&d->lock);
    }
}

void by_value(struct Dev *d, int mode)
{
    if (mode == 3) {
        pthread_mutex_lock(&d->lock);
    }
    work(d);
    if (mode != 3) {
        return;
    }
    pthread_mutex_unlock(&d->lock);
}

void by_order(struct Dev *d, int n)
{
    if (n > 4) {
        pthread_mutex_lock(&d->lock);
    }
    work(d);
    if (n > 4) {
        pthread_mutex_unlock(&d->lock);
    }
}

void by_two(struct Dev *d, bool a, bool b)
{
    if (a && b) {
        pthread_mutex_lock(&d->lock);
    }
    work(d);
    if (a && b) {
        pthread_mutex_unlock(&d->lock);
    }
}

void by_variable(struct Dev *d, int n)
{
    bool need = n > 4 && d->threaded;

    if (need) {
        pthread_mutex_lock(&d->lock);
    }
    work(d);
    if (need) {
        pthread_mutex_unlock(&d->lock);
    }
}

void by_saved_member(struct Dev *d)
{
    bool need = d->threaded;

    if (need) {
        pthread_mutex_lock(&d->lock);
    }
    d->threaded = false;
    work(d);
    if (need) {
        pthread_mutex_unlock(&d->lock);
    }
}

/* The object remembers. */
void by_remembered(struct Dev *d, int n)
{
    d->taken = false;
    if (n > 4) {
        pthread_mutex_lock(&d->lock);
        d->taken = true;
    }
    work(d);
    if (d->taken) {
        d->taken = false;
        pthread_mutex_unlock(&d->lock);
    }
}

void by_chosen_lock(struct Dev *a, struct Dev *b, bool first)
{
    pthread_mutex_t *m = first ? &a->lock : &b->lock;

    pthread_mutex_lock(m);
    work(first ? a : b);
    pthread_mutex_unlock(m);
}

void by_null_lock(struct Dev *d)
{
    pthread_mutex_t *m = NULL;

    if (d->threaded) {
        m = &d->lock;
        pthread_mutex_lock(m);
    }
    work(d);
    if (m) {
        pthread_mutex_unlock(m);
    }
}

/* Both in order, each once. */
void by_address(struct Dev *a, struct Dev *b)
{
    pthread_mutex_lock(&a->lock);
    if (a != b) {
        pthread_mutex_lock(&b->lock);
    }
    work(a);
    if (a != b) {
        pthread_mutex_unlock(&b->lock);
    }
    pthread_mutex_unlock(&a->lock);
}

/* State decides in a switch, twice. */
void by_switch(struct Dev *d, int mode)
{
    switch (mode) {
    case 1:
    case 2:
        pthread_mutex_lock(&d->lock);
        break;
    default:
        break;
    }
    work(d);
    switch (mode) {
    case 1:
    case 2:
        pthread_mutex_unlock(&d->lock);
        break;
    default:
        break;
    }
}
