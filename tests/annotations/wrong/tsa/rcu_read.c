/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void rcu_lock(void) ACQUIRE_SHARED(hf_rcu_read);
void rcu_unlock(void) RELEASE_SHARED(hf_rcu_read);
int *view_get(void) RCU_READ;

int warn_read(void);
int warn_read(void)
{
    int first;

    rcu_lock();
    first = *view_get();
    rcu_unlock();
    return first + *view_get(); /* expect: calling function 'view_get' requires holding token 'hf_rcu_read' */
}
