/* SPDX-License-Identifier: MIT */
/*
 * fpu_convert.h - between the formats, and to and from integers.
 *
 * Included by fpu.h, which says how it works.
 *
 * Thread context: any; an FpuState belongs to one hart's thread.
 */
#ifndef REFVMM_CPU_INTERP_FPU_CONVERT_H
#define REFVMM_CPU_INTERP_FPU_CONVERT_H

#include "cpu/interp/fpu.h"

static inline uint32_t IO_FN fpu_cvt_s_d(FpuState *f, uint64_t a, unsigned rm)
{
    if (fpu_try(f, rm)) {
        float s = (float)fpu_to_host_d(a);
        uint32_t r = fpu_from_host_s(s);

        if (fpu_in_range_s(r, 2)
            && ((f->fflags & FPU_NX) || (double)s == fpu_to_host_d(a))) {
            return r;
        }
    }
    return fpu_soft_convert(f, FPU_S, FPU_D, a, rm);
}

/* Always exact. */
static inline uint64_t IO_FN fpu_cvt_d_s(FpuState *f, uint32_t a, unsigned rm)
{
    if (FPU_HOST && fpu_in_range_s(a, 1)) {
        return fpu_from_host_d(fpu_to_host_s(a));
    }
    return fpu_soft_convert(f, FPU_D, FPU_S, a, rm);
}

/*
 * Floating point to integer; the results are what goes into x registers.
 * RTZ, which a cast in C asks for, is the frequent one.  The limits compare
 * false for NaN.
 */
static inline uint64_t IO_FN fpu_cvt_w_d(FpuState *f, uint64_t a, unsigned rm)
{
    double x = fpu_to_host_d(a);

    if (FPU_HOST && rm == FPU_RTZ && x > -0x1p31 && x < 0x1p31) {
        int32_t i = (int32_t)x;

        f->fflags |= (double)i != x ? FPU_NX : 0;
        return (uint64_t)(int64_t)i;
    }
    return fpu_soft_to_int(f, FPU_D, a, 32, true, rm);
}

static inline uint64_t IO_FN fpu_cvt_l_d(FpuState *f, uint64_t a, unsigned rm)
{
    double x = fpu_to_host_d(a);

    if (FPU_HOST && rm == FPU_RTZ && x > -0x1p63 && x < 0x1p63) {
        int64_t i = (int64_t)x;

        f->fflags |= (double)i != x ? FPU_NX : 0;
        return (uint64_t)i;
    }
    return fpu_soft_to_int(f, FPU_D, a, 64, true, rm);
}

static inline uint64_t IO_FN fpu_cvt_wu_d(FpuState *f, uint64_t a, unsigned rm)
{
    return fpu_soft_to_int(f, FPU_D, a, 32, false, rm);
}

static inline uint64_t IO_FN fpu_cvt_lu_d(FpuState *f, uint64_t a, unsigned rm)
{
    return fpu_soft_to_int(f, FPU_D, a, 64, false, rm);
}

static inline uint64_t IO_FN fpu_cvt_w_s(FpuState *f, uint32_t a, unsigned rm)
{
    float x = fpu_to_host_s(a);

    if (FPU_HOST && rm == FPU_RTZ && x > -0x1p31f && x < 0x1p31f) {
        int32_t i = (int32_t)x;

        f->fflags |= (float)i != x ? FPU_NX : 0;
        return (uint64_t)(int64_t)i;
    }
    return fpu_soft_to_int(f, FPU_S, a, 32, true, rm);
}

static inline uint64_t IO_FN fpu_cvt_l_s(FpuState *f, uint32_t a, unsigned rm)
{
    return fpu_soft_to_int(f, FPU_S, a, 64, true, rm);
}

static inline uint64_t IO_FN fpu_cvt_wu_s(FpuState *f, uint32_t a, unsigned rm)
{
    return fpu_soft_to_int(f, FPU_S, a, 32, false, rm);
}

static inline uint64_t IO_FN fpu_cvt_lu_s(FpuState *f, uint32_t a, unsigned rm)
{
    return fpu_soft_to_int(f, FPU_S, a, 64, false, rm);
}

/* Integer to floating point, from whole x registers. */
static inline uint64_t IO_FN fpu_cvt_d_w(FpuState *f, uint64_t a, unsigned rm)
{
    (void)f;
    (void)rm; /* exact */
    return fpu_from_host_d((double)(int32_t)a);
}

static inline uint64_t IO_FN fpu_cvt_d_wu(FpuState *f, uint64_t a, unsigned rm)
{
    (void)f;
    (void)rm; /* exact */
    return fpu_from_host_d((double)(uint32_t)a);
}

static inline uint64_t IO_FN fpu_cvt_d_l(FpuState *f, uint64_t a, unsigned rm)
{
    int64_t i = (int64_t)a;

    if (FPU_HOST && i > -(INT64_C(1) << 53) && i < INT64_C(1) << 53) {
        return fpu_from_host_d((double)i);
    }
    return fpu_soft_from_int(f, FPU_D, i < 0, i < 0 ? -a : a, rm);
}

static inline uint64_t IO_FN fpu_cvt_d_lu(FpuState *f, uint64_t a, unsigned rm)
{
    if (FPU_HOST && a < UINT64_C(1) << 53) {
        return fpu_from_host_d((double)(int64_t)a);
    }
    return fpu_soft_from_int(f, FPU_D, false, a, rm);
}

static inline uint32_t IO_FN fpu_cvt_s_l(FpuState *f, uint64_t a, unsigned rm)
{
    int64_t i = (int64_t)a;

    if (FPU_HOST && i > -(INT64_C(1) << 24) && i < INT64_C(1) << 24) {
        return fpu_from_host_s((float)i);
    }
    return fpu_soft_from_int(f, FPU_S, i < 0, i < 0 ? -a : a, rm);
}

static inline uint32_t IO_FN fpu_cvt_s_lu(FpuState *f, uint64_t a, unsigned rm)
{
    if (FPU_HOST && a < UINT64_C(1) << 24) {
        return fpu_from_host_s((float)(int64_t)a);
    }
    return fpu_soft_from_int(f, FPU_S, false, a, rm);
}

static inline uint32_t IO_FN fpu_cvt_s_w(FpuState *f, uint64_t a, unsigned rm)
{
    return fpu_cvt_s_l(f, (uint64_t)(int64_t)(int32_t)a, rm);
}

static inline uint32_t IO_FN fpu_cvt_s_wu(FpuState *f, uint64_t a, unsigned rm)
{
    return fpu_cvt_s_lu(f, (uint32_t)a, rm);
}

#endif
