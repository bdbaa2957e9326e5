/* SPDX-License-Identifier: MIT */
#include "../locks.h"

typedef struct Space {
    int *view RCU_PROTECTED;
} Space;

void rcu_lock(void) ACQUIRE_SHARED(hf_rcu_read);
void rcu_unlock(void) RELEASE_SHARED(hf_rcu_read);

int warn_read(Space *s);
int warn_read(Space *s)
{
    int first;

    rcu_lock();
    first = *__atomic_load_n(&s->view, __ATOMIC_ACQUIRE);
    rcu_unlock();
    return first + *s->view; /* expect: reading variable 'view' requires holding token 'hf_rcu_read' */
}
