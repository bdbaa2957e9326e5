/* SPDX-License-Identifier: MIT */
/* What was taken out under a lock before it is freed: whoever looks for it
 * there afterwards finds something else, or nothing. */
#include "check/teardown.h"

static gboolean holds_any(const HfTeardown *t, const HfAccess *a)
{
    guint n;
    const HfHold *rows = hf_holds(t->c->solved, a->must, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A local was given what is there: old = s->x; s->x = other; free(old). */
static gboolean was_kept(const HfFlow *f, HfId path, uint32_t before)
{
    for (uint32_t i = 0; i < before; i++) {
        const HfEvent *e = hf_flow_event(f, i);

        if (e->kind == HF_EV_WRITE && e->value == path &&
            f->unit->facts->paths[e->path].kind == HF_PATH_LOCAL) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_teardown_taken_out(const HfTeardown *t, const HfGone *gone)
{
    const HfXTable *x = t->c->solved->exprs;
    const HfFlow *f = gone->flow;
    HfXKind root = hf_x(x, hf_x_root(x, gone->own))->kind;
    gboolean named = root == HF_X_PARAM || root == HF_X_GLOBAL;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);

        if (a->kind == HF_EV_WRITE && a->event < gone->event &&
            (named ? hf_x_mentions(x, gone->own, a->path)
                   : was_kept(f, hf_flow_event(f, a->event)->path,
                              a->event)) &&
            holds_any(t, a)) {
            return TRUE;
        }
    }
    return FALSE;
}
