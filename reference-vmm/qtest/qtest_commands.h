/* SPDX-License-Identifier: MIT */
/*
 * qtest_commands.h - what the lines of qtest.h do.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_QTEST_QTEST_COMMANDS_H
#define REFVMM_QTEST_QTEST_COMMANDS_H

#include "qtest/qtest_irq.h"

/* Bytes of one read, write or memset: more is refused. */
#define QTEST_MAX_TRANSFER (16 * 1024 * 1024)

typedef struct QtestState {
    Machine *machine;
    QtestIrqFn *irq_changed; /* a line that is watched */
} QtestState;

/* The answer, owned by the caller.  line is cut into words in place. */
char *qtest_run_command(QtestState *s, char *line) GS_FN;

#endif
