/* SPDX-License-Identifier: MIT */
// profile: qemu
/* What does not belong into a coroutine. */
#include <holdfast/annotations.h>
#include <stdbool.h>
#include <unistd.h>

bool qemu_in_coroutine(void);

int HF_COROUTINE_FN co_flush(void *file);
int HF_CO_WRAPPER flush(void *file);
int HF_CO_WRAPPER_MIXED flush_mixed(void *file);
int HF_NO_COROUTINE_FN drain(void *file);

/* Puts the whole thread to sleep. */
int HF_COROUTINE_FN co_retry(void *file);
int co_retry(void *file)
{
    usleep(100); // expect: COROUTINE
    return co_flush(file);
}

int HF_COROUTINE_FN co_sync(void *file);
int co_sync(void *file)
{
    return flush(file); // expect: COROUTINE
}

int HF_COROUTINE_FN co_sync_mixed(void *file);
int co_sync_mixed(void *file)
{
    return flush_mixed(file); // expect-low: COROUTINE
}

int HF_COROUTINE_FN co_close(void *file);
int co_close(void *file)
{
    drain(file); // expect: COROUTINE
    return co_flush(file);
}

/* The wait after the join runs in both branches. */
int open_file(void *file);
int open_file(void *file)
{
    int ret = 0;

    if (qemu_in_coroutine()) {
        ret = co_flush(file);
    }
    usleep(100); // expect: COROUTINE
    return ret;
}

/* Called by coroutines only: it could call the coroutine function. */
static int flush_twice(void *file) // expect: COROUTINE
{
    return flush_mixed(file) + flush_mixed(file);
}

int HF_COROUTINE_FN co_twice(void *file);
int co_twice(void *file)
{
    return flush_twice(file);
}
