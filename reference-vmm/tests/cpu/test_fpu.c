/* SPDX-License-Identifier: MIT */
/*
 * test_fpu.c - the F and D arithmetic against exact numbers.
 *
 * The numbers are those of fpu_reference.h.  On x86-64 the host's own SSE
 * unit, with its flags and four of the five rounding modes, is a second
 * opinion about that one.
 */
#include "fpu_operands.h"
#include "fpu_operations.h"
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* ---- tests ------------------------------------------------------------- */

static const Format *const both[] = { &format_s, &format_d };

static void test_special_pairs(void **state)
{
    static const Op ops[] = { OP_ADD, OP_SUB, OP_MUL, OP_DIV };

    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        size_t n = special_count(both[k]);

        for (size_t i = 0; i < n * n; i++) {
            for (size_t o = 0; o < COUNT(ops); o++) {
                check(both[k], ops[o], special(both[k], i / n),
                      special(both[k], i % n), 0);
            }
        }
    }
}

static void test_special_single(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        for (size_t i = 0; i < special_count(both[k]); i++) {
            check(both[k], OP_SQRT, special(both[k], i), 0, 0);
            for (Op op = OP_CONVERT; op <= OP_TO_LU; op++) {
                check(both[k], op, special(both[k], i), 0, 0);
            }
        }
    }
}

static void test_special_fma(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        size_t n = special_count(both[k]);

        /* Signs of two operands and every third triple: enough, and fast. */
        for (size_t i = 0; i < n * n * n; i += 1 + random_bits() % 13) {
            check(both[k], OP_MADD + i % 4, special(both[k], i / n / n),
                  special(both[k], i / n % n), special(both[k], i % n));
        }
    }
}

static void test_random(void **state)
{
    (void)state;
    for (int i = 0; i < 300000; i++) {
        const Format *t = both[i & 1];
        Op op = OP_ADD + random_bits() % (OP_TO_LU + 1);

        check(t, op, random_operand(t), random_operand(t), random_operand(t));
    }
}

static void test_from_integers(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t a = random_bits();
        unsigned shift = random_bits() % 64;

        a = i % 3 == 0 ? a >> shift
            : i % 3 == 1 ? (UINT64_C(1) << shift) + a % 5 - 2
                         : -(a >> shift);
        for (Op op = OP_FROM_W; op <= OP_FROM_LU; op++) {
            check(both[i & 1], op, a, 0, 0);
        }
    }
}

/* Around halves, and around the ends of the integers. */
static void test_to_integers(void **state)
{
    static const double ends[] = { 0x1p31, 0x1p32, 0x1p63, 0x1p64, 0x1p23,
                                   0x1p52, 1, 2, 4, 0x1p24 };

    (void)state;
    for (size_t e = 0; e < COUNT(ends); e++) {
        for (int i = -9; i <= 9; i++) {
            double d = ends[e] + i * 0.25;
            uint64_t a = fpu_from_host_d(d);
            uint32_t s = fpu_from_host_s((float)d);

            for (Op op = OP_TO_W; op <= OP_TO_LU; op++) {
                check(&format_d, op, a + i, 0, 0);
                check(&format_d, op, a ^ FPU_D_SIGN, 0, 0);
                check(&format_d, op, (a ^ FPU_D_SIGN) + i, 0, 0);
                check(&format_s, op, s + i, 0, 0);
                check(&format_s, op, s ^ FPU_S_SIGN, 0, 0);
            }
        }
    }
}

/* c close to -(a * b): all leading bits cancel. */
static void test_fma_cancellation(void **state)
{
    (void)state;
    for (int i = 0; i < 30000; i++) {
        const Format *t = both[i & 1];
        uint64_t a = random_operand(t), b = random_operand(t), c;
        unsigned ignored = 0;

        c = ref_fma(t, a, b, NULL, random_bits() % 5, &ignored);
        c ^= sign_bit(t, true);
        check(t, OP_MADD, a, b, c + random_bits() % 3 - 1);
    }
}

/* Products and quotients on and next to ties, normal and subnormal. */
static void test_ties(void **state)
{
    (void)state;
    for (int i = 0; i < 30000; i++) {
        const Format *t = both[i & 1];
        int half = t->precision / 2;
        int fraction_bits = t->precision - 1;
        uint64_t one = (uint64_t)t->emax << fraction_bits;
        uint64_t a, b, scale;

        /* (1 + 2^-i)(1 + 2^-j) and the like: a few bits, half a place */
        a = one | UINT64_C(1) << random_bits() % (half + 2);
        b = one | UINT64_C(1) << random_bits() % fraction_bits;
        check(t, OP_MUL, a, b, 0);
        /* the same, below the normal numbers */
        scale = random_bits() % (t->precision + 3);
        check(t, OP_MUL, a, (scale << fraction_bits) | (b & 0xff), 0);
        check(t, OP_MUL,
              (scale + t->emax - t->precision) << fraction_bits | (a & 0xfff),
              UINT64_C(1) << fraction_bits | (b & 3), 0);
        check(t, OP_ADD, a,
              (t->emax - fraction_bits - 2 + random_bits() % 4)
                      << fraction_bits
                  | random_bits() % 3,
              0);
    }
}

static void check_minmax(const Format *t, uint64_t a, uint64_t b)
{
    Number x = number_of(t, a), y = number_of(t, b);
    Exact ex = exact_of(&x), ey = exact_of(&y);
    unsigned nv = x.snan || y.snan ? FPU_NV : 0;
    FpuState f = { .fflags = 0 };
    uint64_t min, max, want_min = a, want_max = b;
    int order = 0;

    if (!x.nan && !y.nan) {
        if (x.inf || y.inf) {
            order = (x.inf ? (x.negative ? -1 : 1) : 0)
                    - (y.inf ? (y.negative ? -1 : 1) : 0);
        } else {
            ex.negative = x.negative && !x.zero;
            ey.negative = y.negative && !y.zero;
            order = ex.negative != ey.negative
                        ? (ex.negative ? -1 : 1)
                        : exact_compare(&ex, &ey) * (ex.negative ? -1 : 1);
        }
        if (order == 0 ? y.negative : order > 0) {
            want_min = b;
            want_max = a;
        }
    } else {
        want_min = want_max = x.nan && y.nan ? ref_nan(t) : x.nan ? b : a;
    }
    min = t == &format_s ? fpu_min_s(&f, a, b) : fpu_min_d(&f, a, b);
    assert_int_equal(f.fflags, nv);
    max = t == &format_s ? fpu_max_s(&f, a, b) : fpu_max_d(&f, a, b);
    assert_int_equal(min, want_min);
    assert_int_equal(max, want_max);
    assert_int_equal(f.fflags, nv);

    f.fflags = 0;
    assert_int_equal(t == &format_s ? fpu_eq_s(&f, a, b) : fpu_eq_d(&f, a, b),
                     !x.nan && !y.nan && order == 0);
    assert_int_equal(f.fflags, nv);
    nv = x.nan || y.nan ? FPU_NV : 0;
    assert_int_equal(t == &format_s ? fpu_lt_s(&f, a, b) : fpu_lt_d(&f, a, b),
                     !nv && order < 0);
    assert_int_equal(f.fflags, nv);
    f.fflags = 0;
    assert_int_equal(t == &format_s ? fpu_le_s(&f, a, b) : fpu_le_d(&f, a, b),
                     !nv && order <= 0);
    assert_int_equal(f.fflags, nv);
}

static void test_compare(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 2; k++) {
        size_t n = special_count(both[k]);

        for (size_t i = 0; i < n * n; i++) {
            check_minmax(both[k], special(both[k], i / n),
                         special(both[k], i % n));
        }
        for (int i = 0; i < 5000; i++) {
            check_minmax(both[k], random_operand(both[k]),
                         random_operand(both[k]));
        }
    }
}

static void test_class_and_signs(void **state)
{
    static const struct {
        uint64_t d;
        uint32_t s;
        unsigned bit;
    } classes[] = {
        { 0xfff0000000000000, 0xff800000, 0 },
        { 0xbff0000000000000, 0xbf800000, 1 },
        { 0xffefffffffffffff, 0xff7fffff, 1 },
        { 0x8010000000000000, 0x80800000, 1 },
        { 0x800fffffffffffff, 0x807fffff, 2 },
        { 0x8000000000000001, 0x80000001, 2 },
        { 0x8000000000000000, 0x80000000, 3 },
        { 0x0000000000000000, 0x00000000, 4 },
        { 0x0000000000000001, 0x00000001, 5 },
        { 0x000fffffffffffff, 0x007fffff, 5 },
        { 0x0010000000000000, 0x00800000, 6 },
        { 0x7fefffffffffffff, 0x7f7fffff, 6 },
        { 0x7ff0000000000000, 0x7f800000, 7 },
        { 0x7ff0000000000001, 0x7f800001, 8 },
        { 0xfff7ffffffffffff, 0xffbfffff, 8 },
        { 0x7ff8000000000000, 0x7fc00000, 9 },
        { 0xffffffffffffffff, 0xffffffff, 9 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(classes); i++) {
        assert_int_equal(fpu_class_d(classes[i].d), 1u << classes[i].bit);
        assert_int_equal(fpu_class_s(classes[i].s), 1u << classes[i].bit);
    }
    assert_int_equal(fpu_sgnj_d(FPU_D_NAN, FPU_D_SIGN),
                     FPU_D_NAN | FPU_D_SIGN);
    assert_int_equal(fpu_sgnjn_d(1, FPU_D_SIGN), 1);
    assert_int_equal(fpu_sgnjx_d(FPU_D_SIGN | 1, FPU_D_SIGN), 1);
    assert_int_equal(fpu_sgnj_s(1, FPU_S_SIGN), FPU_S_SIGN | 1);
    assert_int_equal(fpu_sgnjn_s(FPU_S_SIGN | 1, FPU_S_SIGN), 1);
    assert_int_equal(fpu_sgnjx_s(1, FPU_S_SIGN), FPU_S_SIGN | 1);
    assert_int_equal(fpu_unbox_s(fpu_box_s(0x12345678)), 0x12345678);
    assert_int_equal(fpu_unbox_s(0xfffffffe3f800000), FPU_S_NAN);
    assert_int_equal(fpu_unbox_s(0x3f800000), FPU_S_NAN);
    assert_int_equal(
        fpu_rounding_mode(&(FpuState){ .frm = FPU_RUP }, FPU_DYN), FPU_RUP);
    assert_int_equal(
        fpu_rounding_mode(&(FpuState){ .frm = FPU_RUP }, FPU_RMM), FPU_RMM);
    assert_true(fpu_rounding_mode(&(FpuState){ .frm = 5 }, FPU_DYN)
                > FPU_RMM);
}

/* Known answers, so that a mistake in the reference would show, too. */
static void test_known(void **state)
{
    static const struct {
        Op op;
        unsigned rm;
        uint64_t a, b, c, result;
        unsigned flags;
    } known[] = {
        /* half the least subnormal */
        { OP_MUL, FPU_RNE, 1, 0x3fe0000000000000, 0, 0, FPU_UF | FPU_NX },
        { OP_MUL, FPU_RMM, 1, 0x3fe0000000000000, 0, 1, FPU_UF | FPU_NX },
        { OP_MUL, FPU_RUP, 1, 0x3fe0000000000000, 0, 1, FPU_UF | FPU_NX },
        /* rounds to the least normal: tiny after rounding only if it would
         * also be below with more exponents */
        { OP_MUL, FPU_RNE, 0x001fffffffffffff, 0x3fe0000000000000, 0,
          0x0010000000000000, FPU_UF | FPU_NX },
        { OP_MUL, FPU_RNE, 0x3fefffffffffffff, 0x0010000000000001, 0,
          0x0010000000000000, FPU_NX },
        { OP_MUL, FPU_RNE, 0x3fefffffffffffff, 0x0010000000000000, 0,
          0x0010000000000000, FPU_UF | FPU_NX },
        /* ties */
        { OP_ADD, FPU_RNE, 0x3ff0000000000000, 0x3ca0000000000000, 0,
          0x3ff0000000000000, FPU_NX },
        { OP_ADD, FPU_RMM, 0x3ff0000000000000, 0x3ca0000000000000, 0,
          0x3ff0000000000001, FPU_NX },
        { OP_ADD, FPU_RMM, 0xbff0000000000000, 0xbca0000000000000, 0,
          0xbff0000000000001, FPU_NX },
        { OP_SUB, FPU_RDN, 0x3ff0000000000000, 0x3ff0000000000000, 0,
          FPU_D_SIGN, 0 },
        { OP_DIV, FPU_RNE, 0x3ff0000000000000, 0, 0, FPU_D_INF, FPU_DZ },
        { OP_DIV, FPU_RNE, 0, FPU_D_SIGN, 0, FPU_D_NAN, FPU_NV },
        { OP_ADD, FPU_RTZ, 0x7fefffffffffffff, 0x7fefffffffffffff, 0,
          0x7fefffffffffffff, FPU_OF | FPU_NX },
        { OP_SQRT, FPU_RNE, 0x4000000000000000, 0, 0, 0x3ff6a09e667f3bcd,
          FPU_NX },
        { OP_MADD, FPU_RNE, FPU_D_INF, 0, FPU_D_NAN, FPU_D_NAN, FPU_NV },
        /* (1 + 2^-52)^2 - (1 + 2^-51) = 2^-104 */
        { OP_MSUB, FPU_RNE, 0x3ff0000000000001, 0x3ff0000000000001,
          0x3ff0000000000002, 0x3970000000000000, 0 },
        { OP_NMADD, FPU_RNE, 0x3ff0000000000000, 0x4000000000000000,
          0x4008000000000000, 0xc014000000000000, 0 },
        { OP_NMSUB, FPU_RNE, 0x3ff0000000000000, 0x4000000000000000,
          0x4008000000000000, 0x3ff0000000000000, 0 },
        { OP_TO_WU, FPU_RNE, 0xbfe0000000000000, 0, 0, 0, FPU_NX },
        { OP_TO_WU, FPU_RMM, 0xbfe0000000000000, 0, 0, 0, FPU_NV },
        { OP_TO_WU, FPU_RTZ, 0x41efffffffe00000, 0, 0, UINT64_MAX, 0 },
        { OP_TO_W, FPU_RTZ, 0xc1e0000000000000, 0, 0, 0xffffffff80000000,
          0 },
        { OP_TO_LU, FPU_RTZ, FPU_D_NAN, 0, 0, UINT64_MAX, FPU_NV },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(known); i++) {
        uint64_t v[3] = { known[i].a, known[i].b, known[i].c };
        unsigned flags = 0;
        uint64_t want = reference(&format_d, known[i].op, v, known[i].rm,
                                  &flags);

        expect(&format_d, known[i].op, v, known[i].rm, "the reference", want,
               flags, known[i].result, known[i].flags);
        check_one(&format_d, known[i].op, v, known[i].rm);
    }
}

#if defined(__x86_64__)

/* What SSE says: flags and, unless it is a NaN, the result. */
#define SSE2(instruction, type, a, b)                                        \
    __asm__ volatile(instruction " %1, %0" : "+x"(a) : "x"((type)(b)))

static uint64_t sse(const Format *t, Op op, const uint64_t *v)
{
    double x = fpu_to_host_d(v[0]), y = fpu_to_host_d(v[1]);
    float p = fpu_to_host_s(v[0]), q = fpu_to_host_s(v[1]);
    bool d = t == &format_d;

    switch (op) {
    case OP_ADD:
        if (d) {
            SSE2("addsd", double, x, y);
        } else {
            SSE2("addss", float, p, q);
        }
        break;
    case OP_SUB:
        if (d) {
            SSE2("subsd", double, x, y);
        } else {
            SSE2("subss", float, p, q);
        }
        break;
    case OP_MUL:
        if (d) {
            SSE2("mulsd", double, x, y);
        } else {
            SSE2("mulss", float, p, q);
        }
        break;
    case OP_DIV:
        if (d) {
            SSE2("divsd", double, x, y);
        } else {
            SSE2("divss", float, p, q);
        }
        break;
    case OP_SQRT:
        if (d) {
            __asm__ volatile("sqrtsd %0, %0" : "+x"(x));
        } else {
            __asm__ volatile("sqrtss %0, %0" : "+x"(p));
        }
        break;
    default: /* OP_CONVERT */
        if (d) {
            __asm__ volatile("cvtsd2ss %1, %0" : "=x"(p) : "x"(x));
            return fpu_from_host_s(p);
        }
        __asm__ volatile("cvtss2sd %1, %0" : "=x"(x) : "x"(p));
        return fpu_from_host_d(x);
    }
    return d ? fpu_from_host_d(x) : fpu_from_host_s(p);
}

static void check_sse(const Format *t, Op op, const uint64_t *v, unsigned rm)
{
    static const unsigned modes[] = { 0, 0x6000, 0x2000, 0x4000 };
    unsigned saved = _mm_getcsr(), csr, flags = 0, sse_flags;
    uint64_t got, want = reference(t, op, v, rm, &flags);
    const Format *to = op != OP_CONVERT   ? t
                       : t == &format_s ? &format_d
                                        : &format_s;

    _mm_setcsr(0x1f80 | modes[rm]);
    got = sse(t, op, v);
    __asm__ volatile("" : "+r"(got));
    csr = _mm_getcsr();
    _mm_setcsr(saved);
    sse_flags = (csr & 1 ? FPU_NV : 0) | (csr & 4 ? FPU_DZ : 0)
                | (csr & 8 ? FPU_OF : 0) | (csr & 16 ? FPU_UF : 0)
                | (csr & 32 ? FPU_NX : 0);
    if (number_of(to, got).nan) {
        got = ref_nan(to);
    }
    expect(t, op, v, rm, "SSE against the reference", got, sse_flags, want,
           flags);
}

static void test_reference_against_host(void **state)
{
    static const Op ops[] = { OP_ADD, OP_SUB,  OP_MUL,
                              OP_DIV, OP_SQRT, OP_CONVERT };

    (void)state;
    for (int i = 0; i < 200000; i++) {
        const Format *t = both[i & 1];
        uint64_t v[3] = { random_operand(t), random_operand(t), 0 };

        check_sse(t, ops[random_bits() % COUNT(ops)], v, random_bits() % 4);
    }
}

#else

static void test_reference_against_host(void **state)
{
    (void)state;
    skip();
}

#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_special_pairs),
        cmocka_unit_test(test_special_single),
        cmocka_unit_test(test_special_fma),
        cmocka_unit_test(test_from_integers),
        cmocka_unit_test(test_to_integers),
        cmocka_unit_test(test_ties),
        cmocka_unit_test(test_fma_cancellation),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_class_and_signs),
        cmocka_unit_test(test_reference_against_host),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
