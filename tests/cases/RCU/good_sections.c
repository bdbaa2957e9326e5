/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Every pointer is followed in the section in which it was read. */
#include "rcu_case.h"

static Store store;

static int plain_section(Store *s)
{
    int n;

    read_begin();
    n = read_pointer(&s->table)->size;
    read_end();
    return n;
}

static int kept_in_a_local(Store *s)
{
    Table *t;
    int sum = 0;

    read_begin();
    t = read_pointer(&s->table);
    if (!t) {
        read_end();
        return -1;
    }
    for (int i = 0; i < t->size; i++) {
        sum += t->rows[i];
    }
    read_end();
    return sum;
}

/* Only the number leaves the section. */
static int copied_out(Store *s)
{
    int first;

    read_begin();
    first = read_pointer(&s->table)->rows[0];
    read_end();
    return first + 1;
}

/* Whether there is a table at all may be asked at any time. */
static int only_compared(Store *s)
{
    return read_pointer(&s->table) != NULL;
}

static int nested_sections(Store *s)
{
    Table *t;
    int n;

    read_begin();
    t = read_pointer(&s->table);
    read_begin();
    n = t->size;
    read_end();
    n += t->rows[0];
    read_end();
    return n;
}

static int read_again(Store *s)
{
    Table *t;
    int n;

    read_begin();
    t = read_pointer(&s->table);
    n = t->size;
    read_end();

    read_begin();
    t = read_pointer(&s->table);
    n += t->size;
    read_end();
    return n;
}

static int by_branch(Store *s, int wanted)
{
    int n = 0;

    if (wanted) {
        read_begin();
    }
    if (wanted) {
        n = read_pointer(&s->table)->size;
    }
    if (wanted) {
        read_end();
    }
    return n;
}

static void *reader(void *opaque)
{
    Store *s = opaque;

    plain_section(s);
    kept_in_a_local(s);
    copied_out(s);
    only_compared(s);
    nested_sections(s);
    read_again(s);
    by_branch(s, 1);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, reader, &store);
    pthread_join(thread, NULL);
    return 0;
}
