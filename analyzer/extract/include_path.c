/* SPDX-License-Identifier: MIT */
#include "include_path.h"
#include <string.h>

struct HfIncludePath {
    const GPtrArray *files;
    GHashTable *by_path; /* char* -> index + 1 */
    GHashTable *by_base; /* char* last component -> GArray of guint */
    GPtrArray *dirs;     /* char*: absolute, in the order of the arguments */
};

/* Value of an argument that names an include directory, or NULL. */
static const char *include_dir(char *const *arg)
{
    static const char *const options[] = { "-I", "-iquote", "-isystem",
                                           "-idirafter" };

    for (gsize i = 0; i < G_N_ELEMENTS(options); i++) {
        if (g_str_has_prefix(*arg, options[i])) {
            const char *value = *arg + strlen(options[i]);

            return *value ? value : arg[1];
        }
    }
    return NULL;
}

static void add_file(HfIncludePath *path, guint index)
{
    const char *file = path->files->pdata[index];
    const char *slash = strrchr(file, '/');
    const char *base = slash ? slash + 1 : file;
    GArray *same = g_hash_table_lookup(path->by_base, base);

    if (!same) {
        same = g_array_new(FALSE, FALSE, sizeof(guint));
        g_hash_table_insert(path->by_base, g_strdup(base), same);
    }
    g_array_append_val(same, index);
    g_hash_table_insert(path->by_path, (gpointer)file,
                        GUINT_TO_POINTER(index + 1));
}

HfIncludePath *hf_include_path_new(const char *directory, char *const *args,
                                   const GPtrArray *files)
{
    HfIncludePath *path = g_new0(HfIncludePath, 1);

    path->files = files;
    path->by_path = g_hash_table_new(g_str_hash, g_str_equal);
    path->by_base = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify)g_array_unref);
    path->dirs = g_ptr_array_new_with_free_func(g_free);
    for (char *const *p = args; *p; p++) {
        const char *dir = include_dir(p);

        if (dir) {
            g_ptr_array_add(path->dirs,
                            g_canonicalize_filename(dir, directory));
        }
    }
    for (guint i = 0; i < files->len; i++) {
        add_file(path, i);
    }
    return path;
}

void hf_include_path_free(HfIncludePath *path)
{
    if (!path) {
        return;
    }
    g_hash_table_unref(path->by_path);
    g_hash_table_unref(path->by_base);
    g_ptr_array_unref(path->dirs);
    g_free(path);
}

int hf_include_path_file(const HfIncludePath *path, const char *file)
{
    return (int)GPOINTER_TO_UINT(g_hash_table_lookup(path->by_path, file)) - 1;
}

static gboolean find_in(const HfIncludePath *path, const char *dir,
                        const char *name, GArray *found)
{
    g_autofree char *full = g_canonicalize_filename(name, dir);
    int file = hf_include_path_file(path, full);

    if (file < 0) {
        return FALSE;
    }
    g_array_append_val(found, file);
    return TRUE;
}

static void find_by_end(const HfIncludePath *path, const char *name,
                        GArray *found)
{
    const char *slash = strrchr(name, '/');
    GArray *same = g_hash_table_lookup(path->by_base,
                                       slash ? slash + 1 : name);

    while (g_str_has_prefix(name, "../") || g_str_has_prefix(name, "./")) {
        name = strchr(name, '/') + 1;
    }
    for (guint i = 0; same && i < same->len; i++) {
        guint index = g_array_index(same, guint, i);
        const char *file = path->files->pdata[index];
        gsize at = strlen(file) - MIN(strlen(name), strlen(file));

        if (at > 0 && file[at - 1] == '/' && !strcmp(file + at, name)) {
            g_array_append_val(found, index);
        }
    }
}

void hf_include_path_find(const HfIncludePath *path, const char *dir,
                          const char *name, gboolean angled, GArray *found)
{
    const char *slash = strrchr(name, '/');

    if (!g_hash_table_contains(path->by_base, slash ? slash + 1 : name)) {
        return;
    }
    if (!angled && find_in(path, dir, name, found)) {
        return;
    }
    for (guint i = 0; i < path->dirs->len; i++) {
        if (find_in(path, path->dirs->pdata[i], name, found)) {
            return;
        }
    }
    find_by_end(path, name, found);
}
