/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The section is the caller's, by contract or by what callers do. */
#include "rcu_case.h"

static Store store;

static int row_count(Store *s) HF_RCU_READ;
static int row_count(Store *s)
{
    return read_pointer(&s->table)->size;
}

static Table *current_table(Store *s)
{
    return read_pointer(&s->table);
}

static int sum_of(const Table *t)
{
    int sum = 0;

    for (int i = 0; i < t->size; i++) {
        sum += t->rows[i];
    }
    return sum;
}

/* Only ever called inside a section. */
static int helper(Store *s)
{
    return current_table(s)->rows[0] + sum_of(read_pointer(&s->table));
}

static int caller(Store *s)
{
    int n;

    read_begin();
    n = row_count(s);
    n += sum_of(current_table(s));
    n += helper(s);
    read_end();
    return n;
}

static void *reader(void *opaque)
{
    caller(opaque);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, reader, &store);
    pthread_join(thread, NULL);
    return 0;
}
