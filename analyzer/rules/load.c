/* SPDX-License-Identifier: MIT */
/* Finding profiles, reading their files and following their includes. */
#include "rules/loader.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_INCLUDE_DEPTH 32u

/* ---- files ------------------------------------------------------------- */

/* An include that cannot be followed is the including file's error. */
static gboolean fail_io(HfLoader *l, const HfRulePlace *at, const char *path,
                        const char *why)
{
    if (at)
        return hf_load_fail(l, at, "expected a profile, cannot read %s: %s",
                            path, why);
    g_set_error(l->error, HF_RULES_ERROR, HF_RULES_ERROR_IO, "%s: %s", path,
                why);
    return FALSE;
}

static gboolean read_text(HfLoader *l, const char *file,
                          gsize len, const char *text, const char *profile)
{
    const char *kept = g_strdup(file);
    HfNode *root;
    gboolean ok;

    g_ptr_array_add(l->rules->files, (char *)kept);
    root = hf_yaml_parse(text, len, kept, l->error);
    ok = root && hf_read_sections(l, root, profile);
    hf_node_free(root);
    return ok;
}

static gboolean read_file(HfLoader *l, const HfRulePlace *at, const char *path,
                          const char *profile)
{
    GStatBuf st;
    GError *why = NULL;
    char *text;
    gsize len;
    gboolean ok;

    if (g_stat(path, &st) != 0)
        return fail_io(l, at, path, g_strerror(errno));
    /* A device or a pipe might never end. */
    if (!S_ISREG(st.st_mode))
        return fail_io(l, at, path, "not a regular file");
    if (st.st_size > HF_YAML_MAX_BYTES)
        return fail_io(l, at, path, "larger than 4 MiB");
    if (!g_file_get_contents(path, &text, &len, &why)) {
        ok = fail_io(l, at, path, why->message);
        g_error_free(why);
        return ok;
    }
    ok = read_text(l, path, len, text, profile);
    g_free(text);
    return ok;
}

int hf_by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gboolean read_directory(HfLoader *l, const HfRulePlace *at,
                               const char *path, const char *profile)
{
    GError *why = NULL;
    GDir *dir = g_dir_open(path, 0, &why);
    GPtrArray *files;
    const char *name;
    gboolean ok;

    if (!dir) {
        ok = fail_io(l, at, path, why->message);
        g_error_free(why);
        return ok;
    }
    files = g_ptr_array_new_with_free_func(g_free);
    while ((name = g_dir_read_name(dir)))
        if (g_str_has_suffix(name, ".yaml") && name[0] != '.')
            g_ptr_array_add(files, g_build_filename(path, name, NULL));
    g_dir_close(dir);
    g_ptr_array_sort(files, hf_by_text);
    ok = files->len > 0 || fail_io(l, at, path, "holds no .yaml file");
    for (guint i = 0; i < files->len && ok; i++)
        ok = read_file(l, at, g_ptr_array_index(files, i), profile);
    g_ptr_array_unref(files);
    return ok;
}

static gboolean read_path(HfLoader *l, const HfRulePlace *at, const char *path,
                          const char *profile)
{
    return g_file_test(path, G_FILE_TEST_IS_DIR)
        ? read_directory(l, at, path, profile)
        : read_file(l, at, path, profile);
}

/* ---- names of profiles ------------------------------------------------- */

static char *find_profile(HfLoader *l, const char *name)
{
    for (const char *const *dir = l->search_dirs; dir && *dir; dir++) {
        char *path = g_build_filename(*dir, name, NULL);
        char *file = g_strconcat(path, ".yaml", NULL);
        char *found = NULL;

        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            found = g_strdup(path);
        else if (g_file_test(file, G_FILE_TEST_EXISTS))
            found = g_strdup(file);
        g_free(path);
        g_free(file);
        if (found)
            return found;
    }
    return NULL;
}

/* Does dir/name hold rules? rules/ has other directories beside profiles. */
static gboolean is_profile_dir(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    const char *name;
    gboolean found = FALSE;

    while (dir && !found && (name = g_dir_read_name(dir)))
        found = g_str_has_suffix(name, ".yaml");
    g_clear_pointer(&dir, g_dir_close);
    return found;
}

/* Every profile there is, sorted, for a suggestion. */
static GPtrArray *known_profiles(HfLoader *l)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (const char *const *d = l->search_dirs; d && *d; d++) {
        GDir *dir = g_dir_open(*d, 0, NULL);
        const char *name;

        while (dir && (name = g_dir_read_name(dir))) {
            char *path = g_build_filename(*d, name, NULL);

            if (g_str_has_suffix(name, ".yaml"))
                g_ptr_array_add(names, g_strndup(name, strlen(name) - 5));
            else if (is_profile_dir(path))
                g_ptr_array_add(names, g_strdup(name));
            g_free(path);
        }
        g_clear_pointer(&dir, g_dir_close);
    }
    g_ptr_array_sort(names, hf_by_text);
    return names;
}

static gboolean fail_missing(HfLoader *l, const HfNode *node, const char *name)
{
    GPtrArray *names = known_profiles(l);
    char *text, *dirs;

    if (node)
        return hf_load_unknown_name(l, &node->place, name,
                                    "the name of a profile", names);
    g_ptr_array_add(names, NULL);
    text = hf_expected_name("the name of a profile",
                            (const char *const *)names->pdata, name);
    dirs = l->search_dirs && *l->search_dirs
        ? g_strjoinv(", ", (char **)l->search_dirs) : g_strdup("no directory");
    g_set_error(l->error, HF_RULES_ERROR, HF_RULES_ERROR_IO,
                "%s (looked in %s)", text, dirs);
    g_free(text);
    g_free(dirs);
    g_ptr_array_unref(names);
    return FALSE;
}

static gboolean check_cycle(HfLoader *l, const HfNode *node)
{
    GString *chain = g_string_new(NULL);
    gboolean cycle = FALSE;

    for (guint i = 0; i < l->stack->len; i++) {
        const char *name = g_ptr_array_index(l->stack, i);

        cycle = cycle || strcmp(name, node->text) == 0;
        if (cycle)
            g_string_append_printf(chain, "%s -> ", name);
    }
    if (cycle)
        hf_load_fail(l, &node->place, "expected no cycle of includes, found "
                     "%s%s", chain->str, node->text);
    g_string_free(chain, TRUE);
    return !cycle;
}

gboolean hf_load_include(HfLoader *l, const HfNode *node)
{
    char *name = NULL, *path;
    gboolean ok;

    if (!hf_read_value(l, node, HF_VALUE_PROFILE, FALSE, NULL, &name))
        return FALSE;
    g_free(name);
    if (!check_cycle(l, node))
        return FALSE;
    if (g_hash_table_contains(l->done, node->text))
        return TRUE;
    if (l->stack->len >= MAX_INCLUDE_DEPTH)
        return hf_load_fail(l, &node->place, "expected at most %u levels of "
                            "includes, found more", MAX_INCLUDE_DEPTH);
    path = find_profile(l, node->text);
    if (!path)
        return fail_missing(l, node, node->text);
    g_ptr_array_add(l->stack, node->text);
    ok = read_path(l, &node->place, path, node->text);
    g_ptr_array_set_size(l->stack, l->stack->len - 1);
    g_hash_table_add(l->done, g_strdup(node->text));
    g_free(path);
    return ok;
}

/* ---- the whole --------------------------------------------------------- */

static void loader_init(HfLoader *l, const char *const *search_dirs,
                        const char *name, GError **error)
{
    *l = (HfLoader){
        .rules = hf_rules_new(),
        .search_dirs = search_dirs,
        .stack = g_ptr_array_new(),
        .done = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .uses = g_ptr_array_new_with_free_func(hf_name_use_free),
        .error = error,
    };
    for (guint i = 0; i < HF_N_SECTIONS; i++)
        l->named[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                            g_free);
    l->rules->profile = g_strdup(name);
    g_ptr_array_add(l->stack, (char *)name);
}

/* Gives the rules, or frees them when ok is FALSE. */
static HfRules *loader_clear(HfLoader *l, gboolean ok)
{
    HfRules *rules = l->rules;

    g_ptr_array_unref(l->stack);
    g_hash_table_unref(l->done);
    g_ptr_array_unref(l->uses);
    for (guint i = 0; i < HF_N_SECTIONS; i++)
        g_hash_table_unref(l->named[i]);
    if (!ok)
        g_clear_pointer(&rules, hf_rules_free);
    return rules;
}

static gboolean is_path(const char *profile)
{
    return strchr(profile, '/') || g_str_has_suffix(profile, ".yaml");
}

/* The search directories, and after them the one the path lies in, so that
 * profiles of one's own may include one another. */
static char **dirs_with_own(const char *const *dirs, const char *path)
{
    GPtrArray *all = g_ptr_array_new();

    for (; dirs && *dirs; dirs++)
        g_ptr_array_add(all, g_strdup(*dirs));
    g_ptr_array_add(all, g_path_get_dirname(path));
    g_ptr_array_add(all, NULL);
    return (char **)g_ptr_array_free(all, FALSE);
}

static HfRules *load_path(const char *path, const char *const *search_dirs,
                          GError **error)
{
    char **dirs = dirs_with_own(search_dirs, path);
    char *base = g_path_get_basename(path);
    HfLoader l;
    gboolean ok;

    if (g_str_has_suffix(base, ".yaml"))
        base[strlen(base) - 5] = '\0';
    loader_init(&l, (const char *const *)dirs, base, error);
    ok = read_path(&l, NULL, path, NULL) && hf_load_finish(&l);
    g_strfreev(dirs);
    l.search_dirs = NULL;
    g_ptr_array_set_size(l.stack, 0);
    g_free(base);
    return loader_clear(&l, ok);
}

HfRules *hf_rules_load(const char *profile, const char *const *search_dirs,
                       GError **error)
{
    HfLoader l;
    char *path;
    gboolean ok;

    if (is_path(profile))
        return load_path(profile, search_dirs, error);
    loader_init(&l, search_dirs, profile, error);
    path = hf_is_identifier(profile, "-") ? find_profile(&l, profile) : NULL;
    ok = path ? read_path(&l, NULL, path, profile) && hf_load_finish(&l)
              : fail_missing(&l, NULL, profile);
    g_free(path);
    return loader_clear(&l, ok);
}

HfRules *hf_rules_load_string(const char *yaml, gsize len, const char *name,
                              const char *const *search_dirs, GError **error)
{
    HfLoader l;
    gboolean ok;

    loader_init(&l, search_dirs, name, error);
    ok = read_text(&l, name, len, yaml, NULL) && hf_load_finish(&l);
    return loader_clear(&l, ok);
}
