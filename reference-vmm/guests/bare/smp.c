/* SPDX-License-Identifier: MIT */
/*
 * Several harts at once: atomics, LR/SC, message passing, interrupts between
 * harts, remote fences (instructions and translations), stop and start
 * again.  Runs with one hart too; says so.
 */
#include "runtime.h"

const char payload_name[] = "smp";

#define ROUNDS 20000
#define TIMEOUT_SECONDS 20

static unsigned harts;

/* ---- all harts run one function ---- */

static void (*work)(unsigned index);
static unsigned arrived, leave;

/* Sleeps a millisecond: harts that wait leave the host's CPUs to others. */
static void doze(void)
{
    uint64_t enabled = csr_read(CSR_IE);

    csr_write(CSR_IE, 1ul << IRQ_TIMER);
    timer_set(time_now() + dtb_timebase() / 1000);
    wait_for_interrupt();
    timer_set(UINT64_MAX);
    csr_write(CSR_IE, enabled);
}

/* Waits until all harts are here. */
static void barrier(void)
{
    unsigned spins = 0;
    unsigned generation = __atomic_load_n(&leave, __ATOMIC_ACQUIRE);
    uint64_t end = time_now() + TIMEOUT_SECONDS * dtb_timebase();

    if (__atomic_add_fetch(&arrived, 1, __ATOMIC_ACQ_REL) == harts) {
        __atomic_store_n(&arrived, 0, __ATOMIC_RELAXED);
        __atomic_add_fetch(&leave, 1, __ATOMIC_RELEASE);
        return;
    }
    while (__atomic_load_n(&leave, __ATOMIC_ACQUIRE) == generation) {
        if (time_now() > end) {
            fail("hart %u waits in vain at a barrier", hart_id());
        }
        if (++spins % 1000 == 0) {
            doze();
        }
    }
}

static void enter(void *argument)
{
    (void)argument;
    barrier();
    work(hart_id());
    barrier();
}

static void on_all(void (*function)(unsigned))
{
    work = function;
    for (unsigned i = 0; i < harts; i++) {
        if (i != boot_hart && !hart_start(i, enter, NULL)) {
            fail("hart %u does not start", i);
        }
    }
    enter(NULL);
    for (unsigned i = 0; i < harts; i++) {
        if (i != boot_hart && !hart_join(i)) {
            fail("hart %u does not stop", i);
        }
    }
}

/* ---- atomics ---- */

static struct {
    uint64_t add, lrsc, locked, max, min, xored, lock;
    uint32_t add32;
} shared;

static void lrsc_increment(uint64_t *p)
{
    unsigned long v, failed;

    __asm__ volatile("1: lr.d %0, (%2)\n"
                     "   addi %0, %0, 1\n"
                     "   sc.d %1, %0, (%2)\n"
                     "   bnez %1, 1b\n"
                     : "=&r"(v), "=&r"(failed)
                     : "r"(p)
                     : "memory");
}

static void atomics(unsigned hart)
{
    for (uint64_t i = 0; i < ROUNDS; i++) {
        __atomic_fetch_add(&shared.add, 3, __ATOMIC_RELAXED);
        __atomic_fetch_add(&shared.add32, 1, __ATOMIC_RELAXED);
        lrsc_increment(&shared.lrsc);
        __atomic_fetch_xor(&shared.xored, 1ul << hart, __ATOMIC_RELAXED);
        __asm__ volatile("amomaxu.d zero, %0, (%1)" ::"r"(i * 8 + hart),
                         "r"(&shared.max)
                         : "memory");
        __asm__ volatile("amominu.d zero, %0, (%1)" ::"r"(1000 - i % 1000),
                         "r"(&shared.min)
                         : "memory");
        if (i % 16 == 0) {
            /* a lock by amoswap guards a plain increment */
            while (__atomic_exchange_n(&shared.lock, 1, __ATOMIC_ACQUIRE)) {
            }
            shared.locked++;
            __atomic_store_n(&shared.lock, 0, __ATOMIC_RELEASE);
        }
    }
}

static void test_atomics(void)
{
    memset(&shared, 0, sizeof(shared));
    shared.min = ~0ul;
    on_all(atomics);
    check(shared.add == 3ul * ROUNDS * harts, "amoadd.d: %lu", shared.add);
    check(shared.add32 == (uint32_t)ROUNDS * harts, "amoadd.w: %u",
          shared.add32);
    check(shared.lrsc == (uint64_t)ROUNDS * harts, "lr/sc: %lu", shared.lrsc);
    check(shared.locked == (uint64_t)(ROUNDS + 15) / 16 * harts, "lock: %lu",
          shared.locked);
    check(shared.xored == 0, "amoxor.d: %lu", shared.xored);
    check(shared.max == (ROUNDS - 1) * 8 + harts - 1, "amomaxu.d: %lu",
          shared.max);
    check(shared.min == 1, "amominu.d: %lu", shared.min);
}

/* ---- message passing: data before flag, never the other way round ---- */

static struct {
    uint64_t data __attribute__((aligned(64)));
    uint64_t flag __attribute__((aligned(64)));
    uint64_t reordered;
} mail;

static void message_passing(unsigned hart)
{
    if (hart == boot_hart) {
        for (uint64_t i = 1; i <= ROUNDS; i++) {
            *(volatile uint64_t *)&mail.data = i;
            __asm__ volatile("fence w, w" ::: "memory");
            *(volatile uint64_t *)&mail.flag = i;
        }
        return;
    }
    for (;;) {
        uint64_t flag = *(volatile uint64_t *)&mail.flag;

        __asm__ volatile("fence r, r" ::: "memory");
        if (*(volatile uint64_t *)&mail.data < flag) {
            __atomic_fetch_add(&mail.reordered, 1, __ATOMIC_RELAXED);
        }
        if (flag == ROUNDS) {
            return;
        }
    }
}

/* ---- store buffering: with fences, not both may read the old value ---- */

static uint64_t sb[2] __attribute__((aligned(64)));
static uint64_t sb_read[2];
static uint64_t sb_both;

static void store_buffering(unsigned hart)
{
    /* the two harts with the lowest ids; the others keep step */
    for (unsigned i = 0; i < 300; i++) {
        if (hart < 2) {
            *(volatile uint64_t *)&sb[hart] = i + 1;
            __asm__ volatile("fence rw, rw" ::: "memory");
            sb_read[hart] = *(volatile uint64_t *)&sb[1 - hart];
        }
        barrier();
        if (hart == 0 && sb_read[0] == i && sb_read[1] == i) {
            sb_both++;
        }
        barrier();
    }
}

/* ---- interrupts between harts: one token goes round ---- */

static uint64_t rounds_left;
static volatile unsigned ipi_seen[MAX_HARTS];

static void on_ipi(unsigned irq)
{
    if (irq != IRQ_SOFTWARE) {
        fail("interrupt %u instead of the software interrupt", irq);
    }
    ipi_clear();
    ipi_seen[hart_id()]++;
}

static void pass_token(unsigned hart)
{
    unsigned seen = 0;

    ipi_seen[hart] = 0;
    csr_write(CSR_IE, 1ul << IRQ_SOFTWARE);
    barrier();
    if (hart == boot_hart) {
        ipi_send((hart + 1) % harts);
    }
    for (;;) {
        /* wfi with interrupts off still wakes; no wake-up can be missed */
        while (ipi_seen[hart] == seen) {
            wait_for_interrupt();
            irq_on();
            irq_off();
        }
        seen++;
        uint64_t left = __atomic_load_n(&rounds_left, __ATOMIC_ACQUIRE);

        if (left) {
            __atomic_store_n(&rounds_left, left - 1, __ATOMIC_RELEASE);
        }
        ipi_send((hart + 1) % harts);
        if (left < harts) {
            break;
        }
    }
    csr_write(CSR_IE, 0);
}

static void test_ipi(void)
{
    irq_handler = on_ipi;
    rounds_left = 500 * harts;
    on_all(pass_token);
    csr_write(CSR_IE, 0);
    ipi_clear();
    irq_handler = NULL;
    check(rounds_left == 0, "a token went round %u harts by interrupts",
          harts);
}

#ifndef MACHINE_MODE
/* ---- remote fence.i: changed code is what the others run ---- */

static uint32_t code[4] __attribute__((aligned(4096)));
static uint64_t stale;

static void write_code(unsigned value)
{
    *(volatile uint32_t *)&code[0] = 0x513 | value << 20; /* li a0, value */
    *(volatile uint32_t *)&code[1] = 0x8067;              /* ret */
}

static void changed_code(unsigned hart)
{
    long (*function)(void) = (long (*)(void))(uintptr_t)code;

    for (unsigned i = 1; i <= 100; i++) {
        if (hart == boot_hart) {
            write_code(i);
            __asm__ volatile("fence rw, rw; fence.i" ::: "memory");
            if (harts > 1 && !remote_fence_i()) {
                fail("SBI remote_fence_i");
            }
        }
        barrier();
        if (function() != (long)i) {
            __atomic_fetch_add(&stale, 1, __ATOMIC_RELAXED);
        }
        barrier();
    }
}

/* ---- remote sfence.vma: a changed translation is what the others use ---- */

#define PTE_LEAF 0xcful /* V R W X A D */
#define SV39 (8ul << 60)
#define WINDOW (3ul << 30) /* a gigabyte that nothing else is in */

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t middle[512] __attribute__((aligned(4096)));
static uint64_t leaf[512] __attribute__((aligned(4096)));
static uint64_t pages[2][512] __attribute__((aligned(4096)));
static uint64_t wrong_page;

static uint64_t table(const void *p)
{
    return (uint64_t)p >> 12 << 10 | 1;
}

static void map_window(unsigned page)
{
    *(volatile uint64_t *)&leaf[0] =
        (uint64_t)pages[page] >> 12 << 10 | PTE_LEAF;
}

static void translations(unsigned hart)
{
    csr_write(satp, SV39 | (uint64_t)root >> 12);
    __asm__ volatile("sfence.vma" ::: "memory");
    for (unsigned i = 1; i <= 100; i++) {
        if (hart == boot_hart) {
            map_window(i & 1);
            __asm__ volatile("fence rw, rw; sfence.vma" ::: "memory");
            if (harts > 1 && !remote_sfence_vma(WINDOW, 4096)) {
                fail("SBI remote_sfence_vma");
            }
        }
        barrier();
        if (*(volatile uint64_t *)WINDOW != 100 + (i & 1)) {
            __atomic_fetch_add(&wrong_page, 1, __ATOMIC_RELAXED);
        }
        barrier();
    }
    csr_write(satp, 0);
    __asm__ volatile("sfence.vma" ::: "memory");
}

static void test_fences(void)
{
    on_all(changed_code);
    check(stale == 0, "remote fence.i: old code ran %lu times", stale);
    root[0] = 0ul >> 2 | PTE_LEAF;             /* devices, one to one */
    root[2] = (2ul << 30) >> 2 | PTE_LEAF;     /* memory, one to one */
    root[3] = table(middle);
    middle[0] = table(leaf);
    pages[0][0] = 100;
    pages[1][0] = 101;
    on_all(translations);
    check(wrong_page == 0, "remote sfence.vma: old page read %lu times",
          wrong_page);
}
#endif

int payload_main(void)
{
    harts = hart_count();
    print("smp: %u harts\n", harts);
    test_atomics();
    on_all(message_passing);
    check(mail.reordered == 0, "message passing: %lu reordered",
          mail.reordered);
    if (harts > 1) {
        on_all(store_buffering);
        check(sb_both == 0, "store buffering: %lu times both old", sb_both);
    }
    test_ipi();
#ifndef MACHINE_MODE
    test_fences();
    check(sbi_call(0x48534d, 0, 1000, 0, 0, 0, 0).error != 0,
          "SBI hart_start of hart 1000 is refused");
    check(sbi_call(0x48534d, 0, boot_hart, 0, 0, 0, 0).error == -6,
          "SBI hart_start of a running hart: already available");
#endif
    return 0;
}
