/* SPDX-License-Identifier: MIT */
/*
 * thread.c - see thread.h.
 *
 * Thread context: any thread; the role is thread-local.
 */
#include "base/thread.h"
#include "base/error.h"
#include "base/lock.h"
#include "base/rcu.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct VmThread {
    pthread_t handle;
    char name[16];
    VmRole role;
    VmThreadFn *fn;
    void *opaque;
    pid_t tid;
    sem_t started; /* after tid */
};

static _Thread_local VmRole current_role;

static void *thread_start(void *opaque)
{
    VmThread *t = opaque;
    void *ret;

    pthread_setname_np(pthread_self(), t->name);
    current_role = t->role;
    t->tid = gettid();
    sem_post(&t->started);
    vm_rcu_register_thread();
    ret = t->fn(t->opaque);
    vm_rcu_unregister_thread();
    return ret;
}

VmThread *vm_thread_create(const char *name, VmRole role, VmThreadFn *fn,
                           void *opaque, GError **error)
{
    VmThread *t = g_new0(VmThread, 1);

    g_strlcpy(t->name, name, sizeof(t->name));
    t->role = role;
    t->fn = fn;
    t->opaque = opaque;
    sem_init(&t->started, 0, 0);
    errno = pthread_create(&t->handle, NULL, thread_start, t);
    if (errno) {
        vm_set_errno(error, "cannot create a thread");
        sem_destroy(&t->started);
        g_free(t);
        return NULL;
    }
    /* It needs nothing of ours on the way there, so this is short whatever
     * locks are held. */
    while (sem_wait(&t->started) < 0) {
        g_assert(errno == EINTR);
    }
    return t;
}

void vm_thread_join(VmThread *t)
{
    vm_assert_none_held();
    pthread_join(t->handle, NULL);
    sem_destroy(&t->started);
    g_free(t);
}

int vm_thread_tid(const VmThread *t)
{
    return (int)t->tid;
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
        { &role_iothread, VM_ROLE_IOTHREAD },
        { &role_worker, VM_ROLE_WORKER },
        { &role_rcu, VM_ROLE_RCU },
        { &role_oob, VM_ROLE_OOB },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
        if (roles[i].token == token) {
            return roles[i].role;
        }
    }
    return VM_ROLE_NONE;
}

/* What vm_assert_register() was told, before there were other threads. */
static struct {
    const void *capability;
    const char *name;
    bool (*held)(void);
} registered[16];

void vm_assert_register(const void *capability, const char *name,
                        bool (*is_held)(void))
{
    for (size_t i = 0; i < G_N_ELEMENTS(registered); i++) {
        if (!registered[i].capability ||
            registered[i].capability == capability) {
            registered[i].capability = capability;
            registered[i].name = name;
            registered[i].held = is_held;
            return;
        }
    }
    g_assert_not_reached(); /* make the table larger */
}

static bool is_held(const void *lock, const char **ret_name)
{
    if (lock == &hf_rcu_read) {
        *ret_name = "RCU section";
        return vm_rcu_read_held();
    }
    for (size_t i = 0; i < G_N_ELEMENTS(registered); i++) {
        if (registered[i].capability == lock) {
            *ret_name = registered[i].name;
            return registered[i].held();
        }
    }
    *ret_name = ((const VmMutex *)lock)->name;
    return vm_mutex_held(lock);
}

/* The hook of ASSERT_HELD(): a mutex, a role, or what was registered. */
void hf_debug_assert_held(const void *lock, const char *file, int line)
{
    VmRole role = role_of_token(lock);
    const char *name;

    if (role != VM_ROLE_NONE) {
        if (role != current_role) {
            fprintf(stderr, "%s:%d: runs in a thread of role %d, not %d\n",
                    file, line, current_role, role);
            abort();
        }
    } else if (!is_held(lock, &name)) {
        fprintf(stderr, "%s:%d: lock \"%s\" is not held\n", file, line, name);
        abort();
    }
}

/* Of ASSERT_HELD_SHARED(). */
void hf_debug_assert_held_shared(const void *lock, const char *file, int line)
{
    hf_debug_assert_held(lock, file, line);
}

#else

void vm_assert_register(const void *capability, const char *name,
                        bool (*held)(void))
{
}

#endif
