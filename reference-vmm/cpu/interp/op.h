/* SPDX-License-Identifier: MIT */
/*
 * op.h - decoded instructions and how they follow each other.
 *
 * A block is a Block, its ops, and an op `block_end` that only marks the end.
 * It is entered at its first op only, and left by any jump.  Each kind of op
 * is a function that does its work and tail-calls the function of the next
 * op: the whole interpreter is one chain of jumps, with the hart and the op
 * in registers.  Where the compiler does not tail-call for sure (gcc without
 * optimisation, or with sanitizers), an op returns the next op instead, and
 * a loop in interp.c calls it.
 *
 * The pc is not kept: it is vbase plus an offset in the page that ops which
 * may trap know.  Neither is the number of instructions: whatever leaves a
 * block adds how many it took.
 *
 * Thread context: the hart's own thread.
 */
#ifndef REFVMM_CPU_INTERP_OP_H
#define REFVMM_CPU_INTERP_OP_H

#include "cpu/interp/hart.h"
#include "cpu/interp/op_likely.h"

/* Registers are indexes into x (32 and 33: see hart.h) or f. */
struct Op {
    uint16_t kind; /* OpKind */
    union {
        uint16_t off;    /* in its page; of jumps: the next instruction's */
        uint16_t negate; /* of conditional branches: 1 for bne, bge, bgeu */
    };
    uint8_t rd, rs1, rs2;
    union {
        uint8_t rs3;
        uint8_t count; /* of instructions that leaving the block here adds */
    };
    int32_t imm;
};

typedef const Op *OpFn(Hart *h, const Op *op);

/* rd of a conditional branch, and of j */
enum {
    BRANCH_LINKED, /* imm: distance in ops */
    BRANCH_NEW,    /* imm: the target's offset in the page */
    BRANCH_FAR,    /* the same, out of the page */
};

/* Lies before the first op of a block. */
typedef struct Block {
    uint32_t page; /* index in Hart.code_page_list; 0: Hart.single */
    uint32_t n_ops;
    uint16_t off;
} Block;

_Static_assert(sizeof(Op) == 12 && sizeof(Block) == 12, "arena layout");

/* ---- the ops ------------------------------------------------------------ */

#define OP_LIST_INT(X)                                                       \
    X(add) X(sub) X(sll) X(slt) X(sltu) X(xor) X(srl) X(sra) X(or) X(and)    \
    X(addw) X(subw) X(sllw) X(srlw) X(sraw)                                  \
    X(mul) X(mulh) X(mulhsu) X(mulhu) X(div) X(divu) X(rem) X(remu)          \
    X(mulw) X(divw) X(divuw) X(remw) X(remuw)

#define OP_LIST_MEM(X)                                                       \
    X(lb) X(lh) X(lw) X(ld) X(lbu) X(lhu) X(lwu) X(sb) X(sh) X(sw) X(sd)     \
    X(flw) X(fld) X(fsw) X(fsd)

#define OP_LIST_BRANCH(X)                                                    \
    X(beq) X(blt) X(bltu) X(branch_new) X(branch_far)                        \
    X(j) X(jal) X(jal_new) X(jal_far) X(jalr) X(jr) X(resume) X(single)

#define OP_LIST_SYSTEM(X)                                                    \
    X(illegal) X(ecall) X(ebreak) X(mret) X(sret) X(wfi) X(sfence_vma)       \
    X(fence) X(pause) X(fence_i) X(csr) X(csr_sstatus_clear)                  \
    X(csr_sstatus_set) X(fp_guard) X(raise)

#define OP_LIST_AMO_SIZE(X, s)                                               \
    X(lr_##s) X(sc_##s) X(amoswap_##s) X(amoadd_##s) X(amoxor_##s)           \
    X(amoand_##s) X(amoor_##s) X(amomin_##s) X(amomax_##s) X(amominu_##s)    \
    X(amomaxu_##s)
#define OP_LIST_AMO(X) OP_LIST_AMO_SIZE(X, w) OP_LIST_AMO_SIZE(X, d)

#define OP_LIST_FP_FORMAT(X, s)                                              \
    X(fadd_##s) X(fsub_##s) X(fmul_##s) X(fdiv_##s) X(fsqrt_##s)             \
    X(fmadd_##s) X(fmsub_##s) X(fnmsub_##s) X(fnmadd_##s) X(fsgnj_##s)       \
    X(fsgnjn_##s) X(fsgnjx_##s) X(fmin_##s) X(fmax_##s) X(feq_##s)           \
    X(flt_##s) X(fle_##s) X(fclass_##s) X(fcvt_w_##s) X(fcvt_wu_##s)         \
    X(fcvt_l_##s) X(fcvt_lu_##s) X(fcvt_##s##_w) X(fcvt_##s##_wu)            \
    X(fcvt_##s##_l) X(fcvt_##s##_lu)
#define OP_LIST_FP(X)                                                        \
    OP_LIST_FP_FORMAT(X, s) OP_LIST_FP_FORMAT(X, d)                          \
    X(fcvt_s_d) X(fcvt_d_s) X(fmv_x_w) X(fmv_w_x) X(fmv_x_d) X(fmv_d_x)      \
    X(fmv_d)

#define OP_LIST(X)                                                           \
    OP_LIST_INT(X) OP_LIST_MEM(X) OP_LIST_BRANCH(X) OP_LIST_SYSTEM(X)        \
    OP_LIST_AMO(X) OP_LIST_FP(X)

/* block_end is 0, so that a table's empty place means "no such op". */
#define OP_KIND(name) KIND_##name,
typedef enum OpKind {
    KIND_block_end,
    KIND_NONE = KIND_block_end,
    OP_LIST(OP_KIND)
    KIND_N,
} OpKind;

#define OP_DECLARE(name) const Op *op_##name(Hart *h, const Op *op) IO_FN;
OP_DECLARE(block_end)
OP_LIST(OP_DECLARE)

/* ---- how they follow each other ---------------------------------------- */

#if defined(__clang__)
#define OP_TAIL_CALLS 1
#define OP_MUSTTAIL __attribute__((musttail))
#elif defined(__OPTIMIZE__) && defined(REFVMM_GCC_TAIL_CALLS)
#define OP_TAIL_CALLS 1
#define OP_MUSTTAIL
#else
#define OP_TAIL_CALLS 0
#define OP_MUSTTAIL
#endif

#define OP(name) const Op *op_##name(Hart *h, const Op *op)
/* Goes on with another function for the same op. */
#define OP_CONTINUE(name) OP_MUSTTAIL return op_##name(h, op)
#if OP_TAIL_CALLS
#define OP_DISPATCH(next)                     \
    do {                                      \
        op = (next);                          \
        OP_MUSTTAIL return op_table[op->kind](h, op); \
    } while (0)
#else
#define OP_DISPATCH(next) return (next)
#endif

/* See op_likely.h. */
#define OP_GUESS(name)                        \
    if (op->kind == KIND_##name) {            \
        OP_CONTINUE(name);                    \
    }
#if OP_TAIL_CALLS
#define OP_DISPATCH_LIKELY(next, likely)      \
    do {                                      \
        op = (next);                          \
        likely(OP_GUESS)                      \
        OP_MUSTTAIL return op_table[op->kind](h, op); \
    } while (0)
#else
#define OP_DISPATCH_LIKELY(next, likely) return (next)
#endif
#define OP_NEXT_LIKELY(likely) OP_DISPATCH_LIKELY(op + 1, likely)
#define OP_NEXT OP_NEXT_LIKELY(AFTER_ANY)

/* By kind.  Hidden: no detour through a table of addresses. */
extern OpFn *const op_table[] __attribute__((visibility("hidden")));

/* Wherever h->pc leads; NULL ends the chain. */
const Op *hart_next(Hart *h) IO_FN;
#define OP_RESUME                             \
    do {                                      \
        const Op *next_ = hart_next(h);       \
        if (!next_) {                         \
            return NULL;                      \
        }                                     \
        OP_DISPATCH(next_);                   \
    } while (0)

static inline const Block *IO_FN op_block(const Op *first)
{
    return (const Block *)(first - 1);
}

static inline bool IO_FN hart_has_requests(const Hart *h)
{
    return hart_unlikely(__atomic_load_n(&h->requests, __ATOMIC_RELAXED));
}

/* The jump cache's place for a pc. */
static inline JumpEntry *IO_FN jump_entry(Hart *h, uint64_t pc)
{
    return &h->jump_cache[pc >> 1 & (JUMP_CACHE_SIZE - 1)];
}

/* The block that op is in. */
const Block *op_find_block(const Op *op) IO_FN;
/* Makes pc and instret those of the instruction at off in op's block. */
void hart_sync(Hart *h, const Op *op, unsigned off) IO_FN;
/* h->exc happens to the instruction at off. */
void hart_raise(Hart *h, const Op *op, unsigned off) IO_FN;

static inline void IO_FN hart_set_exc(Hart *h, uint64_t cause, uint64_t tval)
{
    h->exc.cause = cause;
    h->exc.tval = tval;
}

/* ---- the cache of code (code_cache.c) ----------------------------------- */

#define BLOCK_MAX_INSNS 64
#define BLOCK_MAX_OPS (2 * BLOCK_MAX_INSNS + 8)
#define CODE_PAGES_MAX 4096
#define ARENA_OPS (2u << 20)

struct CodePage {
    uint64_t pa;
    uint32_t index;    /* in Hart.code_page_list */
    uint32_t code_gen; /* the source was as in memory then */
    const uint8_t *host;
    uint64_t lines;    /* of 64 bytes, copied to source */
    uint8_t source[4096];
    uint32_t blocks[2048]; /* first op by offset / 2, in the arena; 0: none */
};

Hart *hart_alloc(GError **error) IO_FN;
void hart_free(Hart *h) IO_FN;
void code_flush(Hart *h) IO_FN; /* all blocks; no op may be running */
void code_fence_i(Hart *h) IO_FN;
/* The 32 bits at off, of which the upper half counts only when the lower
 * asks for it. */
uint32_t code_source(CodePage *page, unsigned off) IO_FN;
/* The block at off, made if need be. */
const Op *code_block(Hart *h, CodePage *page, unsigned off) IO_FN;
/* The target of a near branch or jump that op has not been linked with. */
const Op *code_link(Hart *h, const Op *op) IO_FN;

/* ---- decoding (decode.c) ------------------------------------------------ */

typedef struct Decoder {
    Op *start;      /* of the block */
    Op *op;         /* the next to write */
    unsigned off;  /* of the instruction, in its page */
    unsigned size; /* of the instruction */
    unsigned count; /* of instructions, with this one */
    uint32_t insn; /* as 32 bits */
    uint32_t raw;  /* as it was */
    uint8_t fp_guard; /* what is known since the last guard */
    bool single;   /* not to be linked */
    bool end;      /* control does not come back */
} Decoder;

/* Writes at most 3 ops. */
void decode_insn(Decoder *d, uint32_t raw) IO_FN;
bool decode_fp(Decoder *d) IO_FN; /* false: illegal */
bool decode_amo(Decoder *d) IO_FN;
/* 0: illegal */
uint32_t decode_compressed(uint16_t insn) IO_FN;
Op *decode_emit(Decoder *d, OpKind kind) IO_FN;
/* The way out to an offset relative to the page. */
void decode_goto(Decoder *d, unsigned off) IO_FN;
/* first: the last instruction's.  Makes one op of it and the one before,
 * where that is good. */
void decode_fuse(Decoder *d, Op *first) IO_FN;

static inline unsigned IO_FN insn_rd(uint32_t insn)
{
    return insn >> 7 & 31;
}

static inline unsigned IO_FN insn_rs1(uint32_t insn)
{
    return insn >> 15 & 31;
}

static inline unsigned IO_FN insn_rs2(uint32_t insn)
{
    return insn >> 20 & 31;
}

static inline unsigned IO_FN insn_funct3(uint32_t insn)
{
    return insn >> 12 & 7;
}

/* rd, where x0 means nowhere */
static inline unsigned IO_FN insn_xd(uint32_t insn)
{
    unsigned rd = insn_rd(insn);

    return rd ? rd : HART_X_DUMMY;
}

#endif
