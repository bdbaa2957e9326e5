/* SPDX-License-Identifier: MIT */
/*
 * compile_db.c - compile_commands.json to entries the parser can use.
 */
#include "extract.h"
#include "flags.h"
#include <fnmatch.h>
#include <json-glib/json-glib.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 64

G_DEFINE_QUARK(hf_extract_error, hf_extract_error)

static void entry_free(gpointer p)
{
    HfCompileEntry *entry = p;

    g_free(entry->directory);
    g_free(entry->file);
    g_free(entry->output);
    g_strfreev(entry->args);
    g_free(entry);
}

void hf_compile_db_free(HfCompileDb *db)
{
    if (!db) {
        return;
    }
    g_free(db->path);
    g_free(db->build_dir);
    g_ptr_array_unref(db->entries);
    g_ptr_array_unref(db->warnings);
    g_free(db);
}

/* ---- JSON --------------------------------------------------------------- */

/* json-glib keeps no lines in its nodes; the parser's signals have them. */
typedef struct {
    int depth;
    GArray *lines; /* int: where each object of the outer array starts */
} Lines;

static void object_start(JsonParser *parser, gpointer data)
{
    Lines *lines = data;
    int line = json_parser_get_current_line(parser);

    if (lines->depth++ == 0) {
        g_array_append_val(lines->lines, line);
    }
}

static void object_end(JsonParser *parser, JsonObject *object, gpointer data)
{
    ((Lines *)data)->depth--;
}

/* json-glib says "<data>:LINE:COL: Parse error: WHY". */
static void broken_json(GError **error, const char *path, const char *message)
{
    const char *colon = strchr(message, ':');
    const char *why = strstr(message, "Parse error: ");

    g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                "%s:%d: not valid JSON: %s", path,
                colon && why ? MAX(atoi(colon + 1), 1) : 1,
                why ? why + strlen("Parse error: ") : message);
}

/*
 * json-glib recurses without a limit.  Returns the line where brackets nest
 * deeper than any database's do, or 0.
 */
static int too_deep(const char *text, gsize len)
{
    gboolean in_string = FALSE;
    int depth = 0, line = 1;

    for (gsize i = 0; i < len; i++) {
        char c = text[i];

        line += c == '\n';
        if (in_string && c == '\\') {
            i++;
        } else if (c == '"') {
            in_string = !in_string;
        } else if (!in_string && (c == '[' || c == '{')) {
            if (++depth > MAX_DEPTH) {
                return line;
            }
        } else if (!in_string && (c == ']' || c == '}')) {
            depth--;
        }
    }
    return 0;
}

static char *read_database(const char *path, gsize *len, GError **error)
{
    g_autoptr(GError) local = NULL;
    char *text;

    if (g_file_get_contents(path, &text, len, &local)) {
        return text;
    }
    if (g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "%s: no such file or directory; meson and cmake "
                    "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON write a "
                    "compile_commands.json into the build directory, and "
                    "'bear -- make' makes one for other builds", path);
    } else {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "%s: %s", path, local->message);
    }
    return NULL;
}

static JsonParser *parse_json(const char *path, Lines *lines, GError **error)
{
    g_autoptr(JsonParser) parser = json_parser_new_immutable();
    g_autoptr(GError) local = NULL;
    g_autofree char *text = NULL;
    gsize len;
    int line;

    if (!(text = read_database(path, &len, error))) {
        return NULL;
    }
    line = too_deep(text, len);
    if (line) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "%s:%d: nested more than %d deep", path, line, MAX_DEPTH);
        return NULL;
    }
    g_signal_connect(parser, "object-start", G_CALLBACK(object_start), lines);
    g_signal_connect(parser, "object-end", G_CALLBACK(object_end), lines);
    if (!json_parser_load_from_data(parser, text, len, &local)) {
        broken_json(error, path, local->message);
        return NULL;
    }
    if (!json_parser_get_root(parser) ||
        !JSON_NODE_HOLDS_ARRAY(json_parser_get_root(parser))) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "%s:1: expected an array of compile commands", path);
        return NULL;
    }
    return g_steal_pointer(&parser);
}

/* ---- one entry ---------------------------------------------------------- */

typedef struct {
    const char *path; /* of the database */
    guint index;
    int line;
} Where;

static void wrong(GError **error, const Where *where, const char *what)
{
    g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                "%s:%d: entry %u: %s", where->path, where->line, where->index,
                what);
}

/* "" when absent; NULL and an error when it is no string. */
static const char *member(JsonObject *object, const char *name,
                          gboolean required, const Where *where,
                          GError **error)
{
    JsonNode *node = json_object_get_member(object, name);
    g_autofree char *what = NULL;

    if (node && json_node_get_value_type(node) == G_TYPE_STRING) {
        return json_node_get_string(node);
    }
    if (!node && !required) {
        return "";
    }
    what = g_strdup_printf(node ? "\"%s\" is not a string"
                                : "\"%s\" is missing", name);
    wrong(error, where, what);
    return NULL;
}

static char **argv_from_array(JsonNode *node, const Where *where,
                              GError **error)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new_with_free_func(g_free);
    JsonArray *array;

    if (!JSON_NODE_HOLDS_ARRAY(node)) {
        wrong(error, where, "\"arguments\" is not an array");
        return NULL;
    }
    array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *item = json_array_get_element(array, i);

        if (json_node_get_value_type(item) != G_TYPE_STRING) {
            wrong(error, where, "\"arguments\" has something not a string");
            return NULL;
        }
        g_ptr_array_add(argv, g_strdup(json_node_get_string(item)));
    }
    g_ptr_array_add(argv, NULL);
    return (char **)g_ptr_array_free(g_steal_pointer(&argv), FALSE);
}

static char **entry_argv(JsonObject *object, const Where *where,
                         GError **error)
{
    JsonNode *arguments = json_object_get_member(object, "arguments");
    g_autoptr(GError) local = NULL;
    const char *command;
    char **argv = NULL;

    if (arguments) {
        return argv_from_array(arguments, where, error);
    }
    if (!json_object_has_member(object, "command")) {
        wrong(error, where, "neither \"command\" nor \"arguments\"");
        return NULL;
    }
    command = member(object, "command", TRUE, where, error);
    if (command && !g_shell_parse_argv(command, NULL, &argv, &local)) {
        wrong(error, where, local->message);
    }
    return argv;
}

/* Why a file is not for a C parser, or NULL. */
static const char *not_c(const char *file, const HfFlags *flags)
{
    const char *dot = strrchr(file, '.');

    if (flags->language && strcmp(flags->language, "none")) {
        return !strcmp(flags->language, "c") ? NULL : "not C by its -x option";
    }
    if (flags->cplusplus) {
        return "compiled as C++";
    }
    if (!dot || (strcmp(dot, ".c") && strcmp(dot, ".i"))) {
        return "not a C source file";
    }
    return NULL;
}

static void warn(HfCompileDb *db, const Where *where, const char *file,
                 const char *why)
{
    g_ptr_array_add(db->warnings,
                    g_strdup_printf("%s:%d: entry %u: %s: left out: %s",
                                    where->path, where->line, where->index,
                                    file, why));
}

/* FALSE: the shape is wrong.  What is merely not for us becomes a warning. */
static gboolean add_entry(HfCompileDb *db, JsonNode *node, const Where *where,
                          GError **error)
{
    const char *directory, *file, *output;
    g_autofree char *abs_dir = NULL, *abs_file = NULL;
    g_auto(GStrv) argv = NULL;
    g_autoptr(GError) local = NULL;
    HfFlags flags = { 0 };
    HfCompileEntry *entry;
    JsonObject *object;

    if (!JSON_NODE_HOLDS_OBJECT(node)) {
        wrong(error, where, "not an object");
        return FALSE;
    }
    object = json_node_get_object(node);
    if (!(directory = member(object, "directory", TRUE, where, error)) ||
        !(file = member(object, "file", TRUE, where, error)) ||
        !(output = member(object, "output", FALSE, where, error)) ||
        !(argv = entry_argv(object, where, error))) {
        return FALSE;
    }
    abs_dir = g_canonicalize_filename(directory, db->build_dir);
    abs_file = g_canonicalize_filename(file, abs_dir);
    if (!hf_flags_clean(abs_dir, argv, &flags, &local)) {
        warn(db, where, abs_file, local->message);
    } else if (not_c(abs_file, &flags)) {
        warn(db, where, abs_file, not_c(abs_file, &flags));
    } else {
        entry = g_new0(HfCompileEntry, 1);
        entry->directory = g_steal_pointer(&abs_dir);
        entry->file = g_steal_pointer(&abs_file);
        entry->output = g_strdup(*output        ? output
                                 : flags.output ? flags.output : "");
        entry->args = (char **)g_ptr_array_free(
            g_steal_pointer(&flags.args), FALSE);
        entry->line = where->line;
        g_ptr_array_add(db->entries, entry);
    }
    hf_flags_clear(&flags);
    return TRUE;
}

/* ---- the whole database ------------------------------------------------- */

static int strv_cmp(char *const *a, char *const *b)
{
    int c = 0;

    while (*a && *b && !(c = strcmp(*a, *b))) {
        a++;
        b++;
    }
    return c ? c : (*a != NULL) - (*b != NULL);
}

static gint entry_cmp(gconstpointer pa, gconstpointer pb)
{
    const HfCompileEntry *a = *(HfCompileEntry *const *)pa;
    const HfCompileEntry *b = *(HfCompileEntry *const *)pb;
    int c;

    if ((c = strcmp(a->file, b->file)) || (c = strcmp(a->output, b->output)) ||
        (c = strcmp(a->directory, b->directory))) {
        return c;
    }
    return strv_cmp(a->args, b->args);
}

static void sort_entries(GPtrArray *entries)
{
    guint i = 1;

    g_ptr_array_sort(entries, entry_cmp);
    while (i < entries->len) {
        if (entry_cmp(&entries->pdata[i - 1], &entries->pdata[i])) {
            i++;
        } else {
            g_ptr_array_remove_index(entries, i);
        }
    }
}

HfCompileDb *hf_compile_db_load(const char *dir_or_file, GError **error)
{
    g_autoptr(JsonParser) parser = NULL;
    g_autofree char *cwd = g_get_current_dir(), *canonical = NULL;
    Lines lines = { 0, NULL };
    HfCompileDb *db = g_new0(HfCompileDb, 1);
    JsonArray *array;
    gboolean ok;

    db->entries = g_ptr_array_new_with_free_func(entry_free);
    db->warnings = g_ptr_array_new_with_free_func(g_free);
    db->path = g_file_test(dir_or_file, G_FILE_TEST_IS_DIR)
                   ? g_build_filename(dir_or_file, "compile_commands.json",
                                      NULL)
                   : g_strdup(dir_or_file);
    canonical = g_canonicalize_filename(db->path, cwd);
    db->build_dir = g_path_get_dirname(canonical);
    lines.lines = g_array_new(FALSE, FALSE, sizeof(int));
    parser = parse_json(db->path, &lines, error);
    ok = parser != NULL;
    array = ok ? json_node_get_array(json_parser_get_root(parser)) : NULL;
    for (guint i = 0; ok && i < json_array_get_length(array); i++) {
        Where where = { db->path, i, 1 };

        if (i < lines.lines->len) {
            where.line = g_array_index(lines.lines, int, i);
        }
        ok = add_entry(db, json_array_get_element(array, i), &where, error);
    }
    g_array_unref(lines.lines);
    if (!ok) {
        hf_compile_db_free(db);
        return NULL;
    }
    sort_entries(db->entries);
    return db;
}

/* ---- filtering ---------------------------------------------------------- */

static gboolean pattern_matches(const char *root, const char *pattern,
                                const char *file)
{
    g_autofree char *full = g_canonicalize_filename(pattern, root);
    gsize len = strlen(full);
    gsize root_len = strlen(root);

    if (g_str_has_prefix(file, full) &&
        (!file[len] || file[len] == '/' || full[len - 1] == '/')) {
        return TRUE;
    }
    if (g_path_is_absolute(pattern)) {
        return !fnmatch(pattern, file, 0);
    }
    return g_str_has_prefix(file, root) && file[root_len] == '/' &&
           !fnmatch(pattern, file + root_len + 1, 0);
}

void hf_compile_db_filter(HfCompileDb *db, const char *root,
                          const char *const *patterns)
{
    g_autofree char *cwd = g_get_current_dir();
    g_autofree char *base = g_canonicalize_filename(root ? root : ".", cwd);
    guint i = 0;

    while (i < db->entries->len) {
        HfCompileEntry *entry = db->entries->pdata[i];
        gboolean keep = FALSE;

        for (const char *const *p = patterns; !keep && *p; p++) {
            keep = pattern_matches(base, *p, entry->file);
        }
        if (keep) {
            i++;
        } else {
            g_ptr_array_remove_index(db->entries, i);
        }
    }
}
