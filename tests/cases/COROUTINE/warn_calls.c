/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Coroutine functions called from where there is no coroutine, or where
 * nobody says that there is one. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

bool qemu_in_coroutine(void);

int HF_COROUTINE_FN co_read(void *file);
int HF_COROUTINE_FN co_yield(void);

/* Says that it is none. */
int HF_NO_COROUTINE_FN read_blocking(void *file);
int read_blocking(void *file)
{
    return co_read(file); // expect: COROUTINE
}

/* A thread of its own is none. */
static void *reader(void *file)
{
    co_read(file); // expect: COROUTINE
    return file;
}

void start(void *file);
void start(void *file)
{
    pthread_t thread;

    pthread_create(&thread, NULL, reader, file);
}

/* Does not say anything, and yields. */
int wait_a_while(int n);
int wait_a_while(int n) // expect: COROUTINE
{
    while (n--) {
        co_yield();
    }
    return n;
}

/* Only ever called by a coroutine, but not marked as one. */
static int check_rule(void *file) // expect: COROUTINE
{
    return co_read(file);
}

int HF_COROUTINE_FN co_check(void *file);
int co_check(void *file)
{
    return check_rule(file);
}

/* The test is the wrong way round. */
int read_somehow(void *file);
int read_somehow(void *file)
{
    if (qemu_in_coroutine()) {
        return 0;
    }
    return co_read(file); // expect: COROUTINE
}
