/* SPDX-License-Identifier: MIT */
/*
 * ops_mem.c - loads and stores.
 *
 * What hits the software TLB is one relaxed atomic access of host memory;
 * the rest (misses, devices, misaligned addresses) is mmu.c's.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"

#define IMM ((uint64_t)(int64_t)op->imm)

static inline TlbEntry *IO_FN tlb_entry(TlbEntry *table, uint64_t va)
{
    return &table[va >> TARGET_PAGE_BITS & (TLB_SIZE - 1)];
}

/* Same page, and aligned to size. */
static inline bool IO_FN tlb_hit(const TlbEntry *e, uint64_t va,
                                 unsigned size)
{
    return hart_likely((va & (PAGE_MASK_64 | (size - 1))) == e->tag);
}

#define OP_LOAD(name, type, destination, convert, likely)                    \
    static __attribute__((noinline)) OP(name##_slow) IO_FN;                  \
    static OP(name##_slow)                                                   \
    {                                                                        \
        if (hart_unlikely(!mmu_load(h, h->x[op->rs1] + IMM,                  \
                                    sizeof(type)))) {                        \
            OP_CONTINUE(raise);                                              \
        }                                                                    \
        destination = convert((type)h->data);                                \
        OP_NEXT;                                                             \
    }                                                                        \
    OP(name)                                                                 \
    {                                                                        \
        uint64_t va = h->x[op->rs1] + IMM;                                   \
        const TlbEntry *e = tlb_entry(h->tlb_read, va);                      \
                                                                             \
        if (!tlb_hit(e, va, sizeof(type))) {                                 \
            OP_CONTINUE(name##_slow);                                        \
        }                                                                    \
        destination = convert(__atomic_load_n(                               \
            (const type *)(uintptr_t)(va + e->addend), __ATOMIC_RELAXED));   \
        OP_NEXT_LIKELY(likely);                                              \
    }

#define OP_STORE(name, type, source, likely)                                 \
    static __attribute__((noinline)) OP(name##_slow) IO_FN;                  \
    static OP(name##_slow)                                                   \
    {                                                                        \
        if (hart_unlikely(!mmu_store(h, h->x[op->rs1] + IMM, sizeof(type),   \
                                     source))) {                             \
            OP_CONTINUE(raise);                                              \
        }                                                                    \
        OP_NEXT;                                                             \
    }                                                                        \
    OP(name)                                                                 \
    {                                                                        \
        uint64_t va = h->x[op->rs1] + IMM;                                   \
        const TlbEntry *e = tlb_entry(h->tlb_write, va);                     \
                                                                             \
        if (!tlb_hit(e, va, sizeof(type))) {                                 \
            OP_CONTINUE(name##_slow);                                        \
        }                                                                    \
        __atomic_store_n((type *)(uintptr_t)(va + e->addend),                \
                         (type)(source), __ATOMIC_RELAXED);                  \
        OP_NEXT_LIKELY(likely);                                              \
    }

#define SIGNED(v) ((uint64_t)(int64_t)(v))
#define UNSIGNED(v) ((uint64_t)(v))
OP_LOAD(lb, int8_t, h->x[op->rd], SIGNED, AFTER_ANY)
OP_LOAD(lh, int16_t, h->x[op->rd], SIGNED, AFTER_lh)
OP_LOAD(lw, int32_t, h->x[op->rd], SIGNED, AFTER_lw)
OP_LOAD(ld, uint64_t, h->x[op->rd], UNSIGNED, AFTER_ld)
OP_LOAD(lbu, uint8_t, h->x[op->rd], UNSIGNED, AFTER_lbu)
OP_LOAD(lhu, uint16_t, h->x[op->rd], UNSIGNED, AFTER_lhu)
OP_LOAD(lwu, uint32_t, h->x[op->rd], UNSIGNED, AFTER_ANY)
OP_LOAD(flw, uint32_t, h->f[op->rd], fpu_box_s, AFTER_ANY)
OP_LOAD(fld, uint64_t, h->f[op->rd], UNSIGNED, AFTER_ANY)

OP_STORE(sb, uint8_t, h->x[op->rs2], AFTER_sb)
OP_STORE(sh, uint16_t, h->x[op->rs2], AFTER_sh)
OP_STORE(sw, uint32_t, h->x[op->rs2], AFTER_sw)
OP_STORE(sd, uint64_t, h->x[op->rs2], AFTER_sd)
OP_STORE(fsw, uint32_t, h->f[op->rs2], AFTER_ANY)
OP_STORE(fsd, uint64_t, h->f[op->rs2], AFTER_ANY)
