/* SPDX-License-Identifier: MIT */
/*
 * image_elf.c - ELF executables for RISC-V (System V ABI, chapters 4 and 5):
 * segments by their physical addresses, the entry point, and the symbol
 * `tohost` of bare programs.
 *
 * Every offset, length and index of the file is checked before it is used;
 * both classes are read field by field, so that neither alignment nor the
 * byte order of the host matter.
 *
 * Thread context: any; it has no state.
 */
#include "hw/image_elf.h"
#include <elf.h>
#include <string.h>

#define MAX_SEGMENTS 128
#define MAX_SECTIONS 65535
#ifndef EM_RISCV
#define EM_RISCV 243
#endif

typedef struct ElfFile {
    const char *name;
    GBytes *content;
    const uint8_t *data;
    size_t size;
    bool is64;
    GArray *headers; /* of Elf64_Phdr: the segments that are loaded */
} ElfFile;

static bool fail(const ElfFile *f, GError **error, const char *why)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: %s", f->name, why);
    return false;
}

/* NULL: outside of the file. */
static const uint8_t *at(const ElfFile *f, uint64_t offset, uint64_t size)
{
    return offset <= f->size && size <= f->size - offset ? f->data + offset
                                                         : NULL;
}

static uint64_t le(const uint8_t *p, int bytes)
{
    uint64_t value = 0;

    for (int i = bytes; i-- > 0;) {
        value = value << 8 | p[i];
    }
    return value;
}

/* A field of either class. */
#define FIELD(f, p, type, field)                                            \
    ((f)->is64 ? le((p) + offsetof(Elf64_##type, field),                    \
                    sizeof(((Elf64_##type *)0)->field))                     \
               : le((p) + offsetof(Elf32_##type, field),                    \
                    sizeof(((Elf32_##type *)0)->field)))
#define SIZE_OF(f, type) \
    ((f)->is64 ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

/* ---- segments ----------------------------------------------------------- */

static bool check_header(ElfFile *f, GError **error)
{
    const uint8_t *e = f->data;

    if (f->size < EI_NIDENT ||
        (e[EI_CLASS] != ELFCLASS64 && e[EI_CLASS] != ELFCLASS32) ||
        e[EI_DATA] != ELFDATA2LSB) {
        return fail(f, error, "not a little-endian ELF file");
    }
    f->is64 = e[EI_CLASS] == ELFCLASS64;
    if (f->size < SIZE_OF(f, Ehdr)) {
        return fail(f, error, "an ELF file cut short");
    }
    if (FIELD(f, e, Ehdr, e_machine) != EM_RISCV) {
        return fail(f, error, "an ELF file for another machine than RISC-V");
    }
    if (FIELD(f, e, Ehdr, e_type) != ET_EXEC &&
        FIELD(f, e, Ehdr, e_type) != ET_DYN) {
        return fail(f, error, "an ELF file that is not executable");
    }
    return true;
}

static bool add_segment(ElfFile *f, const uint8_t *p, Image *image,
                        GError **error)
{
    Elf64_Phdr h = {
        .p_offset = FIELD(f, p, Phdr, p_offset),
        .p_vaddr = FIELD(f, p, Phdr, p_vaddr),
        .p_paddr = FIELD(f, p, Phdr, p_paddr),
        .p_filesz = FIELD(f, p, Phdr, p_filesz),
        .p_memsz = FIELD(f, p, Phdr, p_memsz),
    };
    ImageSegment segment = { .addr = h.p_paddr };

    if (!h.p_memsz) {
        return true;
    }
    if (h.p_filesz > h.p_memsz || h.p_paddr + h.p_memsz < h.p_paddr ||
        h.p_memsz > IMAGE_MAX_SIZE || !at(f, h.p_offset, h.p_filesz)) {
        return fail(f, error, "an ELF segment that is too long, or lies "
                              "outside of the file");
    }
    segment.bytes = g_bytes_new_from_bytes(f->content, h.p_offset,
                                           h.p_filesz);
    segment.zeros = h.p_memsz - h.p_filesz;
    g_array_append_val(image->segments, segment);
    g_array_append_val(f->headers, h);
    image->low = MIN(image->low, h.p_paddr);
    image->high = MAX(image->high, h.p_paddr + h.p_memsz);
    return true;
}

static bool read_segments(ElfFile *f, Image *image, GError **error)
{
    uint64_t offset = FIELD(f, f->data, Ehdr, e_phoff);
    uint64_t n = FIELD(f, f->data, Ehdr, e_phnum);
    uint64_t size = FIELD(f, f->data, Ehdr, e_phentsize);

    if (n > MAX_SEGMENTS || size < SIZE_OF(f, Phdr) ||
        !at(f, offset, n * size)) {
        return fail(f, error, "ELF program headers that are too many, or lie "
                              "outside of the file");
    }
    for (uint64_t i = 0; i < n; i++) {
        const uint8_t *p = f->data + offset + i * size;

        if (FIELD(f, p, Phdr, p_type) == PT_LOAD &&
            !add_segment(f, p, image, error)) {
            return false;
        }
    }
    if (!image->segments->len) {
        return fail(f, error, "an ELF file with nothing to load");
    }
    return true;
}

/* Kernels are linked for virtual addresses, and run from physical ones. */
static uint64_t to_physical(const ElfFile *f, uint64_t addr)
{
    for (guint i = 0; i < f->headers->len; i++) {
        const Elf64_Phdr *h = &g_array_index(f->headers, Elf64_Phdr, i);

        if (addr >= h->p_vaddr && addr - h->p_vaddr < h->p_memsz) {
            return addr - h->p_vaddr + h->p_paddr;
        }
    }
    return addr;
}

/* ---- symbols ------------------------------------------------------------ */

/* A section header; NULL: there is none. */
static const uint8_t *section(const ElfFile *f, uint64_t index)
{
    uint64_t size = FIELD(f, f->data, Ehdr, e_shentsize);
    uint64_t offset = FIELD(f, f->data, Ehdr, e_shoff);

    if (index >= FIELD(f, f->data, Ehdr, e_shnum) ||
        size < SIZE_OF(f, Shdr) || offset > f->size) {
        return NULL;
    }
    return at(f, offset + index * size, SIZE_OF(f, Shdr));
}

static bool name_is(const uint8_t *strings, uint64_t size, uint64_t offset,
                    const char *name)
{
    size_t length = strlen(name) + 1;

    return offset <= size && length <= size - offset &&
           !memcmp(strings + offset, name, length);
}

static void read_symbols(const ElfFile *f, const uint8_t *table, Image *image)
{
    const uint8_t *link = section(f, FIELD(f, table, Shdr, sh_link));
    uint64_t size = FIELD(f, table, Shdr, sh_size);
    const uint8_t *p = at(f, FIELD(f, table, Shdr, sh_offset), size);
    uint64_t strings_size = link ? FIELD(f, link, Shdr, sh_size) : 0;
    const uint8_t *strings =
        link ? at(f, FIELD(f, link, Shdr, sh_offset), strings_size) : NULL;

    if (!p || !strings) {
        return;
    }
    for (; size >= SIZE_OF(f, Sym); size -= SIZE_OF(f, Sym)) {
        uint64_t name = FIELD(f, p, Sym, st_name);
        uint64_t value = to_physical(f, FIELD(f, p, Sym, st_value));

        if (name_is(strings, strings_size, name, "tohost")) {
            image->tohost = value;
        }
        p += SIZE_OF(f, Sym);
    }
}

/* Symbols are optional: what is wrong with them counts as none. */
static void find_symbols(const ElfFile *f, Image *image)
{
    for (uint64_t i = 0; i < MAX_SECTIONS; i++) {
        const uint8_t *s = section(f, i);

        if (!s) {
            break;
        }
        if (FIELD(f, s, Shdr, sh_type) == SHT_SYMTAB) {
            read_symbols(f, s, image);
        }
    }
}

Image *image_parse_elf(const char *name, GBytes *content, GError **error)
{
    ElfFile f = { .name = name, .content = content };
    Image *image = g_new0(Image, 1);

    f.data = g_bytes_get_data(content, &f.size);
    f.headers = g_array_new(FALSE, FALSE, sizeof(Elf64_Phdr));
    image->kind = IMAGE_ELF;
    image->segments = g_array_new(FALSE, FALSE, sizeof(ImageSegment));
    image->low = UINT64_MAX;
    if (check_header(&f, error) && read_segments(&f, image, error)) {
        image->elf32 = !f.is64;
        image->entry = to_physical(&f, FIELD(&f, f.data, Ehdr, e_entry));
        find_symbols(&f, image);
    } else {
        image_free(image);
        image = NULL;
    }
    g_array_unref(f.headers);
    return image;
}
