/* SPDX-License-Identifier: MIT */
/*
 * fpu_double.h - the D extension's arithmetic and comparisons.
 *
 * Included by fpu.h, which says how it works.
 *
 * Thread context: any; an FpuState belongs to one hart's thread.
 */
#ifndef REFVMM_CPU_INTERP_FPU_DOUBLE_H
#define REFVMM_CPU_INTERP_FPU_DOUBLE_H

#include "cpu/interp/fpu.h"

#ifdef __CHECKER__ /* sparse does not know it */
double __builtin_sqrt(double);
#endif

static inline uint64_t IO_FN fpu_add_d(FpuState *f, uint64_t a, uint64_t b,
                                       unsigned rm)
{
    if (fpu_try(f, rm)) {
        double x = fpu_to_host_d(a), y = fpu_to_host_d(b), sum = x + y;
        uint64_t r = fpu_from_host_d(sum);

        /* A sum that is zero is exact. */
        if (__builtin_expect(fpu_in_range_d(r, 2) || sum == 0, 1)
            && ((f->fflags & FPU_NX) || fpu_sum_error_d(x, y, sum) == 0)) {
            return r;
        }
    }
    return fpu_soft_add(f, FPU_D, a, b, rm);
}

static inline uint64_t IO_FN fpu_sub_d(FpuState *f, uint64_t a, uint64_t b,
                                       unsigned rm)
{
    return fpu_add_d(f, a, b ^ FPU_D_SIGN, rm);
}

static inline uint64_t IO_FN fpu_mul_d(FpuState *f, uint64_t a, uint64_t b,
                                       unsigned rm)
{
    if (fpu_try(f, rm)) {
        double x = fpu_to_host_d(a), y = fpu_to_host_d(b), product = x * y;
        uint64_t r = fpu_from_host_d(product);

        if (f->fflags & FPU_NX ? fpu_in_range_d(r, 2)
                               : fpu_in_range_d(r, FPU_RESIDUAL_D)
                                     && __builtin_fma(x, y, -product) == 0) {
            return r;
        }
        if (product == 0 && (x == 0 || y == 0)) {
            return r;
        }
    }
    return fpu_soft_mul(f, FPU_D, a, b, rm);
}

static inline uint64_t IO_FN fpu_div_d(FpuState *f, uint64_t a, uint64_t b,
                                       unsigned rm)
{
    if (fpu_try(f, rm)) {
        double x = fpu_to_host_d(a), y = fpu_to_host_d(b), quotient = x / y;
        uint64_t r = fpu_from_host_d(quotient);

        if (fpu_in_range_d(r, 2)
            && ((f->fflags & FPU_NX)
                || (fpu_in_range_d(a, FPU_RESIDUAL_D)
                    && __builtin_fma(quotient, y, -x) == 0))) {
            return r;
        }
    }
    return fpu_soft_div(f, FPU_D, a, b, rm);
}

static inline uint64_t IO_FN fpu_sqrt_d(FpuState *f, uint64_t a, unsigned rm)
{
    if (fpu_try(f, rm) && a < FPU_D_INF) {
        double x = fpu_to_host_d(a), root = __builtin_sqrt(x);

        if ((f->fflags & FPU_NX)
            || (fpu_in_range_d(a, FPU_RESIDUAL_D)
                && __builtin_fma(root, root, -x) == 0)) {
            return fpu_from_host_d(root);
        }
    }
    return fpu_soft_sqrt(f, FPU_D, a, rm);
}

/* a * b + c */
static inline uint64_t IO_FN fpu_madd_d(FpuState *f, uint64_t a, uint64_t b,
                                        uint64_t c, unsigned rm)
{
    if (fpu_try(f, rm) && (f->fflags & FPU_NX)) {
        uint64_t r = fpu_from_host_d(__builtin_fma(
            fpu_to_host_d(a), fpu_to_host_d(b), fpu_to_host_d(c)));

        if (__builtin_expect(fpu_in_range_d(r, 2), 1)) {
            return r;
        }
    }
    return fpu_soft_fma(f, FPU_D, a, b, c, rm);
}

/* a * b - c */
static inline uint64_t IO_FN fpu_msub_d(FpuState *f, uint64_t a, uint64_t b,
                                        uint64_t c, unsigned rm)
{
    return fpu_madd_d(f, a, b, c ^ FPU_D_SIGN, rm);
}

/* -(a * b) + c */
static inline uint64_t IO_FN fpu_nmsub_d(FpuState *f, uint64_t a, uint64_t b,
                                         uint64_t c, unsigned rm)
{
    return fpu_madd_d(f, a ^ FPU_D_SIGN, b, c, rm);
}

/* -(a * b) - c */
static inline uint64_t IO_FN fpu_nmadd_d(FpuState *f, uint64_t a, uint64_t b,
                                         uint64_t c, unsigned rm)
{
    return fpu_madd_d(f, a ^ FPU_D_SIGN, b, c ^ FPU_D_SIGN, rm);
}

static inline uint64_t IO_FN fpu_sgnj_d(uint64_t a, uint64_t b)
{
    return (a & ~FPU_D_SIGN) | (b & FPU_D_SIGN);
}

static inline uint64_t IO_FN fpu_sgnjn_d(uint64_t a, uint64_t b)
{
    return (a & ~FPU_D_SIGN) | (~b & FPU_D_SIGN);
}

static inline uint64_t IO_FN fpu_sgnjx_d(uint64_t a, uint64_t b)
{
    return a ^ (b & FPU_D_SIGN);
}

/* Quiet: only a signalling NaN is invalid. */
static inline bool IO_FN fpu_eq_d(FpuState *f, uint64_t a, uint64_t b)
{
    if (fpu_is_snan_d(a) || fpu_is_snan_d(b)) {
        f->fflags |= FPU_NV;
    }
    return fpu_to_host_d(a) == fpu_to_host_d(b);
}

/* Signalling: any NaN is invalid. */
static inline bool IO_FN fpu_lt_d(FpuState *f, uint64_t a, uint64_t b)
{
    if (fpu_is_nan_d(a) || fpu_is_nan_d(b)) {
        f->fflags |= FPU_NV;
        return false;
    }
    return fpu_to_host_d(a) < fpu_to_host_d(b);
}

static inline bool IO_FN fpu_le_d(FpuState *f, uint64_t a, uint64_t b)
{
    if (fpu_is_nan_d(a) || fpu_is_nan_d(b)) {
        f->fflags |= FPU_NV;
        return false;
    }
    return fpu_to_host_d(a) <= fpu_to_host_d(b);
}

/* minimumNumber and maximumNumber of IEEE 754-2019; -0 is below +0. */
uint64_t fpu_min_d(FpuState *f, uint64_t a, uint64_t b) IO_FN;
uint64_t fpu_max_d(FpuState *f, uint64_t a, uint64_t b) IO_FN;
/* The ten bits of fclass.d. */
unsigned fpu_class_d(uint64_t a) IO_FN;

#endif
