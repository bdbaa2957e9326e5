/* SPDX-License-Identifier: MIT */
#include "../locks.h"

typedef struct CAPABILITY(spinlock) Spin {
    int held;
} Spin;
typedef struct NotALock {
    int held;
} NotALock;

extern Spin spin;
extern NotALock not_a_lock;

void spin_needed(void) REQUIRES(spin);
void none_needed(void) REQUIRES(not_a_lock); /* expect: attribute requires arguments whose type is annotated with 'capability' attribute */

void warn_call(void);
void warn_call(void)
{
    spin_needed(); /* expect: requires holding spinlock 'spin' */
    none_needed(); /* expect: requires holding mutex 'not_a_lock' */
}
