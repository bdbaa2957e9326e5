/* SPDX-License-Identifier: MIT */
/* Texts, and what includes what. */
#include "annotate/source.h"

#include <string.h>

void hf_sources_open(HfSources *s, const char *root,
                     const char *const *include_dirs)
{
    *s = (HfSources){
        .texts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                       g_free),
        .reached = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                         NULL),
        .found = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                       g_free),
        .root = root, .include_dirs = include_dirs,
    };
}

void hf_sources_close(HfSources *s)
{
    g_hash_table_unref(s->texts);
    g_hash_table_unref(s->reached);
    g_hash_table_unref(s->found);
}

const char *hf_sources_text(HfSources *s, const char *path)
{
    char *text = g_hash_table_lookup(s->texts, path);

    if (!text) {
        if (!g_file_get_contents(path, &text, NULL, NULL)) {
            text = g_strdup("");
        }
        g_hash_table_insert(s->texts, g_strdup(path), text);
    }
    return text;
}

gssize hf_text_offset(const char *text, int line, int col)
{
    const char *p = text;

    while (--line > 0) {
        p = strchr(p, '\n');
        if (!p) {
            return -1;
        }
        p++;
    }
    return col > 0 && strcspn(p, "\n") >= (size_t)col - 1 ? p + col - 1 - text
                                                          : -1;
}

int hf_text_line(const char *text, gsize offset)
{
    int line = 1;

    for (gsize i = 0; i < offset; i++) {
        line += text[i] == '\n';
    }
    return line;
}

int hf_text_column(const char *text, gsize offset)
{
    gsize start = offset;

    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    return (int)(offset - start) + 1;
}

/* ---- headers ------------------------------------------------------------- */

static char *in_dir(const char *dir, const char *header)
{
    char *path = g_build_filename(dir, header, NULL);

    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        char *canonical = g_canonicalize_filename(path, NULL);

        g_free(path);
        return canonical;
    }
    g_free(path);
    return NULL;
}

static char *look_for(HfSources *s, const char *dir, const char *header)
{
    g_autofree char *include = g_build_filename(s->root, "include", NULL);
    char *path = in_dir(dir, header);

    for (guint i = 0; !path && s->include_dirs && s->include_dirs[i]; i++) {
        path = in_dir(s->include_dirs[i], header);
    }
    path = path ? path : in_dir(include, header);
    return path ? path : in_dir(s->root, header);
}

char *hf_sources_find(HfSources *s, const char *from, const char *header)
{
    g_autofree char *dir = g_path_get_dirname(from);
    g_autofree char *key = g_strconcat(dir, "\n", header, NULL);
    char *path = g_hash_table_lookup(s->found, key);

    if (!path) {
        path = look_for(s, dir, header);
        path = path ? path : g_strdup("");
        g_hash_table_insert(s->found, g_steal_pointer(&key), path);
    }
    return *path ? g_strdup(path) : NULL;
}

/* The next #include from *pos on; FALSE at the end.  To be freed. */
static gboolean next_include(const char *text, gsize *pos, char **header,
                             gboolean *quoted)
{
    while (text[*pos]) {
        const char *line = text + *pos;
        gsize len = strcspn(line, "\n");
        const char *p = line + strspn(line, " \t");

        *pos += len + (line[len] == '\n');
        if (*p != '#') {
            continue;
        }
        p++;
        p += strspn(p, " \t");
        if (!g_str_has_prefix(p, "include")) {
            continue;
        }
        p += strlen("include");
        p += strspn(p, " \t");
        if (*p == '"' || *p == '<') {
            gsize n = strcspn(p + 1, *p == '"' ? "\"\n" : ">\n");

            *quoted = *p == '"';
            *header = g_strndup(p + 1, n);
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean reach(HfSources *s, const char *file, const char *target,
                      GHashTable *seen)
{
    const char *text = hf_sources_text(s, file);
    gsize pos = 0;
    char *header;
    gboolean quoted, found = FALSE;

    while (!found && next_include(text, &pos, &header, &quoted)) {
        g_autofree char *path = hf_sources_find(s, file, header);

        g_free(header);
        if (path && g_hash_table_add(seen, g_strdup(path))) {
            found = strcmp(path, target) == 0 || reach(s, path, target, seen);
        }
    }
    return found;
}

gboolean hf_sources_reach(HfSources *s, const char *file, const char *header)
{
    g_autofree char *path =
        g_path_is_absolute(header) ? g_strdup(header)
                                   : hf_sources_find(s, file, header);
    g_autofree char *key = g_strconcat(file, "\n", header, NULL);
    guint known = GPOINTER_TO_UINT(g_hash_table_lookup(s->reached, key));
    gboolean found;

    if (known) {
        return known == 2;
    }
    if (!path) {
        found = FALSE;
    } else if (strcmp(path, file) == 0) {
        found = TRUE;
    } else {
        g_autoptr(GHashTable) seen =
            g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

        found = reach(s, file, path, seen);
    }
    g_hash_table_insert(s->reached, g_steal_pointer(&key),
                        GUINT_TO_POINTER(found ? 2 : 1));
    return found;
}

/* Those under #if may not count, so the last at the outermost level. */
gsize hf_place_include(const char *text)
{
    gsize pos = 0, last = 0;
    int depth = 0, guard = 0;

    while (text[pos]) {
        const char *line = text + pos;
        gsize len = strcspn(line, "\n");
        const char *p = line + strspn(line, " \t");

        pos += len + (line[len] == '\n');
        if (*p != '#') {
            continue;
        }
        p++;
        p += strspn(p, " \t");
        if (g_str_has_prefix(p, "ifndef") && !last && !guard) {
            guard = 1; /* round the whole header */
        } else if (g_str_has_prefix(p, "if")) {
            depth++;
        } else if (g_str_has_prefix(p, "endif") && depth) {
            depth--;
        } else if (g_str_has_prefix(p, "include") && !depth) {
            last = pos;
        }
    }
    return last;
}
