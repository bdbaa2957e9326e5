/* SPDX-License-Identifier: MIT */
/*
 * fpu_operands.h - numbers that floating point gets wrong.
 *
 * Thread context: any.
 */
#ifndef REFVMM_TESTS_CPU_FPU_OPERANDS_H
#define REFVMM_TESTS_CPU_FPU_OPERANDS_H

#include "fpu_reference.h"

static uint64_t random_state = 0x9e3779b97f4a7c15;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state * UINT64_C(0x2545f4914f6cdd1d);
}

/* Magnitudes; the sign is put on by special(). */
static const uint64_t specials_d[] = {
    0x0000000000000000, 0x0000000000000001, 0x0000000000000002,
    0x0008000000000000, 0x000fffffffffffff, 0x0010000000000000,
    0x0010000000000001, 0x001fffffffffffff, 0x0020000000000000,
    0x0350000000000000, 0x3690000000000000, 0x3690000000000001,
    0x36a0000000000000, 0x380fffffe0000000, 0x380fffffefffffff,
    0x380ffffff0000000, 0x3810000000000000, 0x3ca0000000000000,
    0x3fdfffffffffffff, 0x3fe0000000000000, 0x3fe0000000000001,
    0x3fefffffffffffff, 0x3ff0000000000000, 0x3ff0000000000001,
    0x3ff0000010000000, 0x3ff0000030000000, 0x3ff8000000000000,
    0x4000000000000000, 0x4004000000000000, 0x4008000000000000,
    0x41dfffffffc00000, 0x41dfffffffe00000, 0x41dfffffffefffff,
    0x41e0000000000000, 0x41e0000000100000, 0x41efffffffe00000,
    0x41effffffff00000, 0x41f0000000000000, 0x4330000000000001,
    0x4340000000000000, 0x43dfffffffffffff, 0x43e0000000000000,
    0x43efffffffffffff, 0x43f0000000000000, 0x47efffffe0000000,
    0x47efffffefffffff, 0x47effffff0000000, 0x47f0000000000000,
    0x5fe0000000000000, 0x7fe0000000000000, 0x7fefffffffffffff,
    0x7ff0000000000000, 0x7ff0000000000001, 0x7ff4000000000000,
    0x7ff8000000000000, 0x7fffffffffffffff,
};

static const uint32_t specials_s[] = {
    0x00000000, 0x00000001, 0x00000002, 0x00400000, 0x007fffff, 0x00800000,
    0x00800001, 0x00ffffff, 0x01000000, 0x1a000000, 0x20000000, 0x33800000,
    0x3effffff, 0x3f000000, 0x3f000001, 0x3f7fffff, 0x3f800000, 0x3f800001,
    0x3fc00000, 0x40000000, 0x40200000, 0x40400000, 0x4b000001, 0x4b800000,
    0x4effffff, 0x4f000000, 0x4f7fffff, 0x4f800000, 0x5effffff, 0x5f000000,
    0x5f7fffff, 0x5f800000, 0x5f800000, 0x7f000000, 0x7f7fffff, 0x7f800000,
    0x7f800001, 0x7fa00000, 0x7fc00000, 0x7fffffff,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static size_t special_count(const Format *t)
{
    return 2 * (t == &format_s ? COUNT(specials_s) : COUNT(specials_d));
}

static uint64_t special(const Format *t, size_t i)
{
    uint64_t a = t == &format_s ? specials_s[i / 2] : specials_d[i / 2];

    return a | sign_bit(t, i & 1);
}

/* All sorts: any bits, few bits set, exponents close to each other. */
static uint64_t random_operand(const Format *t)
{
    uint64_t r = random_bits(), fraction = random_bits();
    int fraction_bits = t->precision - 1;
    uint64_t mask = (UINT64_C(1) << fraction_bits) - 1;
    uint64_t biased;

    if ((r & 7) == 0) {
        return special(t, (r >> 8) % special_count(t));
    }
    biased = r >> 32 & (2 * t->emax + 1);
    if ((r & 7) > 3) { /* near 1, the least, or the greatest */
        int base = (r & 7) == 4 ? 0 : (r & 7) == 5 ? 2 * t->emax - 8 : t->emax;

        biased = base + (r >> 8) % 8;
    }
    switch (r >> 4 & 7) {
    case 0:
        fraction = 0;
        break;
    case 1: /* leading bits only */
        fraction <<= fraction_bits - 1 - (r >> 16) % 16;
        break;
    case 2: /* a run of ones */
        fraction = -(UINT64_C(1) << ((r >> 16) % fraction_bits));
        break;
    case 3:
        fraction = UINT64_C(1) << ((r >> 16) % fraction_bits);
        break;
    case 4:
        fraction = 1;
        break;
    }
    return sign_bit(t, r >> 63) | biased << fraction_bits
           | (fraction & mask);
}

#endif
