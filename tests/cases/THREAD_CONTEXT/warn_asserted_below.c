/* SPDX-License-Identifier: MIT */
// profile: qemu
/* What asserts that it is the main thread does not make its caller so. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct QemuThread { unsigned long id; } QemuThread;

void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start)(void *), void *arg, int mode);
bool qemu_in_main_thread(void);
void bql_lock_impl(const char *file, int line);
void bql_unlock(void);

#define GLOBAL_STATE_CODE() assert(qemu_in_main_thread())

static void set_machine(int value)
{
    GLOBAL_STATE_CODE();
    (void)value;
}

static void set_up(int value)
{
    set_machine(value);         // expect: THREAD_CONTEXT
}

static void *worker(void *opaque)
{
    set_machine(1);             // expect: THREAD_CONTEXT
    return opaque;
}

static void *deep_worker(void *opaque)
{
    set_up(2);
    return opaque;
}

static void *careful_worker(void *opaque)
{
    bql_lock_impl(__FILE__, __LINE__);
    set_machine(3);
    bql_unlock();
    return opaque;
}

void start(QemuThread *threads);
void start(QemuThread *threads)
{
    qemu_thread_create(&threads[0], "one", worker, NULL, 0);
    qemu_thread_create(&threads[1], "two", deep_worker, NULL, 0);
    qemu_thread_create(&threads[2], "three", careful_worker, NULL, 0);
}
