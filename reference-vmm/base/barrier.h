/* SPDX-License-Identifier: MIT */
/*
 * barrier.h - memory barriers between us and a guest (the barriers of the
 * virtio specification): what an atomic access cannot say, because the other
 * side is a vCPU.  Whoever uses one names the access it pairs with.
 *
 * Written as instructions where the host is known, because a fence of the
 * language costs more than the order asked for.  ThreadSanitizer understands
 * neither: for it every barrier, the guest's FENCE too, is an atomic add to
 * one word, so that what one side does before its barrier happens before what
 * the other does after its own.
 *
 * Thread context: any.
 */
#ifndef REFVMM_BASE_BARRIER_H
#define REFVMM_BASE_BARRIER_H

#ifdef __has_feature
#define VM_BARRIER_FOR_TSAN __has_feature(thread_sanitizer)
#elif defined(__SANITIZE_THREAD__)
#define VM_BARRIER_FOR_TSAN 1
#else
#define VM_BARRIER_FOR_TSAN 0
#endif

/* The host reorders nothing but a store with a later load. */
#if defined(__x86_64__) && !VM_BARRIER_FOR_TSAN
#define VM_HOST_ORDERS_STORES 1
#else
#define VM_HOST_ORDERS_STORES 0
#endif

#if VM_BARRIER_FOR_TSAN
extern int vm_barrier_word;
#define vm_full_barrier() \
    ((void)__atomic_fetch_add(&vm_barrier_word, 1, __ATOMIC_ACQ_REL))
#define vm_read_barrier() vm_full_barrier()
#define vm_write_barrier() vm_full_barrier()
#elif VM_HOST_ORDERS_STORES
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
