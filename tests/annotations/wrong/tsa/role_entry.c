/* SPDX-License-Identifier: MIT */
#include "../locks.h"

ROLE_DECLARE(migration_thread);

void send_page(void) REQUIRES(migration_thread);
void *thread(void *opaque) ROLE_ENTRY(migration_thread);

void *thread(void *opaque)
{
    send_page();
    return opaque;
}

void warn_call(void);
void warn_call(void)
{
    thread(0); /* expect: calling function 'thread' requires holding role 'migration_thread' */
}
