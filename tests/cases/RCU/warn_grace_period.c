/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Waiting in a section until all sections have ended. */
#include "rcu_case.h"

static Store store;

static void waits_for_itself(void)
{
    read_begin();
    wait_for_readers(); // expect: RCU
    read_end();
}

static void swap(Store *s, Table *fresh)
{
    publish(&s->table, fresh);
    wait_for_readers();
}

static void two_calls_down(Store *s, Table *fresh)
{
    read_begin();
    swap(s, fresh); // expect: RCU
    read_end();
}

static void waits_afterwards(Store *s, Table *fresh)
{
    int n;

    read_begin();
    n = read_pointer(&s->table)->size;
    read_end();
    fresh->size = n;
    swap(s, fresh);
}

int main(void)
{
    static Table a, b;

    waits_for_itself();
    two_calls_down(&store, &a);
    waits_afterwards(&store, &b);
    return 0;
}
