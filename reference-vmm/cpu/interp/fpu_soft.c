/* SPDX-License-Identifier: MIT */
/*
 * fpu_soft.c - IEEE 754 arithmetic in integers: exact results and flags for
 * binary32 and binary64 in all of RISC-V's rounding modes.
 *
 * Operands are unpacked to a class, a sign, an exponent and 64 bits of
 * significand with the leading one on top; results are 128 bits whose lowest
 * bit is sticky ("jam": it also stands for all bits shifted out), and are
 * rounded once, in fpu_round().  One code serves both formats.
 *
 * Thread context: any; an FpuState belongs to one hart's thread.  RISC-V
 * unprivileged specification, chapters F and D.
 */
#include "cpu/interp/fpu.h"

typedef unsigned __int128 u128;

typedef enum FpuClass {
    CLASS_ZERO,
    CLASS_FINITE,
    CLASS_INF,
    CLASS_NAN,
} FpuClass;

/* FINITE: significand / 2^63 * 2^exponent, in [1, 2) * 2^exponent. */
typedef struct Unpacked {
    FpuClass class;
    bool negative;
    bool signalling; /* a NaN that is */
    int exponent;
    uint64_t significand;
} Unpacked;

typedef struct FormatInfo {
    unsigned bits;
    unsigned fraction_bits;
    int bias;
} FormatInfo;

static const FormatInfo formats[] = {
    [FPU_S] = { .bits = 32, .fraction_bits = 23, .bias = 127 },
    [FPU_D] = { .bits = 64, .fraction_bits = 52, .bias = 1023 },
};

static int clz128(u128 v)
{
    uint64_t high = (uint64_t)(v >> 64);

    return high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)v);
}

/* Shifts right; ones that leave stay visible in the lowest bit. */
static u128 shift_jam(u128 v, int count)
{
    if (count == 0) {
        return v;
    }
    if (count > 127) {
        return v != 0;
    }
    return (v >> count) | ((v << (128 - count)) != 0);
}

static Unpacked fpu_unpack(FpuFormat format, uint64_t a)
{
    const FormatInfo *info = &formats[format];
    uint64_t fraction = a & ((UINT64_C(1) << info->fraction_bits) - 1);
    int max = 2 * info->bias + 1;
    int biased = a >> info->fraction_bits & max;
    Unpacked u = { .negative = a >> (info->bits - 1) & 1 };

    if (biased == max) {
        u.class = fraction ? CLASS_NAN : CLASS_INF;
        u.signalling = fraction && !(fraction >> (info->fraction_bits - 1));
    } else if (biased == 0 && fraction == 0) {
        u.class = CLASS_ZERO;
    } else {
        u.class = CLASS_FINITE;
        u.significand = fraction << (63 - info->fraction_bits);
        if (biased == 0) {
            int shift = __builtin_clzll(u.significand);

            u.significand <<= shift;
            u.exponent = 1 - info->bias - shift;
        } else {
            u.significand |= UINT64_C(1) << 63;
            u.exponent = biased - info->bias;
        }
    }
    return u;
}

/* ---- packing and rounding ---------------------------------------------- */

static uint64_t pack_sign(FpuFormat format, bool negative)
{
    return (uint64_t)negative << (formats[format].bits - 1);
}

static uint64_t pack_inf(FpuFormat format, bool negative)
{
    return pack_sign(format, negative)
           | (format == FPU_D ? FPU_D_INF : FPU_S_INF);
}

static uint64_t pack_nan(FpuFormat format)
{
    return format == FPU_D ? FPU_D_NAN : FPU_S_NAN;
}

static uint64_t fpu_invalid(FpuState *f, FpuFormat format)
{
    f->fflags |= FPU_NV;
    return pack_nan(format);
}

/* Whether the magnitude goes up; rest is what follows the last bit kept, left
 * aligned, its lowest bit sticky. */
static bool rounds_up(unsigned rm, bool negative, bool odd, uint64_t rest)
{
    const uint64_t half = UINT64_C(1) << 63;

    switch (rm) {
    case FPU_RNE:
        return rest > half || (rest == half && odd);
    case FPU_RDN:
        return rest && negative;
    case FPU_RUP:
        return rest && !negative;
    case FPU_RMM:
        return rest >= half;
    default:
        return false;
    }
}

/* Rounds off the lower bits, 1 to 64 of them. */
static uint64_t round_bits(uint64_t v, unsigned drop, unsigned rm,
                           bool negative, bool *ret_inexact)
{
    uint64_t kept = drop == 64 ? 0 : v >> drop;
    uint64_t rest = v << (64 - drop);

    *ret_inexact = rest != 0;
    return kept + rounds_up(rm, negative, kept & 1, rest);
}

static uint64_t fpu_overflow(FpuState *f, FpuFormat format, unsigned rm,
                             bool negative)
{
    bool to_inf = rm == FPU_RNE || rm == FPU_RMM
                  || (rm == FPU_RDN && negative)
                  || (rm == FPU_RUP && !negative);

    f->fflags |= FPU_OF | FPU_NX;
    /* The largest finite number comes just before infinity. */
    return pack_inf(format, negative) - !to_inf;
}

/* v / 2^127 * 2^exponent with its lowest bit sticky; v is not 0. */
static uint64_t fpu_round(FpuState *f, FpuFormat format, unsigned rm,
                          bool negative, int exponent, u128 v)
{
    const FormatInfo *info = &formats[format];
    unsigned drop = 63 - info->fraction_bits;
    int shift = clz128(v), biased;
    uint64_t significand, kept;
    bool inexact, tiny = false;

    v <<= shift;
    significand = (uint64_t)(v >> 64) | ((uint64_t)v != 0);
    biased = exponent - shift + info->bias;
    if (biased <= 0) {
        /* Tiny unless rounding as if exponents had no end makes it normal. */
        kept = round_bits(significand, drop, rm, negative, &inexact);
        tiny = biased < 0 || !(kept >> (info->fraction_bits + 1));
        significand = (uint64_t)shift_jam(significand, 1 - biased);
        biased = 1;
    }
    kept = round_bits(significand, drop, rm, negative, &inexact);
    /* The leading one adds 1 to the exponent, a carry another 1, and a
     * subnormal has no leading one. */
    kept += (uint64_t)(biased - 1) << info->fraction_bits;
    if (biased > 2 * info->bias
        || kept >= pack_inf(format, false)) {
        return fpu_overflow(f, format, rm, negative);
    }
    if (inexact) {
        f->fflags |= FPU_NX | (tiny ? FPU_UF : 0);
    }
    return kept | pack_sign(format, negative);
}

/* ---- addition and multiplication --------------------------------------- */

/* The sum of two numbers of 128 bits, whose lowest 20 or more are zero: with
 * exponents so far apart that ones are lost, at most one leading bit cancels,
 * and the sticky bit stays far below the last bit kept. */
static uint64_t add_finite(FpuState *f, FpuFormat format, unsigned rm,
                           bool a_negative, int a_exponent, u128 a,
                           bool b_negative, int b_exponent, u128 b)
{
    int exponent;

    if (a_exponent < b_exponent || (a_exponent == b_exponent && a < b)) {
        bool negative = a_negative;
        u128 v = a;

        exponent = a_exponent;
        a_negative = b_negative, a_exponent = b_exponent, a = b;
        b_negative = negative, b_exponent = exponent, b = v;
    }
    exponent = a_exponent + 1; /* room for a carry */
    a >>= 1;
    b = shift_jam(b >> 1, a_exponent - b_exponent);
    a = a_negative == b_negative ? a + b : a - b;
    if (a == 0) {
        return pack_sign(format, rm == FPU_RDN);
    }
    return fpu_round(f, format, rm, a_negative, exponent, a);
}

/* One of them is a NaN. */
static uint64_t propagate_nan(FpuState *f, FpuFormat format, const Unpacked *a,
                              const Unpacked *b)
{
    if (a->signalling || b->signalling) {
        f->fflags |= FPU_NV;
    }
    return pack_nan(format);
}

uint64_t fpu_soft_add(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      unsigned rm)
{
    Unpacked x = fpu_unpack(format, a), y = fpu_unpack(format, b);

    if (x.class == CLASS_NAN || y.class == CLASS_NAN) {
        return propagate_nan(f, format, &x, &y);
    }
    if (x.class == CLASS_INF || y.class == CLASS_INF) {
        if (x.class == y.class && x.negative != y.negative) {
            return fpu_invalid(f, format);
        }
        return x.class == CLASS_INF ? a : b;
    }
    if (x.class == CLASS_ZERO && y.class == CLASS_ZERO) {
        return x.negative == y.negative ? a : pack_sign(format, rm == FPU_RDN);
    }
    if (x.class == CLASS_ZERO || y.class == CLASS_ZERO) {
        return x.class == CLASS_ZERO ? b : a;
    }
    return add_finite(f, format, rm, x.negative, x.exponent,
                      (u128)x.significand << 64, y.negative, y.exponent,
                      (u128)y.significand << 64);
}

uint64_t fpu_soft_mul(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      unsigned rm)
{
    Unpacked x = fpu_unpack(format, a), y = fpu_unpack(format, b);
    bool negative = x.negative != y.negative;

    if (x.class == CLASS_NAN || y.class == CLASS_NAN) {
        return propagate_nan(f, format, &x, &y);
    }
    if (x.class == CLASS_INF || y.class == CLASS_INF) {
        if (x.class == CLASS_ZERO || y.class == CLASS_ZERO) {
            return fpu_invalid(f, format);
        }
        return pack_inf(format, negative);
    }
    if (x.class == CLASS_ZERO || y.class == CLASS_ZERO) {
        return pack_sign(format, negative);
    }
    /* The product of two numbers in [1, 2) is in [1, 4). */
    return fpu_round(f, format, rm, negative, x.exponent + y.exponent + 1,
                     (u128)x.significand * y.significand);
}

/* x * y + c, where c alone may be a NaN or zero. */
static uint64_t fma_finite(FpuState *f, FpuFormat format, const Unpacked *x,
                           const Unpacked *y, const Unpacked *z, unsigned rm)
{
    bool negative = x->negative != y->negative;
    int exponent = x->exponent + y->exponent + 1;
    u128 product = (u128)x->significand * y->significand;

    if (z->class == CLASS_ZERO) {
        return fpu_round(f, format, rm, negative, exponent, product);
    }
    if (!(product >> 127)) {
        product <<= 1;
        exponent--;
    }
    return add_finite(f, format, rm, negative, exponent, product, z->negative,
                      z->exponent, (u128)z->significand << 64);
}

uint64_t fpu_soft_fma(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      uint64_t c, unsigned rm)
{
    Unpacked x = fpu_unpack(format, a), y = fpu_unpack(format, b);
    Unpacked z = fpu_unpack(format, c);
    bool negative = x.negative != y.negative;

    /* Infinity times zero is invalid even if a quiet NaN is added. */
    if ((x.class == CLASS_INF && y.class == CLASS_ZERO)
        || (x.class == CLASS_ZERO && y.class == CLASS_INF)) {
        return fpu_invalid(f, format);
    }
    if (x.class == CLASS_NAN || y.class == CLASS_NAN || z.class == CLASS_NAN) {
        if (z.signalling) {
            f->fflags |= FPU_NV;
        }
        return propagate_nan(f, format, &x, &y);
    }
    if (x.class == CLASS_INF || y.class == CLASS_INF) {
        if (z.class == CLASS_INF && z.negative != negative) {
            return fpu_invalid(f, format);
        }
        return pack_inf(format, negative);
    }
    if (z.class == CLASS_INF) {
        return c;
    }
    if (x.class == CLASS_ZERO || y.class == CLASS_ZERO) {
        if (z.class == CLASS_ZERO && z.negative != negative) {
            return pack_sign(format, rm == FPU_RDN);
        }
        return c;
    }
    return fma_finite(f, format, &x, &y, &z, rm);
}

/* ---- division and square root ------------------------------------------ */

uint64_t fpu_soft_div(FpuState *f, FpuFormat format, uint64_t a, uint64_t b,
                      unsigned rm)
{
    Unpacked x = fpu_unpack(format, a), y = fpu_unpack(format, b);
    bool negative = x.negative != y.negative;
    u128 dividend;
    uint64_t quotient;

    if (x.class == CLASS_NAN || y.class == CLASS_NAN) {
        return propagate_nan(f, format, &x, &y);
    }
    if (x.class == y.class && x.class != CLASS_FINITE) {
        return fpu_invalid(f, format); /* 0 / 0 or inf / inf */
    }
    if (x.class == CLASS_INF) {
        return pack_inf(format, negative);
    }
    if (x.class == CLASS_ZERO || y.class == CLASS_INF) {
        return pack_sign(format, negative);
    }
    if (y.class == CLASS_ZERO) {
        f->fflags |= FPU_DZ;
        return pack_inf(format, negative);
    }
    /* The quotient of 127 by 64 bits has 63 or 64, enough for 53 and more. */
    dividend = (u128)x.significand << 63;
    quotient = (uint64_t)(dividend / y.significand);
    return fpu_round(f, format, rm, negative, x.exponent - y.exponent,
                     (u128)quotient << 64
                         | (dividend % y.significand != 0));
}

/* The integer square root, digit by digit; *ret_exact: nothing remains. */
static uint64_t isqrt128(u128 v, bool *ret_exact)
{
    u128 root = 0;

    for (u128 bit = (u128)1 << 126; bit; bit >>= 2) {
        if (v >= root + bit) {
            v -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    *ret_exact = v == 0;
    return (uint64_t)root;
}

uint64_t fpu_soft_sqrt(FpuState *f, FpuFormat format, uint64_t a, unsigned rm)
{
    Unpacked x = fpu_unpack(format, a);
    u128 radicand;
    uint64_t root;
    bool exact;

    if (x.class == CLASS_NAN) {
        return propagate_nan(f, format, &x, &x);
    }
    if (x.class == CLASS_ZERO) {
        return a;
    }
    if (x.negative) {
        return fpu_invalid(f, format);
    }
    if (x.class == CLASS_INF) {
        return a;
    }
    /* An even exponent, and the number in [1, 4) with 126 bits below. */
    radicand = (u128)x.significand << 63;
    if (x.exponent & 1) {
        radicand <<= 1;
        x.exponent--;
    }
    root = isqrt128(radicand, &exact);
    return fpu_round(f, format, rm, false, x.exponent / 2,
                     (u128)root << 64 | (exact ? 0 : 1));
}

/* ---- conversions ------------------------------------------------------- */

uint64_t fpu_soft_convert(FpuState *f, FpuFormat to, FpuFormat from,
                          uint64_t a, unsigned rm)
{
    Unpacked x = fpu_unpack(from, a);

    switch (x.class) {
    case CLASS_NAN:
        return propagate_nan(f, to, &x, &x);
    case CLASS_INF:
        return pack_inf(to, x.negative);
    case CLASS_ZERO:
        return pack_sign(to, x.negative);
    default:
        return fpu_round(f, to, rm, x.negative, x.exponent,
                         (u128)x.significand << 64);
    }
}

uint64_t fpu_soft_from_int(FpuState *f, FpuFormat format, bool negative,
                           uint64_t magnitude, unsigned rm)
{
    if (magnitude == 0) {
        return 0;
    }
    return fpu_round(f, format, rm, negative, 63, (u128)magnitude << 64);
}

/* As x registers hold it. */
static uint64_t extend(uint64_t v, unsigned bits)
{
    return bits == 32 ? (uint64_t)(int64_t)(int32_t)v : v;
}

static uint64_t saturate(FpuState *f, bool negative, unsigned bits,
                         bool is_signed)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);

    f->fflags |= FPU_NV;
    if (is_signed) {
        return extend(negative ? sign : sign - 1, bits);
    }
    return negative ? 0 : UINT64_MAX;
}

uint64_t fpu_soft_to_int(FpuState *f, FpuFormat format, uint64_t a,
                         unsigned bits, bool is_signed, unsigned rm)
{
    Unpacked x = fpu_unpack(format, a);
    uint64_t magnitude, limit;
    bool inexact = false;

    if (x.class == CLASS_NAN) {
        return saturate(f, false, bits, is_signed);
    }
    if (x.class == CLASS_ZERO) {
        return 0;
    }
    if (x.class == CLASS_INF || x.exponent > 63) {
        return saturate(f, x.negative, bits, is_signed);
    }
    if (x.exponent == 63) {
        magnitude = x.significand;
    } else {
        /* One half and more, or less: both as a fraction of 64 bits. */
        int shift = x.exponent < -1 ? -1 - x.exponent : 0;

        magnitude = round_bits((uint64_t)shift_jam(x.significand, shift),
                               shift ? 64 : 63 - x.exponent, rm, x.negative,
                               &inexact);
    }
    if (is_signed) {
        limit = (UINT64_C(1) << (bits - 1)) - !x.negative;
    } else {
        limit = x.negative ? 0 : UINT64_MAX >> (64 - bits);
    }
    if (magnitude > limit) {
        return saturate(f, x.negative, bits, is_signed);
    }
    if (inexact) {
        f->fflags |= FPU_NX;
    }
    return extend(x.negative ? -magnitude : magnitude, bits);
}
