/* SPDX-License-Identifier: MIT */
/*
 * project.h - a small C project in a temporary directory.
 */
#ifndef HOLDFAST_TEST_PROJECT_H
#define HOLDFAST_TEST_PROJECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/extract.h"
#include <glib/gstdio.h>
#include <string.h>

typedef struct {
    char *dir;
    char *cache;
    GString *db; /* inside of the array */
} Project;

static void project_free_tree(const char *path)
{
    GDir *d = g_dir_open(path, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        char *child = g_build_filename(path, name, NULL);

        if (g_file_test(child, G_FILE_TEST_IS_DIR)) {
            project_free_tree(child);
        } else {
            assert_int_equal(g_unlink(child), 0);
        }
        g_free(child);
    }
    if (d) {
        g_dir_close(d);
    }
    g_rmdir(path);
}

static inline int project_setup(void **state)
{
    Project *p = g_new0(Project, 1);
    GError *error = NULL;

    p->dir = g_dir_make_tmp("holdfast-extract-XXXXXX", &error);
    assert_non_null(p->dir);
    p->cache = g_build_filename(p->dir, "cache", NULL);
    p->db = g_string_new(NULL);
    *state = p;
    return 0;
}

static inline int project_teardown(void **state)
{
    Project *p = *state;

    project_free_tree(p->dir);
    g_free(p->dir);
    g_free(p->cache);
    g_string_free(p->db, TRUE);
    g_free(p);
    return 0;
}

static inline char *project_path(const Project *p, const char *name)
{
    return g_build_filename(p->dir, name, NULL);
}

static inline void project_write(const Project *p, const char *name,
                                 const char *text)
{
    char *path = project_path(p, name);
    char *dir = g_path_get_dirname(path);

    assert_int_equal(g_mkdir_with_parents(dir, 0755), 0);
    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_free(dir);
    g_free(path);
}

/* Adds a unit to the database; flags in shell syntax, without quotes. */
static inline void project_unit(Project *p, const char *file,
                                const char *flags)
{
    g_string_append_printf(p->db,
                           "%s{\"directory\": \"%s\", \"file\": \"%s\", "
                           "\"command\": \"cc %s -c -o %s.o %s\"}",
                           p->db->len ? ",\n" : "", p->dir, file, flags, file,
                           file);
}

static inline void project_forget_units(Project *p)
{
    g_string_truncate(p->db, 0);
}

static inline HfCompileDb *project_load(Project *p)
{
    char *text = g_strdup_printf("[\n%s\n]\n", p->db->str);
    GError *error = NULL;
    HfCompileDb *db;

    project_write(p, "compile_commands.json", text);
    g_free(text);
    db = hf_compile_db_load(p->dir, &error);
    if (!db) {
        fail_msg("%s", error->message);
    }
    return db;
}

static inline HfExtractResult *project_extract(Project *p,
                                               const HfExtractOptions *given)
{
    HfExtractOptions options = *given;
    HfCompileDb *db = project_load(p);
    GError *error = NULL;
    HfExtractResult *result;

    if (!options.cache_dir) {
        options.cache_dir = p->cache;
    }
    if (!options.jobs) {
        options.jobs = 2;
    }
    result = hf_extract_run(db, &options, &error);
    if (!result) {
        fail_msg("%s", error->message);
    }
    hf_compile_db_free(db);
    return result;
}

/* Result of the unit whose file ends like this. */
static inline const HfUnitResult *project_result(const HfExtractResult *r,
                                                 const char *file)
{
    for (guint i = 0; i < r->units->len; i++) {
        const HfUnitResult *unit = r->units->pdata[i];

        if (g_str_has_suffix(unit->file, file)) {
            return unit;
        }
    }
    fail_msg("no unit %s", file);
    return NULL;
}

/* Where a shard keeps its cache key: it may differ where facts may not. */
#define SHARD_KEY_OFFSET 24
#define SHARD_KEY_SIZE 16

static inline char *project_shard(const HfUnitResult *unit, gsize *len)
{
    char *bytes;

    assert_non_null(unit->shard);
    assert_true(g_file_get_contents(unit->shard, &bytes, len, NULL));
    assert_true(*len > SHARD_KEY_OFFSET + SHARD_KEY_SIZE);
    return bytes;
}

static inline void assert_same_facts(const HfUnitResult *a,
                                     const HfUnitResult *b)
{
    gsize len_a, len_b;
    char *x = project_shard(a, &len_a), *y = project_shard(b, &len_b);

    memset(x + SHARD_KEY_OFFSET, 0, SHARD_KEY_SIZE);
    memset(y + SHARD_KEY_OFFSET, 0, SHARD_KEY_SIZE);
    if (len_a != len_b || memcmp(x, y, len_a)) {
        fail_msg("facts of %s differ", a->file);
    }
    g_free(x);
    g_free(y);
}

#endif
