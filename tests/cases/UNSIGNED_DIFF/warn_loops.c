/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Differences that never become negative keep loops going. */
#include <stddef.h>
#include <stdint.h>

typedef struct Buffer {
    const uint8_t *data;
    size_t size;
    size_t pos;
} Buffer;

int step(Buffer *in, Buffer *out);

/* The shape of a streaming compressor's main loop. */
int compress_all(Buffer *in, Buffer *out);
int compress_all(Buffer *in, Buffer *out)
{
    int ret;

    do {
        ret = step(in, out);
    } while (ret > 0 && (in->size - in->pos > 0) && // expect: UNSIGNED_DIFF
             (out->size - out->pos > 0)); // expect: UNSIGNED_DIFF
    return ret;
}

unsigned drain(unsigned have, unsigned chunk);
unsigned drain(unsigned have, unsigned chunk)
{
    unsigned done = 0;

    while (have - done > 0) { // expect: UNSIGNED_DIFF
        done += chunk;
    }
    return done;
}

size_t by_halves(size_t low, size_t high);
size_t by_halves(size_t low, size_t high)
{
    for (; high - low > 0; high /= 2) { // expect: UNSIGNED_DIFF
        low++;
    }
    return low;
}

/* Out of the loop as soon as nothing is left. */
uint64_t until_empty(uint64_t total, const uint64_t *parts);
uint64_t until_empty(uint64_t total, const uint64_t *parts)
{
    uint64_t sent = 0;

    for (;;) {
        sent += *parts++;
        if (total - sent <= 0) { // expect: UNSIGNED_DIFF
            break;
        }
    }
    return sent;
}
