/* SPDX-License-Identifier: MIT */
/*
 * diff_gen.c - writes a random RISC-V program as an ELF file.
 *
 *     diff_gen --seed 7 --length 2000 --kind all -o prog.elf
 *
 * The program prints what it came to on the UART: run on two machines, the
 * texts must be the same.  Each slot of the stream depends on the seed and
 * its number alone: a shorter program is a prefix, and slots can be dropped
 * one by one (--drop), which is how a difference is narrowed down.
 *
 * Thread context: none: one thread.
 */
#include "diff_gen.h"
#include <elf.h>
#include <getopt.h>
#include <stdlib.h>

const char *const kind_names[KIND_COUNT] = {
    "int", "mem", "float", "csr", "priv", "pmp", "all", "litmus",
};

/* ---- random ------------------------------------------------------------ */

static uint64_t mix(uint64_t v)
{
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return v ^ v >> 31;
}

uint64_t gen_random(Gen *g)
{
    g->random += UINT64_C(0x9e3779b97f4a7c15);
    return mix(g->random);
}

unsigned gen_below(Gen *g, unsigned n)
{
    return gen_random(g) % n;
}

bool gen_chance(Gen *g, unsigned one_in)
{
    return gen_below(g, one_in) == 0;
}

uint64_t gen_value(Gen *g)
{
    uint64_t r = gen_random(g);
    unsigned shift = gen_below(g, 64);

    switch (gen_below(g, 7)) {
    case 0:
        return (uint64_t)(int64_t)(int32_t)r >> (r & 32 ? 0 : 32);
    case 1:
        return (UINT64_C(1) << shift) - gen_below(g, 3) + 1;
    case 2:
        return -(UINT64_C(1) << shift) - gen_below(g, 3) + 1;
    case 3:
        return gen_below(g, 5) - UINT64_C(2);
    case 4:
        return r >> shift;
    case 5:
        return (uint64_t)((int64_t)r >> shift);
    default:
        return r;
    }
}

uint64_t gen_float(Gen *g)
{
    static const uint64_t doubles[] = {
        0,
        1,
        0x000fffffffffffff,
        0x0010000000000000,
        0x3ff0000000000000,
        0x3ff0000000000001,
        0x3fe0000000000000,
        0x4330000000000001,
        0x41dfffffffc00000,
        0x43e0000000000000,
        0x7fefffffffffffff,
        0x7ff0000000000000,
        0x7ff0000000000001,
        0x7ff8000000000000,
        0x47efffffe0000000,
        0x3690000000000000,
    };
    static const uint32_t singles[] = {
        0,          1,          0x007fffff, 0x00800000, 0x3f800000,
        0x3f800001, 0x3f000000, 0x4b800000, 0x4f000000, 0x5f000000,
        0x7f7fffff, 0x7f800000, 0x7f800001, 0x7fc00000,
    };
    uint64_t r = gen_random(g), sign = r & UINT64_C(1) << 63;

    switch (gen_below(g, 8)) {
    case 0:
        return doubles[gen_below(g, 16)] | sign;
    case 1: /* close to 1 */
        return (r & ~(UINT64_C(0x7f) << 56)) | UINT64_C(0x3f) << 56;
    case 2: /* small integers */
        return UINT64_C(0x4000000000000000) | (r & UINT64_C(0x003f) << 48)
               | sign;
    case 3:
        return UINT64_C(0xffffffff00000000)
               | singles[gen_below(g, 14)] | sign >> 32;
    case 4:
        return UINT64_C(0xffffffff00000000) | 0x3f000000
               | (r & 0x80ffffff);
    case 5:
        return UINT64_C(0xffffffff00000000) | r;
    default:
        return r;
    }
}

/* ---- the program ------------------------------------------------------- */

void gen_to_slot(Gen *g, uint64_t at, unsigned slot, bool is_address)
{
    g->fixup[g->n_fixups].at = at;
    g->fixup[g->n_fixups].slot = slot < g->length ? slot : g->length;
    g->fixup[g->n_fixups++].is_address = is_address;
}

static void resolve_fixups(Gen *g)
{
    for (unsigned i = 0; i < g->n_fixups; i++) {
        uint64_t at = g->fixup[i].at, target = g->slot[g->fixup[i].slot];

        if (g->fixup[i].is_address) {
            Asm a = { .image = g->a.image, .pc = at };
            uint32_t auipc;

            memcpy(&auipc, g->a.image + (at - IMAGE_BASE), 4);
            la(&a, auipc >> 7 & 31, target);
        } else {
            patch_to(&g->a, at, target);
        }
    }
}

/* After the last slot: the next pass, as M, or the end. */
static void gen_pass_end(Gen *g)
{
    Asm *a = &g->a;
    uint64_t more;

    put32(a, 30 << 7 | 0x17); /* auipc x30, 0 */
    addi(a, 30, 30, 16 | RESUME_M);
    put32(a, 0x73); /* ecall */
    put32(a, 0x13); /* nop */
    li(a, 29, 0x6000);
    csrrs(a, 0, CSR_MSTATUS, 29);
    la(a, 27, ADDR_SAVE);
    ld(a, 29, SAVE_PASSES, 27);
    addi(a, 29, 29, -1);
    sd(a, 29, SAVE_PASSES, 27);
    more = branch(a, BNE, 29, 0, 0);
    la(a, 29, ADDR_END);
    i_type(a, 0x67, 0, 0, 29, 0);
    patch_here(a, more);
    la(a, 29, ADDR_SLOTS);
    i_type(a, 0x67, 0, 0, 29, 0);
}

static void gen_program(Gen *g)
{
    g->random = mix(g->seed);
    gen_setup(g);
    gen_handlers(g);
    gen_end(g);
    g->a.pc = ADDR_SLOTS;
    for (unsigned i = 0; i < g->length; i++) {
        if (g->a.pc & 2) {
            put16(&g->a, 1); /* c.nop */
        }
        g->slot[i] = g->a.pc;
        if (g->a.pc > ADDR_SLOTS_END - 4096) {
            fprintf(stderr, "diff_gen: the stream is too long\n");
            exit(1);
        }
        g->random = mix(g->seed * 1000003 + i + 1);
        if (!g->dropped[i]) {
            gen_slot(g, i);
        }
    }
    if (g->a.pc & 2) {
        put16(&g->a, 1);
    }
    g->slot[g->length] = g->a.pc;
    gen_pass_end(g);
    resolve_fixups(g);
}

static void write_elf(const Gen *g, const char *path)
{
    Elf64_Ehdr header = {
        .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB,
                     EV_CURRENT },
        .e_type = ET_EXEC,
        .e_machine = 243,
        .e_version = EV_CURRENT,
        .e_entry = IMAGE_BASE,
        .e_phoff = sizeof(Elf64_Ehdr),
        .e_flags = 5, /* RVC, double-float ABI */
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 1,
    };
    Elf64_Phdr segment = {
        .p_type = PT_LOAD,
        .p_flags = PF_R | PF_W | PF_X,
        .p_offset = 4096,
        .p_vaddr = IMAGE_BASE,
        .p_paddr = IMAGE_BASE,
        .p_filesz = IMAGE_SIZE,
        .p_memsz = IMAGE_SIZE,
        .p_align = 4096,
    };
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(&header, sizeof(header), 1, f) != 1
        || fwrite(&segment, sizeof(segment), 1, f) != 1
        || fseek(f, 4096, SEEK_SET) != 0
        || fwrite(g->a.image, IMAGE_SIZE, 1, f) != 1 || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

/* ---- command line ------------------------------------------------------ */

/* "3,5-9": slots that are left out. */
static void parse_drop(bool *dropped, const char *list)
{
    char *end;

    while (*list) {
        unsigned long first = strtoul(list, &end, 10), last = first;

        if (*end == '-') {
            last = strtoul(end + 1, &end, 10);
        }
        for (unsigned long i = first; i <= last && i < SLOTS_MAX; i++) {
            dropped[i] = true;
        }
        list = *end ? end + 1 : end;
    }
}

static void print_slots(const Gen *g)
{
    for (unsigned i = 0; i < g->length; i++) {
        printf("slot %u at 0x%llx:", i, (unsigned long long)g->slot[i]);
        for (uint64_t pc = g->slot[i]; pc < g->slot[i + 1]; pc += 2) {
            uint16_t half;

            memcpy(&half, g->a.image + (pc - IMAGE_BASE), 2);
            printf(" %04x", half);
        }
        printf("\n");
    }
}

static Kind parse_kind(const char *name)
{
    for (Kind k = 0; k < KIND_COUNT; k++) {
        if (strcmp(name, kind_names[k]) == 0) {
            return k;
        }
    }
    fprintf(stderr, "diff_gen: no kind '%s'; there are:", name);
    for (Kind k = 0; k < KIND_COUNT; k++) {
        fprintf(stderr, " %s", kind_names[k]);
    }
    fprintf(stderr, "\n");
    exit(2);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        { "seed", required_argument, NULL, 's' },
        { "length", required_argument, NULL, 'l' },
        { "kind", required_argument, NULL, 'k' },
        { "passes", required_argument, NULL, 'p' },
        { "drop", required_argument, NULL, 'd' },
        { "describe", no_argument, NULL, 'D' },
        { "slots", no_argument, NULL, 'S' },
        { NULL, 0, NULL, 0 },
    };
    static bool dropped[SLOTS_MAX];
    Gen *g = calloc(1, sizeof(*g));
    const char *output = NULL;
    bool slots = false;
    int c;

    g->a.image = calloc(1, IMAGE_SIZE);
    g->length = 1000;
    g->passes = 2;
    g->kind = KIND_ALL;
    g->dropped = dropped;
    while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        switch (c) {
        case 's':
            g->seed = strtoull(optarg, NULL, 0);
            break;
        case 'l':
            g->length = strtoul(optarg, NULL, 0);
            break;
        case 'k':
            g->kind = parse_kind(optarg);
            break;
        case 'p':
            g->passes = strtoul(optarg, NULL, 0);
            break;
        case 'd':
            parse_drop(dropped, optarg);
            break;
        case 'D':
            gen_describe(stdout);
            return 0;
        case 'S':
            slots = true;
            break;
        case 'o':
            output = optarg;
            break;
        default:
            return 2;
        }
    }
    if (g->length > SLOTS_MAX || g->passes == 0) {
        fprintf(stderr, "diff_gen: length 0 to %d, passes from 1\n",
                SLOTS_MAX);
        return 2;
    }
    if (g->kind == KIND_LITMUS) {
        gen_litmus(g);
    } else {
        gen_program(g);
    }
    if (slots) {
        print_slots(g);
    }
    if (output) {
        write_elf(g, output);
    }
    free(g->a.image);
    free(g);
    return 0;
}
