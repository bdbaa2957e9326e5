/* SPDX-License-Identifier: MIT */
/*
 * suppress.c - findings that a comment in the sources speaks of.
 *
 * Each comment becomes ranges of lines in its file; a finding is looked up
 * by the lines of its events.  Every mark that matches counts as used, the
 * first one in the file decides.
 */
#include "report/mark.h"
#include "report/reasons.h"
#include "report/writer.h"

#include <string.h>

typedef struct {
    HfSourceMark *mark;
    HfDirective *directive; /* owned */
    int first;
    int last;
} Applied;

static int written_on(const HfSourceMark *m)
{
    return m->comment_line > 0 ? m->comment_line : m->line;
}

static void applied_free(void *p)
{
    Applied *a = p;

    hf_directive_free(a->directive);
    g_free(a);
}

static int compare_applied(const void *pa, const void *pb)
{
    const Applied *a = *(Applied *const *)pa;
    const Applied *b = *(Applied *const *)pb;
    int c = written_on(a->mark) - written_on(b->mark);

    return c ? c : g_strcmp0(a->mark->text, b->mark->text);
}

static void set_range(Applied *a)
{
    int line = written_on(a->mark);

    a->first = a->last = a->mark->line;
    if (a->directive->kind == HF_DIRECTIVE_NEXT && a->mark->line <= line) {
        a->first = a->last = line + 1; /* comment behind code */
    }
}

static void parse_mark(HfSourceMark *m, GHashTable *by_file)
{
    GPtrArray *directives = hf_mark_parse(m->text ? m->text : "",
                                          &m->problem);
    GPtrArray *list = g_hash_table_lookup(by_file, m->file);

    m->state = m->problem ? HF_MARK_BROKEN : HF_MARK_FOREIGN;
    if (directives->len && !list) {
        list = g_ptr_array_new_with_free_func(applied_free);
        g_hash_table_insert(by_file, (char *)m->file, list);
    }
    for (guint i = 0; i < directives->len; i++) {
        Applied *a = g_new0(Applied, 1);

        a->mark = m;
        a->directive = g_steal_pointer(&directives->pdata[i]);
        set_range(a);
        if (a->directive->ours && m->state == HF_MARK_FOREIGN) {
            m->state = HF_MARK_UNUSED;
        }
        g_ptr_array_add(list, a);
    }
    g_ptr_array_unref(directives);
}

/* The last BEGIN before end that is still open and names the same. */
static Applied *find_begin(GPtrArray *open, const Applied *end)
{
    for (guint i = open->len; i > 0; i--) {
        Applied *a = open->pdata[i - 1];

        if (strcmp(a->directive->names_text, end->directive->names_text) ==
            0) {
            g_ptr_array_remove_index(open, i - 1);
            return a;
        }
    }
    return NULL;
}

static void break_mark(Applied *a, const char *problem)
{
    a->first = 1; /* an empty range */
    a->last = 0;
    a->mark->state = HF_MARK_BROKEN;
    a->mark->problem = problem;
}

/* Turns BEGIN ... END into the range of BEGIN. */
static void pair_regions(GPtrArray *list)
{
    GPtrArray *open = g_ptr_array_new();

    g_ptr_array_sort(list, compare_applied);
    for (guint i = 0; i < list->len; i++) {
        Applied *a = list->pdata[i];
        Applied *begin;

        if (a->directive->kind == HF_DIRECTIVE_BEGIN) {
            g_ptr_array_add(open, a);
        } else if (a->directive->kind == HF_DIRECTIVE_END) {
            begin = find_begin(open, a);
            if (begin) {
                begin->first = written_on(begin->mark);
                begin->last = written_on(a->mark);
                a->mark->state = HF_MARK_FOREIGN; /* BEGIN speaks for it */
                a->first = 1;
                a->last = 0;
            } else {
                break_mark(a, "NOLINTEND without its NOLINTBEGIN");
            }
        }
    }
    for (guint i = 0; i < open->len; i++) {
        break_mark(open->pdata[i], "NOLINTBEGIN without its NOLINTEND");
    }
    g_ptr_array_unref(open);
}

static gboolean speaks_of(const Applied *a, const HfFinding *f,
                          const HfTraceEvent *e)
{
    if (e->place.line < a->first || e->place.line > a->last) {
        return FALSE;
    }
    if (a->directive->kind == HF_DIRECTIVE_EVENT) {
        return !hf_event_is_path(e) &&
               hf_directive_names_event(a->directive, f, e);
    }
    return e->main && hf_directive_names_checker(a->directive, f);
}

/* The reason code that the mark gives goes with the finding, true or not. */
static void apply_code(HfFinding *f, HfSourceMark *m, const char *code)
{
    if (hf_reason_disproved(f, code) && m->state == HF_MARK_USED) {
        m->state = HF_MARK_UNTRUE;
        m->against = f;
        m->code = code;
    }
    hf_finding_suggest(f, f->classification, code, NULL);
}

static void apply(HfFinding *f, const Applied *a)
{
    HfSourceMark *m = a->mark;
    const HfDirective *d = a->directive;
    const char *code = hf_reason_leading(d->reason);

    g_free(f->classification);
    f->classification = g_strdup(d->verdict);
    if (d->suppress) {
        g_free(f->suppression);
        f->suppression =
            g_strdup_printf("%s:%d: %s%s%s", m->file, written_on(m),
                            d->verdict, d->reason[0] ? ": " : "", d->reason);
        f->suppressed = TRUE;
    }
    if (code && d->suppress) {
        apply_code(f, m, code);
    }
}

static void suppress_one(HfFinding *f, GHashTable *by_file)
{
    const Applied *chosen = NULL;
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);

    for (guint i = 0; i < n; i++) {
        GPtrArray *list =
            e[i].place.file
                ? g_hash_table_lookup(by_file, e[i].place.file)
                : NULL;

        for (guint k = 0; list && k < list->len; k++) {
            Applied *a = list->pdata[k];

            if (!speaks_of(a, f, &e[i])) {
                continue;
            }
            if (a->mark->state != HF_MARK_BROKEN &&
                a->mark->state != HF_MARK_UNTRUE) {
                a->mark->state = HF_MARK_USED;
            }
            /* What suppresses wins over what only classifies. */
            if (!chosen || (a->directive->suppress &&
                            !chosen->directive->suppress)) {
                chosen = a;
            }
        }
    }
    if (chosen) {
        apply(f, chosen);
    }
}

static void free_list(void *p)
{
    g_ptr_array_unref(p);
}

void hf_findings_suppress(HfFindings *fs, HfSourceMark *marks, guint n)
{
    GHashTable *by_file =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_list);
    GHashTableIter it;
    void *list;

    for (guint i = 0; i < n; i++) {
        marks[i].state = HF_MARK_FOREIGN;
        marks[i].problem = NULL;
        marks[i].against = NULL;
        if (marks[i].file) {
            parse_mark(&marks[i], by_file);
        }
    }
    g_hash_table_iter_init(&it, by_file);
    while (g_hash_table_iter_next(&it, NULL, &list)) {
        pair_regions(list);
    }
    for (guint i = 0; i < fs->list->len; i++) {
        suppress_one(fs->list->pdata[i], by_file);
    }
    g_hash_table_unref(by_file);
}
