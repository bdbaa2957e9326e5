/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The lock is held, under a name that the access does not know. */
#include <pthread.h>
#include <stdlib.h>

/* ---- the only table, by its variable and as a parameter ---- */

struct port {
    int cpu;
    int type;
};

struct peer {
    int port;
};

struct table {
    pthread_mutex_t lock;
    struct port ports[16];
    struct peer *peers[16];
    int n_ports;
};

static struct table *the_table;

static void set_port(struct table *t, int i, int type, int cpu)
{
    t->ports[i].type = type;
    t->ports[i].cpu = cpu;
    t->peers[i]->port = i;
}

static void clear_port(struct table *t, int i)
{
    struct port *p = &t->ports[i];
    struct peer *peer = t->peers[i];

    p->type = 0;
    p->cpu = 0;
    peer->port = 0;
}

int port_bind(int i, int cpu)
{
    struct table *t = the_table;

    pthread_mutex_lock(&t->lock);
    set_port(t, i, 1, cpu);
    pthread_mutex_unlock(&t->lock);
    return 0;
}

int port_close(int i)
{
    struct table *t = the_table;

    pthread_mutex_lock(&t->lock);
    clear_port(t, i);
    pthread_mutex_unlock(&t->lock);
    return 0;
}

int port_move(int i, int cpu)
{
    struct table *t = the_table;
    struct port *p;
    int ret = -1;

    pthread_mutex_lock(&t->lock);
    p = &t->ports[i];
    if (p->type == 1) {
        p->cpu = cpu;
        ret = 0;
    }
    pthread_mutex_unlock(&t->lock);
    return ret;
}

int peer_connect(struct peer *peer, int i)
{
    struct table *t = the_table;

    pthread_mutex_lock(&t->lock);
    t->peers[i] = peer;
    peer->port = i;
    pthread_mutex_unlock(&t->lock);
    return i;
}

/* ---- handed on inside a structure ---- */

struct image {
    pthread_mutex_t lock;
    int features;
    int dirty;
};

struct check {
    struct image *image;
    int errors;
};

static void check_one(struct check *k)
{
    struct image *m = k->image;

    if (m->features & 1) {
        m->features &= ~1;
        k->errors++;
    }
}

int image_check(struct image *m)
{
    struct check k = { .image = m };

    pthread_mutex_lock(&m->lock);
    check_one(&k);
    pthread_mutex_unlock(&m->lock);
    return k.errors;
}

void image_set(struct image *m, int bits)
{
    pthread_mutex_lock(&m->lock);
    m->features |= bits;
    pthread_mutex_unlock(&m->lock);
}

void image_clear(struct image *m, int bits)
{
    pthread_mutex_lock(&m->lock);
    m->features &= ~bits;
    pthread_mutex_unlock(&m->lock);
}

int image_features(struct image *m)
{
    int n;

    pthread_mutex_lock(&m->lock);
    n = m->features;
    pthread_mutex_unlock(&m->lock);
    return n;
}

/* ---- a variable that is handed on as a parameter ---- */

struct load {
    pthread_mutex_t lock;
    int n_items;
    int failed;
};

static struct load load = { PTHREAD_MUTEX_INITIALIZER, 0, 0 };

static void each_item(void (*fn)(int item, void *opaque), void *opaque)
{
    for (int i = 0; i < 8; i++) {
        fn(i, opaque);
    }
}

static void finish_item(int item, void *opaque)
{
    struct load *l = opaque;

    if (item == l->n_items) {
        l->n_items--;
    }
}

void load_finish(void)
{
    pthread_mutex_lock(&load.lock);
    each_item(finish_item, &load);
    pthread_mutex_unlock(&load.lock);
}

void load_add(struct load *l)
{
    pthread_mutex_lock(&l->lock);
    l->n_items++;
    pthread_mutex_unlock(&l->lock);
}

void load_clear(struct load *l)
{
    pthread_mutex_lock(&l->lock);
    l->n_items = 0;
    pthread_mutex_unlock(&l->lock);
}

int load_items(struct load *l)
{
    int n;

    pthread_mutex_lock(&l->lock);
    n = l->n_items;
    pthread_mutex_unlock(&l->lock);
    return n;
}
