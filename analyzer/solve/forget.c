/* SPDX-License-Identifier: MIT */
/*
 * What a write makes stale.  Expressions name memory by how it is reached;
 * when a link of that way is changed, whatever was named through it keeps
 * what it meant before: OLD(link).
 */
#include "solve/state.h"

#include <string.h>

typedef struct {
    HfX from, to;
} Rename;

/* Replace `from` where its value is used, not where its place is: a lock
 * inside a local struct stays the same lock when the struct is assigned to,
 * a lock that a local points to does not. */
static HfX renamed(const HfBody *b, HfX x, const Rename *r, gboolean value)
{
    HfXNode n = *hf_x(b->t, x);
    HfX parent, other;

    if (x == r->from) {
        return value ? r->to : x;
    }
    if (!n.parent) {
        return x;
    }
    if (n.kind == HF_X_ADDR) {
        value = FALSE;
    } else if (n.kind != HF_X_FIELD && n.kind != HF_X_INDEX) {
        value = TRUE;
    }
    parent = renamed(b, n.parent, r, value);
    other = n.other ? renamed(b, n.other, r, TRUE) : 0;
    if (parent == n.parent && other == n.other) {
        return x;
    }
    return hf_x_rebuild(b->t, &n, parent, other);
}

HfX hf_state_replace(const HfBody *b, HfX x, HfX from, HfX to)
{
    return renamed(b, x, &(Rename){ from, to }, FALSE);
}

void hf_state_sort_holds(HfState *s)
{
    for (int i = 1; i < s->n_holds; i++) {
        HfHold h = s->holds[i];
        int k = i;

        for (; k > 0 && s->holds[k - 1].lock > h.lock; k--) {
            s->holds[k] = s->holds[k - 1];
        }
        s->holds[k] = h;
    }
}

/* Two locks that now have one name: neither is known any more. */
static void join_twins(HfState *s)
{
    int n = 0;

    hf_state_sort_holds(s);
    for (int i = 0; i < s->n_holds; i++) {
        if (n && s->holds[n - 1].lock == s->holds[i].lock) {
            s->holds[n - 1].flags |= HF_HOLD_FORGOTTEN;
        } else {
            s->holds[n++] = s->holds[i];
        }
    }
    s->n_holds = n;
}

/* ---- renaming everywhere ------------------------------------------------ */

static void rename_env(const HfBody *b, HfState *s, const Rename *r)
{
    for (uint32_t i = 0; i < b->fn->n_locals; i++) {
        HfX self = hf_x_leaf(b->t, HF_X_LOCAL, i);
        HfX x = s->env[i];

        /* its own name as a value: what a local holds since its last write */
        if (x == r->from && x == self) {
            continue;
        }
        x = renamed(b, x, r, TRUE);
        s->env[i] = x ? x : self;
    }
    for (int i = 0; i < s->n_temps; i++) {
        HfX x = renamed(b, s->temps[i].value, r, TRUE);

        s->temps[i].value = x ? x : s->temps[i].value;
    }
}

/* What is stored in the object itself is gone. */
static void rename_stored(const HfBody *b, HfState *s, const Rename *r)
{
    int n = 0;

    for (int i = 0; i < s->n_stored; i++) {
        HfX x = renamed(b, s->stored[i].value, r, TRUE);

        if (x && !hf_x_mentions(b->t, s->stored[i].object, r->from)) {
            s->stored[n] = s->stored[i];
            s->stored[n++].value = x;
        }
    }
    s->n_stored = n;
}

static void rename_holds(const HfBody *b, HfState *s, const Rename *r)
{
    gboolean moved = FALSE;

    for (int i = 0; i < s->n_holds; i++) {
        HfX x = renamed(b, s->holds[i].lock, r, FALSE);

        if (x && x != s->holds[i].lock) {
            s->holds[i].lock = x;
            moved = TRUE;
        }
    }
    if (moved) {
        join_twins(s);
    }
}

/* Facts whose key speaks of the place, not the value, or of a place that may
 * be the same one, are lost. */
static void rename_facts(const HfBody *b, HfState *s, const Rename *r,
                         gboolean (*lost)(const HfBody *, HfX, HfX))
{
    int n = 0;

    for (int i = 0; i < s->n_facts; i++) {
        HfX x = renamed(b, s->facts[i].key, r, TRUE);

        if (!x || (x == s->facts[i].key && lost(b, x, r->from))) {
            continue;
        }
        s->facts[n] = s->facts[i];
        s->facts[n++].key = x;
    }
    s->n_facts = n;
}

static gboolean in_state(const HfBody *b, const HfState *s, HfX x)
{
    for (uint32_t i = 0; i < b->fn->n_locals; i++) {
        if (hf_x(b->t, s->env[i])->local && hf_x_mentions(b->t, s->env[i], x)) {
            return TRUE;
        }
    }
    for (int i = 0; i < s->n_holds; i++) {
        if (hf_x_mentions(b->t, s->holds[i].lock, x)) {
            return TRUE;
        }
    }
    for (int i = 0; i < s->n_facts; i++) {
        if (hf_x_mentions(b->t, s->facts[i].key, x)) {
            return TRUE;
        }
    }
    for (int i = 0; i < s->n_temps; i++) {
        if (hf_x_mentions(b->t, s->temps[i].value, x)) {
            return TRUE;
        }
    }
    for (int i = 0; i < s->n_stored; i++) {
        if (hf_x_mentions(b->t, s->stored[i].value, x)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Too old to be told apart from what comes next. */
static void lose(const HfBody *b, HfState *s, HfX x)
{
    int n = 0;

    for (uint32_t i = 0; i < b->fn->n_locals; i++) {
        if (hf_x_mentions(b->t, s->env[i], x)) {
            s->env[i] = hf_x_leaf(b->t, HF_X_LOCAL, i);
        }
    }
    for (int i = 0; i < s->n_holds; i++) {
        if (hf_x_mentions(b->t, s->holds[i].lock, x)) {
            s->holds[i].flags |= HF_HOLD_FORGOTTEN;
        }
    }
    for (int i = 0; i < s->n_facts; i++) {
        if (!hf_x_mentions(b->t, s->facts[i].key, x)) {
            s->facts[n++] = s->facts[i];
        }
    }
    s->n_facts = n;
    n = 0;
    for (int i = 0; i < s->n_temps; i++) {
        if (!hf_x_mentions(b->t, s->temps[i].value, x)) {
            s->temps[n++] = s->temps[i];
        }
    }
    s->n_temps = n;
    n = 0;
    for (int i = 0; i < s->n_stored; i++) {
        if (!hf_x_mentions(b->t, s->stored[i].value, x)) {
            s->stored[n++] = s->stored[i];
        }
    }
    s->n_stored = n;
}

/* x is about to mean something new. */
static void age(const HfBody *b, HfState *s, HfX x,
                gboolean (*lost)(const HfBody *, HfX, HfX))
{
    Rename now = { x, hf_x_leaf(b->t, HF_X_OLD, x) };

    if (in_state(b, s, now.to)) {
        Rename before = { now.to, hf_x_leaf(b->t, HF_X_OLD, now.to) };

        lose(b, s, before.to);
        rename_env(b, s, &before);
        rename_stored(b, s, &before);
        rename_holds(b, s, &before);
        rename_facts(b, s, &before, lost);
    }
    rename_env(b, s, &now);
    rename_stored(b, s, &now);
    rename_holds(b, s, &now);
    rename_facts(b, s, &now, lost);
}

/* ---- writes ------------------------------------------------------------- */

static gboolean mentions(const HfBody *b, HfX key, HfX x)
{
    return hf_x_mentions(b->t, key, x);
}

void hf_state_assign(const HfBody *b, HfState *s, uint32_t local, HfX value)
{
    HfX self = hf_x_leaf(b->t, HF_X_LOCAL, local);

    if (!value || hf_x(b->t, value)->kind == HF_X_UNKNOWN) {
        value = self;
    }
    s->env[local] = value; /* grows old with the rest where it mentions self */
    age(b, s, self, mentions);
}

void hf_state_set_temp(const HfBody *b, HfState *s, uint32_t event, HfX value)
{
    HfX self = hf_x_leaf(b->t, HF_X_TEMP, event);

    if (in_state(b, s, self)) { /* the call runs again: an older result */
        age(b, s, self, mentions);
    }
    for (int i = 0; i < s->n_temps; i++) {
        if (s->temps[i].event == event) {
            memmove(&s->temps[i], &s->temps[i + 1],
                    (s->n_temps - i - 1) * sizeof(s->temps[0]));
            s->n_temps--;
            break;
        }
    }
    if (!value || value == self) {
        return;
    }
    if (s->n_temps == HF_STATE_TEMPS) {
        memmove(&s->temps[0], &s->temps[1],
                (HF_STATE_TEMPS - 1) * sizeof(s->temps[0]));
        s->n_temps--;
    }
    s->temps[s->n_temps++] = (HfTempValue){ event, value };
}

/* The same member of whatever object may be this one. */
static gboolean about(const HfBody *b, HfX key, HfX object)
{
    const HfXNode *n = hf_x(b->t, object);

    for (; key; key = hf_x(b->t, key)->parent) {
        const HfXNode *k = hf_x(b->t, key);

        if (key == object ||
            (n->kind == HF_X_FIELD && k->kind == HF_X_FIELD &&
             k->ref == n->ref) ||
            (k->other && hf_x_mentions(b->t, k->other, object))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- writes through pointers to pointers -------------------------------- */

/* As the source spells it; NULL when that is not known. */
static const char *type_of(const HfBody *b, HfX object)
{
    const HfXNode *n = hf_x(b->t, object);

    switch (n->kind) {
    case HF_X_FIELD:
        return HF_PROGRAM_FIELD(b->p, n->ref)->type;
    case HF_X_GLOBAL:
        return HF_PROGRAM_SYM(b->p, n->ref)->type;
    case HF_X_PARAM:
    case HF_X_LOCAL:
        return hf_str(b->u->facts, b->u->facts->locals[b->fn->first_local +
                                                       n->ref].type);
    default:
        return NULL;
    }
}

/* What a pointer of that type points to is of this one. */
static gboolean points_to(const char *pointer, const char *type)
{
    gsize n = strlen(type);

    return n && type[n - 1] == '*' && strncmp(pointer, type, n) == 0 &&
           strcmp(pointer + n, "*") == 0;
}

/* *head->last = element: where lists are kept so, it may be head->first that
 * is written.  A member of that type is no longer known to be what it was;
 * the function's own locals are looked after where their address is taken. */
static void forget_pointees(const HfBody *b, HfState *s, HfX object)
{
    const HfXNode *n = hf_x(b->t, object);
    const char *pointer = n->kind == HF_X_DEREF ? type_of(b, n->parent) : NULL;
    int kept = 0;

    for (int i = 0; pointer && i < s->n_facts; i++) {
        HfX x = s->facts[i].key;

        while (x && !(hf_x(b->t, x)->kind == HF_X_FIELD &&
                      points_to(pointer, type_of(b, x)))) {
            x = hf_x(b->t, x)->parent;
        }
        if (!x) {
            s->facts[kept++] = s->facts[i];
        }
    }
    s->n_facts = pointer ? kept : s->n_facts;
}

void hf_state_stored(const HfBody *b, HfState *s, HfX object)
{
    HfXKind root = hf_x(b->t, hf_x_root(b->t, object))->kind;
    int n = 0;

    forget_pointees(b, s, object);
    if (root != HF_X_OLD && root != HF_X_UNKNOWN) {
        age(b, s, object, about);
        return;
    }
    for (int i = 0; i < s->n_facts; i++) {
        if (!about(b, s->facts[i].key, object)) {
            s->facts[n++] = s->facts[i];
        }
    }
    s->n_facts = n;
}
