/* SPDX-License-Identifier: MIT */
/*
 * fpu_reference.h - exact arithmetic to hold the F and D extensions to.
 *
 * Every finite intermediate result is one fixed-point number of 4352 bits,
 * and that is rounded: slow, simple, and with no idea in common with the code
 * under test.
 *
 * Thread context: any.
 */
#ifndef REFVMM_TESTS_CPU_FPU_REFERENCE_H
#define REFVMM_TESTS_CPU_FPU_REFERENCE_H

#include "cpu/interp/fpu.h"

typedef unsigned __int128 u128;

/* ---- exact numbers ----------------------------------------------------- */

#define WORDS 68
#define POINT 2200 /* bit POINT is 2^0 */

typedef struct Exact {
    bool negative;
    bool sticky; /* and a bit more, less than the lowest bit */
    uint64_t word[WORDS];
} Exact;

typedef struct Format {
    FpuFormat format;
    int bits, precision, emin, emax;
} Format;

static const Format format_s = { FPU_S, 32, 24, -126, 127 };
static const Format format_d = { FPU_D, 64, 53, -1022, 1023 };

static bool exact_bit(const Exact *x, int i)
{
    return i >= 0 && (x->word[i / 64] >> (i % 64) & 1);
}

static int exact_top(const Exact *x)
{
    for (int i = WORDS - 1; i >= 0; i--) {
        if (x->word[i]) {
            return i * 64 + 63 - __builtin_clzll(x->word[i]);
        }
    }
    return -1;
}

static bool exact_any_below(const Exact *x, int bit)
{
    if (x->sticky || bit <= 0) {
        return x->sticky;
    }
    for (int i = 0; i < bit / 64; i++) {
        if (x->word[i]) {
            return true;
        }
    }
    return bit % 64 && (x->word[bit / 64] << (64 - bit % 64));
}

/* m * 2^exponent */
static Exact exact_make(bool negative, u128 m, int exponent)
{
    Exact x = { .negative = negative };
    int at = POINT + exponent;

    for (int i = 0; i < 128; i++) {
        if (m >> i & 1) {
            x.word[(at + i) / 64] |= UINT64_C(1) << ((at + i) % 64);
        }
    }
    return x;
}

static int exact_compare(const Exact *a, const Exact *b)
{
    for (int i = WORDS - 1; i >= 0; i--) {
        if (a->word[i] != b->word[i]) {
            return a->word[i] < b->word[i] ? -1 : 1;
        }
    }
    return 0;
}

static Exact exact_add(const Exact *a, const Exact *b)
{
    bool subtract = a->negative != b->negative;
    const Exact *big = exact_compare(a, b) < 0 ? b : a;
    const Exact *small = big == a ? b : a;
    Exact sum = { .negative = big->negative };
    unsigned carry = 0;

    for (int i = 0; i < WORDS; i++) {
        u128 v = subtract
                     ? (u128)big->word[i] - small->word[i] - carry
                     : (u128)big->word[i] + small->word[i] + carry;

        sum.word[i] = (uint64_t)v;
        carry = (v >> 64) != 0;
    }
    return sum;
}

/* The bits of x at lsb and above, rounded there. */
static uint64_t exact_round_at(const Exact *x, int lsb, unsigned rm,
                               bool *ret_inexact)
{
    uint64_t kept = 0;
    bool half = exact_bit(x, lsb - 1), rest = exact_any_below(x, lsb - 1);
    bool up = false;

    for (int i = exact_top(x); i >= lsb; i--) {
        kept = kept << 1 | exact_bit(x, i);
    }
    *ret_inexact = half || rest;
    switch (rm) {
    case FPU_RNE:
        up = half && (rest || (kept & 1));
        break;
    case FPU_RDN:
        up = x->negative && (half || rest);
        break;
    case FPU_RUP:
        up = !x->negative && (half || rest);
        break;
    case FPU_RMM:
        up = half;
        break;
    }
    return kept + up;
}

/* ---- the reference ----------------------------------------------------- */

typedef struct Number {
    bool nan, snan, inf, zero, negative;
    uint64_t m;
    int exponent; /* m * 2^exponent */
} Number;

static Number number_of(const Format *t, uint64_t a)
{
    int fraction_bits = t->precision - 1;
    uint64_t fraction = a & ((UINT64_C(1) << fraction_bits) - 1);
    int biased = (int)(a >> fraction_bits) & (2 * t->emax + 1);
    Number n = { .negative = a >> (t->bits - 1) & 1 };

    if (biased == 2 * t->emax + 1) {
        n.inf = fraction == 0;
        n.nan = fraction != 0;
        n.snan = n.nan && !(fraction >> (fraction_bits - 1));
        return n;
    }
    n.zero = biased == 0 && fraction == 0;
    n.m = biased ? fraction | UINT64_C(1) << fraction_bits : fraction;
    n.exponent = (biased ? biased : 1) - t->emax - fraction_bits;
    return n;
}

static uint64_t sign_bit(const Format *t, bool negative)
{
    return (uint64_t)negative << (t->bits - 1);
}

static uint64_t ref_inf(const Format *t, bool negative)
{
    return sign_bit(t, negative)
           | (uint64_t)(2 * t->emax + 1) << (t->precision - 1);
}

static uint64_t ref_nan(const Format *t)
{
    return ref_inf(t, false) | UINT64_C(1) << (t->precision - 2);
}

static uint64_t ref_round(const Format *t, const Exact *x, unsigned rm,
                          unsigned *flags)
{
    int top = exact_top(x), subnormal_lsb = POINT + t->emin - t->precision + 1;
    int lsb = top - t->precision + 1;
    bool inexact, tiny = false;
    uint64_t kept;

    kept = exact_round_at(x, lsb, rm, &inexact);
    if (lsb < subnormal_lsb) {
        tiny = kept >> t->precision ? lsb + 1 < subnormal_lsb : true;
        lsb = subnormal_lsb;
        kept = exact_round_at(x, lsb, rm, &inexact);
    }
    if (kept >> t->precision) {
        kept >>= 1;
        lsb++;
    }
    if (lsb - POINT + t->precision - 1 > t->emax) {
        bool away = rm == FPU_RNE || rm == FPU_RMM
                    || rm == (x->negative ? FPU_RDN : FPU_RUP);

        *flags |= FPU_OF | FPU_NX;
        return ref_inf(t, x->negative) - (away ? 0 : 1);
    }
    if (inexact) {
        *flags |= FPU_NX | (tiny ? FPU_UF : 0);
    }
    if (kept >> (t->precision - 1)) {
        /* normal: the leading one becomes part of the exponent */
        kept += (uint64_t)(lsb - subnormal_lsb) << (t->precision - 1);
    }
    return kept | sign_bit(t, x->negative);
}

static uint64_t ref_invalid(const Format *t, unsigned *flags)
{
    *flags |= FPU_NV;
    return ref_nan(t);
}

static Exact exact_of(const Number *n)
{
    return exact_make(n->negative, n->m, n->exponent);
}

/* a * b + c; without c when it is NULL */
static uint64_t ref_fma(const Format *t, uint64_t a, uint64_t b,
                        const uint64_t *c, unsigned rm, unsigned *flags)
{
    Number x = number_of(t, a), y = number_of(t, b);
    Number z = c ? number_of(t, *c) : (Number){ .zero = true };
    bool negative = x.negative ^ y.negative;
    Exact product, sum, addend;

    if ((x.inf && y.zero) || (x.zero && y.inf)) {
        return ref_invalid(t, flags);
    }
    if (x.nan || y.nan || z.nan) {
        *flags |= x.snan || y.snan || z.snan ? FPU_NV : 0;
        return ref_nan(t);
    }
    if (x.inf || y.inf) {
        if (z.inf && z.negative != negative) {
            return ref_invalid(t, flags);
        }
        return ref_inf(t, negative);
    }
    if (z.inf) {
        return ref_inf(t, z.negative);
    }
    if (x.zero || y.zero) {
        if (!c || (z.zero && z.negative == negative)) {
            return sign_bit(t, negative);
        }
        return z.zero ? sign_bit(t, rm == FPU_RDN) : *c;
    }
    product = exact_make(negative, (u128)x.m * y.m, x.exponent + y.exponent);
    addend = exact_of(&z);
    sum = exact_add(&product, &addend);
    if (exact_top(&sum) < 0) {
        return sign_bit(t, rm == FPU_RDN);
    }
    return ref_round(t, &sum, rm, flags);
}

static uint64_t ref_add(const Format *t, uint64_t a, uint64_t b, unsigned rm,
                        unsigned *flags)
{
    Number x = number_of(t, a), y = number_of(t, b);
    Exact ex, ey, sum;

    if (x.nan || y.nan) {
        *flags |= x.snan || y.snan ? FPU_NV : 0;
        return ref_nan(t);
    }
    if (x.inf && y.inf && x.negative != y.negative) {
        return ref_invalid(t, flags);
    }
    if (x.inf || y.inf) {
        return x.inf ? a : b;
    }
    ex = exact_of(&x);
    ey = exact_of(&y);
    sum = exact_add(&ex, &ey);
    if (exact_top(&sum) < 0) {
        bool both = x.zero && y.zero && x.negative == y.negative;

        return sign_bit(t, both ? x.negative : rm == FPU_RDN);
    }
    return ref_round(t, &sum, rm, flags);
}

static uint64_t ref_div(const Format *t, uint64_t a, uint64_t b, unsigned rm,
                        unsigned *flags)
{
    Number x = number_of(t, a), y = number_of(t, b);
    bool negative = x.negative ^ y.negative;
    u128 quotient, rest;
    int exponent = x.exponent - y.exponent;
    Exact q;

    if (x.nan || y.nan) {
        *flags |= x.snan || y.snan ? FPU_NV : 0;
        return ref_nan(t);
    }
    if ((x.inf && y.inf) || (x.zero && y.zero)) {
        return ref_invalid(t, flags);
    }
    if (x.inf || y.zero) {
        *flags |= x.inf ? 0 : FPU_DZ;
        return ref_inf(t, negative);
    }
    if (x.zero || y.inf) {
        return sign_bit(t, negative);
    }
    quotient = x.m / y.m;
    rest = x.m % y.m;
    while (!(quotient >> 60)) { /* long division, a bit at a time */
        rest <<= 1;
        quotient = quotient << 1 | (rest >= y.m);
        rest -= rest >= y.m ? y.m : 0;
        exponent--;
    }
    q = exact_make(negative, quotient, exponent);
    q.sticky = rest != 0;
    return ref_round(t, &q, rm, flags);
}

static uint64_t ref_sqrt(const Format *t, uint64_t a, unsigned rm,
                         unsigned *flags)
{
    Number x = number_of(t, a);
    u128 radicand = x.m;
    uint64_t root = 0;
    Exact r;

    if (x.nan) {
        *flags |= x.snan ? FPU_NV : 0;
        return ref_nan(t);
    }
    if (x.zero || (x.inf && !x.negative)) {
        return a;
    }
    if (x.negative) {
        return ref_invalid(t, flags);
    }
    while (!(radicand >> 125) || (x.exponent & 1)) {
        radicand <<= 1;
        x.exponent--;
    }
    for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1) {
        if ((u128)(root | bit) * (root | bit) <= radicand) {
            root |= bit;
        }
    }
    r = exact_make(false, root, x.exponent / 2);
    r.sticky = (u128)root * root != radicand;
    return ref_round(t, &r, rm, flags);
}

static uint64_t ref_convert(const Format *to, const Format *from, uint64_t a,
                            unsigned rm, unsigned *flags)
{
    Number x = number_of(from, a);
    Exact e;

    if (x.nan) {
        *flags |= x.snan ? FPU_NV : 0;
        return ref_nan(to);
    }
    if (x.inf) {
        return ref_inf(to, x.negative);
    }
    if (x.zero) {
        return sign_bit(to, x.negative);
    }
    e = exact_of(&x);
    return ref_round(to, &e, rm, flags);
}

static uint64_t ref_from_int(const Format *t, bool negative, uint64_t m,
                             unsigned rm, unsigned *flags)
{
    Exact e = exact_make(negative, m, 0);

    return m ? ref_round(t, &e, rm, flags) : 0;
}

static uint64_t ref_to_int(const Format *t, uint64_t a, int bits,
                           bool is_signed, unsigned rm, unsigned *flags)
{
    Number x = number_of(t, a);
    u128 highest = ((u128)1 << (is_signed ? bits - 1 : bits)) - 1;
    u128 lowest = is_signed ? highest + 1 : 0; /* its magnitude */
    bool inexact = false, too_big = x.nan || x.inf;
    u128 m = 0;

    if (!too_big && !x.zero) {
        Exact e = exact_of(&x);

        if (exact_top(&e) >= POINT + 64) {
            too_big = true;
        } else {
            m = exact_round_at(&e, POINT, rm, &inexact);
            /* rounded up from all ones */
            m |= (u128)(m == 0 && exact_top(&e) >= POINT + 63) << 64;
        }
    }
    if (too_big || m > (x.negative ? lowest : highest)) {
        *flags |= FPU_NV;
        m = x.nan || !x.negative ? highest : -lowest;
    } else {
        *flags |= inexact ? FPU_NX : 0;
        m = x.negative ? -m : m;
    }
    return bits == 32 ? (uint64_t)(int64_t)(int32_t)m : (uint64_t)m;
}

#endif
