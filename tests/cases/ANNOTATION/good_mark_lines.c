/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A mark speaks of all lines of the statement after it. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct pair {
    pthread_mutex_t lock;
    int a HF_GUARDED_BY(&lock);
    int b HF_GUARDED_BY(&lock);
};

int pair_hint(struct pair *p, int n)
{
    HF_INTENTIONAL(GUARDED_BY, "atomic_hint: a stale value does no harm; "
                               "and it is on the second line");
    if (n > 0 &&
        p->a > n) {
        return 1;
    }
    HF_INTENTIONAL(GUARDED_BY, "atomic_hint: the loop's head is one, too");
    for (int i = 0;
         i < p->b;
         i++) {
        n--;
    }
    return n;
}
