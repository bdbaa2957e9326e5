/* SPDX-License-Identifier: MIT */
/*
 * dump.c - facts as text that diffs well.
 *
 * No row number is printed, because one declaration more would change them
 * all; rows are named, and sorted by what they say.  Blocks and results of
 * calls are numbered within their function.
 */
#include "facts/dump.h"
#include <string.h>

/* ---- pieces ------------------------------------------------------------- */

static const char *relative(const HfDump *d, const char *path)
{
    size_t n = d->root ? strlen(d->root) : 0;

    if (n && strncmp(path, d->root, n) == 0 && path[n] == '/')
        return path + n + 1;
    return path;
}

const char *hf_dump_file_name(const HfDump *d, HfId file)
{
    return relative(d, hf_str(d->f, d->f->files[file].path));
}

static gboolean may_be_in_path(char c)
{
    return g_ascii_isalnum(c) || strchr("/._-+~", c) || (guchar)c >= 0x80;
}

/*
 * Keys, types and literals name files too ("struct (unnamed at ...)"), so the
 * root is removed wherever it starts a path.
 */
void hf_dump_text(HfDump *d, const char *text)
{
    gboolean inside = FALSE;

    for (; *text; text++) {
        if (!inside)
            text = relative(d, text);
        if (!*text)
            break;
        inside = may_be_in_path(*text);
        if ((guchar)*text < 0x20 || *text == 0x7f)
            g_string_append_printf(d->out, "\\x%02x", (guchar)*text);
        else
            g_string_append_c(d->out, *text);
    }
}

void hf_dump_str(HfDump *d, HfStr s)
{
    hf_dump_text(d, hf_str(d->f, s));
}

gboolean hf_dump_title(HfDump *d, const char *title, uint32_t n)
{
    if (n > 1)
        g_string_append_printf(d->out, "\n%s\n", title);
    return n > 1;
}

void hf_dump_flags(HfDump *d, const HfDumpFlag *table, uint32_t flags)
{
    const char *before = " [";

    for (; table->word; table++) {
        if (!(flags & table->bit))
            continue;
        g_string_append_printf(d->out, "%s%s", before, table->word);
        flags &= ~table->bit;
        before = " ";
    }
    if (flags) {
        g_string_append_printf(d->out, "%s0x%x", before, flags);
        before = " ";
    }
    if (before[1] == '\0')
        g_string_append_c(d->out, ']');
}

void hf_dump_type_flags(HfDump *d, uint32_t flags)
{
    static const HfDumpFlag table[] = {
        { HF_TYPE_POINTER, "pointer" },
        { HF_TYPE_FUNCTION_POINTER, "function_pointer" },
        { HF_TYPE_ARRAY, "array" },
        { HF_TYPE_ATOMIC, "atomic" },
        { HF_TYPE_CONST, "const" },
        { HF_TYPE_VOLATILE, "volatile" },
        { HF_TYPE_BITFIELD, "bitfield" },
        { HF_TYPE_INTEGRAL, "integral" },
        { HF_TYPE_UNSIGNED, "unsigned" },
        { HF_TYPE_RECORD, "record" },
        { HF_TYPE_VOID, "void" },
        { 0, NULL },
    };

    hf_dump_flags(d, table, flags);
}

void hf_dump_loc(HfDump *d, HfId loc, HfId file)
{
    const HfLoc *l = &d->f->locs[loc];

    if (!loc) {
        g_string_append_c(d->out, '?');
        return;
    }
    if (l->file != file) {
        hf_dump_str(d, d->f->files[l->file].path);
        g_string_append_c(d->out, ':');
    }
    g_string_append_printf(d->out, "%u:%u", l->line, l->col);
}

void hf_dump_macro(HfDump *d, HfId loc)
{
    const HfLoc *l = &d->f->locs[loc];

    if (!l->macro && !l->spell_file)
        return;
    g_string_append(d->out, " {");
    hf_dump_str(d, l->macro);
    if (l->spell_file) {
        g_string_append(d->out, l->macro ? " " : "");
        if (l->spell_file != l->file) {
            hf_dump_str(d, d->f->files[l->spell_file].path);
            g_string_append_c(d->out, ':');
        }
        g_string_append_printf(d->out, "%u:%u", l->spell_line, l->spell_col);
    }
    g_string_append_c(d->out, '}');
}

void hf_dump_record_name(HfDump *d, HfId record)
{
    if (!record)
        return;
    g_string_append(d->out, " of ");
    hf_dump_str(d, d->f->records[record].name);
}

/* ---- order -------------------------------------------------------------- */

int hf_dump_compare_strs(const HfDump *d, HfStr a, HfStr b)
{
    return strcmp(hf_str(d->f, a), hf_str(d->f, b));
}

static int compare_files(const HfDump *d, HfId a, HfId b)
{
    return a == b ? 0
                  : strcmp(hf_dump_file_name(d, a), hf_dump_file_name(d, b));
}

static int compare_numbers(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

int hf_dump_compare_locs(const HfDump *d, HfId a, HfId b)
{
    const HfLoc *l = &d->f->locs[a];
    const HfLoc *r = &d->f->locs[b];
    int order = compare_files(d, l->file, r->file);

    if (!order)
        order = compare_numbers(l->line, r->line);
    return order ? order : compare_numbers(l->col, r->col);
}

uint32_t *hf_dump_sort(HfDump *d, uint32_t n, GCompareDataFunc compare)
{
    uint32_t *rows = g_new(uint32_t, n);

    for (uint32_t i = 1; i < n; i++)
        rows[i - 1] = i;
    /* a merge sort: equal rows stay in the order of the source */
    g_qsort_with_data(rows, (gint)(n - 1), sizeof(*rows), compare, d);
    return rows;
}

static gint file_order(gconstpointer a, gconstpointer b, gpointer data)
{
    return compare_files(data, *(const uint32_t *)a, *(const uint32_t *)b);
}

static gint binding_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;
    const HfBinding *l = &d->f->bindings[*(const uint32_t *)a];
    const HfBinding *r = &d->f->bindings[*(const uint32_t *)b];

    return hf_dump_compare_locs(d, l->loc, r->loc);
}

static gint comment_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;

    return hf_dump_compare_locs(d, d->f->comments[*(const uint32_t *)a].loc,
                                d->f->comments[*(const uint32_t *)b].loc);
}

static const char *remark_owner(const HfFacts *f, const HfRemark *r)
{
    return hf_str(f, r->owner_kind == HF_OWNER_FIELD
                         ? f->fields[r->owner].name
                         : f->symbols[r->owner].name);
}

static gint remark_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;
    const HfRemark *l = &d->f->remarks[*(const uint32_t *)a];
    const HfRemark *r = &d->f->remarks[*(const uint32_t *)b];
    gint c = hf_dump_compare_locs(d, l->loc, r->loc);

    return c ? c : strcmp(remark_owner(d->f, l), remark_owner(d->f, r));
}

static gint diag_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;

    return hf_dump_compare_locs(d, d->f->diags[*(const uint32_t *)a].loc,
                                d->f->diags[*(const uint32_t *)b].loc);
}

/* ---- sections ----------------------------------------------------------- */

static void dump_unit(HfDump *d)
{
    static const char *const words[] = { "ok", "errors", "failed", "crashed",
                                         "timeout" };

    g_string_append(d->out, "unit ");
    hf_dump_str(d, d->f->files[d->f->main_file].path);
    g_string_append_printf(d->out, "\n  status %s\n", words[d->f->status]);
    if (d->f->output) {
        g_string_append(d->out, "  output ");
        hf_dump_str(d, d->f->output);
        g_string_append_c(d->out, '\n');
    }
}

static void dump_files(HfDump *d)
{
    static const HfDumpFlag flags[] = {
        { HF_FILE_MAIN, "main" },
        { HF_FILE_SYSTEM, "system" },
        { 0, NULL },
    };
    g_autofree uint32_t *rows = hf_dump_sort(d, d->f->n_files, file_order);

    hf_dump_title(d, "files", d->f->n_files);
    for (uint32_t i = 0; i + 1 < d->f->n_files; i++) {
        const HfFile *r = &d->f->files[rows[i]];

        g_string_append(d->out, "  ");
        hf_dump_str(d, r->path);
        hf_dump_flags(d, flags, r->flags);
        /* those of the system differ from one machine to the next */
        if (!(r->flags & HF_FILE_SYSTEM))
            g_string_append_printf(d->out, " %016" G_GINT64_MODIFIER "x",
                                   r->hash);
        g_string_append_c(d->out, '\n');
    }
}

static void dump_bindings(HfDump *d)
{
    const HfFacts *f = d->f;
    g_autofree uint32_t *rows = hf_dump_sort(d, f->n_bindings, binding_order);

    hf_dump_title(d, "bindings", f->n_bindings);
    for (uint32_t i = 0; i + 1 < f->n_bindings; i++) {
        const HfBinding *r = &f->bindings[rows[i]];
        const HfField *field = &f->fields[r->field];

        g_string_append(d->out, "  ");
        hf_dump_loc(d, r->loc, 0);
        g_string_append_c(d->out, ' ');
        if (r->field) {
            hf_dump_str(d, f->records[field->record].name);
            g_string_append(d->out, "::");
            hf_dump_str(d, field->name);
        }
        if (r->holder) {
            g_string_append(d->out, r->field ? " in " : "");
            hf_dump_str(d, f->symbols[r->holder].name);
        }
        g_string_append(d->out, " = ");
        hf_dump_str(d, f->symbols[r->function].name);
        hf_dump_macro(d, r->loc);
        g_string_append_c(d->out, '\n');
    }
}

static void dump_comments(HfDump *d)
{
    g_autofree uint32_t *rows = hf_dump_sort(d, d->f->n_comments,
                                             comment_order);

    hf_dump_title(d, "comments", d->f->n_comments);
    for (uint32_t i = 0; i + 1 < d->f->n_comments; i++) {
        const HfComment *r = &d->f->comments[rows[i]];

        g_string_append(d->out, "  ");
        hf_dump_loc(d, r->loc, 0);
        g_string_append_printf(d->out, " on line %u: ", r->applies_line);
        hf_dump_str(d, r->text);
        g_string_append_c(d->out, '\n');
    }
}

static void dump_remarks(HfDump *d)
{
    static const HfDumpFlag flags[] = {
        { HF_REMARK_TRAILING, "trailing" },
        { HF_REMARK_ON_DEFINITION, "definition" },
        { 0, NULL },
    };
    g_autofree uint32_t *rows = hf_dump_sort(d, d->f->n_remarks,
                                             remark_order);

    hf_dump_title(d, "remarks", d->f->n_remarks);
    for (uint32_t i = 0; i + 1 < d->f->n_remarks; i++) {
        const HfRemark *r = &d->f->remarks[rows[i]];

        g_string_append(d->out, "  ");
        hf_dump_loc(d, r->loc, 0);
        g_string_append_printf(d->out, " on %s", remark_owner(d->f, r));
        hf_dump_flags(d, flags, r->flags);
        g_string_append(d->out, ": ");
        hf_dump_str(d, r->text);
        g_string_append_c(d->out, '\n');
    }
}

static void dump_diags(HfDump *d)
{
    static const char *const words[] = { "ignored", "note", "warning", "error",
                                         "fatal" };
    g_autofree uint32_t *rows = hf_dump_sort(d, d->f->n_diags, diag_order);

    hf_dump_title(d, "diagnostics", d->f->n_diags);
    for (uint32_t i = 0; i + 1 < d->f->n_diags; i++) {
        const HfDiag *r = &d->f->diags[rows[i]];

        g_string_append(d->out, "  ");
        hf_dump_loc(d, r->loc, 0);
        g_string_append_printf(d->out, " %s: ", words[r->severity]);
        hf_dump_str(d, r->text);
        g_string_append_c(d->out, '\n');
    }
}

/* Results nobody looks at get no number. */
static void number_temps(HfDump *d)
{
    const HfFacts *f = d->f;

    for (uint32_t i = 1; i < f->n_paths; i++)
        if (f->paths[i].kind == HF_PATH_TEMP)
            d->temps[f->paths[i].ref] = 1;
    for (uint32_t i = 1; i < f->n_functions; i++) {
        const HfFunction *fn = &f->functions[i];
        uint32_t next = 1;

        for (uint32_t e = 0; e < fn->n_events; e++)
            if (d->temps[fn->first_event + e])
                d->temps[fn->first_event + e] = next++;
    }
}

void hf_facts_dump(const HfFacts *facts, const char *root, GString *out)
{
    g_autoptr(GError) error = NULL;
    HfDump d = { .f = facts, .out = out };

    /* facts fresh from a builder have not been looked at yet */
    if (!hf_facts_check(facts, "facts", &error)) {
        g_string_append_printf(out, "%s\n", error->message);
        return;
    }
    if (root && *root) {
        d.root = g_strdup(root);
        for (size_t n = strlen(root); n && d.root[n - 1] == '/'; n--)
            d.root[n - 1] = '\0';
    }
    d.temps = g_new0(uint32_t, facts->n_events);
    number_temps(&d);
    hf_dump_index_annots(&d);
    dump_unit(&d);
    dump_files(&d);
    hf_dump_records(&d);
    hf_dump_symbols(&d);
    hf_dump_functions(&d);
    dump_bindings(&d);
    dump_comments(&d);
    dump_remarks(&d);
    dump_diags(&d);
    hf_dump_other_annots(&d);
    g_free(d.root);
    g_free(d.temps);
    g_free(d.annots);
    g_free(d.annot_printed);
}
