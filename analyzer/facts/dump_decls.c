/* SPDX-License-Identifier: MIT */
/*
 * dump_decls.c - records, symbols and annotations as text.
 */
#include "facts/dump.h"

/* ---- annotations -------------------------------------------------------- */

static gint annot_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;
    const HfAnnot *l = &d->f->annots[*(const uint32_t *)a];
    const HfAnnot *r = &d->f->annots[*(const uint32_t *)b];
    int order;

    if (l->owner_kind != r->owner_kind)
        return l->owner_kind < r->owner_kind ? -1 : 1;
    if (l->owner != r->owner)
        return l->owner < r->owner ? -1 : 1;
    order = hf_dump_compare_locs(d, l->loc, r->loc);
    return order ? order : hf_dump_compare_strs(d, l->text, r->text);
}

void hf_dump_index_annots(HfDump *d)
{
    d->annots = hf_dump_sort(d, d->f->n_annots, annot_order);
    d->annot_printed = g_new0(guint8, d->f->n_annots);
}

static void dump_annot(HfDump *d, uint32_t row, int indent)
{
    static const HfDumpFlag flags[] = {
        { HF_ANNOT_ON_DEFINITION, "on_definition" },
        { HF_ANNOT_MARKER, "marker" },
        { HF_ANNOT_IN_BODY, "in_body" },
        { 0, NULL },
    };
    const HfAnnot *r = &d->f->annots[row];

    d->annot_printed[row] = TRUE;
    g_string_append_printf(d->out, "%*s@ ", indent, "");
    hf_dump_loc(d, r->loc, 0);
    g_string_append_c(d->out, ' ');
    hf_dump_str(d, r->text);
    hf_dump_flags(d, flags, r->flags);
    if (*hf_str(d->f, r->params)) {
        g_string_append(d->out, " of ");
        hf_dump_str(d, r->params);
    }
    hf_dump_macro(d, r->loc);
    g_string_append_c(d->out, '\n');
}

void hf_dump_annots(HfDump *d, HfOwnerKind kind, HfId owner, int indent)
{
    uint32_t n = d->f->n_annots - 1;
    uint32_t low = 0;
    uint32_t high = n;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const HfAnnot *r = &d->f->annots[d->annots[middle]];

        if (r->owner_kind < kind || (r->owner_kind == kind && r->owner < owner))
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < n; low++) {
        const HfAnnot *r = &d->f->annots[d->annots[low]];

        if (r->owner_kind != kind || r->owner != owner)
            break;
        dump_annot(d, d->annots[low], indent);
    }
}

/* Of nothing, or of locals that belong to no function (prototypes'). */
void hf_dump_other_annots(HfDump *d)
{
    gboolean titled = FALSE;

    for (uint32_t i = 0; i + 1 < d->f->n_annots; i++) {
        if (d->annot_printed[d->annots[i]])
            continue;
        if (!titled)
            titled = hf_dump_title(d, "other annotations", d->f->n_annots);
        dump_annot(d, d->annots[i], 2);
    }
}

/* ---- records ------------------------------------------------------------ */

static gint record_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;
    const HfRecord *l = &d->f->records[*(const uint32_t *)a];
    const HfRecord *r = &d->f->records[*(const uint32_t *)b];
    int order = hf_dump_compare_strs(d, l->name, r->name);

    if (!order)
        order = hf_dump_compare_locs(d, l->loc, r->loc);
    return order ? order : hf_dump_compare_strs(d, l->key, r->key);
}

static void dump_field(HfDump *d, HfId id)
{
    const HfField *r = &d->f->fields[id];
    HfId file = d->f->locs[d->f->records[r->record].loc].file;

    g_string_append(d->out, "    ");
    hf_dump_loc(d, r->loc, file);
    g_string_append_c(d->out, ' ');
    g_string_append(d->out, r->name ? "" : "(anonymous)");
    hf_dump_str(d, r->name);
    g_string_append(d->out, ": ");
    hf_dump_str(d, r->type);
    hf_dump_type_flags(d, r->type_flags);
    hf_dump_record_name(d, r->type_record);
    hf_dump_macro(d, r->loc);
    g_string_append_c(d->out, '\n');
    hf_dump_annots(d, HF_OWNER_FIELD, id, 6);
}

static void dump_part(HfDump *d, const HfPart *r)
{
    static const HfDumpFlag flags[] = {
        { HF_PART_BITS, "bits" },
        { HF_PART_IN_UNION, "in_union" },
        { 0, NULL },
    };

    g_string_append_printf(d->out, "    %s at %u, %u bytes",
                           r->kind == HF_PART_PADDING ? "padding" : "pointer",
                           r->offset, r->size);
    hf_dump_flags(d, flags, r->flags);
    g_string_append(d->out, r->kind == HF_PART_PADDING ? " after " : " ");
    hf_dump_str(d, r->path);
    g_string_append_c(d->out, '\n');
}

void hf_dump_records(HfDump *d)
{
    static const HfDumpFlag flags[] = {
        { HF_RECORD_UNION, "union" },
        { HF_RECORD_ANONYMOUS, "anonymous" },
        { 0, NULL },
    };
    const HfFacts *f = d->f;
    g_autofree uint32_t *rows = hf_dump_sort(d, f->n_records, record_order);

    hf_dump_title(d, "records", f->n_records);
    for (uint32_t i = 0; i + 1 < f->n_records; i++) {
        const HfRecord *r = &f->records[rows[i]];

        g_string_append(d->out, "  ");
        hf_dump_str(d, r->name);
        hf_dump_flags(d, flags, r->flags);
        g_string_append(d->out, " at ");
        hf_dump_loc(d, r->loc, 0);
        hf_dump_macro(d, r->loc);
        g_string_append(d->out, " key ");
        hf_dump_str(d, r->key);
        if (r->size)
            g_string_append_printf(d->out, " size %u", r->size);
        g_string_append_c(d->out, '\n');
        hf_dump_annots(d, HF_OWNER_RECORD, rows[i], 4);
        for (uint32_t j = 0; j < r->n_fields; j++)
            dump_field(d, r->first_field + j);
        for (uint32_t j = 0; j < r->n_parts; j++)
            dump_part(d, &f->parts[r->first_part + j]);
    }
}

/* ---- symbols ------------------------------------------------------------ */

static gint symbol_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;
    const HfSymbol *l = &d->f->symbols[*(const uint32_t *)a];
    const HfSymbol *r = &d->f->symbols[*(const uint32_t *)b];
    int order = hf_dump_compare_strs(d, l->name, r->name);

    if (!order && l->kind != r->kind)
        order = l->kind < r->kind ? -1 : 1;
    if (!order)
        order = hf_dump_compare_locs(d, l->decl_loc, r->decl_loc);
    return order ? order : hf_dump_compare_strs(d, l->key, r->key);
}

static void dump_symbol(HfDump *d, const HfSymbol *r)
{
    static const HfDumpFlag flags[] = {
        { HF_SYM_DEFINED, "defined" },
        { HF_SYM_NORETURN, "noreturn" },
        { HF_SYM_INLINE, "inline" },
        { HF_SYM_VARIADIC, "variadic" },
        { HF_SYM_THREAD_LOCAL, "thread_local" },
        { HF_SYM_BUILTIN, "builtin" },
        { HF_SYM_UNPROTOTYPED, "unprototyped" },
        { HF_SYM_CONSTRUCTOR, "constructor" },
        { 0, NULL },
    };
    static const char *const kinds[] = { "none", "function", "variable",
                                         "macro" };
    static const char *const linkages[] = { "extern", "static", "weak" };

    g_string_append(d->out, "  ");
    hf_dump_str(d, r->name);
    g_string_append_printf(d->out, ": %s %s", linkages[r->linkage],
                           kinds[r->kind]);
    hf_dump_flags(d, flags, r->flags);
    g_string_append(d->out, " at ");
    hf_dump_loc(d, r->decl_loc, 0);
    hf_dump_macro(d, r->decl_loc);
    if (r->def_loc && r->def_loc != r->decl_loc) {
        g_string_append(d->out, " defined at ");
        hf_dump_loc(d, r->def_loc, 0);
        hf_dump_macro(d, r->def_loc);
    }
    g_string_append(d->out, "\n    key ");
    hf_dump_str(d, r->key);
    g_string_append(d->out, "\n    type ");
    hf_dump_str(d, r->type);
    hf_dump_type_flags(d, r->type_flags);
    hf_dump_record_name(d, r->type_record);
    if (r->kind == HF_SYM_FUNCTION || r->n_params)
        g_string_append_printf(d->out, " params %u", r->n_params);
    g_string_append_c(d->out, '\n');
}

void hf_dump_symbols(HfDump *d)
{
    const HfFacts *f = d->f;
    g_autofree uint32_t *rows = hf_dump_sort(d, f->n_symbols, symbol_order);

    hf_dump_title(d, "symbols", f->n_symbols);
    for (uint32_t i = 0; i + 1 < f->n_symbols; i++) {
        dump_symbol(d, &f->symbols[rows[i]]);
        hf_dump_annots(d, HF_OWNER_SYMBOL, rows[i], 4);
    }
}
