/* SPDX-License-Identifier: MIT */
/*
 * bench_run.c - runs a bare ELF program on one hart with RAM and nothing
 * else, and says how fast, in CPU time.
 *
 *     bench_run PROGRAM
 *
 * Thread context: the main thread waits; the vCPU thread calls back.
 */
#include "base/main_loop.h"
#include "cpu/accel.h"
#include "cpu/vcpu.h"
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define RAM_BASE UINT64_C(0x80000000)
#define RAM_SIZE (UINT64_C(128) << 20)

static uint64_t tohost_addr, entry;
static uint64_t result;

static uint64_t read_time(void *opaque)
{
    return (uint64_t)vm_clock_ns() / 100;
}

static void quit(void *opaque)
{
    main_loop_quit();
}

static void on_tohost(void *opaque, uint64_t value)
{
    if (!result) {
        result = value;
    }
    aio_bh_schedule_oneshot(main_loop_context(), quit, NULL);
}

static void console_write(void *opaque, const void *data, size_t len)
{
    fwrite(data, 1, len, stdout);
}

static void find_tohost(const char *image, const Elf64_Shdr *table)
{
    const Elf64_Ehdr *e = (const void *)image;
    const Elf64_Shdr *sections = (const void *)(image + e->e_shoff);
    const char *names = image + sections[table->sh_link].sh_offset;
    const Elf64_Sym *s = (const void *)(image + table->sh_offset);

    for (size_t i = 0; i < table->sh_size / sizeof(*s); i++) {
        if (!strcmp(names + s[i].st_name, "tohost")) {
            tohost_addr = s[i].st_value;
        }
    }
}

static void load(const char *path, uint8_t *ram)
{
    char *image;
    gsize size;
    const Elf64_Ehdr *e;
    const Elf64_Shdr *s;
    const Elf64_Phdr *p;

    if (!g_file_get_contents(path, &image, &size, NULL)) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    e = (const void *)image;
    p = (const void *)(image + e->e_phoff);
    for (int i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD) {
            memcpy(ram + (p[i].p_paddr - RAM_BASE), image + p[i].p_offset,
                   p[i].p_filesz);
        }
    }
    s = (const void *)(image + e->e_shoff);
    for (int i = 0; i < e->e_shnum; i++) {
        if (s[i].sh_type == SHT_SYMTAB) {
            find_tohost(image, &s[i]);
        }
    }
    entry = e->e_entry;
    g_free(image);
}

int NO_ANALYSIS main(int argc, char **argv)
{
    static const VcpuPlatform platform = {
        .read_time = read_time,
        .timebase_hz = 10000000,
        .console_write = console_write,
        .tohost = on_tohost,
    };
    MemoryRegion root, ram;
    AddressSpace as;
    VcpuConfig config = { .as = &as, .platform = &platform };
    Vcpu *cpu;
    struct rusage usage;
    double seconds;
    uint64_t n;

    if (argc < 2) {
        fprintf(stderr, "usage: bench_run PROGRAM\n");
        return 2;
    }
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    main_loop_init(NULL);
    memory_region_init(&root, "system", UINT64_MAX);
    memory_region_init_ram(&ram, "ram", RAM_SIZE, NULL);
    memory_region_add_subregion(&root, RAM_BASE, &ram);
    address_space_init(&as, &root, "memory");
    load(argv[1], memory_region_get_ram_ptr(&ram));
    config.tohost = tohost_addr;
    cpu = vcpu_new(&config, NULL);
    vcpu_set_entry(cpu, entry, 0, 0);
    vm_clock_start();
    vcpus_start();
    main_loop_run();
    vcpus_pause();
    getrusage(RUSAGE_SELF, &usage);
    seconds = (double)usage.ru_utime.tv_sec
              + (double)usage.ru_utime.tv_usec / 1e6;
    n = vcpu_instructions(cpu);
    printf("%s: tohost %" PRIu64 ", %.1f million instructions, %.3f s of "
           "CPU, %.0f MIPS\n", argv[1], result, (double)n / 1e6, seconds,
           (double)n / 1e6 / seconds);
    vcpus_free();
    bql_unlock();
    return 0;
}
