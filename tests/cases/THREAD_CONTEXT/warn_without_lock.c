/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Global state code where the big lock is known to be missing. */
#include <holdfast/annotations.h>
#include <pthread.h>

void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
#define bql_lock() bql_lock_impl(__FILE__, __LINE__)

void HF_GS_FN device_reset(void);
void HF_IO_FN dma_copy(void);

/* A thread of its own holds nothing. */
static void *worker(void *opaque)
{
    dma_copy();
    device_reset(); // expect: THREAD_CONTEXT
    return opaque;
}

static void helper(void)
{
    device_reset(); // expect: THREAD_CONTEXT
}

static void *other_worker(void *opaque)
{
    helper();
    return opaque;
}

/* Given up, and not yet taken back. */
void HF_GS_FN pause_all(void);
void pause_all(void)
{
    bql_unlock();
    dma_copy();
    device_reset(); // expect: THREAD_CONTEXT
    bql_lock();
}

static void reset_children(void)
{
    device_reset();
}

void HF_GS_FN pause_children(void);
void pause_children(void)
{
    bql_unlock();
    reset_children(); // expect: THREAD_CONTEXT
    bql_lock();
}

void HF_GS_FN on_one_path(int fast);
void on_one_path(int fast)
{
    if (fast) {
        bql_unlock();
        device_reset(); // expect: THREAD_CONTEXT
        bql_lock();
        return;
    }
    device_reset();
}

void start(void);
void start(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, worker, NULL);
    pthread_create(&b, NULL, other_worker, NULL);
}
