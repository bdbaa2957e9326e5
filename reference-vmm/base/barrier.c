/* SPDX-License-Identifier: MIT */
/*
 * The word of the barriers that ThreadSanitizer is to see.
 *
 * Thread context: any.
 */
#include "base/barrier.h"

#if VM_BARRIER_FOR_TSAN
int vm_barrier_word;
#endif
