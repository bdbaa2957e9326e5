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

#define OP_X(name, expression)       \
    OP(name)                         \
    {                                \
        h->x[op->rd] = (expression); \
        OP_NEXT;                     \
    }
/* With its own list of what follows. */
#define OP_HOT(name, expression)       \
    OP(name)                           \
    {                                  \
        h->x[op->rd] = (expression);   \
        OP_NEXT_LIKELY(AFTER_##name);  \
    }

OP_HOT(add, X1 + X2)
OP_HOT(sub, X1 - X2)
OP_X(sll, X1 << (X2 & 63))
OP_X(slt, (int64_t)X1 < (int64_t)X2)
OP_X(sltu, X1 < X2)
OP_HOT(xor, X1 ^ X2)
OP_HOT(srl, X1 >> (X2 & 63))
OP_X(sra, (uint64_t)((int64_t)X1 >> (X2 & 63)))
OP_HOT(or, X1 | X2)
OP_HOT(and, X1 & X2)
OP_HOT(addw, SEXT32(X1 + X2))
OP_HOT(subw, SEXT32(X1 - X2))
OP_X(sllw, SEXT32((uint32_t)X1 << (X2 & 31)))
OP_X(srlw, SEXT32((uint32_t)X1 >> (X2 & 31)))
OP_X(sraw, SEXT32((int32_t)X1 >> (X2 & 31)))

OP_HOT(addi, X1 + IMM)
OP_X(slti, (int64_t)X1 < op->imm)
OP_X(sltiu, X1 < IMM)
OP_HOT(xori, X1 ^ IMM)
OP_X(ori, X1 | IMM)
OP_HOT(andi, X1 & IMM)
OP_HOT(slli, X1 << (op->rs2 & 63))
OP_HOT(srli, X1 >> (op->rs2 & 63))
OP_X(srai, (uint64_t)((int64_t)X1 >> (op->rs2 & 63)))
OP_HOT(addiw, SEXT32(X1 + IMM))
OP_HOT(slliw, SEXT32((uint32_t)X1 << (op->rs2 & 31)))
OP_HOT(srliw, SEXT32((uint32_t)X1 >> (op->rs2 & 31)))
OP_X(sraiw, SEXT32((int32_t)X1 >> (op->rs2 & 31)))

OP_HOT(li, SEXT32(op->imm))
OP_HOT(mv, X1)
OP_HOT(auipc, h->vbase + SEXT32(op->imm))

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
