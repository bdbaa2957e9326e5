/* SPDX-License-Identifier: MIT */
/*
 * pch_build.c - the shared header of one group, by way of libclang.
 */
#include "clang_diag.h"
#include "clang_env.h"
#include "clang_path.h"
#include "pch.h"
#include "pch_functions.h"
#include <clang-c/Index.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* Each attempt leaves out at least one header: first only the one the first
 * error is about, for later errors may follow from it. */
#define MAX_ATTEMPTS 12
#define CAREFUL_ATTEMPTS 6

enum { DIRECT_GUARDED = 1, DIRECT_UNGUARDED };

typedef struct {
    const char *directory;
    char *source;       /* KEY.h */
    GPtrArray *headers; /* char*, borrowed: still in */
    GArray *uses;       /* guint: of each of them */
    int attempt;
    GPtrArray *functions; /* char*, owned: mentioned at the end; NULL before
                             they are known */
    CXIndex index;
    CXTranslationUnit tu;
    CXFile source_file;
    HfPch *pch;
    GHashTable *numbers; /* path in pch->files -> its number + 1 */
    GPtrArray *macros;   /* GString of each file, NULL when none */
    GHashTable *lines;   /* number -> last line of source that led to it */
    GHashTable *direct;  /* line -> DIRECT_*; absent: came in earlier */
} Build;

static void dispose_tu(Build *b)
{
    if (b->tu) {
        clang_disposeTranslationUnit(b->tu);
    }
    if (b->index) {
        clang_disposeIndex(b->index);
    }
    b->tu = NULL;
    b->index = NULL;
}

static void build_reset(Build *b)
{
    dispose_tu(b);
    hf_pch_free(b->pch);
    b->pch = NULL;
    g_clear_pointer(&b->functions, g_ptr_array_unref);
    g_clear_pointer(&b->numbers, g_hash_table_unref);
    g_clear_pointer(&b->macros, g_ptr_array_unref);
    g_clear_pointer(&b->lines, g_hash_table_unref);
    g_clear_pointer(&b->direct, g_hash_table_unref);
}

static gboolean write_source(const Build *b, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (guint i = 0; i < b->headers->len; i++) {
        g_string_append_printf(text, "#include %s\n",
                               (char *)b->headers->pdata[i]);
    }
    if (b->functions) {
        hf_pch_functions_write(b->functions, text);
    }
    return g_file_set_contents(b->source, text->str, text->len, error);
}

static gboolean parse(Build *b, const HfPchGroup *group, unsigned flags)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    guint n_tsa;
    const char *const *tsa = hf_tsa_defines(&n_tsa);

    for (char *const *p = group->args; *p; p++) {
        g_ptr_array_add(argv, *p);
    }
    for (guint i = 0; i < n_tsa; i++) {
        g_ptr_array_add(argv, (gpointer)tsa[i]);
    }
    /* We know better than time stamps whether it is current. */
    g_ptr_array_add(argv, (gpointer) "-Xclang");
    g_ptr_array_add(argv, (gpointer) "-fno-pch-timestamp");
    g_ptr_array_add(argv, (gpointer) "-xc-header");
    b->index = clang_createIndex(1, 0);
    return !clang_parseTranslationUnit2(
        b->index, b->source, (const char *const *)argv->pdata, argv->len, NULL,
        0, flags | CXTranslationUnit_KeepGoing, &b->tu);
}

/* ---- what was read ------------------------------------------------------ */

static guint file_number(Build *b, CXFile file)
{
    g_autofree char *path = hf_clang_path(file, b->directory);
    gpointer value = g_hash_table_lookup(b->numbers, path);
    guint n = b->pch->files->len;

    if (value) {
        return GPOINTER_TO_UINT(value) - 1;
    }
    hf_pch_add_file(b->pch, path);
    g_ptr_array_add(b->macros, NULL);
    g_hash_table_insert(b->numbers, b->pch->files->pdata[n],
                        GUINT_TO_POINTER(n + 1));
    return n;
}

static void see_inclusion(CXFile file, CXSourceLocation *stack, unsigned depth,
                          CXClientData data)
{
    Build *b = data;
    guint number, n;
    unsigned line;

    if (!depth) {
        return; /* the source itself */
    }
    n = b->pch->files->len;
    number = file_number(b, file);
    if (number < n) {
        g_array_index(b->pch->again, gboolean, number) = TRUE;
    }
    clang_getSpellingLocation(stack[depth - 1], NULL, &line, NULL, NULL);
    g_hash_table_insert(b->lines, GUINT_TO_POINTER(number),
                        GUINT_TO_POINTER(line));
    if (depth == 1) {
        int how = clang_isFileMultipleIncludeGuarded(b->tu, file)
                      ? DIRECT_GUARDED : DIRECT_UNGUARDED;

        g_hash_table_insert(b->direct, GUINT_TO_POINTER(line),
                            GINT_TO_POINTER(how));
    }
}

static void see_macro(Build *b, CXFile file, CXCursor cursor)
{
    CXString name = clang_getCursorSpelling(cursor);
    gpointer *macros = &b->macros->pdata[file_number(b, file)];

    if (!*macros) {
        *macros = g_string_new(NULL);
    }
    if (((GString *)*macros)->len) {
        g_string_append_c(*macros, ' ');
    }
    g_string_append(*macros, clang_getCString(name));
    clang_disposeString(name);
}

static enum CXChildVisitResult see_directive(CXCursor cursor, CXCursor parent,
                                             CXClientData data)
{
    enum CXCursorKind kind = clang_getCursorKind(cursor);
    Build *b = data;
    HfPchEdge edge;
    CXFile file, to;

    if (kind != CXCursor_InclusionDirective &&
        kind != CXCursor_MacroDefinition) {
        return CXChildVisit_Continue;
    }
    clang_getSpellingLocation(clang_getCursorLocation(cursor), &file, NULL,
                              NULL, NULL);
    if (!file || clang_File_isEqual(file, b->source_file)) {
        return CXChildVisit_Continue;
    }
    if (kind == CXCursor_MacroDefinition) {
        see_macro(b, file, cursor);
    } else if ((to = clang_getIncludedFile(cursor))) {
        edge.from = file_number(b, file);
        edge.to = file_number(b, to);
        g_array_append_val(b->pch->edges, edge);
    }
    return CXChildVisit_Continue;
}

static void free_string(gpointer p)
{
    if (p) {
        g_string_free(p, TRUE);
    }
}

static void collect(Build *b)
{
    b->pch = hf_pch_new();
    b->source_file = clang_getFile(b->tu, b->source);
    b->macros = g_ptr_array_new_with_free_func(free_string);
    b->numbers = g_hash_table_new(g_str_hash, g_str_equal);
    b->lines = g_hash_table_new(NULL, NULL);
    b->direct = g_hash_table_new(NULL, NULL);
    clang_getInclusions(b->tu, see_inclusion, b);
    clang_visitChildren(clang_getTranslationUnitCursor(b->tu), see_directive,
                        b);
    for (guint i = 0; i < b->macros->len; i++) {
        GString *macros = b->macros->pdata[i];

        if (macros) {
            g_free(b->pch->macros->pdata[i]);
            b->pch->macros->pdata[i] = g_strdup(macros->str);
        }
    }
}

/* ---- what does not go together ------------------------------------------ */

/* Line of the source that led to a diagnostic; 0 when it cannot be told. */
static unsigned blamed_line(Build *b, CXDiagnostic diag)
{
    CXFile file;
    unsigned line;
    g_autofree char *path = NULL;

    clang_getExpansionLocation(clang_getDiagnosticLocation(diag), &file, &line,
                               NULL, NULL);
    if (!file) {
        return 0;
    }
    path = hf_clang_path(file, b->directory);
    if (!strcmp(path, b->source)) {
        return line;
    }
    return GPOINTER_TO_UINT(g_hash_table_lookup(
        b->lines, GUINT_TO_POINTER(file_number(b, file))));
}

/*
 * Two headers may be at odds: the error names one, a note the other.  The
 * one that fewer units want has to go.
 */
static unsigned least_wanted(Build *b, CXDiagnostic diag)
{
    CXDiagnosticSet notes = clang_getChildDiagnostics(diag);
    unsigned line = blamed_line(b, diag);

    for (unsigned i = 0; line && i < clang_getNumDiagnosticsInSet(notes);
         i++) {
        CXDiagnostic note = clang_getDiagnosticInSet(notes, i);
        unsigned other = blamed_line(b, note);

        clang_disposeDiagnostic(note);
        if (line <= b->headers->len && other && other <= b->headers->len &&
            g_array_index(b->uses, guint, other - 1) <
                g_array_index(b->uses, guint, line - 1)) {
            line = other;
        }
    }
    return line;
}

/* FALSE: an error is nobody's fault, so there is nothing to leave out. */
static gboolean blame(Build *b, gboolean *bad)
{
    for (unsigned i = 0; i < clang_getNumDiagnostics(b->tu); i++) {
        CXDiagnostic diag = clang_getDiagnostic(b->tu, i);
        gboolean error = clang_getDiagnosticSeverity(diag) >=
                         CXDiagnostic_Error;
        unsigned line = error ? least_wanted(b, diag) : 0;

        clang_disposeDiagnostic(diag);
        if (error && (!line || line > b->headers->len)) {
            return FALSE;
        }
        if (error) {
            bad[line - 1] = TRUE;
            if (b->attempt < CAREFUL_ATTEMPTS) {
                break;
            }
        }
    }
    return TRUE;
}

/*
 * Headers to leave out: those with errors, and those that a second #include
 * would not skip.
 */
static gboolean drop_headers(Build *b, gboolean *dropped)
{
    g_autofree gboolean *bad = g_new0(gboolean, b->headers->len + 1);
    guint n = b->headers->len;

    if (!blame(b, bad)) {
        return FALSE;
    }
    for (guint i = 0; i < n; i++) {
        gpointer how = g_hash_table_lookup(b->direct,
                                           GUINT_TO_POINTER(i + 1));

        bad[i] |= GPOINTER_TO_INT(how) == DIRECT_UNGUARDED;
    }
    for (guint i = n; i-- > 0;) {
        if (bad[i]) {
            g_ptr_array_remove_index(b->headers, i);
            g_array_remove_index(b->uses, i);
        }
    }
    *dropped = b->headers->len < n;
    return b->headers->len > 0;
}

/* ---- building ----------------------------------------------------------- */

static gboolean save(Build *b, const char *dir, const HfHash *key,
                     HfFileHashes *files, GError **error)
{
    g_autofree char *name = NULL, *temporary = NULL;

    for (guint i = 0; i < b->pch->files->len; i++) {
        const HfFileState *state =
            hf_file_hashes_get(files, b->pch->files->pdata[i]);

        g_array_append_val(b->pch->hashes, state->hash);
    }
    name = hf_pch_name(b->pch, key);
    b->pch->path = g_build_filename(dir, name, NULL);
    temporary = g_strdup_printf("%s.%ld", b->pch->path, (long)getpid());
    if (clang_saveTranslationUnit(b->tu, temporary,
                                  clang_defaultSaveOptions(b->tu)) ||
        g_rename(temporary, b->pch->path)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "%s: cannot be written", b->pch->path);
        g_unlink(temporary);
        return FALSE;
    }
    return hf_pch_write_meta(dir, key, b->pch, error);
}

/* One parse to see what is in the headers, and which do not fit. */
static gboolean survey(Build *b, const HfPchGroup *group, gboolean *again,
                       GError **error)
{
    build_reset(b);
    if (!write_source(b, error)) {
        return FALSE;
    }
    /* Who includes whom is only in the preprocessing record. */
    if (!parse(b, group, CXTranslationUnit_DetailedPreprocessingRecord)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "%s: clang cannot parse it", b->source);
        return FALSE;
    }
    collect(b);
    if (!drop_headers(b, again)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "%s: its headers do not go together", b->source);
        return FALSE;
    }
    return TRUE;
}

/* Forget the functions that cannot be mentioned; TRUE when there are any. */
static gboolean drop_functions(Build *b)
{
    g_autofree char *text = NULL;
    g_auto(GStrv) lines = NULL;
    gboolean any = FALSE;

    if (!g_file_get_contents(b->source, &text, NULL, NULL)) {
        return FALSE;
    }
    lines = g_strsplit(text, "\n", -1);
    for (unsigned i = 0; i < clang_getNumDiagnostics(b->tu); i++) {
        CXDiagnostic diag = clang_getDiagnostic(b->tu, i);
        gboolean bad = clang_getDiagnosticSeverity(diag) >= CXDiagnostic_Error;
        unsigned line = bad ? blamed_line(b, diag) : 0;

        clang_disposeDiagnostic(diag);
        for (guint k = 0; line && k < b->functions->len; k++) {
            g_autofree char *mention = g_strdup_printf(
                "(void)%s;", (char *)b->functions->pdata[k]);

            if (line <= g_strv_length(lines) &&
                !strcmp(lines[line - 1], mention)) {
                g_ptr_array_remove_index(b->functions, k);
                any = TRUE;
                break;
            }
        }
    }
    return any;
}

/* The parse that is kept, with the functions mentioned at the end. */
static gboolean final_parse(Build *b, const HfPchGroup *group, GError **error)
{
    b->functions = hf_pch_functions_collect(b->tu);
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
        dispose_tu(b);
        if (!write_source(b, error)) {
            return FALSE;
        }
        if (!parse(b, group, CXTranslationUnit_ForSerialization |
                                 CXTranslationUnit_Incomplete)) {
            break;
        }
        if (!hf_clang_count_errors(b->tu)) {
            return TRUE;
        }
        if (!drop_functions(b)) {
            break;
        }
    }
    g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                "%s: cannot be precompiled", b->source);
    return FALSE;
}

gboolean hf_pch_build(const char *dir, const HfHash *key,
                      const HfPchGroup *group, HfFileHashes *files,
                      GError **error)
{
    g_autofree char *hex = hf_hash_hex(key);
    g_autoptr(GPtrArray) headers = g_ptr_array_new();
    g_autoptr(GArray) uses = g_array_copy(group->uses);
    Build b = { .directory = group->directory, .headers = headers,
                .uses = uses };
    gboolean again = TRUE, ok;

    if (chdir(group->directory)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO, "%s: %s",
                    group->directory, g_strerror(errno));
        return FALSE;
    }
    b.source = g_strdup_printf("%s/%s.h", dir, hex);
    for (guint i = 0; i < group->headers->len; i++) {
        g_ptr_array_add(headers, group->headers->pdata[i]);
    }
    ok = TRUE;
    for (; ok && again && b.attempt < MAX_ATTEMPTS; b.attempt++) {
        ok = survey(&b, group, &again, error);
    }
    ok = ok && !again && final_parse(&b, group, error) &&
         save(&b, dir, key, files, error);
    build_reset(&b);
    g_free(b.source);
    return ok;
}
