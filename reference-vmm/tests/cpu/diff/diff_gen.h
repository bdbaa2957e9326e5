/* SPDX-License-Identifier: MIT */
/*
 * diff_gen.h - the parts of the generator of random programs.
 *
 * The program, bare in M-mode on QEMU's virt machine:
 *
 *     setup        tables, trap vectors, PMP, page tables, registers
 *     slots        the random stream; several passes over it
 *     M and S trap handlers: log cause, pc, value and status, then go on
 *     the end      prints registers, CSRs, checksums of memory and the log
 *
 * Registers that random instructions do not write:
 *     x27, x29  the trap handlers'
 *     x28       an address in a window that page tables map at random
 *     x30       0, or where to go on after a trap: a multiple of 4, plus
 *               RESUME_*; the handlers clear it
 *     x31       the middle of the first data page
 *
 * Code runs at its physical address in M- and S-mode, and RESUME_ALIAS above
 * it in U-mode with paging: S-mode cannot execute U's pages.
 *
 * Thread context: none: the generator is one thread.
 */
#ifndef REFVMM_TESTS_DIFF_GEN_H
#define REFVMM_TESTS_DIFF_GEN_H

#include "diff_asm.h"
#include <stdio.h>

#define ADDR_M_HANDLER 0x80001000u
#define ADDR_S_HANDLER 0x80001800u
#define ADDR_END 0x80002000u
#define ADDR_SAVE 0x80003000u
#define ADDR_TABLES 0x80004000u /* initial registers */
#define ADDR_RESULT 0x80005000u
#define ADDR_PAGE_TABLES 0x80008000u
#define ADDR_LOG 0x80010000u
#define ADDR_SLOTS 0x80020000u
#define ADDR_SLOTS_END 0x80400000u
#define ADDR_DATA 0x80400000u
#define DATA_SIZE 0x2000u
#define ADDR_STUB 0x80402000u /* a page of ecalls */

#define ROOTS 2
#define PAGES_PER_ROOT 3 /* root, middle, leaf */
#define LOG_MAX 2000
#define ALIAS_BIT 30

/* Windows of virtual addresses: x28 points into one. */
#define WINDOW_PAGES UINT64_C(0x100000000)  /* small pages */
#define WINDOW_LARGE UINT64_C(0x100200000)  /* 2 MiB: 8 of them */
#define WINDOW_HUGE UINT64_C(0x140000000)   /* 1 GiB at ADDR_DATA's */
#define WINDOW_HOLE UINT64_C(0x180000000)   /* nothing */
#define WINDOW_NONCANONICAL UINT64_C(0x4000000000)

/* Added to x30: as whom to go on; 0: as whoever trapped. */
enum { RESUME_SAME = 0, RESUME_M = 1, RESUME_S = 2, RESUME_U = 3 };

typedef enum Kind {
    KIND_INT,
    KIND_MEM,
    KIND_FLOAT,
    KIND_CSR,
    KIND_PRIV,
    KIND_PMP,
    KIND_ALL,
    KIND_LITMUS,
    KIND_COUNT,
} Kind;
extern const char *const kind_names[KIND_COUNT];

/* Offsets from ADDR_SAVE. */
enum {
    SAVE_M = 0,   /* x1 to x4 of the M handler */
    SAVE_S = 64,  /* and of the S handler */
    SAVE_LOG = 128,
    SAVE_PASSES = 136,
};
#define TRAPS_MAX 20000 /* then something is wrong: end */

#define SLOTS_MAX 20000

typedef struct Gen {
    Asm a;
    uint64_t seed;
    Kind kind;
    unsigned length;
    unsigned passes;
    const bool *dropped; /* of SLOTS_MAX slots */
    uint64_t slot[SLOTS_MAX + 8]; /* where each begins */
    uint64_t random;
    /* Jumps to slots not yet placed. */
    struct {
        uint64_t at;
        unsigned slot;
        bool is_address; /* auipc and addi at `at` */
    } fixup[4 * SLOTS_MAX];
    unsigned n_fixups;
} Gen;

uint64_t gen_random(Gen *g);
unsigned gen_below(Gen *g, unsigned n);
bool gen_chance(Gen *g, unsigned one_in);
uint64_t gen_value(Gen *g);       /* integers on the edge */
uint64_t gen_float(Gen *g);       /* and floating-point numbers */

/* diff_handlers.c */
void gen_handlers(Gen *g);

/* diff_runtime.c */
void gen_setup(Gen *g);
void gen_end(Gen *g);
void gen_page_tables(Gen *g);
uint64_t gen_satp(unsigned root, unsigned asid);
uint64_t gen_leaf_pte(Gen *g);
uint64_t gen_leaf_pte_address(unsigned root, unsigned i);
void gen_print_hex(Asm *a); /* a0 in hex and a newline; clobbers a0 to a4 */
void gen_finish(Asm *a);    /* powers off */
/* Names of the lines that the program prints before its log. */
void gen_describe(FILE *f);

/* diff_slots.c */
void gen_slot(Gen *g, unsigned slot);
/* The branch or jump at `at`, or the auipc and addi there, leads to a slot. */
void gen_to_slot(Gen *g, uint64_t at, unsigned slot, bool is_address);
unsigned gen_rd(Gen *g); /* a register that may be written: 0 to 26 */
unsigned gen_rs(Gen *g); /* one to be read */

/* diff_slots_memory.c, diff_slots_float.c, diff_slots_priv.c */
void slot_float(Gen *g);
void slot_float_memory(Gen *g);
void slot_memory(Gen *g);
void slot_csr(Gen *g);
void slot_priv(Gen *g);
void slot_pmp(Gen *g);

/* diff_litmus.c */
void gen_litmus(Gen *g);

#endif
