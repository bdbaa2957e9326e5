/* SPDX-License-Identifier: MIT */
/*
 * ram_copy.c - copies between guest memory, which the guest writes as it
 * likes, and our own.
 *
 * Each naturally aligned piece of the guest's side, of up to 8 bytes, is one
 * access.  ThreadSanitizer is kept out of these functions: what the guest does
 * to its own memory at the same time is its own affair, and no bug of ours.
 *
 * Thread context: any.
 */
#include "memory/ram_block.h"
#include <string.h>

#define NO_TSAN __attribute__((__no_sanitize__("thread")))

/*
 * Volatile: one instruction for an aligned word, and never more or less often.
 * An __atomic access is the same to the hardware, but clang tells
 * ThreadSanitizer of those in any function.
 */
#define WORD(type, p) (*(volatile type *)(uintptr_t)(p))

/* The largest access that is aligned at p and within len. */
static inline NO_TSAN size_t piece(const uint8_t *p, size_t len)
{
    size_t aligned = ((uintptr_t)p | 8) & -((uintptr_t)p | 8);

    while (aligned > len) {
        aligned /= 2;
    }
    return aligned;
}

static inline NO_TSAN void get_piece(void *buf, const uint8_t *host,
                                     size_t size)
{
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;
    uint8_t v1;

    switch (size) {
    case 8:
        v8 = WORD(uint64_t, host);
        __builtin_memcpy(buf, &v8, 8);
        break;
    case 4:
        v4 = WORD(uint32_t, host);
        __builtin_memcpy(buf, &v4, 4);
        break;
    case 2:
        v2 = WORD(uint16_t, host);
        __builtin_memcpy(buf, &v2, 2);
        break;
    default:
        v1 = WORD(uint8_t, host);
        __builtin_memcpy(buf, &v1, 1);
    }
}

static inline NO_TSAN void put_piece(uint8_t *host, const void *buf,
                                     size_t size)
{
    uint64_t v8;
    uint32_t v4;
    uint16_t v2;

    switch (size) {
    case 8:
        __builtin_memcpy(&v8, buf, 8);
        WORD(uint64_t, host) = v8;
        break;
    case 4:
        __builtin_memcpy(&v4, buf, 4);
        WORD(uint32_t, host) = v4;
        break;
    case 2:
        __builtin_memcpy(&v2, buf, 2);
        WORD(uint16_t, host) = v2;
        break;
    default:
        WORD(uint8_t, host) = *(const uint8_t *)buf;
    }
}

void NO_TSAN ram_copy_from_guest(void *buf, const uint8_t *host, size_t len)
{
    uint8_t *to = buf;
    size_t n;

    for (; len && (n = piece(host, len)) < 8; len -= n) {
        get_piece(to, host, n);
        to += n;
        host += n;
    }
    for (; len >= 8; len -= 8) {
        get_piece(to, host, 8);
        to += 8;
        host += 8;
    }
    for (; len; len -= n) {
        n = piece(host, len);
        get_piece(to, host, n);
        to += n;
        host += n;
    }
}

void NO_TSAN ram_copy_to_guest(uint8_t *host, const void *buf, size_t len)
{
    const uint8_t *from = buf;
    size_t n;

    for (; len && (n = piece(host, len)) < 8; len -= n) {
        put_piece(host, from, n);
        from += n;
        host += n;
    }
    for (; len >= 8; len -= 8) {
        put_piece(host, from, 8);
        from += 8;
        host += 8;
    }
    for (; len; len -= n) {
        n = piece(host, len);
        put_piece(host, from, n);
        from += n;
        host += n;
    }
}
