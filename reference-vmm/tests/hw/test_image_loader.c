/* SPDX-License-Identifier: MIT */
/*
 * test_image_loader.c - images of all formats, and each of them cut short at
 * every byte and with every byte of its headers changed: never more than an
 * error that names the file.
 */
#include "hw_test.h"
#include "hw/image_loader.h"
#include <elf.h>
#include <zlib.h>

typedef struct ElfSample {
    Elf64_Ehdr e;
    Elf64_Phdr p[2];
    Elf64_Shdr s[3];
    Elf64_Sym symbols[2];
    char strings[16];
    char text[32];
} ElfSample;

static GBytes *elf_sample(void)
{
    ElfSample f = {
        .e = { .e_type = ET_EXEC, .e_machine = 243,
               .e_entry = 0xffffffff80000010, .e_phoff = offsetof(ElfSample, p),
               .e_phentsize = sizeof(Elf64_Phdr), .e_phnum = 2,
               .e_shoff = offsetof(ElfSample, s),
               .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3 },
        .p = { { .p_type = PT_LOAD, .p_offset = offsetof(ElfSample, text),
                 .p_vaddr = 0xffffffff80000000, .p_paddr = 0x80200000,
                 .p_filesz = 32, .p_memsz = 4096 },
               { .p_type = PT_NOTE, .p_offset = UINT64_MAX,
                 .p_filesz = UINT64_MAX } },
        .s = { { 0 },
               { .sh_type = SHT_SYMTAB, .sh_link = 2,
                 .sh_offset = offsetof(ElfSample, symbols),
                 .sh_size = 2 * sizeof(Elf64_Sym) },
               { .sh_type = SHT_STRTAB,
                 .sh_offset = offsetof(ElfSample, strings), .sh_size = 16 } },
        .symbols = { { 0 }, { .st_name = 1,
                              .st_value = 0xffffffff80000800 } },
        .strings = "\0tohost",
        .text = "the text of the program",
    };

    memcpy(f.e.e_ident, "\177ELF\2\1\1", 7);
    return g_bytes_new(&f, sizeof(f));
}

static GBytes *linux_sample(void)
{
    uint8_t image[256] = { 'M', 'Z' };

    image[10] = 0x20; /* text_offset 2 MiB */
    image[18] = 0x30; /* image_size 3 MiB */
    memcpy(image + 56, "RSC\5", 4);
    return g_bytes_new(image, sizeof(image));
}

static GBytes *gzip(const void *data, size_t size)
{
    z_stream z = { .next_in = (Bytef *)data, .avail_in = size };
    size_t room = size + 1024;
    uint8_t *out = g_malloc(room);

    deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    z.next_out = out;
    z.avail_out = room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return g_bytes_new_take(out, room - z.avail_out);
}

static GBytes *gzip_bytes(GBytes *plain)
{
    gsize size;
    gconstpointer data = g_bytes_get_data(plain, &size);
    GBytes *packed = gzip(data, size);

    g_bytes_unref(plain);
    return packed;
}

/* Takes the bytes. */
static Image *parse(GBytes *bytes)
{
    GError *error = NULL;
    Image *image = image_parse("sample", bytes, &error);

    assert_no_error(error);
    g_bytes_unref(bytes);
    return image;
}

static void elf(void **state)
{
    Image *image = parse(elf_sample());
    const ImageSegment *s = &g_array_index(image->segments, ImageSegment, 0);

    assert_int_equal(image->kind, IMAGE_ELF);
    assert_int_equal(image->entry, 0x80200010);
    assert_int_equal(image->low, 0x80200000);
    assert_int_equal(image->high, 0x80201000);
    assert_int_equal(image->tohost, 0x80200800);
    assert_int_equal(image->segments->len, 1);
    assert_int_equal(s->addr, 0x80200000);
    assert_int_equal(s->zeros, 4096 - 32);
    assert_string_equal(g_bytes_get_data(s->bytes, NULL),
                        "the text of the program");
    image_free(image);
}

static void linux_image(void **state)
{
    Image *image = parse(linux_sample());

    assert_int_equal(image->kind, IMAGE_LINUX);
    assert_int_equal(image->text_offset, 2 << 20);
    assert_int_equal(image->high, 3 << 20);
    image_free(image);
    image = parse(gzip_bytes(linux_sample()));
    assert_int_equal(image->kind, IMAGE_LINUX);
    assert_int_equal(image->high, 3 << 20);
    image_free(image);
}

static void zboot(void **state)
{
    GBytes *packed = gzip_bytes(linux_sample());
    gsize size;
    gconstpointer data = g_bytes_get_data(packed, &size);
    uint8_t file[1024] = "MZ\0\0zimg";
    Image *image;

    file[9] = 1; /* offset 256 */
    file[12] = size & 0xff;
    file[13] = size >> 8;
    memcpy(file + 24, "gzip", 4);
    memcpy(file + 256, data, size);
    g_bytes_unref(packed);
    image = parse(g_bytes_new(file, sizeof(file)));
    assert_int_equal(image->kind, IMAGE_LINUX);
    image_free(image);
}

static void raw(void **state)
{
    Image *image = parse(g_bytes_new("raw", 3));

    assert_int_equal(image->kind, IMAGE_RAW);
    assert_int_equal(image->high, 3);
    image_free(image);
}

static void expect_error(GBytes *bytes, const char *part)
{
    GError *error = NULL;

    assert_null(image_parse("the/file", bytes, &error));
    assert_contains(error->message, "the/file");
    assert_contains(error->message, part);
    g_clear_error(&error);
    g_bytes_unref(bytes);
}

static void wrong_images_are_named(void **state)
{
    ElfSample *f;
    uint8_t *p;

    expect_error(g_bytes_new("", 0), "empty");
    f = g_bytes_unref_to_data(elf_sample(), &(gsize){ 0 });
    f->e.e_machine = 62;
    expect_error(g_bytes_new(f, sizeof(*f)), "another machine");
    f->e.e_machine = 243;
    f->e.e_type = ET_REL;
    expect_error(g_bytes_new(f, sizeof(*f)), "not executable");
    f->e.e_type = ET_EXEC;
    f->p[0].p_memsz = UINT64_MAX;
    expect_error(g_bytes_new(f, sizeof(*f)), "segment");
    f->p[0].p_memsz = 4096;
    f->p[0].p_type = PT_NULL;
    expect_error(g_bytes_new_take(f, sizeof(*f)), "nothing to load");
    p = g_bytes_unref_to_data(linux_sample(), &(gsize){ 0 });
    memset(p + 16, 0xff, 8);
    expect_error(g_bytes_new_take(p, 256), "needs");
    expect_error(g_bytes_new("\x1f\x8b\x08 nonsense nonsense", 20), "gzip");
}

static void bombs_are_defused(void **state)
{
    uint8_t *zeros = g_malloc0(64 << 20);
    GBytes *packed = gzip(zeros, 64 << 20);
    gsize size;
    gconstpointer data = g_bytes_get_data(packed, &size);
    GError *error = NULL;

    assert_null(image_gunzip("bomb", data, size, 1 << 20, &error));
    assert_contains(error->message, "too long");
    g_clear_error(&error);
    g_bytes_unref(packed);
    g_free(zeros);
}

static void try_damaged(const uint8_t *data, size_t size)
{
    GError *error = NULL;
    GBytes *bytes = g_bytes_new(data, size);
    Image *image = image_parse("sample", bytes, &error);

    if (!image) {
        assert_contains(error->message, "sample");
    }
    g_clear_error(&error);
    g_bytes_unref(bytes);
    image_free(image);
}

static void damage_is_survived(void **state)
{
    GBytes *samples[] = { elf_sample(), linux_sample(),
                          gzip_bytes(elf_sample()) };

    for (size_t i = 0; i < G_N_ELEMENTS(samples); i++) {
        gsize size;
        uint8_t *data = g_bytes_unref_to_data(samples[i], &size);

        for (size_t n = 1; n < size; n++) {
            try_damaged(data, n);
        }
        for (size_t at = 0; at < size; at++) {
            uint8_t old = data[at];

            for (int v = 0; v < 256; v += 17) {
                data[at] = v;
                try_damaged(data, size);
            }
            data[at] = old;
        }
        g_free(data);
    }
}

static void files_that_are_none(void **state)
{
    GError *error = NULL;

    assert_null(image_load_file("/nonexistent/file", &error));
    assert_contains(error->message, "/nonexistent/file");
    g_clear_error(&error);
    assert_null(image_load_file("/dev/zero", &error));
    assert_contains(error->message, "regular");
    g_clear_error(&error);
    assert_null(image_load_file("/", &error));
    assert_contains(error->message, "/");
    g_clear_error(&error);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elf),
        cmocka_unit_test(linux_image),
        cmocka_unit_test(zboot),
        cmocka_unit_test(raw),
        cmocka_unit_test(wrong_images_are_named),
        cmocka_unit_test(bombs_are_defused),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(files_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
