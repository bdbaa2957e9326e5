/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not seen: the difference has a name before it is compared. */
#include <stddef.h>

int take(void *buffer, size_t n);

int drain(void *buffer, size_t size, size_t pos)
{
    size_t left = size - pos;

    while (left > 0) { // known-limit: UNSIGNED_DIFF
        pos += take(buffer, left);
        left = size - pos;
    }
    return 0;
}
