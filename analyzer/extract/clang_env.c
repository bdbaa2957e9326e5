/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* dladdr */
#include "clang_env.h"
#include "clang_diag.h"
#include "flags.h"
#include <clang-c/Index.h>
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

struct HfClangEnv {
    char *resource_dir;
    char *version;
    GHashTable *probed; /* char* target and argument -> 1 accepted, 0 not */
};

/* ---- clang's own headers ------------------------------------------------ */

static int version_major(const char *version)
{
    const char *p = strstr(version, "version ");

    return p ? atoi(p + strlen("version ")) : 0;
}

/* The directory libclang was loaded from; Debian's is a link away. */
static void library_dirs(char *dirs[2])
{
    Dl_info info;
    char *real;

    dirs[0] = dirs[1] = NULL;
    if (!dladdr((void *)clang_createIndex, &info) || !info.dli_fname) {
        return;
    }
    dirs[0] = g_path_get_dirname(info.dli_fname);
    real = realpath(info.dli_fname, NULL);
    if (real) {
        dirs[1] = g_path_get_dirname(real);
        free(real);
    }
}

static gboolean has_headers(const char *resource_dir)
{
    g_autofree char *probe = g_build_filename(resource_dir, "include",
                                              "stddef.h", NULL);

    return g_file_test(probe, G_FILE_TEST_EXISTS);
}

static char *find_resource_dir(int major)
{
    g_autofree char *llvm = g_strdup_printf("/usr/lib/llvm-%d/lib", major);
    char *own[2];
    const char *roots[5];
    char *found = NULL;

    library_dirs(own);
    roots[0] = own[0];
    roots[1] = own[1];
    roots[2] = llvm;
    roots[3] = "/usr/lib";
    roots[4] = "/usr/local/lib";
    for (gsize i = 0; i < G_N_ELEMENTS(roots) && !found; i++) {
        char *dir = roots[i] ? g_strdup_printf("%s/clang/%d", roots[i], major)
                             : NULL;

        if (dir && has_headers(dir)) {
            found = dir;
        } else {
            g_free(dir);
        }
    }
    g_free(own[0]);
    g_free(own[1]);
    return found;
}

HfClangEnv *hf_clang_env_new(const char *resource_dir, GError **error)
{
    CXString version = clang_getClangVersion();
    HfClangEnv *env = g_new0(HfClangEnv, 1);

    env->version = g_strdup(clang_getCString(version));
    clang_disposeString(version);
    env->probed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (!resource_dir) {
        env->resource_dir = find_resource_dir(version_major(env->version));
    } else if (has_headers(resource_dir)) {
        env->resource_dir = g_strdup(resource_dir);
    }
    if (!env->resource_dir) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "%s: clang's own headers (include/stddef.h) are not there; "
                    "on Debian: apt-get install libclang-common-%d-dev",
                    resource_dir ? resource_dir : "lib/clang",
                    version_major(env->version));
        hf_clang_env_free(env);
        return NULL;
    }
    return env;
}

void hf_clang_env_free(HfClangEnv *env)
{
    if (!env) {
        return;
    }
    g_free(env->resource_dir);
    g_free(env->version);
    g_hash_table_unref(env->probed);
    g_free(env);
}

const char *hf_clang_env_version(const HfClangEnv *env)
{
    return env->version;
}

/* ---- asking clang whether it takes an argument -------------------------- */

static gboolean parses(const char *const *args, int n)
{
    /* Not an unsaved file: libclang leaks those when it refuses to parse. */
    const char *empty = "/dev/null";
    CXIndex index = clang_createIndex(1, 0);
    CXTranslationUnit tu = NULL;
    gboolean ok = !clang_parseTranslationUnit2(
        index, empty, args, n, NULL, 0, 0, &tu);

    ok = ok && !hf_clang_count_errors(tu);
    if (tu) {
        clang_disposeTranslationUnit(tu);
    }
    clang_disposeIndex(index);
    return ok;
}

static gboolean accepts(HfClangEnv *env, const char *target, const char *arg)
{
    const char *args[] = { "-xc", arg, target };
    g_autofree char *key = g_strdup_printf("%s %s", target ? target : "", arg);
    gpointer value;
    gboolean ok;

    if (g_hash_table_lookup_extended(env->probed, key, NULL, &value)) {
        return GPOINTER_TO_INT(value);
    }
    ok = parses(args, target ? 3 : 2);
    g_hash_table_insert(env->probed, g_steal_pointer(&key),
                        GINT_TO_POINTER(ok));
    return ok;
}

/* ---- arguments ---------------------------------------------------------- */

/*
 * What gcc 12 merely warns of and clang 19 refuses.  The code was good enough
 * for the compiler it was written for.
 */
static const char *const lenient[] = {
    "-w",
    "-Wno-implicit-function-declaration",
    "-Wno-implicit-int",
    "-Wno-int-conversion",
    "-Wno-incompatible-function-pointer-types",
    "-Wno-return-mismatch",
    /* its headers replace strcpy() and the like by inline functions around
     * builtins; what the source says is strcpy() */
    "-U_FORTIFY_SOURCE",
};

/* Facts must not change with the clock. */
static const char *const fixed_time[] = {
    "-D__DATE__=\"Jan  1 1970\"",
    "-D__TIME__=\"00:00:00\"",
    "-D__TIMESTAMP__=\"Thu Jan  1 00:00:00 1970\"",
};

static void add_all(GPtrArray *out, const char *const *args, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        g_ptr_array_add(out, g_strdup(args[i]));
    }
}

char **hf_clang_env_args(HfClangEnv *env, const HfCompileEntry *entry,
                         const HfRules *rules)
{
    GPtrArray *out = g_ptr_array_new();
    const char *target = NULL;

    for (char **p = entry->args; *p; p++) {
        if (g_str_has_prefix(*p, "--target=")) {
            target = *p;
        }
    }
    for (char **p = entry->args; *p; p++) {
        if (!hf_flags_must_probe(*p) || accepts(env, target, *p)) {
            g_ptr_array_add(out, g_strdup(*p));
        }
    }
    add_all(out, lenient, G_N_ELEMENTS(lenient));
    g_ptr_array_add(out, g_strdup("-resource-dir"));
    g_ptr_array_add(out, g_strdup(env->resource_dir));
    g_ptr_array_add(out, g_strdup("-D__HOLDFAST__=1"));
    add_all(out, fixed_time, G_N_ELEMENTS(fixed_time));
    for (guint i = 0; rules && i < rules->extract.defines->len; i++) {
        g_ptr_array_add(out, g_strconcat(
            "-D", rules->extract.defines->pdata[i], NULL));
    }
    g_ptr_array_add(out, NULL);
    return (char **)g_ptr_array_free(out, FALSE);
}
