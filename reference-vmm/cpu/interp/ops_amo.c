/* SPDX-License-Identifier: MIT */
/*
 * ops_amo.c - the A extension between real threads, by host atomics.
 *
 * A reservation is the host address and the word that LR loaded; SC is a
 * compare-exchange with that word.  So an SC also succeeds where the word was
 * changed and changed back meanwhile (ABA).  The specification forbids that,
 * and software that was made for compare-and-swap machines does not notice;
 * the alternative, to watch stores of all harts, would slow down every store.
 * QEMU has made the same choice.
 *
 * Everything here is sequentially consistent, whatever aq and rl say.
 *
 * Thread context: the hart's own thread; the words are everybody's.
 */
#include "cpu/interp/op.h"

/* Only rs1 counts as an address: there is no immediate. */
static inline void *IO_FN amo_fast(const TlbEntry *table, uint64_t va,
                                   unsigned size)
{
    const TlbEntry *e = &table[va >> TARGET_PAGE_BITS & (TLB_SIZE - 1)];

    if (hart_likely((va & (PAGE_MASK_64 | (size - 1))) == e->tag)) {
        return (void *)(uintptr_t)(va + e->addend);
    }
    return NULL;
}

/* The bit tells the sizes apart. */
static inline void *IO_FN reservation_tag(void *word, unsigned size)
{
    return (void *)((uintptr_t)word | (size == 8));
}

#define OP_LR(name, stype)                                                   \
    OP(name)                                                                 \
    {                                                                        \
        uint64_t va = h->x[op->rs1];                                         \
        void *word = amo_fast(h->tlb_read, va, sizeof(stype));               \
        stype value;                                                         \
                                                                             \
        if (!word) {                                                         \
            word = mmu_atomic(h, va, sizeof(stype), ACCESS_READ);            \
            if (!word) {                                                     \
                OP_CONTINUE(raise);                                          \
            }                                                                \
        }                                                                    \
        value = __atomic_load_n((const stype *)word, __ATOMIC_SEQ_CST);      \
        h->reservation = reservation_tag(word, sizeof(stype));               \
        h->reserved_value = (uint64_t)(int64_t)value;                        \
        h->x[op->rd] = (uint64_t)(int64_t)value;                             \
        OP_NEXT;                                                             \
    }
OP_LR(lr_w, int32_t)
OP_LR(lr_d, int64_t)

#define SC_DO(name, utype)                                                   \
    static inline bool IO_FN name(Hart *h, void *word, uint64_t value)       \
    {                                                                        \
        void *tag = reservation_tag(word, sizeof(utype));                    \
        utype expected = (utype)h->reserved_value;                           \
                                                                             \
        if (h->reservation != tag) {                                         \
            return false;                                                    \
        }                                                                    \
        return __atomic_compare_exchange_n((utype *)word, &expected,         \
                                           (utype)value, false,              \
                                           __ATOMIC_SEQ_CST,                 \
                                           __ATOMIC_SEQ_CST);                \
    }
SC_DO(sc_do_w, uint32_t)
SC_DO(sc_do_d, uint64_t)

#define OP_SC(s, size)                                                       \
    OP(sc_##s)                                                               \
    {                                                                        \
        uint64_t va = h->x[op->rs1];                                         \
        void *word = amo_fast(h->tlb_write, va, size);                       \
                                                                             \
        if (word) {                                                          \
            h->x[op->rd] = !sc_do_##s(h, word, h->x[op->rs2]);               \
        } else {                                                             \
            word = mmu_atomic(h, va, size, ACCESS_WRITE);                    \
            if (!word) {                                                     \
                OP_CONTINUE(raise);                                          \
            }                                                                \
            h->x[op->rd] = !sc_do_##s(h, word, h->x[op->rs2]);               \
            mmu_atomic_done(h);                                              \
        }                                                                    \
        h->reservation = NULL;                                               \
        OP_NEXT;                                                             \
    }
OP_SC(w, 4)
OP_SC(d, 8)

/* Those the host has no operation for. */
#define AMO_CHOOSE(name, type, condition)                                    \
    static inline type IO_FN name(type *word, type b)                        \
    {                                                                        \
        type a = __atomic_load_n(word, __ATOMIC_RELAXED);                    \
                                                                             \
        while (!__atomic_compare_exchange_n(word, &a, (condition) ? a : b,   \
                                            true, __ATOMIC_SEQ_CST,          \
                                            __ATOMIC_SEQ_CST)) {             \
        }                                                                    \
        return a;                                                            \
    }
AMO_CHOOSE(amo_min_w, int32_t, a < b)
AMO_CHOOSE(amo_max_w, int32_t, a > b)
AMO_CHOOSE(amo_minu_w, uint32_t, a < b)
AMO_CHOOSE(amo_maxu_w, uint32_t, a > b)
AMO_CHOOSE(amo_min_d, int64_t, a < b)
AMO_CHOOSE(amo_max_d, int64_t, a > b)
AMO_CHOOSE(amo_minu_d, uint64_t, a < b)
AMO_CHOOSE(amo_maxu_d, uint64_t, a > b)

#define amo_swap(word, b) __atomic_exchange_n(word, b, __ATOMIC_SEQ_CST)
#define amo_add(word, b) __atomic_fetch_add(word, b, __ATOMIC_SEQ_CST)
#define amo_xor(word, b) __atomic_fetch_xor(word, b, __ATOMIC_SEQ_CST)
#define amo_and(word, b) __atomic_fetch_and(word, b, __ATOMIC_SEQ_CST)
#define amo_or(word, b) __atomic_fetch_or(word, b, __ATOMIC_SEQ_CST)

#define OP_AMO(name, type, extend, operation)                                \
    static __attribute__((noinline)) IO_FN OP(name##_slow)                   \
    {                                                                        \
        void *word = mmu_atomic(h, h->x[op->rs1], sizeof(type),              \
                                ACCESS_WRITE);                               \
                                                                             \
        if (!word) {                                                         \
            OP_CONTINUE(raise);                                              \
        }                                                                    \
        h->x[op->rd] = (uint64_t)(int64_t)(extend)operation(                 \
            (type *)word, (type)h->x[op->rs2]);                              \
        mmu_atomic_done(h);                                                  \
        OP_NEXT;                                                             \
    }                                                                        \
    OP(name)                                                                 \
    {                                                                        \
        void *word = amo_fast(h->tlb_write, h->x[op->rs1], sizeof(type));    \
                                                                             \
        if (!word) {                                                         \
            OP_CONTINUE(name##_slow);                                        \
        }                                                                    \
        h->x[op->rd] = (uint64_t)(int64_t)(extend)operation(                 \
            (type *)word, (type)h->x[op->rs2]);                              \
        OP_NEXT;                                                             \
    }
#define OP_AMO_BOTH(name)                                                    \
    OP_AMO(amo##name##_w, uint32_t, int32_t, amo_##name)                     \
    OP_AMO(amo##name##_d, uint64_t, int64_t, amo_##name)
OP_AMO_BOTH(swap)
OP_AMO_BOTH(add)
OP_AMO_BOTH(xor)
OP_AMO_BOTH(and)
OP_AMO_BOTH(or)
OP_AMO(amomin_w, int32_t, int32_t, amo_min_w)
OP_AMO(amomax_w, int32_t, int32_t, amo_max_w)
OP_AMO(amominu_w, uint32_t, int32_t, amo_minu_w)
OP_AMO(amomaxu_w, uint32_t, int32_t, amo_maxu_w)
OP_AMO(amomin_d, int64_t, int64_t, amo_min_d)
OP_AMO(amomax_d, int64_t, int64_t, amo_max_d)
OP_AMO(amominu_d, uint64_t, int64_t, amo_minu_d)
OP_AMO(amomaxu_d, uint64_t, int64_t, amo_maxu_d)
