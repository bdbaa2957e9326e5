/* SPDX-License-Identifier: MIT */
/*
 * lower_type.c - types, records and their members.
 *
 * A record that is only pointed to is a row without members and without a
 * place: whether its definition is visible may depend on headers the unit
 * itself did not ask for.  Members appear, all of them, when one is used.
 */
#include "lower_unit.h"
#include <string.h>

/* ---- types -------------------------------------------------------------- */

static gboolean is_array(enum CXTypeKind kind)
{
    return kind == CXType_ConstantArray || kind == CXType_IncompleteArray ||
           kind == CXType_VariableArray ||
           kind == CXType_DependentSizedArray;
}

static gboolean is_function(enum CXTypeKind kind)
{
    return kind == CXType_FunctionProto || kind == CXType_FunctionNoProto;
}

static guint32 qualifiers(CXType t)
{
    return (clang_isConstQualifiedType(t) ? HF_TYPE_CONST : 0) |
           (clang_isVolatileQualifiedType(t) ? HF_TYPE_VOLATILE : 0);
}

static guint32 integer_flags(CXType t)
{
    switch (t.kind) {
    case CXType_Bool:
    case CXType_Char_U:
    case CXType_UChar:
    case CXType_Char16:
    case CXType_Char32:
    case CXType_UShort:
    case CXType_UInt:
    case CXType_ULong:
    case CXType_ULongLong:
    case CXType_UInt128:
        return HF_TYPE_INTEGRAL | HF_TYPE_UNSIGNED;
    case CXType_Char_S:
    case CXType_SChar:
    case CXType_WChar:
    case CXType_Short:
    case CXType_Int:
    case CXType_Long:
    case CXType_LongLong:
    case CXType_Int128:
        return HF_TYPE_INTEGRAL;
    case CXType_Enum:
        return integer_flags(clang_getCanonicalType(
                   clang_getEnumDeclIntegerType(clang_getTypeDeclaration(t))))
               | HF_TYPE_INTEGRAL;
    default:
        return 0;
    }
}

static HfId record_of(HfLower *u, CXType t)
{
    while (t.kind == CXType_Pointer || is_array(t.kind) ||
           t.kind == CXType_Atomic) {
        t = t.kind == CXType_Pointer ? clang_getPointeeType(t)
            : t.kind == CXType_Atomic ? clang_Type_getValueType(t)
                                      : clang_getArrayElementType(t);
        t = clang_getCanonicalType(t);
    }
    return t.kind == CXType_Record
               ? hf_record_row(u, clang_getTypeDeclaration(t)) : 0;
}

guint32 hf_type_flags(HfLower *u, CXType type, HfId *record)
{
    CXType t = clang_getCanonicalType(type);
    guint32 flags = qualifiers(t);

    if (record) {
        *record = record_of(u, t);
    }
    if (is_array(t.kind)) {
        flags |= HF_TYPE_ARRAY;
        do {
            t = clang_getCanonicalType(clang_getArrayElementType(t));
        } while (is_array(t.kind));
        flags |= qualifiers(t);
    }
    if (t.kind == CXType_Atomic) {
        flags |= HF_TYPE_ATOMIC;
        t = clang_getCanonicalType(clang_Type_getValueType(t));
    }
    if (t.kind == CXType_Pointer) {
        t = clang_getCanonicalType(clang_getPointeeType(t));
        if (is_function(t.kind)) {
            return flags | HF_TYPE_FUNCTION_POINTER;
        }
        return flags & HF_TYPE_ARRAY ? flags : flags | HF_TYPE_POINTER;
    }
    if (flags & HF_TYPE_ARRAY) {
        return flags;
    }
    if (t.kind == CXType_Record) {
        return flags | HF_TYPE_RECORD;
    }
    if (t.kind == CXType_Void) {
        return flags | HF_TYPE_VOID;
    }
    return flags | integer_flags(t);
}

gboolean hf_type_is_unsigned(CXType type)
{
    guint32 flags = integer_flags(clang_getCanonicalType(type));

    return (flags & HF_TYPE_UNSIGNED) != 0;
}

/* "struct (unnamed at ../a/b.h:3:1)" -> "struct (unnamed)" */
static void strip_places(char *text)
{
    char *at = text;

    while ((at = strstr(at, " at ")) != NULL) {
        char *open = at;
        char *close = strchr(at, ')');

        while (open > text && *open != '(') {
            open--;
        }
        if (!close || *open != '(') {
            return;
        }
        memmove(at, close, strlen(close) + 1);
    }
}

HfStr hf_type_text(HfLower *u, CXType type)
{
    CXString spelling = clang_getTypeSpelling(type);
    const char *s = clang_getCString(spelling);
    HfStr out;

    if (s && strstr(s, "typeof (")) {
        /* the whole expression would follow */
        clang_disposeString(spelling);
        spelling = clang_getTypeSpelling(clang_getCanonicalType(type));
        s = clang_getCString(spelling);
    }
    if (s && strstr(s, " at ")) {
        g_autofree char *copy = g_strdup(s);

        strip_places(copy);
        out = hf_facts_string(u->b, copy);
    } else {
        out = hf_facts_string(u->b, s);
    }
    clang_disposeString(spelling);
    return out;
}

/* ---- records ------------------------------------------------------------ */

static HfStr anonymous_name(HfLower *u, CXCursor decl)
{
    g_autoptr(GString) name = g_string_new("(anonymous)");
    CXCursor outer = clang_getCursorSemanticParent(decl);

    while (clang_isDeclaration(outer.kind) &&
           (outer.kind == CXCursor_StructDecl ||
            outer.kind == CXCursor_UnionDecl)) {
        CXString s = clang_getCursorSpelling(outer);

        g_string_prepend(name, "::");
        g_string_prepend(name, clang_Cursor_isAnonymous(outer)
                                   ? "(anonymous)" : clang_getCString(s));
        clang_disposeString(s);
        outer = clang_getCursorSemanticParent(outer);
    }
    return hf_facts_string(u->b, name->str);
}

static HfStr record_key(HfLower *u, CXCursor decl, gboolean anonymous)
{
    CXString usr = clang_getCursorUSR(decl);
    g_autofree char *key = NULL;
    guint offset, line, col;
    HfSource *s;

    s = anonymous ? hf_expansion(u, clang_getCursorLocation(decl), &offset)
                  : NULL;
    if (s) {
        hf_source_lexer_line(s, offset, &line, &col);
        key = g_strdup_printf("%s:%u:%u %s", s->path, line, col,
                              clang_getCString(usr));
    } else {
        key = g_strdup(clang_getCString(usr));
    }
    clang_disposeString(usr);
    return hf_facts_string(u->b, key);
}

HfId hf_record_row(HfLower *u, CXCursor decl)
{
    HfId id = hf_decl_map_get(&u->records, decl);
    HfRecord row = { 0 };
    CXCursor canonical;
    gboolean anonymous;

    if (id) {
        return id;
    }
    canonical = clang_getCanonicalCursor(decl);
    id = hf_decl_map_get(&u->records, canonical);
    if (!id) {
        anonymous = clang_Cursor_isAnonymous(decl) != 0;
        row.key = record_key(u, decl, anonymous);
        if (anonymous) {
            row.name = anonymous_name(u, decl);
            row.flags |= HF_RECORD_ANONYMOUS;
        } else {
            CXString name = clang_getCursorSpelling(decl);

            row.name = hf_facts_string(u->b, clang_getCString(name));
            clang_disposeString(name);
        }
        if (decl.kind == CXCursor_UnionDecl) {
            row.flags |= HF_RECORD_UNION;
        }
        id = hf_facts_add_records(u->b, &row);
        hf_decl_map_set(&u->records, canonical, id);
    }
    hf_decl_map_set(&u->records, decl, id);
    return id;
}

/* ---- members ------------------------------------------------------------ */

typedef struct {
    HfLower *u;
    HfId record;
    HfId first;
    guint32 n;
} Members;

static HfStr field_name(HfLower *u, CXCursor field)
{
    CXString name = clang_getCursorSpelling(field);
    const char *s = clang_getCString(name);
    /* clang describes a member that has none */
    HfStr out = s && !strchr(s, '(') ? hf_facts_string(u->b, s) : 0;

    clang_disposeString(name);
    return out;
}

static enum CXVisitorResult add_member(CXCursor field, CXClientData data)
{
    Members *m = data;
    HfLower *u = m->u;
    HfField row = { .record = m->record };
    CXType type = clang_getCursorType(field);
    HfId id;

    row.name = field_name(u, field);
    row.type = hf_type_text(u, type);
    row.type_flags = hf_type_flags(u, type, &row.type_record);
    if (clang_Cursor_isBitField(field)) {
        row.type_flags |= HF_TYPE_BITFIELD;
    }
    row.loc = hf_loc(u, clang_getCursorLocation(field));
    id = hf_facts_add_fields(u->b, &row);
    hf_decl_map_set(&u->fields, field, id);
    g_array_append_val(u->field_cursors, field);
    m->first = m->first ? m->first : id;
    m->n++;
    return CXVisit_Continue;
}

static void annotate_members(HfLower *u, HfId record, CXCursor def)
{
    HfId first = hf_facts_at_records(u->b, record)->first_field;
    guint32 n = hf_facts_at_records(u->b, record)->n_fields;

    hf_annotate(u, def, HF_OWNER_RECORD, record);
    for (HfId id = first; id < first + n; id++) {
        CXCursor field = g_array_index(u->field_cursors, CXCursor, id);

        if (hf_facts_at_fields(u->b, id)->type_flags &
            HF_TYPE_FUNCTION_POINTER) {
            hf_annotate_slot(u, field, HF_OWNER_FIELD, id);
        } else {
            hf_annotate(u, field, HF_OWNER_FIELD, id);
        }
    }
}

static void fill_members(HfLower *u, HfId record, CXType type)
{
    CXCursor def = clang_getCursorDefinition(clang_getTypeDeclaration(type));
    Members m = { u, record, 0, 0 };
    HfRecord *row;
    HfId loc;

    if (clang_Cursor_isNull(def) || hf_facts_at_records(u->b, record)->loc) {
        return;
    }
    loc = hf_loc(u, clang_getCursorLocation(def));
    clang_Type_visitFields(type, add_member, &m);
    row = hf_facts_at_records(u->b, record);
    row->loc = loc;
    row->first_field = m.first;
    row->n_fields = m.n;
    annotate_members(u, record, def);
}

HfId hf_record_complete(HfLower *u, CXType type)
{
    CXType t = clang_getCanonicalType(type);
    HfId record;

    if (t.kind != CXType_Record) {
        return 0;
    }
    record = hf_record_row(u, clang_getTypeDeclaration(t));
    fill_members(u, record, t);
    return record;
}

HfId hf_field_row(HfLower *u, CXCursor field)
{
    HfId id = hf_decl_map_get(&u->fields, field);

    if (!id && field.kind == CXCursor_FieldDecl) {
        CXCursor owner = clang_getCursorSemanticParent(field);

        hf_record_complete(u, clang_getCursorType(owner));
        id = hf_decl_map_get(&u->fields, field);
    }
    return id;
}
