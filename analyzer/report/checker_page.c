/* SPDX-License-Identifier: MIT */
#include "report/checker_page.h"

#include <string.h>

#define DEFAULT_CATEGORY "Concurrent data access violations"

char *hf_checker_words(const char *name)
{
    char *words = g_ascii_strdown(name, -1);

    g_strdelimit(words, "_", ' ');
    words[0] = g_ascii_toupper(words[0]);
    return words;
}

/* The name comes from outside: it must not lead out of the directory. */
static char *read_page(const char *dir, const char *checker)
{
    char *leaf;
    char *path;
    char *text = NULL;

    if (!dir || !checker[0] || strchr(checker, '/')) {
        return NULL;
    }
    leaf = g_strconcat(checker, ".md", NULL);
    path = g_build_filename(dir, leaf, NULL);
    if (g_file_test(path, G_FILE_TEST_IS_REGULAR)) {
        g_file_get_contents(path, &text, NULL, NULL);
    }
    g_free(path);
    g_free(leaf);
    return text;
}

/* "# NAME: title" or "# NAME - title" or "# title". */
static char *parse_title(const char *line, const char *checker)
{
    const char *p = line + 1;

    while (*p == '#' || *p == ' ') {
        p++;
    }
    if (g_str_has_prefix(p, checker)) {
        p += strlen(checker);
        p += strspn(p, " :-");
    }
    return *p ? g_strchomp(g_strdup(p)) : NULL;
}

static gboolean starts_block(const char *line)
{
    return line[0] == '#' || g_str_has_prefix(line, "```") ||
           g_str_has_prefix(line, "Category:");
}

static void parse_page(HfCheckerPage *p, const char *checker)
{
    char **lines = g_strsplit(p->text, "\n", -1);
    GString *summary = g_string_new(NULL);
    gboolean done = FALSE;

    for (guint i = 0; lines[i]; i++) {
        const char *line = g_strstrip(lines[i]);

        if (line[0] == '#' && !p->title) {
            p->title = parse_title(line, checker);
        } else if (g_str_has_prefix(line, "Category:") && !p->category) {
            p->category = g_strstrip(g_strdup(line + strlen("Category:")));
        }
        if (line[0] && !starts_block(line) && !done) {
            g_string_append_printf(summary, "%s%s", summary->len ? " " : "",
                                   line);
        } else if (summary->len) {
            done = TRUE;
        }
    }
    p->summary = g_string_free(summary, FALSE);
    g_strfreev(lines);
}

HfCheckerPage *hf_checker_page_load(const char *dir, const char *checker)
{
    HfCheckerPage *p = g_new0(HfCheckerPage, 1);

    p->text = read_page(dir, checker);
    if (p->text) {
        parse_page(p, checker);
    }
    if (!p->title) {
        p->title = hf_checker_words(checker);
    }
    if (!p->summary || !p->summary[0]) {
        g_free(p->summary);
        p->summary = g_strdup_printf("Findings of the checker %s.", checker);
    }
    if (!p->category || !p->category[0]) {
        g_free(p->category);
        p->category = g_strdup(DEFAULT_CATEGORY);
    }
    if (!p->text) {
        p->text = g_strdup(p->summary);
    }
    return p;
}

void hf_checker_page_free(HfCheckerPage *p)
{
    if (p) {
        g_free(p->title);
        g_free(p->summary);
        g_free(p->category);
        g_free(p->text);
        g_free(p);
    }
}

static void free_page(void *p)
{
    hf_checker_page_free(p);
}

void hf_checker_pages_init(HfCheckerPages *p, const char *dir)
{
    p->dir = dir;
    p->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                       free_page);
}

void hf_checker_pages_clear(HfCheckerPages *p)
{
    g_hash_table_unref(p->by_name);
}

const HfCheckerPage *hf_checker_pages_get(HfCheckerPages *p,
                                          const char *checker)
{
    HfCheckerPage *page = g_hash_table_lookup(p->by_name, checker);

    if (!page) {
        page = hf_checker_page_load(p->dir, checker);
        g_hash_table_insert(p->by_name, g_strdup(checker), page);
    }
    return page;
}
