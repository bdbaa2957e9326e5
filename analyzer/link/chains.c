/* SPDX-License-Identifier: MIT */
/*
 * What only links objects: the heads of lists and the members by which objects
 * are in them.  Macros write them in pieces, and the types of the pieces are
 * shared by all lists of a program.
 */
#include "link/link_internal.h"

#include <string.h>

/* Members of such a record. */
#define MAX_LINK_FIELDS 4

/* Of the records made of pointers those stay that have no name of their own,
 * point to their like, or hold what does. */
static void keep_chains(HfProgram *p)
{
    g_autofree guint8 *chains = g_new0(guint8, p->records->len);

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        const char *name = HF_PROGRAM_RECORD(p, f->record)->name;

        chains[f->record] |= f->type_record == f->record ||
                             (f->type_flags & HF_TYPE_RECORD) ||
                             !*name || strchr(name, '(');
    }
    for (HfRecId i = 1; i < p->records->len; i++) {
        HF_PROGRAM_RECORD(p, i)->is_link &= chains[i];
    }
}

/* A link in the very type that it points to is no head. */
static void mark_entries(HfProgram *p)
{
    g_autofree HfRecId *to = g_new0(HfRecId, p->records->len);

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        if (f->type_record && f->type_record != f->record &&
            !HF_PROGRAM_RECORD(p, f->type_record)->is_link) {
            to[f->record] = f->type_record;
        }
    }
    for (HfFieldId i = 1; i < p->fields->len; i++) {
        HfProgField *f = HF_PROGRAM_FIELD(p, i);

        f->is_entry = f->type_record && f->type_flags & HF_TYPE_RECORD &&
                      HF_PROGRAM_RECORD(p, f->type_record)->is_link &&
                      to[f->type_record] == f->record;
    }
}

void hf_link_mark_chains(HfProgram *p)
{
    g_autofree guint8 *n = g_new0(guint8, p->records->len);

    for (HfRecId i = 1; i < p->records->len; i++) {
        HF_PROGRAM_RECORD(p, i)->is_link = TRUE;
    }
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        memset(n, 0, p->records->len);
        for (HfFieldId i = 1; i < p->fields->len; i++) {
            const HfProgField *f = HF_PROGRAM_FIELD(p, i);
            HfProgRecord *r = HF_PROGRAM_RECORD(p, f->record);

            n[f->record] = MIN(n[f->record] + 1, MAX_LINK_FIELDS + 1);
            if (r->is_link &&
                (n[f->record] > MAX_LINK_FIELDS || f->is_lock ||
                 (f->type_flags & HF_TYPE_ARRAY) ||
                 !(f->type_flags & HF_TYPE_POINTER ||
                   (f->type_flags & HF_TYPE_RECORD &&
                    HF_PROGRAM_RECORD(p, f->type_record)->is_link)))) {
                r->is_link = FALSE;
                again = TRUE;
            }
        }
    }
    keep_chains(p);
    mark_entries(p);
}
