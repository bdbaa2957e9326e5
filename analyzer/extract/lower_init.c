/* SPDX-License-Identifier: MIT */
/*
 * lower_init.c - initialisers.
 *
 * libclang shows what was written, so which member an expression goes to is
 * worked out here: in order, by designator, and with the braces of an inner
 * aggregate left out.
 *
 * What a local is initialised with are writes; functions found in the
 * initialiser of anything are bindings of the member they are stored in.
 */
#include "lower_body.h"

/* More elements than this are not written one by one. */
#define MAX_ELEMENTS 64

typedef struct {
    HfLower *u;
    HfBody *f;    /* NULL: a global, nothing is evaluated */
    HfId holder;  /* HfSymbol */
    guint depth;
} Init;

/* What is being initialised. */
typedef struct {
    CXType type;
    HfId path;  /* 0 in a global */
    HfId field; /* innermost member */
} Target;

static void init_target(Init *in, const Target *t, HfNode *n);
static HfNode *init_members(Init *in, const Target *t, HfNode *n,
                            gboolean elided);

/* ---- a single expression ------------------------------------------------ */

static HfId function_of(HfLower *u, HfNode *n)
{
    CXCursor decl;

    n = hf_node_strip_casts(n);
    if (n && n->c.kind == CXCursor_UnaryOperator &&
        n->op == CXUnaryOperator_AddrOf && n->first) {
        n = hf_node_strip_casts(n->first);
    }
    if (!n || n->c.kind != CXCursor_DeclRefExpr) {
        return 0;
    }
    decl = clang_getCursorReferenced(n->c);
    return decl.kind == CXCursor_FunctionDecl ? hf_symbol_row(u, decl) : 0;
}

/* Functions mentioned, and what is in compound literals. */
static void look_through(Init *in, HfNode *n)
{
    Target t = { 0 };

    if (in->depth > 500) {
        return;
    }
    in->depth++;
    switch (n->c.kind) {
    case CXCursor_CompoundLiteralExpr:
        t.type = clang_getCursorType(n->c);
        if (n->last) {
            init_target(in, &t, n->last);
        }
        break;
    case CXCursor_DeclRefExpr:
        function_of(in->u, n);
        break;
    case CXCursor_UnaryExpr:
        break;
    default:
        for (HfNode *child = n->first; child; child = child->next) {
            look_through(in, child);
        }
    }
    in->depth--;
}

static void init_scalar(Init *in, const Target *t, HfNode *n)
{
    HfBinding binding = { .field = t->field, .holder = in->holder };
    HfId value;

    binding.function = function_of(in->u, n);
    if (binding.function) {
        binding.loc = hf_loc(in->u, clang_getCursorLocation(n->c));
        hf_facts_add_bindings(in->u->b, &binding);
    }
    if (!in->f) {
        if (!binding.function) {
            look_through(in, n);
        }
        return;
    }
    value = hf_lower_value(in->f, n);
    if (t->path) {
        hf_emit_simple(in->f, HF_EV_WRITE, hf_node_loc(in->f, n), t->path,
                       value);
    }
}

/* ---- members and elements ----------------------------------------------- */

static Target member_target(Init *in, const Target *t, HfId field)
{
    CXCursor decl = g_array_index(in->u->field_cursors, CXCursor, field);
    Target m = { clang_getCursorType(decl), 0, field };

    if (t->path) {
        m.path = hf_facts_path(in->u->b, HF_PATH_FIELD, t->path, field, 0);
    }
    return m;
}

static Target element_target(Init *in, const Target *t, gint64 i)
{
    Target e = { clang_getArrayElementType(clang_getCanonicalType(t->type)),
                 0, t->field };

    if (t->path && i < MAX_ELEMENTS) {
        e.path = hf_facts_path(in->u->b, HF_PATH_INDEX, t->path, 0,
                               i < 0 ? -1 : i);
    }
    return e;
}

static gboolean is_array(CXType type)
{
    enum CXTypeKind kind = clang_getCanonicalType(type).kind;

    return kind == CXType_ConstantArray || kind == CXType_IncompleteArray;
}

static gboolean is_record(CXType type)
{
    return clang_getCanonicalType(type).kind == CXType_Record;
}

/* ".a.b = x", "[3] = x": libclang gives members, indices, then the value. */
static gboolean is_designated(HfNode *n)
{
    return n->c.kind == CXCursor_UnexposedExpr && n->n >= 2 &&
           clang_getCursorType(n->c).kind == CXType_Void;
}

static gboolean fold_index(Init *in, HfNode *n, gint64 *i)
{
    HfBody plain = { .u = in->u, .b = in->u->b };

    return hf_fold(in->f ? in->f : &plain, n, i);
}

/* Follows the designators of n; *member or *index is of the outermost. */
static Target follow(Init *in, const Target *t, HfNode *n, HfId *member,
                     gint64 *index)
{
    Target at = *t;
    gboolean first = TRUE;

    for (HfNode *d = n->first; d != n->last; d = d->next, first = FALSE) {
        gint64 i = -1;

        if (d->c.kind == CXCursor_MemberRef) {
            HfId field = hf_field_row(in->u, clang_getCursorReferenced(d->c));

            if (!field) {
                return (Target){ 0 };
            }
            if (first) {
                *member = field;
            }
            at = member_target(in, &at, field);
        } else if (is_array(at.type)) {
            fold_index(in, d, &i);
            if (first) {
                *index = i;
            }
            at = element_target(in, &at, i);
        } else if (first || at.path) {
            /* the end of a GNU range: any element between */
            fold_index(in, d, &i);
            *index = i;
            if (t->path && is_array(t->type)) {
                at = element_target(in, t, -1);
            }
        }
    }
    return at;
}

/* Is n the whole of a record, not its first member without braces? */
static gboolean is_whole(const Target *t, HfNode *n)
{
    HfNode *e = hf_node_strip(n);

    if (!e || e->c.kind == CXCursor_InitListExpr) {
        return TRUE;
    }
    if (is_array(t->type)) {
        return e->c.kind == CXCursor_StringLiteral ||
               is_array(clang_getCursorType(e->c));
    }
    return is_record(clang_getCursorType(e->c));
}

/* Initialises one member or element; returns the first node not used up. */
static HfNode *init_next(Init *in, const Target *t, HfNode *n)
{
    if ((is_record(t->type) || is_array(t->type)) && !is_whole(t, n)) {
        return init_members(in, t, n, TRUE);
    }
    init_target(in, t, n);
    return n->next;
}

static HfNode *init_record(Init *in, const Target *t, HfNode *n,
                           gboolean elided)
{
    HfId record = hf_record_complete(in->u, t->type);
    HfRecord row = *hf_facts_at_records(in->u->b, record);
    guint32 i = 0;

    while (n) {
        HfId member = 0;
        gint64 index;
        Target at;

        if (is_designated(n)) {
            if (elided) {
                return n;
            }
            at = follow(in, t, n, &member, &index);
            init_target(in, &at, n->last);
            while (i < row.n_fields && row.first_field + i != member) {
                i++;
            }
            i = i < row.n_fields ? i + 1 : row.n_fields;
            if (!(member - row.first_field < row.n_fields)) {
                i = row.n_fields; /* of an anonymous member */
            }
            n = n->next;
            continue;
        }
        while (i < row.n_fields) {
            const HfField *f = hf_facts_at_fields(in->u->b,
                                                  row.first_field + i);

            if (f->name || !(f->type_flags & HF_TYPE_BITFIELD)) {
                break;
            }
            i++;
        }
        if (i >= row.n_fields || (i && (row.flags & HF_RECORD_UNION))) {
            if (elided) {
                return n;
            }
            look_through(in, n);
            n = n->next;
            continue;
        }
        at = member_target(in, t, row.first_field + i++);
        n = init_next(in, &at, n);
    }
    return NULL;
}

static HfNode *init_array(Init *in, const Target *t, HfNode *n,
                          gboolean elided)
{
    CXType type = clang_getCanonicalType(t->type);
    gint64 size = type.kind == CXType_ConstantArray
                      ? clang_getArraySize(type) : G_MAXINT64;
    gint64 i = 0;

    while (n && (!elided || i < size)) {
        HfId member;
        Target at;

        if (is_designated(n)) {
            if (elided) {
                return n;
            }
            at = follow(in, t, n, &member, &i);
            init_target(in, &at, n->last);
            n = n->next;
            i++;
            continue;
        }
        at = element_target(in, t, i++);
        n = init_next(in, &at, n);
    }
    return n;
}

static HfNode *init_members(Init *in, const Target *t, HfNode *n,
                            gboolean elided)
{
    HfNode *rest;

    if (in->depth > 500) {
        return NULL;
    }
    in->depth++;
    rest = is_record(t->type) ? init_record(in, t, n, elided)
                              : init_array(in, t, n, elided);
    in->depth--;
    return rest;
}

static void init_target(Init *in, const Target *t, HfNode *n)
{
    HfNode *e = hf_node_strip(n);

    if (!e) {
        return;
    }
    if (e->c.kind != CXCursor_InitListExpr) {
        /* A static one may be initialised with a compound literal. */
        if (!in->f && e->c.kind == CXCursor_CompoundLiteralExpr && e->last) {
            Target literal = { clang_getCursorType(e->c), 0, t->field };

            init_target(in, &literal, e->last);
        } else {
            init_scalar(in, t, n);
        }
        return;
    }
    if (is_record(t->type) || is_array(t->type)) {
        if (e->first) {
            init_members(in, t, e->first, FALSE);
        }
    } else if (e->first) {
        init_target(in, t, e->first); /* int i = { 1 } */
    }
}

/* ---- entries ------------------------------------------------------------ */

void hf_lower_init(HfBody *f, HfId path, CXType type, HfNode *init, HfId loc)
{
    Init in = { f->u, f, 0, 0 };
    Target t = { type, path, 0 };
    HfNode *e = hf_node_strip(init);
    HfLocalInfo *local;
    HfId value;

    if (e && e->c.kind == CXCursor_InitListExpr) {
        local = hf_local_of_path(f, path);
        if (local) {
            hf_facts_at_locals(f->b, local->id)->flags |= HF_LOCAL_BRACES;
        }
        init_target(&in, &t, init);
        return;
    }
    local = hf_local_of_path(f, path);
    value = hf_lower_value_into(
        f, init, local && !hf_local_is_shared(f, local) ? path : 0);
    if (f->cur >= 0 && value != path) {
        hf_emit_simple(f, HF_EV_WRITE, loc, path, value);
        hf_alias_set(f, path, value);
    }
}

void hf_lower_global(HfLower *u, CXCursor var, HfId symbol)
{
    Init in = { u, NULL, symbol, 0 };
    CXCursor init, def;
    HfTree *tree;
    HfNode *top;
    Target t = { 0 };

    if (hf_symbol_extra(u, symbol) & HF_SYMX_INIT) {
        return;
    }
    hf_symbol_extra_set(u, symbol, HF_SYMX_INIT);
    def = clang_getCursorDefinition(var);
    init = clang_Cursor_getVarDeclInitializer(clang_Cursor_isNull(def) ? var
                                                                       : def);
    if (clang_Cursor_isNull(init)) {
        return;
    }
    /* The tree of a body may be in use. */
    tree = hf_tree_new();
    top = hf_tree_build(tree, init);
    if (top) {
        t.type = clang_getCursorType(var);
        init_target(&in, &t, top);
    }
    hf_tree_free(tree);
}
