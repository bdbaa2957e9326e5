/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A callee takes the lock that its caller holds. */
#include <pthread.h>
#include <stdbool.h>

struct Table {
    pthread_mutex_t lock;
    pthread_mutex_t log_lock;
    int entries;
    int lines;
};

static void table_log(struct Table *t)
{
    pthread_mutex_lock(&t->log_lock);
    t->lines++;
    pthread_mutex_unlock(&t->log_lock);
}

static int table_count(struct Table *t)
{
    int n;

    pthread_mutex_lock(&t->lock);
    n = t->entries;
    pthread_mutex_unlock(&t->lock);
    return n;
}

void table_direct(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    if (table_count(t) > 10) { // expect: LOCK
        t->entries = 0;
    }
    pthread_mutex_unlock(&t->lock);
}

static void table_report(struct Table *t)
{
    if (table_count(t)) {
        table_log(t);
    }
}

/* Two calls down. */
void table_indirect(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    t->entries++;
    table_report(t); // expect: LOCK
    pthread_mutex_unlock(&t->lock);
}

static void table_add(struct Table *t, bool locked)
{
    if (!locked) {
        pthread_mutex_lock(&t->lock);
    }
    t->entries++;
    if (!locked) {
        pthread_mutex_unlock(&t->lock);
    }
}

/* The wrong answer to "do you hold it?" */
void table_wrong_flag(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    table_add(t, false); // expect: LOCK
    pthread_mutex_unlock(&t->lock);
}

static struct Table the_table = {
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .log_lock = PTHREAD_MUTEX_INITIALIZER,
};

/* By its global name here, by a parameter there. */
void table_global(void)
{
    pthread_mutex_lock(&the_table.lock);
    table_add(&the_table, true);
    table_report(&the_table); // expect: LOCK
    pthread_mutex_unlock(&the_table.lock);
}

/* Held by the caller's caller. */
static void table_inner(struct Table *t)
{
    table_report(t);
    table_log(t);
}

void table_outer(struct Table *t)
{
    pthread_mutex_lock(&t->lock);
    table_inner(t); // expect: LOCK
    pthread_mutex_unlock(&t->lock);
}

/* Found by another of its members. */
struct Row {
    struct Table *table;
    int value;
};

static void row_touch(struct Row *r)
{
    pthread_mutex_lock(&r->table->lock);
    r->value++;
    pthread_mutex_unlock(&r->table->lock);
}

void row_twice(struct Row *r)
{
    struct Table *t = r->table;

    pthread_mutex_lock(&t->lock);
    row_touch(r); // expect: LOCK
    pthread_mutex_unlock(&t->lock);
}
