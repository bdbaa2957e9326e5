/* SPDX-License-Identifier: MIT */
/*
 * What others may have changed meanwhile.
 *
 * A value that was stored into memory which other functions write, too, is
 * known as long as a lock is held; without one, until the next call.  What a
 * loop waits for is known for one round: where nothing in the loop changes
 * it, others do, or it would never end.
 *
 * What keeps states apart that hold different locks stays: `s->locked = true`
 * is a note to oneself, whoever else can write it.
 */
#include "solve/flow.h"
#include "solve/blocks.h"

/* Things that a loop's exits ask for; more are not followed. */
#define MAX_ASKED 16

typedef struct {
    HfXKind kind; /* FIELD or GLOBAL */
    uint32_t ref;
} Leaf;

/* What the loop that closes with an edge of that block asks. */
typedef struct {
    uint32_t from;
    guint n;
    Leaf leaves[MAX_ASKED];
} Asked;

/* ---- memory that others write ------------------------------------------- */

/* A number: what is reached through a pointer keeps its name. */
static gboolean is_shared(const HfRun *r, const HfState *s, HfX key)
{
    const HfXNode *root = hf_x(r->body.t, hf_x_root(r->body.t, key));
    const HfXNode *n = hf_x(r->body.t, key);
    const HfProgSymbol *var;

    if (root->kind == HF_X_LOCAL || root->kind == HF_X_OLD ||
        hf_state_is_fresh(&r->body, s, key)) {
        return FALSE;
    }
    while (n->kind == HF_X_INDEX) {
        n = hf_x(r->body.t, n->parent);
    }
    if (n->kind == HF_X_FIELD) {
        return HF_PROGRAM_FIELD(r->body.p, n->ref)->type_flags &
                   HF_TYPE_INTEGRAL &&
               hf_writers_field(r->solved->writers, n->ref, r->out->sym);
    }
    if (n->kind != HF_X_GLOBAL) {
        return FALSE;
    }
    var = HF_PROGRAM_SYM(r->body.p, n->ref);
    return var->type_flags & HF_TYPE_INTEGRAL &&
           !(var->flags & HF_SYM_THREAD_LOCAL) &&
           hf_writers_variable(r->solved->writers, n->ref, r->out->sym);
}

/* Copies of it in locals stay what they are. */
static void keep_copies(HfRun *r, HfState *s, const HfFact *known)
{
    int n = 0;

    for (uint32_t i = 0; i < r->body.fn->n_locals; i++) {
        HfFact f = *known;

        if (hf_x_mentions(r->body.t, s->env[i], known->key)) {
            gboolean copy = s->env[i] == known->key;

            hf_state_assign(&r->body, s, i, 0);
            f.key = s->env[i];
            f.flags = 0;
            if (copy) {
                hf_state_assume(&r->body, s, &f);
            }
        }
    }
    for (int i = 0; i < s->n_temps; i++) {
        if (!hf_x_mentions(r->body.t, s->temps[i].value, known->key)) {
            s->temps[n++] = s->temps[i];
        }
    }
    s->n_temps = n;
}

static void forget(HfRun *r, HfState *s, const HfFact *known)
{
    HfFact f = *known;
    int n = 0;

    keep_copies(r, s, &f);
    for (int i = 0; i < s->n_facts; i++) {
        if (s->facts[i].key != f.key) {
            s->facts[n++] = s->facts[i];
        }
    }
    s->n_facts = n;
}

static gboolean knows(const HfState *s, const HfFact *fact)
{
    for (int i = 0; i < s->n_facts; i++) {
        if (s->facts[i].key == fact->key &&
            hf_fact_implies(&s->facts[i], fact) > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean all_know(HfState *const *v, guint n, const HfFact *fact)
{
    for (guint i = 0; i < n; i++) {
        if (!knows(v[i], fact)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- calls -------------------------------------------------------------- */

static gboolean holds_lock(const HfRun *r, const HfState *s)
{
    for (int i = 0; i < s->n_holds; i++) {
        if (s->holds[i].now == HF_HOLD_HELD &&
            (hf_x(r->body.t, s->holds[i].lock)->kind != HF_X_CAP ||
             hf_contract_cap_rule(r->solved->contracts, s->holds[i].lock)
                     ->kind == HF_CAP_LOCK)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean any_stored(const HfState *s)
{
    for (int i = 0; i < s->n_facts; i++) {
        if (s->facts[i].flags & HF_FACT_STORED) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_meanwhile_held(const HfRun *r, HfState *const *v, guint n)
{
    for (guint i = 0; i < n; i++) {
        if (holds_lock(r, v[i])) {
            return TRUE;
        }
    }
    return FALSE;
}

guint hf_meanwhile_find(const HfRun *r, HfState *const *v, guint n,
                        HfFact *gone)
{
    guint k = 0;

    if (!n || !any_stored(v[0]) || hf_meanwhile_held(r, v, n)) {
        return 0;
    }
    for (int i = 0; i < v[0]->n_facts; i++) {
        const HfFact *f = &v[0]->facts[i];

        if (f->flags & HF_FACT_STORED && is_shared(r, v[0], f->key) &&
            all_know(v, n, f)) {
            gone[k++] = *f;
        }
    }
    return k;
}

void hf_meanwhile_forget(HfRun *r, HfState *const *v, guint n,
                         const HfFact *gone, guint n_gone)
{
    for (guint i = 0; i < n_gone; i++) {
        for (guint m = 0; m < n; m++) {
            if (knows(v[m], &gone[i])) {
                forget(r, v[m], &gone[i]);
            }
        }
    }
}

/* ---- loops -------------------------------------------------------------- */

static void add_leaf(Asked *a, HfXKind kind, uint32_t ref)
{
    if (a->n < MAX_ASKED) {
        a->leaves[a->n++] = (Leaf){ kind, ref };
    }
}

static void add_path(const HfRun *r, Asked *a, HfId path)
{
    const HfPath *paths = hf_run_facts(r)->paths;

    while (paths[path].kind == HF_PATH_INDEX ||
           paths[path].kind == HF_PATH_COMPUTED) {
        path = paths[path].parent;
    }
    if (paths[path].kind == HF_PATH_FIELD) {
        add_leaf(a, HF_X_FIELD, r->body.u->fields[paths[path].ref]);
    } else if (paths[path].kind == HF_PATH_GLOBAL) {
        add_leaf(a, HF_X_GLOBAL, r->body.u->symbols[paths[path].ref]);
    }
}

/* while (!is_done(s)): by what its ways out know. */
static void add_callee(const HfRun *r, Asked *a, uint32_t event)
{
    const HfEvent *e = &hf_run_facts(r)->events[event];
    const HfFlow *f = e->kind == HF_EV_CALL
                          ? r->solved->flows[r->body.u->symbols[e->sym]]
                          : NULL;

    for (guint i = 0; f && f->exits && i < f->exits->len; i++) {
        const GArray *facts = g_array_index(f->exits, HfExit, i).facts;

        for (guint k = 0; facts && k < facts->len; k++) {
            HfX key = g_array_index(facts, HfFact, k).key;
            const HfXNode *n = hf_x(r->body.t, key);

            if (n->kind == HF_X_FIELD || n->kind == HF_X_GLOBAL) {
                add_leaf(a, n->kind, n->ref);
            }
        }
    }
}

/* while ((v = s->x) == 0): what the loop puts into the local. */
static void add_local(const HfRun *r, Asked *a, const gboolean *in, HfId path)
{
    const HfFacts *f = hf_run_facts(r);

    for (uint32_t i = 0; i < r->body.fn->n_blocks; i++) {
        const HfBlock *b = &f->blocks[r->body.fn->first_block + i];

        for (uint32_t k = 0; in[i] && k < b->n_events; k++) {
            const HfEvent *e = &f->events[b->first_event + k];

            if (e->kind != HF_EV_WRITE || e->path != path || !e->value) {
                continue;
            }
            add_path(r, a, e->value);
            if (f->paths[e->value].kind == HF_PATH_TEMP) {
                add_callee(r, a, f->paths[e->value].ref);
            }
        }
    }
}

static void add_side(const HfRun *r, Asked *a, const gboolean *in, HfId path)
{
    const HfPath *p = &hf_run_facts(r)->paths[path];

    if (p->kind == HF_PATH_TEMP) {
        add_callee(r, a, p->ref);
    } else if (p->kind == HF_PATH_LOCAL) {
        add_local(r, a, in, path);
    } else {
        add_path(r, a, path);
    }
}

static const Asked *asked_by(HfRun *r, uint32_t from, uint32_t header)
{
    const HfFacts *f = hf_run_facts(r);
    gboolean *in;
    Asked *a;

    if (!r->loops) {
        r->loops = g_ptr_array_new_with_free_func(g_free);
    }
    for (guint i = 0; i < r->loops->len; i++) {
        a = g_ptr_array_index(r->loops, i);
        if (a->from == from) {
            return a;
        }
    }
    a = g_new0(Asked, 1);
    a->from = from;
    g_ptr_array_add(r->loops, a);
    in = g_new(gboolean, r->body.fn->n_blocks);
    hf_block_loop(r->out, header, from, in);
    for (uint32_t i = 0; i < r->body.fn->n_blocks; i++) {
        const HfBlock *b = &f->blocks[r->body.fn->first_block + i];

        if (!in[i] || !hf_block_leaves(r->out, in, i)) {
            continue;
        }
        for (uint32_t k = 0; k < b->n_edges; k++) {
            const HfCond *c = &f->conds[f->edges[b->first_edge + k].cond];

            add_side(r, a, in, c->lhs);
            add_side(r, a, in, c->rhs);
        }
    }
    g_free(in);
    return a;
}

static gboolean about(const HfRun *r, HfX key, const Asked *a)
{
    const HfXNode *n = hf_x(r->body.t, key);

    if (n->kind == HF_X_EQ || n->kind == HF_X_LT) {
        return about(r, n->parent, a) || about(r, n->other, a);
    }
    while (n->kind == HF_X_INDEX || n->kind == HF_X_COMPUTED) {
        n = hf_x(r->body.t, n->parent);
    }
    for (guint i = 0; i < a->n; i++) {
        if (n->kind == a->leaves[i].kind && n->ref == a->leaves[i].ref) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean part_shared(const HfRun *r, const HfState *s, HfX key)
{
    const HfXNode *n = hf_x(r->body.t, key);

    if (n->kind == HF_X_EQ || n->kind == HF_X_LT) {
        return part_shared(r, s, n->parent) || part_shared(r, s, n->other);
    }
    return is_shared(r, s, key);
}

void hf_meanwhile_round(HfRun *r, HfStates *states, uint32_t from,
                        uint32_t header)
{
    HfFact gone[HF_STATE_FACTS];
    const Asked *a;
    guint k = hf_meanwhile_find(r, states->v, states->n, gone);

    hf_meanwhile_forget(r, states->v, states->n, gone, k);
    if (!states->n || !states->v[0]->n_facts) {
        return;
    }
    k = 0;
    a = asked_by(r, from, header);
    for (int i = 0; a->n && i < states->v[0]->n_facts; i++) {
        const HfFact *f = &states->v[0]->facts[i];

        if (about(r, f->key, a) && part_shared(r, states->v[0], f->key) &&
            all_know(states->v, states->n, f)) {
            gone[k++] = *f;
        }
    }
    hf_meanwhile_forget(r, states->v, states->n, gone, k);
}
