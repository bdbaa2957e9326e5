/* SPDX-License-Identifier: MIT */
/*
 * diff_litmus.c - a program for four harts that only atomics and fences make
 * come out right.
 *
 *   - every hart adds to one word by amoadd, to another by lr/sc, and to a
 *     third plainly under a spin lock taken by lr.aq/sc and freed by amoswap.rl
 *   - harts 0 and 1, and 2 and 3, pass messages: the even one writes data,
 *     fences and writes a flag, again and again; the odd one reads the flag,
 *     fences and must find the data of that flag or of a later one
 *   - Dekker's store buffering, between the same pairs: after a full fence
 *     not both may read the other's old value
 *
 * Hart 0 prints the sums and the number of violations, which must be 0.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

#define HARTS 4
#define ROUNDS 20000
#define PASSED 100000
#define IN_STEP 100 /* few: every step may cost a time slice of the host */

/* Offsets from ADDR_DATA, each in a cache line of its own. */
enum {
    SUM_AMO = 0,
    SUM_LR_SC = 64,
    SUM_LOCKED = 128,
    LOCK = 192,
    XOR = 256,
    ERRORS = 320,
    ARRIVED = 384,
    MAX = 448,
    PAIRS = 512, /* 512 bytes a pair */
};
enum { PAIR_DATA = 0, PAIR_FLAG = 64, PAIR_X = 192, PAIR_Y = 256,
       PAIR_SEEN_X = 320, PAIR_SEEN_Y = 384 };

enum { AMOADD = 0, AMOSWAP = 1, LR = 2, SC = 3, AMOXOR = 4, AMOMAX = 20 };
enum { RELAXED = 0, RL = 1, AQ = 2 };

static void amo_d(Asm *a, unsigned function, unsigned order, unsigned rd,
                  unsigned rs2, unsigned address)
{
    r_type(a, 0x2f, 3, function << 2 | order, rd, address, rs2);
}

static void fence(Asm *a, unsigned before, unsigned after)
{
    put32(a, before << 24 | after << 20 | 0x0f);
}

enum { FENCE_R = 2, FENCE_W = 1, FENCE_RW = 3 };

/* s0: the data; s1: hart; s2: round */
static void count_round(Asm *a)
{
    uint64_t again, taken;

    addi(a, T0, 0, 1);
    addi(a, A0, S0, SUM_AMO);
    amo_d(a, AMOADD, RELAXED, T1, T0, A0);
    addi(a, A0, S0, SUM_LR_SC);
    again = a->pc;
    amo_d(a, LR, RELAXED, T1, 0, A0);
    addi(a, T1, T1, 1);
    amo_d(a, SC, RELAXED, T2, T1, A0);
    branch(a, BNE, T2, 0, again);
    addi(a, A0, S0, XOR);
    amo_d(a, AMOXOR, AQ | RL, 0, S2, A0);
    addi(a, A0, S0, MAX);
    amo_d(a, AMOMAX, RELAXED, 0, S2, A0);

    addi(a, A0, S0, LOCK);
    again = a->pc;
    amo_d(a, LR, AQ, T1, 0, A0);
    taken = branch(a, BNE, T1, 0, 0);
    patch_to(a, taken, again);
    amo_d(a, SC, RELAXED, T2, T0, A0);
    branch(a, BNE, T2, 0, again);
    ld(a, T1, SUM_LOCKED, S0);
    addi(a, T1, T1, 1);
    sd(a, T1, SUM_LOCKED, S0);
    amo_d(a, AMOSWAP, RL, 0, 0, A0);
}

/* errors += 1 */
static void count_error(Asm *a)
{
    addi(a, T0, 0, 1);
    addi(a, A0, S0, ERRORS);
    amo_d(a, AMOADD, RELAXED, 0, T0, A0);
}

/* Waits until the word is at least the register; clobbers t1. */
static void wait_for(Asm *a, int word, unsigned base, unsigned at_least)
{
    uint64_t poll = a->pc;

    ld(a, T1, word, base);
    branch(a, BLTU, T1, at_least, poll);
}

/* s3: the pair.  Even harts send, without waiting. */
static void send_messages(Asm *a)
{
    sd(a, S2, PAIR_DATA, S3);
    fence(a, FENCE_W, FENCE_W);
    sd(a, S2, PAIR_FLAG, S3);
}

static void receive_messages(Asm *a)
{
    uint64_t top = a->pc, good;

    ld(a, T1, PAIR_FLAG, S3);
    fence(a, FENCE_R, FENCE_R);
    ld(a, T2, PAIR_DATA, S3);
    good = branch(a, BGEU, T2, T1, 0);
    count_error(a);
    patch_here(a, good);
    li(a, T0, PASSED);
    branch(a, BLTU, T1, T0, top);
}

/* x = round; fence; seen = y, and the other way round.  The even hart looks
 * at both, when both have been told. */
static void dekker_round(Asm *a)
{
    uint64_t odd, end, good1, good2;

    andi(a, T0, S1, 1);
    odd = branch(a, BNE, T0, 0, 0);
    sd(a, S2, PAIR_X, S3);
    fence(a, FENCE_RW, FENCE_RW);
    ld(a, S4, PAIR_Y, S3);
    wait_for(a, PAIR_SEEN_Y + 8, S3, S2); /* the other one's round */
    fence(a, FENCE_R, FENCE_RW);
    ld(a, T2, PAIR_SEEN_Y, S3);
    good1 = branch(a, BGEU, S4, S2, 0);
    good2 = branch(a, BGEU, T2, S2, 0);
    count_error(a);
    patch_here(a, good1);
    patch_here(a, good2);
    fence(a, FENCE_RW, FENCE_W);
    sd(a, S2, PAIR_SEEN_X, S3);
    end = jal(a, 0, 0);
    patch_here(a, odd);
    sd(a, S2, PAIR_Y, S3);
    fence(a, FENCE_RW, FENCE_RW);
    ld(a, T2, PAIR_X, S3);
    sd(a, T2, PAIR_SEEN_Y, S3);
    fence(a, FENCE_W, FENCE_W);
    sd(a, S2, PAIR_SEEN_Y + 8, S3);
    wait_for(a, PAIR_SEEN_X, S3, S2);
    patch_here(a, end);
}

static void for_rounds(Asm *a, int32_t rounds, void (*body)(Asm *a))
{
    uint64_t top;

    addi(a, S2, 0, 1);
    top = a->pc;
    body(a);
    addi(a, S2, S2, 1);
    li(a, T0, rounds);
    branch(a, BGE, T0, S2, top);
}

static void pass_messages(Asm *a)
{
    uint64_t receiver, end;

    andi(a, T0, S1, 1);
    receiver = branch(a, BNE, T0, 0, 0);
    for_rounds(a, PASSED, send_messages);
    end = jal(a, 0, 0);
    patch_here(a, receiver);
    receive_messages(a);
    patch_here(a, end);
}

void gen_litmus(Gen *g)
{
    static const int sums[] = { SUM_AMO, SUM_LR_SC, SUM_LOCKED, LOCK, XOR,
                                ERRORS, MAX };
    Asm *a = &g->a;
    uint64_t hart0, park, more;

    a->pc = IMAGE_BASE;
    csrrs(a, S1, CSR_MHARTID, 0);
    addi(a, T0, 0, HARTS);
    more = branch(a, BGEU, S1, T0, 0);
    la(a, S0, ADDR_DATA);
    srli(a, S3, S1, 1);
    slli(a, S3, S3, 9);
    add(a, S3, S3, S0);
    addi(a, S3, S3, PAIRS);
    for_rounds(a, ROUNDS, count_round);
    pass_messages(a);
    for_rounds(a, IN_STEP, dekker_round);
    addi(a, T0, 0, 1);
    addi(a, A0, S0, ARRIVED);
    amo_d(a, AMOADD, AQ | RL, 0, T0, A0);
    hart0 = branch(a, BEQ, S1, 0, 0);
    patch_here(a, more);
    park = a->pc;
    put32(a, 0x10500073); /* wfi */
    jal(a, 0, park);
    patch_here(a, hart0);
    addi(a, T0, 0, HARTS);
    wait_for(a, ARRIVED, S0, T0);
    fence(a, FENCE_R, FENCE_RW);
    for (unsigned i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
        ld(a, A0, sums[i], S0);
        gen_print_hex(a);
    }
    gen_finish(a);
}
