/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A new object that a helper only looks at is still nobody else's. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdlib.h>

struct node {
    pthread_mutex_t lock;
    struct map *maps HF_GUARDED_BY(&lock);
};

struct map {
    struct node *node;
    long size HF_SLOT(HF_GUARDED_BY(&node->lock));
    int *bits HF_SLOT(HF_GUARDED_BY(&node->lock));
    struct map *next;
    int shift;
};

int *bits_new(unsigned long n);

static unsigned long bits_of(const struct map *m, long size)
{
    return (unsigned long)size >> m->shift;
}

static void keep(struct node *n, struct map *m)
{
    pthread_mutex_lock(&n->lock);
    m->next = n->maps;
    n->maps = m;
    pthread_mutex_unlock(&n->lock);
}

struct map *map_add(struct node *n, long size)
{
    struct map *m = calloc(1, sizeof(*m));

    m->node = n;
    m->size = size;
    m->bits = bits_new(bits_of(m, size));
    keep(n, m);
    return m;
}

struct map *map_add_late(struct node *n, long size)
{
    struct map *m = calloc(1, sizeof(*m));

    m->node = n;
    keep(n, m);
    m->size = size; // expect: GUARDED_BY
    return m;
}
