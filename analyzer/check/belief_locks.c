/* SPDX-License-Identifier: MIT */
/* How a lock lies to the member or variable that it may guard. */
#include "check/belief.h"

static gboolean prefix_of(const HfXTable *t, HfX inner, HfX outer)
{
    while (inner) {
        const HfXNode *n = hf_x(t, inner);

        if (inner == outer) {
            return TRUE;
        }
        if (n->kind != HF_X_FIELD && n->kind != HF_X_INDEX) {
            return FALSE;
        }
        inner = n->parent;
    }
    return FALSE;
}

/* A lock inside some element of an array: one of many, which guards its own
 * element.  One that is itself an element is for whatever hashes to it. */
static gboolean is_of_some_element(const HfXTable *t, const HfXNode *lock)
{
    gboolean member = FALSE;

    for (const HfXNode *n = lock; n->parent; n = hf_x(t, n->parent)) {
        member |= n->kind == HF_X_FIELD;
        if (n->kind == HF_X_INDEX && n->value < 0) {
            return member;
        }
    }
    return FALSE;
}

gboolean hf_belief_is_base(const HfCheck *c, HfFieldId field)
{
    const HfProgField *f = field ? HF_PROGRAM_FIELD(c->program, field) : NULL;

    return f && f->type_flags & HF_TYPE_RECORD &&
           (field == 1 ||
            HF_PROGRAM_FIELD(c->program, field - 1)->record != f->record);
}

/* The object is (in) the first member of the one that the subject is in; with
 * container_of() it may be named without it. */
static gboolean is_in_base(const HfCheck *c, HfX object, HfX base)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *b = hf_x(t, base), *around;

    while (hf_x(t, object)->kind == HF_X_FIELD &&
           hf_belief_is_base(c, hf_x(t, object)->ref)) {
        object = hf_x(t, object)->parent;
        if (object == base) {
            return TRUE;
        }
    }
    around = hf_x(t, b->parent);
    return b->kind == HF_X_DEREF && around->kind == HF_X_CONTAINER_OF &&
           hf_belief_is_base(c, around->ref) &&
           hf_x(t, object)->kind == HF_X_DEREF &&
           hf_x(t, object)->parent == around->parent;
}

gboolean hf_belief_relate(const HfCheck *c, const HfSubject *s, HfX lock,
                          HfLockKey *key)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *n = hf_x(t, lock);
    const HfXNode *owner;

    if (n->kind == HF_X_CAP) {
        return FALSE; /* a lock over everything explains nothing */
    }
    /* the only object of its type, named by the variable that points to it,
     * is what its functions are given as a parameter, too */
    if (n->kind == HF_X_FIELD && s->base && n->parent != s->base &&
        hf_x(t, n->parent)->kind == HF_X_DEREF &&
        prefix_of(t, s->base, n->parent)) {
        *key = (HfLockKey){ n->ref, HF_REL_AROUND };
        return TRUE;
    }
    if (!n->local && hf_x(t, hf_x_root(t, lock))->kind == HF_X_GLOBAL &&
        !is_of_some_element(t, n)) {
        const HfXNode *base = s->base ? hf_x(t, s->base) : NULL;

        if (!base || n->kind == HF_X_GLOBAL || n->parent != s->base) {
            *key = (HfLockKey){ lock, HF_REL_GLOBAL };
            return TRUE;
        }
    }
    if (n->kind == HF_X_DEREF && s->base) {
        owner = hf_x(t, n->parent);
        *key = (HfLockKey){ owner->ref, HF_REL_POINTER };
        return owner->kind == HF_X_FIELD && owner->parent == s->base &&
               owner->ref != s->field;
    }
    if (n->kind != HF_X_FIELD || !s->base) {
        return FALSE;
    }
    key->id = n->ref;
    owner = hf_x(t, n->parent);
    if (n->parent == s->base) {
        key->relation = HF_REL_SAME;
        return TRUE;
    }
    if (prefix_of(t, s->base, n->parent)) {
        key->relation = HF_REL_AROUND;
        return TRUE;
    }
    if (is_in_base(c, n->parent, s->base)) {
        key->relation = HF_REL_BASE;
        return TRUE;
    }
    if (owner->kind == HF_X_FIELD && owner->parent == s->base) {
        key->relation = HF_REL_WITHIN;
        return TRUE;
    }
    /* what a member points to cannot guard that member */
    if (owner->kind == HF_X_DEREF &&
        hf_x(t, owner->parent)->kind == HF_X_FIELD &&
        hf_x(t, owner->parent)->parent == s->base &&
        hf_x(t, owner->parent)->ref != s->field) {
        key->relation = HF_REL_THROUGH;
        return TRUE;
    }
    return FALSE;
}

/* object.base.lock; 0 where the lock lies deeper. */
static HfX in_base(const HfCheck *c, HfX object, HfFieldId member,
                   HfFieldId lock)
{
    const HfProgram *p = c->program;
    HfRecId record = HF_PROGRAM_FIELD(p, member)->record;

    while (member > 1 && HF_PROGRAM_FIELD(p, member - 1)->record == record) {
        member--;
    }
    return HF_PROGRAM_FIELD(p, member)->type_record ==
                   HF_PROGRAM_FIELD(p, lock)->record
               ? hf_x_field(c->solved->exprs,
                            hf_x_field(c->solved->exprs, object, member), lock)
               : 0;
}

/* The one member beside the subject's that has the lock in it; 0: several. */
static HfFieldId only_holder(const HfCheck *c, const HfSubject *s,
                             HfFieldId lock)
{
    HfRecId record = HF_PROGRAM_FIELD(c->program, s->field)->record;
    HfRecId type = HF_PROGRAM_FIELD(c->program, lock)->record;
    HfFieldId found = 0;

    for (HfFieldId i = 1; i < c->program->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(c->program, i);

        if (f->record == record && f->type_record == type &&
            !(f->type_flags & HF_TYPE_POINTER)) {
            if (found) {
                return 0;
            }
            found = i;
        }
    }
    return found;
}

HfX hf_belief_lock_on(const HfCheck *c, const HfFlow *flow,
                      const HfSubject *s, const HfLockKey *key)
{
    HfXTable *t = c->solved->exprs;
    HfRecId record;
    HfX x = s->base;

    if (key->relation == HF_REL_GLOBAL) {
        return key->id;
    }
    if (key->relation == HF_REL_THROUGH || !x) {
        return 0; /* which member points to it is not part of the key */
    }
    if (key->relation == HF_REL_SAME) {
        return hf_x_field(t, x, key->id);
    }
    if (key->relation == HF_REL_POINTER) {
        return hf_x_deref(t, hf_x_field(t, x, key->id));
    }
    if (key->relation == HF_REL_WITHIN) {
        HfFieldId holder = only_holder(c, s, key->id);

        return holder ? hf_x_field(t, hf_x_field(t, x, holder), key->id) : 0;
    }
    if (key->relation == HF_REL_BASE) {
        return in_base(c, x, s->field, key->id);
    }
    record = HF_PROGRAM_FIELD(c->program, key->id)->record;
    while (hf_contract_record(c->solved->contracts, flow->sym, x) != record) {
        const HfXNode *n = hf_x(t, x);

        if (n->kind != HF_X_FIELD && n->kind != HF_X_INDEX) {
            return 0;
        }
        x = n->parent;
    }
    return hf_x_field(t, x, key->id);
}

char *hf_belief_lock_name(const HfCheck *c, const HfLockKey *key)
{
    const HfProgField *f;

    if (key->relation == HF_REL_GLOBAL) {
        return hf_check_stable(c, key->id);
    }
    f = HF_PROGRAM_FIELD(c->program, key->id);
    return g_strdup_printf(
        "%s.%s", HF_PROGRAM_RECORD(c->program, f->record)->name, f->name);
}

gboolean hf_belief_same_lock(const HfLockKey *a, const HfLockKey *b)
{
    return a->id == b->id && a->relation == b->relation;
}

gboolean hf_belief_has(const GArray *list, const HfLockKey *key)
{
    for (guint i = 0; list && i < list->len; i++) {
        if (hf_belief_same_lock(&g_array_index(list, HfLockKey, i), key)) {
            return TRUE;
        }
    }
    return FALSE;
}
