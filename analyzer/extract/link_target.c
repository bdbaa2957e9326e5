/* SPDX-License-Identifier: MIT */
/*
 * link_target.c - keeping only what is linked into the programs asked for.
 *
 * A database holds every unit of a build, several of which may define the
 * same function (a stub and the real one).  Which of them end up in a program
 * only the build system knows.
 */
#include "link_target.h"
#include "extract.h"
#include <stdlib.h>
#include <string.h>

#define NAMES_SHOWN 20

static gint name_cmp(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char *hf_link_names(GPtrArray *names)
{
    GString *out = g_string_new(NULL);

    g_ptr_array_sort(names, name_cmp);
    for (guint i = 0; i < names->len && i < NAMES_SHOWN; i++) {
        g_string_append_printf(out, "%s%s", i ? ", " : "",
                               (char *)names->pdata[i]);
    }
    if (names->len > NAMES_SHOWN) {
        g_string_append_printf(out, " and %u more", names->len - NAMES_SHOWN);
    }
    return g_string_free(out, FALSE);
}

/* ---- ninja -------------------------------------------------------------- */

static gboolean run_ninja(const char *build_dir, const char *mode,
                          const char *const *args, char **out, char **err,
                          GError **error)
{
    g_autofree char *ninja = g_find_program_in_path("ninja");
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    int status = 0;

    if (!ninja) {
        ninja = g_find_program_in_path("ninja-build");
    }
    if (!ninja) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_TARGET,
                    "%s: ninja is needed to find what a target links",
                    build_dir);
        return FALSE;
    }
    g_ptr_array_add(argv, ninja);
    g_ptr_array_add(argv, (gpointer) "-t");
    g_ptr_array_add(argv, (gpointer)mode);
    for (; *args; args++) {
        g_ptr_array_add(argv, (gpointer)*args);
    }
    g_ptr_array_add(argv, NULL);
    if (!g_spawn_sync(build_dir, (char **)argv->pdata, NULL, 0, NULL, NULL,
                      out, err, &status, error)) {
        return FALSE;
    }
    return g_spawn_check_wait_status(status, NULL);
}

/* Names of ninja's targets that some linker makes. */
static char *ninja_targets(const char *build_dir)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *out = NULL, *err = NULL;
    g_auto(GStrv) lines = NULL;
    const char *const all[] = { "all", NULL };

    if (!run_ninja(build_dir, "targets", all, &out, &err, NULL)) {
        return g_strdup("none");
    }
    lines = g_strsplit(out, "\n", -1);
    for (char **p = lines; *p; p++) {
        char *rule = strstr(*p, ": ");

        /* meson's c_LINKER, CMake's C_EXECUTABLE_LINKER__name_ */
        if (rule && strstr(rule, "LINKER") && !strstr(rule, "STATIC")) {
            g_ptr_array_add(names, g_strndup(*p, rule - *p));
        }
    }
    return hf_link_names(names);
}

gboolean hf_link_inputs_ninja(const char *build_dir,
                              const char *const *targets, GHashTable *inputs,
                              GError **error)
{
    g_autofree char *out = NULL, *err = NULL, *names = NULL;
    g_autoptr(GError) local = NULL;
    g_auto(GStrv) lines = NULL;

    if (!run_ninja(build_dir, "inputs", targets, &out, &err, &local)) {
        if (local) {
            g_propagate_error(error, g_steal_pointer(&local));
            return FALSE;
        }
        names = ninja_targets(build_dir);
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_TARGET,
                    "%s: %s; it can link: %s", build_dir, g_strstrip(err),
                    names);
        return FALSE;
    }
    lines = g_strsplit(out, "\n", -1);
    for (char **p = lines; *p; p++) {
        g_autofree char *plain = g_shell_unquote(*p, NULL);

        if (plain && *plain) {
            g_hash_table_add(inputs,
                             g_canonicalize_filename(plain, build_dir));
        }
    }
    return TRUE;
}

/* ---- the database ------------------------------------------------------- */

static gboolean has_ninja(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "build.ninja", NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The database may be a link, or have been moved out of its build. */
static char *find_build_dir(const HfCompileDb *db, gboolean *ninja)
{
    char *real = realpath(db->path, NULL);
    const HfCompileEntry *first = db->entries->len ? db->entries->pdata[0]
                                                   : NULL;
    char *dirs[3] = { g_strdup(db->build_dir),
                      real ? g_path_get_dirname(real) : NULL,
                      first ? g_strdup(first->directory) : NULL };
    char *found = NULL;

    free(real);
    for (gsize i = 0; i < G_N_ELEMENTS(dirs); i++) {
        if (dirs[i] && !found &&
            ((*ninja = has_ninja(dirs[i])) || hf_link_is_cmake(dirs[i]))) {
            found = g_steal_pointer(&dirs[i]);
        }
        g_free(dirs[i]);
    }
    return found;
}

static guint keep_linked(HfCompileDb *db, GHashTable *inputs)
{
    guint i = 0;

    while (i < db->entries->len) {
        HfCompileEntry *entry = db->entries->pdata[i];
        g_autofree char *output = g_canonicalize_filename(entry->output,
                                                          entry->directory);

        if (*entry->output && g_hash_table_contains(inputs, output)) {
            i++;
        } else {
            g_ptr_array_remove_index(db->entries, i);
        }
    }
    return i;
}

gboolean hf_compile_db_select_targets(HfCompileDb *db,
                                      const char *const *targets,
                                      GError **error)
{
    g_autoptr(GHashTable) inputs = g_hash_table_new_full(g_str_hash,
                                                         g_str_equal, g_free,
                                                         NULL);
    gboolean ninja = FALSE;
    g_autofree char *dir = find_build_dir(db, &ninja);
    guint total = db->entries->len;

    if (!*targets) {
        return TRUE;
    }
    if (!dir) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_TARGET,
                    "%s: cannot tell what '%s' links: neither build.ninja nor "
                    "CMake's link.txt files are there", db->build_dir,
                    *targets);
        return FALSE;
    }
    if (!(ninja ? hf_link_inputs_ninja : hf_link_inputs_cmake)(
            dir, targets, inputs, error)) {
        return FALSE;
    }
    if (!keep_linked(db, inputs)) {
        g_autofree char *all = g_strjoinv(" ", (char **)targets);

        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_TARGET,
                    "%s: '%s' links none of the %u units of the database",
                    db->path, all, total);
        return FALSE;
    }
    return TRUE;
}
