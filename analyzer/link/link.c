/* SPDX-License-Identifier: MIT */
/*
 * Joins units: one row per symbol, record and field, keyed by USR.
 *
 * Units are sorted by main file and object first, and the first unit that
 * brings a thing decides its row, so the result does not depend on the order
 * in which shards arrive.
 */
#include "link/link_internal.h"

#include <string.h>

static gint unit_cmp(gconstpointer a, gconstpointer b)
{
    const HfFacts *fa = *(HfFacts *const *)a;
    const HfFacts *fb = *(HfFacts *const *)b;
    int d = strcmp(hf_str(fa, fa->files[fa->main_file].path),
                   hf_str(fb, fb->files[fb->main_file].path));

    return d ? d : strcmp(hf_str(fa, fa->output), hf_str(fb, fb->output));
}

const char *hf_program_relative(const HfProgram *p, const char *path)
{
    size_t n = p->root ? strlen(p->root) : 0;

    if (n && strncmp(path, p->root, n) == 0 && path[n] == '/') {
        return path + n + 1;
    }
    return path;
}

/* ---- annotations -------------------------------------------------------- */

static GPtrArray *effects_of(HfLinker *l, const char *text)
{
    GPtrArray *effects = g_hash_table_lookup(l->annotations, text);

    if (!effects) {
        effects = hf_rules_annotation(l->program->rules, text);
        g_hash_table_insert(l->annotations, (gpointer)text, effects);
    }
    return effects;
}

static void add_annot(HfLinker *l, GArray **annots, const HfFacts *f,
                      uint32_t unit, const HfAnnot *a)
{
    const char *text = hf_str(f, a->text);
    HfProgAnnot row = {
        .text = text, .params = hf_str(f, a->params), .unit = unit,
        .loc = a->loc, .flags = a->flags,
    };

    if (!*annots) {
        *annots = g_array_new(FALSE, FALSE, sizeof(HfProgAnnot));
    }
    for (guint i = 0; i < (*annots)->len; i++) {
        HfProgAnnot *have = &g_array_index(*annots, HfProgAnnot, i);

        if (have->flags == a->flags && strcmp(have->text, text) == 0 &&
            strcmp(have->params, row.params) == 0) {
            return; /* the same header line seen by another unit */
        }
    }
    row.effects = effects_of(l, text);
    g_array_append_val(*annots, row);
}

/* Objects without a lock behind them are capabilities, too. */
static gboolean makes_lock(const char *text)
{
    return (g_str_has_prefix(text, "hf:capability:") ||
            g_str_has_prefix(text, "tsa:capability:")) &&
           !g_str_has_suffix(text, ":token") &&
           !g_str_has_suffix(text, ":role");
}

static void join_annots(HfLinker *l, HfUnit *u, uint32_t unit)
{
    const HfFacts *f = u->facts;

    for (uint32_t i = 1; i < f->n_annots; i++) {
        const HfAnnot *a = &f->annots[i];

        if (a->owner_kind == HF_OWNER_SYMBOL) {
            HfProgSymbol *s = HF_PROGRAM_SYM(l->program, u->symbols[a->owner]);

            add_annot(l, &s->annots, f, unit, a);
        } else if (a->owner_kind == HF_OWNER_FIELD) {
            HfProgField *d = HF_PROGRAM_FIELD(l->program, u->fields[a->owner]);

            add_annot(l, &d->annots, f, unit, a);
        } else if (a->owner_kind == HF_OWNER_RECORD) {
            HfProgRecord *r =
                HF_PROGRAM_RECORD(l->program, u->records[a->owner]);

            r->is_lock |= makes_lock(hf_str(f, a->text));
        }
    }
}

/* ---- types -------------------------------------------------------------- */

/* "const QemuMutex *[4]" -> "QemuMutex"; result is (transfer full). */
static char *bare_type(const char *type)
{
    char *bare = g_strdup(type);
    char *s = bare;

    for (;;) {
        if (g_str_has_prefix(s, "const ")) {
            s += 6;
        } else if (g_str_has_prefix(s, "volatile ")) {
            s += 9;
        } else if (g_str_has_prefix(s, "struct ")) {
            s += 7;
        } else if (g_str_has_prefix(s, "union ")) {
            s += 6;
        } else {
            break;
        }
    }
    s[strcspn(s, " *[")] = '\0';
    memmove(bare, s, strlen(s) + 1);
    return bare;
}

const HfLockTypeRule *hf_link_lock_type(HfLinker *l, const char *type)
{
    g_autofree char *bare = bare_type(type);

    return g_hash_table_lookup(l->lock_types, bare);
}

static void join_records(HfLinker *l, HfUnit *u, uint32_t unit)
{
    const HfFacts *f = u->facts;
    HfProgram *p = l->program;

    u->records = g_new0(HfRecId, f->n_records);
    u->fields = g_new0(HfFieldId, f->n_fields);
    for (uint32_t i = 1; i < f->n_records; i++) {
        const char *key = hf_str(f, f->records[i].key);
        HfRecId id = GPOINTER_TO_UINT(g_hash_table_lookup(l->records, key));

        if (!id) {
            HfProgRecord row = {
                .key = key, .name = hf_str(f, f->records[i].name),
                .id = p->records->len,
            };

            row.lock_rule = g_hash_table_lookup(l->lock_types, row.name);
            row.is_lock = row.lock_rule != NULL;
            id = row.id;
            g_array_append_val(p->records, row);
            g_hash_table_insert(l->records, (gpointer)key,
                                GUINT_TO_POINTER(id));
        }
        u->records[i] = id;
    }
    for (uint32_t i = 1; i < f->n_fields; i++) {
        const HfField *d = &f->fields[i];
        HfFieldKey probe = { u->records[d->record], hf_str(f, d->name) };
        HfFieldId id =
            GPOINTER_TO_UINT(g_hash_table_lookup(l->fields, &probe));

        if (!id) {
            const HfProgRecord *r = HF_PROGRAM_RECORD(p, probe.record);
            HfProgField row = {
                .record = probe.record, .name = probe.name,
                .type = hf_str(f, d->type),
                .type_record = u->records[d->type_record],
                .type_flags = d->type_flags, .unit = unit, .loc = d->loc,
                .rule = hf_rules_field(p->rules, r->name, probe.name),
                .slot_rule = hf_rules_slot(p->rules, r->name, probe.name),
            };
            HfFieldKey *key = g_memdup2(&probe, sizeof(probe));

            row.is_lock = HF_PROGRAM_RECORD(p, row.type_record)->is_lock ||
                          hf_link_lock_type(l, row.type) != NULL;
            id = p->fields->len;
            g_array_append_val(p->fields, row);
            g_hash_table_insert(l->fields, key, GUINT_TO_POINTER(id));
        }
        u->fields[i] = id;
    }
}

/* ---- symbols ------------------------------------------------------------ */

static HfSymId new_symbol(HfLinker *l, HfUnit *u, uint32_t unit,
                          const HfSymbol *s)
{
    HfProgram *p = l->program;
    const HfFacts *f = u->facts;
    HfProgSymbol row = {
        .key = hf_str(f, s->key), .name = hf_str(f, s->name),
        .kind = s->kind, .linkage = s->linkage, .flags = s->flags,
        .type = hf_str(f, s->type), .type_record = u->records[s->type_record],
        .type_flags = s->type_flags, .n_params = s->n_params,
        .decl_unit = unit, .decl_loc = s->decl_loc ? s->decl_loc : s->def_loc,
    };
    HfSymId id = p->symbols->len;

    if (row.kind != HF_SYM_VARIABLE) {
        row.rule = hf_rules_function(p->rules, row.name);
    } else {
        row.is_lock = HF_PROGRAM_RECORD(p, row.type_record)->is_lock ||
                      hf_link_lock_type(l, row.type) != NULL;
    }
    g_array_append_val(p->symbols, row);
    g_hash_table_insert(l->symbols, (gpointer)row.key, GUINT_TO_POINTER(id));
    return id;
}

static void join_symbols(HfLinker *l, HfUnit *u, uint32_t unit)
{
    const HfFacts *f = u->facts;

    u->symbols = g_new0(HfSymId, f->n_symbols);
    for (uint32_t i = 1; i < f->n_symbols; i++) {
        const HfSymbol *s = &f->symbols[i];
        HfSymId id = GPOINTER_TO_UINT(
            g_hash_table_lookup(l->symbols, hf_str(f, s->key)));

        if (!id) {
            id = new_symbol(l, u, unit, s);
        } else {
            HfProgSymbol *row = HF_PROGRAM_SYM(l->program, id);

            row->flags |= s->flags;
            if (s->n_params > row->n_params) {
                row->n_params = s->n_params;
            }
            if (s->linkage == HF_LINKAGE_WEAK &&
                row->linkage == HF_LINKAGE_EXTERNAL && !row->body) {
                row->linkage = HF_LINKAGE_WEAK;
            }
        }
        u->symbols[i] = id;
    }
}

static const char *body_file(const HfProgram *p, uint32_t unit, HfId body)
{
    const HfFacts *f = HF_PROGRAM_UNIT(p, unit)->facts;

    return hf_str(f, f->files[f->locs[f->functions[body].loc].file].path);
}

static void join_bodies(HfLinker *l, HfUnit *u, uint32_t unit)
{
    const HfFacts *f = u->facts;
    HfProgram *p = l->program;

    for (uint32_t i = 1; i < f->n_functions; i++) {
        const HfSymbol *s = &f->symbols[f->functions[i].symbol];
        HfProgSymbol *row =
            HF_PROGRAM_SYM(p, u->symbols[f->functions[i].symbol]);
        const char *old, *new;

        if (!row->body) {
            row->body_unit = unit;
            row->body = i;
            continue;
        }
        old = body_file(p, row->body_unit, row->body);
        new = body_file(p, unit, i);
        if (strcmp(old, new) == 0 || s->linkage == HF_LINKAGE_WEAK) {
            continue;
        }
        if (row->linkage == HF_LINKAGE_WEAK) {
            row->body_unit = unit;
            row->body = i;
            row->linkage = s->linkage;
            continue;
        }
        g_ptr_array_add(p->warnings, g_strdup_printf(
            "%s is defined in %s and in %s; using the first "
            "(choose a program with --link-target)", row->name,
            hf_program_relative(p, old), hf_program_relative(p, new)));
    }
}

static void join_failures(HfProgram *p, const HfFacts *f)
{
    static const char *const why[] = {
        [HF_UNIT_ERRORS] = "parsed with errors",
        [HF_UNIT_FAILED] = "could not be parsed",
        [HF_UNIT_CRASHED] = "crashed the worker",
        [HF_UNIT_TIMEOUT] = "took too long",
    };
    const HfDiag *d = f->n_diags > 1 ? &f->diags[1] : NULL;
    GString *text;

    if (f->status == HF_UNIT_OK || f->status >= G_N_ELEMENTS(why)) {
        return;
    }
    text = g_string_new(NULL);
    g_string_printf(text, "%s: %s",
                    hf_program_relative(
                        p, hf_str(f, f->files[f->main_file].path)),
                    why[f->status]);
    if (d && f->status == HF_UNIT_ERRORS && f->locs[d->loc].line) {
        const HfLoc *at = &f->locs[d->loc];

        g_string_append_printf(
            text, ": %s:%u:%u",
            hf_program_relative(p, hf_str(f, f->files[at->file].path)),
            at->line, at->col);
    }
    if (d) {
        g_string_append_printf(text, ": %s", hf_str(f, d->text));
    }
    g_ptr_array_add(p->failed, g_string_free(text, FALSE));
}

/* ---- the whole ---------------------------------------------------------- */

static guint field_key_hash(gconstpointer k)
{
    const HfFieldKey *key = k;

    return g_str_hash(key->name) * 31 + key->record;
}

static gboolean field_key_equal(gconstpointer a, gconstpointer b)
{
    const HfFieldKey *ka = a, *kb = b;

    return ka->record == kb->record && strcmp(ka->name, kb->name) == 0;
}

static void linker_init(HfLinker *l, HfProgram *p)
{
    l->program = p;
    l->symbols = g_hash_table_new(g_str_hash, g_str_equal);
    l->records = g_hash_table_new(g_str_hash, g_str_equal);
    l->fields = g_hash_table_new_full(field_key_hash, field_key_equal,
                                      g_free, NULL);
    l->lock_types = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < p->rules->lock_types->len; i++) {
        HfLockTypeRule *r = g_ptr_array_index(p->rules->lock_types, i);

        g_hash_table_insert(l->lock_types, r->type, r);
    }
    l->annotations = g_hash_table_new(g_str_hash, g_str_equal);
}

static void linker_clear(HfLinker *l)
{
    g_hash_table_unref(l->symbols);
    g_hash_table_unref(l->records);
    g_hash_table_unref(l->fields);
    g_hash_table_unref(l->lock_types);
}

/* A record's annotation may turn up after its first member or variable. */
static void mark_locks(HfProgram *p)
{
    for (HfFieldId i = 1; i < p->fields->len; i++) {
        HfProgField *f = HF_PROGRAM_FIELD(p, i);

        f->is_lock |= HF_PROGRAM_RECORD(p, f->type_record)->is_lock;
    }
    for (HfSymId i = 1; i < p->symbols->len; i++) {
        HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        s->is_lock |= s->kind == HF_SYM_VARIABLE &&
                      HF_PROGRAM_RECORD(p, s->type_record)->is_lock;
    }
}

HfProgram *hf_program_link(GPtrArray *shards, const HfRules *rules,
                           const char *root)
{
    HfProgram *p = g_new0(HfProgram, 1);
    HfLinker l;

    p->rules = rules;
    p->root = g_strdup(root);
    p->units = g_ptr_array_new();
    p->symbols = g_array_new(FALSE, TRUE, sizeof(HfProgSymbol));
    p->fields = g_array_new(FALSE, TRUE, sizeof(HfProgField));
    p->records = g_array_new(FALSE, TRUE, sizeof(HfProgRecord));
    p->warnings = g_ptr_array_new_with_free_func(g_free);
    p->failed = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(p->units, NULL);
    g_array_set_size(p->symbols, 1);
    g_array_set_size(p->fields, 1);
    g_array_set_size(p->records, 1);
    linker_init(&l, p);
    p->priv = l.annotations; /* effect arrays live as long as the program */

    g_ptr_array_sort(shards, unit_cmp);
    for (guint i = 0; i < shards->len; i++) {
        HfUnit *u = g_new0(HfUnit, 1);

        u->facts = g_ptr_array_index(shards, i);
        u->name = hf_program_relative(p, hf_str(
            u->facts, u->facts->files[u->facts->main_file].path));
        g_ptr_array_add(p->units, u);
        join_failures(p, u->facts);
        join_records(&l, u, p->units->len - 1);
        join_symbols(&l, u, p->units->len - 1);
        join_bodies(&l, u, p->units->len - 1);
        join_annots(&l, u, p->units->len - 1);
    }
    g_ptr_array_set_free_func(shards, NULL);
    g_ptr_array_unref(shards);

    mark_locks(p);
    hf_link_mark_chains(p);
    hf_link_callgraph(&l);
    linker_clear(&l);
    return p;
}

static void clear_annots(GArray *annots)
{
    if (annots) {
        g_array_unref(annots);
    }
}

void hf_program_free(HfProgram *p)
{
    GHashTableIter it;
    gpointer effects;

    if (!p) {
        return;
    }
    hf_link_callgraph_free(p);
    for (guint i = 1; i < p->symbols->len; i++) {
        clear_annots(HF_PROGRAM_SYM(p, i)->annots);
    }
    for (guint i = 1; i < p->fields->len; i++) {
        clear_annots(HF_PROGRAM_FIELD(p, i)->annots);
    }
    g_hash_table_iter_init(&it, p->priv);
    while (g_hash_table_iter_next(&it, NULL, &effects)) {
        g_ptr_array_unref(effects);
    }
    g_hash_table_unref(p->priv);
    for (guint i = 1; i < p->units->len; i++) {
        HfUnit *u = HF_PROGRAM_UNIT(p, i);

        g_free(u->symbols);
        g_free(u->fields);
        g_free(u->records);
        hf_facts_free(u->facts);
        g_free(u);
    }
    g_ptr_array_unref(p->units);
    g_array_unref(p->symbols);
    g_array_unref(p->fields);
    g_array_unref(p->records);
    g_ptr_array_unref(p->warnings);
    g_ptr_array_unref(p->failed);
    g_free((char *)p->root);
    g_free(p);
}

void hf_program_annotate(HfProgram *p, HfSymId sym, HfFieldId field,
                         const char *text)
{
    HfProgSymbol *s = HF_PROGRAM_SYM(p, sym);
    HfProgField *d = HF_PROGRAM_FIELD(p, field);
    GArray **annots = sym ? &s->annots : &d->annots;
    HfLinker l = { .program = p,
                   .annotations = ((HfCallgraph *)p->priv)->annotations };
    HfProgAnnot row = { .text = g_intern_string(text), .params = "" };

    if (sym && s->body) {
        row.unit = s->body_unit;
        row.loc = HF_PROGRAM_UNIT(p, s->body_unit)
                      ->facts->functions[s->body].loc;
    } else {
        row.unit = sym ? s->decl_unit : d->unit;
        row.loc = sym ? s->decl_loc : d->loc;
    }
    if (!*annots) {
        *annots = g_array_new(FALSE, FALSE, sizeof(HfProgAnnot));
    }
    row.effects = effects_of(&l, row.text);
    g_array_append_val(*annots, row);
}

/* ---- look-ups ----------------------------------------------------------- */

HfSymId hf_program_find(const HfProgram *p, const char *name)
{
    HfSymId found = 0;

    for (guint i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        if (strcmp(s->name, name) == 0) {
            if (s->body) {
                return i;
            }
            found = found ? found : i;
        }
    }
    return found;
}

const HfFunction *hf_program_body(const HfProgram *p, HfSymId sym,
                                  const HfUnit **unit)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(p, sym);

    if (!s->body) {
        return NULL;
    }
    *unit = HF_PROGRAM_UNIT(p, s->body_unit);
    return &(*unit)->facts->functions[s->body];
}

static void each_effect(const GPtrArray *effects, const HfProgAnnot *annot,
                        HfEffectFn fn, gpointer data)
{
    for (guint i = 0; i < effects->len; i++) {
        fn(g_ptr_array_index(effects, i), annot, data);
    }
}

static void each_annot_effect(const GArray *annots, HfEffectFn fn,
                              gpointer data)
{
    for (guint i = 0; annots && i < annots->len; i++) {
        const HfProgAnnot *a = &g_array_index(annots, HfProgAnnot, i);

        each_effect(a->effects, a, fn, data);
    }
}

void hf_program_symbol_effects(const HfProgram *p, HfSymId sym, HfEffectFn fn,
                               gpointer data)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(p, sym);

    if (s->rule) {
        each_effect(s->rule->effects, NULL, fn, data);
    }
    each_annot_effect(s->annots, fn, data);
}

void hf_program_field_effects(const HfProgram *p, HfFieldId field,
                              HfEffectFn fn, gpointer data)
{
    const HfProgField *d = HF_PROGRAM_FIELD(p, field);

    if (d->rule) {
        each_effect(d->rule->effects, NULL, fn, data);
    }
    if (d->slot_rule) {
        each_effect(d->slot_rule->effects, NULL, fn, data);
    }
    each_annot_effect(d->annots, fn, data);
}
