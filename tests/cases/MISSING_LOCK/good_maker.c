/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What a function made and returned is the caller's own. */
#include <pthread.h>
#include <stdlib.h>

struct item {
    pthread_mutex_t lock;
    struct item *next;
    int value;
    int uses;
};

struct shelf {
    pthread_mutex_t lock;
    struct item *first;
};

static void *must_alloc(size_t n)
{
    void *p = malloc(n);

    if (!p) {
        abort();
    }
    return p;
}

static struct item *item_new(int value)
{
    struct item *i = calloc(1, sizeof(*i));

    if (!i) {
        return NULL;
    }
    i->value = value;
    return i;
}

struct item *shelf_add(struct shelf *s, int value)
{
    struct item *i = item_new(value);

    if (!i) {
        return NULL;
    }
    i->value++;
    i->uses = 1;
    pthread_mutex_lock(&s->lock);
    i->next = s->first;
    s->first = i;
    pthread_mutex_unlock(&s->lock);
    return i;
}

struct item *shelf_add_always(struct shelf *s, int value)
{
    struct item *i = must_alloc(sizeof(*i));

    i->value = value;
    i->uses = 0;
    pthread_mutex_lock(&s->lock);
    i->next = s->first;
    s->first = i;
    pthread_mutex_unlock(&s->lock);
    return i;
}

void item_set(struct item *i, int value)
{
    pthread_mutex_lock(&i->lock);
    i->value = value;
    i->uses++;
    pthread_mutex_unlock(&i->lock);
}

int item_take(struct item *i)
{
    int value;

    pthread_mutex_lock(&i->lock);
    value = i->value;
    i->uses--;
    i->value = 0;
    pthread_mutex_unlock(&i->lock);
    return value;
}
