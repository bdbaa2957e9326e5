/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void rcu_unlock(void) RELEASE_SHARED(hf_rcu_read);
void RCU_READ good_body(void);
void RCU_READ good_body(void)
{
}

void RCU_READ warn_body(void);
void RCU_READ warn_body(void) /* expect: context imbalance in 'warn_body' - wrong count at exit */
{
    rcu_unlock();
}
