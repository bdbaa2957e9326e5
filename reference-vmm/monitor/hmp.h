/* SPDX-License-Identifier: MIT */
/*
 * hmp.h - commands for humans: a line in, text out.
 *
 * A command is an entry of a table; most are a QMP command with its result
 * put into words.
 *
 * Thread context: the main loop, under the BQL.
 */
#ifndef REFVMM_MONITOR_HMP_H
#define REFVMM_MONITOR_HMP_H

#include "base/lock.h"
#include "cpu/vcpu.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>

/* What the line prints, errors included; owned by the caller.  cpu: whose
 * registers and addresses are meant, 0 also where there is no CPU; NULL with
 * an error: there is none. */
char *hmp_run(const char *line, int64_t cpu, GError **error) GS_FN;

/* ---- for those who write commands --------------------------------------- */

typedef struct HmpContext {
    GString *out;
    unsigned cpu;
} HmpContext;

typedef struct HmpCommand {
    const char *name; /* NULL: the end of a table */
    const char *alias; /* NULL: none */
    const char *args; /* as help shows them; NULL: none */
    const char *help; /* one line, lower case, no full stop */
    /* args: the rest of the line, without blanks at its ends. */
    void (*run)(HmpContext *c, const char *args) SLOT(GS_FN);
} HmpCommand;

extern const HmpCommand hmp_commands[], hmp_info_commands[];

/* The result of a QMP command; owned by the caller.  NULL: it printed the
 * error.  args is taken over and may be NULL. */
JsonNode *hmp_qmp(HmpContext *c, const char *command, JsonObject *args) GS_FN;
/* The same for those without a result. */
void hmp_qmp_do(HmpContext *c, const char *command, JsonObject *args) GS_FN;
void hmp_error(HmpContext *c, const char *message) IO_FN;
/* The CPU that is meant; NULL: it printed that there is none. */
Vcpu *hmp_cpu(HmpContext *c) GS_FN;

/* hmp_memory.c: "/FORMAT ADDRESS" */
void hmp_dump_virtual(HmpContext *c, const char *args) GS_FN;
void hmp_dump_physical(HmpContext *c, const char *args) GS_FN;
void hmp_print(HmpContext *c, const char *args) GS_FN;

/* hmp_expression.c: "$pc + 0x10" up to the end or a blank that no operator
 * follows; *text then points behind it.  False: it printed the error. */
bool hmp_expression(HmpContext *c, const char **text, uint64_t *ret) GS_FN;

#endif
