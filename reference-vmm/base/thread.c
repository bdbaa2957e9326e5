/* SPDX-License-Identifier: MIT */
/*
 * thread.c - see thread.h.
 *
 * Thread context: any thread; the role is thread-local.
 */
#include "base/thread.h"
#include "base/error.h"
#include "base/lock.h"
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct VmThread {
    pthread_t handle;
    char name[16];
    VmRole role;
    VmThreadFn *fn;
    void *opaque;
};

static _Thread_local VmRole current_role;

static void *thread_start(void *opaque)
{
    VmThread *t = opaque;

    pthread_setname_np(pthread_self(), t->name);
    current_role = t->role;
    return t->fn(t->opaque);
}

VmThread *vm_thread_create(const char *name, VmRole role, VmThreadFn *fn,
                           void *opaque, GError **error)
{
    VmThread *t = g_new0(VmThread, 1);

    g_strlcpy(t->name, name, sizeof(t->name));
    t->role = role;
    t->fn = fn;
    t->opaque = opaque;
    errno = pthread_create(&t->handle, NULL, thread_start, t);
    if (errno) {
        vm_set_errno(error, "cannot create a thread");
        g_free(t);
        return NULL;
    }
    return t;
}

void vm_thread_join(VmThread *t)
{
    vm_assert_none_held();
    pthread_join(t->handle, NULL);
    g_free(t);
}

void vm_thread_enter_role(VmRole role)
{
    current_role = role;
}

VmRole vm_thread_role(void)
{
    return current_role;
}

#ifdef HOLDFAST_DEBUG_CHECKS

static VmRole role_of_token(const void *token)
{
    static const struct {
        const HfRole *token;
        VmRole role;
    } roles[] = {
        { &role_main_loop, VM_ROLE_MAIN_LOOP },
        { &role_vcpu, VM_ROLE_VCPU },
        { &role_migration, VM_ROLE_MIGRATION },
        { &role_incoming, VM_ROLE_INCOMING },
        { &role_monitor, VM_ROLE_MONITOR },
        { &role_client, VM_ROLE_CLIENT },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        if (roles[i].token == token) {
            return roles[i].role;
        }
    }
    return VM_ROLE_NONE;
}

/* The hook of ASSERT_HELD(): a mutex or a role. */
void hf_debug_assert_held(const void *lock, const char *file, int line)
{
    VmRole role = role_of_token(lock);

    if (role != VM_ROLE_NONE) {
        if (role != current_role) {
            fprintf(stderr, "%s:%d: runs in a thread of role %d, not %d\n",
                    file, line, current_role, role);
            abort();
        }
    } else if (!vm_mutex_held(lock)) {
        fprintf(stderr, "%s:%d: lock \"%s\" is not held\n", file, line,
                ((const VmMutex *)lock)->name);
        abort();
    }
}

#endif
