/* SPDX-License-Identifier: MIT */
#include "../locks.h"

void GS_FN machine_stop(void);

void good_call(void);
void good_call(void)
{
    GLOBAL_STATE_CODE();
    machine_stop();
}

void warn_call(void);
void warn_call(void)
{
    machine_stop(); /* expect: calling function 'machine_stop' requires holding token 'hf_global_state' */
    GLOBAL_STATE_CODE();
}
