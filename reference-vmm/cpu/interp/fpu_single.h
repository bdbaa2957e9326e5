/* SPDX-License-Identifier: MIT */
/*
 * fpu_single.h - the F extension's arithmetic and comparisons.
 *
 * Included by fpu.h, which says how it works.
 *
 * Thread context: any; an FpuState belongs to one hart's thread.
 */
#ifndef REFVMM_CPU_INTERP_FPU_SINGLE_H
#define REFVMM_CPU_INTERP_FPU_SINGLE_H

#include "cpu/interp/fpu.h"

#ifdef __CHECKER__ /* sparse does not know it */
float __builtin_sqrtf(float);
#endif

static inline uint32_t IO_FN fpu_add_s(FpuState *f, uint32_t a, uint32_t b,
                                       unsigned rm)
{
    if (fpu_try(f, rm)) {
        float x = fpu_to_host_s(a), y = fpu_to_host_s(b), sum = x + y;
        uint32_t r = fpu_from_host_s(sum);

        if (__builtin_expect(fpu_in_range_s(r, 2) || sum == 0, 1)
            && ((f->fflags & FPU_NX) || fpu_sum_error_s(x, y, sum) == 0)) {
            return r;
        }
    }
    return fpu_soft_add(f, FPU_S, a, b, rm);
}

static inline uint32_t IO_FN fpu_sub_s(FpuState *f, uint32_t a, uint32_t b,
                                       unsigned rm)
{
    return fpu_add_s(f, a, b ^ FPU_S_SIGN, rm);
}

/* Products of two singles are exact doubles: so are the residuals. */
static inline uint32_t IO_FN fpu_mul_s(FpuState *f, uint32_t a, uint32_t b,
                                       unsigned rm)
{
    if (fpu_try(f, rm)) {
        float x = fpu_to_host_s(a), y = fpu_to_host_s(b), product = x * y;
        uint32_t r = fpu_from_host_s(product);

        if (fpu_in_range_s(r, 2)
            && ((f->fflags & FPU_NX)
                || (double)x * (double)y == (double)product)) {
            return r;
        }
        if (product == 0 && (x == 0 || y == 0)) {
            return r;
        }
    }
    return fpu_soft_mul(f, FPU_S, a, b, rm);
}

static inline uint32_t IO_FN fpu_div_s(FpuState *f, uint32_t a, uint32_t b,
                                       unsigned rm)
{
    if (fpu_try(f, rm)) {
        float x = fpu_to_host_s(a), y = fpu_to_host_s(b), quotient = x / y;
        uint32_t r = fpu_from_host_s(quotient);

        if (fpu_in_range_s(r, 2)
            && ((f->fflags & FPU_NX)
                || (double)quotient * (double)y == (double)x)) {
            return r;
        }
    }
    return fpu_soft_div(f, FPU_S, a, b, rm);
}

static inline uint32_t IO_FN fpu_sqrt_s(FpuState *f, uint32_t a, unsigned rm)
{
    if (fpu_try(f, rm) && a < FPU_S_INF) {
        float x = fpu_to_host_s(a), root = __builtin_sqrtf(x);

        if ((f->fflags & FPU_NX)
            || (double)root * (double)root == (double)x) {
            return fpu_from_host_s(root);
        }
    }
    return fpu_soft_sqrt(f, FPU_S, a, rm);
}

static inline uint32_t IO_FN fpu_madd_s(FpuState *f, uint32_t a, uint32_t b,
                                        uint32_t c, unsigned rm)
{
    if (fpu_try(f, rm) && (f->fflags & FPU_NX)) {
        uint32_t r = fpu_from_host_s(__builtin_fmaf(
            fpu_to_host_s(a), fpu_to_host_s(b), fpu_to_host_s(c)));

        if (__builtin_expect(fpu_in_range_s(r, 2), 1)) {
            return r;
        }
    }
    return fpu_soft_fma(f, FPU_S, a, b, c, rm);
}

static inline uint32_t IO_FN fpu_msub_s(FpuState *f, uint32_t a, uint32_t b,
                                        uint32_t c, unsigned rm)
{
    return fpu_madd_s(f, a, b, c ^ FPU_S_SIGN, rm);
}

static inline uint32_t IO_FN fpu_nmsub_s(FpuState *f, uint32_t a, uint32_t b,
                                         uint32_t c, unsigned rm)
{
    return fpu_madd_s(f, a ^ FPU_S_SIGN, b, c, rm);
}

static inline uint32_t IO_FN fpu_nmadd_s(FpuState *f, uint32_t a, uint32_t b,
                                         uint32_t c, unsigned rm)
{
    return fpu_madd_s(f, a ^ FPU_S_SIGN, b, c ^ FPU_S_SIGN, rm);
}

static inline uint32_t IO_FN fpu_sgnj_s(uint32_t a, uint32_t b)
{
    return (a & ~FPU_S_SIGN) | (b & FPU_S_SIGN);
}

static inline uint32_t IO_FN fpu_sgnjn_s(uint32_t a, uint32_t b)
{
    return (a & ~FPU_S_SIGN) | (~b & FPU_S_SIGN);
}

static inline uint32_t IO_FN fpu_sgnjx_s(uint32_t a, uint32_t b)
{
    return a ^ (b & FPU_S_SIGN);
}

static inline bool IO_FN fpu_eq_s(FpuState *f, uint32_t a, uint32_t b)
{
    if (fpu_is_snan_s(a) || fpu_is_snan_s(b)) {
        f->fflags |= FPU_NV;
    }
    return fpu_to_host_s(a) == fpu_to_host_s(b);
}

static inline bool IO_FN fpu_lt_s(FpuState *f, uint32_t a, uint32_t b)
{
    if (fpu_is_nan_s(a) || fpu_is_nan_s(b)) {
        f->fflags |= FPU_NV;
        return false;
    }
    return fpu_to_host_s(a) < fpu_to_host_s(b);
}

static inline bool IO_FN fpu_le_s(FpuState *f, uint32_t a, uint32_t b)
{
    if (fpu_is_nan_s(a) || fpu_is_nan_s(b)) {
        f->fflags |= FPU_NV;
        return false;
    }
    return fpu_to_host_s(a) <= fpu_to_host_s(b);
}

uint32_t fpu_min_s(FpuState *f, uint32_t a, uint32_t b) IO_FN;
uint32_t fpu_max_s(FpuState *f, uint32_t a, uint32_t b) IO_FN;
unsigned fpu_class_s(uint32_t a) IO_FN;

#endif
