/* SPDX-License-Identifier: MIT */
/*
 * sbi.h - within the built-in SBI.
 *
 * Thread context: the hart's own thread.
 */
#ifndef REFVMM_CPU_INTERP_SBI_H
#define REFVMM_CPU_INTERP_SBI_H

#include "cpu/interp/op.h"

typedef enum SbiError {
    SBI_SUCCESS = 0,
    SBI_ERR_FAILED = -1,
    SBI_ERR_NOT_SUPPORTED = -2,
    SBI_ERR_INVALID_PARAM = -3,
    SBI_ERR_DENIED = -4,
    SBI_ERR_INVALID_ADDRESS = -5,
    SBI_ERR_ALREADY_AVAILABLE = -6,
} SbiError;

typedef struct SbiRet {
    SbiError error;
    int64_t value;
} SbiRet;

bool sbi_has_extension(uint64_t id) IO_FN;
bool sbi_harts(uint64_t mask, uint64_t first, uint32_t *ret_harts) IO_FN;
void sbi_send_ipi(uint32_t harts) IO_FN;
void sbi_set_timer(Hart *h, uint64_t value) IO_FN;
/* request: REQUEST_FENCE_I or REQUEST_SFENCE */
void sbi_remote(Hart *h, uint32_t harts, uint32_t request) IO_FN;
void sbi_system_reset(Hart *h, uint32_t type, uint32_t reason) IO_FN;

/* sbi_console.c */
SbiRet sbi_debug_console(Hart *h, uint64_t function) IO_FN;
bool sbi_is_legacy(uint64_t id) IO_FN;
/* What goes to a0. */
int64_t sbi_legacy(Hart *h, uint64_t id) IO_FN;

#endif
