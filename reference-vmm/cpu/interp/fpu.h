/* SPDX-License-Identifier: MIT */
/*
 * fpu.h - the F and D extensions' arithmetic, on raw bits.
 *
 *     rm = fpu_rounding_mode(&fpu, insn_rm);
 *     if (rm > FPU_RMM) illegal instruction;
 *     f[rd] = fpu_add_d(&fpu, f[rs1], f[rs2], rm);
 *     f[rd] = fpu_box_s(fpu_add_s(&fpu, fpu_unbox_s(f[rs1]), ..., rm));
 *
 * Results and flags are exact in all five rounding modes: NaN results are the
 * canonical NaN, tininess is detected after rounding (section 11.2 of the
 * unprivileged specification; x86 does so too, ARM before).  Flags are or-ed
 * into FpuState.fflags as they arise; there is nothing to collect later and
 * no host state: the host stays in its default environment, rounding to
 * nearest, and nobody reads its flags.
 *
 * How: the integer code of fpu_soft.c can do everything.  Before it is asked,
 * the inline functions here let the host's FPU try: in RNE, with a normal
 * result that is not the smallest (no NaN, overflow or underflow can have
 * happened), the only flag can be inexact, and that one is either set already
 * or shown not to arise by an exact residual.
 *
 * Callers keep mstatus.FS themselves.  Functions without an FpuState set no
 * flags.
 *
 * Thread context: any; an FpuState belongs to one hart's thread.
 */
#ifndef REFVMM_CPU_INTERP_FPU_H
#define REFVMM_CPU_INTERP_FPU_H

#include "base/annotate.h"
#include <float.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Rounding modes, as in instructions and frm. */
enum {
    FPU_RNE = 0, /* to nearest, ties to even */
    FPU_RTZ = 1, /* towards zero */
    FPU_RDN = 2, /* down */
    FPU_RUP = 3, /* up */
    FPU_RMM = 4, /* to nearest, ties to max magnitude */
    FPU_DYN = 7, /* in instructions: as frm says */
};

/* Bits of fflags. */
enum {
    FPU_NX = 1, /* inexact */
    FPU_UF = 2,
    FPU_OF = 4,
    FPU_DZ = 8,
    FPU_NV = 16,
};

typedef struct FpuState {
    uint8_t fflags; /* 5 bits */
    uint8_t frm;    /* 3 bits; 5 to 7 make FPU_DYN illegal */
} FpuState;

typedef enum FpuFormat {
    FPU_S, /* binary32 in the low half */
    FPU_D, /* binary64 */
} FpuFormat;

#define FPU_S_SIGN UINT32_C(0x80000000)
#define FPU_S_INF UINT32_C(0x7f800000)
#define FPU_S_NAN UINT32_C(0x7fc00000)
#define FPU_D_SIGN UINT64_C(0x8000000000000000)
#define FPU_D_INF UINT64_C(0x7ff0000000000000)
#define FPU_D_NAN UINT64_C(0x7ff8000000000000)

/* ---- the exact way, in integers (fpu_soft.c) ------------------------------ */

uint64_t fpu_soft_add(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      unsigned rm) IO_FN;
uint64_t fpu_soft_mul(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      unsigned rm) IO_FN;
uint64_t fpu_soft_div(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      unsigned rm) IO_FN;
uint64_t fpu_soft_sqrt(FpuState *f, FpuFormat format, uint64_t a, unsigned rm)
    IO_FN;
/* a * b + c, rounded once */
uint64_t fpu_soft_fma(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      uint64_t c, unsigned rm) IO_FN;
uint64_t fpu_soft_convert(FpuState *f, FpuFormat to, FpuFormat from,
                          uint64_t a, unsigned rm) IO_FN;
/* (negative ? -magnitude : magnitude), rounded */
uint64_t fpu_soft_from_int(FpuState *f, FpuFormat format, bool negative,
                           uint64_t magnitude, unsigned rm) IO_FN;
/* To an integer of 32 or 64 bits, which saturates with FPU_NV; a result of 32
 * bits is sign-extended, an unsigned one too, as registers want it. */
uint64_t fpu_soft_to_int(FpuState *f, FpuFormat format, uint64_t a,
                         unsigned bits, bool is_signed, unsigned rm) IO_FN;

/* ---- helpers -------------------------------------------------------------- */

/* The mode that an instruction's rm field asks for; above FPU_RMM: illegal. */
static inline unsigned IO_FN fpu_rounding_mode(const FpuState *f, unsigned rm)
{
    return rm == FPU_DYN ? f->frm : rm;
}

/* A single in a register of 64 bits; what is not boxed reads as NaN. */
static inline uint64_t IO_FN fpu_box_s(uint32_t a)
{
    return a | UINT64_C(0xffffffff00000000);
}

static inline uint32_t IO_FN fpu_unbox_s(uint64_t a)
{
    return (a >> 32) == UINT32_MAX ? (uint32_t)a : FPU_S_NAN;
}

static inline double IO_FN fpu_to_host_d(uint64_t a)
{
    double d;

    memcpy(&d, &a, sizeof(d));
    return d;
}

static inline uint64_t IO_FN fpu_from_host_d(double d)
{
    uint64_t a;

    memcpy(&a, &d, sizeof(a));
    return a;
}

static inline float IO_FN fpu_to_host_s(uint32_t a)
{
    float s;

    memcpy(&s, &a, sizeof(s));
    return s;
}

static inline uint32_t IO_FN fpu_from_host_s(float s)
{
    uint32_t a;

    memcpy(&a, &s, sizeof(a));
    return a;
}

static inline bool IO_FN fpu_is_nan_d(uint64_t a)
{
    return (a & ~FPU_D_SIGN) > FPU_D_INF;
}

static inline bool IO_FN fpu_is_nan_s(uint32_t a)
{
    return (a & ~FPU_S_SIGN) > FPU_S_INF;
}

static inline bool IO_FN fpu_is_snan_d(uint64_t a)
{
    return fpu_is_nan_d(a) && !(a & UINT64_C(0x0008000000000000));
}

static inline bool IO_FN fpu_is_snan_s(uint32_t a)
{
    return fpu_is_nan_s(a) && !(a & UINT32_C(0x00400000));
}

/* ---- what the host's FPU may do ------------------------------------------- */

/* Its types are the formats, and it keeps to their rules. */
#if FLT_EVAL_METHOD == 0 && FLT_MANT_DIG == 24 && DBL_MANT_DIG == 53 && \
    !defined(__FAST_MATH__) && !defined(FPU_ONLY_SOFT)
#define FPU_HOST 1
#else
#define FPU_HOST 0
#endif

/* The biased exponent is at least min, and not that of infinity: with min 2
 * no rounding can have come from below the normal numbers. */
static inline bool IO_FN fpu_in_range_d(uint64_t a, unsigned min)
{
    return ((a >> 52 & 0x7ff) - min) < 0x7ff - min;
}

static inline bool IO_FN fpu_in_range_s(uint32_t a, unsigned min)
{
    return ((a >> 23 & 0xff) - min) < 0xff - min;
}

/* Results and operands from here on have residuals that cannot underflow:
 * they are multiples of at least 2^-107 of them. */
#define FPU_RESIDUAL_D 128

static inline bool IO_FN fpu_try(const FpuState *f, unsigned rm)
{
    (void)f;
    return FPU_HOST && __builtin_expect(rm == FPU_RNE, 1);
}

/* What a + b lost when it became sum (Knuth's TwoSum).  Not 0 when in doubt. */
static inline double IO_FN fpu_sum_error_d(double a, double b, double sum)
{
    double b_part = sum - a;
    double a_part = sum - b_part;

    return (a - a_part) + (b - b_part);
}

static inline float IO_FN fpu_sum_error_s(float a, float b, float sum)
{
    float b_part = sum - a;
    float a_part = sum - b_part;

    return (a - a_part) + (b - b_part);
}

/* ---- double --------------------------------------------------------------- */

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

/* ---- single --------------------------------------------------------------- */

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

/* ---- conversions ---------------------------------------------------------- */

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
