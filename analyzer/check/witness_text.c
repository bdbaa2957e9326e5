/* SPDX-License-Identifier: MIT */
/* Witnesses as trace events. */
#include "check/witness_priv.h"
#include "solve/roles.h"

#include <string.h>

/* Further roles that are named. */
#define MAX_OTHERS 4

char *hf_witness_who(const HfWitnesses *w, const HfParty *p)
{
    const HfFlow *root = hf_party_root(w->parties, p);
    const HfRole *role = hf_party_role(w->parties, p);
    guint16 runs = w->c->solved->runs[root->sym];

    if (!role) {
        return NULL;
    }
    if (role->run != HF_RUN_THREAD) {
        return g_strdup(role->name);
    }
    for (guint run = HF_RUN_THREAD + 1; run <= HF_RUN_ATEXIT; run++) {
        if (runs >> run & 1) {
            return g_strdup_printf("%s (%s)", role->name,
                                   hf_role_kind_text(run));
        }
    }
    return g_strdup(role->name);
}

/* ---- locks -------------------------------------------------------------- */

static void add_name(GString *out, const char *name)
{
    g_string_append_printf(out, "%s\"%s\"", out->len ? ", " : "", name);
}

static void add_set(const HfWitnesses *w, const HfParty *p, HfHolds set,
                    GString *out)
{
    guint n;
    const HfHold *rows = hf_holds(w->c->solved, set, &n);

    for (guint i = 0; i < n; i++) {
        g_autofree char *name = NULL;

        if (hf_x(w->c->solved->exprs, rows[i].lock)->kind == HF_X_CAP ||
            hf_held(w->c->solved, p->flow, p->ctx, p->access->must,
                    rows[i].lock, NULL) != HF_HELD) {
            continue;
        }
        name = hf_check_text(w->c, p->flow, rows[i].lock);
        if (!strstr(out->str, name)) {
            add_name(out, name);
        }
    }
}

/* `with "a", "b" held` */
static char *held_text(const HfWitnesses *w, const HfParty *p)
{
    const GPtrArray *caps = w->c->program->rules->caps;
    GString *out = g_string_new(NULL);
    char *text;

    for (guint i = 0; i < caps->len; i++) {
        const HfCapRule *cap = g_ptr_array_index(caps, i);

        if (cap->kind == HF_CAP_LOCK &&
            hf_held(w->c->solved, p->flow, p->ctx, p->access->must,
                    hf_x_leaf(w->c->solved->exprs, HF_X_CAP, i), NULL) ==
                HF_HELD) {
            add_name(out, cap->name);
        }
    }
    add_set(w, p, p->access->must, out);
    add_set(w, p, p->ctx->held, out);
    text = out->len ? g_strdup_printf("with %s held", out->str)
           : g_strdup(p->ctx->complete ? "with nothing held"
                                       : "with nothing known to be held");
    g_string_free(out, TRUE);
    return text;
}

/* ---- events ------------------------------------------------------------- */

static void tell_side(const HfWitnesses *w, HfFinding *f, const HfParty *p,
                      const char *side)
{
    const HfFlow *root = hf_party_root(w->parties, p);
    const char *entry = HF_PROGRAM_SYM(w->c->program, root->sym)->name;
    g_autofree char *who = hf_witness_who(w, p);
    g_autofree char *held = held_text(w, p);
    g_autofree char *what = hf_check_access_text(p->flow, p->access);
    HfPlace at = hf_check_place(root, UINT32_MAX);
    int depth;

    if (who) {
        hf_finding_event(f, &at, "witness_enter", 0, "%s: \"%s\" runs as %s.",
                         side, entry, who);
    } else {
        hf_finding_event(f, &at, "witness_enter", 0, "%s: \"%s\" is entered, "
                         "by whom is not known.", side, entry);
    }
    depth = hf_trace_calls(w->c, f, p->flow, p->ctx, "witness_call");
    at = hf_check_place(p->flow, p->access->event);
    hf_finding_event(f, &at, "witness_access", depth, "\"%s\" is %s%s %s.",
                     what, p->atomic ? "atomically " : "",
                     p->write ? "written" : "read", held);
}

/* Is p's access among those of this place? */
static gboolean same_place(const HfParty *p, const HfParty *q)
{
    return p->flow == q->flow && p->access->event == q->access->event;
}

/* What the pairs of ways to one place come to. */
typedef struct {
    const HfParty *a, *b; /* of one pair; of those that may be, if any may */
    HfParallel how;       /* of that pair */
    gboolean unsure;      /* who runs it on some way is not known */
} Itself;

static void add_pair(const HfWitnesses *w, const HfParty *a, const HfParty *b,
                     Itself *out)
{
    HfParallel p = hf_witness_judge(w, a, b);

    if (a->ctx->role < 0 || b->ctx->role < 0 ||
        p.verdict == HF_PARALLEL_MAYBE) {
        out->unsure = TRUE;
    } else if (!out->a || (out->how.verdict != HF_PARALLEL_YES &&
                           p.verdict == HF_PARALLEL_YES)) {
        out->a = a;
        out->b = b;
        out->how = p;
    }
}

/* The ways to self's place that its role goes; with_others: all of them. */
static Itself with_itself(const HfWitnesses *w, const GArray *all,
                          const HfParty *self, gboolean with_others)
{
    Itself out = { 0 };

    for (guint i = 0; all && i < all->len; i++) {
        const HfParty *a = &g_array_index(all, HfParty, i);

        if (!same_place(a, self) ||
            (!with_others && a->ctx->role != self->ctx->role)) {
            continue;
        }
        for (guint k = i; k < all->len; k++) {
            const HfParty *b = &g_array_index(all, HfParty, k);

            if (same_place(b, self) &&
                (with_others || b->ctx->role == self->ctx->role)) {
                add_pair(w, a, b, &out);
            }
        }
    }
    return out;
}

static char *why_not(const HfWitnesses *w, const HfParty *self,
                     const HfParallel *how)
{
    g_autofree char *lock = NULL;

    if (how->why == HF_PARALLEL_SAME_ROLE) {
        return g_strdup(self->own ? ": each thread has an object of its own"
                                  : ": one thread alone runs it");
    }
    if (how->why != HF_PARALLEL_LOCK || !how->lock) {
        return g_strdup("");
    }
    lock = hf_check_text(w->c, self->flow, how->lock);
    return g_strdup_printf(": \"%s\" is held each time", lock);
}

/* "Can it race with itself?" is the first thing that a reader asks. */
static void tell_itself(HfWitnesses *w, HfFinding *f, const HfParty *self,
                        const GArray *all)
{
    HfPlace at = hf_check_place(self->flow, self->access->event);
    g_autofree char *a = NULL, *b = NULL, *why = NULL;
    Itself it = with_itself(w, all, self, TRUE);
    gboolean partly = it.unsure && it.how.verdict != HF_PARALLEL_YES;

    if (partly) {
        it = with_itself(w, all, self, FALSE);
    }
    if (!it.a || (partly && it.unsure)) {
        return;
    }
    a = hf_witness_who(w, it.a);
    b = hf_witness_who(w, it.b);
    why = why_not(w, self, &it.how);
    if (it.how.verdict != HF_PARALLEL_YES) {
        hf_finding_event(f, &at, "witness_self", 0,
                         "%s%s %s not race with itself%s.",
                         partly ? "As " : "This place", partly ? a : "",
                         partly ? "it does" : "does", why);
    } else if (it.a->ctx->role == it.b->ctx->role) {
        hf_finding_event(f, &at, "witness_self", 0,
                         "This place may run twice at once, too: there may "
                         "be more than one %s.", a);
    } else {
        hf_finding_event(f, &at, "witness_self", 0,
                         "This place may run twice at once, too: as %s and "
                         "as %s.", a, b);
    }
}

static gboolean better_example(const HfParty *a, const HfParty *b)
{
    return a->write != b->write ? a->write : a->cost < b->cost;
}

/* The best access of each role that the pair does not name. */
static void tell_others(HfWitnesses *w, HfFinding *f, const HfWitness *found)
{
    const GArray *all = hf_parties_of(w->parties, &found->self.subject);
    guint n_roles = w->c->solved->roles->len, told = 0;
    const HfParty **best = g_new0(const HfParty *, n_roles);

    for (guint i = 0; all && i < all->len; i++) {
        const HfParty *p = &g_array_index(all, HfParty, i);
        int role = p->ctx->role;

        if (role >= 0 && !p->setup && role != found->self.ctx->role &&
            (!found->other.flow || role != found->other.ctx->role) &&
            (!best[role] || better_example(p, best[role]))) {
            best[role] = p;
        }
    }
    for (guint i = 0; i < n_roles && told < MAX_OTHERS; i++) {
        g_autofree char *who = NULL, *held = NULL;
        HfPlace at;

        if (!best[i]) {
            continue;
        }
        who = hf_witness_who(w, best[i]);
        held = held_text(w, best[i]);
        at = hf_check_place(best[i]->flow, best[i]->access->event);
        hf_finding_event(f, &at, "witness_other", 0,
                         "Also %s by %s, in \"%s\", %s.",
                         best[i]->write ? "written" : "read", who,
                         HF_PROGRAM_SYM(w->c->program,
                                        best[i]->flow->sym)->name, held);
        told++;
    }
    g_free(best);
}

static void tell_pair(HfWitnesses *w, HfFinding *f, const HfWitness *found)
{
    g_autofree char *who = hf_witness_who(w, &found->other);
    const char *name =
        HF_PROGRAM_SYM(w->c->program, found->other.flow->sym)->name;
    const char *does = found->other.write ? "writes" : "reads";

    tell_side(w, f, &found->self, "One side");
    tell_itself(w, f, &found->self,
                hf_parties_of(w->parties, &found->self.subject));
    tell_side(w, f, &found->other, "The other");
    tell_others(w, f, found);
    if (found->verdict == HF_PARALLEL_YES) {
        f->race_text = g_strdup_printf("%s %s it in \"%s\"", who, does, name);
        hf_finding_reason(f, "at the same time %s", f->race_text);
        if (!found->self.ctx->n_slots && !found->other.ctx->n_slots) {
            f->race = found->other.write ? HF_RACE_WITH_WRITE
                                         : HF_RACE_WITH_READ;
        }
    } else if (found->how.why == HF_PARALLEL_EVENTS) {
        hf_finding_reason(f, "perhaps one event loop runs both sides");
    } else {
        hf_finding_reason(f, "who runs %s side is not known",
                          found->self.ctx->role < 0 ? "this" : "the other");
    }
}

void hf_witness_tell(HfWitnesses *w, HfFinding *f, const HfWitness *found)
{
    if (found->verdict != HF_PARALLEL_NO) {
        tell_pair(w, f, found);
    } else if (found->code) {
        tell_side(w, f, &found->self, "This");
        tell_others(w, f, found);
        hf_finding_suggest(f, "Intentional", found->code, found->reason);
    }
}
