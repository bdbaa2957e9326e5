/* SPDX-License-Identifier: MIT */
/*
 * check.c - is this a set of facts that readers can trust?
 *
 * After this, any index can be followed, any string printed and any range
 * walked without a look.  Ranges do not overlap, so the work is linear in the
 * size of the facts however they were mangled.
 */
#include "facts/check.h"

gboolean hf_check_fail(HfCheck *c, const char *fmt, ...)
{
    g_autofree char *why = NULL;
    va_list args;

    va_start(args, fmt);
    why = g_strdup_vprintf(fmt, args);
    va_end(args);
    g_set_error(c->error, HF_FACTS_ERROR, HF_FACTS_ERROR_FORMAT,
                "%s: section '%s' row %u: %s", c->name, c->section, c->row,
                why);
    return FALSE;
}

gboolean hf_check_bad_index(HfCheck *c, const char *what, uint32_t id,
                            uint32_t n)
{
    if (id < n)
        return hf_check_fail(c, "%s %u is missing", what, id);
    return hf_check_fail(c, "%s %u out of range (%u)", what, id, n);
}

gboolean hf_check_span(HfCheck *c, const char *what, uint32_t first, uint32_t n,
                       uint32_t n_table)
{
    if (n ? first && n <= n_table && first <= n_table - n : first <= n_table)
        return TRUE;
    return hf_check_fail(c, "%u %s from %u on out of range (%u)", n, what,
                         first, n_table);
}

static gboolean check_zero_row(HfCheck *c, const char *section,
                               gconstpointer row, gsize size, uint32_t n)
{
    const char *bytes = row;

    c->section = section;
    c->row = 0;
    if (!n)
        return hf_check_fail(c, "missing");
    for (gsize i = 0; i < size; i++)
        if (bytes[i])
            return hf_check_fail(c, "not zero");
    return TRUE;
}

static gboolean check_unit(HfCheck *c)
{
    const HfFacts *f = c->f;

#define X(member, type, name)                                             \
    if (!check_zero_row(c, name, f->member, sizeof(type), f->n_##member)) \
        return FALSE;
    HF_FACTS_TABLES(X)
#undef X
    if (!check_zero_row(c, "strings", f->strings, 1, f->n_strings))
        return FALSE;
    c->row = f->n_strings - 1;
    if (f->strings[c->row])
        return hf_check_fail(c, "no NUL at the end");
    c->section = "unit";
    c->row = 0;
    if (f->status > HF_UNIT_TIMEOUT)
        return hf_check_fail(c, "unknown status %u", f->status);
    return hf_check_index(c, "main file", f->main_file, f->n_files) &&
           hf_check_str(c, "output", f->output);
}

/* Run check(c, row) over a table, from row 1 on. */
#define FOR_ROWS(c, member, check)                                    \
    do {                                                              \
        (c)->section = #member;                                       \
        for ((c)->row = 1; (c)->row < (c)->f->n_##member; (c)->row++) \
            if (!check((c), &(c)->f->member[(c)->row]))               \
                return FALSE;                                         \
    } while (0)

static gboolean check_file(HfCheck *c, const HfFile *r)
{
    return hf_check_str(c, "path", r->path);
}

static gboolean check_loc(HfCheck *c, const HfLoc *r)
{
    return hf_check_index(c, "file", r->file, c->f->n_files) &&
           hf_check_str(c, "macro", r->macro) &&
           hf_check_index(c, "spelling file", r->spell_file, c->f->n_files);
}

static gboolean check_record(HfCheck *c, const HfRecord *r)
{
    const HfFacts *f = c->f;

    if (!hf_check_str(c, "key", r->key) || !hf_check_str(c, "name", r->name) ||
        !hf_check_loc(c, r->loc) ||
        !hf_check_span(c, "fields", r->first_field, r->n_fields, f->n_fields))
        return FALSE;
    for (uint32_t i = r->first_field; i - r->first_field < r->n_fields; i++)
        if (f->fields[i].record != c->row)
            return hf_check_fail(c, "field %u belongs to record %u", i,
                                 f->fields[i].record);
    if (!hf_check_span(c, "parts", r->first_part, r->n_parts, f->n_parts))
        return FALSE;
    for (uint32_t i = r->first_part; i - r->first_part < r->n_parts; i++)
        if (f->parts[i].record != c->row)
            return hf_check_fail(c, "part %u belongs to record %u", i,
                                 f->parts[i].record);
    return TRUE;
}

static gboolean check_part(HfCheck *c, const HfPart *r)
{
    const HfFacts *f = c->f;
    const HfRecord *of;

    if (!hf_check_index_set(c, "record", r->record, f->n_records))
        return FALSE;
    of = &f->records[r->record];
    if (c->row - of->first_part >= of->n_parts)
        return hf_check_fail(c, "not among the parts of record %u", r->record);
    if (r->kind > HF_PART_POINTER)
        return hf_check_fail(c, "unknown kind %u", r->kind);
    if (r->offset > of->size || r->size > of->size - r->offset)
        return hf_check_fail(c, "%u bytes from %u on in a record of %u",
                             r->size, r->offset, of->size);
    return hf_check_str(c, "path", r->path);
}

static gboolean check_field(HfCheck *c, const HfField *r)
{
    const HfFacts *f = c->f;

    if (!hf_check_index_set(c, "record", r->record, f->n_records))
        return FALSE;
    if (c->row - f->records[r->record].first_field >=
        f->records[r->record].n_fields)
        return hf_check_fail(c, "not among the fields of record %u", r->record);
    return hf_check_str(c, "name", r->name) &&
           hf_check_str(c, "type", r->type) &&
           hf_check_index(c, "record", r->type_record, f->n_records) &&
           hf_check_loc(c, r->loc);
}

static gboolean check_symbol(HfCheck *c, const HfSymbol *r)
{
    if (r->kind > HF_SYM_MACRO)
        return hf_check_fail(c, "unknown kind %u", r->kind);
    if (r->linkage > HF_LINKAGE_WEAK)
        return hf_check_fail(c, "unknown linkage %u", r->linkage);
    return hf_check_str(c, "key", r->key) && hf_check_str(c, "name", r->name) &&
           hf_check_str(c, "type", r->type) && hf_check_loc(c, r->decl_loc) &&
           hf_check_loc(c, r->def_loc) &&
           hf_check_index(c, "record", r->type_record, c->f->n_records);
}

static gboolean check_annot(HfCheck *c, const HfAnnot *r)
{
    const HfFacts *f = c->f;
    gboolean ok;

    switch (r->owner_kind) {
    case HF_OWNER_NONE:
        ok = r->owner == 0 || hf_check_fail(c, "owner of no kind");
        break;
    case HF_OWNER_SYMBOL:
        ok = hf_check_index_set(c, "symbol", r->owner, f->n_symbols);
        break;
    case HF_OWNER_FIELD:
        ok = hf_check_index_set(c, "field", r->owner, f->n_fields);
        break;
    case HF_OWNER_RECORD:
        ok = hf_check_index_set(c, "record", r->owner, f->n_records);
        break;
    case HF_OWNER_LOCAL:
        ok = hf_check_index_set(c, "local", r->owner, f->n_locals);
        break;
    default: ok = hf_check_fail(c, "unknown kind of owner %u", r->owner_kind);
    }
    return ok && hf_check_str(c, "text", r->text) && hf_check_loc(c, r->loc) &&
           hf_check_str(c, "parameters", r->params);
}

static gboolean check_local(HfCheck *c, const HfLocal *r)
{
    return hf_check_str(c, "name", r->name) &&
           hf_check_str(c, "type", r->type) &&
           hf_check_index(c, "record", r->type_record, c->f->n_records) &&
           hf_check_index(c, "symbol", r->cleanup, c->f->n_symbols) &&
           hf_check_loc(c, r->loc);
}

static gboolean check_binding(HfCheck *c, const HfBinding *r)
{
    return hf_check_index_set(c, "symbol", r->function, c->f->n_symbols) &&
           hf_check_index(c, "field", r->field, c->f->n_fields) &&
           hf_check_index(c, "symbol", r->holder, c->f->n_symbols) &&
           hf_check_loc(c, r->loc);
}

static gboolean check_comment(HfCheck *c, const HfComment *r)
{
    return hf_check_loc(c, r->loc) && hf_check_str(c, "text", r->text);
}

static gboolean check_remark(HfCheck *c, const HfRemark *r)
{
    gboolean ok;

    if (r->owner_kind == HF_OWNER_SYMBOL)
        ok = hf_check_index_set(c, "symbol", r->owner, c->f->n_symbols);
    else if (r->owner_kind == HF_OWNER_FIELD)
        ok = hf_check_index_set(c, "field", r->owner, c->f->n_fields);
    else
        ok = hf_check_fail(c, "unknown kind of owner %u", r->owner_kind);
    return ok && hf_check_loc(c, r->loc) && hf_check_str(c, "text", r->text);
}

static gboolean check_diag(HfCheck *c, const HfDiag *r)
{
    if (r->severity > HF_DIAG_FATAL)
        return hf_check_fail(c, "unknown severity %u", r->severity);
    return hf_check_loc(c, r->loc) && hf_check_str(c, "text", r->text);
}

static gboolean check_flat_tables(HfCheck *c)
{
    FOR_ROWS(c, files, check_file);
    FOR_ROWS(c, locs, check_loc);
    FOR_ROWS(c, records, check_record);
    FOR_ROWS(c, parts, check_part);
    FOR_ROWS(c, fields, check_field);
    FOR_ROWS(c, symbols, check_symbol);
    FOR_ROWS(c, annots, check_annot);
    FOR_ROWS(c, locals, check_local);
    FOR_ROWS(c, bindings, check_binding);
    FOR_ROWS(c, comments, check_comment);
    FOR_ROWS(c, remarks, check_remark);
    FOR_ROWS(c, diags, check_diag);
    return TRUE;
}

gboolean hf_facts_check(const HfFacts *facts, const char *name, GError **error)
{
    HfCheck c = { .f = facts, .name = name, .error = error };
    gboolean ok = FALSE;

    if (!check_unit(&c) || !check_flat_tables(&c) || !hf_check_paths(&c))
        return FALSE;
    c.local_owner = g_new0(uint32_t, facts->n_locals);
    c.event_owner = g_new0(uint32_t, facts->n_events);
    c.path_owner = g_new0(uint32_t, facts->n_paths);
    c.edge_taken = g_new0(guint8, facts->n_edges);
    c.arg_taken = g_new0(guint8, facts->n_args);
    if (hf_check_functions(&c)) {
        hf_check_own_paths(&c);
        ok = hf_check_uses(&c);
    }
    g_free(c.local_owner);
    g_free(c.event_owner);
    g_free(c.path_owner);
    g_free(c.edge_taken);
    g_free(c.arg_taken);
    return ok;
}
