/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Coroutine functions where they belong. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

bool qemu_in_coroutine(void);

int HF_COROUTINE_FN co_flush(void *file);
int HF_CO_WRAPPER flush(void *file);
int HF_CO_WRAPPER_MIXED flush_mixed(void *file);

int HF_COROUTINE_FN co_sync(void *file);
int co_sync(void *file)
{
    return co_flush(file);
}

/* Outside, the wrapper is right. */
int HF_NO_COROUTINE_FN sync_file(void *file);
int sync_file(void *file)
{
    return flush(file) + flush_mixed(file);
}

/* Either, and it looks. */
int HF_COROUTINE_MIXED_FN sync_anywhere(void *file);
int sync_anywhere(void *file)
{
    if (qemu_in_coroutine()) {
        return co_flush(file);
    }
    usleep(100);
    return flush(file);
}

int looks_without_saying(void *file);
int looks_without_saying(void *file)
{
    if (qemu_in_coroutine()) {
        return co_flush(file);
    } else {
        return flush(file);
    }
}

/* A thread may block. */
static void *flusher(void *file)
{
    usleep(100);
    flush(file);
    return file;
}

void start(void *file);
void start(void *file)
{
    pthread_t thread;

    pthread_create(&thread, NULL, flusher, file);
}

/* Plain work is no matter. */
static int half(int n)
{
    return n / 2;
}

int HF_COROUTINE_FN co_half(int n);
int co_half(int n)
{
    return half(n);
}
