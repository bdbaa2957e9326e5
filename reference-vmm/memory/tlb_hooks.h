/* SPDX-License-Identifier: MIT */
/*
 * tlb_hooks.h - within the layer: calling the vCPUs' hooks, if there are any.
 *
 * Thread context: any, but not in an RCU section: vCPUs take their time.
 */
#ifndef REFVMM_MEMORY_TLB_HOOKS_H
#define REFVMM_MEMORY_TLB_HOOKS_H

#include "memory/memory.h"

void tlb_hooks_reset_dirty(const uint8_t *host, uint64_t len)
    EXCLUDES(hf_rcu_read) IO_FN;
void tlb_hooks_flush_all(void) EXCLUDES(hf_rcu_read) GS_FN;

#endif
