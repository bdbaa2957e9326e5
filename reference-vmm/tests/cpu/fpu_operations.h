/* SPDX-License-Identifier: MIT */
/*
 * fpu_operations.h - each operation done by the reference and by the code
 * under test, compared in result and flags.
 *
 * Thread context: any.
 */
#ifndef REFVMM_TESTS_CPU_FPU_OPERATIONS_H
#define REFVMM_TESTS_CPU_FPU_OPERATIONS_H

#include "fpu_reference.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

typedef enum Op {
    OP_ADD,
    OP_SUB,
    OP_MUL,
    OP_DIV,
    OP_SQRT,
    OP_MADD,
    OP_MSUB,
    OP_NMSUB,
    OP_NMADD,
    OP_CONVERT, /* to the other format */
    OP_TO_W,
    OP_TO_WU,
    OP_TO_L,
    OP_TO_LU,
    OP_FROM_W,
    OP_FROM_WU,
    OP_FROM_L,
    OP_FROM_LU,
    OP_COUNT,
} Op;

static const char *const op_names[] = {
    "add",     "sub",      "mul",  "div",   "sqrt", "madd",
    "msub",    "nmsub",    "nmadd", "convert", "to w", "to wu",
    "to l",    "to lu",    "from w", "from wu", "from l", "from lu",
};

static uint64_t reference(const Format *t, Op op, const uint64_t *v,
                          unsigned rm, unsigned *flags)
{
    uint64_t sign = sign_bit(t, true), a = v[0], c;

    switch (op) {
    case OP_ADD:
        return ref_add(t, a, v[1], rm, flags);
    case OP_SUB:
        return ref_add(t, a, v[1] ^ sign, rm, flags);
    case OP_MUL:
        return ref_fma(t, a, v[1], NULL, rm, flags);
    case OP_DIV:
        return ref_div(t, a, v[1], rm, flags);
    case OP_SQRT:
        return ref_sqrt(t, a, rm, flags);
    case OP_MADD:
    case OP_MSUB:
    case OP_NMSUB:
    case OP_NMADD:
        c = v[2] ^ (op == OP_MSUB || op == OP_NMADD ? sign : 0);
        a ^= op == OP_NMSUB || op == OP_NMADD ? sign : 0;
        return ref_fma(t, a, v[1], &c, rm, flags);
    case OP_CONVERT:
        return ref_convert(t == &format_s ? &format_d : &format_s, t, a, rm,
                           flags);
    case OP_TO_W:
        return ref_to_int(t, a, 32, true, rm, flags);
    case OP_TO_WU:
        return ref_to_int(t, a, 32, false, rm, flags);
    case OP_TO_L:
        return ref_to_int(t, a, 64, true, rm, flags);
    case OP_TO_LU:
        return ref_to_int(t, a, 64, false, rm, flags);
    case OP_FROM_W:
        a = (uint64_t)(int64_t)(int32_t)a;
        return ref_from_int(t, a >> 63, a >> 63 ? -a : a, rm, flags);
    case OP_FROM_WU:
        return ref_from_int(t, false, (uint32_t)a, rm, flags);
    case OP_FROM_L:
        return ref_from_int(t, a >> 63, a >> 63 ? -a : a, rm, flags);
    default:
        return ref_from_int(t, false, a, rm, flags);
    }
}

#define CASES(suffix, other)                                                 \
    case OP_ADD:                                                             \
        return fpu_add_##suffix(f, v[0], v[1], rm);                          \
    case OP_SUB:                                                             \
        return fpu_sub_##suffix(f, v[0], v[1], rm);                          \
    case OP_MUL:                                                             \
        return fpu_mul_##suffix(f, v[0], v[1], rm);                          \
    case OP_DIV:                                                             \
        return fpu_div_##suffix(f, v[0], v[1], rm);                          \
    case OP_SQRT:                                                            \
        return fpu_sqrt_##suffix(f, v[0], rm);                               \
    case OP_MADD:                                                            \
        return fpu_madd_##suffix(f, v[0], v[1], v[2], rm);                   \
    case OP_MSUB:                                                            \
        return fpu_msub_##suffix(f, v[0], v[1], v[2], rm);                   \
    case OP_NMSUB:                                                           \
        return fpu_nmsub_##suffix(f, v[0], v[1], v[2], rm);                  \
    case OP_NMADD:                                                           \
        return fpu_nmadd_##suffix(f, v[0], v[1], v[2], rm);                  \
    case OP_CONVERT:                                                         \
        return fpu_cvt_##other##_##suffix(f, v[0], rm);                      \
    case OP_TO_W:                                                            \
        return fpu_cvt_w_##suffix(f, v[0], rm);                              \
    case OP_TO_WU:                                                           \
        return fpu_cvt_wu_##suffix(f, v[0], rm);                             \
    case OP_TO_L:                                                            \
        return fpu_cvt_l_##suffix(f, v[0], rm);                              \
    case OP_TO_LU:                                                           \
        return fpu_cvt_lu_##suffix(f, v[0], rm);                             \
    case OP_FROM_W:                                                          \
        return fpu_cvt_##suffix##_w(f, v[0], rm);                            \
    case OP_FROM_WU:                                                         \
        return fpu_cvt_##suffix##_wu(f, v[0], rm);                           \
    case OP_FROM_L:                                                          \
        return fpu_cvt_##suffix##_l(f, v[0], rm);                            \
    default:                                                                 \
        return fpu_cvt_##suffix##_lu(f, v[0], rm)

static uint64_t tested_s(FpuState *f, Op op, const uint64_t *v, unsigned rm)
{
    switch (op) {
        CASES(s, d);
    }
}

static uint64_t tested_d(FpuState *f, Op op, const uint64_t *v, unsigned rm)
{
    switch (op) {
        CASES(d, s);
    }
}

/* The integer code alone, which a host without FPU uses. */
static uint64_t tested_soft(const Format *t, FpuState *f, Op op,
                            const uint64_t *v, unsigned rm)
{
    uint64_t sign = sign_bit(t, true), a = v[0];
    FpuFormat m = t->format;

    switch (op) {
    case OP_ADD:
        return fpu_soft_add(f, m, a, v[1], rm);
    case OP_SUB:
        return fpu_soft_add(f, m, a, v[1] ^ sign, rm);
    case OP_MUL:
        return fpu_soft_mul(f, m, a, v[1], rm);
    case OP_DIV:
        return fpu_soft_div(f, m, a, v[1], rm);
    case OP_SQRT:
        return fpu_soft_sqrt(f, m, a, rm);
    case OP_MADD:
        return fpu_soft_fma(f, m, a, v[1], v[2], rm);
    case OP_MSUB:
        return fpu_soft_fma(f, m, a, v[1], v[2] ^ sign, rm);
    case OP_NMSUB:
        return fpu_soft_fma(f, m, a ^ sign, v[1], v[2], rm);
    case OP_NMADD:
        return fpu_soft_fma(f, m, a ^ sign, v[1], v[2] ^ sign, rm);
    case OP_CONVERT:
        return fpu_soft_convert(f, m == FPU_S ? FPU_D : FPU_S, m, a, rm);
    case OP_TO_W:
        return fpu_soft_to_int(f, m, a, 32, true, rm);
    case OP_TO_WU:
        return fpu_soft_to_int(f, m, a, 32, false, rm);
    case OP_TO_L:
        return fpu_soft_to_int(f, m, a, 64, true, rm);
    case OP_TO_LU:
        return fpu_soft_to_int(f, m, a, 64, false, rm);
    case OP_FROM_W:
        a = (uint64_t)(int64_t)(int32_t)a;
        return fpu_soft_from_int(f, m, a >> 63, a >> 63 ? -a : a, rm);
    case OP_FROM_WU:
        return fpu_soft_from_int(f, m, false, (uint32_t)a, rm);
    case OP_FROM_L:
        return fpu_soft_from_int(f, m, a >> 63, a >> 63 ? -a : a, rm);
    default:
        return fpu_soft_from_int(f, m, false, a, rm);
    }
}

static void expect(const Format *t, Op op, const uint64_t *v, unsigned rm,
                   const char *who, uint64_t got, unsigned got_flags,
                   uint64_t want, unsigned want_flags)
{
    if (got != want || got_flags != want_flags) {
        fail_msg("%s.%s %016llx %016llx %016llx rm %u, %s: %016llx flags "
                 "%02x, should be %016llx flags %02x",
                 op_names[op], t == &format_s ? "s" : "d",
                 (unsigned long long)v[0], (unsigned long long)v[1],
                 (unsigned long long)v[2], rm, who, (unsigned long long)got,
                 got_flags, (unsigned long long)want, want_flags);
    }
}

static void check_one(const Format *t, Op op, const uint64_t *v, unsigned rm)
{
    unsigned flags = 0;
    uint64_t want = reference(t, op, v, rm, &flags);
    FpuState f = { .fflags = 0 };
    uint64_t got = tested_soft(t, &f, op, v, rm);

    expect(t, op, v, rm, "integers", got, f.fflags, want, flags);
    for (int nx = 0; nx < 2; nx++) {
        f.fflags = nx ? FPU_NX : 0;
        got = t == &format_s ? tested_s(&f, op, v, rm)
                             : tested_d(&f, op, v, rm);
        expect(t, op, v, rm, nx ? "after inexact" : "from clear flags", got,
               f.fflags, want, flags | (nx ? FPU_NX : 0));
    }
}

static void check(const Format *t, Op op, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t v[3] = { a, b, c };

    for (unsigned rm = FPU_RNE; rm <= FPU_RMM; rm++) {
        check_one(t, op, v, rm);
    }
}

#endif
