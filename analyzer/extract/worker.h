/* SPDX-License-Identifier: MIT */
/*
 * worker.h - jobs in forked processes, so that a crash or a hang costs one
 * job.  Private to extract.
 *
 * Thread context: call from a process with one thread; run() is called in
 * the children, done() in the caller.
 */
#ifndef HOLDFAST_EXTRACT_WORKER_H
#define HOLDFAST_EXTRACT_WORKER_H

#include <glib.h>

typedef enum {
    HF_WORK_DONE,
    HF_WORK_CRASHED, /* killed by a signal, or gone without an answer */
    HF_WORK_TIMEOUT,
} HfWorkStatus;

typedef struct {
    guint job;
    guint attempt; /* 0, then 1 ... as often as done() asks for it */
    HfWorkStatus status;
    const char *why; /* NULL when DONE */
    const guint8 *reply; /* what run() appended; valid during the call */
    gsize len;
} HfWorkResult;

typedef struct {
    int n_workers;
    int timeout_s; /* for one job */
    guint recycle; /* jobs until a worker is replaced, 0 never */
    void (*run)(guint job, guint attempt, GByteArray *reply, gpointer data);
    gboolean (*done)(const HfWorkResult *result, gpointer data); /* TRUE: try
                                                                    again */
    gpointer data;
} HfWorkers;

/* Jobs start in the order given and end in any. Fails when no process can be
 * made at all. */
gboolean hf_workers_run(const HfWorkers *workers, const guint *jobs,
                        guint n_jobs, GError **error);

#endif
