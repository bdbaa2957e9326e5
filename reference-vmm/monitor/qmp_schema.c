/* SPDX-License-Identifier: MIT */
/*
 * qmp_schema.c - what commands, events and types there are, and reading the
 * members of a type: see qmp_schema.h and qmp_members.h.
 *
 * Thread context: any.
 */
#include "monitor/qmp_members.h"
#include "monitor/qmp.h"
#include <string.h>

static const QmpSet *const sets[] = {
#define QMP_SET(name) &name##_qmp_set,
#include "monitor/command_list.h"
#undef QMP_SET
    NULL,
};

G_DEFINE_QUARK(qmp-error-quark, qmp_error)

const QmpSet *const *qmp_sets(void)
{
    return sets;
}

/* ---- by name ------------------------------------------------------------ */

typedef struct Names {
    GHashTable *commands; /* of const QmpCommand* */
    GHashTable *types;    /* of const QmpType* */
} Names;

/* Once; constant from then on. */
static gpointer names_new(gpointer data)
{
    Names *n = g_new(Names, 1);

    n->commands = g_hash_table_new(g_str_hash, g_str_equal);
    n->types = g_hash_table_new(g_str_hash, g_str_equal);
    for (const QmpSet *const *set = sets; *set; set++) {
        for (const QmpCommand *c = (*set)->commands; c && c->name; c++) {
            g_hash_table_insert(n->commands, (gpointer)c->name, (gpointer)c);
        }
        for (const QmpType *t = (*set)->types; t && t->name; t++) {
            g_hash_table_insert(n->types, (gpointer)t->name, (gpointer)t);
        }
    }
    return n;
}

static const Names *names(void)
{
    static GOnce once = G_ONCE_INIT;

    return g_once(&once, names_new, NULL);
}

const QmpCommand *qmp_command_find(const char *name)
{
    return g_hash_table_lookup(names()->commands, name);
}

const QmpType *qmp_type_find(const char *name)
{
    return g_hash_table_lookup(names()->types, name);
}

/* ---- members ------------------------------------------------------------ */

void qmp_members_start(QmpMemberIter *it, const char *members)
{
    memset(it, 0, sizeof(*it));
    it->rest = members ? members : "";
    it->separator = ':';
}

static size_t trimmed(const char *text, size_t len, size_t size, char *out)
{
    while (len && *text == ' ') {
        text++;
        len--;
    }
    while (len && text[len - 1] == ' ') {
        len--;
    }
    g_assert(len < size); /* of our own tables */
    memcpy(out, text, len);
    out[len] = '\0';
    return len;
}

bool qmp_members_next(QmpMemberIter *it)
{
    size_t len = strcspn(it->rest, ",;");
    char text[2 * QMP_NAME_MAX];
    const char *separator, *name = text;

    if (!trimmed(it->rest, len, sizeof(text), text)) {
        return false;
    }
    it->rest += len + (it->rest[len] == ',');
    if (!strcmp(text, "...")) {
        it->open = true;
        return false;
    }
    it->optional = *name == '*';
    name += it->optional;
    separator = strchr(name, it->separator);
    if (!separator) { /* of an enum or an alternate */
        g_strlcpy(it->name, name, sizeof(it->name));
        it->type[0] = '\0';
        return true;
    }
    trimmed(name, separator - name, sizeof(it->name), it->name);
    trimmed(separator + 1, strlen(separator + 1), sizeof(it->type), it->type);
    return true;
}

bool qmp_variants_start(QmpMemberIter *it, const char *members,
                        char tag[QMP_NAME_MAX])
{
    const char *at = members ? strchr(members, ';') : NULL;
    size_t len;

    if (!at) {
        return false;
    }
    len = strcspn(++at, ":");
    g_assert(at[len]);
    trimmed(at, len, QMP_NAME_MAX, tag);
    qmp_members_start(it, at + len + 1);
    it->separator = '=';
    return true;
}
