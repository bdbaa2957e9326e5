/* SPDX-License-Identifier: MIT */
/*
 * thread.h - threads, each in a role.
 *
 * A role says what a thread is for; README.md lists them with the contexts
 * and locks each may enter.  The function a thread starts in carries
 * ROLE_ENTRY(role_...), and is passed to vm_thread_create() with the same
 * role.
 *
 * Thread context: any.  A VmThread belongs to whoever created it, who joins
 * it exactly once.
 */
#ifndef REFVMM_BASE_THREAD_H
#define REFVMM_BASE_THREAD_H

#include "base/annotate.h"
#include <glib.h>
#include <stdbool.h>

ROLE_DECLARE(role_main_loop); /* unique: the initial thread */
ROLE_DECLARE(role_vcpu);      /* one for each vCPU */
ROLE_DECLARE(role_migration); /* at most one at a time */
ROLE_DECLARE(role_incoming);  /* at most one at a time */
ROLE_DECLARE(role_monitor);   /* one for each monitor */
ROLE_DECLARE(role_client);    /* --self-test: talks to the monitor */
ROLE_DECLARE(role_iothread);  /* one for each IOThread */
ROLE_DECLARE(role_worker);    /* thread-pool workers */
ROLE_DECLARE(role_rcu);       /* unique: runs vm_rcu_call() */
ROLE_DECLARE(role_oob);       /* unique: QMP sockets, out-of-band commands */

typedef enum VmRole {
    VM_ROLE_NONE,
    VM_ROLE_MAIN_LOOP,
    VM_ROLE_VCPU,
    VM_ROLE_MIGRATION,
    VM_ROLE_INCOMING,
    VM_ROLE_MONITOR,
    VM_ROLE_CLIENT,
    VM_ROLE_IOTHREAD,
    VM_ROLE_WORKER,
    VM_ROLE_RCU,
    VM_ROLE_OOB,
} VmRole;

typedef struct VmThread VmThread;
typedef void *VmThreadFn(void *opaque);

/* name is copied and cut to 15 characters; the thread runs when this returns.
 * NULL, and an error, when the system has no more threads. */
VmThread *vm_thread_create(const char *name, VmRole role, VmThreadFn *fn,
                           void *opaque, GError **error) IO_FN;
/* Waits for the end of the thread, and frees it. */
void vm_thread_join(VmThread *thread) IO_FN;
int vm_thread_tid(const VmThread *thread) IO_FN; /* of gettid() */

/* The initial thread, which nobody creates, says what it is. */
void vm_thread_enter_role(VmRole role) IO_FN;
VmRole vm_thread_role(void) IO_FN; /* of the calling thread */

#endif
