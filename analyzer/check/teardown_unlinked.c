/* SPDX-License-Identifier: MIT */
/* What was taken out under a lock before it is freed: whoever looks for it
 * there afterwards finds something else, or nothing. */
#include "check/teardown.h"
#include "solve/taken_out.h"

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
                   : hf_taken_out_was_kept(
                         f, hf_flow_event(f, a->event)->path, a->event)) &&
            hf_holds_any(t->c->solved, a->must)) {
            return TRUE;
        }
    }
    return FALSE;
}
