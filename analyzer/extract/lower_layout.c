/* SPDX-License-Identifier: MIT */
/*
 * lower_layout.c - how the objects of a record lie in memory: what nobody
 * writes, and what is an address.
 *
 * Made for records whose size a body asks for: who copies an object as bytes
 * says sizeof.
 */
#include "lower_unit.h"
#include <string.h>

/* Larger records, longer arrays and more parts are not looked at: nobody
 * sends them as they are. */
#define MAX_BITS (1u << 19)
#define MAX_ELEMENTS 256
#define MAX_PARTS 64
#define MAX_DEPTH 16

typedef struct {
    guint8 *bits; /* of the record, 1: some member says it */
    guint64 n_bits;
    GArray *pointers; /* HfPart with path 0 */
    GPtrArray *names; /* of pointers */
    GPtrArray *leaves; /* Leaf */
    gboolean gave_up;
} Layout;

typedef struct {
    guint64 end; /* in bits */
    char *name;
} Leaf;

typedef struct {
    Layout *l;
    guint64 base; /* in bits */
    const char *prefix;
    guint depth;
    gboolean in_union;
} Visit;

static void visit_type(const Visit *v, CXType type, guint64 at,
                       const char *name);

static void leaf_free(gpointer p)
{
    g_free(((Leaf *)p)->name);
    g_free(p);
}

static void cover(Layout *l, guint64 at, guint64 n)
{
    for (guint64 i = at; i < at + n && i < l->n_bits; i++) {
        l->bits[i >> 3] |= 1u << (i & 7);
    }
}

static void add_leaf(const Visit *v, guint64 at, guint64 n, const char *name)
{
    Leaf *leaf = g_new(Leaf, 1);

    leaf->end = at + n;
    leaf->name = g_strdup(name);
    g_ptr_array_add(v->l->leaves, leaf);
    cover(v->l, at, n);
}

static void add_pointer(const Visit *v, guint64 at, guint64 n,
                        const char *name)
{
    HfPart part = {
        .offset = at / 8, .size = n / 8, .kind = HF_PART_POINTER,
        .flags = v->in_union ? HF_PART_IN_UNION : 0,
    };

    if (v->l->pointers->len < MAX_PARTS) {
        g_array_append_val(v->l->pointers, part);
        g_ptr_array_add(v->l->names, g_strdup(name));
    }
}

static enum CXVisitorResult visit_member(CXCursor field, CXClientData data)
{
    const Visit *v = data;
    CXString spelling = clang_getCursorSpelling(field);
    const char *s = clang_getCString(spelling);
    gboolean unnamed = !s || !*s || strchr(s, '(');
    long long offset = clang_Cursor_getOffsetOfField(field);
    g_autofree char *name =
        unnamed ? g_strdup(v->prefix)
        : *v->prefix ? g_strconcat(v->prefix, ".", s, NULL) : g_strdup(s);
    int width = clang_Cursor_isBitField(field)
                    ? clang_getFieldDeclBitWidth(field) : -1;

    clang_disposeString(spelling);
    if (offset < 0) {
        v->l->gave_up = TRUE;
        return CXVisit_Break;
    }
    if (width < 0) {
        visit_type(v, clang_getCursorType(field), v->base + offset, name);
    } else if (!unnamed) {
        add_leaf(v, v->base + offset, width, name);
    }
    return v->l->gave_up ? CXVisit_Break : CXVisit_Continue;
}

static void visit_record(const Visit *v, CXType type, guint64 at,
                         const char *name)
{
    CXCursor decl = clang_getTypeDeclaration(type);
    Visit inner = {
        .l = v->l, .base = at, .prefix = name, .depth = v->depth + 1,
        .in_union = v->in_union || decl.kind == CXCursor_UnionDecl,
    };

    if (inner.depth > MAX_DEPTH) {
        v->l->gave_up = TRUE;
        return;
    }
    clang_Type_visitFields(type, visit_member, &inner);
}

static void visit_array(const Visit *v, CXType type, guint64 at,
                        const char *name)
{
    CXType element = clang_getCanonicalType(clang_getArrayElementType(type));
    long long n = type.kind == CXType_ConstantArray ? clang_getArraySize(type)
                                                    : 0;
    long long size = clang_Type_getSizeOf(element);
    g_autofree char *text = g_strconcat(name, "[]", NULL);

    if (n <= 0 || size <= 0) {
        return; /* what follows the record is not part of it */
    }
    if (element.kind != CXType_Record &&
        element.kind != CXType_ConstantArray) {
        visit_type(v, element, at, text);
        add_leaf(v, at, (guint64)n * size * 8, name);
        return;
    }
    for (long long i = 0; i < n && i < MAX_ELEMENTS && !v->l->gave_up; i++) {
        /* pointers of one element speak for all */
        guint known = v->l->pointers->len;

        visit_type(v, element, at + (guint64)i * size * 8, text);
        if (i > 0 && v->l->pointers->len > known) {
            g_array_set_size(v->l->pointers, known);
            g_ptr_array_set_size(v->l->names, known);
        }
    }
    if (n > MAX_ELEMENTS) {
        cover(v->l, at, (guint64)n * size * 8);
    }
}

static void visit_type(const Visit *v, CXType type, guint64 at,
                       const char *name)
{
    CXType t = clang_getCanonicalType(type);
    long long size = clang_Type_getSizeOf(t);

    if (v->l->gave_up) {
        return;
    }
    if (t.kind == CXType_Atomic) {
        t = clang_getCanonicalType(clang_Type_getValueType(t));
    }
    if (t.kind == CXType_Record) {
        visit_record(v, t, at, name);
    } else if (t.kind == CXType_ConstantArray ||
               t.kind == CXType_IncompleteArray) {
        visit_array(v, t, at, name);
    } else if (size < 0) {
        v->l->gave_up = TRUE;
    } else {
        if (t.kind == CXType_Pointer) {
            add_pointer(v, at, (guint64)size * 8, name);
        }
        /* the last two bytes in six of a long double are never written, and
         * nobody would care */
        add_leaf(v, at, (guint64)size * 8, name);
    }
}

/* ---- rows --------------------------------------------------------------- */

/* The member that ends last before a gap. */
static const char *member_before(const Layout *l, guint64 at)
{
    const Leaf *best = NULL;

    for (guint i = 0; i < l->leaves->len; i++) {
        const Leaf *leaf = g_ptr_array_index(l->leaves, i);

        if (leaf->end <= at && (!best || leaf->end > best->end)) {
            best = leaf;
        }
    }
    return best ? best->name : "";
}

static gboolean is_covered(const Layout *l, guint64 bit)
{
    return l->bits[bit >> 3] >> (bit & 7) & 1;
}

static void add_gaps(HfLower *u, const Layout *l, HfId record, guint *n)
{
    for (guint64 i = 0; i < l->n_bits && *n < MAX_PARTS;) {
        HfPart part = { .record = record, .kind = HF_PART_PADDING };
        guint64 end = i;

        while (end < l->n_bits && !is_covered(l, end)) {
            end++;
        }
        if (end == i) {
            i++;
            continue;
        }
        part.offset = i / 8;
        part.size = (end + 7) / 8 - i / 8;
        part.flags = i % 8 || end % 8 ? HF_PART_BITS : 0;
        part.path = hf_facts_string(u->b, member_before(l, i));
        hf_facts_add_parts(u->b, &part);
        ++*n;
        i = end;
    }
}

static guint add_parts(HfLower *u, const Layout *l, HfId record)
{
    guint n = 0;

    for (guint i = 0; i < l->pointers->len; i++, n++) {
        HfPart part = g_array_index(l->pointers, HfPart, i);

        part.record = record;
        part.path = hf_facts_string(u->b, l->names->pdata[i]);
        hf_facts_add_parts(u->b, &part);
    }
    add_gaps(u, l, record, &n);
    return n;
}

void hf_record_layout(HfLower *u, CXType type)
{
    CXType t = clang_getCanonicalType(type);
    Layout l = { 0 };
    Visit v = { .l = &l, .prefix = "" };
    long long size;
    HfRecord *row;
    HfId record;
    guint n = 0;

    while (t.kind == CXType_ConstantArray) {
        t = clang_getCanonicalType(clang_getArrayElementType(t));
    }
    size = t.kind == CXType_Record ? clang_Type_getSizeOf(t) : 0;
    if (size <= 0 || size > G_MAXINT32) {
        return;
    }
    record = hf_record_row(u, clang_getTypeDeclaration(t));
    if (hf_facts_at_records(u->b, record)->size) {
        return;
    }
    l.n_bits = (guint64)size * 8;
    if (l.n_bits <= MAX_BITS) {
        l.bits = g_malloc0(size);
        l.pointers = g_array_new(FALSE, FALSE, sizeof(HfPart));
        l.names = g_ptr_array_new_with_free_func(g_free);
        l.leaves = g_ptr_array_new_with_free_func(leaf_free);
        visit_record(&v, t, 0, "");
        n = l.gave_up ? 0 : add_parts(u, &l, record);
        g_array_unref(l.pointers);
        g_ptr_array_unref(l.names);
        g_ptr_array_unref(l.leaves);
        g_free(l.bits);
    }
    row = hf_facts_at_records(u->b, record);
    row->size = (guint32)size;
    row->first_part = n ? hf_facts_count_parts(u->b) - n : 0;
    row->n_parts = n;
}

/* ---- sizeof ------------------------------------------------------------- */

static enum CXChildVisitResult visit_operand(CXCursor c, CXCursor parent,
                                             CXClientData data)
{
    HfLower *u = data;
    CXCursor decl;

    (void)parent;
    if (c.kind == CXCursor_TypeRef) {
        decl = clang_getCursorReferenced(c);
        hf_record_layout(u, decl.kind == CXCursor_TypedefDecl
                                ? clang_getTypedefDeclUnderlyingType(decl)
                                : clang_getCursorType(decl));
    } else if (clang_isExpression(c.kind)) {
        hf_record_layout(u, clang_getCursorType(c));
    }
    return CXChildVisit_Break;
}

void hf_sizeof_layout(HfLower *u, CXCursor expr)
{
    clang_visitChildren(expr, visit_operand, u);
}
