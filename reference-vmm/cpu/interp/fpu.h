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
 * the inline functions of fpu_double.h and the like let the host's FPU try: in
 * RNE, with a normal result that is not the smallest (no NaN, overflow or
 * underflow can have happened), the only flag can be inexact, and that one is
 * either set already or shown not to arise by an exact residual.
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

/* ---- the exact way, in integers (fpu_soft.c) --------------------------- */

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

/* ---- helpers ----------------------------------------------------------- */

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

/* ---- what the host's FPU may do ---------------------------------------- */

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

/* The instructions. */
#include "cpu/interp/fpu_convert.h"
#include "cpu/interp/fpu_double.h"
#include "cpu/interp/fpu_single.h"

#endif
