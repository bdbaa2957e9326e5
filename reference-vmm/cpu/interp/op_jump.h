/* SPDX-License-Identifier: MIT */
/*
 * op_jump.h - how ops leave their block.
 *
 * Thread context: the hart's own thread.
 */
#ifndef REFVMM_CPU_INTERP_OP_JUMP_H
#define REFVMM_CPU_INTERP_OP_JUMP_H

#include "cpu/interp/op.h"

#define SEXT32(v) ((uint64_t)(int64_t)(int32_t)(v))

static inline const Op *IO_FN linked_target(const Op *op)
{
    return op + op->imm;
}

#define OP_LEAVE_IF_REQUESTED(target)                   \
    do {                                                \
        if (hart_has_requests(h)) {                     \
            h->pc = h->vbase + op_block(target)->off;   \
            return NULL;                                \
        }                                               \
    } while (0)

/* To a virtual address, anywhere. */
#define OP_JUMP(target, likely)                                              \
    do {                                                                     \
        uint64_t target_ = (target);                                         \
        const JumpEntry *e_ = jump_entry(h, target_);                        \
                                                                             \
        if (hart_unlikely(e_->pc != target_ || e_->gen != h->jump_gen)       \
            || hart_has_requests(h)) {                                       \
            h->pc = target_;                                                 \
            OP_CONTINUE(resume);                                             \
        }                                                                    \
        h->vbase = target_ & PAGE_MASK_64;                                   \
        OP_DISPATCH_LIKELY((const Op *)((const char *)h + e_->ops), likely); \
    } while (0)

/* To an op of this page. */
#define OP_JUMP_LINKED(likely)                                               \
    do {                                                                     \
        const Op *target_ = linked_target(op);                               \
                                                                             \
        OP_LEAVE_IF_REQUESTED(target_);                                      \
        OP_DISPATCH_LIKELY(target_, likely);                                 \
    } while (0)

#endif
