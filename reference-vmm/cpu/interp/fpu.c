/* SPDX-License-Identifier: MIT */
/*
 * fpu.c - minimum, maximum and classification for the F and D extensions.
 *
 * Thread context: any; an FpuState belongs to one hart's thread.  RISC-V
 * unprivileged specification, chapters F and D.
 */
#include "cpu/interp/fpu.h"

/* Bits of fclass. */
enum {
    FCLASS_NEGATIVE_INF = 1 << 0,
    FCLASS_NEGATIVE_NORMAL = 1 << 1,
    FCLASS_NEGATIVE_SUBNORMAL = 1 << 2,
    FCLASS_NEGATIVE_ZERO = 1 << 3,
    FCLASS_POSITIVE_ZERO = 1 << 4,
    FCLASS_POSITIVE_SUBNORMAL = 1 << 5,
    FCLASS_POSITIVE_NORMAL = 1 << 6,
    FCLASS_POSITIVE_INF = 1 << 7,
    FCLASS_SIGNALLING_NAN = 1 << 8,
    FCLASS_QUIET_NAN = 1 << 9,
};

/* A key that orders the numbers of a format, -0 right below +0. */
static int64_t order_d(uint64_t a)
{
    return (int64_t)(a & FPU_D_SIGN ? ~a | FPU_D_SIGN : a);
}

static int32_t order_s(uint32_t a)
{
    return (int32_t)(a & FPU_S_SIGN ? ~a | FPU_S_SIGN : a);
}

/* A NaN loses against a number; two of them make the canonical one. */
static uint64_t min_max_d(FpuState *f, uint64_t a, uint64_t b, bool max)
{
    if (fpu_is_snan_d(a) || fpu_is_snan_d(b)) {
        f->fflags |= FPU_NV;
    }
    if (fpu_is_nan_d(a)) {
        return fpu_is_nan_d(b) ? FPU_D_NAN : b;
    }
    if (fpu_is_nan_d(b)) {
        return a;
    }
    return (order_d(a) < order_d(b)) != max ? a : b;
}

static uint32_t min_max_s(FpuState *f, uint32_t a, uint32_t b, bool max)
{
    if (fpu_is_snan_s(a) || fpu_is_snan_s(b)) {
        f->fflags |= FPU_NV;
    }
    if (fpu_is_nan_s(a)) {
        return fpu_is_nan_s(b) ? FPU_S_NAN : b;
    }
    if (fpu_is_nan_s(b)) {
        return a;
    }
    return (order_s(a) < order_s(b)) != max ? a : b;
}

uint64_t fpu_min_d(FpuState *f, uint64_t a, uint64_t b)
{
    return min_max_d(f, a, b, false);
}

uint64_t fpu_max_d(FpuState *f, uint64_t a, uint64_t b)
{
    return min_max_d(f, a, b, true);
}

uint32_t fpu_min_s(FpuState *f, uint32_t a, uint32_t b)
{
    return min_max_s(f, a, b, false);
}

uint32_t fpu_max_s(FpuState *f, uint32_t a, uint32_t b)
{
    return min_max_s(f, a, b, true);
}

static unsigned class_of_number(bool negative, bool zero, bool subnormal,
                                bool inf)
{
    if (inf) {
        return negative ? FCLASS_NEGATIVE_INF : FCLASS_POSITIVE_INF;
    }
    if (zero) {
        return negative ? FCLASS_NEGATIVE_ZERO : FCLASS_POSITIVE_ZERO;
    }
    if (subnormal) {
        return negative ? FCLASS_NEGATIVE_SUBNORMAL
                        : FCLASS_POSITIVE_SUBNORMAL;
    }
    return negative ? FCLASS_NEGATIVE_NORMAL : FCLASS_POSITIVE_NORMAL;
}

unsigned fpu_class_d(uint64_t a)
{
    uint64_t magnitude = a & ~FPU_D_SIGN;

    if (fpu_is_nan_d(a)) {
        return fpu_is_snan_d(a) ? FCLASS_SIGNALLING_NAN : FCLASS_QUIET_NAN;
    }
    return class_of_number(magnitude != a, magnitude == 0,
                           magnitude < UINT64_C(1) << 52,
                           magnitude == FPU_D_INF);
}

unsigned fpu_class_s(uint32_t a)
{
    uint32_t magnitude = a & ~FPU_S_SIGN;

    if (fpu_is_nan_s(a)) {
        return fpu_is_snan_s(a) ? FCLASS_SIGNALLING_NAN : FCLASS_QUIET_NAN;
    }
    return class_of_number(magnitude != a, magnitude == 0,
                           magnitude < UINT32_C(1) << 23,
                           magnitude == FPU_S_INF);
}
