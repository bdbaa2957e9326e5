/* SPDX-License-Identifier: MIT */
/*
 * `if (a && b) lock(); ... if (a && b) unlock();`: between the two, three
 * states hold no or one lock, and the two without it answer the condition in
 * ways that one state cannot remember.  Where a condition is asked for in
 * several blocks of a body that uses locks, states that answer it differently
 * are kept apart as long as there is room.
 */
#include "solve/flow.h"

#include <string.h>

#define MAX_QUESTIONS 48

static gboolean touches_locks(const HfRun *r)
{
    const HfSolved *s = r->solved;

    for (uint32_t i = 0; i < r->body.fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(r->out, i);
        const HfContract *k;
        const HfFlow *f;
        HfSymId sym;

        if (e->kind != HF_EV_CALL) {
            continue;
        }
        sym = r->body.u->symbols[e->sym];
        k = hf_contract_of(s->contracts, sym);
        if (k && k->kinds & HF_LOCK_EFFECTS) {
            return TRUE;
        }
        f = s->flows[sym];
        for (guint n = 0; f && f->exits && n < f->exits->len; n++) {
            if (g_array_index(f->exits, HfExit, n).holds) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Paths on which branches of more than one block depend. */
static GHashTable *asked_twice(const HfRun *r)
{
    const HfFacts *f = r->body.u->facts;
    GHashTable *first = g_hash_table_new(NULL, NULL); /* path -> block + 1 */
    GHashTable *twice = g_hash_table_new(NULL, NULL);

    for (uint32_t b = 0; b < r->body.fn->n_blocks; b++) {
        const HfBlock *block = &f->blocks[r->body.fn->first_block + b];

        for (uint32_t i = 0; i < block->n_edges; i++) {
            HfId cond = f->edges[block->first_edge + i].cond;
            gpointer path = GUINT_TO_POINTER(f->conds[cond].lhs), seen;

            if (!cond) {
                continue;
            }
            seen = g_hash_table_lookup(first, path);
            if (!seen) {
                g_hash_table_insert(first, path, GUINT_TO_POINTER(b + 1));
            } else if (seen != GUINT_TO_POINTER(b + 1)) {
                g_hash_table_add(twice, path);
            }
        }
    }
    g_hash_table_unref(first);
    return twice;
}

/* ---- conditions on locals ------------------------------------------------ */

static uint32_t local_of(const HfRun *r, HfId path)
{
    const HfPath *p = &r->body.u->facts->paths[path];

    while (p->kind == HF_PATH_COMPUTED) {
        p = &r->body.u->facts->paths[p->parent];
    }
    return p->kind == HF_PATH_LOCAL ? p->ref - r->body.fn->first_local
                                    : UINT32_MAX;
}

static gboolean listed(const HfRun *r, const HfCond *c)
{
    for (guint i = 0; i < r->questions->len; i++) {
        const HfCond *o = g_array_index(r->questions, HfQuestion, i).cond;

        if (o->op == c->op && o->flags == c->flags && o->lhs == c->lhs &&
            o->rhs == c->rhs) {
            return TRUE;
        }
    }
    return FALSE;
}

static void list_questions(HfRun *r)
{
    const HfFacts *f = r->body.u->facts;

    for (uint32_t b = 0; b < r->body.fn->n_blocks; b++) {
        const HfBlock *block = &f->blocks[r->body.fn->first_block + b];

        for (uint32_t i = 0; i < block->n_edges; i++) {
            const HfEdge *edge = &f->edges[block->first_edge + i];
            const HfCond *c = &f->conds[edge->cond];
            HfQuestion q = { .cond = c, .local = local_of(r, c->lhs) };

            if (edge->cond && q.local != UINT32_MAX &&
                r->questions->len < MAX_QUESTIONS && !listed(r, c)) {
                q.again = g_hash_table_contains(r->asked,
                                                GUINT_TO_POINTER(c->lhs));
                g_array_append_val(r->questions, q);
            }
        }
    }
}

void hf_watch_start(HfRun *r)
{
    if (touches_locks(r)) {
        r->asked = asked_twice(r);
        r->watched = g_hash_table_new(NULL, NULL);
        r->questions = g_array_new(FALSE, FALSE, sizeof(HfQuestion));
        r->scratch = g_malloc(hf_state_size(&r->body));
        r->scratch2 = g_malloc(hf_state_size(&r->body));
        list_questions(r);
    }
}

void hf_watch_stop(HfRun *r)
{
    if (r->watched) {
        g_hash_table_unref(r->watched);
        g_hash_table_unref(r->asked);
        g_array_unref(r->questions);
        g_free(r->scratch);
        g_free(r->scratch2);
        r->watched = NULL;
    }
}

/* 1 yes, -1 no, 0 not known. */
static int answer(const HfRun *r, const HfState *s, const HfCond *cond)
{
    gboolean yes, no;

    memcpy(r->scratch, s, hf_state_size(&r->body));
    yes = hf_state_branch(&r->body, r->scratch, cond, FALSE);
    memcpy(r->scratch, s, hf_state_size(&r->body));
    no = hf_state_branch(&r->body, r->scratch, cond, TRUE);
    return yes == no ? 0 : yes ? 1 : -1;
}

/* Two values of a local that give one answer are as good as one. */
gboolean hf_watch_merge(HfRun *r, HfState *a, const HfState *b)
{
    int8_t answers[MAX_QUESTIONS] = { 0 };

    if (!r->watched) {
        return hf_state_merge(&r->body, a, b);
    }
    for (guint i = 0; i < r->questions->len; i++) {
        const HfQuestion *q = &g_array_index(r->questions, HfQuestion, i);

        if (a->env[q->local] != b->env[q->local]) {
            int one = answer(r, a, q->cond);

            answers[i] = one && answer(r, b, q->cond) == one ? one : 0;
        }
    }
    memcpy(r->scratch2, a, hf_state_size(&r->body));
    hf_state_merge(&r->body, a, b);
    for (guint i = 0; i < r->questions->len; i++) {
        const HfQuestion *q = &g_array_index(r->questions, HfQuestion, i);

        if (answers[i]) {
            hf_state_branch(&r->body, a, q->cond, answers[i] < 0);
        }
    }
    return memcmp(r->scratch2, a, hf_state_size(&r->body)) != 0;
}

/* ---- keeping states apart ------------------------------------------------ */

void hf_watch_branch(HfRun *r, const HfState *s, const HfCond *cond)
{
    HfX x;

    if (!r->watched ||
        !g_hash_table_contains(r->asked, GUINT_TO_POINTER(cond->lhs))) {
        return;
    }
    x = hf_state_value(&r->body, s, cond->lhs);
    if (x && hf_x(r->body.t, x)->kind != HF_X_UNKNOWN) {
        g_hash_table_add(r->watched, GUINT_TO_POINTER(x));
    }
}

static gboolean is_watched(const HfRun *r, HfX key)
{
    const HfXNode *n = hf_x(r->body.t, key);

    return g_hash_table_contains(r->watched, GUINT_TO_POINTER(key)) ||
           ((n->kind == HF_X_EQ || n->kind == HF_X_LT) &&
            (g_hash_table_contains(r->watched, GUINT_TO_POINTER(n->parent)) ||
             g_hash_table_contains(r->watched, GUINT_TO_POINTER(n->other))));
}

gboolean hf_watch_differ_outside(const HfRun *r, const HfState *a,
                                 const HfState *b)
{
    if (!r->watched) {
        return FALSE;
    }
    for (int i = 0; i < a->n_facts; i++) {
        if (a->facts[i].flags & HF_FACT_STORED ||
            hf_x(r->body.t, a->facts[i].key)->local) {
            continue;
        }
        for (int k = 0; k < b->n_facts; k++) {
            if (a->facts[i].key == b->facts[k].key &&
                !(b->facts[k].flags & HF_FACT_STORED) &&
                hf_fact_implies(&a->facts[i], &b->facts[k]) < 0) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* b knows an answer that a does not share; when a knows none it covers b. */
static gboolean answered_differently(const HfRun *r, const HfQuestion *q,
                                     const HfState *a, const HfState *b)
{
    int one;

    if (!q->again || a->env[q->local] == b->env[q->local]) {
        return FALSE;
    }
    one = answer(r, a, q->cond);
    return one && answer(r, b, q->cond) != one;
}

/* Some state that holds other locks knows the answer, too. */
static gboolean decides_locks(const HfRun *r, const HfStates *among,
                              const HfState *a, HfX part)
{
    for (guint i = 0; i < among->n; i++) {
        const HfState *s = among->v[i];

        if (!s || hf_state_same_locks(s, a)) {
            continue;
        }
        for (int k = 0; k < s->n_facts; k++) {
            if (hf_x_mentions(r->body.t, s->facts[k].key, part)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

int hf_watch_weight(const HfRun *r, const HfStates *among, const HfState *a,
                    const HfState *b)
{
    int weight = 0;

    for (guint i = 0; r->watched && i < r->questions->len; i++) {
        weight += answered_differently(
            r, &g_array_index(r->questions, HfQuestion, i), a, b);
    }
    for (int i = 0; r->watched && i < a->n_facts; i++) {
        for (int k = 0; k < b->n_facts; k++) {
            if (a->facts[i].key == b->facts[k].key &&
                hf_fact_implies(&a->facts[i], &b->facts[k]) < 0 &&
                is_watched(r, a->facts[i].key)) {
                weight += decides_locks(r, among, a, a->facts[i].key) ? 8 : 1;
            }
        }
    }
    return weight;
}

gboolean hf_watch_differ(const HfRun *r, const HfState *a, const HfState *b)
{
    if (!r->watched) {
        return FALSE;
    }
    for (guint i = 0; i < r->questions->len; i++) {
        if (answered_differently(
                r, &g_array_index(r->questions, HfQuestion, i), a, b)) {
            return TRUE;
        }
    }
    for (int i = 0; i < a->n_facts; i++) {
        for (int k = 0; k < b->n_facts; k++) {
            if (a->facts[i].key == b->facts[k].key &&
                hf_fact_implies(&a->facts[i], &b->facts[k]) < 0 &&
                is_watched(r, a->facts[i].key)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}
