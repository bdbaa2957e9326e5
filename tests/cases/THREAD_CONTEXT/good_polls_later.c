/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Polling says where a function is by then, not where it was before. */
#include <holdfast/annotations.h>

#define BDRV_POLL_WHILE(bs, cond) do { } while (cond)
#define IO_OR_GS_CODE() do {} while (0)

void HF_GS_FN image_open_child(void *bs);
void HF_IO_FN image_submit(void *bs, int *done);

int image_open(void *bs);
int image_open(void *bs)
{
    int done = 0;

    image_open_child(bs);
    image_submit(bs, &done);
    BDRV_POLL_WHILE(bs, !done);
    return 0;
}
