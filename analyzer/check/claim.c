/* SPDX-License-Identifier: MIT */
/* Comments of the program to claims about locks it knows. */
#include "check/claim_words.h"

#include <string.h>

/* Whose comment it is, and what names in it can mean. */
typedef struct {
    const HfCheck *c;
    HfSymId sym;
    HfRecId record; /* of the member */
    const char *path;
    gboolean of_data;
} Scope;

static HfXTable *exprs(const Scope *s)
{
    return s->c->solved->exprs;
}

/* ---- names --------------------------------------------------------------- */

static gboolean is_determiner(const char *word)
{
    static const char *const list[] = {
        "the", "a", "an", "its", "our", "their", "this", "that", "own",
        "respective", "corresponding", "any", "your", "only", "associated",
        "per-device", NULL,
    };

    return g_strv_contains(list, word);
}

static gboolean is_lock_word(const char *word)
{
    static const char *const list[] = { "lock", "mutex", "spinlock", "rwlock",
                                        "spin_lock", NULL };

    return g_strv_contains(list, word);
}

static guint words_match(const HfSentence *s, guint i, const char *phrase)
{
    g_auto(GStrv) p = g_strsplit(phrase, " ", -1);
    guint n = g_strv_length(p);

    for (guint k = 0; k < n; k++) {
        if (i + k >= s->n || strcmp(s->folded[i + k], p[k]) != 0) {
            return 0;
        }
    }
    return n;
}

/* The longest name of a capability that stands there. */
static guint capability_at(const Scope *o, const HfSentence *s, guint i,
                           HfX *lock)
{
    const GPtrArray *caps = o->c->program->rules->caps;
    guint best = 0;

    for (guint k = 0; k < caps->len; k++) {
        const HfCapRule *cap = g_ptr_array_index(caps, k);

        for (guint n = 0; n < cap->called->len; n++) {
            guint len = words_match(s, i, g_ptr_array_index(cap->called, n));

            if (len > best) {
                best = len;
                *lock = hf_x_leaf(exprs(o), HF_X_CAP, k);
            }
        }
    }
    return best;
}

/* A lock that the declaration can see: no other file's own. */
static gboolean is_usable(const Scope *o, HfX x)
{
    const HfXNode *root = x ? hf_x(exprs(o), hf_x_root(exprs(o), x)) : NULL;
    const HfProgSymbol *s;
    const HfFacts *f;

    if (!x || !hf_contract_is_lock(o->c->solved->contracts, x)) {
        return FALSE;
    }
    if (root->kind != HF_X_GLOBAL) {
        return TRUE;
    }
    s = HF_PROGRAM_SYM(o->c->program, root->ref);
    f = HF_PROGRAM_UNIT(o->c->program, s->decl_unit)->facts;
    return s->linkage != HF_LINKAGE_INTERNAL ||
           strcmp(hf_str(f, f->files[f->locs[s->decl_loc].file].path),
                  o->path) == 0;
}

/* A lock among the members of a record, by name or the only one. */
static HfFieldId lock_member(const Scope *o, HfRecId record, const char *name)
{
    const HfProgram *p = o->c->program;
    HfFieldId found = 0;

    if (name) {
        found = hf_contract_field(o->c->solved->contracts, record, name);
        return found && HF_PROGRAM_FIELD(p, found)->is_lock ? found : 0;
    }
    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        if (f->record == record && f->is_lock) {
            if (found) {
                return 0;
            }
            found = i;
        }
    }
    return found;
}

static HfX lock_of_parameters(const Scope *o, const char *name)
{
    const HfUnit *u;
    const HfFunction *fn = hf_program_body(o->c->program, o->sym, &u);
    HfX found = 0;

    for (uint32_t i = 0; fn && i < fn->n_params; i++) {
        const HfLocal *l = &u->facts->locals[fn->first_local + i];
        HfRecId record = u->records[l->type_record];
        HfFieldId f = record && l->type_flags & HF_TYPE_POINTER
                          ? lock_member(o, record, name) : 0;

        if (f) {
            HfX x = hf_x_leaf(exprs(o), HF_X_PARAM, i);

            if (found) {
                return 0; /* of which one? */
            }
            found = hf_x_field(exprs(o), hf_x_deref(exprs(o), x), f);
        }
    }
    return found;
}

/* name: NULL, the only lock there is. */
static HfX nearby_lock(const Scope *o, const char *name)
{
    HfFieldId f;

    if (o->record) {
        f = lock_member(o, o->record, name);
        return f ? hf_x_field(exprs(o), hf_x_leaf(exprs(o), HF_X_SELF, 0), f)
                 : 0;
    }
    return o->sym ? lock_of_parameters(o, name) : 0;
}

static HfX lock_by_name(const Scope *o, const char *word)
{
    const char *last = strrchr(word, '>');
    const char *dot = strrchr(word, '.');
    HfX x = hf_contract_parse(o->c->solved->contracts,
                              o->of_data ? 0 : o->sym, o->record, o->path,
                              word);

    if (is_usable(o, x)) {
        return x;
    }
    last = last && (!dot || last > dot) ? last + 1 : dot ? dot + 1 : word;
    return nearby_lock(o, last);
}

/* "queue lock" may be queue_lock, queue_mutex, or a mutex called queue. */
static HfX lock_by_two_words(const Scope *o, const char *word)
{
    static const char *const forms[] = { "%s_lock", "%s_mutex", "%slock",
                                         "%s_mtx", "%s" };

    for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
        g_auto(GStrv) half = g_strsplit(forms[i], "%s", 2);
        g_autofree char *name = g_strconcat(word, half[1], NULL);
        HfX x = lock_by_name(o, name);

        if (is_usable(o, x)) {
            return x;
        }
    }
    return 0;
}

static guint noun(const HfSentence *s, guint start, HfX *lock, gpointer data)
{
    const Scope *o = data;
    guint i = start, n;

    while (i < s->n && is_determiner(s->folded[i])) {
        i++;
    }
    if (i == s->n) {
        return 0;
    }
    n = capability_at(o, s, i, lock);
    if (n) {
        i += n;
        i += i < s->n && is_lock_word(s->folded[i]);
        return i - start;
    }
    if (is_lock_word(s->folded[i])) {
        *lock = lock_by_name(o, s->words[i]);
        *lock = *lock ? *lock : nearby_lock(o, NULL);
        return *lock ? i + 1 - start : 0;
    }
    *lock = lock_by_name(o, s->words[i]);
    if (*lock) {
        i++;
        i += i < s->n && is_lock_word(s->folded[i]);
        return i - start;
    }
    if (i + 1 < s->n && is_lock_word(s->folded[i + 1])) {
        *lock = lock_by_two_words(o, s->words[i]);
        return *lock ? i + 2 - start : 0;
    }
    return 0;
}

/* ---- comments ------------------------------------------------------------ */

/* It speaks of what follows, not of one declaration. */
static gboolean is_heading(const HfSentence *s)
{
    static const char *const list[] = { "following", "below", NULL };

    for (guint i = 0; i < s->n; i++) {
        if (g_strv_contains(list, s->folded[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A lock that is no lock of the caller's terms: of the object itself. */
static gboolean says_itself(const Scope *o, HfFieldId field, HfX lock)
{
    const HfXNode *n = hf_x(exprs(o), lock);

    return field && n->kind == HF_X_FIELD && n->ref == field;
}

static gboolean is_mode(const Scope *o, HfX lock)
{
    const HfCapRule *cap =
        hf_contract_cap_rule(o->c->solved->contracts, lock);

    return cap && (cap->kind == HF_CAP_MODE || cap->kind == HF_CAP_ROLE);
}

static void add_claims(const Scope *o, HfClaim claim, GArray *out)
{
    g_autoptr(GPtrArray) sentences = hf_sentences(claim.text);

    for (guint i = 0; i < sentences->len; i++) {
        const HfSentence *s = g_ptr_array_index(sentences, i);
        HfSaid said = { 0 };

        if (!hf_sentence_says(s, o->of_data, noun, (gpointer)o, &said) ||
            says_itself(o, claim.field, said.lock)) {
            continue;
        }
        claim.kind = said.kind;
        claim.lock = said.lock;
        claim.hedged = said.hedged || said.writes ||
                       (o->of_data && is_mode(o, said.lock));
        claim.group = is_heading(s);
        g_array_append_val(out, claim);
        return; /* what else is said qualifies it, or is of something else */
    }
}

static gboolean is_slot(const HfProgField *f)
{
    return f->type_flags & HF_TYPE_FUNCTION_POINTER;
}

static gboolean is_new(GHashTable *seen, const HfFacts *f, const HfRemark *r,
                       HfSymId sym, HfFieldId field)
{
    const HfLoc *l = &f->locs[r->loc];

    return g_hash_table_add(seen, g_strdup_printf(
        "%s:%u:%u:%u:%u", hf_str(f, f->files[l->file].path), l->line, l->col,
        sym, field));
}

static void see_remark(const HfCheck *c, guint unit, const HfRemark *r,
                       GHashTable *seen, GArray *out)
{
    const HfProgram *p = c->program;
    const HfUnit *u = HF_PROGRAM_UNIT(p, unit);
    const HfFacts *f = u->facts;
    Scope o = { .c = c };
    HfClaim claim = { .unit = unit, .loc = r->loc, .text = hf_str(f, r->text) };

    o.path = hf_str(f, f->files[f->locs[r->loc].file].path);
    if (r->owner_kind == HF_OWNER_FIELD) {
        claim.field = u->fields[r->owner];
        o.record = HF_PROGRAM_FIELD(p, claim.field)->record;
        o.of_data = !is_slot(HF_PROGRAM_FIELD(p, claim.field));
        o.record = o.of_data ? o.record : 0;
    } else {
        claim.sym = o.sym = u->symbols[r->owner];
        o.of_data = HF_PROGRAM_SYM(p, o.sym)->kind == HF_SYM_VARIABLE;
    }
    if ((claim.sym || claim.field) &&
        is_new(seen, f, r, claim.sym, claim.field)) {
        add_claims(&o, claim, out);
    }
}

/* ---- headings ------------------------------------------------------------ */

static const HfLoc *place_of_field(const HfProgram *p, HfFieldId id)
{
    const HfProgField *f = HF_PROGRAM_FIELD(p, id);

    return &HF_PROGRAM_UNIT(p, f->unit)->facts->locs[f->loc];
}

/* Members right below the first, until a blank line or another comment. */
static void spread(const HfCheck *c, const HfClaim *first, GHashTable *told,
                   GArray *out)
{
    const HfProgram *p = c->program;
    HfRecId record = HF_PROGRAM_FIELD(p, first->field)->record;
    guint line = place_of_field(p, first->field)->line;

    for (HfFieldId i = first->field + 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        HfClaim claim = *first;

        if (f->record != record || place_of_field(p, i)->line > line + 1 ||
            f->is_lock || is_slot(f) ||
            g_hash_table_contains(told, GUINT_TO_POINTER(i))) {
            return;
        }
        line = place_of_field(p, i)->line;
        claim.field = i;
        g_array_append_val(out, claim);
    }
}

static void spread_headings(const HfCheck *c, GArray *claims)
{
    g_autoptr(GHashTable) told = g_hash_table_new(NULL, NULL);
    guint n = claims->len;

    for (guint i = 0; i < n; i++) {
        HfFieldId f = g_array_index(claims, HfClaim, i).field;

        if (f) {
            g_hash_table_add(told, GUINT_TO_POINTER(f));
        }
    }
    for (guint i = 0; i < n; i++) {
        HfClaim claim = g_array_index(claims, HfClaim, i);

        if (claim.group && claim.field && claim.kind == HF_CLAIM_GUARDED) {
            spread(c, &claim, told, claims);
        }
    }
}

GArray *hf_claims(const HfCheck *c)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HfClaim));
    g_autoptr(GHashTable) seen =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    for (guint i = 1; i < c->program->units->len; i++) {
        const HfFacts *f = HF_PROGRAM_UNIT(c->program, i)->facts;

        for (uint32_t k = 1; k < f->n_remarks; k++) {
            see_remark(c, i, &f->remarks[k], seen, out);
        }
    }
    spread_headings(c, out);
    return out;
}
