/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Compared directly, checked before, signed, or wrapping on purpose. */
#include <stddef.h>
#include <stdint.h>

typedef struct Buffer {
    size_t size;
    size_t pos;
} Buffer;

int step(Buffer *in);

int compared_directly(Buffer *in);
int compared_directly(Buffer *in)
{
    int ret;

    do {
        ret = step(in);
    } while (ret > 0 && in->pos < in->size);
    return ret;
}

int checked_before(size_t have, size_t need);
int checked_before(size_t have, size_t need)
{
    if (need > have) {
        return -1;
    }
    if (have - need > 0) {
        return 1;
    }
    return 0;
}

int checked_in_place(const Buffer *in);
int checked_in_place(const Buffer *in)
{
    return in->size >= in->pos && in->size - in->pos > 0;
}

unsigned smaller_of(unsigned a, unsigned b);
unsigned smaller_of(unsigned a, unsigned b)
{
    unsigned least = a < b ? a : b;

    if (a - least > 0) {
        return a - least;
    }
    return 0;
}

int signed_difference(int a, int b);
int signed_difference(int a, int b)
{
    return a - b > 0;
}

/* Arithmetic modulo 2^32 is the point of sequence numbers. */
int is_later(uint32_t a, uint32_t b);
int is_later(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

int only_tested_for_zero(size_t a, size_t b);
int only_tested_for_zero(size_t a, size_t b)
{
    return a - b != 0;
}

int nonzero_before(unsigned n);
int nonzero_before(unsigned n)
{
    if (n == 0) {
        return 0;
    }
    while (n - 1 > 0) {
        n /= 2;
    }
    return 1;
}
