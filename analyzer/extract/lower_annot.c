/* SPDX-License-Identifier: MIT */
/*
 * lower_annot.c - annotations of declarations.
 *
 * clang repeats an annotation on every later declaration of the same thing,
 * with the place where it was written.  That place is what tells copies
 * apart, and tells whether it stands on the definition.
 *
 * Seen of a function: its first declaration, every declaration in the main
 * file, the one that lowered code referred to, and the definition.  A marker
 * on a declaration that is none of these (a second prototype in another
 * header) is not seen; an annotation there is, because it is inherited.
 */
#include "lower_text.h"
#include <string.h>

typedef struct {
    HfLower *u;
    HfAnnot annot;      /* owner */
    HfDeclText text;    /* of the declaration being looked at */
    HfStr params;       /* of the same */
    gboolean has_text;
    gboolean is_definition;
    gboolean may_inherit; /* from another declaration */
} Annotate;

static gboolean is_known(Annotate *a)
{
    guint32 n = hf_facts_count_annots(a->u->b);

    for (guint32 i = n; i-- > 1;) {
        const HfAnnot *known = hf_facts_at_annots(a->u->b, i);

        /* Those of one owner are added together. */
        if (known->owner != a->annot.owner ||
            known->owner_kind != a->annot.owner_kind) {
            return FALSE;
        }
        if (known->loc == a->annot.loc && known->text == a->annot.text) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add(Annotate *a, guint32 flags)
{
    a->annot.flags = flags;
    if (!is_known(a)) {
        hf_facts_add_annots(a->u->b, &a->annot);
    }
}

/* Inherited copies stand somewhere else. */
static gboolean stands_here(const Annotate *a, CXSourceLocation at)
{
    guint offset;

    return a->has_text &&
           hf_expansion(a->u, at, &offset) == a->text.source &&
           offset >= a->text.start && offset < a->text.end;
}

static enum CXChildVisitResult add_param(CXCursor c, CXCursor parent,
                                         CXClientData data)
{
    CXString name;

    if (c.kind == CXCursor_ParmDecl) {
        name = clang_getCursorSpelling(c);
        g_string_append_printf(data, "%s,", clang_getCString(name));
        clang_disposeString(name);
    }
    return CXChildVisit_Continue;
}

static HfStr params_of(const Annotate *a, CXCursor decl)
{
    GString *names = g_string_new(NULL);
    HfStr out;

    clang_visitChildren(decl, add_param, names);
    if (strspn(names->str, ",") == names->len) {
        g_string_truncate(names, 0); /* nothing can speak of them */
    }
    out = hf_facts_string(a->u->b, names->str);
    g_string_free(names, TRUE);
    return out;
}

static enum CXChildVisitResult see_child(CXCursor c, CXCursor parent,
                                         CXClientData data)
{
    Annotate *a = data;
    CXSourceLocation at;
    CXString text;
    gboolean here;

    if (c.kind != CXCursor_AnnotateAttr) {
        return CXChildVisit_Continue;
    }
    at = clang_getCursorLocation(c);
    text = clang_getCursorSpelling(c);
    a->annot.text = hf_facts_string(a->u->b, clang_getCString(text));
    a->annot.loc = hf_loc(a->u, at);
    clang_disposeString(text);
    here = stands_here(a, at);
    a->annot.params = here || !a->may_inherit ? a->params : 0;
    add(a, a->is_definition && (!a->has_text || here)
               ? HF_ANNOT_ON_DEFINITION : 0);
    return CXChildVisit_Continue;
}

static void add_markers(Annotate *a)
{
    g_autoptr(GArray) offsets = g_array_new(FALSE, FALSE, sizeof(guint));

    hf_decl_markers(a->u, &a->text, offsets);
    for (guint i = 0; i < offsets->len; i++) {
        guint offset = g_array_index(offsets, guint, i);
        HfLexer l = { a->text.source->text, offset,
                      (guint)a->text.source->len, FALSE };
        HfToken t = hf_lex(&l);
        g_autofree char *text = g_strdup_printf(
            "macro:%.*s", (int)(t.end - t.start), l.text + t.start);

        a->annot.text = hf_facts_string(a->u->b, text);
        a->annot.loc = hf_loc_at(a->u, a->text.source, offset);
        a->annot.params = 0;
        add(a, HF_ANNOT_MARKER |
                   (a->is_definition ? HF_ANNOT_ON_DEFINITION : 0));
    }
}

static void see_declaration(Annotate *a, CXCursor decl, gboolean markers)
{
    gboolean attrs = clang_Cursor_hasAttrs(decl) != 0;
    gboolean remarks = a->annot.owner_kind == HF_OWNER_SYMBOL ||
                       a->annot.owner_kind == HF_OWNER_FIELD;

    if (!attrs && !remarks &&
        (!markers || hf_name_set_is_empty(&a->u->markers))) {
        return;
    }
    a->has_text = hf_decl_text(a->u, decl, &a->text);
    if (remarks && a->has_text) {
        hf_remark(a->u, &a->text, a->annot.owner_kind, a->annot.owner,
                  a->is_definition);
    }
    if (attrs) {
        a->params = params_of(a, decl);
        a->may_inherit = decl.kind == CXCursor_FunctionDecl;
        clang_visitChildren(decl, see_child, a);
    }
    if (markers && a->has_text) {
        add_markers(a);
    }
}

void hf_annotate_function(HfLower *u, HfId symbol, CXCursor decl)
{
    Annotate a = { .u = u, .annot = { .owner_kind = HF_OWNER_SYMBOL,
                                      .owner = symbol } };

    a.is_definition = clang_isCursorDefinition(decl) != 0;
    see_declaration(&a, decl, TRUE);
}

void hf_annotate(HfLower *u, CXCursor decl, HfOwnerKind kind, HfId owner)
{
    Annotate a = { .u = u, .annot = { .owner_kind = kind, .owner = owner } };

    a.is_definition = clang_isCursorDefinition(decl) != 0;
    see_declaration(&a, decl, FALSE);
}

/* What the typedef of a pointer to function, or of the function, says. */
static void see_typedefs(Annotate *a, CXType type)
{
    a->is_definition = FALSE;
    for (int i = 0; i < 8; i++) {
        CXCursor decl;

        if (type.kind == CXType_Elaborated) {
            type = clang_Type_getNamedType(type);
        } else if (type.kind == CXType_Pointer) {
            type = clang_getPointeeType(type);
        } else if (type.kind == CXType_Typedef) {
            decl = clang_getTypeDeclaration(type);
            see_declaration(a, decl, TRUE);
            type = clang_getTypedefDeclUnderlyingType(decl);
        } else {
            return;
        }
    }
}

void hf_annotate_slot(HfLower *u, CXCursor decl, HfOwnerKind kind, HfId owner)
{
    Annotate a = { .u = u, .annot = { .owner_kind = kind, .owner = owner } };

    a.is_definition = kind != HF_OWNER_LOCAL;
    see_declaration(&a, decl, TRUE);
    see_typedefs(&a, clang_getCursorType(decl));
}
