/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Not seen: a coroutine function called through a plain pointer. */
#include <holdfast/annotations.h>

int HF_COROUTINE_FN co_read(void *file);

int apply(int (*fn)(void *), void *file);
int apply(int (*fn)(void *), void *file)
{
    return fn(file); // known-limit: COROUTINE
}

int read_now(void *file);
int read_now(void *file)
{
    return apply(co_read, file);
}
