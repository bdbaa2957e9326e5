/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not followed: a pointer kept over the rounds of a loop, or chosen. */
#include "rcu_case.h"

static Store store;

static int over_a_round(Store *s, int n)
{
    Table *t = NULL;
    int sum = 0;

    while (n--) {
        if (t) {
            sum += t->size; // known-limit: RCU
        }
        read_begin();
        t = read_pointer(&s->table);
        sum += t->rows[0];
        read_end();
    }
    return sum;
}

int main(void)
{
    return over_a_round(&store, 3);
}
