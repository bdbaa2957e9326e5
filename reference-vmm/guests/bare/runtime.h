/* SPDX-License-Identifier: MIT */
/*
 * What our payloads stand on: console, device tree, harts, interrupts, power
 * off.  Any hart may call anything here; print() keeps lines whole.
 *
 *     int payload_main(void)
 *     {
 *         check(1 + 1 == 2, "sum of %d and %d", 1, 1);
 *         return 0;
 *     }
 *
 * The payload ends by returning.  Its last line is "PASS <name>" or "FAIL
 * <name>: <n> checks", and the machine powers off with status 0 or 1.
 */
#ifndef BARE_RUNTIME_H
#define BARE_RUNTIME_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "csr.h"

/* ---- given by the payload ---- */

extern const char payload_name[];
/* Runs on the first hart, interrupts off. */
int payload_main(void);

/* ---- console.c ---- */

/* %s %c %d %u %x with optional width, 0 and l. */
__attribute__((format(printf, 1, 2))) void print(const char *format, ...);
/* Prints "ok ..." or "FAIL ..." and counts failures; returns @holds. */
__attribute__((format(printf, 2, 3))) bool check(bool holds,
                                                 const char *format, ...);
/* Prints and powers off with status 1. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format,
                                                          ...);
__attribute__((noreturn)) void power_off(int status);
unsigned checks_failed(void);

/* ---- dtb.c ---- */

struct dtb_node {
    uint64_t reg, size; /* the first pair of "reg" */
    uint32_t interrupt; /* the first cell of "interrupts", 0 = none */
};

/* The @index-th node (from 0) that has @compatible. */
bool dtb_find(const char *compatible, unsigned index, struct dtb_node *node);
unsigned dtb_harts(void);
uint64_t dtb_memory(uint64_t *base); /* bytes */
uint64_t dtb_timebase(void);         /* ticks a second */
/* The number after "name=" in the command line, or @otherwise. */
uint64_t dtb_argument(const char *name, uint64_t otherwise);
bool dtb_valid(const void *blob);
extern const uint8_t *dtb;

/* ---- hart.c ---- */

static inline unsigned hart_id(void)
{
    unsigned long id;
    __asm__ volatile("mv %0, tp" : "=r"(id));
    return (unsigned)id;
}

unsigned hart_count(void);
extern unsigned boot_hart;
/* Starts a hart that is stopped; it stops when @entry returns. */
bool hart_start(unsigned hart, void (*entry)(void *), void *argument);
bool hart_stopped(unsigned hart);
/* Waits for hart_stopped(), at most 10 s. */
bool hart_join(unsigned hart);
void ipi_send(unsigned hart);
void ipi_clear(void); /* this hart's */
/* SBI only: all harts but this one. */
bool remote_fence_i(void);
bool remote_sfence_vma(uint64_t start, uint64_t size);

struct sbi_result {
    long error, value;
};
struct sbi_result sbi_call(long extension, long function, long a0, long a1,
                           long a2, long a3, long a4);

/* ---- interrupts: trap.c ---- */

static inline uint64_t time_now(void)
{
    uint64_t t;
    __asm__ volatile("rdtime %0" : "=r"(t)::"memory");
    return t;
}

/* In ticks of the timebase, absolute; UINT64_MAX = never. */
void timer_set(uint64_t when);

/* Called with interrupts off on the hart that took the interrupt. */
extern void (*irq_handler)(unsigned irq);
/*
 * The next exception on this hart is counted and skipped, and its cause kept
 * in trap_cause; any other is the end.
 */
void trap_expect(void);
/* The cause of the exception since trap_expect(), -1 = none came. */
long trap_taken(void);

static inline void irq_on(void)
{
    csr_set(CSR_STATUS, STATUS_IE);
}

static inline void irq_off(void)
{
    csr_clear(CSR_STATUS, STATUS_IE);
}

static inline void wait_for_interrupt(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

/* ---- plic.c: contexts of the mode we run in ---- */

bool plic_init(void);
void plic_priority(unsigned source, unsigned priority);
void plic_enable(unsigned hart, unsigned source, bool on);
void plic_threshold(unsigned hart, unsigned threshold);
bool plic_pending(unsigned source);
unsigned plic_claim(unsigned hart);
void plic_complete(unsigned hart, unsigned source);

/* ---- MMIO and ordering ---- */

static inline uint8_t read8(uint64_t a)
{
    return *(volatile uint8_t *)a;
}
static inline void write8(uint64_t a, uint8_t v)
{
    *(volatile uint8_t *)a = v;
}
static inline uint32_t read32(uint64_t a)
{
    return *(volatile uint32_t *)a;
}
static inline void write32(uint64_t a, uint32_t v)
{
    *(volatile uint32_t *)a = v;
}
static inline uint64_t read64(uint64_t a)
{
    return *(volatile uint64_t *)a;
}
static inline void write64(uint64_t a, uint64_t v)
{
    *(volatile uint64_t *)a = v;
}
static inline void fence(void)
{
    __asm__ volatile("fence iorw, iorw" ::: "memory");
}

void *memset(void *to, int byte, size_t n);
void *memcpy(void *restrict to, const void *restrict from, size_t n);
int memcmp(const void *a, const void *b, size_t n);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);

/* Free memory behind the image and the device tree's start: pages. */
extern uint8_t image_end[];

#endif
