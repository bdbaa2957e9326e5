/* SPDX-License-Identifier: MIT */
#include "../locks.h"

/* The program's own big lock may stand for global state; here, the token. */
void GS_FN machine_stop(void);
void IO_FN queue_kick(void);

void good_call(void) GS_FN;
void good_call(void)
{
    machine_stop();
    queue_kick();
}

void warn_call(void) IO_FN;
void warn_call(void)
{
    machine_stop(); /* expect: requires holding token 'hf_global_state' */
}
