/* SPDX-License-Identifier: MIT */
/* lower_loop.c - loops, switches, labels and jumps. */
#include "lower_body.h"
#include <string.h>

/* ---- the three parts of for --------------------------------------------- */

typedef struct {
    HfNode *init, *cond, *step, *body;
} For;

/* Offsets of the two semicolons of the for statement at pos. */
static gboolean find_semicolons(HfSource *s, guint pos, guint semicolons[2])
{
    HfLexer l = { s->text, pos, (guint)s->len, TRUE };
    HfToken t = hf_lex(&l); /* for */
    guint n = 0;
    int depth = 0;

    if (t.kind != HF_TOKEN_NAME || t.end - t.start != 3 ||
        strncmp(s->text + t.start, "for", 3)) {
        return FALSE;
    }
    while (n < 2 && (t = hf_lex(&l)).kind != HF_TOKEN_END) {
        char c = t.kind == HF_TOKEN_PUNCT ? s->text[t.start] : 0;

        if (c == '(' || c == '{' || c == '[') {
            depth++;
        } else if (c == ')' || c == '}' || c == ']') {
            if (--depth == 0) {
                return FALSE;
            }
        } else if (c == ';' && depth == 1) {
            semicolons[n++] = t.start;
        }
    }
    return n == 2;
}

static gboolean looks_like_effect(HfNode *n)
{
    n = hf_node_strip(n);
    if (n->c.kind == CXCursor_BinaryOperator) {
        return n->op == CXBinaryOperator_Assign ||
               n->op == CXBinaryOperator_Comma;
    }
    if (n->c.kind == CXCursor_UnaryOperator) {
        return n->op >= CXUnaryOperator_PostInc &&
               n->op <= CXUnaryOperator_PreDec;
    }
    return n->c.kind == CXCursor_CompoundAssignOperator ||
           n->c.kind == CXCursor_DeclStmt;
}

/* By kind, where the text cannot be read: what has an effect is no condition,
 * and is the step if a condition came before it or nothing comes after. */
static void guess_parts(For *p, HfNode **parts, guint n)
{
    for (guint i = 0; i < n; i++) {
        if (!looks_like_effect(parts[i])) {
            p->cond = parts[i];
        } else if (i == 0 && (parts[i]->c.kind == CXCursor_DeclStmt ||
                              n > 1)) {
            p->init = parts[i];
        } else {
            p->step = parts[i];
        }
    }
}

static HfSource *spelled(HfBody *f, HfNode *n, guint *offset)
{
    return hf_spelling(f->u,
                       clang_getRangeStart(clang_getCursorExtent(n->c)),
                       offset);
}

/* Where a part stands between the semicolons; -1 when it cannot be told. */
static int part_position(HfBody *f, HfNode *loop, HfNode *part,
                         const guint semicolons[2])
{
    guint at, start;
    HfSource *s = spelled(f, part, &at);

    if (s != spelled(f, loop, &start) || at < start) {
        return -1;
    }
    return at < semicolons[0] ? 0 : at < semicolons[1] ? 1 : 2;
}

/* libclang leaves out the parts that are not there. */
static For for_parts(HfBody *f, HfNode *n)
{
    HfNode *parts[4] = { NULL };
    guint count = 0, offset, semicolons[2];
    HfSource *s;
    For p = { 0 };

    for (HfNode *child = n->first; child && count < 4; child = child->next) {
        parts[count++] = child;
    }
    p.body = count ? parts[count - 1] : NULL;
    if (count == 4) {
        p = (For){ parts[0], parts[1], parts[2], parts[3] };
    }
    if (count < 2 || count == 4) {
        return p;
    }
    s = spelled(f, n, &offset);
    if (!s || !find_semicolons(s, offset, semicolons)) {
        guess_parts(&p, parts, count - 1);
        return p;
    }
    for (guint i = 0; i + 1 < count; i++) {
        int position = part_position(f, n, parts[i], semicolons);

        if (position < 0) {
            p.init = p.cond = p.step = NULL;
            guess_parts(&p, parts, count - 1);
            return p;
        }
        *(position == 0 ? &p.init : position == 1 ? &p.cond : &p.step) =
            parts[i];
    }
    return p;
}

/* ---- loops -------------------------------------------------------------- */

static void lower_body(HfBody *f, HfNode *body, HfBlockNo on_break,
                       HfBlockNo on_continue)
{
    HfJumps jumps = { f->jumps, on_break, on_continue, f->live->len };

    f->jumps = &jumps;
    hf_lower_stmt(f, body);
    f->jumps = jumps.outer;
}

static void lower_while(HfBody *f, HfNode *cond, HfNode *body, HfNode *step)
{
    HfBlockNo head = hf_block_new(f);
    HfBlockNo inside = hf_block_new(f);
    HfBlockNo next = step ? hf_block_new(f) : head;
    HfBlockNo after = hf_block_new(f);
    gint64 value = 1;

    if (cond && !(body->flags & HF_NODE_HAS_LABEL) &&
        hf_fold(f, cond, &value) && !value) {
        return; /* never runs */
    }
    hf_alias_forget_memory(f);
    hf_jump(f, head);
    hf_block_open(f, head);
    if (cond) {
        hf_lower_cond(f, cond, inside, after);
    } else {
        hf_jump(f, inside);
    }
    hf_block_open(f, inside);
    lower_body(f, body, after, next);
    hf_jump(f, next);
    if (step) {
        hf_block_open(f, next);
        if (f->cur >= 0) {
            hf_lower_discard(f, step);
        }
        hf_jump(f, head);
    }
    hf_block_open(f, after);
}

static void lower_do(HfBody *f, HfNode *n)
{
    HfNode *body = n->first;
    HfNode *cond = n->first->next;
    HfBlockNo head = hf_block_new(f);
    HfBlockNo test = hf_block_new(f);
    HfBlockNo after = hf_block_new(f);
    gint64 value;
    gboolean once = hf_fold(f, cond, &value) && !value;

    if (!once) {
        hf_alias_forget_memory(f);
        hf_jump(f, head);
        hf_block_open(f, head);
    }
    lower_body(f, body, after, once ? after : test);
    if (once) {
        hf_jump(f, after);
    } else {
        hf_jump(f, test);
        hf_block_open(f, test);
        hf_lower_cond(f, cond, head, after);
    }
    hf_block_open(f, after);
}

static void lower_for(HfBody *f, HfNode *n)
{
    For p = for_parts(f, n);
    guint n_live;
    HfNode *outer;

    if (!p.body) {
        hf_incomplete(f);
        return;
    }
    outer = hf_scope_enter(f, n, &n_live);
    if (p.init) {
        hf_lower_stmt(f, p.init);
    }
    lower_while(f, p.cond, p.body, p.step);
    hf_scope_leave(f, outer, n_live, hf_node_loc(f, n), 0);
}

void hf_lower_loop(HfBody *f, HfNode *n)
{
    if (n->c.kind == CXCursor_ForStmt) {
        lower_for(f, n);
    } else if (!n->first || !n->first->next) {
        hf_incomplete(f);
    } else if (n->c.kind == CXCursor_DoStmt) {
        lower_do(f, n);
    } else {
        lower_while(f, n->first, n->first->next, NULL);
    }
}

/* ---- switch ------------------------------------------------------------- */

/* The label of this switch that a constant value goes to, or NULL. */
static HfNode *find_case(HfBody *f, HfNode *n, gint64 value, HfNode **other)
{
    for (guint32 i = n->order + 1; i < n->end; i++) {
        HfNode *label = hf_tree_at(f->tree, i);
        gint64 low, high;

        if (label->c.kind == CXCursor_SwitchStmt) {
            i = label->end - 1;
        } else if (label->c.kind == CXCursor_DefaultStmt) {
            *other = label;
        } else if (label->c.kind == CXCursor_CaseStmt &&
                   hf_fold(f, label->first, &low)) {
            high = low;
            if (label->n == 3) {
                hf_fold(f, label->first->next, &high);
            }
            if (value >= low && value <= high) {
                return label;
            }
        }
    }
    return NULL;
}

typedef struct {
    HfBody *f;
    HfNode *body;
    guint n;
    gboolean all;
} HfEnumerators;

static enum CXChildVisitResult each_enumerator(CXCursor c, CXCursor parent,
                                               CXClientData data)
{
    HfEnumerators *e = data;
    HfNode *other;

    (void)parent;
    if (clang_getCursorKind(c) == CXCursor_EnumConstantDecl) {
        e->n++;
        e->all = find_case(e->f, e->body, clang_getEnumConstantDeclValue(c),
                           &other) != NULL;
    }
    return e->all ? CXChildVisit_Continue : CXChildVisit_Break;
}

/* There is a label for each value that the enumeration has, so that there is
 * no way past them. */
static gboolean takes_all(HfBody *f, HfNode *value, HfNode *body)
{
    HfEnumerators e = { .f = f, .body = body, .all = TRUE };
    CXType type = clang_getCanonicalType(clang_getCursorType(value->c));

    while (type.kind != CXType_Enum && value->n == 1 &&
           (value->c.kind == CXCursor_UnexposedExpr ||
            value->c.kind == CXCursor_ParenExpr)) {
        value = value->first;
        type = clang_getCanonicalType(clang_getCursorType(value->c));
    }
    if (type.kind != CXType_Enum) {
        return FALSE;
    }
    clang_visitChildren(clang_getTypeDeclaration(type), each_enumerator, &e);
    return e.n > 1 && e.all;
}

void hf_lower_switch(HfBody *f, HfNode *n)
{
    HfSwitch s = { .outer = f->switches, .head = -1 };
    HfJumps jumps = { f->jumps, hf_block_new(f), -1, 0 };
    HfNode *body = n->last;
    HfPath value;

    if (!body || body == n->first) {
        hf_incomplete(f);
        return;
    }
    s.value = hf_lower_value(f, n->first);
    s.loc = hf_node_loc(f, n->first);
    s.head = f->cur;
    value = hf_path_row(f, s.value);
    if (value.kind == HF_PATH_CONST) {
        HfNode *other = NULL;

        s.is_const = TRUE;
        s.only = find_case(f, body, value.value, &other);
        s.only = s.only ? s.only : other;
    }
    jumps.n_live = f->live->len;
    hf_stop(f);
    f->jumps = &jumps;
    f->switches = &s;
    hf_lower_stmt(f, body);
    f->switches = s.outer;
    f->jumps = jumps.outer;
    hf_jump(f, jumps.on_break);
    if (!s.has_default && !(s.is_const && s.only) &&
        !(s.head >= 0 && !s.is_const && takes_all(f, n->first, body))) {
        hf_edge(f, s.head, jumps.on_break, 0,
                s.is_const ? 0 : HF_EDGE_DEFAULT);
    }
    hf_block_open(f, jumps.on_break);
}

/* GNU ranges: an edge for each value, or one that says nothing. */
#define MAX_RANGE 64

static void add_case_edges(HfBody *f, HfNode *n, HfBlockNo to)
{
    HfSwitch *s = f->switches;
    HfCond cond = { HF_COND_EQ, 0, s->value, 0, s->loc };
    gint64 low = 0, high;
    gboolean known = hf_fold(f, n->first, &low);

    high = low;
    if (n->n == 3) {
        known = known && hf_fold(f, n->first->next, &high);
    }
    if (!known || high < low || high - low > MAX_RANGE ||
        hf_path_row(f, s->value).kind == HF_PATH_UNKNOWN) {
        cond = (HfCond){ HF_COND_TRUE, 0, hf_unknown(f), 0, s->loc };
        hf_edge(f, s->head, to, hf_facts_add_conds(f->b, &cond),
                HF_EDGE_CASE);
        return;
    }
    for (gint64 value = low; value <= high; value++) {
        cond.rhs = hf_const(f, value);
        hf_edge(f, s->head, to, hf_facts_add_conds(f->b, &cond),
                HF_EDGE_CASE);
    }
}

void hf_lower_case(HfBody *f, HfNode *n)
{
    HfSwitch *s = f->switches;
    HfBlockNo block = hf_block_new(f);

    hf_jump(f, block);
    if (s && s->head >= 0) {
        if (n->c.kind == CXCursor_DefaultStmt) {
            s->has_default = TRUE;
        }
        if (s->is_const) {
            if (s->only == n) {
                hf_edge(f, s->head, block, 0, 0);
            }
        } else if (n->c.kind == CXCursor_DefaultStmt) {
            hf_edge(f, s->head, block, 0, HF_EDGE_DEFAULT);
        } else if (n->first) {
            add_case_edges(f, n, block);
        }
    }
    hf_block_open(f, block);
    if (n->last && (n->c.kind == CXCursor_DefaultStmt || n->n > 1)) {
        hf_lower_stmt(f, n->last);
    }
}

/* ---- labels and jumps --------------------------------------------------- */

void hf_lower_label(HfBody *f, HfNode *n)
{
    HfLabel *label = NULL;

    for (guint i = 0; !label && i < f->labels->len; i++) {
        if (g_array_index(f->labels, HfLabel, i).node == n) {
            label = &g_array_index(f->labels, HfLabel, i);
        }
    }
    if (label && label->target) {
        hf_alias_forget_memory(f);
        hf_jump(f, label->block);
        /* A goto further down may come back here. */
        if (label->dead) {
            hf_block_open(f, label->block);
        } else {
            hf_block_open_anyway(f, label->block);
        }
    }
    if (n->last) {
        hf_lower_stmt(f, n->last);
    }
}

static void jump_to(HfBody *f, HfNode *n, guint n_live, HfBlockNo to)
{
    hf_unwind(f, n_live, hf_node_loc(f, n), FALSE);
    hf_jump(f, to);
}

void hf_lower_goto(HfBody *f, HfNode *n)
{
    HfJumps *j = f->jumps;
    HfLabel *label;

    if (f->cur < 0) {
        return;
    }
    if (n->c.kind == CXCursor_GotoStmt) {
        label = n->first ? hf_label_of(f, n->first->c) : NULL;
        if (!label) {
            hf_incomplete(f);
            hf_stop(f);
            return;
        }
        jump_to(f, n, hf_live_at_label(f, label->node), label->block);
        return;
    }
    while (j && n->c.kind == CXCursor_ContinueStmt && j->on_continue < 0) {
        j = j->outer;
    }
    if (!j) {
        hf_incomplete(f);
        hf_stop(f);
        return;
    }
    jump_to(f, n, j->n_live, n->c.kind == CXCursor_BreakStmt
                                 ? j->on_break : j->on_continue);
}

void hf_lower_computed_goto(HfBody *f, HfNode *n)
{
    if (n->last) {
        hf_lower_value(f, n->last);
    }
    if (f->cur >= 0) {
        g_array_append_val(f->computed, f->cur);
    }
    hf_stop(f);
}

/* Wherever a computed goto stands, it may go to every label whose address is
 * taken.  Which locals die on the way is not known then. */
void hf_connect_computed_gotos(HfBody *f)
{
    for (guint i = 0; i < f->computed->len; i++) {
        HfBlockNo from = g_array_index(f->computed, HfBlockNo, i);

        for (guint j = 0; j < f->labels->len; j++) {
            HfLabel *label = &g_array_index(f->labels, HfLabel, j);

            if (label->by_address) {
                hf_edge(f, from, label->block, 0, 0);
            }
        }
    }
}
