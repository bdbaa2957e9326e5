/* SPDX-License-Identifier: MIT */
/* Guest memory and its dirty log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "base/thread.h"
#include "seed/ram.h"

#define N_PAGES 130 /* not a multiple of the bitmap's word */

static void test_dirty_log(void **state)
{
    uint64_t bitmap[RAM_BITMAP_WORDS(N_PAGES)] = { 0 };
    Ram *ram = ram_new(N_PAGES, NULL);

    ram_dirty_sync(ram, bitmap);
    assert_int_equal(bitmap[0] | bitmap[1] | bitmap[2], 0);
    ram_store(ram, 0, 1);
    ram_store(ram, 64 * RAM_PAGE_WORDS - 1, 1);
    ram_store(ram, (N_PAGES - 1) * RAM_PAGE_WORDS, 1);
    ram_dirty_sync(ram, bitmap);
    assert_true(bitmap[0] == (1 | UINT64_C(1) << 63));
    assert_int_equal(bitmap[1], 0);
    assert_int_equal(bitmap[2], 2);
    /* It adds, and the log is empty afterwards. */
    ram_store(ram, RAM_PAGE_WORDS, 1);
    ram_dirty_sync(ram, bitmap);
    assert_true(bitmap[0] == (3 | UINT64_C(1) << 63));
    memset(bitmap, 0, sizeof(bitmap));
    ram_dirty_sync(ram, bitmap);
    assert_int_equal(bitmap[0] | bitmap[1] | bitmap[2], 0);
    ram_dirty_all(ram);
    ram_dirty_sync(ram, bitmap);
    assert_true(bitmap[0] == UINT64_MAX && bitmap[1] == UINT64_MAX);
    assert_int_equal(bitmap[2], 3);
    ram_free(ram);
    ram_free(NULL);
}

static void test_pages(void **state)
{
    Ram *a = ram_new(N_PAGES, NULL), *b = ram_new(N_PAGES, NULL);
    uint64_t buf[RAM_PAGE_WORDS];

    assert_int_equal(ram_compare(a, b), N_PAGES);
    ram_store(a, 5 * RAM_PAGE_WORDS + 17, 42);
    assert_int_equal(ram_compare(a, b), 5);
    ram_read_page(a, 5, buf);
    assert_int_equal(buf[17], 42);
    ram_write_page(b, 5, buf);
    assert_int_equal(ram_compare(a, b), N_PAGES);
    assert_int_equal(ram_load(b, 5 * RAM_PAGE_WORDS + 17), 42);
    ram_free(a);
    ram_free(b);
}

static void test_too_large(void **state)
{
    GError *error = NULL;

    assert_null(ram_new((size_t)1 << 50, &error));
    assert_string_equal(error->message,
                        "cannot allocate guest memory: Cannot allocate memory");
    g_error_free(error);
}

#define STORES 200000

static void *writer_thread(void *opaque)
{
    Ram *ram = opaque;

    for (uint64_t i = 1; i <= STORES; i++) {
        ram_store(ram, i * 7919 % (N_PAGES * RAM_PAGE_WORDS), i);
    }
    return NULL;
}

/* A copier that clears, then reads, loses nothing from a running writer. */
static void test_no_lost_store(void **state)
{
    Ram *src = ram_new(N_PAGES, NULL), *dst = ram_new(N_PAGES, NULL);
    VmThread *t = vm_thread_create("writer", VM_ROLE_CLIENT, writer_thread,
                                   src, NULL);
    bool last = false;

    for (;;) {
        uint64_t bitmap[RAM_BITMAP_WORDS(N_PAGES)] = { 0 };
        uint64_t buf[RAM_PAGE_WORDS];

        ram_dirty_sync(src, bitmap);
        for (size_t page = 0; page < N_PAGES; page++) {
            if (bitmap[page / 64] >> (page % 64) & 1) {
                ram_read_page(src, page, buf);
                ram_write_page(dst, page, buf);
            }
        }
        if (last) {
            break;
        }
        /* The last store's own word. */
        if (ram_load(src, STORES * UINT64_C(7919) %
                     (N_PAGES * RAM_PAGE_WORDS)) == STORES) {
            vm_thread_join(t);
            last = true;
        }
    }
    assert_int_equal(ram_compare(src, dst), N_PAGES);
    ram_free(src);
    ram_free(dst);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dirty_log),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_no_lost_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
