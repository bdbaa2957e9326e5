/* SPDX-License-Identifier: MIT */
/*
 * diff_slots.c - what a slot of the random stream may be, and the integer
 * instructions.
 *
 * A slot begins at a multiple of 4.  It may be run in any privilege mode, and
 * any of its instructions may trap and be skipped.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

unsigned gen_rd(Gen *g)
{
    return gen_below(g, 27);
}

unsigned gen_rs(Gen *g)
{
    return gen_chance(g, 20) ? 31 : gen_below(g, 27);
}

/* ---- arithmetic -------------------------------------------------------- */

static void alu_register(Gen *g, unsigned rd)
{
    static const struct {
        unsigned op, f3, f7;
    } ops[] = {
        { 0x33, 0, 0 },  { 0x33, 0, 32 }, { 0x33, 1, 0 },  { 0x33, 2, 0 },
        { 0x33, 3, 0 },  { 0x33, 4, 0 },  { 0x33, 5, 0 },  { 0x33, 5, 32 },
        { 0x33, 6, 0 },  { 0x33, 7, 0 },  { 0x3b, 0, 0 },  { 0x3b, 0, 32 },
        { 0x3b, 1, 0 },  { 0x3b, 5, 0 },  { 0x3b, 5, 32 }, { 0x33, 0, 1 },
        { 0x33, 1, 1 },  { 0x33, 2, 1 },  { 0x33, 3, 1 },  { 0x33, 4, 1 },
        { 0x33, 5, 1 },  { 0x33, 6, 1 },  { 0x33, 7, 1 },  { 0x3b, 0, 1 },
        { 0x3b, 4, 1 },  { 0x3b, 5, 1 },  { 0x3b, 6, 1 },  { 0x3b, 7, 1 },
    };
    unsigned i = gen_below(g, sizeof(ops) / sizeof(ops[0]));

    r_type(&g->a, ops[i].op, ops[i].f3, ops[i].f7, rd, gen_rs(g), gen_rs(g));
}

static void alu_immediate(Gen *g, unsigned rd)
{
    unsigned f3 = gen_below(g, 8), rs = gen_rs(g);
    int imm = gen_random(g) & 0xfff;

    switch (gen_below(g, 4)) {
    case 0: /* addiw, slliw, srliw, sraiw */
        f3 = gen_chance(g, 2) ? 0 : gen_chance(g, 2) ? 1 : 5;
        imm = f3 == 0 ? imm : (imm & 31) | (f3 == 5 ? imm & 0x400 : 0);
        i_type(&g->a, 0x1b, f3, rd, rs, imm);
        break;
    case 1:
        put32(&g->a, (uint32_t)gen_random(g) << 12 | rd << 7
                         | (gen_chance(g, 2) ? 0x37 : 0x17));
        break;
    default:
        if (f3 == 1 || f3 == 5) {
            imm = (imm & 63) | (f3 == 5 ? imm & 0x400 : 0);
        }
        i_type(&g->a, 0x13, f3, rd, rs, imm);
    }
}

/* Any bits of the formats that only compute, reserved ones with them. */
static void alu_compressed(Gen *g)
{
    static const uint16_t formats[] = { 0x0001, 0x2001, 0x4001, 0x6001,
                                        0x8001, 0x0002, 0x8002, 0x9002,
                                        0x0000 };
    uint32_t insn = formats[gen_below(g, 9)];

    if (insn == 0 || insn == 0x8001) { /* registers x8 to x15 */
        insn |= gen_random(g) & 0x1ffc;
    } else {
        insn |= gen_rd(g) << 7 | (gen_random(g) & 0x7c);
        if (insn & 0x8000) { /* mv, add: from x1 on, else they jump */
            insn = (insn & ~0x7cu) | (1 + gen_below(g, 26)) << 2;
        } else {
            insn |= gen_random(g) & 0x1000;
        }
    }
    put16(&g->a, insn);
}

static void alu(Gen *g, unsigned rd)
{
    if (gen_chance(g, 3)) {
        alu_immediate(g, rd);
    } else {
        alu_register(g, rd);
    }
}

static void slot_alu(Gen *g)
{
    unsigned n = 1 + gen_below(g, 4);

    while (n--) {
        if (gen_chance(g, 3)) {
            alu_compressed(g);
        } else {
            alu(g, gen_rd(g));
        }
    }
}

static void slot_constant(Gen *g)
{
    if (gen_chance(g, 2)) {
        ld(&g->a, gen_rd(g), (int)gen_below(g, 512) * 8 - 2048, 31);
    } else {
        li64(&g->a, 1 + gen_below(g, 26), gen_value(g));
    }
}

/* ---- jumps ------------------------------------------------------------- */

/* A few instructions that a jump leads over. */
static void jumped_over(Gen *g)
{
    unsigned n = gen_below(g, 4);

    while (n--) {
        if (gen_chance(g, 2)) {
            alu_compressed(g);
        } else {
            alu(g, gen_rd(g));
        }
    }
}

static void patch16(Gen *g, uint64_t at, uint32_t bits)
{
    uint16_t insn;

    memcpy(&insn, g->a.image + (at - IMAGE_BASE), 2);
    insn |= bits;
    memcpy(g->a.image + (at - IMAGE_BASE), &insn, 2);
}

/* c.j, c.beqz, c.bnez */
static void jump_compressed(Gen *g)
{
    static const uint16_t formats[] = { 0xa001, 0xc001, 0xe001 };
    uint16_t insn = formats[gen_below(g, 3)];
    uint64_t at = g->a.pc;
    uint32_t o;

    if (insn != 0xa001) {
        insn |= gen_below(g, 8) << 7;
    }
    put16(&g->a, insn);
    jumped_over(g);
    o = g->a.pc - at;
    if (insn == 0xa001) {
        patch16(g, at, (o >> 4 & 1) << 11 | (o >> 3 & 1) << 5
                           | (o >> 2 & 1) << 4 | (o >> 1 & 1) << 3
                           | (o >> 5 & 1) << 2);
    } else {
        patch16(g, at, (o >> 3 & 3) << 10 | (o >> 1 & 3) << 3
                           | (o >> 5 & 1) << 2);
    }
}

static void slot_jump(Gen *g, unsigned slot)
{
    static const unsigned conditions[] = { BEQ, BNE, BLT, BGE, BLTU, BGEU };
    unsigned target = slot + 1 + gen_below(g, 3), r = 1 + gen_below(g, 26);
    unsigned condition = conditions[gen_below(g, 6)];
    uint64_t at = g->a.pc;

    switch (gen_below(g, 6)) {
    case 0:
        branch(&g->a, condition, gen_rs(g), gen_rs(g), at);
        gen_to_slot(g, at, target, false);
        break;
    case 1:
        jal(&g->a, gen_rd(g), at);
        gen_to_slot(g, at, target, false);
        break;
    case 2:
        la(&g->a, r, at);
        i_type(&g->a, 0x67, 0, gen_rd(g), r, gen_below(g, 2));
        gen_to_slot(g, at, target, true);
        break;
    case 3: /* c.jr, c.jalr */
        la(&g->a, r, at);
        put16(&g->a, 0x8002 | r << 7 | gen_below(g, 2) << 12);
        gen_to_slot(g, at, target, true);
        break;
    case 4:
        jump_compressed(g);
        break;
    default:
        branch(&g->a, condition, gen_rs(g), gen_rs(g), 0);
        jumped_over(g);
        patch_here(&g->a, at);
    }
}

/* Counts down; what it does again and again leaves the counter alone. */
static void slot_loop(Gen *g)
{
    unsigned counter = 1 + gen_below(g, 26), n = 1 + gen_below(g, 5);
    uint64_t top;

    addi(&g->a, counter, 0, 1 + gen_below(g, 30));
    top = g->a.pc;
    while (n--) {
        unsigned rd = gen_rd(g);

        if (rd == counter) {
            rd = 0;
        }
        if (gen_chance(g, 4)) {
            sd(&g->a, rd, (int)gen_below(g, 512) * 8 - 2048, 31);
        } else {
            alu(g, rd);
        }
    }
    addi(&g->a, counter, counter, -1);
    branch(&g->a, BNE, counter, 0, top);
}

/* ---- fences, modified code, what is illegal ---------------------------- */

/* Writes an instruction that comes after, with fence.i between. */
static void slot_modify(Gen *g)
{
    unsigned address = 1 + gen_below(g, 26);
    unsigned value = address == 1 ? 2 : address - 1;
    uint64_t at = g->a.pc;
    uint32_t insn = 0x13 | gen_rd(g) << 7 | (uint32_t)gen_random(g) << 20;

    la(&g->a, address, at);
    li(&g->a, value, (int32_t)insn);
    while (g->a.pc < at + 20) {
        put32(&g->a, 0x13);
    }
    s_type(&g->a, 0x23, 2, value, 28, address);
    put32(&g->a, 0x0000100f); /* fence.i */
    addi(&g->a, gen_rd(g), gen_rs(g), 1);
}

static void slot_illegal(Gen *g)
{
    static const uint32_t words[] = {
        0xffffffff, 0x0000000b, 0x0000002b, 0x0000005b, 0x0000007b,
        0xfe000033, 0x04000033, 0x0200103b, 0x02002033 | 0x7 << 25,
        0x00007003, 0x00004023, 0x00007023, 0x00002063, 0x00003063,
        0x00001067, 0x0000402f, 0x0800002f | 7 << 12, 0x40001013 | 1 << 31,
        0x0000301b, 0x00004073, 0x30000073, 0x04000053 | 1 << 25,
        0x06000053, 0x0400004f, 0x00001007, 0x00000007, 0x00005027,
        0xd0400053, 0x4020f053 | 1 << 20, 0x58100053, 0xe0002053,
        0x00200073, 0x30200073 | 1 << 7, 0x10000073, 0x0000002f,
    };
    static const uint16_t halves[] = { 0x0000, 0x8000, 0x2001, 0x6001,
                                       0x9c41, 0x9c61, 0x4002, 0x6002,
                                       0x8002, 0x0004 & 0, 0x6101 & ~0x100 };

    if (gen_chance(g, 3)) {
        put16(&g->a, halves[gen_below(g, 11)]);
    } else {
        put32(&g->a, words[gen_below(g, 35)]);
    }
}

static void slot_fence(Gen *g)
{
    static const uint32_t fences[] = { 0x0ff0000f, 0x0330000f, 0x8330000f,
                                       0x0000100f, 0x0100000f };

    put32(&g->a, fences[gen_below(g, 5)]);
}

/* ---- the choice -------------------------------------------------------- */

typedef enum SlotType {
    SLOT_ALU,
    SLOT_CONSTANT,
    SLOT_JUMP,
    SLOT_LOOP,
    SLOT_MODIFY,
    SLOT_ILLEGAL,
    SLOT_FENCE,
    SLOT_MEMORY,
    SLOT_FLOAT,
    SLOT_FLOAT_MEMORY,
    SLOT_CSR,
    SLOT_PRIV,
    SLOT_PMP,
    SLOT_TYPES,
} SlotType;

static const uint8_t weights[KIND_LITMUS][SLOT_TYPES] = {
    /*             alu const jump loop mod ill fen mem fp fpm csr priv pmp */
    [KIND_INT] = { 50, 15, 20, 4, 3, 5, 3, 0, 0, 0, 0, 0, 0 },
    [KIND_MEM] = { 10, 10, 5, 2, 1, 0, 2, 70, 0, 0, 0, 0, 0 },
    [KIND_FLOAT] = { 5, 5, 5, 0, 0, 2, 0, 0, 65, 15, 3, 0, 0 },
    [KIND_CSR] = { 5, 10, 5, 0, 0, 2, 0, 5, 5, 0, 68, 0, 0 },
    [KIND_PRIV] = { 5, 5, 3, 0, 1, 2, 0, 32, 2, 2, 8, 40, 0 },
    [KIND_PMP] = { 5, 5, 3, 0, 0, 1, 0, 36, 2, 2, 2, 24, 20 },
    [KIND_ALL] = { 20, 8, 8, 2, 2, 3, 2, 22, 10, 5, 8, 10, 0 },
};

static SlotType choose_type(Gen *g)
{
    const uint8_t *w = weights[g->kind];
    unsigned total = 0, pick;

    for (unsigned i = 0; i < SLOT_TYPES; i++) {
        total += w[i];
    }
    pick = gen_below(g, total);
    for (unsigned i = 0; i < SLOT_TYPES; i++) {
        if (pick < w[i]) {
            return i;
        }
        pick -= w[i];
    }
    return SLOT_ALU;
}

void gen_slot(Gen *g, unsigned slot)
{
    switch (choose_type(g)) {
    case SLOT_ALU:
        slot_alu(g);
        break;
    case SLOT_CONSTANT:
        slot_constant(g);
        break;
    case SLOT_JUMP:
        slot_jump(g, slot);
        break;
    case SLOT_LOOP:
        slot_loop(g);
        break;
    case SLOT_MODIFY:
        slot_modify(g);
        break;
    case SLOT_ILLEGAL:
        slot_illegal(g);
        break;
    case SLOT_FENCE:
        slot_fence(g);
        break;
    case SLOT_MEMORY:
        slot_memory(g);
        break;
    case SLOT_FLOAT:
        slot_float(g);
        break;
    case SLOT_FLOAT_MEMORY:
        slot_float_memory(g);
        break;
    case SLOT_CSR:
        slot_csr(g);
        break;
    case SLOT_PRIV:
        slot_priv(g);
        break;
    default:
        slot_pmp(g);
    }
}
