/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A reference, or a lock of its own, outlasts the section. */
#include "rcu_case.h"

typedef struct Node {
    pthread_mutex_t lock;
    int refs;
    int value HF_GUARDED_BY(&lock);
} Node;

typedef struct Registry {
    pthread_mutex_t lock;
    Node *node HF_RCU_PROTECTED;
    Table *table HF_RCU_PROTECTED;
} Registry;

static Registry registry;

static Table *table_ref(Table *t)
{
    __atomic_fetch_add(&t->refs, 1, __ATOMIC_SEQ_CST);
    return t;
}

static int holds_reference(Registry *r)
{
    Table *t;

    read_begin();
    t = read_pointer(&r->table);
    table_ref(t);
    read_end();
    return t->size;
}

static int counts_itself(Registry *r)
{
    Table *t;

    read_begin();
    t = read_pointer(&r->table);
    __atomic_fetch_add(&t->refs, 1, __ATOMIC_SEQ_CST);
    read_end();
    return t->size;
}

static int locked_inside(Registry *r)
{
    Node *n;
    int value;

    read_begin();
    n = read_pointer(&r->node);
    pthread_mutex_lock(&n->lock);
    read_end();
    value = n->value;
    pthread_mutex_unlock(&n->lock);
    return value;
}

/* Whoever changes the pointer holds this lock: so may its readers. */
static void replace(Registry *r, Table *fresh)
{
    Table *old;

    pthread_mutex_lock(&r->lock);
    old = r->table;
    fresh->size = old->size;
    publish(&r->table, fresh);
    pthread_mutex_unlock(&r->lock);
    wait_for_readers();
}

static int under_writers_lock(Registry *r)
{
    int n;

    pthread_mutex_lock(&r->lock);
    n = r->table->size;
    pthread_mutex_unlock(&r->lock);
    return n;
}

static void *worker(void *opaque)
{
    Registry *r = opaque;
    static Table fresh;

    holds_reference(r);
    counts_itself(r);
    locked_inside(r);
    under_writers_lock(r);
    replace(r, &fresh);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, worker, &registry);
    pthread_join(thread, NULL);
    return 0;
}
