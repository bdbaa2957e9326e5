/* SPDX-License-Identifier: MIT */
// profile: qemu
/* The declaration that callers see says "for both": that the definition says
 * otherwise is told there, and is no reason to mark them. */
#include "declared_mixed.h"

int coroutine_fn stream_get(int *s) // expect: ANNOTATION
{
    return *s;
}

int stream_get_two(int *s);
int stream_get_two(int *s)
{
    return stream_get(s) + stream_get(s);
}
