/* SPDX-License-Identifier: MIT */
/*
 * qcow2_check.h - what qcow2_check.c, which counts all references to
 * clusters, and qcow2_repair.c, which compares and puts right, share.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#ifndef REFVMM_BLOCK_QCOW2_CHECK_H
#define REFVMM_BLOCK_QCOW2_CHECK_H

#include "block/qcow2.h"

typedef struct Qcow2Check {
    BDRVQcow2State *s;
    BdrvCheckResult *result;
    BdrvCheckMode fix;
    /* References found, as refcount blocks hold them, one behind another. */
    uint8_t *counts;
    int64_t n;        /* clusters of the file */
    int64_t capacity; /* entries of counts: whole blocks */
    uint8_t *table;   /* a cluster, for reading */
    bool rebuild;     /* refcount blocks or table are damaged */
    int64_t rebuild_causes;
    int64_t next_host; /* behind the last data cluster seen */
} Qcow2Check;

void qcow2_check_say(Qcow2Check *c, const char *format, ...) IO_FN
    G_GNUC_PRINTF(2, 3);
/* Makes counts reach to n clusters. */
int qcow2_check_reserve(Qcow2Check *c, int64_t n) IO_FN;
/* Counts what a range of the file touches; false: not within the file. */
bool qcow2_check_count(Qcow2Check *c, int64_t offset, int64_t bytes,
                       const char *what) IO_FN;

int coroutine_fn qcow2_check_compare(BDRVQcow2State *s, Qcow2Check *c)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_check_rebuild(BDRVQcow2State *s, Qcow2Check *c)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_check_copied(BDRVQcow2State *s, Qcow2Check *c)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;

#endif
