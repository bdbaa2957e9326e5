/* SPDX-License-Identifier: MIT */
/* Why nothing conflicts with an access, where nothing does. */
#include "check/witness_priv.h"

/* ---- writes that take nothing away -------------------------------------- */

static gboolean is_pointer(const HfWitnesses *w, const HfSubject *s)
{
    guint32 flags = s->field
                        ? HF_PROGRAM_FIELD(w->c->program, s->field)->type_flags
                        : HF_PROGRAM_SYM(w->c->program, s->var)->type_flags;

    return (flags & HF_TYPE_POINTER) != 0 && !s->pointee;
}

/* What b's function does to it before: who reads first may free what was
 * there. */
static gboolean also(const HfParty *b, const GArray *others, gboolean write,
                     gboolean clears)
{
    for (guint i = 0; i < others->len; i++) {
        const HfParty *o = &g_array_index(others, HfParty, i);

        if (o->flow == b->flow && o->access->event < b->access->event &&
            o->write == write && o->clears == clears) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean role_clears(const HfParty *a, const GArray *others)
{
    for (guint i = 0; i < others->len; i++) {
        const HfParty *o = &g_array_index(others, HfParty, i);

        if (o->clears && !o->setup && o->ctx->role == a->ctx->role) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_witness_harmless(const HfWitnesses *w, const HfParty *a,
                             const HfParty *b, const GArray *others)
{
    const HfRole *role = hf_party_role(w->parties, a);

    if (a->write || !role || !role->unique || !is_pointer(w, &a->subject) ||
        b->ctx->role == a->ctx->role || !role_clears(a, others)) {
        return FALSE;
    }
    return b->clears ? also(b, others, TRUE, FALSE)
                     : b->access->kind == HF_EV_WRITE &&
                       !also(b, others, FALSE, FALSE);
}

/* ---- the proof ---------------------------------------------------------- */

/* Of all pairs no other reason is needed. */
static gboolean only(const HfTally *t, guint bits)
{
    return !t->gives && !(t->why & ~bits);
}

static char *sole_writer_text(HfWitnesses *w, const HfTally *t,
                              const char *role)
{
    if (t->gives) {
        return g_strdup_printf(
            "only %s takes the value away, and this runs there; \"%s\" puts "
            "an object where there is none", role,
            HF_PROGRAM_SYM(w->c->program, t->gives->flow->sym)->name);
    }
    return g_strdup_printf("only %s writes it while it runs, and this runs "
                           "there", role);
}

static char *held_text(HfWitnesses *w, const HfTally *t)
{
    g_autofree char *lock = NULL;

    if (!t->lock) {
        return g_strdup("whoever else conflicts holds a lock that is held "
                        "here, too");
    }
    lock = hf_check_text(w->c, NULL, t->lock);
    return g_strdup_printf("\"%s\" is held here and wherever else the value "
                           "is accessed in conflict", lock);
}

static void conclude(HfWitness *out, const char *code, char *reason)
{
    out->code = code;
    out->reason = reason;
}

void hf_witness_prove(HfWitnesses *w, const HfTally *t, HfWitness *out)
{
    const guint same = 1u << HF_PARALLEL_SAME_ROLE;
    const guint before = 1u << HF_PARALLEL_BEFORE_START;
    const guint after = 1u << HF_PARALLEL_AFTER_JOIN;
    const char *role =
        t->role < 0 ? "" : g_array_index(w->c->solved->roles, HfRole,
                                         t->role).name;

    if (!t->conflicts) {
        conclude(out, "set_once", g_strdup("nobody writes it once it is set "
                                           "up"));
    } else if (t->atomics == t->conflicts) {
        conclude(out, "atomic_hint", g_strdup("this and every access in "
                                              "conflict with it is atomic"));
    } else if (t->own_writes && !(t->why & (before | after))) {
        const HfRole *own = hf_party_role(w->parties, &out->self);

        conclude(out, "sole_writer",
                 sole_writer_text(w, t, own ? own->name : role));
    } else if (only(t, same)) {
        conclude(out, "not_shared", t->alone ? g_strdup(
                     "whoever else accesses it in conflict does so when this "
                     "thread is not there")
                     : g_strdup_printf("only %s reaches it", role));
    } else if (only(t, before | same)) {
        conclude(out, "init_phase", t->role < 0 ||
                                    t->role == out->self.ctx->role
                     ? g_strdup("no other thread exists yet")
                     : g_strdup_printf("no thread of %s exists yet", role));
    } else if (only(t, before | after | same)) {
        conclude(out, "joined", g_strdup_printf(
                     "no thread of %s is there any more", role));
    } else if (!t->gives) {
        conclude(out, "caller_holds", held_text(w, t));
    }
}
