/* SPDX-License-Identifier: MIT */
#include "../locks.h"

TOKEN_DECLARE(transaction);

void begin(void) ACQUIRE(transaction);
void end(void) RELEASE(transaction);
void change(void) REQUIRES(transaction);
void read_view(void) EXCLUDES(transaction);

void good_change(void);
void good_change(void)
{
    begin();
    change();
    end();
    read_view();
}

void warn_change(void);
void warn_change(void)
{
    change(); /* expect: requires holding token 'transaction' */
    begin();
    read_view(); /* expect: cannot call function 'read_view' while token 'transaction' is held */
    end();
}
