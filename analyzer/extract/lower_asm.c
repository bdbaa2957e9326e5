/* SPDX-License-Identifier: MIT */
/*
 * lower_asm.c - assembler statements.
 *
 * libclang shows the operands, outputs before inputs, but neither which are
 * which nor the labels of asm goto; those are read from the text.
 */
#include "lower_body.h"
#include <string.h>

/* ---- asm goto ----------------------------------------------------------- */

static gboolean token_is_word(const HfLexer *l, HfToken t, const char *word)
{
    gsize len = strlen(word);

    return t.kind == HF_TOKEN_NAME && t.end - t.start == len &&
           !strncmp(l->text + t.start, word, len);
}

/* Past "asm volatile goto (" and four colons; FALSE: no asm goto. */
static gboolean find_labels(HfLexer *l)
{
    gboolean jumps = FALSE;
    int colons = 0, depth = 0;
    HfToken t = hf_lex(l);

    while ((t = hf_lex(l)).kind == HF_TOKEN_NAME) {
        jumps |= token_is_word(l, t, "goto");
    }
    if (!jumps || !hf_token_is(l, t, '(')) {
        return FALSE;
    }
    while (colons < 4 && (t = hf_lex(l)).kind != HF_TOKEN_END) {
        depth += hf_token_is(l, t, '(') || hf_token_is(l, t, '[');
        depth -= hf_token_is(l, t, ')') || hf_token_is(l, t, ']');
        if (depth < 0) {
            return FALSE;
        }
        colons += !depth && hf_token_is(l, t, ':');
    }
    return colons == 4;
}

static gboolean label_is(const HfLexer *l, HfToken t, const HfLabel *label)
{
    CXString name = clang_getCursorSpelling(label->node->c);
    gboolean same = token_is_word(l, t, clang_getCString(name));

    clang_disposeString(name);
    return same;
}

void hf_asm_labels(HfBody *f, HfNode *n, GArray *out)
{
    guint offset;
    HfSource *s = f->labels->len
                      ? hf_spelling(f->u, clang_getCursorLocation(n->c),
                                    &offset) : NULL;
    HfLexer l;
    HfToken t;

    if (!s || offset >= s->len) {
        return;
    }
    l = (HfLexer){ s->text, offset, (guint)s->len, TRUE };
    if (!find_labels(&l)) {
        return;
    }
    while ((t = hf_lex(&l)).kind != HF_TOKEN_END && !hf_token_is(&l, t, ')')) {
        guint before = out->len;

        if (t.kind != HF_TOKEN_NAME) {
            continue;
        }
        for (guint i = 0; i < f->labels->len; i++) {
            if (label_is(&l, t, &g_array_index(f->labels, HfLabel, i))) {
                g_array_append_val(out, i);
            }
        }
        if (out->len == before) {
            /* A parameter of a macro: any label, then. */
            g_array_set_size(out, 0);
            for (guint i = 0; i < f->labels->len; i++) {
                g_array_append_val(out, i);
            }
            return;
        }
    }
}

/* Which label it takes, if any, nothing here can say. */
static void branch_to_labels(HfBody *f, HfNode *n, HfId loc)
{
    g_autoptr(GArray) labels = g_array_new(FALSE, FALSE, sizeof(guint));

    hf_asm_labels(f, n, labels);
    for (guint i = 0; i < labels->len && f->cur >= 0; i++) {
        HfLabel *label = &g_array_index(f->labels, HfLabel,
                                        g_array_index(labels, guint, i));
        HfCond cond = { .op = HF_COND_TRUE, .lhs = hf_unknown(f), .loc = loc };
        HfBlockNo next = hf_block_new(f);

        hf_branch(f, &cond, label->block, next);
        hf_block_open(f, next);
    }
}

/* ---- operands ----------------------------------------------------------- */

/* Outputs are objects, inputs are values: only the latter are converted. */
static gboolean is_object(HfNode *n)
{
    while (n->c.kind == CXCursor_ParenExpr && n->last) {
        n = n->last;
    }
    return n->c.kind == CXCursor_DeclRefExpr ||
           n->c.kind == CXCursor_MemberRefExpr ||
           n->c.kind == CXCursor_ArraySubscriptExpr ||
           (n->c.kind == CXCursor_UnaryOperator &&
            n->op == CXUnaryOperator_Deref);
}

void hf_lower_asm(HfBody *f, HfNode *n)
{
    g_autoptr(GArray) outputs = g_array_new(FALSE, FALSE, sizeof(HfOperand));
    HfId loc = hf_node_loc(f, n);

    for (HfNode *e = n->first; e; e = e->next) {
        if (!clang_isExpression(e->c.kind) ||
            e->c.kind == CXCursor_StringLiteral) {
            continue;
        }
        if (is_object(e)) {
            HfOperand o = hf_lower_operand(f, e);

            if (o.form == HF_FORM_PLACE) {
                g_array_append_val(outputs, o);
            }
        } else {
            hf_lower_value(f, e);
        }
    }
    hf_emit_simple(f, HF_EV_ASM, loc, 0, 0);
    for (guint i = 0; i < outputs->len; i++) {
        HfOperand *o = &g_array_index(outputs, HfOperand, i);

        hf_emit_simple(f, HF_EV_RMW, hf_node_loc(f, o->node), o->path, 0);
    }
    branch_to_labels(f, n, loc);
}
