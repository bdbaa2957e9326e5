/* SPDX-License-Identifier: MIT */
/* lower_scope.c - locals: how long they live and what they stand for. */
#include "lower_body.h"
#include <string.h>

/* ---- declaring ---------------------------------------------------------- */

static guint add_local(HfBody *f, HfLocal *row, HfLocalInfo *info)
{
    info->id = hf_facts_add_locals(f->b, row);
    info->type = row->type_flags;
    info->cleanup = row->cleanup;
    g_array_append_val(f->locals, *info);
    return f->locals->len - 1;
}

/*
 * Macros make names unique with __COUNTER__, which counts on from whatever
 * the headers used up, precompiled or not.  So a name put together by the
 * preprocessor loses the number at its end.
 */
static HfStr local_name(HfBody *f, CXCursor decl)
{
    CXString spelling = clang_getCursorSpelling(decl);
    g_autofree char *name = g_strdup(clang_getCString(spelling));
    gsize len = strlen(name), end = len;
    guint offset;

    clang_disposeString(spelling);
    while (end > 0 && g_ascii_isdigit(name[end - 1])) {
        end--;
    }
    if (end > 0 && end < len &&
        !hf_spelling(f->u, clang_getCursorLocation(decl), &offset)) {
        name[end] = '\0';
    }
    return hf_facts_string(f->b, name);
}

static void describe(HfBody *f, CXCursor decl, HfLocal *row)
{
    CXType type = clang_getCursorType(decl);

    row->name = local_name(f, decl);
    row->type = hf_type_text(f->u, type);
    row->type_flags = hf_type_flags(f->u, type, &row->type_record);
    row->loc = hf_loc(f->u, clang_getCursorLocation(decl));
}

static void annotate(HfBody *f, CXCursor decl, HfId id, guint32 type)
{
    if (type & HF_TYPE_FUNCTION_POINTER) {
        hf_annotate_slot(f->u, decl, HF_OWNER_LOCAL, id);
    } else {
        hf_annotate(f->u, decl, HF_OWNER_LOCAL, id);
    }
}

static guint32 use_of(HfBody *f, CXCursor decl)
{
    return hf_decl_map_get(&f->use_by_decl, decl);
}

static const HfUse *use_at(HfBody *f, const HfLocalInfo *local)
{
    return &g_array_index(f->uses, HfUse, local->use);
}

void hf_declare_param(HfBody *f, CXCursor decl)
{
    HfLocal row = { .flags = HF_LOCAL_PARAM };
    HfLocalInfo info = { .use = use_of(f, decl) };
    guint i;

    describe(f, decl, &row);
    if (use_at(f, &info)->n_addr) {
        row.flags |= HF_LOCAL_ADDR_TAKEN;
    }
    i = add_local(f, &row, &info);
    hf_decl_map_set(&f->by_decl, decl, i + 1);
    annotate(f, decl, hf_local(f, i)->id, row.type_flags);
}

static HfId cleanup_of(HfBody *f, CXCursor decl)
{
    g_autofree char *name = hf_cleanup_name(decl);
    HfId symbol;

    if (!name) {
        return 0;
    }
    symbol = hf_symbol_by_name(f->u, name);
    if (!symbol) {
        hf_incomplete(f);
    }
    return symbol;
}

guint hf_declare_local(HfBody *f, HfNode *var)
{
    HfLocal row = { 0 };
    HfLocalInfo info = { .scope = f->scope, .order = var->order };
    guint i;

    info.use = use_of(f, var->c);
    describe(f, var->c, &row);
    row.cleanup = cleanup_of(f, var->c);
    if (use_at(f, &info)->n_addr) {
        row.flags |= HF_LOCAL_ADDR_TAKEN;
    }
    i = add_local(f, &row, &info);
    hf_decl_map_set(&f->by_decl, var->c, i + 1);
    g_array_append_val(f->live, i);
    annotate(f, var->c, hf_local(f, i)->id, row.type_flags);
    return i;
}

HfId hf_synthetic(HfBody *f, CXType type, HfId loc)
{
    HfLocal row = { .flags = HF_LOCAL_SYNTHETIC, .loc = loc };
    HfLocalInfo info = { 0 };
    g_autofree char *name = g_strdup_printf("?%u", ++f->n_synthetic);
    guint i;

    row.name = hf_facts_string(f->b, name);
    row.type = hf_type_text(f->u, type);
    row.type_flags = hf_type_flags(f->u, type, &row.type_record);
    i = add_local(f, &row, &info);
    return hf_facts_path(f->b, HF_PATH_LOCAL, 0, hf_local(f, i)->id, 0);
}

HfLocalInfo *hf_local_of_path(HfBody *f, HfId path)
{
    HfPath row = hf_path_row(f, path);

    if (row.kind != HF_PATH_LOCAL || row.ref < f->row.first_local ||
        row.ref - f->row.first_local >= f->locals->len) {
        return NULL;
    }
    return hf_local(f, row.ref - f->row.first_local);
}

gboolean hf_local_is_shared(HfBody *f, const HfLocalInfo *local)
{
    return local && use_at(f, local)->n_addr > 0;
}

/* ---- scopes ------------------------------------------------------------- */

HfNode *hf_scope_enter(HfBody *f, HfNode *scope, guint *n_live)
{
    HfNode *outer = f->scope;

    f->scope = scope;
    *n_live = f->live->len;
    return outer;
}

static HfId root_of(HfBody *f, HfId path)
{
    HfPath row;

    while ((row = hf_path_row(f, path)).parent) {
        path = row.parent;
    }
    return path;
}

static void end_local(HfBody *f, const HfLocalInfo *local, HfId loc,
                      gboolean cleanup_only, HfId keep_root)
{
    HfId path = hf_facts_path(f->b, HF_PATH_LOCAL, 0, local->id, 0);

    if (local->cleanup) {
        HfEvent call = { .kind = HF_EV_CALL, .flags = HF_EV_CLEANUP,
                         .loc = loc, .sym = local->cleanup };
        HfId arg = hf_facts_path(f->b, HF_PATH_ADDR, path, 0, 0);

        call.first_arg = hf_facts_add_args(f->b, &arg);
        call.n_args = 1;
        hf_emit(f, &call);
    }
    if (!cleanup_only && path != keep_root) {
        hf_emit_simple(f, HF_EV_SCOPE_END, loc, path, 0);
    }
}

static void unwind(HfBody *f, guint n_live, HfId loc, gboolean cleanup_only,
                   HfId keep_root)
{
    if (f->cur < 0) {
        return;
    }
    for (guint i = f->live->len; i-- > n_live;) {
        const HfLocalInfo *local = hf_local(f, g_array_index(f->live, guint,
                                                             i));

        end_local(f, local, loc, cleanup_only, keep_root);
    }
}

void hf_unwind(HfBody *f, guint n_live, HfId loc, gboolean returning)
{
    unwind(f, n_live, loc, returning, 0);
}

/* The locals of the outermost scope go with the function. */
void hf_scope_leave(HfBody *f, HfNode *outer, guint n_live, HfId loc,
                    HfId keep)
{
    unwind(f, n_live, loc, !outer, keep ? root_of(f, keep) : 0);
    g_array_set_size(f->live, n_live);
    f->scope = outer;
}

guint hf_live_at_label(HfBody *f, const HfNode *label)
{
    guint n;

    for (n = 0; n < f->live->len; n++) {
        const HfLocalInfo *local = hf_local(f, g_array_index(f->live, guint,
                                                             n));

        if (!hf_node_is_within(label, local->scope) ||
            local->order > label->order) {
            break;
        }
    }
    return n;
}

/* ---- aliases ------------------------------------------------------------ */

static gboolean value_moves(HfBody *f, HfId path);

/* Does the place of an object depend on what may change? */
static gboolean address_moves(HfBody *f, HfId path)
{
    for (;;) {
        HfPath row = hf_path_row(f, path);

        switch (row.kind) {
        case HF_PATH_FIELD:
        case HF_PATH_INDEX:
            path = row.parent;
            break;
        case HF_PATH_DEREF:
            return value_moves(f, row.parent);
        default:
            return FALSE;
        }
    }
}

static gboolean value_moves(HfBody *f, HfId path)
{
    HfPath row = hf_path_row(f, path);
    const HfLocalInfo *local;
    const HfUse *use;

    switch (row.kind) {
    case HF_PATH_CONST:
    case HF_PATH_STRING:
    case HF_PATH_FUNCTION:
    case HF_PATH_TEMP:
    case HF_PATH_UNKNOWN:
        return FALSE;
    case HF_PATH_ADDR:
        return address_moves(f, row.parent);
    case HF_PATH_CONTAINER_OF:
    case HF_PATH_COMPUTED:
        return value_moves(f, row.parent);
    case HF_PATH_LOCAL:
        local = hf_local_of_path(f, path);
        use = local ? use_at(f, local) : NULL;
        return !use || use->n_addr || use->n_writes;
    default:
        return TRUE;
    }
}

void hf_alias_set(HfBody *f, HfId local_path, HfId value)
{
    HfLocalInfo *local = hf_local_of_path(f, local_path);
    guint i;

    if (!local || !f->in_stmt_expr || f->cur < 0 || !local->scope ||
        use_at(f, local)->n_writes || use_at(f, local)->n_addr ||
        (local->type & (HF_TYPE_RECORD | HF_TYPE_ARRAY)) ||
        hf_path_row(f, value).kind == HF_PATH_UNKNOWN || !value) {
        return;
    }
    local->alias = value;
    local->alias_moves = value_moves(f, value);
    i = local->id - f->row.first_local;
    g_array_append_val(f->aliased, i);
}

/* root: only those that depend on this local; 0: all that may have changed */
static void forget(HfBody *f, HfId root)
{
    guint kept = 0;

    for (guint i = 0; i < f->aliased->len; i++) {
        guint n = g_array_index(f->aliased, guint, i);
        HfLocalInfo *local = hf_local(f, n);

        if (local->alias_moves && (!root || root_of(f, local->alias) == root)) {
            local->alias = 0;
        } else {
            g_array_index(f->aliased, guint, kept++) = n;
        }
    }
    g_array_set_size(f->aliased, kept);
}

void hf_alias_forget_memory(HfBody *f)
{
    forget(f, 0);
}

void hf_alias_forget_local(HfBody *f, HfId local_path)
{
    forget(f, local_path);
}
