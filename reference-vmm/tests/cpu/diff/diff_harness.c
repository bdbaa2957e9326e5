/* SPDX-License-Identifier: MIT */
/*
 * diff_harness.c - the least machine that a bare program needs: harts of our
 * CPU, RAM at 0x80000000, a UART that can only send, and the finisher.
 *
 *     diff_harness [--smp N] prog.elf > console
 *
 * What the program sends to the UART goes to stdout.  Ends with 0 when the
 * program says "pass" to the finisher, 1 when it says otherwise, 2 when
 * something is wrong before it starts.  It does not watch the time.
 *
 * Thread context: the initial thread is the main loop, and holds the BQL.
 */
#include "base/main_loop.h"
#include "base/rcu.h"
#include "cpu/accel.h"
#include "cpu/vcpu.h"
#include "memory/memory.h"
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE UINT64_C(0x8000000)
#define UART_BASE 0x10000000
#define FINISHER_BASE 0x100000
#define FINISHER_PASS 0x5555

typedef struct Board {
    MemoryRegion system, ram, uart, finisher;
    AddressSpace as;
    uint64_t entry;
    int status;
} Board;

/* ---- devices ----------------------------------------------------------- */

/* One hart prints at a time; stdio has its own lock. */
static MemTxResult uart_write(void *opaque, hwaddr offset, unsigned size,
                              uint64_t value, MemTxAttrs attrs)
{
    (void)opaque;
    (void)size;
    (void)attrs;
    if (offset == 0) {
        putchar((int)value & 0xff);
    }
    return MEMTX_OK;
}

static MemTxResult uart_read(void *opaque, hwaddr offset, unsigned size,
                             uint64_t *ret_value, MemTxAttrs attrs)
{
    (void)opaque;
    (void)size;
    (void)attrs;
    *ret_value = offset == 5 ? 0x60 : 0; /* line status: empty */
    return MEMTX_OK;
}

static const MemoryRegionOps uart_ops = {
    .read = uart_read,
    .write = uart_write,
    .max_access_size = 1,
    .lockless = true,
};

static MemTxResult finisher_read(void *opaque, hwaddr offset, unsigned size,
                                 uint64_t *ret_value, MemTxAttrs attrs)
{
    (void)opaque;
    (void)offset;
    (void)size;
    (void)attrs;
    *ret_value = 0;
    return MEMTX_OK;
}

/* In the vCPU's thread, under the BQL. */
static MemTxResult finisher_write(void *opaque, hwaddr offset, unsigned size,
                                  uint64_t value, MemTxAttrs attrs)
{
    Board *board = opaque;

    (void)offset;
    (void)size;
    (void)attrs;
    GLOBAL_STATE_CODE();
    board->status = (value & 0xffff) == FINISHER_PASS ? 0 : 1;
    main_loop_quit();
    return MEMTX_OK;
}

static const MemoryRegionOps finisher_ops = {
    .read = finisher_read,
    .write = finisher_write,
};

static uint64_t read_time(void *opaque)
{
    struct timespec t;

    (void)opaque;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 10000000 + (uint64_t)t.tv_nsec / 100;
}

static const VcpuPlatform platform = {
    .read_time = read_time,
    .timebase_hz = 10000000,
};

/* ---- the machine ------------------------------------------------------- */

static void __attribute__((noreturn)) die(const char *what, GError *error)
{
    fprintf(stderr, "diff_harness: %s: %s\n", what,
            error ? error->message : "not usable");
    exit(2);
}

static void load_segments(Board *board, const char *path, const uint8_t *file,
                          size_t size)
{
    Elf64_Ehdr header;

    if (size < sizeof(header) || memcmp(file, ELFMAG, SELFMAG) != 0) {
        die(path, NULL);
    }
    memcpy(&header, file, sizeof(header));
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        uint64_t at = header.e_phoff + i * sizeof(segment);

        if (at > size - sizeof(segment)) {
            die(path, NULL);
        }
        memcpy(&segment, file + at, sizeof(segment));
        if (segment.p_type != PT_LOAD) {
            continue;
        }
        if (segment.p_offset > size
            || segment.p_filesz > size - segment.p_offset
            || address_space_write(&board->as, segment.p_paddr,
                                   MEMTXATTRS_UNSPECIFIED,
                                   file + segment.p_offset, segment.p_filesz)
                   != MEMTX_OK) {
            die(path, NULL);
        }
    }
    board->entry = header.e_entry;
}

static void board_init(Board *board, const char *path)
{
    GError *error = NULL;
    char *file;
    gsize size;

    GLOBAL_STATE_CODE();
    memory_region_init(&board->system, "system", UINT64_MAX);
    if (!memory_region_init_ram(&board->ram, "ram", RAM_SIZE, &error)) {
        die("ram", error);
    }
    memory_region_init_io(&board->uart, &uart_ops, board, "uart", 0x100);
    memory_region_init_io(&board->finisher, &finisher_ops, board, "finisher",
                          0x1000);
    memory_region_add_subregion(&board->system, RAM_BASE, &board->ram);
    memory_region_add_subregion(&board->system, UART_BASE, &board->uart);
    memory_region_add_subregion(&board->system, FINISHER_BASE,
                                &board->finisher);
    address_space_init(&board->as, &board->system, "memory");
    if (!g_file_get_contents(path, &file, &size, &error)) {
        die(path, error);
    }
    load_segments(board, path, (const uint8_t *)file, size);
    g_free(file);
}

static void board_run(Board *board, unsigned harts) DROPS(bql);
static void board_run(Board *board, unsigned harts)
{
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    if (!accel_set("interp", &error)) {
        die("interp", error);
    }
    for (unsigned i = 0; i < harts; i++) {
        VcpuConfig config = {
            .hartid = i,
            .as = &board->as,
            .platform = &platform,
        };
        Vcpu *cpu = vcpu_new(&config, &error);

        if (!cpu) {
            die("vcpu", error);
        }
        vcpu_set_entry(cpu, board->entry, i, 0);
    }
    vcpus_start();
    main_loop_run();
    vcpus_free();
}

static void board_free(Board *board)
{
    GLOBAL_STATE_CODE();
    address_space_destroy(&board->as);
    memory_region_del_subregion(&board->system, &board->ram);
    memory_region_del_subregion(&board->system, &board->uart);
    memory_region_del_subregion(&board->system, &board->finisher);
    main_loop_rcu_barrier();
    memory_region_finalize(&board->ram);
    memory_region_finalize(&board->uart);
    memory_region_finalize(&board->finisher);
    memory_region_finalize(&board->system);
    main_loop_rcu_barrier();
}

int main(int argc, char **argv)
{
    static Board board = { .status = 1 };
    GError *error = NULL;
    unsigned harts = 1;

    if (argc == 4 && strcmp(argv[1], "--smp") == 0) {
        harts = (unsigned)atoi(argv[2]);
        argv += 2;
        argc -= 2;
    }
    if (argc != 2 || harts == 0 || harts > VCPU_MAX) {
        fprintf(stderr, "usage: diff_harness [--smp N] prog.elf\n");
        return 2;
    }
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    if (!main_loop_init(&error)) {
        die("main loop", error);
    }
    board_init(&board, argv[1]);
    board_run(&board, harts);
    board_free(&board);
    main_loop_free();
    bql_unlock();
    fflush(stdout);
    return board.status;
}
