/* SPDX-License-Identifier: MIT */
// profile: qemu
/* A mark at the start speaks of all that follows, and so does polling. */
#include <holdfast/annotations.h>

#define BDRV_POLL_WHILE(bs, cond) do { } while (cond)
#define IO_OR_GS_CODE() do {} while (0)

void HF_GS_FN image_open_child(void *bs);

int image_poll_and_open(void *bs, int *done);
int image_poll_and_open(void *bs, int *done)
{
    BDRV_POLL_WHILE(bs, !*done);
    image_open_child(bs); // expect: THREAD_CONTEXT
    return 0;
}

int image_open_either(void *bs);
int image_open_either(void *bs)
{
    IO_OR_GS_CODE();
    image_open_child(bs); // expect: THREAD_CONTEXT
    return 0;
}
