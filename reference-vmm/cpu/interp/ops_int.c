/* SPDX-License-Identifier: MIT */
/*
 * ops_int.c - arithmetic on registers (RV64I and M).
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"

#define X1 h->x[op->rs1]
#define X2 h->x[op->rs2]
#define IMM ((uint64_t)(int64_t)op->imm)
/* The low word, sign-extended. */
#define SEXT32(v) ((uint64_t)(int64_t)(int32_t)(v))

#define OP_X_LIKELY(name, expression, likely) \
    OP(name)                                  \
    {                                         \
        h->x[op->rd] = (expression);          \
        OP_NEXT_LIKELY(likely);               \
    }
#define OP_X(name, expression) OP_X_LIKELY(name, expression, AFTER_ANY)
/* With its own list of what follows. */
#define OP_HOT(name, expression) OP_X_LIKELY(name, expression, AFTER_##name)

/*
 * Where there is an instruction with a register and one with an immediate,
 * one op does both: rs2 is x0, or imm is 0.  `add` is also mv, li, lui and
 * (with rs1 the page's address) auipc.  The two instructions that this costs
 * are nothing beside a branch of the interpreter that was mispredicted
 * because there were too many kinds of ops.
 */
OP_HOT(add, X1 + X2 + IMM)
OP_HOT(and, X1 & (X2 | IMM))
OP_HOT(or, X1 | X2 | IMM)
OP_HOT(xor, X1 ^ X2 ^ IMM)
OP_HOT(sll, X1 << ((X2 + IMM) & 63))
OP_HOT(srl, X1 >> ((X2 + IMM) & 63))
OP_HOT(sra, (uint64_t)((int64_t)X1 >> ((X2 + IMM) & 63)))
OP_X(slt, (int64_t)X1 < (int64_t)(X2 + IMM))
OP_X(sltu, X1 < X2 + IMM)
OP_HOT(addw, SEXT32(X1 + X2 + IMM))
OP_HOT(sllw, SEXT32((uint32_t)X1 << ((X2 + IMM) & 31)))
OP_HOT(srlw, SEXT32((uint32_t)X1 >> ((X2 + IMM) & 31)))
OP_HOT(sraw, SEXT32((int32_t)X1 >> ((X2 + IMM) & 31)))
OP_HOT(sub, X1 - X2)
OP_HOT(subw, SEXT32(X1 - X2))

OP_X(mul, X1 * X2)
OP_X(mulh, (uint64_t)((__int128)(int64_t)X1 * (int64_t)X2 >> 64))
OP_X(mulhsu, (uint64_t)((__int128)(int64_t)X1 * X2 >> 64))
OP_X(mulhu, (uint64_t)((unsigned __int128)X1 * X2 >> 64))
OP_X(mulw, SEXT32(X1 * X2))

/* Division by zero and overflow have results, no traps (section 13.2). */
static inline uint64_t IO_FN div_signed(int64_t a, int64_t b)
{
    return b == 0 ? UINT64_MAX : b == -1 ? -(uint64_t)a : (uint64_t)(a / b);
}

static inline uint64_t IO_FN rem_signed(int64_t a, int64_t b)
{
    return b == 0 ? (uint64_t)a : b == -1 ? 0 : (uint64_t)(a % b);
}

static inline uint64_t IO_FN div_unsigned(uint64_t a, uint64_t b)
{
    return b == 0 ? UINT64_MAX : a / b;
}

static inline uint64_t IO_FN rem_unsigned(uint64_t a, uint64_t b)
{
    return b == 0 ? a : a % b;
}

OP_X(div, div_signed((int64_t)X1, (int64_t)X2))
OP_X(divu, div_unsigned(X1, X2))
OP_X(rem, rem_signed((int64_t)X1, (int64_t)X2))
OP_X(remu, rem_unsigned(X1, X2))
OP_X(divw, SEXT32(div_signed((int32_t)X1, (int32_t)X2)))
OP_X(divuw, SEXT32(div_unsigned((uint32_t)X1, (uint32_t)X2)))
OP_X(remw, SEXT32(rem_signed((int32_t)X1, (int32_t)X2)))
OP_X(remuw, SEXT32(rem_unsigned((uint32_t)X1, (uint32_t)X2)))
