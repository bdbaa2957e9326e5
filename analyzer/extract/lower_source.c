/* SPDX-License-Identifier: MIT */
/*
 * lower_source.c - files of a unit and places in them.
 *
 * Lines and columns come from our own line tables: asking clang for them
 * costs more than everything else about a place.  The text of files other
 * than the main one is read from disk, because looking a file up by handle is
 * a walk over everything a precompiled header has loaded.
 */
#include "lower_unit.h"
#include "clang_path.h"
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

static void source_free(gpointer data)
{
    HfSource *s = data;

    g_clear_pointer(&s->map, g_mapped_file_unref);
    if (s->lines) {
        g_array_unref(s->lines);
    }
    g_free(s->path);
    g_free(s);
}

static HfSource *source_new(HfLower *u, CXFile handle, char *path)
{
    HfSource *s = g_new0(HfSource, 1);

    s->handle = handle;
    s->path = path;
    s->text = "";
    s->is_main = clang_File_isEqual(handle, u->main_handle);
    if (s->is_main) {
        size_t len = 0;

        s->text = clang_getFileContents(u->tu, handle, &len);
        s->len = len;
    } else {
        s->map = g_mapped_file_new(path, FALSE, NULL);
        if (s->map && g_mapped_file_get_length(s->map)) {
            s->text = g_mapped_file_get_contents(s->map);
            s->len = g_mapped_file_get_length(s->map);
        }
    }
    if (!s->text) {
        s->text = "";
        s->len = 0;
    }
    g_hash_table_insert(u->by_path, s->path, s);
    g_ptr_array_add(u->sources, s);
    return s;
}

void hf_sources_init(HfLower *u, const char *main_file)
{
    u->by_handle = g_hash_table_new(NULL, NULL);
    u->by_path = g_hash_table_new_full(g_str_hash, g_str_equal, NULL,
                                       source_free);
    u->sources = g_ptr_array_new();
    u->main_handle = clang_getFile(u->tu, main_file);
    if (u->main_handle) {
        u->main = source_new(u, u->main_handle,
                             g_canonicalize_filename(main_file,
                                                     u->directory));
        g_hash_table_insert(u->by_handle, u->main_handle, u->main);
        hf_source_row(u, u->main);
    }
}

void hf_sources_clear(HfLower *u)
{
    g_hash_table_unref(u->by_handle);
    g_hash_table_unref(u->by_path);
    g_ptr_array_unref(u->sources);
}

HfSource *hf_source_of(HfLower *u, CXFile handle)
{
    HfSource *s;
    char *path;

    if (!handle || handle == u->last_handle) {
        return handle ? u->last_source : NULL;
    }
    s = g_hash_table_lookup(u->by_handle, handle);
    if (!s) {
        /* The same file under two names has two handles. */
        path = hf_clang_path(handle, u->directory);
        if (!*path) {
            g_free(path);
            return NULL;
        }
        s = g_hash_table_lookup(u->by_path, path);
        if (s) {
            g_free(path);
        } else {
            s = source_new(u, handle, path);
        }
        g_hash_table_insert(u->by_handle, handle, s);
    }
    u->last_handle = handle;
    u->last_source = s;
    return s;
}

HfId hf_source_row(HfLower *u, HfSource *s)
{
    if (!s->row) {
        HfFile file = { .hash = XXH3_64bits(s->text, s->len) };

        file.path = hf_facts_string(u->b, s->path);
        file.flags = s->is_main ? HF_FILE_MAIN : 0;
        s->row = hf_facts_add_files(u->b, &file);
    }
    return s->row;
}

/* ---- lines -------------------------------------------------------------- */

static void index_lines(HfSource *s)
{
    const char *p = s->text;
    const char *end = s->text + s->len;
    guint32 start = 0;

    s->lines = g_array_sized_new(FALSE, FALSE, sizeof(guint32),
                                 (guint)(s->len / 32 + 1));
    g_array_append_val(s->lines, start);
    while ((p = memchr(p, '\n', end - p)) != NULL) {
        p++;
        start = (guint32)(p - s->text);
        g_array_append_val(s->lines, start);
    }
}

void hf_source_lexer_line(HfSource *s, guint offset, guint *line, guint *col)
{
    const guint32 *starts;
    guint low = 0, high;

    if (!s->lines) {
        index_lines(s);
    }
    starts = (const guint32 *)(gconstpointer)s->lines->data;
    high = s->lines->len;
    while (high - low > 1) {
        guint mid = low + (high - low) / 2;

        if (starts[mid] <= offset) {
            low = mid;
        } else {
            high = mid;
        }
    }
    *line = low + 1;
    *col = offset - starts[low] + 1;
}

/* ---- places ------------------------------------------------------------- */

HfSource *hf_expansion(HfLower *u, CXSourceLocation at, guint *offset)
{
    CXFile file;

    clang_getExpansionLocation(at, &file, NULL, NULL, offset);
    return hf_source_of(u, file);
}

HfSource *hf_spelling(HfLower *u, CXSourceLocation at, guint *offset)
{
    CXFile file;

    clang_getSpellingLocation(at, &file, NULL, NULL, offset);
    return hf_source_of(u, file);
}

HfSource *hf_file_place(HfLower *u, CXSourceLocation at, guint *offset)
{
    CXFile file;

    clang_getFileLocation(at, &file, NULL, NULL, offset);
    return hf_source_of(u, file);
}

static HfStr macro_at(HfLower *u, HfSource *s, guint offset)
{
    const char *p = s->text + MIN(offset, s->len);
    const char *end = s->text + s->len;
    const char *start = p;
    g_autofree char *name = NULL;

    if (u->macro_source == s && u->macro_offset == offset) {
        return u->macro_name;
    }
    while (p < end && (g_ascii_isalnum(*p) || *p == '_')) {
        p++;
    }
    name = g_strndup(start, p - start);
    u->macro_source = s;
    u->macro_offset = offset;
    u->macro_name = hf_facts_string(u->b, name);
    return u->macro_name;
}

HfId hf_loc_at(HfLower *u, HfSource *s, guint offset)
{
    HfLoc loc = { 0 };

    loc.file = hf_source_row(u, s);
    hf_source_lexer_line(s, offset, &loc.line, &loc.col);
    return hf_facts_loc(u->b, &loc);
}

static void see_system(HfLower *u, HfSource *s, CXSourceLocation at)
{
    if (!s->is_system && clang_Location_isInSystemHeader(at)) {
        s->is_system = TRUE;
        hf_facts_at_files(u->b, s->row)->flags |= HF_FILE_SYSTEM;
    }
}

HfId hf_loc(HfLower *u, CXSourceLocation at)
{
    HfLoc loc = { 0 };
    guint offset, spell_offset;
    HfSource *s = hf_expansion(u, at, &offset);
    HfSource *spelled;
    gboolean is_new;

    if (!s) {
        return 0;
    }
    is_new = !s->row;
    loc.file = hf_source_row(u, s);
    if (is_new) {
        see_system(u, s, at);
    }
    hf_source_lexer_line(s, offset, &loc.line, &loc.col);
    spelled = hf_spelling(u, at, &spell_offset);
    if (spelled != s || spell_offset != offset) {
        loc.macro = macro_at(u, s, offset);
        if (spelled) {
            loc.spell_file = hf_source_row(u, spelled);
            hf_source_lexer_line(spelled, spell_offset, &loc.spell_line,
                           &loc.spell_col);
        }
    }
    return hf_facts_loc(u->b, &loc);
}
