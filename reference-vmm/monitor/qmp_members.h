/* SPDX-License-Identifier: MIT */
/*
 * qmp_members.h - walking the text of members that qmp_schema.h describes;
 * for the files that read it.
 *
 *     qmp_members_start(&it, "id: str, *force: bool");
 *     while (qmp_members_next(&it)) ... it.name, it.type, it.optional
 *     if (it.open) ...    // the text ended in "..."
 *
 *     if (qmp_variants_start(&it, members, tag)) {   // it has a tag
 *         while (qmp_members_next(&it)) ... it.name is the case, it.type
 *     }
 *
 * Thread context: any.
 */
#ifndef REFVMM_MONITOR_QMP_MEMBERS_H
#define REFVMM_MONITOR_QMP_MEMBERS_H

#include "monitor/qmp_schema.h"

#define QMP_NAME_MAX 64

typedef struct QmpMemberIter {
    const char *rest;
    char separator; /* between name and type */
    bool open;
    char name[QMP_NAME_MAX];
    char type[QMP_NAME_MAX]; /* "" in enums and alternates */
    bool optional;
} QmpMemberIter;

void qmp_members_start(QmpMemberIter *it, const char *members) IO_FN;
bool qmp_members_next(QmpMemberIter *it) IO_FN;
bool qmp_variants_start(QmpMemberIter *it, const char *members,
                        char tag[QMP_NAME_MAX]) IO_FN;

#endif
