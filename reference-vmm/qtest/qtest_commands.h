/* SPDX-License-Identifier: MIT */
/*
 * qtest_commands.h - what the lines of qtest.h do.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_QTEST_QTEST_COMMANDS_H
#define REFVMM_QTEST_QTEST_COMMANDS_H

#include "hw/machine.h"

/* Bytes of one read, write or memset: more is refused. */
#define QTEST_MAX_TRANSFER (16 * 1024 * 1024)

typedef struct QtestState {
    Machine *machine;
    DeviceState *intercepted; /* its input lines are reported; NULL: none */
    /* A line of it has changed. */
    void (*irq_changed)(void *opaque, int n, int level) SLOT(GS_FN);
} QtestState;

/* The answer, owned by the caller.  line is cut into words in place. */
char *qtest_run_command(QtestState *s, char *line) GS_FN;
void qtest_state_clear(QtestState *s) GS_FN;

#endif
