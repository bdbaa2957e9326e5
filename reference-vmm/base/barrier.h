/* SPDX-License-Identifier: MIT */
/*
 * barrier.h - memory barriers between us and a guest (the barriers of the
 * virtio specification): what an atomic access cannot say, because the other
 * side is a vCPU.  Whoever uses one names the access it pairs with.
 *
 * Written as instructions where the host is known: ThreadSanitizer refuses
 * fences, and the memory that these order is none of its business.
 *
 * Thread context: any.
 */
#ifndef REFVMM_BASE_BARRIER_H
#define REFVMM_BASE_BARRIER_H

#if defined(__x86_64__)
/* Loads are not reordered with loads, nor stores with stores. */
#define vm_read_barrier() __asm__ volatile("" ::: "memory")
#define vm_write_barrier() __asm__ volatile("" ::: "memory")
#define vm_full_barrier() \
    __asm__ volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc")
#else
#define vm_read_barrier() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define vm_write_barrier() __atomic_thread_fence(__ATOMIC_RELEASE)
#define vm_full_barrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

#endif
