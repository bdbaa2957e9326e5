/* SPDX-License-Identifier: MIT */
/*
 * block_fixture.h - a main loop, a directory for files, and short ways to
 * make nodes, for tests of the block layer.
 *
 * Thread context: the main thread, with the BQL.
 */
#ifndef REFVMM_TESTS_BLOCK_FIXTURE_H
#define REFVMM_TESTS_BLOCK_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/iothread.h"
#include "base/main_loop.h"
#include "base/thread_pool.h"
#include "block/block_backend.h"
#include "block/block_int.h"
#include "block/qapi.h"
#include <glib/gstdio.h>

static char fixture_dir[] = "/tmp/refvmm-block-XXXXXX";

static inline int NO_TSA fixture_setup(void **state)
{
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    assert_true(main_loop_init(NULL));
    bdrv_init();
    assert_non_null(g_mkdtemp(fixture_dir));
    return 0;
}

static inline int NO_TSA fixture_teardown(void **state)
{
    GDir *dir = g_dir_open(fixture_dir, 0, NULL);
    const char *name;

    bdrv_close_all();
    assert_null(bdrv_next_any(NULL));
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *path = g_build_filename(fixture_dir, name, NULL);

        g_unlink(path);
    }
    g_dir_close(dir);
    g_rmdir(fixture_dir);
    iothread_free_all();
    thread_pool_finish();
    main_loop_free();
    bql_unlock();
    return 0;
}

/* Static until the next call. */
static inline const char *fixture_path(const char *name)
{
    static char *path;

    g_free(path);
    path = g_build_filename(fixture_dir, name, NULL);
    return path;
}

/* ' instead of ", and @name@ for the file name in the directory. */
static inline JsonObject *json(const char *text)
{
    GString *s = g_string_new(text);
    JsonParser *parser = json_parser_new();
    GError *error = NULL;
    JsonObject *o;

    g_string_replace(s, "'", "\"", 0);
    g_string_replace(s, "@", fixture_dir, 0);
    if (!json_parser_load_from_data(parser, s->str, -1, &error)) {
        fail_msg("%s", error->message);
    }
    o = json_object_ref(json_node_get_object(json_parser_get_root(parser)));
    g_object_unref(parser);
    g_string_free(s, TRUE);
    return o;
}

static inline void fail_on(GError *error)
{
    if (error) {
        fail_msg("%s", error->message);
    }
}

static inline void expect_error(GError *error, const char *text)
{
    assert_non_null(error);
    if (!strstr(error->message, text)) {
        fail_msg("\"%s\" does not say \"%s\"", error->message, text);
    }
    g_error_free(error);
}

/* blockdev-add that works. */
static inline void add(const char *options)
{
    g_autoptr(JsonObject) o = json(options);
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    qmp_blockdev_add(o, &error);
    fail_on(error);
}

static inline void add_fails(const char *options, const char *message)
{
    g_autoptr(JsonObject) o = json(options);
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    assert_false(qmp_blockdev_add(o, &error));
    expect_error(error, message);
}

static inline void del(const char *node_name)
{
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    qmp_blockdev_del(node_name, &error);
    fail_on(error);
}

#define PERM_RW (BLK_PERM_CONSISTENT_READ | BLK_PERM_WRITE | BLK_PERM_RESIZE)

static inline BlockBackend *backend(const char *node, uint64_t perm,
                                    uint64_t shared)
{
    BlockDriverState *bs;
    GError *error = NULL;
    BlockBackend *blk;

    GLOBAL_STATE_CODE();
    bs = bdrv_find_node(node);
    assert_non_null(bs);
    blk = blk_new(bdrv_get_aio_context(bs), perm, shared);
    blk_insert_bs(blk, bs, &error);
    fail_on(error);
    return blk;
}

static inline void make_file(const char *name, int64_t size)
{
    JsonObject *o = json_object_new();
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    json_object_set_int_member(o, "size", size);
    bdrv_create(bdrv_find_format("file"), fixture_path(name), o, &error);
    fail_on(error);
    json_object_unref(o);
}

#endif
