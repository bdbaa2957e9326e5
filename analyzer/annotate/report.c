/* SPDX-License-Identifier: MIT */
/* Proposals for people and for programs. */
#include "annotate/annotate.h"
#include "report/json_out.h"

#include <string.h>

#define MAX_LISTED 6u

static const char *const kinds[] = { "context", "coroutine", "requires",
                                     "excludes", "guarded_by" };

static const char *below(const char *file, const char *root)
{
    size_t n = strlen(root);

    return strncmp(file, root, n) == 0 && file[n] == '/' ? file + n + 1 : file;
}

static gint by_place(gconstpointer a, gconstpointer b)
{
    const HfEvidence *l = *(HfEvidence *const *)a;
    const HfEvidence *r = *(HfEvidence *const *)b;
    int d = strcmp(l->place.file, r->place.file);

    d = d ? d : l->place.line - r->place.line;
    return d ? d : strcmp(l->text, r->text);
}

static void list(GString *out, GPtrArray *lines, const char *root,
                 const char *indent)
{
    for (guint i = 0; i < lines->len && i < MAX_LISTED; i++) {
        const HfEvidence *e = g_ptr_array_index(lines, i);

        g_string_append_printf(out, "%s%s:%d: %s\n", indent,
                               below(e->place.file, root), e->place.line,
                               e->text);
    }
    if (lines->len > MAX_LISTED) {
        g_string_append_printf(out, "%s... and %u more\n", indent,
                               lines->len - MAX_LISTED);
    }
}

static void add_proposal(GString *out, const HfProposal *p, const char *root)
{
    g_autofree char *title = hf_proposal_title(p);

    g_string_append_printf(out, "%s:%d: %s: %s [%s]\n",
                           below(p->place.file, root), p->place.line, p->owner,
                           p->annotation ? p->annotation : title,
                           p->sure ? "sure" : "suggestion");
    list(out, p->evidence, root, "    ");
    if (p->errors->len) {
        g_string_append_printf(out, "    would become an error, %u time%s:\n",
                               p->errors->len, p->errors->len == 1 ? "" : "s");
        g_ptr_array_sort(p->errors, by_place);
        list(out, p->errors, root, "      ");
    }
    if (p->unwritten) {
        g_string_append_printf(out, "    not written: %s\n",
                               below(p->unwritten, root));
    }
}

static void add_counts(GString *out, const HfProposals *p, gboolean sure)
{
    guint n = 0;
    const char *comma = " (";

    for (guint i = 0; i < p->list->len; i++) {
        n += ((HfProposal *)g_ptr_array_index(p->list, i))->sure == sure;
    }
    g_string_append_printf(out, "%u %s", n, sure ? "sure"
                                 : n == 1 ? "suggestion" : "suggestions");
    for (guint k = 0; n && k < G_N_ELEMENTS(kinds); k++) {
        guint of_kind = 0;

        for (guint i = 0; i < p->list->len; i++) {
            const HfProposal *x = g_ptr_array_index(p->list, i);

            of_kind += x->sure == sure &&
                       strcmp(hf_proposal_kind(x), kinds[k]) == 0;
        }
        if (of_kind) {
            g_string_append_printf(out, "%s%s %u", comma, kinds[k], of_kind);
            comma = ", ";
        }
    }
    g_string_append(out, n ? ")" : "");
}

void hf_annotate_text(const HfProposals *p, gboolean all, const char *root,
                      GString *out)
{
    for (guint i = 0; i < p->list->len; i++) {
        const HfProposal *x = g_ptr_array_index(p->list, i);

        if (all || x->sure) {
            add_proposal(out, x, root);
            g_string_append_c(out, '\n');
        }
    }
    add_counts(out, p, TRUE);
    g_string_append(out, ", ");
    add_counts(out, p, FALSE);
    g_string_append_c(out, '\n');
}

/* ---- JSON ---------------------------------------------------------------- */

static void add_place(JsonBuilder *b, const HfPlace *at, const char *root)
{
    hf_json_member(b, "file", below(at->file, root));
    hf_json_member_int(b, "line", at->line);
    hf_json_member_int(b, "column", at->col);
}

static void add_lines(JsonBuilder *b, const char *name, GPtrArray *lines,
                      const char *root)
{
    hf_json_begin_array(b, name);
    for (guint i = 0; i < lines->len; i++) {
        const HfEvidence *e = g_ptr_array_index(lines, i);

        json_builder_begin_object(b);
        add_place(b, &e->place, root);
        hf_json_member(b, "text", e->text);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
}

static void add_json(JsonBuilder *b, const HfProposal *p, const char *root)
{
    g_autofree char *title = hf_proposal_title(p);

    json_builder_begin_object(b);
    hf_json_member(b, "kind", hf_proposal_kind(p));
    hf_json_member(b, "owner", p->owner);
    hf_json_member(b, "means", title);
    hf_json_member_bool(b, "sure", p->sure);
    add_place(b, &p->place, root);
    if (p->annotation) {
        hf_json_member(b, "annotation", p->annotation);
    }
    if (p->lock) {
        hf_json_member(b, "lock", p->lock);
    }
    if (p->unwritten) {
        hf_json_member(b, "unwritten", below(p->unwritten, root));
    }
    add_lines(b, "evidence", p->evidence, root);
    add_lines(b, "errors", p->errors, root);
    hf_json_begin_array(b, "edits");
    for (guint i = 0; i < p->edits->len; i++) {
        const HfEdit *e = g_ptr_array_index(p->edits, i);

        json_builder_begin_object(b);
        hf_json_member(b, "file", below(e->file, root));
        hf_json_member_int(b, "offset", (gint64)e->offset);
        hf_json_member(b, "insert", e->text);
        json_builder_end_object(b);
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
}

void hf_annotate_json(const HfProposals *p, gboolean all, const char *root,
                      GString *out)
{
    JsonBuilder *b = json_builder_new();

    json_builder_begin_object(b);
    hf_json_member_int(b, "version", 1);
    hf_json_member_int(b, "rounds", p->rounds);
    hf_json_begin_array(b, "proposals");
    for (guint i = 0; i < p->list->len; i++) {
        const HfProposal *x = g_ptr_array_index(p->list, i);

        if (all || x->sure) {
            add_json(b, x, root);
        }
    }
    json_builder_end_array(b);
    json_builder_end_object(b);
    hf_json_finish(b, TRUE, out);
}
