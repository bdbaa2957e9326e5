/* SPDX-License-Identifier: MIT */
#include "check/uses.h"

HfSubjectKey hf_subject_key(const HfSubject *s)
{
    guint64 id = s->field ? (guint64)s->field << 2 | 1
                 : s->var ? (guint64)s->var << 2 | 2 : 0;

    return id ? id << 1 | (s->pointee ? 1 : 0) : 0;
}

HfSubjectKey hf_access_key(const HfCheck *c, const HfAccess *a)
{
    HfSubject s;

    return a->path && hf_guard_subject(c, a, &s) ? hf_subject_key(&s) : 0;
}

HfSubjectKey hf_object_key(const HfCheck *c, HfX object)
{
    const HfXTable *t = c->solved->exprs;
    HfAccess a = { .path = object };

    while (a.path && hf_x(t, a.path)->kind == HF_X_INDEX) {
        a.path = hf_x(t, a.path)->parent;
    }
    return hf_access_key(c, &a);
}

static gboolean worth_keeping(const HfCheck *c, const HfSubject *s)
{
    if (s->field) {
        const HfProgField *f = HF_PROGRAM_FIELD(c->program, s->field);

        return !f->is_lock && !(f->type_flags & HF_TYPE_CONST && !s->pointee);
    } else {
        const HfProgSymbol *v = HF_PROGRAM_SYM(c->program, s->var);

        return !v->is_lock && !(v->flags & HF_SYM_THREAD_LOCAL) &&
               !(v->type_flags & HF_TYPE_CONST && !s->pointee);
    }
}

static HfThing *thing_of(HfUses *u, const HfSubject *s)
{
    HfSubjectKey key = hf_subject_key(s);
    HfThing *thing = g_hash_table_lookup(u->by_key, &key);

    if (!thing) {
        thing = g_new0(HfThing, 1);
        thing->key = key;
        thing->subject = *s;
        thing->seen = g_array_new(FALSE, FALSE, sizeof(HfSeen));
        g_hash_table_insert(u->by_key, &thing->key, thing);
        g_ptr_array_add(u->things, thing);
    }
    return thing;
}

static void survey(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfUses *u = data;

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        HfSeen seen = { flow, a };
        HfThing *thing;
        HfSubject s;

        if (!hf_guard_subject(c, a, &s) || !worth_keeping(c, &s)) {
            continue;
        }
        thing = thing_of(u, &s);
        g_array_append_val(thing->seen, seen);
        thing->n_writes += hf_guard_is_write(a) && !a->fresh;
        thing->n_atomic += hf_guard_is_atomic(a);
    }
}

static void free_thing(gpointer data)
{
    HfThing *thing = data;

    g_array_unref(thing->seen);
    g_free(thing);
}

HfUses *hf_uses_new(HfCheck *c)
{
    HfUses *u = g_new0(HfUses, 1);

    u->by_key = g_hash_table_new(hf_key_hash, g_int64_equal);
    u->things = g_ptr_array_new_with_free_func(free_thing);
    hf_check_each_flow(c, survey, u);
    return u;
}

void hf_uses_free(HfUses *u)
{
    g_hash_table_unref(u->by_key);
    g_ptr_array_unref(u->things);
    g_free(u);
}

const HfThing *hf_uses_of(const HfUses *u, HfSubjectKey key)
{
    return g_hash_table_lookup(u->by_key, &key);
}

gboolean hf_use_unshared(const HfCheck *c, const HfFlow *flow,
                         const HfAccess *a)
{
    if (a->fresh || hf_check_exempt(c, flow)) {
        return TRUE;
    }
    for (guint i = 0; i < flow->contexts->len; i++) {
        if (!hf_guard_fresh(c, a, &g_array_index(flow->contexts, HfContext,
                                                 i))) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}

gboolean hf_use_holds(const HfCheck *c, const HfFlow *flow, HfHolds local,
                      HfX lock)
{
    const HfHold *h = hf_holds_find(c->solved, local, lock);

    if (h && h->now != HF_HOLD_INHERITED) {
        return h->now == HF_HOLD_HELD;
    }
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);

        if (hf_held(c->solved, flow, ctx, local, lock, NULL) != HF_HELD) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}
