/* SPDX-License-Identifier: MIT */
/*
 * startup.h - from a command line to a running machine, and back.
 *
 * Thread context: the initial thread, under the BQL.
 */
#ifndef REFVMM_PROGRAM_STARTUP_H
#define REFVMM_PROGRAM_STARTUP_H

#include "program/drive.h"
#include "program/options.h"
#include <stdio.h>

typedef struct Program {
    CommandLine options;
    GStringChunk *strings;
    Drives drives;
    Machine *machine;
    FILE *qtest_log;
    char *pidfile; /* written by us; NULL: none */
    bool signals;  /* are watched */
} Program;

void program_init(Program *p) IO_FN;
/* Everything but the CPUs is ready; with *ret_dumped nothing is to be run. */
bool program_start(Program *p, bool *ret_dumped, GError **error)
    DROPS(bql) GS_FN;
/* Until somebody ends it; the exit status. */
int program_run(Program *p) DROPS(bql) GS_FN;
/* Also after a failed start. */
void program_finish(Program *p) DROPS(bql) GS_FN;
/* The memory of it, in the end. */
void program_clear(Program *p) IO_FN;

/* objects.c: one -object */
bool object_option_add(const char *text, GError **error) GS_FN;
/* trace_options.c: -trace and -d */
bool trace_options_apply(const CommandLine *c, GError **error) IO_FN;
/* characters.c: chardevs, serial ports and monitors of the command line. */
bool characters_add(Program *p, GError **error) GS_FN;
/* signals.c: SIGINT, SIGTERM and SIGHUP end the program in order. */
bool signals_watch(GError **error) GS_FN;
void signals_unwatch(void) GS_FN;

#endif
