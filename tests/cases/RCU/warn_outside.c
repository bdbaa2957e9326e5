/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Followed without any section. */
#include "rcu_case.h"

static Store store;
static Table *fallback HF_RCU_PROTECTED;

static int no_section(Store *s)
{
    return read_pointer(&s->table)->size; // expect: RCU
}

static int plain_read(Store *s)
{
    Table *t = s->table;

    return t->rows[1]; // expect: RCU
}

static int global_pointer(void)
{
    return fallback->size; // expect: RCU
}

static int sum_of(const Table *t)
{
    return t->size + t->rows[0];
}

static int passed_on(Store *s)
{
    return sum_of(read_pointer(&s->table)); // expect: RCU
}

static Table *current_table(Store *s)
{
    return read_pointer(&s->table);
}

static int through_a_helper(Store *s)
{
    Table *t = current_table(s);

    return t->size; // expect: RCU
}

static int row_count(Store *s) HF_RCU_READ;
static int row_count(Store *s)
{
    return read_pointer(&s->table)->size;
}

static int contract_broken(Store *s)
{
    return row_count(s); // expect: RCU
}

/* The other path has a section. */
static int early(Store *s, int hurry)
{
    int n;

    if (hurry) {
        return read_pointer(&s->table)->size; // expect: RCU
    }
    read_begin();
    n = row_count(s);
    read_end();
    return n;
}

static void *reader(void *opaque)
{
    Store *s = opaque;

    no_section(s);
    plain_read(s);
    global_pointer();
    passed_on(s);
    through_a_helper(s);
    contract_broken(s);
    early(s, 1);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, reader, &store);
    pthread_join(thread, NULL);
    return 0;
}
