/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Everything runs where it may. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
bool bql_locked(void);
#define bql_lock() bql_lock_impl(__FILE__, __LINE__)

void HF_GS_FN device_reset(void);
void HF_IO_FN dma_copy(void);
void HF_IO_OR_GS_FN poll_once(void);
void unmarked(void);

void HF_GS_FN global(void);
void global(void)
{
    device_reset();
    dma_copy();
    poll_once();
    unmarked();
}

void HF_IO_FN io(void);
void io(void)
{
    dma_copy();
    unmarked();
}

void HF_IO_OR_GS_FN either(void);
void either(void)
{
    HF_IO_OR_GS_CODE();
    poll_once();
    dma_copy();
}

/* Holding the lock is as good as being the main loop. */
static void *worker(void *opaque)
{
    dma_copy();
    bql_lock();
    device_reset();
    bql_unlock();
    return opaque;
}

static void reset_locked(void)
{
    device_reset();
}

static void *other_worker(void *opaque)
{
    bql_lock();
    reset_locked();
    bql_unlock();
    return opaque;
}

/* Tested. */
static void *careful_worker(void *opaque)
{
    if (bql_locked()) {
        device_reset();
    }
    return opaque;
}

void HF_GS_FN gap(void);
void gap(void)
{
    device_reset();
    bql_unlock();
    dma_copy();
    bql_lock();
    device_reset();
}

/* I/O code that takes the lock first. */
void HF_IO_FN takes_the_lock(void);
void takes_the_lock(void)
{
    bql_lock();
    device_reset();
    bql_unlock();
}

void start(void);
void start(void)
{
    pthread_t t[3];

    pthread_create(&t[0], NULL, worker, NULL);
    pthread_create(&t[1], NULL, other_worker, NULL);
    pthread_create(&t[2], NULL, careful_worker, NULL);
}
