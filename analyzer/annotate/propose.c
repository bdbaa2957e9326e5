/* SPDX-License-Identifier: MIT */
/* The list of proposals, and rounds of inference until it is complete. */
#include "annotate/infer.h"
#include "annotate/write.h"

#include <stdlib.h>
#include <string.h>

/* Chains grow within a round; more rounds than these mean that two kinds of
 * inference feed one another forever. */
#define MAX_ROUNDS 6

static void evidence_free(gpointer data)
{
    HfEvidence *e = data;

    g_free(e->text);
    g_free(e);
}

void hf_edit_free(gpointer data)
{
    HfEdit *e = data;

    g_free(e->file);
    g_free(e->text);
    g_free(e);
}

static void proposal_free(gpointer data)
{
    HfProposal *p = data;

    g_free(p->owner);
    g_free(p->lock);
    g_free(p->cap);
    g_free(p->annotation);
    g_free(p->unwritten);
    g_free(p->key);
    g_ptr_array_unref(p->evidence);
    g_ptr_array_unref(p->errors);
    g_ptr_array_unref(p->edits);
    g_free(p);
}

void hf_proposals_free(HfProposals *p)
{
    if (p) {
        g_ptr_array_unref(p->list);
        g_free(p);
    }
}

/* ---- words --------------------------------------------------------------- */

const char *hf_effect_word(HfEffectKind kind)
{
    switch (kind) {
    case HF_EFF_GUARDED_BY:
        return "guarded_by";
    case HF_EFF_REQUIRES:
        return "requires";
    case HF_EFF_REQUIRES_SHARED:
        return "requires_shared";
    case HF_EFF_EXCLUDES:
        return "excludes";
    case HF_EFF_GLOBAL_STATE:
        return "gs";
    case HF_EFF_IO:
        return "io";
    case HF_EFF_IO_OR_GS:
        return "io_or_gs";
    default:
        return "coroutine";
    }
}

const char *hf_proposal_kind(const HfProposal *p)
{
    switch (p->kind) {
    case HF_EFF_GLOBAL_STATE:
    case HF_EFF_IO:
    case HF_EFF_IO_OR_GS:
        return "context";
    case HF_EFF_REQUIRES_SHARED:
        return "requires";
    default:
        return hf_effect_word(p->kind);
    }
}

char *hf_proposal_title(const HfProposal *p)
{
    switch (p->kind) {
    case HF_EFF_GLOBAL_STATE:
        return g_strdup("GLOBAL_STATE_CODE");
    case HF_EFF_IO:
        return g_strdup("IO_CODE");
    case HF_EFF_IO_OR_GS:
        return g_strdup("IO_OR_GS_CODE");
    case HF_EFF_COROUTINE:
        return g_strdup("coroutine_fn");
    default: {
        g_autofree char *word = g_ascii_strup(hf_effect_word(p->kind), -1);

        return g_strdup_printf("%s(%s)", word, p->lock);
    }
    }
}

/* ---- what is asked for --------------------------------------------------- */

static gboolean matches_any(const char *const *patterns, const char *text)
{
    if (!patterns) {
        return FALSE;
    }
    for (guint i = 0; patterns[i]; i++) {
        if (g_pattern_match_simple(patterns[i], text)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean in_places(const char *const *patterns, const char *root,
                          const char *path)
{
    const char *below = path + strlen(root) + 1;

    for (guint i = 0; patterns[i]; i++) {
        size_t n = strlen(patterns[i]);

        while (n && patterns[i][n - 1] == '/') {
            n--;
        }
        if (g_pattern_match_simple(patterns[i], below) ||
            (strncmp(below, patterns[i], n) == 0 && below[n] == '/')) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_wanted(const HfAnnotateOptions *o, const char *root,
                          const HfProposal *p)
{
    gboolean data = p->kind == HF_EFF_GUARDED_BY;

    if (o->kinds && !g_strv_contains(o->kinds, hf_proposal_kind(p))) {
        return FALSE;
    }
    if ((o->functions || o->fields) &&
        !matches_any(data ? o->fields : o->functions, p->owner)) {
        return FALSE;
    }
    return !o->places || in_places(o->places, root, p->place.file);
}

/* ---- making -------------------------------------------------------------- */

static char *owner_of(const HfInfer *in, const HfWhat *what)
{
    const HfProgField *f = HF_PROGRAM_FIELD(in->check.program, what->field);

    return what->field
               ? g_strdup_printf("%s.%s", HF_PROGRAM_RECORD(
                                     in->check.program, f->record)->name,
                                 f->name)
               : g_strdup(hf_infer_name(in, what->sym));
}

static HfPlace place_of(const HfInfer *in, const HfWhat *what)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(in->check.program, what->sym);
    const HfFlow *flow = what->sym ? in->check.solved->flows[what->sym]
                                   : NULL;

    if (what->field) {
        return hf_infer_place_of_field(in, what->field);
    }
    return flow ? hf_check_place(flow, UINT32_MAX)
                : hf_check_place_of(in->check.program, s->decl_unit,
                                    s->decl_loc);
}

static HfProposal *new_proposal(const HfInfer *in, const HfWhat *what,
                                char *lock)
{
    const HfXTable *t = in->check.solved->exprs;
    const HfXNode *root =
        what->lock ? hf_x(t, hf_x_root(t, what->lock)) : NULL;
    const HfCapRule *cap =
        what->lock ? hf_contract_cap_rule(in->check.solved->contracts,
                                          what->lock) : NULL;
    HfProposal *p = g_new0(HfProposal, 1);

    p->kind = what->kind;
    p->sym = what->sym;
    p->field = what->field;
    p->owner = owner_of(in, what);
    p->lock = lock;
    p->cap = cap ? g_strdup(cap->name) : NULL;
    p->param = root && root->kind == HF_X_PARAM ? (int)root->ref : -1;
    if (root && root->kind == HF_X_GLOBAL) {
        p->lock_var = root->ref;
    } else if (root && root->kind == HF_X_SELF) {
        p->lock_field = hf_x(t, what->lock)->ref;
    }
    p->plain = root && (root->kind == HF_X_NAMED ||
                        !hf_verdict_is_lock(&in->check, what->lock));
    p->parts = HF_PART_ALL;
    p->place = place_of(in, what);
    p->evidence = g_ptr_array_new_with_free_func(evidence_free);
    p->errors = g_ptr_array_new_with_free_func(evidence_free);
    p->edits = g_ptr_array_new_with_free_func(hf_edit_free);
    return p;
}

static char *key_of(const HfWhat *what, const char *lock)
{
    return g_strdup_printf("%d %u %u %s", what->kind, what->sym, what->field,
                           lock ? lock : "");
}

HfProposal *hf_proposal_find(const HfInfer *in, const HfWhat *what)
{
    g_autofree char *lock = what->lock ? hf_infer_lock_text(in, what) : NULL;
    g_autofree char *key = key_of(what, lock);
    HfProposal *p = g_hash_table_lookup(in->known, key);

    return p && p->round == in->out->rounds ? p : NULL;
}

void hf_proposal_discard(HfInfer *in, HfProposal *p)
{
    g_hash_table_remove(in->known, p->key);
    g_ptr_array_remove(in->out->list, p);
}

HfProposal *hf_propose(HfInfer *in, const HfWhat *what)
{
    g_autofree char *lock = what->lock ? hf_infer_lock_text(in, what) : NULL;
    g_autofree char *key = NULL;
    HfProposal *p;

    if (what->lock && !lock) {
        return NULL;
    }
    key = key_of(what, lock);
    p = g_hash_table_lookup(in->known, key);
    if (p) {
        return p->round == in->out->rounds ? p : NULL;
    }
    p = new_proposal(in, what, g_steal_pointer(&lock));
    if (!hf_infer_own_file(in, p->place.file)) {
        proposal_free(p);
        return NULL;
    }
    p->round = in->out->rounds;
    p->key = g_strdup(key);
    g_ptr_array_add(in->out->list, p);
    g_hash_table_insert(in->known, g_steal_pointer(&key), p);
    return p;
}

static void add_line(GPtrArray *list, HfPlace place, const char *fmt,
                     va_list args)
{
    HfEvidence *e = g_new0(HfEvidence, 1);

    e->place = place;
    e->text = g_strdup_vprintf(fmt, args);
    for (guint i = 0; i < list->len; i++) {
        const HfEvidence *o = g_ptr_array_index(list, i);

        if (strcmp(o->text, e->text) == 0 && o->place.line == place.line &&
            strcmp(o->place.file, place.file) == 0) {
            evidence_free(e);
            return;
        }
    }
    g_ptr_array_add(list, e);
}

void hf_proposal_evidence(HfProposal *p, HfPlace place, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_line(p->evidence, place, fmt, args);
    va_end(args);
}

void hf_proposal_error(HfProposal *p, HfPlace place, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    add_line(p->errors, place, fmt, args);
    va_end(args);
}

/* ---- rounds -------------------------------------------------------------- */

/* As if it were written: its string in the annotation header's words. */
static void assume(HfProgram *program, const HfProposal *p)
{
    g_autofree char *text = NULL;

    if (!p->lock) {
        text = g_strdup_printf("hf:%s", hf_effect_word(p->kind));
    } else {
        g_autofree char *lock = hf_lock_address(p);

        text = g_strdup_printf("hf:%s:%s", hf_effect_word(p->kind), lock);
    }
    hf_program_annotate(program, p->sym, p->field, text);
}

static guint64 mask_of(const HfInfer *in, const char *names)
{
    g_auto(GStrv) parts = names ? g_strsplit(names, "|", -1) : NULL;
    guint64 mask = 0;

    for (guint i = 0; parts && parts[i]; i++) {
        int cap = hf_contract_cap(in->check.solved->contracts,
                                  g_strstrip(parts[i]));

        mask |= cap >= 0 ? 1ull << cap : 0;
    }
    return mask;
}

/* Suggestions are made anew: what was assumed may have changed them. */
static void drop_suggestions(HfProposals *p)
{
    for (guint i = p->list->len; i-- > 0;) {
        if (!((HfProposal *)g_ptr_array_index(p->list, i))->sure) {
            g_ptr_array_remove_index(p->list, i);
        }
    }
}

static void array_unref(gpointer array)
{
    g_array_unref(array);
}

/* One round; returns how many sure proposals are new. */
static guint infer(HfProgram *program, const HfAnnotateOptions *o,
                   HfSources *sources, HfProposals *out)
{
    HfSolved *solved = hf_solve(program);
    HfInfer in = {
        .check = hf_check_for(solved, NULL, "ANNOTATION"), .out = out,
        .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .options = o, .guards = g_hash_table_new(NULL, NULL),
        .required = g_hash_table_new_full(NULL, NULL, NULL, array_unref),
    };
    GArray *claims = hf_claims(&in.check);
    guint n_new = 0, first;

    drop_suggestions(out);
    first = out->list->len;
    for (guint i = 0; i < first; i++) {
        HfProposal *p = g_ptr_array_index(out->list, i);

        g_hash_table_insert(in.known, g_strdup(p->key), p);
    }
    in.claims = claims;
    in.claims_of = hf_infer_index_claims(claims);
    in.gs = mask_of(&in, program->rules->contexts.gs_requires);
#define X(name) name(&in);
    HF_INFERENCES(X)
#undef X
    for (guint i = first; i < out->list->len;) {
        HfProposal *p = g_ptr_array_index(out->list, i);

        if (!p->evidence->len) {
            g_ptr_array_remove_index(out->list, i);
            continue;
        }
        n_new += p->sure;
        i++;
    }
    for (guint i = 0; i < out->list->len &&
                      (!n_new || out->rounds + 1 == MAX_ROUNDS); i++) {
        hf_proposal_write(&in, g_ptr_array_index(out->list, i), sources);
    }
    g_hash_table_unref(in.known);
    g_hash_table_unref(in.claims_of);
    g_hash_table_unref(in.guards);
    g_hash_table_unref(in.required);
    g_array_unref(claims);
    hf_check_for_clear(&in.check);
    hf_solved_free(solved);
    return n_new;
}

static gint by_place(gconstpointer a, gconstpointer b)
{
    const HfProposal *l = *(HfProposal *const *)a;
    const HfProposal *r = *(HfProposal *const *)b;
    int d = strcmp(l->place.file, r->place.file);

    d = d ? d : l->place.line - r->place.line;
    d = d ? d : l->place.col - r->place.col;
    d = d ? d : (int)l->kind - (int)r->kind;
    return d ? d : g_strcmp0(l->lock, r->lock);
}

HfProposals *hf_annotate_run(HfProgram *program, const HfAnnotateOptions *o)
{
    HfProposals *out = g_new0(HfProposals, 1);
    HfSources sources;
    guint n_new;

    hf_sources_open(&sources, program->root, o->include_dirs);
    out->list = g_ptr_array_new_with_free_func(proposal_free);
    do {
        guint first = 0;

        for (guint i = 0; i < out->list->len; i++) {
            first += ((HfProposal *)g_ptr_array_index(out->list, i))->sure;
        }
        n_new = infer(program, o, &sources, out);
        for (guint i = first; n_new && i < out->list->len; i++) {
            const HfProposal *p = g_ptr_array_index(out->list, i);

            if (p->sure) {
                assume(program, p);
            }
        }
    } while (n_new && ++out->rounds < MAX_ROUNDS);
    for (guint i = out->list->len; i-- > 0;) {
        if (!is_wanted(o, program->root, g_ptr_array_index(out->list, i))) {
            g_ptr_array_remove_index(out->list, i);
        }
    }
    hf_sources_close(&sources);
    g_ptr_array_sort(out->list, by_place);
    return out;
}
