/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Kept in a local, and followed when the section is over. */
#include "rcu_case.h"

static Store store;

static int after_the_end(Store *s)
{
    Table *t;

    read_begin();
    t = read_pointer(&s->table);
    read_end();
    return t->size; // expect: RCU
}

static int in_the_next_section(Store *s)
{
    Table *t;
    int n;

    read_begin();
    t = read_pointer(&s->table);
    n = t->size;
    read_end();

    read_begin();
    n += t->rows[0]; // expect: RCU
    read_end();
    return n;
}

static int sum_of(const Table *t)
{
    return t->size + t->rows[0];
}

static int passed_on_later(Store *s)
{
    Table *t;

    read_begin();
    t = read_pointer(&s->table);
    read_end();
    return sum_of(t); // expect: RCU
}

static int on_the_error_path(Store *s)
{
    Table *t;

    read_begin();
    t = read_pointer(&s->table);
    if (t->size > 16) {
        read_end();
        return t->size; // expect: RCU
    }
    read_end();
    return 0;
}

static void leave(void)
{
    read_end();
}

static int ended_by_a_helper(Store *s)
{
    Table *t;

    read_begin();
    t = read_pointer(&s->table);
    leave();
    return t->rows[2]; // expect: RCU
}

static void *reader(void *opaque)
{
    Store *s = opaque;

    after_the_end(s);
    in_the_next_section(s);
    passed_on_later(s);
    on_the_error_path(s);
    ended_by_a_helper(s);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, reader, &store);
    pthread_join(thread, NULL);
    return 0;
}
