/* SPDX-License-Identifier: MIT */
/*
 * Shards on disk: what is written is read back, what is damaged is refused,
 * and what is damaged with a matching checksum never crashes a reader.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "sample.h"

static const uint8_t key[16] = "sixteen bytes..";

typedef struct {
    char *dir;
    char *path;
    HfFacts *facts;
    Sample m;
} Fixture;

static int set_up(void **state)
{
    Fixture *x = g_new0(Fixture, 1);

    x->dir = g_dir_make_tmp("holdfast-shard-XXXXXX", NULL);
    assert_non_null(x->dir);
    x->path = g_build_filename(x->dir, "unit.shard", NULL);
    x->facts = sample_facts(&x->m);
    *state = x;
    return 0;
}

static int tear_down(void **state)
{
    Fixture *x = *state;

    g_unlink(x->path);
    assert_int_equal(g_rmdir(x->dir), 0);
    hf_facts_free(x->facts);
    g_free(x->dir);
    g_free(x->path);
    g_free(x);
    return 0;
}

static void write_sample(Fixture *x)
{
    g_autoptr(GError) error = NULL;

    assert_true(hf_facts_write(x->facts, x->path, key, &error));
    assert_null(error);
}

static char *file_bytes(Fixture *x, gsize *size)
{
    char *bytes = NULL;

    assert_true(g_file_get_contents(x->path, &bytes, size, NULL));
    return bytes;
}

enum { LOADED = -1 };

/* LOADED or a HfFactsError.  Reads from a heap block of exactly this size, so
 * that ASan sees its ends; what loads is made use of. */
static int try_bytes(const char *bytes, gsize size, gboolean sum)
{
    g_autoptr(GBytes) b = g_bytes_new(bytes, size);
    g_autoptr(GError) error = NULL;
    HfFacts *f = hf_facts_read_bytes(b, "mangled", sum, &error);
    g_autoptr(GString) out = g_string_new(NULL);

    assert_true((f == NULL) == (error != NULL));
    if (!f) {
        assert_true(error->domain == HF_FACTS_ERROR);
        assert_true(g_str_has_prefix(error->message, "mangled: "));
        return error->code;
    }
    hf_facts_dump(f, "/src", out);
    for (HfId p = 0; p < f->n_paths; p++)
        hf_facts_path_text(f, p, out);
    hf_facts_free(f);
    return LOADED;
}

static void round_trip(void **state)
{
    Fixture *x = *state;
    HfFacts *f;

    write_sample(x);
    f = hf_facts_read(x->path, NULL);
    assert_non_null(f);
    assert_int_equal(f->status, x->facts->status);
    assert_int_equal(f->main_file, x->facts->main_file);
    assert_int_equal(f->output, x->facts->output);
    assert_int_equal(f->n_strings, x->facts->n_strings);
    assert_memory_equal(f->strings, x->facts->strings, f->n_strings);
#define X(member, type, name)                                      \
    assert_int_equal(f->n_##member, x->facts->n_##member);         \
    assert_true(f->n_##member > 1);                                \
    assert_memory_equal(f->member, x->facts->member,               \
                        f->n_##member * sizeof(*f->member));
    HF_FACTS_TABLES(X)
#undef X
    hf_facts_free(f);
}

static void equal_facts_are_equal_bytes(void **state)
{
    Fixture *x = *state;
    g_autofree char *first = NULL;
    g_autofree char *second = NULL;
    gsize n1, n2;

    write_sample(x);
    first = file_bytes(x, &n1);
    hf_facts_free(x->facts);
    x->facts = sample_facts(&x->m);
    write_sample(x);
    second = file_bytes(x, &n2);
    assert_int_equal(n1, n2);
    assert_memory_equal(first, second, n1);
}

/* The table of the format at the head of shard_write.c, held to its word. */
static void bytes_lie_where_the_format_says(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    gsize size;
    uint64_t offset = 712;
    uint32_t u32;
    int i = 0;

    write_sample(x);
    bytes = file_bytes(x, &size);
    assert_memory_equal(bytes, "HFSHARD\x1a\x03\0\0\0\xc8\x02\0\0", 16);
    assert_memory_equal(bytes + 24, key, 16);
    memcpy(&u32, bytes + 68, 4);
    assert_int_equal(u32, 20);
#define X(member, type, section)                                          \
    {                                                                     \
        const char *entry = bytes + 72 + 32 * i++;                        \
        uint64_t at;                                                      \
                                                                          \
        assert_string_equal(entry, section);                              \
        memcpy(&at, entry + 16, 8);                                       \
        assert_int_equal(at, offset);                                     \
        assert_memory_equal(bytes + at + sizeof(type),                    \
                            &x->facts->member[1], sizeof(type));          \
        offset += sizeof(type) * (uint64_t)x->facts->n_##member;          \
        offset = (offset + 7) / 8 * 8;                                    \
    }
    HF_FACTS_TABLES(X)
#undef X
    assert_string_equal(bytes + 72 + 32 * i, "strings");
    assert_int_equal(offset + x->facts->n_strings, size);
    assert_memory_equal(bytes + offset, x->facts->strings,
                        x->facts->n_strings);
}

static void a_shard_of_any_other_length_is_refused(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    g_autofree char *longer = NULL;
    gsize size;

    write_sample(x);
    bytes = file_bytes(x, &size);
    longer = g_malloc0(size + 1);
    memcpy(longer, bytes, size);
    assert_int_equal(try_bytes(bytes, size, TRUE), LOADED);
    for (gsize n = 0; n < size; n++) {
        assert_int_equal(try_bytes(bytes, n, TRUE), HF_FACTS_ERROR_FORMAT);
        assert_int_equal(try_bytes(bytes, n, FALSE), HF_FACTS_ERROR_FORMAT);
    }
    assert_int_equal(try_bytes(longer, size + 1, FALSE),
                     HF_FACTS_ERROR_FORMAT);
}

static void a_shard_cut_short_is_refused_whatever_its_header_says(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    gsize size;

    write_sample(x);
    bytes = file_bytes(x, &size);
    for (uint64_t n = 712; n < size; n++) {
        memcpy(bytes + 16, &n, sizeof(n));
        assert_int_equal(try_bytes(bytes, n, FALSE), HF_FACTS_ERROR_FORMAT);
    }
}

/* The one place where bytes could hide, were it not looked at. */
static void nothing_fits_between_or_behind_sections(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    g_autofree char *longer = NULL;
    uint64_t end = 0;
    uint64_t longer_size;
    gsize size;

    write_sample(x);
    bytes = file_bytes(x, &size);
    longer_size = size + 1;
    longer = g_malloc0(longer_size);
    memcpy(longer, bytes, size);
    memcpy(longer + 16, &longer_size, sizeof(longer_size));
    assert_int_equal(try_bytes(longer, longer_size, FALSE),
                     HF_FACTS_ERROR_FORMAT);
    memcpy(&end, bytes + 72 + 32 + 16, sizeof(end)); /* of "locs" */
    end += x->facts->n_locs * sizeof(HfLoc);
    assert_int_not_equal(end % 8, 0); /* or there is no gap to look at */
    bytes[end] = 1;
    assert_int_equal(try_bytes(bytes, size, FALSE), HF_FACTS_ERROR_FORMAT);
    bytes[end] = 0;
    assert_int_equal(try_bytes(bytes, size, FALSE), LOADED);
}

static void every_flipped_bit_is_noticed(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    gsize size;

    write_sample(x);
    bytes = file_bytes(x, &size);
    for (gsize i = 0; i < size * 8; i++) {
        gboolean in_cache_key = i / 8 >= 24 && i / 8 < 40;
        int found;

        bytes[i / 8] ^= (char)(1 << (i % 8));
        found = try_bytes(bytes, size, TRUE);
        if (in_cache_key)
            assert_int_equal(found, LOADED);
        else if (i / 8 >= 8 && i / 8 < 12)
            assert_int_equal(found, HF_FACTS_ERROR_VERSION);
        else
            assert_int_equal(found, HF_FACTS_ERROR_FORMAT);
        bytes[i / 8] ^= (char)(1 << (i % 8));
    }
}

/* Without the checksum some flips yield other, valid facts. */
static void a_flipped_bit_never_crashes_a_reader(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    gsize size, refused = 0, loaded = 0;

    write_sample(x);
    bytes = file_bytes(x, &size);
    for (gsize i = 0; i < size * 8; i++) {
        bytes[i / 8] ^= (char)(1 << (i % 8));
        if (try_bytes(bytes, size, FALSE) == LOADED)
            loaded++;
        else
            refused++;
        bytes[i / 8] ^= (char)(1 << (i % 8));
    }
    assert_true(refused > loaded);
    assert_true(loaded > 0);
}

static void misaligned_bytes_are_fine(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    g_autofree char *shifted = NULL;
    g_autoptr(GBytes) b = NULL;
    HfFacts *f;
    gsize size;

    write_sample(x);
    bytes = file_bytes(x, &size);
    shifted = g_malloc(size + 1);
    memcpy(shifted + 1, bytes, size);
    b = g_bytes_new_static(shifted + 1, size);
    f = hf_facts_read_bytes(b, "shifted", TRUE, NULL);
    assert_non_null(f);
    assert_int_equal(f->n_events, x->facts->n_events);
    hf_facts_free(f);
}

static void errors_name_the_file(void **state)
{
    Fixture *x = *state;
    const struct {
        const char *content;
        HfFactsError code;
        const char *why;
    } cases[] = {
        { "", HF_FACTS_ERROR_FORMAT, "not a shard of facts" },
        { "/* C */ int main(void);", HF_FACTS_ERROR_FORMAT,
          "not a shard of facts" },
        { "HFSHARD\x1a\x04zzz", HF_FACTS_ERROR_VERSION, "expected 3" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(GError) error = NULL;

        assert_true(g_file_set_contents(x->path, cases[i].content, -1, NULL));
        assert_null(hf_facts_read(x->path, &error));
        assert_int_equal(error->code, cases[i].code);
        assert_true(g_str_has_prefix(error->message, x->path));
        assert_non_null(strstr(error->message, cases[i].why));
    }
}

static void what_is_no_file_is_an_error(void **state)
{
    Fixture *x = *state;
    g_autoptr(GError) missing = NULL;
    g_autoptr(GError) directory = NULL;
    uint8_t found[16];

    assert_null(hf_facts_read(x->path, &missing));
    assert_int_equal(missing->code, HF_FACTS_ERROR_IO);
    assert_true(g_str_has_prefix(missing->message, x->path));
    assert_null(hf_facts_read(x->dir, &directory));
    assert_int_equal(directory->code, HF_FACTS_ERROR_IO);
    assert_false(hf_facts_peek_key(x->path, found));
    assert_false(hf_facts_peek_key(x->dir, found));
    assert_int_equal(mkfifo(x->path, 0600), 0);
    assert_false(hf_facts_peek_key(x->path, found));
    assert_null(hf_facts_read(x->path, NULL));
}

static void the_key_can_be_peeked_at(void **state)
{
    Fixture *x = *state;
    g_autofree char *bytes = NULL;
    uint8_t found[16] = { 0 };
    gsize size;

    write_sample(x);
    assert_true(hf_facts_peek_key(x->path, found));
    assert_memory_equal(found, key, 16);
    bytes = file_bytes(x, &size);
    memset(found, 0x55, 16);
    assert_true(g_file_set_contents(x->path, bytes, (gssize)size - 1, NULL));
    assert_false(hf_facts_peek_key(x->path, found));
    bytes[8]++;
    assert_true(g_file_set_contents(x->path, bytes, (gssize)size, NULL));
    assert_false(hf_facts_peek_key(x->path, found));
    assert_int_equal(found[0], 0x55);
}

static int count_files(const char *dir)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    int n = 0;

    while (g_dir_read_name(d))
        n++;
    g_dir_close(d);
    return n;
}

/* A limit on the size of files stands in for a full disk. */
static void a_full_disk_leaves_the_old_shard(void **state)
{
    Fixture *x = *state;
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    gsize n1, n2;
    struct rlimit old, small;

    write_sample(x);
    before = file_bytes(x, &n1);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_false(hf_facts_write(x->facts, x->path,
                                (const uint8_t *)"another key.....", &error));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(error->code, HF_FACTS_ERROR_IO);
    assert_true(g_str_has_prefix(error->message, x->path));
    after = file_bytes(x, &n2);
    assert_int_equal(n1, n2);
    assert_memory_equal(before, after, n1);
    assert_int_equal(count_files(x->dir), 1);
}

static void a_write_that_cannot_land_leaves_nothing(void **state)
{
    Fixture *x = *state;
    g_autoptr(GError) no_dir = NULL;
    g_autoptr(GError) is_dir = NULL;
    g_autofree char *below = g_build_filename(x->dir, "no", "x", NULL);

    assert_false(hf_facts_write(x->facts, below, key, &no_dir));
    assert_int_equal(no_dir->code, HF_FACTS_ERROR_IO);
    assert_true(g_str_has_prefix(no_dir->message, below));
    assert_int_equal(g_mkdir(x->path, 0700), 0);
    assert_false(hf_facts_write(x->facts, x->path, key, &is_dir));
    assert_int_equal(is_dir->code, HF_FACTS_ERROR_IO);
    assert_int_equal(g_rmdir(x->path), 0);
    assert_int_equal(count_files(x->dir), 0);
}

static void wrong_facts_are_not_written(void **state)
{
    Fixture *x = *state;
    g_autoptr(GError) error = NULL;
    HfFactsBuilder *b = hf_facts_builder_new();
    HfFacts *f;

    hf_facts_add_bindings(b, &(HfBinding){ .function = 99 });
    f = hf_facts_builder_finish(b);
    assert_false(hf_facts_write(f, x->path, key, &error));
    assert_int_equal(error->code, HF_FACTS_ERROR_FORMAT);
    assert_non_null(strstr(error->message, "section 'bindings' row 1: "
                                           "symbol 99 out of range (1)"));
    assert_int_equal(count_files(x->dir), 0);
    hf_facts_free(f);
}

/* A reader that holds the old one is not disturbed. */
static void replacing_keeps_open_shards(void **state)
{
    Fixture *x = *state;
    HfFactsBuilder *b = hf_facts_builder_new();
    HfFacts *empty = hf_facts_builder_finish(b);
    HfFacts *f;

    write_sample(x);
    f = hf_facts_read(x->path, NULL);
    assert_true(hf_facts_write(empty, x->path, key, NULL));
    assert_string_equal(hf_str(f, f->symbols[x->m.use].name), "use");
    hf_facts_free(f);
    f = hf_facts_read(x->path, NULL);
    assert_int_equal(f->n_symbols, 1);
    hf_facts_free(f);
    hf_facts_free(empty);
}

#define SHARD_TEST(name) \
    cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHARD_TEST(round_trip),
        SHARD_TEST(equal_facts_are_equal_bytes),
        SHARD_TEST(bytes_lie_where_the_format_says),
        SHARD_TEST(a_shard_of_any_other_length_is_refused),
        SHARD_TEST(a_shard_cut_short_is_refused_whatever_its_header_says),
        SHARD_TEST(nothing_fits_between_or_behind_sections),
        SHARD_TEST(every_flipped_bit_is_noticed),
        SHARD_TEST(a_flipped_bit_never_crashes_a_reader),
        SHARD_TEST(misaligned_bytes_are_fine),
        SHARD_TEST(errors_name_the_file),
        SHARD_TEST(what_is_no_file_is_an_error),
        SHARD_TEST(the_key_can_be_peeked_at),
        SHARD_TEST(a_full_disk_leaves_the_old_shard),
        SHARD_TEST(a_write_that_cannot_land_leaves_nothing),
        SHARD_TEST(wrong_facts_are_not_written),
        SHARD_TEST(replacing_keeps_open_shards),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
