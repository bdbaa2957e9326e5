/* SPDX-License-Identifier: MIT */
/*
 * coroutine_switch.h - from one stack to another, and what the sanitizers have
 * to be told of it.
 *
 * x86-64 and aarch64 save what the ABI says a call keeps; elsewhere (or with
 * REFVMM_COROUTINE_UCONTEXT) it is swapcontext().  Modes of the floating-point
 * unit stay with the thread.
 *
 * Thread context: a context is used by one thread at a time.
 */
#ifndef REFVMM_BASE_COROUTINE_SWITCH_H
#define REFVMM_BASE_COROUTINE_SWITCH_H

#include "base/annotate.h"
#include <stdbool.h>
#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define CO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define CO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CO_TSAN 1
#endif
#endif
#if !defined(__x86_64__) && !defined(__aarch64__)
#define REFVMM_COROUTINE_UCONTEXT 1
#endif
#ifdef REFVMM_COROUTINE_UCONTEXT
#include <ucontext.h>
#endif

typedef struct CoContext {
#ifdef REFVMM_COROUTINE_UCONTEXT
    ucontext_t uc;
#else
    void *sp;
#endif
    void *stack; /* its lowest byte */
    size_t stack_size;
#ifdef CO_ASAN
    void *fake_stack;
#endif
#ifdef CO_TSAN
    void *fiber;
#endif
} CoContext;

typedef void CoContextMain(void);

/* Runs main on this stack, when first switched to.  main never returns. */
void co_context_init(CoContext *c, void *stack, size_t size,
                     CoContextMain *main) IO_FN;
void co_context_destroy(CoContext *c) IO_FN;
/* The calling thread's own stack. */
void co_context_init_thread(CoContext *c) IO_FN;
/* ends: what main has called so far is over; the next switch to `from` comes
 * to main itself. */
void co_context_switch(CoContext *from, CoContext *to, bool ends) IO_FN;
/* To be called first in main. */
void co_context_started(void) IO_FN;

#endif
