/* SPDX-License-Identifier: MIT */
/* What the cases of RCU share: a table that readers follow without a lock. */
#ifndef RCU_CASE_H
#define RCU_CASE_H

#include <holdfast/annotations.h>
#include <pthread.h>

void read_begin(void) HF_ACQUIRE_SHARED(hf_rcu_read);
void read_end(void) HF_RELEASE_SHARED(hf_rcu_read);
void wait_for_readers(void) HF_EXCLUDES(hf_rcu_read);

typedef struct Table {
    int refs;
    int size;
    int rows[16];
} Table;

typedef struct Store {
    pthread_mutex_t lock;
    Table *table HF_RCU_PROTECTED;
} Store;

#define read_pointer(p) __atomic_load_n(p, __ATOMIC_CONSUME)
#define publish(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif
