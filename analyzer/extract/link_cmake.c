/* SPDX-License-Identifier: MIT */
/*
 * link_cmake.c - link targets of CMake's Makefile generator.
 *
 * It writes one DIR/CMakeFiles/TARGET.dir/link.txt for each target: the
 * commands that link it, to be run in DIR.  Libraries among their arguments
 * are targets of their own, to be followed.
 */
#include "extract.h"
#include "flags.h"
#include "link_target.h"
#include <string.h>

typedef struct {
    char *name;
    char *output;     /* absolute; NULL when the command does not say */
    GPtrArray *words; /* char*: absolute paths of all plain arguments */
    gboolean visited;
} Target;

static void target_free(gpointer p)
{
    Target *target = p;

    g_free(target->name);
    g_free(target->output);
    g_ptr_array_unref(target->words);
    g_free(target);
}

/* "cc ... -o OUT a.o b.o", or "ar qc OUT a.o b.o". */
static void add_command(Target *target, const char *dir, const char *line)
{
    g_auto(GStrv) argv = NULL;
    g_autoptr(GPtrArray) words = NULL;
    gboolean takes_output = FALSE;
    guint plain = 0;

    if (!g_shell_parse_argv(line, NULL, &argv, NULL) ||
        !(words = hf_flags_expand(dir, argv, NULL))) {
        return;
    }
    for (guint i = 1; i < words->len; i++) {
        const char *word = words->pdata[i];
        char *path;

        if (word[0] == '-') {
            takes_output = !strcmp(word, "-o");
            continue;
        }
        path = g_canonicalize_filename(word, dir);
        plain++;
        /* ar: the word after "qc" */
        if (takes_output || (plain == 2 && i == 2 && !target->output)) {
            g_free(target->output);
            target->output = g_strdup(path);
        }
        takes_output = FALSE;
        g_ptr_array_add(target->words, path);
    }
}

static void load_link_txt(const char *path, const char *dir, const char *name,
                          GPtrArray *targets)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    Target *target;

    if (!g_file_get_contents(path, &text, NULL, NULL)) {
        return;
    }
    target = g_new0(Target, 1);
    target->name = g_strndup(name, strlen(name) - strlen(".dir"));
    target->words = g_ptr_array_new_with_free_func(g_free);
    lines = g_strsplit(text, "\n", -1);
    for (char **p = lines; *p; p++) {
        add_command(target, dir, *p);
    }
    g_ptr_array_add(targets, target);
}

static void scan_cmake_files(const char *dir, const char *cmake_files,
                             GPtrArray *targets)
{
    g_autoptr(GDir) d = g_dir_open(cmake_files, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(cmake_files, name, "link.txt",
                                                 NULL);

        if (g_str_has_suffix(name, ".dir") &&
            g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
            load_link_txt(path, dir, name, targets);
        }
    }
}

static void scan(const char *dir, GPtrArray *targets)
{
    g_autoptr(GDir) d = g_dir_open(dir, 0, NULL);
    const char *name;

    while (d && (name = g_dir_read_name(d))) {
        g_autofree char *path = g_build_filename(dir, name, NULL);

        if (g_file_test(path, G_FILE_TEST_IS_SYMLINK) ||
            !g_file_test(path, G_FILE_TEST_IS_DIR)) {
            continue;
        }
        if (!strcmp(name, "CMakeFiles")) {
            scan_cmake_files(dir, path, targets);
        } else {
            scan(path, targets);
        }
    }
}

gboolean hf_link_is_cmake(const char *build_dir)
{
    g_autofree char *cache = g_build_filename(build_dir, "CMakeCache.txt",
                                              NULL);
    g_autofree char *make = g_build_filename(build_dir, "Makefile", NULL);

    return g_file_test(cache, G_FILE_TEST_EXISTS) &&
           g_file_test(make, G_FILE_TEST_EXISTS);
}

static void follow(GPtrArray *targets, Target *target, GHashTable *inputs)
{
    if (target->visited) {
        return;
    }
    target->visited = TRUE;
    for (guint i = 0; i < target->words->len; i++) {
        const char *word = target->words->pdata[i];

        g_hash_table_add(inputs, g_strdup(word));
        for (guint k = 0; k < targets->len; k++) {
            Target *other = targets->pdata[k];

            if (other->output && !strcmp(other->output, word)) {
                follow(targets, other, inputs);
            }
        }
    }
}

static gboolean follow_named(const char *build_dir, const char *name,
                             GPtrArray *targets, GHashTable *inputs)
{
    g_autofree char *path = g_canonicalize_filename(name, build_dir);
    gboolean found = FALSE;

    for (guint i = 0; i < targets->len; i++) {
        Target *t = targets->pdata[i];

        if (!strcmp(t->name, name) || !g_strcmp0(t->output, path)) {
            follow(targets, t, inputs);
            found = TRUE;
        }
    }
    return found;
}

gboolean hf_link_inputs_cmake(const char *build_dir,
                              const char *const *names, GHashTable *inputs,
                              GError **error)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new_with_free_func(target_free);
    g_autoptr(GPtrArray) known = g_ptr_array_new();
    g_autofree char *list = NULL;

    scan(build_dir, targets);
    for (; *names; names++) {
        if (follow_named(build_dir, *names, targets, inputs)) {
            continue;
        }
        for (guint i = 0; i < targets->len; i++) {
            g_ptr_array_add(known, ((Target *)targets->pdata[i])->name);
        }
        list = hf_link_names(known);
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_TARGET,
                    "%s: unknown target '%s'; it can link: %s", build_dir,
                    *names, list);
        return FALSE;
    }
    return TRUE;
}
