/* SPDX-License-Identifier: MIT */
/*
 * diff_slots_memory.c - loads, stores and atomics; floating point.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

enum { X28 = 28, X30 = 30, X31 = 31 };

/* The data page, or the window that page tables map. */
static unsigned base_register(Gen *g)
{
    bool windows = g->kind == KIND_PRIV || g->kind == KIND_PMP;

    return gen_chance(g, windows ? 2 : 12) ? X28 : X31;
}

/* -2048 to 2047, mostly aligned; sometimes across the end of a page.  Always
 * aligned with PMP: whether it is one access or two is up to the machine, and
 * QEMU only looks at the ends of it. */
static int offset(Gen *g, unsigned size)
{
    if (g->kind == KIND_PMP) {
        return (int)(gen_below(g, 4096) & ~(size - 1)) - 2048;
    }
    if (gen_chance(g, 16)) {
        return 2048 - (int)size + gen_below(g, size);
    }
    if (gen_chance(g, 6)) {
        return (int)gen_below(g, 4096) - 2048;
    }
    return (int)(gen_below(g, 4096) & ~(size - 1)) - 2048;
}

static void load_or_store(Gen *g)
{
    unsigned f3, base = base_register(g);

    if (gen_chance(g, 2)) {
        f3 = gen_below(g, 7);
        i_type(&g->a, 0x03, f3, gen_rd(g), base, offset(g, 1u << (f3 & 3)));
    } else {
        f3 = gen_below(g, 4);
        s_type(&g->a, 0x23, f3, gen_rs(g), offset(g, 1u << f3), base);
    }
}

/* An address that is computed, anywhere in the page. */
static void computed_address(Gen *g)
{
    unsigned r = 1 + gen_below(g, 26), f3 = gen_below(g, 4);
    int o = (int)gen_below(g, 9) - 16;

    if (g->kind == KIND_PMP) {
        o &= -8;
    }
    andi(&g->a, r, gen_rs(g), g->kind == KIND_PMP ? 0x7f8 : 0x7ff);
    add(&g->a, r, r, base_register(g));
    if (gen_chance(g, 2)) {
        i_type(&g->a, 0x03, f3, gen_rd(g), r, o);
    } else {
        s_type(&g->a, 0x23, f3, gen_rs(g), o, r);
    }
}

/* c.lw, c.ld, c.sw, c.sd, c.fld, c.fsd; and those of the stack pointer */
static void compressed(Gen *g)
{
    static const uint16_t near[] = { 0x4000, 0x6000, 0xc000,
                                     0xe000, 0x2000, 0xa000 };
    static const uint16_t stack[] = { 0x4002, 0x6002, 0xc002,
                                      0xe002, 0x2002, 0xa002 };
    unsigned i = gen_below(g, 6), r = gen_below(g, 8);
    unsigned base = base_register(g);
    bool aligned = g->kind == KIND_PMP;

    if (gen_chance(g, 2)) {
        addi(&g->a, 8 + r, base, gen_below(g, 64) & (aligned ? 0x38 : 0x3f));
        put16(&g->a, near[i] | r << 7 | (gen_random(g) & 0x1c7c));
    } else {
        uint16_t insn = stack[i] | (gen_random(g) & 0x107c);

        /* loads: a register that is not x0; stores: one of 6 bits more */
        insn |= i < 2 ? (1 + gen_below(g, 26)) << 7 : gen_random(g) & 0xf80;
        addi(&g->a, 2, base, gen_chance(g, 4) && !aligned ? 4 : -512);
        put16(&g->a, insn);
    }
}

static void amo(Gen *g)
{
    static const unsigned functions[] = { 0, 1, 4, 8, 12, 16, 20, 24, 28 };
    unsigned r = 1 + gen_below(g, 26), f3 = 2 + gen_below(g, 2);
    unsigned size = 1u << f3;
    int o = offset(g, size);

    if (!gen_chance(g, 6)) {
        o &= ~(int)(size - 1);
    }
    addi(&g->a, r, base_register(g), o);
    r_type(&g->a, 0x2f, f3,
           functions[gen_below(g, 9)] << 2 | gen_below(g, 4), gen_rd(g), r,
           gen_rs(g));
}

/*
 * Reservations: nothing but arithmetic between the two, else whether the
 * store succeeds is up to the machine.
 */
static void lr_sc(Gen *g)
{
    unsigned r = 1 + gen_below(g, 26), other = r == 1 ? 2 : r - 1;
    unsigned f3 = 2 + gen_below(g, 2), size = 1u << f3, rd = gen_rd(g);
    int o = offset(g, size) & ~(int)(size - 1) & 0x7ff;
    uint64_t at = g->a.pc;

    /* Should the load trap, then go on after the stores: whether these do as
     * well when they would fail anyway is up to the machine, too. */
    la(&g->a, X30, at);
    addi(&g->a, r, X31, o);
    if (rd == r || rd == other) {
        rd = 0;
    }
    if (g->kind != KIND_PMP && gen_chance(g, 8)) { /* somewhere else */
        addi(&g->a, other, X31, o - 1024);
    } else {
        addi(&g->a, other, r, 0);
    }
    r_type(&g->a, 0x2f, f3, 2 << 2 | gen_below(g, 4), rd, r, 0);
    if (gen_chance(g, 2)) {
        addi(&g->a, rd, rd, 1);
    }
    r_type(&g->a, 0x2f, f3, 3 << 2 | gen_below(g, 4), gen_rd(g), other, rd);
    if (gen_chance(g, 3)) { /* must fail: the reservation is used up */
        addi(&g->a, other, X31, o);
        r_type(&g->a, 0x2f, f3, 3 << 2, gen_rd(g), other, gen_rs(g));
    }
    {
        Asm a = { .image = g->a.image, .pc = at };

        la(&a, X30, g->a.pc);
    }
    addi(&g->a, X30, 0, 0);
}

/* A load-reserved alone may fault. */
static void lr(Gen *g)
{
    unsigned r = 1 + gen_below(g, 26), f3 = 2 + gen_below(g, 2);
    int o = gen_chance(g, 4) ? 4 : 0;

    addi(&g->a, r, X28, o);
    r_type(&g->a, 0x2f, f3, 2 << 2, gen_rd(g), r, 0);
}

void slot_memory(Gen *g)
{
    unsigned n = 1 + gen_below(g, 3);

    switch (gen_below(g, 8)) {
    case 0:
        computed_address(g);
        break;
    case 1:
        compressed(g);
        break;
    case 2:
        amo(g);
        break;
    case 3:
        if (gen_chance(g, 6)) {
            lr(g);
        } else {
            lr_sc(g);
        }
        break;
    default:
        while (n--) {
            load_or_store(g);
        }
    }
}

/* ---- floating point ---------------------------------------------------- */

static unsigned rounding(Gen *g)
{
    return gen_chance(g, 2)   ? 7
           : gen_chance(g, 12) ? 5 + gen_below(g, 2)
                               : gen_below(g, 5);
}

static unsigned f_register(Gen *g)
{
    /* few, so that results are used */
    return gen_chance(g, 2) ? gen_below(g, 6) : gen_below(g, 32);
}

static void float_insn(Gen *g)
{
    unsigned fmt = gen_below(g, 2), rd = f_register(g);
    unsigned rs1 = f_register(g), rs2 = f_register(g), rm = rounding(g);
    Asm *a = &g->a;

    switch (gen_below(g, 13)) {
    case 0:
    case 1:
    case 2: /* add, sub, mul, div */
        r_type(a, 0x53, rm, gen_below(g, 4) << 2 | fmt, rd, rs1, rs2);
        break;
    case 3:
        r_type(a, 0x53, rm, 0x2c | fmt, rd, rs1, 0); /* sqrt */
        break;
    case 4:
    case 5: /* madd, msub, nmsub, nmadd */
        r_type(a, 0x43 | gen_below(g, 4) << 2, rm,
               f_register(g) << 2 | fmt, rd, rs1, rs2);
        break;
    case 6: /* sgnj */
        r_type(a, 0x53, gen_below(g, 3), 0x10 | fmt, rd, rs1, rs2);
        break;
    case 7: /* min, max */
        r_type(a, 0x53, gen_below(g, 2), 0x14 | fmt, rd, rs1, rs2);
        break;
    case 8: /* le, lt, eq */
        r_type(a, 0x53, gen_below(g, 3), 0x50 | fmt, gen_rd(g), rs1, rs2);
        break;
    case 9: /* to the other format */
        r_type(a, 0x53, rm, 0x20 | fmt, rd, rs1, !fmt);
        break;
    case 10: /* to integers */
        r_type(a, 0x53, rm, 0x60 | fmt, gen_rd(g), rs1, gen_below(g, 4));
        break;
    case 11: /* from integers */
        r_type(a, 0x53, rm, 0x68 | fmt, rd, gen_rs(g), gen_below(g, 4));
        break;
    default: /* fmv both ways, fclass */
        switch (gen_below(g, 3)) {
        case 0:
            r_type(a, 0x53, 0, 0x70 | fmt, gen_rd(g), rs1, 0);
            break;
        case 1:
            r_type(a, 0x53, 0, 0x78 | fmt, rd, gen_rs(g), 0);
            break;
        default:
            r_type(a, 0x53, 1, 0x70 | fmt, gen_rd(g), rs1, 0);
        }
    }
}

void slot_float(Gen *g)
{
    unsigned n = 1 + gen_below(g, 3);

    if (gen_chance(g, 10)) { /* another mode, or flags cleared */
        static const unsigned csrs[] = { CSR_FRM, CSR_FCSR, CSR_FFLAGS };

        i_type(&g->a, 0x73, gen_chance(g, 2) ? 5 : 7, gen_rd(g),
               gen_chance(g, 6) ? gen_below(g, 32) : gen_below(g, 5),
               csrs[gen_below(g, 3)]);
    }
    while (n--) {
        float_insn(g);
    }
}

void slot_float_memory(Gen *g)
{
    unsigned f3 = 2 + gen_below(g, 2);

    if (gen_chance(g, 3)) {
        s_type(&g->a, 0x27, f3, f_register(g), offset(g, 1u << f3),
               base_register(g));
    } else {
        i_type(&g->a, 0x07, f3, f_register(g), base_register(g),
               offset(g, 1u << f3));
    }
}
