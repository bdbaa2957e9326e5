/* SPDX-License-Identifier: MIT */
// profile: qemu-common
/* The mark of one branch does not help the other. */
#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>

static int state;

void set_state(int n) GS_FN;
void set_state(int n)
{
    GLOBAL_STATE_CODE();
    state = n;
}

void either(int in_main, int n) IO_FN;
void either(int in_main, int n)
{
    if (in_main) {
        GLOBAL_STATE_CODE();
        state = n - 1;
    } else {
        set_state(n); // expect: THREAD_CONTEXT
    }
    __atomic_store_n(&state, n, __ATOMIC_RELAXED);
}
