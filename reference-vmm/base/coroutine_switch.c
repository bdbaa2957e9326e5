/* SPDX-License-Identifier: MIT */
/*
 * coroutine_switch.c - see coroutine_switch.h.
 *
 * Thread context: any.
 */
#include "base/coroutine_switch.h"
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#ifdef CO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef CO_TSAN
#include <sanitizer/tsan_interface.h>
#endif

/* ---- the switch itself -------------------------------------------------- */

#ifndef REFVMM_COROUTINE_UCONTEXT

/* Saves where we are to *save_sp and goes on where to_sp was saved. */
void vm_co_switch(void **save_sp, void *to_sp);

#ifdef __x86_64__

/* System V ABI: rbx, rbp, r12 to r15 and the stack survive a call. */
__asm__(
    ".pushsection .text\n"
    ".p2align 4\n"
    ".globl vm_co_switch\n"
    ".hidden vm_co_switch\n"
    ".type vm_co_switch, @function\n"
    "vm_co_switch:\n"
    "    pushq %rbp\n"
    "    pushq %rbx\n"
    "    pushq %r12\n"
    "    pushq %r13\n"
    "    pushq %r14\n"
    "    pushq %r15\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    popq %r15\n"
    "    popq %r14\n"
    "    popq %r13\n"
    "    popq %r12\n"
    "    popq %rbx\n"
    "    popq %rbp\n"
    "    ret\n"
    ".size vm_co_switch, . - vm_co_switch\n"
    ".popsection\n");

/* Words from the saved stack pointer up. */
enum { FRAME_PC = 6, FRAME_WORDS = 8 };

#else

/* AAPCS64: x19 to x30, d8 to d15 and the stack survive a call. */
__asm__(
    ".pushsection .text\n"
    ".p2align 4\n"
    ".globl vm_co_switch\n"
    ".hidden vm_co_switch\n"
    ".type vm_co_switch, %function\n"
    "vm_co_switch:\n"
    "    sub sp, sp, #160\n"
    "    stp x19, x20, [sp, #0]\n"
    "    stp x21, x22, [sp, #16]\n"
    "    stp x23, x24, [sp, #32]\n"
    "    stp x25, x26, [sp, #48]\n"
    "    stp x27, x28, [sp, #64]\n"
    "    stp x29, x30, [sp, #80]\n"
    "    stp d8, d9, [sp, #96]\n"
    "    stp d10, d11, [sp, #112]\n"
    "    stp d12, d13, [sp, #128]\n"
    "    stp d14, d15, [sp, #144]\n"
    "    mov x9, sp\n"
    "    str x9, [x0]\n"
    "    mov sp, x1\n"
    "    ldp x19, x20, [sp, #0]\n"
    "    ldp x21, x22, [sp, #16]\n"
    "    ldp x23, x24, [sp, #32]\n"
    "    ldp x25, x26, [sp, #48]\n"
    "    ldp x27, x28, [sp, #64]\n"
    "    ldp x29, x30, [sp, #80]\n"
    "    ldp d8, d9, [sp, #96]\n"
    "    ldp d10, d11, [sp, #112]\n"
    "    ldp d12, d13, [sp, #128]\n"
    "    ldp d14, d15, [sp, #144]\n"
    "    add sp, sp, #160\n"
    "    ret\n"
    ".size vm_co_switch, . - vm_co_switch\n"
    ".popsection\n");

enum { FRAME_PC = 11, FRAME_WORDS = 20 };

#endif

static void prepare_stack(CoContext *c, CoContextMain *main_fn)
{
    uintptr_t top = ((uintptr_t)c->stack + c->stack_size) & ~(uintptr_t)15;
    uintptr_t *frame = (uintptr_t *)top - FRAME_WORDS;

    /* Zeros where the caller's frame and return address would be end a
     * backtrace.  On x86-64 the stack comes out 8 off a multiple of 16, as
     * after a call. */
    memset(frame, 0, FRAME_WORDS * sizeof(*frame));
    frame[FRAME_PC] = (uintptr_t)main_fn;
    c->sp = frame;
}

#else

static void prepare_stack(CoContext *c, CoContextMain *main_fn)
{
    getcontext(&c->uc);
    c->uc.uc_stack.ss_sp = c->stack;
    c->uc.uc_stack.ss_size = c->stack_size;
    c->uc.uc_link = NULL;
    makecontext(&c->uc, main_fn, 0);
}

#endif

/* ---- contexts ----------------------------------------------------------- */

void co_context_init(CoContext *c, void *stack, size_t size,
                     CoContextMain *main_fn)
{
    memset(c, 0, sizeof(*c));
    c->stack = stack;
    c->stack_size = size;
    prepare_stack(c, main_fn);
#ifdef CO_TSAN
    c->fiber = __tsan_create_fiber(0);
#endif
}

void co_context_destroy(CoContext *c)
{
#ifdef CO_ASAN
    /* What the last calls there left behind would poison the next mapping. */
    __asan_unpoison_memory_region(c->stack, c->stack_size);
#endif
#ifdef CO_TSAN
    __tsan_destroy_fiber(c->fiber);
#endif
}

void co_context_init_thread(CoContext *c)
{
    memset(c, 0, sizeof(*c));
#ifdef CO_ASAN
    pthread_attr_t attr;

    if (pthread_getattr_np(pthread_self(), &attr) == 0) {
        pthread_attr_getstack(&attr, &c->stack, &c->stack_size);
        pthread_attr_destroy(&attr);
    }
#endif
#ifdef CO_TSAN
    c->fiber = __tsan_get_current_fiber();
#endif
}

void co_context_switch(CoContext *from, CoContext *to, bool ends)
{
#ifdef CO_ASAN
    /* Not in a local: that would lie in the fake stack, which is given up
     * here if this is the end. */
    from->fake_stack = NULL;
    __sanitizer_start_switch_fiber(ends ? NULL : &from->fake_stack, to->stack,
                                   to->stack_size);
#endif
#ifdef CO_TSAN
    __tsan_switch_to_fiber(to->fiber, 0);
#endif
#ifdef REFVMM_COROUTINE_UCONTEXT
    swapcontext(&from->uc, &to->uc);
#else
    vm_co_switch(&from->sp, to->sp);
#endif
#ifdef CO_ASAN
    __sanitizer_finish_switch_fiber(from->fake_stack, NULL, NULL);
#endif
}

void co_context_started(void)
{
#ifdef CO_ASAN
    __sanitizer_finish_switch_fiber(NULL, NULL, NULL);
#endif
}
