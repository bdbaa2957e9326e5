/* SPDX-License-Identifier: MIT */
#include "report/source_lines.h"

#include <string.h>
#include <sys/stat.h>

enum {
    MAX_FILES = 16,
    MAX_BYTES = 64 << 20,
};

typedef struct {
    char *name;
    char *text; /* NULL: cannot be read */
    gsize length;
    GArray *starts; /* gsize: offset of each line */
} SourceFile;

struct HfSourceLines {
    GQueue files; /* SourceFile*, the last used one first */
};

static void source_file_free(void *p)
{
    SourceFile *f = p;

    g_free(f->name);
    g_free(f->text);
    g_array_unref(f->starts);
    g_free(f);
}

static SourceFile *source_file_read(const char *name)
{
    SourceFile *f = g_new0(SourceFile, 1);
    struct stat st;

    f->name = g_strdup(name);
    f->starts = g_array_new(FALSE, FALSE, sizeof(gsize));
    /* Opening a FIFO would wait for a writer. */
    if (stat(name, &st) < 0 || !S_ISREG(st.st_mode) ||
        st.st_size > MAX_BYTES ||
        !g_file_get_contents(name, &f->text, &f->length, NULL)) {
        return f;
    }
    for (gsize at = 0; at < f->length;) {
        const char *nl = memchr(f->text + at, '\n', f->length - at);

        g_array_append_val(f->starts, at);
        at = nl ? (gsize)(nl - f->text) + 1 : f->length;
    }
    return f;
}

HfSourceLines *hf_source_lines_new(void)
{
    return g_new0(HfSourceLines, 1);
}

void hf_source_lines_free(HfSourceLines *s)
{
    if (s) {
        g_queue_clear_full(&s->files, source_file_free);
        g_free(s);
    }
}

static SourceFile *find_file(HfSourceLines *s, const char *name)
{
    SourceFile *f = NULL;

    for (GList *l = s->files.head; l; l = l->next) {
        SourceFile *known = l->data;

        if (strcmp(known->name, name) == 0) {
            f = known;
            g_queue_delete_link(&s->files, l);
            break;
        }
    }
    if (!f) {
        f = source_file_read(name);
    }
    g_queue_push_head(&s->files, f);
    if (s->files.length > MAX_FILES) {
        source_file_free(g_queue_pop_tail(&s->files));
    }
    return f;
}

const char *hf_source_line(HfSourceLines *s, const char *file, int line,
                           gsize *length)
{
    const SourceFile *f;
    gsize start;
    gsize end;

    *length = 0;
    if (!file || !file[0] || line < 1) {
        return NULL;
    }
    f = find_file(s, file);
    if ((guint)line > f->starts->len) {
        return NULL;
    }
    start = g_array_index(f->starts, gsize, line - 1);
    end = (guint)line < f->starts->len
              ? g_array_index(f->starts, gsize, line)
              : f->length;
    if (end > start && f->text[end - 1] == '\n') {
        end--;
    }
    if (end > start && f->text[end - 1] == '\r') {
        end--;
    }
    *length = end - start;
    return f->text + start;
}
