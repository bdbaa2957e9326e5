/* SPDX-License-Identifier: MIT */
/* Questions that several kinds of inference ask. */
#include "annotate/infer.h"

#include <string.h>

const char *hf_infer_name(const HfInfer *in, HfSymId sym)
{
    return HF_PROGRAM_SYM(in->check.program, sym)->name;
}

HfPlace hf_infer_place_of_field(const HfInfer *in, HfFieldId field)
{
    const HfProgField *f = HF_PROGRAM_FIELD(in->check.program, field);

    return hf_check_place_of(in->check.program, f->unit, f->loc);
}

static gboolean is_below(const char *path, const char *dir)
{
    size_t n = dir ? strlen(dir) : 0;

    return n && strncmp(path, dir, n) == 0 && path[n] == '/';
}

gboolean hf_infer_own_file(const HfInfer *in, const char *path)
{
    const char *root = in->check.program->root;
    const char *build = in->options->build_dir;

    return is_below(path, root) &&
           !(build && is_below(build, root) && is_below(path, build));
}

gboolean hf_infer_eligible(const HfInfer *in, const HfFlow *flow)
{
    const HfProgSymbol *s;
    HfPlace at;

    if (!flow || flow->skip) {
        return FALSE;
    }
    s = HF_PROGRAM_SYM(in->check.program, flow->sym);
    at = hf_check_place(flow, UINT32_MAX);
    return strcmp(s->name, "main") != 0 && !(s->flags & HF_SYM_CONSTRUCTOR) &&
           hf_infer_own_file(in, at.file);
}

gboolean hf_infer_shielded(const HfInfer *in, const HfCall *call, guint64 caps)
{
    guint n;
    const HfHold *rows = hf_holds(in->check.solved, call->must, &n);

    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(in->check.solved->exprs, rows[i].lock);

        if (x->kind == HF_X_CAP && caps >> x->ref & 1 &&
            rows[i].now == HF_HOLD_HELD) {
            return TRUE;
        }
    }
    return FALSE;
}

char *hf_infer_chain(const HfInfer *in, const HfFlow *flow,
                     const HfContext *ctx)
{
    GString *out = g_string_new(hf_infer_name(in, flow->sym));
    guint n = 0;

    while (ctx->parent) {
        const HfFlow *up = in->check.solved->flows[ctx->parent];

        ctx = &g_array_index(up->contexts, HfContext, ctx->parent_context);
        if (++n < 8 || !ctx->parent) {
            g_string_prepend(out, n > 8 ? " > ... > " : " > ");
            g_string_prepend(out, hf_infer_name(in, up->sym));
        }
    }
    if (ctx->role >= 0) {
        g_string_prepend(out, ": ");
        g_string_prepend(out, g_array_index(in->check.solved->roles, HfRole,
                                            ctx->role).name);
    }
    return g_string_free(out, FALSE);
}

/* ---- locks --------------------------------------------------------------- */

/* Members of the object itself have their bare names. */
static char *member_lock(const HfInfer *in, HfX lock)
{
    const HfXTable *t = in->check.solved->exprs;
    const HfXNode *n = hf_x(t, lock);

    if (n->kind == HF_X_FIELD && hf_x(t, n->parent)->kind == HF_X_SELF) {
        return g_strdup(HF_PROGRAM_FIELD(in->check.program, n->ref)->name);
    }
    return NULL;
}

char *hf_infer_lock_text(const HfInfer *in, const HfWhat *what)
{
    const HfXTable *t = in->check.solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, what->lock));
    GString *out;

    if (root->kind == HF_X_SELF) {
        return what->field ? member_lock(in, what->lock) : NULL;
    }
    if ((root->kind != HF_X_PARAM || what->field) &&
        root->kind != HF_X_GLOBAL && root->kind != HF_X_CAP &&
        root->kind != HF_X_NAMED) {
        return NULL;
    }
    if (hf_x(t, what->lock)->local) {
        return NULL;
    }
    out = g_string_new(NULL);
    hf_x_text(t, in->check.program, what->sym, what->lock, out);
    if (strchr(out->str, '?') || strchr(out->str, '(') ||
        strstr(out->str, "[]")) {
        g_string_free(out, TRUE);
        return NULL;
    }
    return g_string_free(out, FALSE);
}

gboolean hf_infer_said(const HfInfer *in, HfSymId sym, HfX lock, guint64 kinds)
{
    const HfContract *k = hf_contract_of(in->check.solved->contracts, sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (kinds >> cl->kind & 1 &&
            (!lock || hf_verdict_clause_has(cl, lock))) {
            return TRUE;
        }
    }
    return FALSE;
}
