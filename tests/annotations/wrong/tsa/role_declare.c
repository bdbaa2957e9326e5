/* SPDX-License-Identifier: MIT */
#include "../locks.h"

ROLE_DECLARE(migration_thread);

void send_page(void) REQUIRES(migration_thread);

void good_call(void);
void good_call(void)
{
    ASSERT_HELD(&migration_thread);
    send_page();
}

void warn_call(void);
void warn_call(void)
{
    send_page(); /* expect: requires holding role 'migration_thread' */
}
