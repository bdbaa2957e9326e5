/* SPDX-License-Identifier: MIT */
/*
 * monitor_int.h - one monitor: between monitor.c and the two protocols,
 * monitor_qmp.c and monitor_hmp.c.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_MONITOR_MONITOR_INT_H
#define REFVMM_MONITOR_MONITOR_INT_H

#include "hw/chardev/chardev.h"
#include "monitor/monitor.h"
#include "monitor/qmp_session.h"
#include "monitor/turns.h"

typedef struct Monitor Monitor;

typedef struct MonitorProtocol {
    /* Fills in m->frontend but for opaque, which is m. */
    void (*init)(Monitor *m) SLOT(GS_FN);
    /* No callback after it. */
    void (*finish)(Monitor *m) SLOT(DROPS(bql) GS_FN);
} MonitorProtocol;
extern const MonitorProtocol monitor_qmp, monitor_hmp;

struct Monitor {
    const MonitorProtocol *protocol;
    Chardev *chardev;
    ChardevFrontend frontend;

    /* QMP */
    bool pretty;
    QmpSession *session; /* NULL: nobody is connected */
    bool claimed;        /* the session has the chardev's descriptor */

    /* HMP */
    Turn turn;
    AioBh *prompt_bh;
    GString *line;   /* as typed so far */
    bool entered;    /* the line is complete, and waits for its turn */
    bool escaped;    /* in a sequence of a key that is not a character */
    bool greeted;
    bool settled; /* the main loop runs: prompt_bh has been called */
    bool out_of_focus; /* of a mux: others have the terminal */
};

#endif
