/* SPDX-License-Identifier: MIT */
/*
 * writer_text.c - for people and for editors that parse compiler messages.
 *
 * One line a finding, then (with show_trace) the code, the steps that lead
 * there, and why we believe it.
 */
#include "report/printable.h"
#include "report/source_lines.h"
#include "report/writer.h"

#include <string.h>

enum {
    MAX_DEPTH = 16, /* deeper calls are not indented further */
};

typedef struct {
    const char *place;
    const char *severity;
    const char *tag;
    const char *caret;
    const char *reset;
} Colors;

static const Colors plain = {"", "", "", "", ""};
static const Colors ansi = {"\033[1m", "\033[1;35m", "\033[36m", "\033[1;32m",
                            "\033[0m"};

typedef struct {
    const HfReport *report;
    GString *out;
    HfSourceLines *lines;
    const Colors *color;
} Text;

static void write_place(Text *t, const HfPlace *p)
{
    g_string_append(t->out, t->color->place);
    hf_printable_path(t->out, hf_report_path(t->report, p->file));
    if (p->line > 0) {
        g_string_append_printf(t->out, ":%d", p->line);
    }
    if (p->line > 0 && p->col > 0) {
        g_string_append_printf(t->out, ":%d", p->col);
    }
    g_string_append_printf(t->out, ":%s ", t->color->reset);
}

/* The line of code and a second one that points into it. */
static void write_excerpt(Text *t, const HfPlace *p, int indent)
{
    gsize length;
    const char *line = hf_source_line(t->lines, p->file, p->line, &length);
    int end_col = p->end_line > p->line ? G_MAXINT
                  : p->end_line == p->line ? p->end_col
                                           : 0;
    HfMarked m;

    if (!line) {
        return;
    }
    g_string_append_printf(t->out, "%*s%5d | ", indent, "", p->line);
    m = hf_printable_code(t->out, line, length, p->col, end_col);
    g_string_append_c(t->out, '\n');
    if (m.caret < 0) {
        return;
    }
    g_string_append_printf(t->out, "%*s      | %*s%s^", indent, "", m.caret,
                           "", t->color->caret);
    for (int i = 1; i < m.width; i++) {
        g_string_append_c(t->out, '~');
    }
    g_string_append_printf(t->out, "%s\n", t->color->reset);
}

static int least_depth(const HfTraceEvent *e, guint n)
{
    int least = n ? e[0].depth : 0;

    for (guint i = 1; i < n; i++) {
        least = MIN(least, e[i].depth);
    }
    return least;
}

static void write_trace(Text *t, const HfFinding *f)
{
    guint n;
    const HfTraceEvent *e = hf_finding_events(f, &n);
    int base = least_depth(e, n);

    if (n < 2) {
        return; /* nothing that the first line does not say */
    }
    for (guint i = 0; i < n; i++) {
        gint64 depth = (gint64)e[i].depth - base;
        int indent = 4 + 2 * (int)MIN(depth, MAX_DEPTH);

        g_string_append_printf(t->out, "%*s", indent, "");
        write_place(t, &e[i].place);
        g_string_append(t->out, t->color->tag);
        hf_printable_message(t->out, e[i].tag);
        g_string_append_printf(t->out, "%s: ", t->color->reset);
        if (e[i].main) {
            g_string_append(t->out, "(the finding)\n");
        } else {
            hf_printable_message(t->out, e[i].message);
            g_string_append_c(t->out, '\n');
            write_excerpt(t, &e[i].place, indent);
        }
    }
}

static void write_what_if(Text *t, const HfFinding *f)
{
    g_auto(GStrv) lines = f->patch ? g_strsplit(f->patch, "\n", -1) : NULL;

    if (!f->what_if) {
        return;
    }
    g_string_append(t->out, "  with the lock: ");
    hf_printable_message(t->out, f->what_if);
    g_string_append_c(t->out, '\n');
    for (guint i = 0; lines && lines[i] && (lines[i][0] || lines[i + 1]);
         i++) {
        g_string_append(t->out, "    ");
        hf_printable_message(t->out, lines[i]);
        g_string_append_c(t->out, '\n');
    }
}

static void write_belief(Text *t, const HfFinding *f)
{
    for (guint i = 0; i < f->reasons->len; i++) {
        g_string_append(t->out, "  why: ");
        hf_printable_message(t->out, f->reasons->pdata[i]);
        g_string_append_c(t->out, '\n');
    }
    if (f->classification) {
        g_string_append(t->out, "  suggested: ");
        hf_printable_message(t->out, f->classification);
        if (f->reason_code) {
            g_string_append(t->out, " (");
            hf_printable_message(t->out, f->reason_code);
            g_string_append_c(t->out, ')');
        }
        if (f->reason_text) {
            g_string_append(t->out, ": ");
            hf_printable_message(t->out, f->reason_text);
        }
        g_string_append_c(t->out, '\n');
    }
    write_what_if(t, f);
    if (f->rule) {
        g_string_append(t->out, "  rule: ");
        hf_printable_path(t->out, hf_report_path(t->report, f->rule));
        g_string_append_c(t->out, '\n');
    }
    g_string_append_printf(t->out, "  key: %s:%d\n",
                           f->merge_key ? f->merge_key : "", f->occurrence);
    for (guint i = 0; f->access_keys && i < f->access_keys->len; i++) {
        g_string_append_printf(t->out, "  key: %s\n",
                               (char *)f->access_keys->pdata[i]);
    }
}

static void write_finding(Text *t, const HfFinding *f)
{
    const HfPlace *place = hf_report_place(f);

    write_place(t, place);
    g_string_append_printf(t->out, "%swarning:%s ", t->color->severity,
                           t->color->reset);
    hf_printable_message(t->out, f->message);
    g_string_append(t->out, " [");
    hf_printable_message(t->out, f->checker);
    if (f->subcategory[0]) {
        g_string_append_c(t->out, '/');
        hf_printable_message(t->out, f->subcategory);
    }
    g_string_append(t->out, "]\n");
    if (t->report->show_trace) {
        write_excerpt(t, place, 0);
        write_trace(t, f);
        write_belief(t, f);
        g_string_append_c(t->out, '\n');
    }
}

/* ---- the end of the report ----------------------------------------------- */

typedef struct {
    int of_tier[HF_TIER_LOW + 1];
    int suppressed;
} Counts;

static int sum(const Counts *c)
{
    return c->of_tier[HF_TIER_HIGH] + c->of_tier[HF_TIER_MEDIUM] +
           c->of_tier[HF_TIER_LOW];
}

static void count(Counts *c, const HfFinding *f)
{
    if (f->suppressed) {
        c->suppressed++;
    } else {
        c->of_tier[CLAMP(f->tier, HF_TIER_HIGH, HF_TIER_LOW)]++;
    }
}

static void write_row(GString *out, int width, const char *name,
                      const Counts *c)
{
    g_string_append_printf(out, "%-*s %6d %6d %6d %6d\n", width, name,
                           c->of_tier[HF_TIER_HIGH],
                           c->of_tier[HF_TIER_MEDIUM],
                           c->of_tier[HF_TIER_LOW], sum(c));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void write_statistics(Text *t, const Counts *all)
{
    GHashTable *by_checker =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
    const GPtrArray *list = t->report->findings->list;
    GList *names;
    int width = (int)strlen("checker");

    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];
        Counts *c = g_hash_table_lookup(by_checker, f->checker);

        if (f->suppressed) {
            continue;
        }
        if (!c) {
            c = g_new0(Counts, 1);
            g_hash_table_insert(by_checker, f->checker, c);
        }
        count(c, f);
    }
    names = g_list_sort(g_hash_table_get_keys(by_checker), compare_names);
    for (GList *l = names; l; l = l->next) {
        width = MAX(width, (int)strlen(l->data));
    }
    g_string_append_printf(t->out, "%-*s %6s %6s %6s %6s\n", width, "checker",
                           "high", "medium", "low", "total");
    for (GList *l = names; l; l = l->next) {
        GString *name = g_string_new(NULL);

        hf_printable_message(name, l->data);
        write_row(t->out, width, name->str,
                  g_hash_table_lookup(by_checker, l->data));
        g_string_free(name, TRUE);
    }
    write_row(t->out, width, "total", all);
    g_string_append_c(t->out, '\n');
    g_list_free(names);
    g_hash_table_unref(by_checker);
}

static const char *s_of(int n)
{
    return n == 1 ? "" : "s";
}

static void write_summary(Text *t, const Counts *c)
{
    const HfReport *r = t->report;
    guint lost = r->unit_failures ? r->unit_failures->len : 0;
    int low = c->of_tier[HF_TIER_LOW];
    int n = sum(c) - (r->show_low ? 0 : low);

    if (lost) {
        g_string_append_printf(t->out, "%u unit%s could not be analysed:\n",
                               lost, s_of((int)lost));
    }
    for (guint i = 0; i < lost; i++) {
        g_string_append(t->out, "  ");
        hf_printable_message(t->out, hf_report_path(
                                         r, r->unit_failures->pdata[i]));
        g_string_append_c(t->out, '\n');
    }
    if (c->suppressed) {
        g_string_append_printf(t->out,
                               "%d finding%s suppressed in the sources\n",
                               c->suppressed, s_of(c->suppressed));
    }
    g_string_append_printf(
        t->out,
        "%d finding%s (%d high, %d medium, %d low%s) in %d function%s of %d "
        "unit%s\n",
        n, s_of(n), c->of_tier[HF_TIER_HIGH], c->of_tier[HF_TIER_MEDIUM], low,
        r->show_low ? "" : " not shown", r->n_functions,
        s_of(r->n_functions), r->n_units, s_of(r->n_units));
}

static void write_text(const HfReport *report, GString *out)
{
    Text t = {
        .report = report,
        .out = out,
        .lines = hf_source_lines_new(),
        .color = report->color ? &ansi : &plain,
    };
    const GPtrArray *list = report->findings->list;
    Counts counts = {0};

    for (guint i = 0; i < list->len; i++) {
        const HfFinding *f = list->pdata[i];

        count(&counts, f);
        if (hf_report_shows(report, f)) {
            write_finding(&t, f);
        }
    }
    if (report->statistics) {
        write_statistics(&t, &counts);
    }
    write_summary(&t, &counts);
    hf_source_lines_free(t.lines);
}

const HfWriter hf_writer_text = {
    .name = "text",
    .summary = "for people: compiler-like lines, traces with code",
    .write = write_text,
};
